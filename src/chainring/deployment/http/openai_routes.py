"""OpenAI's interface over our verbs: models, embeddings and chat, where the task fits.

    client = openai.OpenAI(base_url="http://localhost:8000/v1", api_key=key)
    client.chat.completions.create(model="support", messages=[{"role": "user", "content": "Hi"}])

The id of a chat completion is that of our prediction: `POST /v1/react` takes it.
"""

from __future__ import annotations

import base64
import time
from typing import Any

import numpy as np

from chainring.contracts.errors import BusyError, InputError
from chainring.contracts.prediction import LENGTH, Prediction
from chainring.contracts.tasks import TASKS
from chainring.deployment.http.calls import Call, Route
from chainring.deployment.http.document import answer_schema, request_schema
from chainring.deployment.http.faults import HttpError
from chainring.deployment.http.offers import Begun, ModelInfo
from chainring.deployment.http.openai_bodies import ChatBody, EmbeddingsBody
from chainring.deployment.http.streams import event, streamed
from chainring.deployment.http.verbs import Served
from chainring.text.chat import conversation

_PROMPTED = ("generation", "preference")
"""Taught on single prompts: only one whose base has a form of its own reads conversations."""


async def models(call: Call) -> dict[str, Any]:
    """List the models that answer here."""
    return {"object": "list", "data": [_described(each) for each in call.verbs.models()]}


async def model(call: Call) -> dict[str, Any]:
    """Describe one model."""
    return _described(_named(call, call.path("id")))


async def embeddings(call: Call) -> dict[str, Any]:
    """Turn texts into vectors."""
    body = call.body(EmbeddingsBody)
    body.not_used()
    _asked(call, body.model)
    texts = body.texts()
    limits = call.house.settings
    if len(texts) > limits.max_texts or any(len(text) > limits.max_characters for text in texts):
        most = f"at most {limits.max_texts} texts of {limits.max_characters:,} characters"
        raise InputError("too much at once", faults=[f"input: {most}"])
    body.require_words()
    with call.spending(len(texts)):
        found = await call.verbs.embed(texts, caller=call.caller)
    written = _base64 if body.encoding_format == "base64" else _floats
    return {
        "object": "list",
        "data": [
            {"object": "embedding", "index": i, "embedding": written(vector)}
            for i, vector in enumerate(found.vectors)
        ],
        "model": found.model,
        "usage": {"prompt_tokens": found.tokens, "total_tokens": found.tokens},
    }


async def chat(call: Call) -> Any:
    """Answer a conversation, at once or as it is written."""
    body = call.body(ChatBody)
    unused = body.not_used()
    asked = _asked(call, body.model)
    if TASKS[asked.task].form != "text":
        raise HttpError("unfit", faults=[f"{asked.task} gives no texts; POST /v1/predict asks it"])
    text, left_out = _prompt(body, asked)
    unused += left_out
    if len(text) > call.house.settings.max_characters:
        raise InputError("the conversation is too long", faults=["messages: send the last ones"])
    how: dict[str, Any] = {
        "episode": "",
        "author": body.user or call.author,
        "caller": call.caller,
    }
    with call.spending(1):
        if body.stream:
            pieces = call.verbs.stream(text, **how)
            return await streamed(call, pieces, _Chunks(call, body, unused).draw)
        (served,) = await call.verbs.predict([text], **how)
    call.house.metrics.count_served([served])
    row = served.prediction
    said = {"role": "assistant", "content": row.output}
    return {
        **_head(row.id, row.model, "chat.completion"),
        "choices": [{"index": 0, "message": said, "finish_reason": _why(row), "logprobs": None}],
        "usage": _usage(served),
        "chainring": _about(served, unused),
    }


class _Chunks:
    """Draws a stream as OpenAI's chunks."""

    def __init__(self, call: Call, body: ChatBody, unused: list[str]) -> None:
        self._call, self._body, self._unused = call, body, unused
        self._begun = Begun(id="", model="")

    def draw(self, piece: Begun | str | Served) -> list[bytes]:
        """Return the events of a piece."""
        if isinstance(piece, Begun):
            self._begun = piece
            return [self._chunk({"role": "assistant", "content": ""})]
        if isinstance(piece, str):
            return [self._chunk({"content": piece})]
        self._call.house.metrics.count_served([piece])
        about = {"chainring": _about(piece, self._unused)}
        lines = [self._chunk({}, finish=_why(piece.prediction), more=about)]
        if self._body.wants_usage:
            usage = {"usage": _usage(piece)}
            lines.append(event({**self._head(), "choices": [], **usage}))
        return [*lines, b"data: [DONE]\n\n"]

    def _head(self) -> dict[str, Any]:
        return _head(self._begun.id, self._begun.model, "chat.completion.chunk")

    def _chunk(
        self,
        delta: dict[str, str],
        *,
        finish: str | None = None,
        more: dict[str, Any] | None = None,
    ) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}
        return event({**self._head(), "choices": [choice], **(more or {})})


