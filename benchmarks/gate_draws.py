"""What three gates do with challengers: counted, shown, and by simulation where the truth is known.

python benchmarks/gate.py      # which uses this
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace

import numpy as np

from chainring.contracts.evaluation import Outcome
from chainring.contracts.verdict import Verdict
from chainring.ring.gate.judge import judge
from chainring.ring.gate.reacted import Reactions
from chainring.ring.gate.settings import GateSettings
from chainring.stats.paired import mcnemar

SETTINGS = GateSettings()
SUITE, REVIEWED, ERRORS = 500, 300, 200


@dataclass
class Tally:
    """What three gates did with the challengers of one case."""

    case: str
    judged: int = 0
    ours: int = 0
    shared: int = 0
    naive: int = 0
    corrections_only: int = 0
    lead: list[float] = field(default_factory=list)
    fix_rates: list[float] = field(default_factory=list)

    def add(
        self, found: Verdict, challenger: Sequence[Outcome], champion: Sequence[Outcome]
    ) -> None:
        self.judged += 1
        self.ours += found.promote
        assert found.pooled is not None
        self.shared += found.promote and found.pooled.p_better <= SETTINGS.alpha / self.judged
        self.naive += found.pooled.challenger >= found.pooled.champion
        self.corrections_only += _wins_on_corrections(challenger, champion)


def simulated(draws: int, *, workers: int) -> None:
    """Judge drawn outcomes of models whose true difference is known."""
    print("base accuracy 0.85, the models disagree on 10 % of rows, 500 + 300 rows\n")
    cases = [
        ("(a) no better", 0.0, 0, False, draws),
        ("(b) 200 errors", 0.0, ERRORS, False, draws),
        ("(c) +5 points", 0.05, 0, False, draws),
        ("(a) joined", 0.0, 0, True, draws // 4),
        ("(c) joined", 0.05, 0, True, draws // 4),
        ("+3 points", 0.03, 0, False, draws // 4),
        ("+3 points, joined", 0.03, 0, True, draws // 4),
    ]
    with ProcessPoolExecutor(workers) as executor:
        tallies = []
        for name, lead, errors, joined, count in cases:
            shares = [count // workers + (i < count % workers) for i in range(workers)]
            jobs = [
                executor.submit(_draws, name, lead, errors, joined, share, seed)
                for seed, share in enumerate(shares)
            ]
            tallies.append(summed([job.result() for job in jobs]))
    show(tallies)


def _draws(name: str, lead: float, errors: int, joined: bool, count: int, seed: int) -> Tally:
    generator, tally = np.random.default_rng([seed, len(name), errors]), Tally(case=name)
    for i in range(count):
        now, before, reactions = _draw(generator, lead, errors, joined=joined)
        found = judge(now, before, reactions=reactions, settings=SETTINGS, seed=i)
        tally.add(found, now, before)
    return tally


def _draw(
    generator: np.random.Generator, lead: float, errors: int, *, joined: bool
) -> tuple[list[Outcome], list[Outcome], Reactions | None]:
    """Return outcomes of two models that differ by `lead` on average.

    With `joined`, 1,000 further hold-out answers: wrong ones get a reaction in 95 %, right in 50 %.
    """
    further = 1000 if joined else 0
    n = SUITE + REVIEWED + further
    chance = generator.random(n)
    before = chance >= 0.15
    gained, lost = chance < 0.05 + lead / 2, chance > 1.0 - (0.05 - lead / 2)
    now = (before | gained) & ~lost
    reacted = generator.random(n) < np.where(before, 0.5, 0.95)
    parts = np.array(["suite"] * SUITE + ["holdout"] * REVIEWED + ["reacted"] * further)
    keep = np.flatnonzero((parts != "reacted") | reacted)
    rows = [(f"{i:05}", bool(now[i]), bool(before[i]), str(parts[i])) for i in keep.tolist()]
    rate = (0.05 + lead / 2) / 0.15  # of the champion's errors, those the challenger has right
    fixed = generator.random(errors) < rate
    rows += [(f"error {i:04}", bool(fixed[i]), False, "reacted") for i in range(errors)]
    reviewed = parts == "holdout"
    reactions = Reactions(
        right=int((reviewed & before).sum()),
        right_reacted=int((reviewed & before & reacted).sum()),
        wrong=int((reviewed & ~before).sum()),
        wrong_reacted=int((reviewed & ~before & reacted).sum()),
    )
    return (
        [_drawn(row, right, part) for row, right, _, part in rows],
        [_drawn(row, right, part) for row, _, right, part in rows],
        reactions if joined else None,
    )


def _drawn(row: str, right: bool, part: str) -> Outcome:
    return Outcome(
        row=row,
        truth="a",
        label="a" if right else "b",
        right=float(right),
        confidence=0.9,
        passed_on=False,
        part=part,
        language="en" if int(row[-2:]) % 2 else "zh",
    )


def _wins_on_corrections(challenger: Sequence[Outcome], champion: Sequence[Outcome]) -> bool:
    """Whether a gate that tests on rows users complained of would promote."""
    before = {row.row: row.right for row in champion if row.part == "reacted" and not row.right}
    gained = sum(row.right > 0 for row in challenger if row.row in before)
    return bool(before) and mcnemar(gained, 0) <= SETTINGS.alpha


def summed(parts: Sequence[Tally]) -> Tally:
    """Return the tallies of one case as one."""
    return replace(
        parts[0],
        judged=sum(part.judged for part in parts),
        ours=sum(part.ours for part in parts),
        shared=sum(part.shared for part in parts),
        naive=sum(part.naive for part in parts),
        corrections_only=sum(part.corrections_only for part in parts),
        lead=[lead for part in parts for lead in part.lead],
        fix_rates=[rate for part in parts for rate in part.fix_rates],
    )


def show(tallies: Sequence[Tally]) -> None:
    """Print the table, then the fix rates of cases that have one.

    `p <= 0.05 / look` is no gate of ours: it shows what it would be to share the 5 % among looks.
    """
    head = [
        "case",
        "true lead, points (least to most)",
        "challengers",
        "promoted by the gate",
        "with p <= 0.05 / look",
        "by score >= champion",
        "on corrections only",
    ]
    print(f"| {' | '.join(head)} |")
    print("|---|---|--:|--:|--:|--:|--:|")
    for tally in tallies:
        print(f"| {' | '.join(_cells(tally))} |")
    for tally in tallies:
        if tally.fix_rates:
            rate = np.mean(tally.fix_rates)
            print(f"\n{tally.case}: {rate:.1%} of the champion's errors fixed, on average")


def _cells(tally: Tally) -> list[str]:
    lead, shared, corrections = "as drawn", "–", "–"
    if tally.lead:
        lead = f"{np.mean(tally.lead):+.1f} ({min(tally.lead):+.1f} to {max(tally.lead):+.1f})"
        shared = _count(tally.shared, tally.judged)
    if tally.corrections_only or "errors" in tally.case:
        corrections = _count(tally.corrections_only, tally.judged)
    return [
        tally.case,
        lead,
        str(tally.judged),
        _count(tally.ours, tally.judged),
        shared,
        _count(tally.naive, tally.judged),
        corrections,
    ]


def _count(count: int, of: int) -> str:
    return str(count) if of <= 100 else f"{count} ({count / of:.1%})"
