"""Answers that stand in a passage: an encoder marks where in it the answer begins and ends.

Enters a folder of candidate qa.v1 with its encoder, leaves a Predictor; which passage answers, see
`chainring.deployment.engines.passages`.

    with open_predictor(folder, engine="generator") as predictor:
        predictor.predict([Request(text="How long does a parcel take?")])[0].output

Axes: T tokens of a passage.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np

from chainring.deployment.engines.encoder import Tokens
from chainring.deployment.engines.passages import Found, Limits, PassagePredictor, Said
from chainring.deployment.engines.span import Reader, Score
from chainring.deployment.model_folder import Floats, read_card
from chainring.text.passages import Passage, characters_held, passage_tokens

_LARGEST = 50.0


def answering_predictor(folder: Path, *, tokenizer: Path, score: Score) -> PassagePredictor:
    """Return the predictor of a folder with passages; `score` is the network that reads them."""
    card = read_card(folder)
    facts = card.facts["answering"]
    tokens = Tokens(tokenizer, max_tokens=int(facts["max_tokens"]))
    reader, room = Reader(tokens, score), passage_tokens(int(facts["max_tokens"]))
    most = int(facts["max_answer_tokens"])

    def read(question: str, found: Found) -> list[Said]:
        spans = reader.spans([(question, one.text) for one, _ in found])
        return [_said(one, fit, *span, most) for (one, fit), span in zip(found, spans, strict=True)]

    limits = Limits(
        passages=int(facts["passages"]),
        characters=int(facts["passage_characters"]),
        held=lambda text: characters_held(text, tokens.read([text])[0], tokens=room),
    )
    return PassagePredictor(folder, card, limits=limits, read=read, closed=reader.close)


def _said(passage: Passage, fit: float, scores_t2: Floats, places: Any, most: int) -> Said:
    """Return the best span of a passage: begin before end, of `most` tokens.

    How far it is above no answer and how well the passage fits are both sums of logarithms, and are
    added as they are, as W. Yang and others 2019 (BERTserini) do.
    """
    starts_t, ends_t = scores_t2[:, 0].astype(np.float64), scores_t2[:, 1].astype(np.float64)
    inside = [t for t, place in enumerate(places) if place is not None]
    best, span = -math.inf, (0, 0)
    for t in inside:
        last = [u for u in inside if t <= u < t + most]
        u = max(last, key=lambda one: ends_t[one])
        if starts_t[t] + ends_t[u] > best:
            best, span = starts_t[t] + ends_t[u], (places[t][0], places[u][1])
    score = best - starts_t[0] - ends_t[0]
    sure = 1.0 / (1.0 + math.exp(-max(-_LARGEST, min(_LARGEST, score))))
    text = passage.text[span[0] : span[1]].strip()
    return Said(text=text, passage=passage, sure=sure, rank=score + fit)
