"""By balanced accuracy and by cost the gate promotes neither noise nor a hidden trade.

    python benchmarks/gate_measures.py               # about ten minutes on an idle core
    python benchmarks/gate_measures.py --draws 100   # a first look

Rows are ok or fraud; of 2, 5 or 20 % fraud, 100 to 1,000 rows. Two models are drawn with what they
gain and lose on each label, and compared by `chainring.ring.gate.comparing.comparison`:

    alike     both differ on 4 % of ok rows and 15 % of frauds, neither is better on either
    by fours  the same, and four rows of a label hang together
    trade     the new one saves false alarms, misses more frauds, and is worth the same on the whole
    half      the new one finds half of the frauds missed before (40 %), for 1 % more false alarms

Stated before the first run
---------------------------
Alike and by fours: at most 5 %, and what chance adds to these draws. A sign flip alone keeps that,
too, as it is exact for models that are alike; on the trade it does not, as five frauds seldom hold
the one that is lost. With what is unseen reckoned with, the trade is at most 5 % as well. It costs
little where the gain is on the frauds themselves (half: at most five points fewer), and no model is
called better for false alarms alone until some hundred frauds were judged.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from chainring.contracts.evaluation import Outcome
from chainring.ring.gate.comparing import comparison
from chainring.ring.gate.pairs import Pair
from chainring.ring.gate.settings import GateSettings
from chainring.ring.gate.weighing import UNSEEN

MISSED = 20.0
MEASURES = {
    "balanced": GateSettings(measure="balanced_accuracy"),
    "cost": GateSettings.model_validate(
        {"measure": "cost", "costs": {"missed": {"fraud": MISSED}}}
    ),
}
RARE, ROWS = (0.02, 0.05, 0.2), (100, 300, 1000)
SAVED = 0.04


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What the new model gains and loses on ok rows and on frauds, as shares of them."""

    name: str
    ok: tuple[float, float]
    fraud: tuple[float, float]
    together: int = 1


def cases(measure: str, rare: float) -> Iterator[Case]:
    """Yield the four cases; the trade is worth the same by this measure."""
    yield Case(name="alike", ok=(0.04, 0.04), fraud=(0.15, 0.15))
    yield Case(name="by fours", ok=(0.04, 0.04), fraud=(0.15, 0.15), together=4)
    lost = SAVED if measure == "balanced" else SAVED * (1 - rare) / rare / MISSED
    yield Case(name="trade", ok=(SAVED, 0.0), fraud=(0.0, lost))
    yield Case(name="half", ok=(0.005, 0.015), fraud=(0.22, 0.02))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--draws", type=int, default=200, help="draws of each case")
    draws = parser.parse_args().draws
    started, cpu = time.perf_counter(), time.process_time()
    print(f"{draws} draws each; of them called better, sign flip alone -> gate\n")
    names = [case.name for case in cases("cost", 0.05)]
    print(f"| measure | frauds | rows | {' | '.join(names)} |")
    print(f"|---|--:|--:|{'--:|' * len(names)}")
    for measure in MEASURES:
        for rare in RARE:
            for rows in ROWS:
                shares = [_shares(measure, rare, rows, one, draws) for one in cases(measure, rare)]
                told = " | ".join(f"{alone:.1%} → {gate:.1%}" for alone, gate in shares)
                print(f"| {measure} | {rare:.0%} | {rows} | {told} |", flush=True)
    print(f"\n{time.perf_counter() - started:.0f} s, {time.process_time() - cpu:.0f} CPU s")


def _shares(measure: str, rare: float, rows: int, case: Case, draws: int) -> tuple[float, float]:
    """Return how often a sign flip alone, and the gate, call the new model better."""
    settings = MEASURES[measure]
    seed = [int(1000 * rare), rows, *case.name.encode()]
    generator, alone, gate = np.random.default_rng(seed), 0, 0
    for turn in range(draws):
        pairs = _drawn(generator, rare, rows, case)
        found = comparison(pairs, settings=settings, seed=turn)
        better = found.value == "better"
        gate += better
        alone += better or found.test.endswith(UNSEEN)  # that name: a flip alone would have said so
    return alone / draws, gate / draws


def _drawn(generator: np.random.Generator, rare: float, rows: int, case: Case) -> list[Pair]:
    units = -(-rows // case.together)
    frauds, chances = generator.random(units) < rare, generator.random(units)
    found = []
    for place in range(rows):
        unit = place // case.together
        truth, other = ("fraud", "ok") if frauds[unit] else ("ok", "fraud")
        gains, loses = case.fraud if frauds[unit] else case.ok
        won, lost = chances[unit] < gains, gains <= chances[unit] < gains + loses
        group = f"group {unit}" if case.together > 1 else ""
        found.append(
            Pair(
                before=_outcome(place, truth, other if won else truth, group),
                now=_outcome(place, truth, other if lost else truth, group),
            )
        )
    return found


def _outcome(place: int, truth: str, label: str, group: str) -> Outcome:
    return Outcome(
        row=f"{place:05}",
        truth=truth,
        label=label,
        right=float(label == truth),
        confidence=0.9,
        passed_on=False,
        part="suite",
        language="en",
        group=group,
    )


if __name__ == "__main__":
    main()
