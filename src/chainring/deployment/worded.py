"""Answers in its own words: passages are looked up, a writer reads each with the question.

Enters a writer and the passages of its folder, leaves a Predictor. Of the answers to the passages
the likeliest stands; a passage to which nothing is written does not say it. The passage is the
answer's `pair`, and the records that were read are its `scores`, the answer's own first.

    predictor.predict([Request(text="How long does a parcel take?")])[0].output

A request with a `pair` is answered from that passage alone.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from chainring.contracts.errors import InputError
from chainring.contracts.prediction import Answer
from chainring.contracts.predictor import PredictSettings
from chainring.contracts.request import Request
from chainring.contracts.values import Input
from chainring.deployment.answering import read_passages
from chainring.deployment.model_folder import Card, Floats, damaged
from chainring.deployment.text_predictor import prepare
from chainring.text.passages import Passage, cut, prompt_of

FACTS = "retrieval"
DEFAULT = PredictSettings()


class Writes(Protocol):
    """What writes: a text and how sure it is, 0 to 1, for each prompt."""

    def write(self, texts: Sequence[str]) -> list[tuple[str, float]]:
        """Return what is written to each prepared prompt, in order."""
        ...

    def close(self) -> None:
        """Let go of the network."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Written:
    """What was written to one passage; `rank` adds how well the passage fits the question."""

    text: str
    passage: Passage
    sure: float
    rank: float


class WordedPredictor:
    """A writer and its passages behind the Predictor contract."""

    labels: tuple[str, ...] = ()
    capabilities: frozenset[str] = frozenset()

    def __init__(self, folder: Path, card: Card, writer: Writes) -> None:
        self.card, self.threshold = card, card.threshold
        self._writer, self._passages = writer, read_passages(folder)
        self._facts = _checked(folder, card.facts[FACTS])

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
        self._writer.close()

    def _answer(self, request: Request, *, top_k: int) -> Answer:
        question = self._prepared(request.text)
        given = self._prepared(request.pair) if request.pair else ""
        found = self._found(question, given)
        prompts = [
            prompt_of(self._facts["prompt"], passage=one.text, question=question)
            for one, _ in found
        ]
        written = self._writer.write(prompts) if prompts else []
        ranked = sorted(
            (
                _Written(text=text, passage=one, sure=sure, rank=fit + math.log(max(sure, 1e-9)))
                for (one, fit), (text, sure) in zip(found, written, strict=True)
                if text
            ),
            key=lambda one: -one.rank,
        )
        if not ranked:
            return Answer(label="", confidence=0.0, passed_on=True, text=question, pair=given)
        best = ranked[0]
        return Answer(
            label="",
            confidence=best.sure,
            passed_on=best.sure < self.threshold,
            text=question,
            pair=given or best.passage.text,
            output=best.text,
            scores=_sources(ranked, top_k),
        )

    def _found(self, question: str, given: str) -> list[tuple[Passage, float]]:
        if given:
            stretches = cut(given, characters=int(self._facts["passage_characters"]))
            return [(Passage(id="", text=text), 0.0) for text in stretches]
        return self._passages.find(question, most=int(self._facts["passages"]))

    def _prepared(self, text: str) -> str:
        return prepare(text, redacted=self.card.redact, rules=self.card.rules)


def _sources(ranked: Sequence[_Written], most: int) -> dict[str, float]:
    """Return the records that were read with how sure the writer was of each, the best first."""
    found: dict[str, float] = {}
    for one in ranked:
        if one.passage.id:
            found.setdefault(one.passage.id, one.sure)
    return dict(list(found.items())[:most])


def _checked(folder: Path, facts: Any) -> Mapping[str, Any]:
    names = ("passages", "passage_characters", "prompt")
    missing = [name for name in names if name not in facts]
    if missing:
        raise damaged(folder / "model.json", f"{FACTS}.{missing[0]} is missing")
    return dict(facts)
