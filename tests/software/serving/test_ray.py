"""Two replicas of the server on Ray, on one machine."""

from __future__ import annotations

import json
import logging
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.testclient import TestClient
from tests.software.conftest import ALONE

from chainring.contracts.errors import ConflictError, InputError, MissingPackageError
from chainring.deployment.http import traces
from chainring.software.serving import ray as ray_serving
from chainring.software.serving.ray import built, replicated
from chainring.software.serving.serve import application

SCRIPT = """
import json, sys, urllib.request
from pathlib import Path
from chainring.software.serving.ray import replicated

def ask(url, path, body):
    data = None if body is None else json.dumps(body).encode()
    head = {"content-type": "application/json", "connection": "close"}
    asked = urllib.request.Request(url + path, data, head)
    return json.loads(urllib.request.urlopen(asked, timeout=60).read())

with replicated(Path(sys.argv[1]), replicas=2, host="127.0.0.1", port=int(sys.argv[2])) as url:
    from ray import serve
    state = serve.status().applications["chainring-support"].deployments
    (one,) = state.values()
    told = [ask(url, "/v1/predict", {"text": text}) for text in sys.argv[3:]]
    given = {"prediction": told[0]["id"], "kind": "rating", "value": "up"}
    reacted = ask(url, "/v1/react", given)
    labels = [one["label"] for one in told]
    found = {"replicas": one.replica_states, "labels": labels, "id": reacted["id"]}
    print(json.dumps(found))
"""


