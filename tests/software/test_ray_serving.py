"""Two replicas of the server on Ray, on one machine."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from tests.software.conftest import ALONE

from chainring.contracts.errors import InputError, MissingPackageError
from chainring.deployment.http import traces
from chainring.software import ray_serving
from chainring.software.ray_serving import built, replicated

SCRIPT = """
import json, sys, urllib.request
from pathlib import Path
from chainring.software.ray_serving import replicated

def ask(url, path, body):
    data = None if body is None else json.dumps(body).encode()
    head = {"content-type": "application/json", "connection": "close"}
    asked = urllib.request.Request(url + path, data, head)
    return json.loads(urllib.request.urlopen(asked, timeout=60).read())

with replicated(Path(sys.argv[1]), replicas=2, host="127.0.0.1", port=int(sys.argv[2])) as url:
    from ray import serve
    state = serve.status().applications["chainring"].deployments
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
