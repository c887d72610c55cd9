"""Measures for Prometheus: what the server did, and how its lane stands when it is asked.

Each server has a registry of its own, so that two in one process do not mix.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from chainring.deployment.http.recent import Recent
from chainring.deployment.http.verbs import Load, Reacted, Served, Verbs

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_LATENCY_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class Metrics:
    """Counters of one server."""

    def __init__(self, verbs: Verbs) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "chainring_requests", "Requests answered", ["route", "status"], registry=self.registry
        )
        self.latency = Histogram(
            "chainring_request_seconds",
            "Seconds from the first byte to the answer",
            ["route"],
            buckets=_LATENCY_S,
            registry=self.registry,
        )
        self.predictions = Counter(
            "chainring_predictions",
            "Texts answered",
            ["model", "variant", "passed_on"],
            registry=self.registry,
        )
        self.stages = Histogram(
            "chainring_stage_seconds",
            "Seconds of a stage of a request: read, answer; of an answer: model, log",
            ["stage"],
            buckets=_LATENCY_S,
            registry=self.registry,
        )
        self.characters = Counter(
            "chainring_written_characters",
            "Characters of answers that are texts",
            ["model"],
            registry=self.registry,
        )
        self.tokens = Counter(
            "chainring_tokens",
            "Tokens of models that write: read, written",
            ["model", "way"],
            registry=self.registry,
        )
        # A metric finds its labels behind a lock: what every request counts is found once.
        self._requests, self._latency = cache(self.requests.labels), cache(self.latency.labels)
        self._stages, self._predictions = cache(self.stages.labels), cache(self.predictions.labels)
        self.recent = Recent()
        ProcessCollector(registry=self.registry)
        self.reactions = Counter(
            "chainring_reactions", "Reactions stored", ["kind"], registry=self.registry
        )
        self.registry.register(_LaneCollector(verbs))

    def count_request(self, route: str, status: int, seconds: float) -> None:
        """Note one request; `route` is the path with its placeholders, never the path itself."""
        self._requests(route, status).inc()
        self._latency(route).observe(seconds)
        if route.startswith("/v1/"):
            self.recent.note(seconds, status)

    def observe_stage(self, name: str, seconds: float) -> None:
        """Note how long a stage took."""
        self._stages(name).observe(seconds)

    def count_served(self, served: Sequence[Served]) -> None:
        """Note answers."""
        for each in served:
            row = each.prediction
            passed_on = "yes" if row.passed_on else "no"
            self._predictions(row.model, row.variant, passed_on).inc()
            if row.output:
                self.characters.labels(row.model).inc(len(row.output))
            for way, count in (("read", each.read_tokens), ("written", each.written_tokens)):
                if count:
                    self.tokens.labels(row.model, way).inc(count)

    def count_reaction(self, reacted: Reacted) -> None:
        """Note a reaction."""
        self.reactions.labels(reacted.feedback.kind).inc()

    def text(self) -> bytes:
        """Return the page that Prometheus reads."""
        return generate_latest(self.registry)


class _LaneCollector(Collector):
    """Asks the lane when Prometheus asks us."""

    def __init__(self, verbs: Verbs) -> None:
        self.verbs = verbs

    def collect(self) -> Iterable[Metric]:
        load = self.verbs.load()
        yield GaugeMetricFamily("chainring_queue_texts", "Texts that wait", value=load.queue)
        yield GaugeMetricFamily(
            "chainring_ready", "1 while requests are answered", value=int(self.verbs.ready().ok)
        )
        yield _batch_sizes(load)
        info = GaugeMetricFamily(
            "chainring_model_info", "The model that answers", labels=["model", "form", "engine"]
        )
        info.add_metric([load.model, load.form, load.engine], 1)
        yield info
        yield from _release(load)
        yield from _log(load)
        drift = GaugeMetricFamily(
            "chainring_drift_evidence",
            "Share of the evidence that an alarm needs",
            labels=["question", "slice"],
        )
        for (question, name), share in load.drift.items():
            drift.add_metric([question, name], share)
        yield drift

    def describe(self) -> Iterable[Metric]:
        return ()


def _release(load: Load) -> Iterable[Metric]:
    info = GaugeMetricFamily(
        "chainring_release_info", "The release that runs", labels=["model", "stage"]
    )
    if load.candidate:
        info.add_metric([load.candidate, load.stage], 1)
    yield info
    shadow = CounterMetricFamily(
        "chainring_shadow_texts", "Texts for the shadow of this release", labels=["outcome"]
    )
    for outcome, count in load.shadow.items():
        shadow.add_metric([outcome], count)
    yield shadow


def _log(load: Load) -> Iterable[Metric]:
    count = load.log.get
    yield GaugeMetricFamily(
        "chainring_log_waiting",
        "Answers that wait to be logged since a commit failed",
        value=count("waiting", 0),
    )
    yield CounterMetricFamily(
        "chainring_log_failed_commits",
        "Commits of the traffic log that failed",
        value=count("failed", 0),
    )
    yield CounterMetricFamily(
        "chainring_log_lost", "Answers that were never logged", value=count("lost", 0)
    )


def _batch_sizes(load: Load) -> HistogramMetricFamily:
    buckets = [
        (str(float(size)), float(sum(n for s, n in load.batches.items() if s <= size)))
        for size in _SIZES
    ]
    everything = float(sum(load.batches.values()))
    return HistogramMetricFamily(
        "chainring_batch_texts",
        "Texts that ran through the model together",
        buckets=[*buckets, ("+Inf", everything)],
        sum_value=float(sum(size * n for size, n in load.batches.items())),
    )
