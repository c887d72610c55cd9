"""A labelled drop by cost or balanced accuracy: what is told, how soon, and how seldom in vain.

    python benchmarks/labelled_drop.py --lives 40       # five minutes of one core

Lives of a champion are drawn: 5 % of the texts are frauds, of which it misses 20 %, and 3 % of the
others are false alarms. A missed fraud costs 20, a false alarm 1. After the rows that promise and
100 more it misses another share of the frauds, for 1,500 reviews; one looks every 25.

What was expected, and what was changed when it was not found, stands in docs/log.md (2026-11-29).
"""

from __future__ import annotations

import argparse
import random

from chainring.contracts.measure import Measure
from chainring.contracts.worth import Worth
from chainring.ring.drop import FIRM_RARE_PROMISE, RARE_PROMISE, _risen
from chainring.ring.promise import most_lost

FRAUDS, MISSED, ALARMS = 0.05, 0.2, 0.03
SHARES = {"fraud": FRAUDS, "ok": 1.0 - FRAUDS}
COST = Worth(measure=Measure(name="cost", missed=(("fraud", "", 20.0),)), shares=SHARES)
BALANCED = Worth(measure=Measure(name="balanced_accuracy"), shares=SHARES)
GOOD, LATER, BLOCK, DROP = 100, 1500, 25, 0.05


def main() -> None:
    """Draw, look, print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lives", type=int, default=40)
    lives = parser.parse_args().lives
    print("| measure | promised by | then missed | told | half of these within |")
    print("| --- | --: | --: | --: | --: |")
    for worth in (COST, BALANCED):
        for promised in (RARE_PROMISE, FIRM_RARE_PROMISE):
            for missed in (MISSED, 2 * MISSED, 1.0):
                chance = random.Random(promised)
                ends = [_told(worth, promised, missed, chance) for _ in range(lives)]
                told = sorted(end for end in ends if end is not None)
                half = told[len(told) // 2] if told else "–"
                cells = f"{worth.measure.name} | {promised} | {missed:.0%} | {len(told)} of {lives}"
                print(f"| {cells} | {half} |", flush=True)


def _told(worth: Worth, promised: int, missed: float, chance: random.Random) -> int | None:
    """Return the reviews after the fall at which it is told, or None."""
    lost = [_lost(worth, MISSED, chance) for _ in range(promised + GOOD)]
    lost += [_lost(worth, missed, chance) for _ in range(LATER)]
    most = most_lost(lost[:promised], worth) + DROP * worth.points
    for seen in range(promised + BLOCK, len(lost) + 1, BLOCK):
        if _risen(lost[promised:seen], most) is not None:
            return seen - promised - GOOD
    return None


def _lost(worth: Worth, missed: float, chance: random.Random) -> float:
    label, other, wrong = "ok", "fraud", ALARMS
    if chance.random() < FRAUDS:
        label, other, wrong = "fraud", "ok", missed
    is_wrong = chance.random() < wrong
    return worth.lost(label, other, passed_on=False, right=0.0) if is_wrong else 0.0


if __name__ == "__main__":
    main()
