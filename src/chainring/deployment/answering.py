"""Answers questions: passages are looked up, an encoder marks where in them the answer stands.

Enters a folder of candidate qa.v1, leaves a Predictor. An answer has the passage it was read off as
its `pair`, and in `scores` the records of the passages that were read, the answer's own first.

    with open_predictor(folder, engine="generator") as predictor:
        predictor.predict([Request(text="How long does a parcel take?")])[0].output

A request with a `pair` is answered from that passage alone.

Axes: B passages, T tokens.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from chainring.contracts.errors import InputError
from chainring.contracts.prediction import Answer
from chainring.contracts.predictor import PredictSettings
from chainring.contracts.request import Request
from chainring.contracts.values import Input
from chainring.deployment.encoder import Tokens
from chainring.deployment.model_folder import Card, Floats, damaged, existing, read_card
from chainring.deployment.span import Reader, Score
from chainring.deployment.text_predictor import prepare
from chainring.text.passages import Passage, Passages, cut

PASSAGES_FILE = "passages.jsonl"
DEFAULT = PredictSettings()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """What was read off one passage: `score` is how far the answer is above none.

    `rank` adds how well the passage fits the question, as W. Yang and others 2019 (BERTserini) do;
    both are sums of logarithms, and are added as they are.
    """

    text: str
    passage: Passage
    score: float
    rank: float


def answering_predictor(folder: Path, *, tokenizer: Path, score: Score) -> AnsweringPredictor:
    """Return the predictor of a folder with passages; `score` is the network that reads them."""
    card = read_card(folder)
    facts = card.facts["answering"]
    tokens = Tokens(tokenizer, max_tokens=int(facts["max_tokens"]))
    return AnsweringPredictor(card, facts, read_passages(folder), Reader(tokens, score))


def read_passages(folder: Path) -> Passages:
    """Return the index of a folder's passages."""
    path = folder / PASSAGES_FILE
    try:
        rows = [json.loads(line) for line in existing(path).read_bytes().splitlines() if line]
        return Passages([Passage(id=str(row["id"]), text=str(row["text"])) for row in rows])
    except (ValueError, KeyError, TypeError) as error:
        raise damaged(path, f"a line is not as expected ({error!r})") from error


class AnsweringPredictor:
    """A reader and its passages behind the Predictor contract."""

    labels: tuple[str, ...] = ()
    capabilities: frozenset[str] = frozenset()

    def __init__(self, card: Card, facts: Any, passages: Passages, reader: Reader) -> None:
        self.card, self.threshold = card, card.threshold
        self._facts, self._passages, self._reader = facts, passages, reader

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
        self._reader.close()

    def _answer(self, request: Request, *, top_k: int) -> Answer:
        question = self._prepared(request.text)
        given = self._prepared(request.pair) if request.pair else ""
        found = self._found(question, given)
        read = [
            self._read(passage, fit, span)
            for (passage, fit), span in zip(
                found, self._reader.spans([(question, p.text) for p, _ in found]), strict=True
            )
        ]
        best = max(read, key=lambda one: one.rank, default=None)
        if best is None:
            return Answer(label="", confidence=0.0, passed_on=True, text=question, pair=given)
        sure = 1.0 / (1.0 + math.exp(-max(-50.0, min(50.0, best.score))))
        return Answer(
            label="",
            confidence=sure,
            passed_on=sure < self.threshold,
            text=question,
            pair=given or best.passage.text,
            output=best.text,
            scores=dict(_sources(best, read)[:top_k]),
        )

    def _found(self, question: str, given: str) -> list[tuple[Passage, float]]:
        if given:
            stretches = cut(given, characters=int(self._facts["passage_characters"]))
            return [(Passage(id="", text=text), 0.0) for text in stretches]
        return self._passages.find(question, most=int(self._facts["passages"]))

    def _read(self, passage: Passage, fit: float, scores: tuple[Floats, Any]) -> _Read:
        """Return the best span of a passage: begin before end, no longer than an answer may be."""
        scores_t2, places = scores
        starts_t, ends_t = scores_t2[:, 0].astype(np.float64), scores_t2[:, 1].astype(np.float64)
        inside = [t for t, place in enumerate(places) if place is not None]
        most = int(self._facts["max_answer_tokens"])
        best, span = -math.inf, (0, 0)
        for t in inside:
            last = [u for u in inside if t <= u < t + most]
            u = max(last, key=lambda one: ends_t[one])
            if starts_t[t] + ends_t[u] > best:
                best, span = starts_t[t] + ends_t[u], (places[t][0], places[u][1])
        text = passage.text[span[0] : span[1]].strip()
        score = best - starts_t[0] - ends_t[0]
        return _Read(text=text, passage=passage, score=score, rank=score + fit)

    def _prepared(self, text: str) -> str:
        return prepare(text, redacted=self.card.redact, rules=self.card.rules)


def _sources(best: _Read, read: Sequence[_Read]) -> list[tuple[str, float]]:
    """Return the records that were read with how sure the reader was of each, the best first."""
    ranked = sorted(read, key=lambda one: (one is not best, -one.rank))
    found: dict[str, float] = {}
    for one in ranked:
        if one.passage.id and math.isfinite(one.score):
            sure = 1.0 / (1.0 + math.exp(-max(-50.0, min(50.0, one.score))))
            found.setdefault(one.passage.id, sure)
    return list(found.items())
