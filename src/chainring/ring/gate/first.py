"""A first turn: there is no champion, so the challenger must beat always saying the same.

Enter outcomes, leaves the comparison with what one answer that never changes would do on the same
rows, by the tests that two models are compared with. Of labels that answer is the commonest true
one of these rows; of graded answers the one that is worth most to the rows that taught, which
evaluation graded beside. By another measure than accuracy it is the one that is best by that; by
cost, passing every text on to a person is such an answer, too.

    majority(outcomes, settings=settings)
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from chainring.contracts.dataset import OUT_OF_SCOPE
from chainring.contracts.evaluation import Outcome
from chainring.contracts.said import joined
from chainring.contracts.verdict import Check, Comparison
from chainring.ring.gate.comparing import comparison
from chainring.ring.gate.conditions import hidden, percent, told
from chainring.ring.gate.pairs import Pair
from chainring.ring.gate.scale import Scale
from chainring.ring.gate.sentences import equals, say
from chainring.ring.gate.settings import GateSettings
from chainring.stats.units import Units


def majority(
    outcomes: Sequence[Outcome], *, settings: GateSettings
) -> tuple[Comparison | None, Check]:
    """Return the comparison with the majority class and its check; None without rows."""
    if not outcomes:
        return None, _check(holds=False, because=say("no rows"))
    if any(row.base is not None for row in outcomes):
        return _constant(outcomes, settings)
    if settings.measure != "accuracy":
        return _by_measure(outcomes, settings)
    counts = Counter(row.truth for row in outcomes)
    label = min(counts, key=lambda truth: (-counts[truth], truth))
    always = (replace(row, right=float(row.truth == label), label=label) for row in outcomes)
    found = _against(outcomes, always, settings)
    because = say(
        "beats majority",
        right=percent(found.challenger),
        label=label,
        share=percent(found.champion),
        p=equals(found.p_better),
        rows=found.rows,
    )
    too_few = _too_few(outcomes, label, settings)
    because = joined([because, too_few]) if too_few and found.value != "first" else because
    return found, _check(holds=found.value == "first", because=because)


def _by_measure(outcomes: Sequence[Outcome], settings: GateSettings) -> tuple[Comparison, Check]:
    """Compare with the constant answer that is best under the measure, passing all on included."""
    label, always = Scale.of(settings.judging, outcomes).best_constant(outcomes)
    found = _against(outcomes, always, settings)
    before, now = told(found, settings)
    passes = label == OUT_OF_SCOPE
    because = say(
        f"beats {'passing on' if passes else 'answer'} by {settings.measure}",
        now=now,
        label=label,
        before=before,
        p=equals(found.p_better),
        rows=found.rows,
    )
    too_few = "" if found.value == "first" else _too_few(outcomes, label, settings)
    pairs = [Pair(now=now, before=one) for now, one in zip(outcomes, always, strict=True)]
    missing = (too_few,) if too_few else hidden(found, pairs, settings)
    because = joined([because, *missing])
    name = "better than always the same answer"
    return found, Check(name=name, holds=found.value == "first", because=because)


def _too_few(outcomes: Sequence[Outcome], label: str, settings: GateSettings) -> str:
    """Say how many rows are missing where no model could be shown to beat the label; or ''.

    Only units with a row of another label tell: k of them that are all right come with chance
    one half to the k from a model that is no better. Where rows share them, more rows of the same
    authors would be of no use.
    """
    pairs = zip(outcomes, Units.of(outcomes).numbers, strict=True)
    others = [unit for row, unit in pairs if row.truth != label]
    found, least = len(set(others)), math.ceil(math.log2(1.0 / settings.alpha) - 1e-12)
    if found >= least:
        return ""
    if found < len(others):
        return say("too few owners", label=label, rows=len(others), found=found, least=least)
    return say("too few others", label=label, found=found, least=least)


def _constant(outcomes: Sequence[Outcome], settings: GateSettings) -> tuple[Comparison, Check]:
    """Compare graded answers with what always giving the same one would be worth."""
    always = (replace(row, right=row.base or 0.0, label="") for row in outcomes)
    found = _against(outcomes, always, settings)
    because = say(
        "beats constant",
        right=percent(found.challenger),
        share=percent(found.champion),
        p=equals(found.p_better),
        rows=found.rows,
    )
    name = "better than always the same answer"
    return found, Check(name=name, holds=found.value == "first", because=because)


def _against(
    outcomes: Sequence[Outcome], always: Iterable[Outcome], settings: GateSettings
) -> Comparison:
    """Compare by pairs: the share of the commonest label is as uncertain as the rows it is of."""
    both = zip(outcomes, always, strict=True)
    pairs = [Pair(now=now, before=before) for now, before in both]
    found = comparison(pairs, settings=settings)
    return replace(found, value="first" if found.p_better <= settings.alpha else "not fit")


def _check(*, holds: bool, because: str) -> Check:
    return Check(name="better than the majority class", holds=holds, because=because)
