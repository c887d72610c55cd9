"""Answers in its own words: a writer reads each passage with the question.

Enters a writer and the passages of its folder, leaves a Predictor. Of the answers to the passages
the likeliest stands; a passage to which nothing is written does not say it. Which passages are
read, see `chainring.deployment.engines.passages`.

    predictor.predict([Request(text="How long does a parcel take?")])[0].output
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from chainring.deployment.engines.passages import Found, Limits, PassagePredictor, Said
from chainring.deployment.engines.written import Written
from chainring.deployment.model_folder import Card, damaged
from chainring.text.passages import Passage, prompt_of

FACTS = "retrieval"
_TINY = 1e-9


class Writes(Protocol):
    """What writes a text to each prompt."""

    def write(self, texts: Sequence[str]) -> list[Written]:
        """Return what is written to each prepared prompt, in order."""
        ...

    def close(self) -> None:
        """Let go of the network."""
        ...


def worded_predictor(folder: Path, card: Card, writer: Writes) -> PassagePredictor:
    """Return the predictor of a writer and the passages of its folder."""
    facts = _checked(folder, card.facts[FACTS])

    def read(question: str, found: Found) -> list[Said]:
        prompts = [
            prompt_of(facts["prompt"], passage=one.text, question=question) for one, _ in found
        ]
        written = writer.write(prompts) if prompts else []
        return [_said(one, fit, said) for (one, fit), said in zip(found, written, strict=True)]

    limits = Limits(passages=int(facts["passages"]), characters=int(facts["passage_characters"]))
    return PassagePredictor(folder, card, limits=limits, read=read, closed=writer.close)


def _said(passage: Passage, fit: float, said: Written) -> Said:
    rank = fit + math.log(max(said.sure, _TINY))
    return Said(
        text=said.text,
        passage=passage,
        sure=said.sure,
        rank=rank,
        finish=said.finish,
        read_tokens=said.read_tokens,
        written_tokens=said.written_tokens,
    )


def _checked(folder: Path, facts: Any) -> Mapping[str, Any]:
    names = ("passages", "passage_characters", "prompt")
    missing = [name for name in names if name not in facts]
    if missing:
        raise damaged(folder / "model.json", f"{FACTS}.{missing[0]} is missing")
    return dict(facts)
