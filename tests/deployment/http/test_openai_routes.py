"""OpenAI's interface, asked by the real client of that name and by hand."""

from __future__ import annotations

import base64
import struct
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
from tests.deployment.http.demo import DemoVerbs

from chainring.contracts.deployment import Deployment
from chainring.contracts.prediction import Prediction
from chainring.contracts.request import Request
from chainring.deployment.answers import prediction
from chainring.deployment.http.app import create_app
from chainring.deployment.http.offers import Begun, ModelInfo
from chainring.deployment.http.server import running
from chainring.deployment.http.verbs import Readiness, Served
from chainring.deployment.lane.lane import Lane, Reply
from chainring.deployment.predictors import load_predictor
from chainring.deployment.settings import DeploymentSettings
from chainring.text.chat import conversation, prompt_ids

pytestmark = pytest.mark.openai

ASK = "demo-key-to-ask"
CANDIDATE = "blake2b:00000000candidate"
DEPLOYMENT = Deployment(
    app="demo", model="blake2b:model", form="blake2b:form", form_name="exact", engine="generator",
    labels=(), threshold=0.0, verdict="blake2b:verdict", dataset="blake2b:data", task="dialogue",
)  # fmt: skip
USER: Any = [{"role": "user", "content": "where is my parcel"}]


class Talker(DemoVerbs):
    """Answers with a text, as a model of conversations does."""

    task = "dialogue"

    def models(self) -> list[ModelInfo]:
        """Return the champion and a candidate, as while a release runs."""
        (champion,) = super().models()
        return [champion, replace(champion, id=CANDIDATE, variant="canary", capabilities=())]

    def _answer(self, text: str, episode: str, author: str) -> Any:
        served = super()._answer(text, episode, author)
        row = replace(served.prediction, label="", output=f"heard {text}")
        return replace(served, prediction=row, article=None)


@pytest.fixture(scope="module")
def talking() -> Iterator[openai.OpenAI]:
    with running(create_app(Talker(), settings=DeploymentSettings())) as url:
        with openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0) as client:
            yield client


