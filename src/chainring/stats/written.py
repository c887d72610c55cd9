"""How good written texts are: BLEU and chrF of a corpus, exact match and F1 of answers.

Enter the true texts and those that were written, row by row, leaves a `Score` with an interval, of
BLEU and chrF a bootstrap, and the signature that says how it was counted.

    bleu(["Zwei Hunde rennen."], ["Zwei Hunde laufen."])
    f1(["das Paket"], ["Paket"])

BLEU and chrF are those of the package sacrebleu (M. Post 2018, "A call for clarity in reporting
BLEU scores"); of Chinese, BLEU needs `tokenize="zh"`. Bootstrap: P. Koehn 2004, "Statistical
significance tests for machine translation evaluation", section 3.

See Also
--------
chainring.stats.grades : what one answer is worth, row by row; the gate compares those.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from chainring.contracts.errors import InputError, MissingPackageError
from chainring.contracts.said import Said
from chainring.stats.grades import grade
from chainring.stats.intervals import mean_grade
from chainring.stats.resampling import drawn_rows
from chainring.stats.words import words

DRAWS = 1000
Tokenize = Literal["13a", "zh", "char", "none", "intl"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """A figure of a corpus with its interval; `signature` says how it was counted."""

    name: str
    estimate: float
    low: float
    high: float
    rows: int
    signature: str


def bleu(
    truth: Sequence[str],
    said: Sequence[str],
    *,
    tokenize: Tokenize = "13a",
    level: float = 0.95,
    draws: int = DRAWS,
    seed: int = 0,
    units: Sequence[int] | None = None,
) -> Score:
    """Return the BLEU of a corpus, 0 to 100.

    Raises
    ------
    InputError
        The two have no rows, or not the same number.
    MissingPackageError
        sacrebleu is not installed.
    """
    metric = _package().BLEU(tokenize=tokenize)
    return _score("BLEU", metric, truth, said, level=level, draws=draws, seed=seed, units=units)


def chrf(
    truth: Sequence[str],
    said: Sequence[str],
    *,
    level: float = 0.95,
    draws: int = DRAWS,
    seed: int = 0,
    units: Sequence[int] | None = None,
) -> Score:
    """Return the chrF (M. Popović 2015) of a corpus, 0 to 100; raises as `bleu` does."""
    return _score(
        "chrF", _package().CHRF(), truth, said, level=level, draws=draws, seed=seed, units=units
    )


def exact_match(
    truth: Sequence[str],
    said: Sequence[str],
    *,
    level: float = 0.95,
    seed: int = 0,
    units: Sequence[int] | None = None,
) -> Score:
    """Return the share of answers with the very words of the truth, 0 to 100.

    Case, marks and English articles do not count (P. Rajpurkar and others 2016, section 6.1).
    """
    _paired(truth, said)
    rights = [float(words(t) == words(s)) for t, s in zip(truth, said, strict=True)]
    return _mean("exact match", rights, level=level, seed=seed, units=units)


def f1(
    truth: Sequence[str],
    said: Sequence[str],
    *,
    level: float = 0.95,
    seed: int = 0,
    units: Sequence[int] | None = None,
) -> Score:
    """Return the mean F1 of the words of answers, of Chinese the characters, 0 to 100."""
    _paired(truth, said)
    rights = [grade("words", t, s) for t, s in zip(truth, said, strict=True)]
    return _mean("F1", rights, level=level, seed=seed, units=units)


def _mean(
    name: str,
    rights: Sequence[float],
    *,
    level: float,
    seed: int,
    units: Sequence[int] | None,
) -> Score:
    found = mean_grade(rights, level=level, seed=seed, units=units)
    return Score(
        name=name,
        estimate=100 * found.estimate,
        low=100 * found.low,
        high=100 * found.high,
        rows=len(rights),
        signature="words of letters and digits, Chinese by character; no case, marks, articles",
    )


def _score(
    name: str,
    metric: Any,
    truth: Sequence[str],
    said: Sequence[str],
    *,
    level: float,
    draws: int,
    seed: int,
    units: Sequence[int] | None,
) -> Score:
    import numpy as np

    _paired(truth, said)
    # Sums of counts make the score of any draw of rows: no text is read twice.
    counts_nk = np.array(metric._extract_corpus_statistics(list(said), [list(truth)]))
    estimate = _of(metric, counts_nk.sum(0))
    each = drawn_rows(len(counts_nk), units, draws=draws, seed=seed)
    drawn = [_of(metric, counts_nk[rows].sum(0)) for rows in each]
    low, high = (
        np.quantile(drawn, ((1 - level) / 2, (1 + level) / 2)) if drawn else (estimate, estimate)
    )
    return Score(
        name=name,
        estimate=estimate,
        low=float(low),
        high=float(high),
        rows=len(truth),
        signature=str(metric.get_signature()),
    )


def _of(metric: Any, counts_k: Any) -> float:
    return float(metric._compute_score_from_stats(counts_k.tolist()).score)


def _paired(truth: Sequence[str], said: Sequence[str]) -> None:
    if not truth or len(truth) != len(said):
        raise InputError(
            f"as many texts as true ones are expected, one at least; found {len(said)} of "
            f"{len(truth)}"
        )


def _package() -> Any:
    try:
        from sacrebleu import metrics
    except ImportError as error:
        raise MissingPackageError(
            "sacrebleu",
            extra="train",
            needed_for=Said("judging written texts", zh="评判写出的文本"),
        ) from error
    return metrics
