"""OpenTelemetry traces: a span for each request and one for each of its stages.

    span = tracing()                # sends where OTEL_EXPORTER_OTLP_ENDPOINT says
    create_app(verbs, settings=settings, span=span)

A trace that a caller began (`traceparent`) goes on here. Spans carry routes, statuses, counts and
ids of models; no text, no author, no key. Without the setting `observing.traces` nothing of this is
loaded and nothing is sent anywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from chainring.contracts.errors import MissingPackageError
from chainring.contracts.said import Said

NAME = "chainring"


class Tracer:
    """Opens spans with one provider of OpenTelemetry."""

    def __init__(self, provider: Any) -> None:
        self._provider = provider
        self._tracer = provider.get_tracer(NAME)

    def span(self, name: str, facts: Mapping[str, Any]) -> AbstractContextManager[Any]:
        """Return a span of a stage, inside the request's."""
        from opentelemetry.trace import SpanKind

        return self._span(name, kind=SpanKind.INTERNAL, attributes=named(facts))

    @contextmanager
    def request(
        self, method: str, headers: Mapping[str, str]
    ) -> Iterator[Callable[[str, int], None]]:
        """Hold the span of a request; what it yields is told the route and the status."""
        from opentelemetry.trace import SpanKind, Status, StatusCode
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        above = TraceContextTextMapPropagator().extract(headers)
        with self._span(method, context=above, kind=SpanKind.SERVER) as span:

            def ended(route: str, status: int) -> None:
                span.update_name(f"{method} {route}")
                span.set_attributes(
                    {
                        "http.request.method": method,
                        "http.route": route,
                        "http.response.status_code": status,
                    }
                )
                if status >= 500:
                    span.set_status(Status(StatusCode.ERROR))

            yield ended

    @contextmanager
    def _span(self, name: str, **more: Any) -> Iterator[Any]:
        """Hold a span that names a failure by its class: its message may quote what was sent."""
        from opentelemetry.trace import Status, StatusCode

        with self._tracer.start_as_current_span(
            name, record_exception=False, set_status_on_exception=False, **more
        ) as span:
            try:
                yield span
            except Exception as error:
                span.set_status(Status(StatusCode.ERROR, type(error).__name__))
                raise

    def close(self) -> None:
        """Send what was not sent yet."""
        self._provider.shutdown()


def named(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return attributes under our own name.

    >>> named({"texts": 3})
    {'chainring.texts': 3}
    """
    return {f"{NAME}.{name}": value for name, value in facts.items()}


def tracing(*, app: str = "", exporter: Any = None) -> Tracer:
    """Return a tracer that sends by OTLP over HTTP, or to an exporter of one's own.

    Raises
    ------
    MissingPackageError
        Without the extra `otel`.
    """
    try:
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor
    except ImportError as error:
        raise MissingPackageError(
            "opentelemetry-sdk",
            extra="otel",
            needed_for=Said("traces (observing.traces)", zh="链路追踪（observing.traces）"),
        ) from error
    resource = Resource.create({"service.name": app or NAME})
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    if exporter is not None:
        provider.add_span_processor(SimpleSpanProcessor(exporter))
        return Tracer(provider)
    provider.add_span_processor(BatchSpanProcessor(_otlp()))
    return Tracer(provider)


def _otlp() -> Any:
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    except ImportError as error:
        raise MissingPackageError(
            "opentelemetry-exporter-otlp-proto-http",
            extra="otel",
            needed_for=Said("sending traces", zh="发送链路追踪"),
        ) from error
    return OTLPSpanExporter()