@pytest.fixture(scope="module")
def sorting(keyed_url: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{keyed_url}/v1", api_key=ASK, max_retries=0) as client:
        yield client


class Unserved(DemoVerbs):
    """A project whose first champion is still to come."""

    def __init__(self) -> None:
        super().__init__()
        self.readiness, self.asked = Readiness(ok=False, code="no_model", reason="no turn yet"), 0

    def models(self) -> list[ModelInfo]:
        """Return none, and count who asks."""
        self.asked += 1
        return []


def test_the_openai_client_does_not_ask_again_where_no_model_serves(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(openai.OpenAI, "_sleep_for_retry", lambda *_, **__: None)
    verbs = Unserved()
    with running(create_app(verbs, settings=DeploymentSettings())) as url:
        with openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=2) as client:
            with pytest.raises(openai.InternalServerError, match="no turn yet"):
                client.chat.completions.create(model="", messages=USER)
    assert verbs.asked == 1


def test_the_openai_client_lists_and_names_models(sorting: openai.OpenAI) -> None:
    (model,) = list(sorting.models.list())
    assert model.owned_by == "demo"
    assert sorting.models.retrieve(model.id).id == model.id
    assert sorting.models.retrieve("demo").id == model.id
    with pytest.raises(openai.NotFoundError):
        sorting.models.retrieve("gpt-17")


def test_the_openai_client_gets_vectors_in_both_encodings(sorting: openai.OpenAI) -> None:
    packed = sorting.embeddings.create(model="demo", input=["a b", "c"])
    plain = sorting.embeddings.create(model="demo", input=["a b", "c"], encoding_format="float")
    assert [len(row.embedding) for row in packed.data] == [8, 8]
    assert [row.embedding for row in packed.data] == [row.embedding for row in plain.data]
    assert packed.usage.prompt_tokens == 3
    alone = sorting.embeddings.create(model="demo", input="a b")
    assert alone.data[0].embedding == packed.data[0].embedding


def test_vectors_as_base64_are_little_endian_float32(operator: httpx.Client) -> None:
    body = {"model": "demo", "input": "a", "encoding_format": "base64"}
    packed = operator.post("/v1/embeddings", json=body).json()["data"][0]["embedding"]
    plain = operator.post("/v1/embeddings", json={**body, "encoding_format": "float"}).json()
    assert list(struct.unpack("<8f", base64.b64decode(packed))) == plain["data"][0]["embedding"]


def test_the_openai_client_gets_a_reply_that_can_be_reacted_to(talking: openai.OpenAI) -> None:
    reply = talking.chat.completions.create(model="demo", messages=USER, temperature=0.3)
    assert reply.choices[0].message.content is not None
    assert "where is my parcel" in reply.choices[0].message.content
    assert reply.usage is not None
    assert reply.usage.total_tokens == reply.usage.prompt_tokens + reply.usage.completion_tokens
    about = (reply.model_extra or {})["chainring"]
    assert about["not_used"] == ["temperature"]
    stored = httpx.post(
        f"{str(talking.base_url).rstrip('/')}/react",
        json={"prediction": reply.id, "kind": "rating", "value": "up"},
    )
    assert stored.status_code == 201


def test_the_openai_client_reads_a_stream_to_its_end(talking: openai.OpenAI) -> None:
    chunks = list(
        talking.chat.completions.create(
            model="demo", messages=USER, stream=True, stream_options={"include_usage": True}
        )
    )
    assert len({chunk.id for chunk in chunks}) == 1
    said = [c.choices[0].delta.content for c in chunks if c.choices and c.choices[0].delta.content]
    assert len(said) > 1
    assert [c.choices[0].finish_reason for c in chunks if c.choices][-1] == "stop"
    assert chunks[-1].usage is not None


class Writing(Talker):
    """Answers with what a small network writes, whole or as it is written."""

    def __init__(self, folder: Path, engine: str) -> None:
        super().__init__()
        self.folder, self._engine = folder, engine
        self.stored: dict[str, Prediction] = {}

    async def start(self) -> None:
        """Open the network."""
        opened = load_predictor(self.folder, engine=self._engine, threads=1)
        self._lane = Lane(opened, tag=DEPLOYMENT)

    async def stop(self) -> None:
        """Close it."""
        assert await self._lane.drain(20)

    async def predict(self, texts: Sequence[Any], **asked: Any) -> list[Served]:
        """Return what is written to each."""
        return [self._kept(one) for one in await self._lane.ask([Request(text=t) for t in texts])]

    async def stream(self, text: Any, **asked: Any) -> AsyncIterator[Begun | str | Served]:
        """Yield it as it is written."""
        yield Begun(id="pred_1", model=DEPLOYMENT.model)
        async for piece in self._lane.stream(Request(text=text)):
            yield piece if isinstance(piece, str) else self._kept(piece)

    def _kept(self, reply: Reply[Deployment]) -> Served:
        asked = Request(text=reply.answer.text)
        row = prediction(reply.tag, asked, reply.answer, secret=b"s" * 32)
        self.stored[row.output] = row
        answer = reply.answer
        return Served(
            prediction=row, read_tokens=answer.read_tokens, written_tokens=answer.written_tokens
        )


@pytest.fixture(scope="module", params=["generator", "ctranslate2"])
def writing(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[openai.OpenAI, Writing]]:
    """A client of a network that ends some texts by itself, and others are cut."""
    if request.param == "ctranslate2":
        pytest.importorskip("ctranslate2", reason="needs the extra writers")
    from tests.deployment.forms.test_conversion import MIXED, write_writer

    from chainring.deployment.forms.conversion import convert

    folder = write_writer(tmp_path_factory.mktemp("writer"), "gpt2", end=MIXED["gpt2"])
    if request.param == "ctranslate2":
        convert(folder, folder, quantization="float32")
    house = Writing(folder, request.param)
    with running(create_app(house, settings=DeploymentSettings())) as url:
        with openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0) as client:
            yield client, house


@pytest.mark.parametrize(
    ("asked", "finish"), [("?", "stop"), ("two dogs are running in the snow", "length")]
)
def test_a_reply_that_was_cut_says_length_whole_and_as_it_is_written(
    writing: tuple[openai.OpenAI, Writing], asked: str, finish: str
) -> None:
    client, house = writing
    said: Any = [{"role": "user", "content": asked}]
    reply = client.chat.completions.create(model="demo", messages=said)
    chunks = list(client.chat.completions.create(model="demo", messages=said, stream=True))
    text = reply.choices[0].message.content
    assert "".join(one.choices[0].delta.content or "" for one in chunks) == text
    assert reply.choices[0].finish_reason == finish
    assert [one.choices[0].finish_reason for one in chunks if one.choices[0].finish_reason] == [
        finish
    ]
    assert house.stored[text or ""].finish == finish


