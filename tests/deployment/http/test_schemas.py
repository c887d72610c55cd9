"""The OpenAPI document tells the truth: of the model's task, and of what the server survives."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from tests.deployment.http.demo import DemoVerbs

from chainring.contracts.dataset import Task
from chainring.deployment.http.app import create_app
from chainring.deployment.http.document import answer_schema, request_schema
from chainring.deployment.http.offers import ModelInfo
from chainring.deployment.http.server import running
from chainring.deployment.settings import DeploymentSettings

EXAMPLES = 5
"""Requests a route and kind of data; the slow run tries more."""


@pytest.fixture(scope="module")
def tried_url() -> Iterator[str]:
    with running(create_app(DemoVerbs(), settings=DeploymentSettings())) as url:
        yield url


def tried(url: str, *, examples: int) -> dict[str, int]:
    """Send what schemathesis makes of the document to every route; return counts by status."""
    schema = schemathesis.openapi.from_url(f"{url}/openapi.json")
    statuses: dict[str, int] = {}
    for result in schema.get_all_operations():
        operation: Any = result.ok()  # type: ignore[union-attr]
        for mode in schemathesis.GenerationMode:

            @settings(
                max_examples=examples,
                deadline=None,
                database=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            @given(case=operation.as_strategy(generation_mode=mode))
            def send(case: Any) -> None:
                answer = case.call(base_url=url, timeout=30)
                at = f"{case.method} {case.path} {answer.status_code}"
                statuses[at] = statuses.get(at, 0) + 1

            with contextlib.suppress(
                Unsatisfiable
            ):  # of a route that takes nothing, nothing is wrong
                send()
    return statuses


def faults(statuses: dict[str, int]) -> list[str]:
    return [at for at in statuses if at.rpartition(" ")[2].startswith("5")]


def test_no_request_that_the_document_allows_or_forbids_is_a_failure_of_the_server(
    tried_url: str,
) -> None:
    statuses = tried(tried_url, examples=EXAMPLES)
    assert len({at.rpartition(" ")[0] for at in statuses}) >= 20
    assert faults(statuses) == []
    assert httpx.get(f"{tried_url}/health/live").status_code == 200


@pytest.mark.slow
def test_no_request_of_very_many_is_a_failure_of_the_server(tried_url: str) -> None:
    assert faults(tried(tried_url, examples=300)) == []


@pytest.mark.parametrize(
    "text",
    ["\ud800", "a\x00b", "\u202e" * 50, "9" * 19_000, "🙂" * 5000, "[" * 10_000, "\n" * 100],
    ids=["surrogate", "NUL", "bidi", "digits", "emoji", "brackets", "newlines"],
)
@pytest.mark.parametrize("path", ["/v1/predict", "/v1/embeddings", "/v1/react"])
def test_a_hostile_text_is_answered_or_refused(tried_url: str, path: str, text: str) -> None:
    body = {
        "/v1/predict": {"text": text},
        "/v1/embeddings": {"input": text},
        "/v1/react": {"prediction": text[:200], "kind": "comment", "comment": text[:2000]},
    }[path]
    answer = httpx.post(f"{tried_url}{path}", content=json.dumps(body).encode())
    assert answer.status_code < 500


def test_a_body_nested_without_end_or_too_large_is_refused(tried_url: str) -> None:
    deep = b'{"text":' + b"[" * 400_000 + b"]" * 400_000 + b"}"
    assert httpx.post(f"{tried_url}/v1/predict", content=deep).status_code == 400
    big = b'{"text":"' + b"a" * 2_000_000 + b'"}'
    assert httpx.post(f"{tried_url}/v1/predict", content=big).status_code == 413


def model(task: Task, *labels: str) -> ModelInfo:
    return ModelInfo(id="m", app="a", task=task, form="exact", engine="e", labels=labels)


@pytest.mark.parametrize(
    ("task", "needed", "field"),
    [
        ("classification", ["text"], "label"),
        ("matching", ["text", "pair"], "label"),
        ("regression", ["text"], "output"),
        ("tagging", ["text"], "output"),
        ("translation", ["text"], "output"),
        ("question-answering", ["text"], "output"),
        ("preference", ["text"], "output"),
    ],
)
def test_a_request_and_an_answer_are_described_as_the_rows_of_their_task(
    task: Task, needed: list[str], field: str
) -> None:
    assert request_schema(model(task))["required"] == needed
    assert list(answer_schema(model(task))["properties"]) == [field]


def test_the_labels_of_the_model_that_answers_stand_in_the_document(tried_url: str) -> None:
    document = httpx.get(f"{tried_url}/openapi.json").json()
    label = document["components"]["schemas"]["AnswerShape"]["properties"]["label"]
    assert "track_order" in label["enum"]
    asked = document["paths"]["/v1/predict"]["post"]["requestBody"]
    assert "pair" not in asked["content"]["application/json"]["schema"]["properties"]


class Matching(DemoVerbs):
    task = "matching"


def test_a_task_of_two_texts_refuses_one_before_it_reaches_the_lane() -> None:
    with running(create_app(Matching(), settings=DeploymentSettings())) as url:
        alone = httpx.post(f"{url}/v1/predict", json={"text": "a"})
        assert (alone.status_code, "second as `pair`" in alone.text) == (422, True)
        both = httpx.post(f"{url}/v1/predict", json={"text": "a", "pair": "b"})
        assert both.status_code == 200
        document = httpx.get(f"{url}/openapi.json").json()
        asked = document["paths"]["/v1/predict"]["post"]["requestBody"]
        assert "pair" in asked["content"]["application/json"]["schema"]["properties"]


class Preferring(DemoVerbs):
    task = "preference"


def test_who_asks_a_model_of_preferences_has_no_text_that_people_did_not_want() -> None:
    with running(create_app(Preferring(), settings=DeploymentSettings())) as url:
        assert httpx.post(f"{url}/v1/predict", json={"text": "a"}).status_code == 200
        both = httpx.post(f"{url}/v1/predict", json={"text": "a", "pair": "b"})
        assert (both.status_code, "leave `pair` out" in both.text) == (422, True)
        assert 'id="pair"' not in httpx.get(url).text
        document = httpx.get(f"{url}/openapi.json").json()
        asked = document["paths"]["/v1/predict"]["post"]["requestBody"]
        assert "pair" not in asked["content"]["application/json"]["schema"]["properties"]
