"""What goes over the wire: requests made, answers read, failures told.

No input or output happens here: the clients that wait and those that do not share all of it.
"""

from __future__ import annotations

import base64
import json
import secrets
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar
from urllib.parse import quote

from chainring.contracts.errors import InputError
from chainring.contracts.feedback import FeedbackKind
from chainring.contracts.values import Input
from chainring.software.client import refusals

T = TypeVar("T")

TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer; `label` is the best guess also where the text was passed on to a person.

    `output` is the answer where it is no label: a number, tags as JSON, a text. `article` is the
    help article that goes with the label: its `title` and `text`. An answer that was read off a
    passage has the record that this is from as its `source`, and the `passage` if it may be shown.
    """

    id: str
    label: str
    confidence: float
    passed_on: bool
    message: str = ""
    article: Mapping[str, str] | None = None
    language: str = ""
    model: str = ""
    form: str = ""
    variant: str = "champion"
    scores: Mapping[str, float] = field(default_factory=dict)
    output: str = ""
    source: str = ""
    passage: str = ""

    @property
    def value(self) -> str:
        """What was answered."""
        return self.label or self.output


@dataclass(frozen=True, slots=True, kw_only=True)
class Reacted:
    """A stored reaction; `case` is the case that a flag opened.

    `message` says why it teaches nothing, where one would expect that it does.
    """

    id: str
    prediction: str
    kind: str
    value: str
    case: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A model that answers; `request` and `answer` are JSON schemas of what it takes and gives.

    `measure` is what the gate judged it by; a server of before does not say, and went by accuracy.
    """

    id: str
    task: str
    form: str
    engine: str
    variant: str
    labels: Sequence[str] = ()
    capabilities: Sequence[str] = ()
    request: Mapping[str, Any] = field(default_factory=dict)
    answer: Mapping[str, Any] = field(default_factory=dict)
    measure: str = "accuracy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A piece of a text that is being written."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A request as it goes out."""

    method: str
    path: str
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


def asked(
    texts: Input | Sequence[Input],
    *,
    episode: str = "",
    author: str = "",
    stream: bool = False,
    key: str = "",
) -> Sent:
    """Return the request for answers; a tuple is a pair of texts."""
    body: dict[str, Any] = {"episode": episode, "author": author}
    if isinstance(texts, str | tuple):
        text, pair = texts if isinstance(texts, tuple) else (texts, None)
        body |= {"text": text} if pair is None else {"text": text, "pair": pair}
    else:
        firsts = [one[0] if isinstance(one, tuple) else one for one in texts]
        seconds = [one[1] for one in texts if isinstance(one, tuple)]
        body |= {"texts": firsts, "pairs": seconds} if seconds else {"texts": firsts}
    if stream:
        body["stream"] = True
    return _post("/v1/predict", body, key=None if stream else key)


def told(
    prediction: str,
    kind: FeedbackKind,
    value: str = "",
    *,
    comment: str = "",
    author: str = "",
    episode: str = "",
    consent: str = "none",
    key: str = "",
) -> Sent:
    """Return the request that stores a reaction."""
    body = {
        "prediction": prediction,
        "kind": kind,
        "value": value,
        "comment": comment,
        "author": author,
        "episode": episode,
        "consent": consent,
    }
    return _post("/v1/react", body, key=key)


def embedding(texts: Sequence[str]) -> Sent:
    """Return the request for vectors."""
    return _post("/v1/embeddings", {"input": list(texts), "encoding_format": "base64"}, key="")


def explaining(prediction: str) -> Sent:
    """Return the request for where an answer came from; the id stays one part of the path."""
    if prediction in ("", ".", ".."):
        raise InputError(f"{prediction!r} is no id of a prediction")
    return got(f"/v1/why/{quote(prediction, safe='', errors='replace')}")


def got(path: str) -> Sent:
    """Return a request that only reads."""
    return Sent(method="GET", path=path)


def _post(path: str, body: Mapping[str, Any], *, key: str | None) -> Sent:
    """Return a post with its idempotency key, a new one where it is empty; None: it takes none."""
    headers = {"content-type": "application/json"}
    if key is not None:
        headers["idempotency-key"] = key or secrets.token_urlsafe(18)
    data = json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass")
    return Sent(method="POST", path=path, body=data, headers=headers)


def understood(url: str, found: str, read: Callable[..., T], *told: Any) -> T:
    """Return what `read` makes of what was told.

    Raises
    ------
    UnreachableError
        When it has another shape: `found` is what came instead of an answer.
    """
    try:
        return read(*told)
    except (AttributeError, LookupError, TypeError, ValueError, struct.error) as error:
        raise refusals.foreign(url, found) from error


def an_object(body: Any) -> dict[str, Any]:
    """Return a body that is a JSON object."""
    if not isinstance(body, dict):
        raise TypeError("no JSON object")
    return body


def answer(body: Any) -> Answer:
    """Return the answer to one text."""
    return answers(1)(body)[0]


def answers(count: int) -> Callable[[Any], list[Answer]]:
    """Return what reads the answers to so many texts off a body."""

    def of(body: Any) -> list[Answer]:
        return [read(Answer, one) for one in _counted(body.get("predictions", [body]), count)]

    return of


def vectors(count: int) -> Callable[[Any], list[list[float]]]:
    """Return what reads the vectors of so many texts off a body, in their order."""

    def of(body: Any) -> list[list[float]]:
        rows = sorted(_counted(body["data"], count), key=lambda row: int(row["index"]))
        return [_numbers(row["embedding"]) for row in rows]

    return of


def reacted(body: Any) -> Reacted:
    """Return the reaction of a body."""
    return read(Reacted, body)


def models(body: Any) -> list[Model]:
    """Return the models of a body."""
    return [read(Model, one) for one in body["data"]]


def labels(body: Any) -> list[str]:
    """Return the labels of a body."""
    return [str(one["label"]) for one in body["labels"]]


def _counted(rows: Sequence[Any], count: int) -> Sequence[Any]:
    if len(rows) != count:
        raise ValueError(f"{len(rows)} rows for {count} texts")
    return rows


def _numbers(written: str) -> list[float]:
    data = base64.b64decode(written)
    return list(struct.unpack(f"<{len(data) // 4}f", data))


def read(kind: type[T], body: Mapping[str, Any]) -> T:
    """Return a body as its noun; keys that a newer server added are left out."""
    known = {each.name for each in fields(kind)}  # type: ignore[arg-type]
    return kind(**{name: value for name, value in body.items() if name in known})


def several(texts: Sequence[T]) -> list[T]:
    """Return a list of texts.

    Raises
    ------
    InputError
        When it is one text: its characters are no texts.
    """
    if isinstance(texts, str):
        raise InputError("a list of texts is expected, found one text; write [text]")
    return list(texts)
