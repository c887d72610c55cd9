"""The figures of tasks whose answers are written, each with its interval, from 0 to 1.

====================  ==============================================================================
task                  figures
====================  ==============================================================================
translation           `bleu` and `chrf` of the corpus, as sacrebleu counts them, over 100
generation, dialogue  `chrf`, `f1` of words (of Chinese characters), `exact_match`
question answering    `exact_match`, `f1`
preference            `preference_accuracy`: pairs whose chosen text the model finds likelier a
                      token, so that a longer text is not the less likely for its length
====================  ==============================================================================

BLEU is counted with sacrebleu's Chinese tokeniser where any true text has Chinese, else with 13a.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from chainring.contracts.dataset import Row, Task
from chainring.contracts.evaluation import Share
from chainring.contracts.prediction import Answer
from chainring.contracts.predictor import Predictor
from chainring.stats.intervals import Drawn, mean_grade
from chainring.stats.units import Units
from chainring.stats.written import Score, Tokenize, bleu, chrf, exact_match, f1
from chainring.text.characters import HAN

Judged = Sequence[tuple[Row, Answer]]
Figures = dict[str, Share]
_CHINESE = re.compile(f"[{HAN}]")


def translated(judged: Judged, how: Drawn) -> Figures:
    """Return BLEU and chrF."""
    truth, said = _texts(judged)
    tokenize: Tokenize = "zh" if any(_CHINESE.search(text) for text in truth) else "13a"
    return {
        "bleu": _share(bleu(truth, said, tokenize=tokenize, **how)),
        "chrf": _share(chrf(truth, said, **how)),
    }


def continued(judged: Judged, how: Drawn) -> Figures:
    """Return chrF, F1 and exact match."""
    truth, said = _texts(judged)
    return {"chrf": _share(chrf(truth, said, **how))} | answered(judged, how)


def answered(judged: Judged, how: Drawn) -> Figures:
    """Return exact match and F1 of answers."""
    truth, said = _texts(judged)
    return {
        "exact_match": _share(exact_match(truth, said, **how)),
        "f1": _share(f1(truth, said, **how)),
    }


FIGURES: dict[Task, Callable[[Judged, Drawn], Figures]] = {
    "translation": translated,
    "generation": continued,
    "dialogue": continued,
    "question-answering": answered,
    "preference": continued,
}


def preferring(predictor: Predictor, rows: Sequence[Row], *, level: float) -> Figures:
    """Return the share of pairs whose chosen text the model finds likelier a token."""
    pairs = [row for row in rows if row.pair and row.target]
    if "prefer" not in predictor.capabilities or not pairs:
        return {}
    told: Any = predictor.likelihoods  # type: ignore[attr-defined]
    chosen = told([(row.text, row.target) for row in pairs])
    rejected = told([(row.text, row.pair) for row in pairs])
    right = [float(a > b) for a, b in zip(chosen, rejected, strict=True)]
    found = mean_grade(right, level=level, units=Units.of(pairs).numbers)
    share = Share(estimate=found.estimate, low=found.low, high=found.high, rows=found.n)
    return {"preference_accuracy": share}


def _texts(judged: Judged) -> tuple[list[str], list[str]]:
    return [row.target for row, _ in judged], [answer.output for _, answer in judged]


def _share(score: Score) -> Share:
    return Share(
        estimate=score.estimate / 100, low=score.low / 100, high=score.high / 100, rows=score.rows
    )
