"""Traces, read back from OpenTelemetry's exporter in memory."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from tests.deployment.http.demo import DemoVerbs

from chainring.deployment.http.app import create_app
from chainring.deployment.http.server import running
from chainring.deployment.http.traces import tracing
from chainring.deployment.settings import DeploymentSettings

memory = pytest.importorskip("opentelemetry.sdk.trace.export.in_memory_span_exporter")
TEXT = "where is the parcel of ann@example.com"


@pytest.fixture
def spans() -> Iterator[object]:
    exporter = memory.InMemorySpanExporter()
    tracer = tracing(app="shop", exporter=exporter)
    app = create_app(DemoVerbs(), settings=DeploymentSettings(), tracer=tracer)
    with running(app) as url:
        parent = f"00-{'a' * 32}-{'b' * 16}-01"
        headers = {"traceparent": parent}
        httpx.post(f"{url}/v1/predict", json={"text": TEXT, "author": "ann"}, headers=headers)
        for body in ({"text": "x", "ann's parcel": "1"}, {"text": ["ann's parcel"]}):
            assert httpx.post(f"{url}/v1/predict", json=body).status_code == 422
        wrong = {"prediction": "x", "kind": "ann's parcel"}
        assert httpx.post(f"{url}/v1/react", json=wrong).status_code == 422
        assert httpx.get(f"{url}/v1/why/ann's parcel").status_code == 404
    yield exporter.get_finished_spans()
    tracer.close()


def test_a_request_and_each_of_its_stages_is_a_span_in_the_callers_trace(spans: object) -> None:
    found = {span.name: span for span in spans if span.context.trace_id == int("a" * 32, 16)}  # type: ignore[attr-defined]
    request = found["POST /v1/predict"]
    assert request.parent.span_id == int("b" * 16, 16)
    assert request.attributes["http.response.status_code"] == 200
    assert found["read"].parent.span_id == request.context.span_id
    assert found["answer"].parent.span_id == request.context.span_id
    assert found["read"].end_time <= found["answer"].start_time


def test_a_failure_names_its_route_and_status_and_no_path(spans: object) -> None:
    failed = [span for span in spans if span.name == "GET /v1/why/{id}"]  # type: ignore[attr-defined]
    assert [span.attributes["http.response.status_code"] for span in failed] == [404]


def test_no_span_holds_a_text_or_an_author(spans: object) -> None:
    written = "".join(span.to_json() for span in spans)  # type: ignore[attr-defined]
    assert "parcel" not in written
    assert "ann" not in written.replace("channel", "")
    assert '"service.name": "shop"' in written


def test_what_fails_in_a_span_is_named_by_its_class_alone() -> None:
    exporter = memory.InMemorySpanExporter()
    tracer = tracing(exporter=exporter)
    with pytest.raises(KeyError), tracer.request("POST", {}), tracer.span("model", {}):
        raise KeyError("the text of a user")
    found = [(one.status.is_ok, one.status.description) for one in exporter.get_finished_spans()]
    assert found == [(False, "KeyError"), (False, "KeyError")]
    tracer.close()
