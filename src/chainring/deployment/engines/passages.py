"""Answers from passages: looked up, each read with the question, and the best answer stands.

Enters the passages of a folder and what reads them (an encoder that marks a span, a writer that
words it), leaves a Predictor. An answer has its passage as its `pair`, and in `scores` the records
of the passages that were read with how sure each was, the answer's own first. A request with a
`pair` is answered from that passage alone.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from chainring.contracts.errors import InputError
from chainring.contracts.prediction import STOP, Answer
from chainring.contracts.predictor import PredictSettings
from chainring.contracts.request import Request
from chainring.contracts.values import Input
from chainring.deployment.model_folder import Card, Floats, damaged, existing
from chainring.text.passages import Held, Passage, Passages, cut
from chainring.text.prepare import prepare

PASSAGES_FILE = "passages.jsonl"
DEFAULT = PredictSettings()


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How many passages are looked up, and how long a stretch of a given one may be."""

    passages: int
    characters: int
    held: Held = len


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What one passage says: `sure` of it, 0 to 1; `rank` adds how well the passage fits.

    One that does not say it has no `text`. `finish`, `read_tokens` and `written_tokens` are those
    of its Answer.
    """

    text: str
    passage: Passage
    sure: float
    rank: float
    finish: str = STOP
    read_tokens: int = 0
    written_tokens: int = 0


Found = Sequence[tuple[Passage, float]]
"""Passages with how well each fits the question, as a logarithm."""
Read = Callable[[str, Found], Sequence[Said]]
"""Reads passages with a question; returns what each of them says."""


def read_passages(folder: Path) -> Passages:
    """Return the index of a folder's passages."""
    path = folder / PASSAGES_FILE
    try:
        rows = [json.loads(line) for line in existing(path).read_bytes().splitlines() if line]
        return Passages([Passage(id=str(row["id"]), text=str(row["text"])) for row in rows])
    except (ValueError, KeyError, TypeError) as error:
        raise damaged(path, f"a line is not as expected ({error!r})") from error


class PassagePredictor:
    """Passages and their reader behind the Predictor contract; `closed` lets go of the reader."""

    labels: tuple[str, ...] = ()
    capabilities: frozenset[str] = frozenset()

    def __init__(
        self,
        folder: Path,
        card: Card,
        *,
        limits: Limits,
        read: Read,
        closed: Callable[[], None],
    ) -> None:
        self.card, self.threshold = card, card.threshold
        self._passages, self._limits = read_passages(folder), limits
        self._read, self._closed = read, closed

    def predict(
        self, requests: Sequence[Request], *, settings: PredictSettings = DEFAULT
    ) -> list[Answer]:
        """Return one answer a request, in order; empty where no passage has one."""
        return [self._answer(request, top_k=settings.top_k) for request in requests]

    def probabilities(self, texts: Sequence[Input]) -> Floats:
        """Raise InputError: an answer is no label."""
        raise InputError("answers to questions have no probabilities of labels; ask it to predict")

    def close(self) -> None:
        """Let go of the network."""
        self._closed()

    def _answer(self, request: Request, *, top_k: int) -> Answer:
        question = self._prepared(request.text)
        given = self._prepared(request.pair) if request.pair else ""
        read = self._read(question, self._found(question, given))
        ranked = sorted((one for one in read if one.text), key=lambda one: -one.rank)
        answer = Answer(
            label="",
            confidence=0.0,
            passed_on=True,
            text=question,
            pair=given,
            read_tokens=sum(one.read_tokens for one in read),
            written_tokens=sum(one.written_tokens for one in read),
        )
        if not ranked:
            return answer
        best = ranked[0]
        return replace(
            answer,
            confidence=best.sure,
            passed_on=best.sure < self.threshold,
            pair=given or best.passage.text,
            output=best.text,
            scores=_sources(ranked, top_k),
            finish=best.finish,
        )

    def _found(self, question: str, given: str) -> Found:
        if given:
            stretches = cut(given, characters=self._limits.characters, held=self._limits.held)
            return [(Passage(id="", text=text), 0.0) for text in stretches]
        return self._passages.find(question, most=self._limits.passages)

    def _prepared(self, text: str) -> str:
        return prepare(text, redacted=self.card.redact, rules=self.card.rules)


def _sources(ranked: Sequence[Said], most: int) -> dict[str, float]:
    """Return the records that were read with how sure the reader was of each, the best first."""
    found: dict[str, float] = {}
    for one in ranked:
        if one.passage.id and math.isfinite(one.rank):
            found.setdefault(one.passage.id, one.sure)
    return dict(list(found.items())[:most])