def test_usage_counts_what_the_model_reads_of_a_conversation_and_what_it_wrote(
    writing: tuple[openai.OpenAI, Writing],
) -> None:
    from transformers import AutoTokenizer

    client, house = writing
    ask: Any = partial(client.chat.completions.create, model="demo")
    known = AutoTokenizer.from_pretrained(house.folder / "writer")
    said: Any = [{"role": "system", "content": "is my"}, {"role": "user", "content": "two dogs"}]
    for messages in (said, said[1:]):
        used = ask(messages=messages).usage
        assert used.prompt_tokens == len(prompt_ids(known, conversation(messages), limit=40))
        assert used.total_tokens == used.prompt_tokens + used.completion_tokens
        options = {"include_usage": True}
        assert list(ask(messages=messages, stream=True, stream_options=options))[-1].usage == used
    assert ask(messages=[{"role": "user", "content": "two dogs are running in the snow"}]
               ).usage.completion_tokens == 10, "cut at its longest"  # fmt: skip


def test_a_candidate_is_listed_but_never_answered_for_by_the_champion(
    talking: openai.OpenAI,
) -> None:
    champion, candidate = list(talking.models.list())
    assert talking.models.retrieve(candidate.id).id == CANDIDATE
    for name in (champion.id, "demo"):
        assert talking.chat.completions.create(model=name, messages=USER).model == champion.id
        assert talking.embeddings.create(model=name, input="a").model == champion.id
    with pytest.raises(openai.NotFoundError, match="No such model answers") as refused:
        talking.chat.completions.create(model=candidate.id, messages=USER)
    assert champion.id in refused.value.response.text
    with pytest.raises(openai.NotFoundError):
        talking.embeddings.create(model=candidate.id, input="a")


def test_a_field_that_is_null_is_one_left_out(talking: openai.OpenAI) -> None:
    left_open: Any = dict.fromkeys(("stream", "n", "user", "stop", "tools", "response_format"))
    said: Any = [{**USER[0], "name": None}]
    reply = talking.chat.completions.create(model="demo", messages=said, **left_open)
    assert reply.choices[0].finish_reason == "stop"
    assert (reply.model_extra or {})["chainring"]["not_used"] == []
    nothing: Any = None
    found = talking.embeddings.create(model="demo", input="a", user=nothing)
    assert len(found.data[0].embedding) == 8


@pytest.mark.parametrize(
    ("wish", "unused"),
    [({"type": "text"}, []), ({"type": "json_object"}, ["response_format"])],
)
def test_a_form_that_no_model_promises_is_told_as_not_used(
    talking: openai.OpenAI, wish: Any, unused: list[str]
) -> None:
    reply = talking.chat.completions.create(model="demo", messages=USER, response_format=wish)
    assert (reply.model_extra or {})["chainring"]["not_used"] == unused


def test_a_whole_conversation_reaches_a_model_of_conversations(talking: openai.OpenAI) -> None:
    messages: Any = [
        {"role": "developer", "content": "be brief"},
        {"role": "user", "content": [{"type": "text", "text": "你好"}]},
        {"role": "assistant", "content": "您好"},
        {"role": "user", "content": "包裹呢"},
    ]
    reply = talking.chat.completions.create(model="", messages=messages)
    said = reply.choices[0].message.content or ""
    for part in ('"role": "system"', "be brief", "你好", "您好", "包裹呢"):
        assert part in said


@pytest.mark.parametrize(
    ("task", "capabilities", "whole"),
    [
        ("dialogue", (), True),
        ("generation", (), False),
        ("preference", ("stream",), False),
        ("generation", ("converse",), True),
        ("preference", ("converse",), True),
        ("translation", ("converse",), False),
    ],
)
def test_a_model_of_single_prompts_gets_the_last_message_and_says_what_it_left_out(
    task: Any, capabilities: tuple[str, ...], whole: bool
) -> None:
    """A system message would change the form in which it was taught and judged."""

    class Prompted(Talker):
        def models(self) -> list[ModelInfo]:
            return [replace(one, task=task, capabilities=capabilities) for one in super().models()]

    messages: Any = [
        {"role": "system", "content": "be brief"},
        {"role": "user", "content": "你好"},
        {"role": "assistant", "content": "您好"},
        *USER,
    ]
    with running(create_app(Prompted(), settings=DeploymentSettings())) as url:
        with openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0) as client:
            reply = client.chat.completions.create(model="", messages=messages)
            alone = client.chat.completions.create(model="", messages=USER)
            *_, last = client.chat.completions.create(model="", messages=messages, stream=True)
    said = reply.choices[0].message.content or ""
    left_out = [] if whole else ["messages.0", "messages.1", "messages.2"]
    assert ("be brief" in said) == whole
    assert (said == f"heard {USER[0]['content']}") != whole
    assert (reply.model_extra or {})["chainring"]["not_used"] == left_out
    assert (alone.model_extra or {})["chainring"]["not_used"] == []
    assert (last.model_extra or {})["chainring"]["not_used"] == left_out


