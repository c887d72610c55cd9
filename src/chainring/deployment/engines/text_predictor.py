"""TextPredictor: turns raw texts or pairs into answers around an engine that gives logits.

Enters requests, leaves answers; preparation (see `chainring.text.prepare`; redacted where the model
was trained so) happens here, so that what is served is prepared as what was trained.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np

from chainring.contracts.dataset import OUT_OF_SCOPE
from chainring.contracts.errors import InputError, RefusedError
from chainring.contracts.prediction import Answer
from chainring.contracts.predictor import PredictSettings
from chainring.contracts.request import Request
from chainring.contracts.tasks import TASKS
from chainring.contracts.values import Input, Shift, input_of
from chainring.deployment.model_folder import Card, Floats
from chainring.stats.readout import Places, Said
from chainring.text.prepare import prepare
from chainring.text.shifts import shifts_of

DEFAULT = PredictSettings()
TokenLogits = Callable[[Sequence[Input]], Sequence[tuple[Floats, Places]]]


class Engine(Protocol):
    """What runs the weights. Texts and pairs arrive prepared.

    One for tagging has `tokens` besides: of each text its tokens' logits and where they stand.
    """

    def logits(self, texts: Sequence[Input]) -> Floats:
        """Return logits of shape (texts, labels)."""
        ...

    def close(self) -> None:
        """Free what is held."""
        ...


class TextPredictor:
    """A loaded form behind the Predictor contract; `embed` only when its engine can."""

    def __init__(self, card: Card, engine: Engine) -> None:
        self.card = card
        self.labels = card.labels
        self.threshold = card.threshold
        self._engine, self._readout, self._facts = engine, card.readout, TASKS[card.task]
        self._embed: Callable[[Sequence[str]], Floats] | None = getattr(engine, "embed", None)
        self._tokens: TokenLogits | None = None
        if self._readout.form == "tags":
            self._tokens = getattr(engine, "tokens", None)
            if self._tokens is None:
                raise RefusedError(f"a {card.kind} model cannot tag; train encoder.v1 instead")
        self.capabilities = frozenset({"embed"} if self._embed else ())

    def predict(
        self, requests: Sequence[Request], *, settings: PredictSettings = DEFAULT
    ) -> list[Answer]:
        """Return one answer a request, in order."""
        asked = [self._asked(request) for request in requests]
        texts = self._prepared(asked)
        if self._tokens is None:
            said = self._said(texts, settings.top_k)
            return [self._answer(*each) for each in zip(texts, said, strict=True)]
        return [
            replace(self._answer(text, said), shifts=self._shifts(one, text))
            for one, text, said in zip(asked, texts, self._tagged(texts), strict=True)
        ]

    def probabilities(self, texts: Sequence[Input]) -> Floats:
        """Return float32 probabilities of shape (texts, labels); of tagging a row a token."""
        prepared = self._prepared(texts)
        if self._tokens is None:
            return self._shares(prepared)
        nothing = np.zeros((0, self._readout.classes), dtype=np.float32)
        return np.concatenate([nothing, *(shares_tc for shares_tc, _ in self.tokens(texts))])

    def tokens(self, texts: Sequence[Input]) -> list[tuple[Floats, Places]]:
        """Return each text's shares of tokens, shape (T, C), and their places; of tagging."""
        assert self._tokens is not None
        found = self._tokens(self._prepared(texts))
        return [(self._readout.shares(logits_tc), places) for logits_tc, places in found]

    def embed(self, texts: Sequence[str]) -> Floats:
        """Return mean-pooled hidden states, float32 of shape (texts, hidden).

        Raises
        ------
        InputError
            When this form has no `embed` among its capabilities.
        """
        if self._embed is None:
            raise InputError(
                "this form cannot embed texts; serve an encoder (candidate encoder.v1) instead"
            )
        return self._embed([self._prepare(text) for text in texts])

    def count_tokens(self, texts: Sequence[str]) -> int:
        """Return how many tokens are read in these texts; 0 where the engine has none."""
        tokens = getattr(self._engine, "tokens_of", None)
        if tokens is None or not texts:
            return 0
        return sum(len(row) for row in tokens.ids([self._prepare(text) for text in texts]))

    def close(self) -> None:
        """Free what the engine holds."""
        self._engine.close()

    def _asked(self, request: Request) -> Input:
        """Return what a request asks; raises InputError where a text is missing or too many."""
        if self._facts.pairs or not request.pair:
            if "pair" in self._facts.needs and not request.pair:
                raise InputError(f"{self.card.task} compares two texts; give the second as `pair`")
            return input_of(request.text, request.pair)
        raise InputError(f"{self.card.task} reads one text; leave `pair` out")

    def _prepared(self, texts: Sequence[Input]) -> list[Input]:
        return [
            (self._prepare(text[0]), self._prepare(text[1]))
            if isinstance(text, tuple)
            else self._prepare(text)
            for text in texts
        ]

    def _prepare(self, text: str) -> str:
        tags = self._readout.form == "tags"  # their places count in the text as it was sent
        return prepare(text, redacted=self.card.redact, rules=self.card.rules, as_one=tags)

    def _shifts(self, asked: Input, text: Input) -> tuple[Shift, ...]:
        if asked == text or not isinstance(asked, str):
            return ()
        return shifts_of(asked, rules=self.card.rules if self.card.redact else None)

    def _shares(self, texts: Sequence[Input]) -> Floats:
        if not texts:
            return np.zeros((0, self._readout.classes), dtype=np.float32)
        return self._readout.shares(self._engine.logits(texts))

    def _said(self, texts: Sequence[Input], top_k: int) -> list[Said]:
        return self._readout.said(self._shares(texts), top_k=top_k)

    def _tagged(self, texts: Sequence[Input]) -> list[Said]:
        assert self._tokens is not None
        read = self._readout
        return [read.tagged(read.shares(table), places) for table, places in self._tokens(texts)]

    def _answer(self, asked: Input, said: Said) -> Answer:
        text, pair = asked if isinstance(asked, tuple) else (asked, "")
        is_label = self._facts.says == "label"
        return Answer(
            label=said.value if is_label else "",
            output="" if is_label else said.value,
            confidence=said.confidence,
            passed_on=(
                said.passed_on or said.confidence < self.threshold or said.value == OUT_OF_SCOPE
            ),
            text=text,
            pair=pair,
            scores=said.scores,
        )
