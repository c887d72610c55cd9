"""What callers send: a body read within its limits, and its shape checked with all faults at once.

Enters a request, leaves a frozen model. Broken UTF-8, lone surrogates, deep nesting and NUL are the
sender's fault and are answered as such.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Annotated, Any, TypeVar

import orjson
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator
from starlette.requests import ClientDisconnect, Request

from chainring.contracts.errors import InputError, did_you_mean
from chainring.contracts.feedback import FeedbackKind
from chainring.contracts.reaction import Reaction
from chainring.contracts.values import Input, input_of
from chainring.deployment.http.faults import HttpError
from chainring.deployment.http.verbs import Decision

BODY_TIMEOUT_S = 30.0
MAX_KEYS = 50
"""Of an object, known or not: each unknown one costs a search for the name that was meant."""


def _without_nul(text: str) -> str:
    if "\x00" in text:
        raise ValueError("contains the character NUL (U+0000); leave it out")
    return text


Text = Annotated[str, AfterValidator(_without_nul)]
Name = Annotated[Text, Field(max_length=200)]
Texts = Annotated[list[Text], Field(fail_fast=True)]
"""The first element that is no text ends the list: a body has room for 400,000 faults."""


class Body(BaseModel):
    """A JSON object with no key beside the named ones."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _of_few_keys(cls, sent: Any) -> Any:
        if isinstance(sent, dict) and len(sent) > MAX_KEYS:
            raise ValueError(f"{len(sent):,} keys; at most {MAX_KEYS}")
        return sent


class PredictBody(Body):
    """One text or several; `episode` ties the turns of one conversation together.

    Where the task compares two texts, `pair` is the second one of `text`, `pairs` those of `texts`.
    """

    text: Text | None = Field(None, description="one text")
    texts: Texts | None = Field(None, description="several texts, answered in order")
    pair: Text | None = Field(None, description="second text, where the task compares two")
    pairs: Texts | None = Field(None, description="second texts, in the order of `texts`")
    episode: Name = Field("", description="id of the conversation")
    author: Name = Field("", description="pseudonym of who asks")
    stream: bool = Field(
        False, description="true: one text, answered as server-sent events while it is written"
    )

    def all(self, *, max_texts: int, max_characters: int) -> list[Input]:
        """Return the texts, or pairs of texts, within the limits, or say every fault."""
        if (self.text is None) == (self.texts is None):
            raise InputError("exactly one of `text` and `texts` is expected")
        if self.stream and self.text is None:
            raise InputError("`stream` goes with `text`, one at a time")
        single = self.text is not None
        texts = [self.text] if self.text is not None else self.texts or []
        faults = [] if texts else ["texts: empty; send at least one"]
        if len(texts) > max_texts:
            faults.append(f"texts: {len(texts)} texts; at most {max_texts} a request")
        for index, text in enumerate(texts):
            place = "text" if single else f"texts.{index}"
            if len(text) > max_characters:
                faults.append(f"{place}: {len(text):,} characters; at most {max_characters:,}")
            elif not text.strip():
                faults.append(f"{place}: empty")
        seconds = self._seconds(single)
        if seconds is not None and len(seconds) != len(texts):
            faults.append(f"pairs: {len(seconds)} texts; {len(texts)} expected, one for each text")
        for index, text in enumerate(seconds or ()):
            if len(text) > max_characters:
                place = "pair" if single else f"pairs.{index}"
                faults.append(f"{place}: {len(text):,} characters; at most {max_characters:,}")
        if faults:
            raise InputError("the texts cannot be answered", faults=faults[:20])
        if seconds is None:
            return list(texts)
        return [input_of(text, pair) for text, pair in zip(texts, seconds, strict=True)]

    def _seconds(self, single: bool) -> list[str] | None:
        if (self.pair is not None and not single) or (self.pairs is not None and single):
            raise InputError("`pair` goes with `text`, `pairs` with `texts`")
        return [self.pair] if self.pair is not None else self.pairs


class ReactBody(Body):
    """What a person did about an answer."""

    prediction: Name = Field(description="id of the answer")
    kind: FeedbackKind
    value: Annotated[Text, Field(max_length=20_000)] = Field(
        "", description="rating: up or down; correction: the right value; flag: its kind"
    )
    comment: Annotated[Text, Field(max_length=2000)] = ""
    author: Name = Field("", description="pseudonym of who reacts")
    episode: Name = ""
    consent: Name = Field("none", description="what the text may be used for")
    key: Name = Field("", description="the same key twice is one reaction")

    def reaction(self, *, author: str, key: str) -> Reaction:
        """Return the noun; `author` and `key` stand in where the body has none."""
        return Reaction(
            prediction=self.prediction,
            kind=self.kind,
            value=self.value,
            comment=self.comment,
            author=self.author or author,
            episode=self.episode,
            consent=self.consent,
            key=self.key or key,
        )


class DecideBody(Body):
    """A person's decision on one item of the queue."""

    item: Name = Field(description="id of the item")
    decision: Decision
    value: Annotated[Text, Field(max_length=20_000)] = Field(
        "", description="the true value, for accept and change"
    )
    must: bool = Field(False, description="every later model has to get this right")


class CloseBody(Body):
    """How a case ends."""

    outcome: Annotated[Text, Field(max_length=2000)] = Field(description="what was done")
    told: Annotated[Text, Field(max_length=2000)] = Field(
        "", description="what the reporter is told"
    )
    truth: Name = Field("", description="the true label, if any")
    must: bool = Field(False, description="every later model has to get this right")


B = TypeVar("B", bound=BaseModel)


async def read(request: Request, *, max_bytes: int, timeout_s: float = BODY_TIMEOUT_S) -> bytes:
    """Return the whole body, chunked or not; never more than `max_bytes`, never later."""
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length) > max_bytes:
        raise _too_large(max_bytes)
    received = bytearray()
    try:
        async with asyncio.timeout(timeout_s):
            async for chunk in request.stream():
                received += chunk
                if len(received) > max_bytes:
                    raise _too_large(max_bytes)
    except TimeoutError:
        raise HttpError("slow_body", faults=[f"waited {timeout_s:g} s"]) from None
    except ClientDisconnect:
        raise HttpError("bad_json", faults=["the caller went away"]) from None
    return bytes(received)


def parse(raw: bytes, kind: type[B]) -> B:
    """Return the body as its model; all faults of it come together, each with its path."""
    try:
        data = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise HttpError("bad_json", faults=[str(error)]) from None
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        faults = list(dict.fromkeys(_fault(one, kind) for one in error.errors(include_url=False)))
        raise InputError("the body has the wrong shape", faults=faults[:20]) from None


def _fault(error: Any, kind: type[BaseModel]) -> str:
    place: Sequence[str | int] = error["loc"]
    path = ".".join(str(part) for part in place if "[" not in str(part)) or "body"
    if error["type"] == "extra_forbidden":
        path = path[:80]
        return f"{path}: unknown key{did_you_mean(path, kind.model_fields)}"
    if error["type"] == "too_long" and isinstance(error["input"], str):
        return f"{path}: {len(error['input']):,} characters; at most {error['ctx']['max_length']:,}"
    told = error["msg"].removeprefix("Value error, ")
    return f"{path}: {told[:1].lower()}{told[1:]}"


def _too_large(max_bytes: int) -> HttpError:
    return HttpError("too_large", faults=[f"at most {max_bytes:,} bytes"])
