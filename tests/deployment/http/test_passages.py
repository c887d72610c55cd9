"""The passage of an answer, over HTTP: in the body, the document, OpenAI's shape and the SDK."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import httpx
import openai
import pytest
from tests.deployment.http.demo import DemoVerbs

from chainring.contracts.dataset import Task
from chainring.deployment.http.app import create_app
from chainring.deployment.http.server import running
from chainring.deployment.http.verbs import Served
from chainring.deployment.settings import DeploymentSettings
from chainring.software.client import Answer, Client

pytestmark = pytest.mark.openai
PASSAGE = "A parcel takes three days. 包裹需要三天送达。"


class Reader(DemoVerbs):
    """Answers as a model of passages does."""

    task: Task = "question-answering"

    def _answer(self, text: str, episode: str, author: str) -> Served:
        served = super()._answer(text, episode, author)
        row = replace(served.prediction, label="", output="three days", passed_on=False)
        return Served(prediction=row, source="rec_best", passage=PASSAGE)


@pytest.fixture(scope="module")
def reading_url() -> Iterator[str]:
    with running(create_app(Reader(), settings=DeploymentSettings())) as url:
        yield url


def test_an_answer_has_its_passage_in_the_body_and_one_without_has_empty_ones(
    reading_url: str, client: httpx.Client
) -> None:
    found = httpx.post(f"{reading_url}/v1/predict", json={"text": "how long"}).json()
    assert (found["source"], found["passage"]) == ("rec_best", PASSAGE)
    plain = client.post("/v1/predict", json={"text": "where is my parcel"}).json()
    assert (plain["source"], plain["passage"]) == ("", "")


def test_the_document_describes_both(reading_url: str) -> None:
    document = httpx.get(f"{reading_url}/openapi.json").json()
    shape = document["components"]["schemas"]["AnswerShape"]
    for name in ("source", "passage"):
        assert shape["properties"][name]["type"] == "string"
    assert "read off a passage" in shape["description"]


def test_the_sdk_reads_both_whole_and_at_the_end_of_a_stream(reading_url: str) -> None:
    with Client(reading_url) as client:
        whole = client.predict("how long")
        *_, last = client.stream("how long")
    for answer in (whole, last):
        assert isinstance(answer, Answer)
        assert (answer.source, answer.passage) == ("rec_best", PASSAGE)


def test_the_openai_client_finds_both_beside_the_reply(reading_url: str) -> None:
    with openai.OpenAI(base_url=f"{reading_url}/v1", api_key="none", max_retries=0) as client:
        reply = client.chat.completions.create(
            model="demo", messages=[{"role": "user", "content": "how long"}]
        )
    about = (reply.model_extra or {})["chainring"]
    assert (about["source"], about["passage"]) == ("rec_best", PASSAGE)