def test_the_openai_client_raises_its_own_errors(
    sorting: openai.OpenAI, talking: openai.OpenAI, keyed_url: str
) -> None:
    with pytest.raises(openai.UnprocessableEntityError, match="cannot do this"):
        sorting.chat.completions.create(model="demo", messages=USER)
    with pytest.raises(openai.NotFoundError):
        talking.chat.completions.create(model="gpt-17", messages=USER)
    with pytest.raises(openai.UnprocessableEntityError, match="no model here can do"):
        talking.chat.completions.create(
            model="demo",
            messages=USER,
            tools=[{"type": "function", "function": {"name": "f", "parameters": {}}}],
        )
    with pytest.raises(openai.UnprocessableEntityError, match="dimensions: not supported") as told:
        talking.embeddings.create(model="demo", input="a", dimensions=8)
    assert (told.value.param, told.value.type) == ("dimensions", "invalid_request_error")
    with pytest.raises(openai.UnprocessableEntityError, match="no numbers of tokens") as told:
        talking.embeddings.create(model="demo", input=[[1, 2]])
    assert "[" not in str(told.value)  # no names of our checks
    wrong = openai.OpenAI(base_url=f"{keyed_url}/v1", api_key="wrong", max_retries=0)
    with wrong, pytest.raises(openai.AuthenticationError):
        wrong.models.list()
    reacting = openai.OpenAI(base_url=f"{keyed_url}/v1", api_key="demo-key-to-react", max_retries=0)
    with reacting, pytest.raises(openai.PermissionDeniedError):
        reacting.embeddings.create(model="demo", input="a")


@pytest.mark.parametrize(
    "body",
    [
        {"messages": []},
        {"messages": [{"role": "assistant", "content": "a"}]},
        {"messages": [{"role": "tool", "content": "a"}]},
        {"messages": USER, "n": 2},
        {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {}}]}]},
        {},
    ],
)
def test_a_conversation_that_cannot_be_answered_is_refused(
    talking: openai.OpenAI, body: dict[str, Any]
) -> None:
    answer = httpx.post(f"{str(talking.base_url).rstrip('/')}/chat/completions", json=body)
    assert answer.status_code == 422


BLANK: Any = [{"role": "user", "content": " \n"}]
PARTS: Any = [{"role": "user", "content": [{"type": "text", "text": ""}]}]


@pytest.mark.parametrize("messages", [BLANK, PARTS, [*USER, *BLANK]])
def test_a_message_that_says_nothing_is_refused(talking: openai.OpenAI, messages: Any) -> None:
    with pytest.raises(openai.UnprocessableEntityError) as told:
        talking.chat.completions.create(model="demo", messages=messages)
    assert f"messages.{len(messages) - 1}.content: empty" in str(told.value)
    assert told.value.type == "invalid_request_error"


def test_texts_that_say_nothing_have_no_vectors(sorting: openai.OpenAI) -> None:
    with pytest.raises(openai.UnprocessableEntityError) as told:
        sorting.embeddings.create(model="demo", input=["a", "", " "])
    assert "input.1: empty input.2: empty" in str(told.value)
    with pytest.raises(openai.UnprocessableEntityError) as told:
        sorting.embeddings.create(model="demo", input="")
    assert told.value.param == "input"


def test_too_many_texts_for_vectors_at_once_are_refused(operator: httpx.Client) -> None:
    answer = operator.post("/v1/embeddings", json={"input": ["a"] * 257})
    assert answer.status_code == 422
    assert operator.post("/v1/embeddings", json={"input": [[1, 2]]}).status_code == 422