@pytest.fixture(autouse=True)
def _without_ray(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nothing but the slow test come as far as Ray."""
    if "slow" not in request.keywords:
        monkeypatch.setattr(ray_serving, "_imported", lambda: pytest.fail("Ray was begun"))


@pytest.mark.slow
def test_two_replicas_answer_like_the_champion_and_share_its_traffic(shop: Path) -> None:
    pytest.importorskip("aiohttp", reason="the extra `ray-serve` is not installed")
    pytest.importorskip("ray", reason="the extra `ray-serve` is not installed")
    from chainring.software.api import Project
    from chainring.software.tour import free_port

    texts = ["where is my parcel", "我要退款", "my card was declined", "hello"] * 8
    project = Project.open(shop)
    expected = [one.label for one in project.predict(texts)]
    project.close()
    command = [sys.executable, "-c", SCRIPT, str(shop), str(free_port()), *texts]
    done = subprocess.run(command, capture_output=True, text=True, env=ALONE, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    (answer,) = (line for line in done.stdout.splitlines() if line.startswith("{"))  # Ray logs, too
    told = json.loads(answer)
    assert told["replicas"] == {"RUNNING": 2}
    assert told["labels"] == expected
    project = Project.open(shop)
    counts = project.status()["traffic"]
    project.close()
    assert counts["predictions"] == 2 * len(texts)
    assert told["id"]


def test_beyond_this_machine_it_wants_keys_first(shop: Path) -> None:
    with pytest.raises(InputError, match="has no keys"):
        with replicated(shop, replicas=2, host="0.0.0.0", port=0):
            pass


class FakeServe:
    """What is told to Ray Serve; `http` and `applications` are of one that runs already."""

    def __init__(self, http: tuple[str, int] | None = None, **applications: str) -> None:
        self.told: list[str] = []
        self.options: dict[str, Any] = {}
        self._http, self._applications = http, applications

    def controller(self) -> Any:
        if self._http is None:
            return None
        apps = {name: {"route_prefix": at} for name, at in self._applications.items()}
        host, port = self._http
        http = SimpleNamespace(host=host, port=port)
        return SimpleNamespace(http_config=http, get_serve_details=lambda: {"applications": apps})

    def start(self, http_options: dict[str, Any]) -> None:
        self.told.append(f"start {http_options['host']}")

    def ingress(self, application: Any) -> Callable[[], None]:
        return lambda: None

    def deployment(self, ingress: Any) -> Any:
        def options(**given: Any) -> Any:
            self.options = given
            return SimpleNamespace(bind=lambda: None)

        return SimpleNamespace(options=options)

    def run(self, made: Any, name: str, route_prefix: str) -> None:
        self.told.append(f"run {name} {route_prefix}")

    def delete(self, name: str) -> None:
        self.told.append(f"delete {name}")

    def shutdown(self) -> None:
        self.told.append("shutdown")


@pytest.fixture
def on_ray(monkeypatch: pytest.MonkeyPatch) -> Callable[..., FakeServe]:
    def made(http: tuple[str, int] | None = None, cpus: int = 4, **applications: str) -> FakeServe:
        serve = FakeServe(http, **applications)
        ray = SimpleNamespace(cluster_resources=lambda: {"CPU": float(cpus)})
        monkeypatch.setattr(ray_serving, "_imported", lambda: serve)
        monkeypatch.setattr(ray_serving, "_controller", serve.controller)
        monkeypatch.setattr(ray_serving, "joined", lambda **asked: (ray, asked["address"]))
        return serve

    return made


def served(folder: Path, *, port: int = 0, replicas: int = 2) -> str:
    with replicated(folder, replicas=replicas, host="127.0.0.1", port=port) as url:
        return url


def test_a_serve_of_our_own_ends_with_us(shop: Path, on_ray: Callable[..., FakeServe]) -> None:
    serve = on_ray()
    assert served(shop) == "http://127.0.0.1:0"
    assert serve.told == ["start 127.0.0.1", "run chainring-support /", "shutdown"]


def test_a_serve_that_ran_before_goes_on(shop: Path, on_ray: Callable[..., FakeServe]) -> None:
    serve = on_ray(("127.0.0.1", 9100), theirs="/theirs")
    served(shop, port=9100)
    assert serve.told == ["run chainring-support /", "delete chainring-support"]


def test_a_serve_at_another_address_is_refused(
    shop: Path, on_ray: Callable[..., FakeServe]
) -> None:
    serve = on_ray(("0.0.0.0", 9101))
    with pytest.raises(ConflictError, match=r"0\.0\.0\.0:9101"):
        served(shop, port=9101)
    assert serve.told == []


@pytest.mark.parametrize("name", ["chainring-support", "theirs"])
def test_an_application_is_not_replaced(
    shop: Path, on_ray: Callable[..., FakeServe], name: str
) -> None:
    serve = on_ray(("127.0.0.1", 9100), **{name: "/"})
    with pytest.raises(ConflictError, match=name):
        served(shop, port=9100)
    assert serve.told == []


def test_a_port_in_use_is_told_before_ray_tries(
    shop: Path, on_ray: Callable[..., FakeServe]
) -> None:
    serve = on_ray()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        with pytest.raises(ConflictError):
            served(shop, port=taken.getsockname()[1])
    assert serve.told == []


def test_more_replicas_than_processors_are_refused(
    shop: Path, on_ray: Callable[..., FakeServe]
) -> None:
    on_ray(cpus=1)
    with pytest.raises(InputError, match="has 1"):
        served(shop)


def test_a_shared_cluster_wants_keys(
    shop: Path, on_ray: Callable[..., FakeServe], monkeypatch: pytest.MonkeyPatch
) -> None:
    on_ray()
    monkeypatch.setenv("RAY_ADDRESS", "10.0.0.7:6379")
    with pytest.raises(InputError, match="no keys"):
        served(shop)


def test_a_full_queue_is_refused_by_the_replica(
    shop: Path, on_ray: Callable[..., FakeServe]
) -> None:
    serve = on_ray()
    served(shop)
    limit = 512  # of the recipe's max_queue, which the lane of a replica keeps
    assert serve.options["max_ongoing_requests"] > limit >= serve.options["max_queued_requests"]


def test_a_replica_computes_with_the_processor_that_is_kept_for_it(
    shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[int] = []
    whole = application

    def noted(project: Any, **more: Any) -> Any:
        threads.append(project.ring.recipe.deployment.threads)
        return whole(project, **more)

    monkeypatch.setattr(ray_serving, "application", noted)
    built(shop, local=True)()
    assert threads == [1]


def test_a_certificate_is_refused_since_ray_would_speak_plain_http(shop: Path) -> None:
    recipe = shop / "chainring.toml"
    named = '[deployment]\ntls_certificate = "cert.pem"\ntls_key = "key.pem"'
    recipe.write_text(recipe.read_text().replace("[deployment]", named))
    with pytest.raises(InputError, match=r"tls_certificate.* proxy"):
        with replicated(shop, replicas=2, host="127.0.0.1", port=0):
            pass


def test_traces_that_cannot_be_sent_are_told_before_ray_is_begun(
    shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(**facts: object) -> None:
        raise MissingPackageError("opentelemetry-sdk", extra="otel", needed_for="traces")

    monkeypatch.setattr(traces, "tracing", missing)
    (shop / "chainring.toml").write_text(
        (shop / "chainring.toml").read_text() + "\n[observing]\ntraces = true\n"
    )
    with pytest.raises(MissingPackageError, match="otel"):
        with replicated(shop, replicas=2, host="127.0.0.1", port=0):
            pass


def test_a_replica_logs_and_traces_as_the_recipe_says_until_it_stops(
    shop: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("opentelemetry.sdk", reason="the extra `otel` is not installed")
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    ours = logging.getLogger("chainring")
    monkeypatch.setattr(ours, "handlers", [])
    monkeypatch.setattr(ours, "propagate", True)
    spans, closed, tracing = InMemorySpanExporter(), list[str](), traces.tracing
    monkeypatch.setattr(spans, "shutdown", lambda: closed.append("closed"))
    monkeypatch.setattr(traces, "tracing", lambda *, app: tracing(app=app, exporter=spans))
    with (shop / "chainring.toml").open("a") as recipe:
        recipe.write('\n[observing]\nlogs = "json"\nrequests = true\ntraces = true\n')
    with TestClient(built(shop, local=True)()) as client:
        assert client.get("/health/live").status_code == 200
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert "/health/live" in {line.get("route") for line in lines}
    assert "GET /health/live" in {span.name for span in spans.get_finished_spans()}
    assert closed == ["closed"], "what was not sent yet is sent when a replica stops"
