"""Logs as JSON: events with their fields, and never an exception's message."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from collections.abc import Iterator

import httpx
import pytest
from tests.deployment.http.demo import DemoVerbs

from chainring.contracts.errors import BusyError
from chainring.deployment.http.app import create_app
from chainring.deployment.http.logs import JsonLines, configure
from chainring.deployment.http.server import running
from chainring.deployment.settings import DeploymentSettings


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    ours = logging.getLogger("chainring")
    before = (list(ours.handlers), ours.level, ours.propagate)
    root = list(logging.getLogger().handlers)
    yield
    ours.handlers, ours.level, ours.propagate = before
    logging.getLogger().handlers = root


def line(message: str, *values: object, error: bool = False) -> dict[str, object]:
    info = None
    if error:
        try:
            raise KeyError("the text of a user")
        except KeyError:
            info = sys.exc_info()
    record = logging.LogRecord("chainring.x", logging.INFO, "x.py", 1, message, values, info)
    found: dict[str, object] = json.loads(JsonLines().format(record))
    return found


def test_an_event_becomes_an_object_with_a_key_for_each_field() -> None:
    found = line("service.serves model=%s texts=%d", "blake2b:1", 3)
    assert found["event"] == "service.serves"
    assert (found["model"], found["texts"]) == ("blake2b:1", 3)
    assert str(found["at"]).endswith("Z")


def test_a_message_that_is_no_event_is_kept_whole() -> None:
    assert line("50%% of %s", "it")["event"] == "50% of it"


def test_an_exception_is_its_class_and_places_alone() -> None:
    found = line("http.failed route=%s", "/v1/predict", error=True)
    assert str(found["exception"]).startswith("KeyError at test_logs.py:")
    assert "the text of a user" not in json.dumps(found)


def test_a_request_is_one_line_without_its_text(capsys: pytest.CaptureFixture[str]) -> None:
    configure("json")
    app = create_app(DemoVerbs(), settings=DeploymentSettings(), log_requests=True)
    with running(app) as url:
        httpx.post(f"{url}/v1/predict", json={"text": "where is my parcel"})
    lines = [json.loads(one) for one in capsys.readouterr().err.splitlines()]
    asked = [one for one in lines if one["event"] == "http.request"]
    assert [(one["route"], one["status"]) for one in asked] == [("/v1/predict", 200)]
    assert "parcel" not in json.dumps(lines)


def test_what_is_refused_before_a_route_is_a_line_too(capsys: pytest.CaptureFixture[str]) -> None:
    configure("json")
    verbs, site = DemoVerbs(), "https://shop.example"
    verbs.busy = BusyError("the queue is full", retry_after_s=2.4)
    settings = DeploymentSettings(cors_origins=(site,))
    with running(create_app(verbs, settings=settings, log_requests=True)) as url:
        httpx.post(f"{url}/v1/predict", json={"text": "where is my parcel"})
        asked = {"origin": site, "access-control-request-method": "POST"}
        httpx.options(f"{url}/v1/predict", headers=asked)
        counted = httpx.get(f"{url}/metrics").text
    lines = [json.loads(one) for one in capsys.readouterr().err.splitlines()]
    found = [(one["route"], one["status"]) for one in lines if one["event"] == "http.request"]
    assert found[:2] == [("/v1/predict", 429), ("unknown", 200)]
    assert 'route="/v1/predict"' in counted
    assert 'route="unknown"' not in counted  # a browser's question whether it may ask


def test_what_the_server_below_ours_says_is_one_object_a_line_too() -> None:
    code = """
import logging, socket
from urllib.parse import urlsplit
from chainring.deployment.http.app import create_app
from tests.deployment.http.demo import DemoVerbs
from chainring.deployment.http.logs import configure
from chainring.deployment.http.server import running
from chainring.deployment.settings import DeploymentSettings

configure("json")
with running(create_app(DemoVerbs(), settings=DeploymentSettings()), logs="json") as url:
    place = urlsplit(url)
    with socket.create_connection((place.hostname, place.port)) as line:
        asked = "connection: upgrade\\r\\nupgrade: websocket"
        line.sendall(f"GET / HTTP/1.1\\r\\nhost: x\\r\\n{asked}\\r\\n\\r\\n".encode())
        line.recv(1000)
    try:
        raise KeyError("the text of a user")
    except KeyError:
        logging.getLogger("asyncio").exception("Task exception was never retrieved")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    found = [json.loads(one) for one in done.stderr.splitlines()]
    assert {one["logger"] for one in found} == {"uvicorn.error", "asyncio"}
    assert "the text of a user" not in done.stderr


def test_configured_twice_each_line_is_written_once(capsys: pytest.CaptureFixture[str]) -> None:
    configure("json")
    configure("text")
    logging.getLogger("chainring.x").info("once fields=%d", 1)
    assert capsys.readouterr().err.count("once fields=1") == 1