def _head(identifier: str, model: str, kind: str) -> dict[str, Any]:
    return {"id": identifier, "object": kind, "created": int(time.time()), "model": model}


def _why(row: Prediction) -> str:
    """Return in OpenAI's word why an answer ended."""
    return "length" if row.finish == LENGTH else "stop"


def _about(served: Served, unused: list[str]) -> dict[str, Any]:
    row = served.prediction
    return {
        "passed_on": row.passed_on,
        "confidence": row.confidence,
        "message": served.message,
        "form": row.form,
        "variant": row.variant,
        "source": served.source,
        "passage": served.passage,
        "not_used": unused,
    }


def _usage(served: Served) -> dict[str, int]:
    read, wrote = served.read_tokens, served.written_tokens
    return {"prompt_tokens": read, "completion_tokens": wrote, "total_tokens": read + wrote}


def _prompt(body: ChatBody, asked: ModelInfo) -> tuple[str, list[str]]:
    """Return the conversation as this task's rows have it, and which messages are not in it.

    It is whole, or the user's last words.
    """
    messages = [message.plain() for message in body.messages]
    *before, last = messages
    if last["role"] != "user":
        raise InputError("the last message has to be the user's", faults=["messages"])
    if not last["content"].strip():
        fault = f"messages.{len(before)}.content: empty"
        raise InputError("the texts cannot be answered", faults=[fault])
    reads_all = asked.task in _PROMPTED and "converse" in asked.capabilities
    if asked.task == "dialogue" or (reads_all and before):
        return conversation(messages), []
    return last["content"], [f"messages.{place}" for place in range(len(before))]


def _asked(call: Call, name: str) -> ModelInfo:
    """Return the model of that id where it can be asked: which texts a candidate gets, none says.

    Raises
    ------
    HttpError
        `no_model` for a candidate's id: the answer would be the champion's.
    """
    found = _named(call, name)
    if found.variant == "champion":
        return found
    (champion,) = (each for each in call.verbs.models() if each.variant == "champion")
    known = f"{champion.app} and {champion.id}"
    raise HttpError("no_model", faults=[f"model: that is a {found.variant}; ask for {known}"])


def _named(call: Call, name: str) -> ModelInfo:
    """Return the model of that id; the application's name, or none, is the champion."""
    found = call.verbs.models()
    if not found:
        raise BusyError(call.verbs.ready().reason, retry_after_s=2.0)
    for each in found:
        if name in ("", each.id, each.app):
            return each
    raise HttpError("no_model", faults=[f"model: known are {found[0].app} and its ids"])


def _described(each: ModelInfo) -> dict[str, Any]:
    return {
        "id": each.id,
        "object": "model",
        "created": int(each.since),
        "owned_by": each.app,
        "task": each.task,
        "form": each.form,
        "engine": each.engine,
        "variant": each.variant,
        "labels": list(each.labels),
        "capabilities": list(each.capabilities),
        "measure": each.measure,
        "request": request_schema(each),
        "answer": answer_schema(each),
    }


def _floats(vector: Any) -> list[float]:
    return [float(value) for value in np.asarray(vector, dtype=np.float32)]


def _base64(vector: Any) -> str:
    return base64.b64encode(np.asarray(vector, dtype="<f4").tobytes()).decode()


OPENAI_ROUTES: tuple[Route, ...] = (
    Route(
        method="GET", path="/v1/models", verb="models", handler=models, answer=dict[str, Any],
        summary="The models that answer here, each with the shape of its requests and answers",
    ),
    Route(
        method="GET", path="/v1/models/{id}", verb="models", handler=model, answer=dict[str, Any],
        summary="One model",
    ),
    Route(
        method="POST", path="/v1/embeddings", verb="embed", handler=embeddings,
        body=EmbeddingsBody, answer=dict[str, Any], lane=True,
        summary="Vectors of texts, as OpenAI's interface has them",
    ),
    Route(
        method="POST", path="/v1/chat/completions", verb="chat", handler=chat, body=ChatBody,
        answer=dict[str, Any], lane=True,
        summary="The reply to a conversation, as OpenAI's interface has it",
    ),
)  # fmt: skip

OPENAI_PATHS = frozenset({"/v1/embeddings", "/v1/chat/completions"})
"""Where clients of that interface read what was refused."""
