"""A canary that may be looked at after every review neither promotes nor condemns by chance.

    python benchmarks/canary.py                    # about two minutes of one core
    python benchmarks/canary.py --out docs/benchmarks
    python benchmarks/canary.py --only measures --runs 200      # a minute
    python benchmarks/canary.py --only balanced_accuracy --runs 400

Releases are drawn: a champion that is right on 85 % of the hold-out, a candidate that differs from
it on a share of the texts (10 %: what two models of one recipe do; 20 %: another architecture), and
a person who reviews one answer after the other. After each review the release is judged by
`chainring.ring.release.judge`, which also looks at the signals without truth.

Stated before the first run
---------------------------
Required: of 1,000 releases equal to the champion at most 5 % promoted as better and at most 5 %
rolled back as worse; of those 5 points worse at least 90 % rolled back within 1,500 reviewed
answers.
Expected: equal, 10 % differing, looked at until 10,000 reviews: 2 to 4.5 % each side, the bound of
5 % is nearly used up. 5 points worse: 10 % differing, at least 99.5 % within 1,500, half of them
within 350; 20 % differing, 93 to 98 % within 1,500, half within 800. 2 points worse, 10 %
differing: 50 to 70 % within 1,500. 5 points better: promoted as the worse ones are rolled back.
Signals of an equal candidate stop at most 5 % (expected: under 2 %). A McNemar test of 5 % a side
that is peeked at after every review condemns 25 to 40 % of equal candidates within 1,500 reviews.

By another measure, stated before its first run
-----------------------------------------------
5 % of the texts are frauds; a missed one costs 20, any other mistake 1. By balanced accuracy the
shares of labels are those of 100 texts drawn before each release. `alike` differs on both
labels and is better on neither. `trade` saves 4 % of the ok texts from a false alarm and misses as
much in frauds; `reversed` is the other way round: equal in cost, not alike. `cheaper` finds 28 % of
the frauds more and gives 4 % of the ok texts more of false alarms: 0.24 cheaper a text, right 2.4
points less often. `dearer` is its mirror.
Required: of those equal by the measure at most 5 % promoted and at most 5 % rolled back.
Expected within 10,000 reviews: alike 1.5 to 4 % each side, a trade 1 to 4.5 % each side, by cost
and by balanced accuracy. Cheaper: promoted within 1,500 reviews 80 to 93 %, half by 700 to 950,
none rolled back; by accuracy the same ones are rolled back in 60 to 80 % within 1,500. Dearer:
rolled back as the cheaper ones are promoted.
"""

from __future__ import annotations

import argparse
import math
import random
import time
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

from chainring.contracts.deployment import Deployment
from chainring.contracts.measure import Measure
from chainring.contracts.release import Release
from chainring.contracts.worth import Worth
from chainring.deployment.release_settings import ReleaseSettings
from chainring.ring.release.judge import Evidence, stops, truth
from chainring.ring.release.worth import MIN_REVIEWED
from chainring.stats.binomial import tail
from chainring.stats.charts import Point, Series, in_a_file, line_chart
from chainring.stats.intervals import wilson
from chainring.stats.worth import reckoned_shares

RUNS = 1000
SETTINGS = ReleaseSettings()
EMPTY = Deployment(
    app="", model="new", form="", form_name="", engine="", labels=(), threshold=0.0, verdict="",
    dataset="",
)  # fmt: skip
RELEASE = Release(
    id="rel", app="", stage="canary", candidate=EMPTY, champion="old", champion_version=1, at=0.0,
    since=0.0, share=0.1,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Case:
    """Candidates that gain `gain` of all texts and differ on `differ` of them."""

    name: str
    gain: float
    differ: float
    reviews: int = 1500


CASES = (
    Case("equal, 10 % differ", 0.0, 0.10, 10_000),
    Case("equal, 20 % differ", 0.0, 0.20, 10_000),
    Case("5 points worse, 10 % differ", -0.05, 0.10),
    Case("5 points worse, 20 % differ", -0.05, 0.20),
    Case("5 points worse, 30 % differ", -0.05, 0.30),
    Case("2 points worse, 10 % differ", -0.02, 0.10, 6000),
    Case("5 points better, 10 % differ", 0.05, 0.10),
)


MISSED, FRAUDS = 20.0, 0.05
SHARES = {"fraud": FRAUDS, "ok": 1.0 - FRAUDS}
ACCURACY = Worth()
COST = Worth(measure=Measure(name="cost", missed=(("fraud", "", MISSED),)), shares=SHARES)
BALANCED = Worth(measure=Measure(name="balanced_accuracy"), shares=SHARES)
_TRADE = (1.0 - FRAUDS) / FRAUDS / MISSED * 0.04
"""Share of frauds that costs as much as 4 % of the ok texts."""


@dataclass(frozen=True, slots=True)
class Mixed:
    """Candidates that gain and lose these shares of ok texts and of frauds, judged by `worth`."""

    name: str
    worth: Worth
    ok: tuple[float, float]
    fraud: tuple[float, float]
    reviews: int = 10_000

    def weighing(self, chance: random.Random) -> Worth:
        """Return what answers are worth, by balanced accuracy with shares that were counted."""
        if self.worth.measure.name != "balanced_accuracy":
            return self.worth
        told = chance.choices(list(SHARES), list(SHARES.values()), k=MIN_REVIEWED)
        return replace(self.worth, shares=reckoned_shares(told, SHARES))

    def gains(self, worth: Worth) -> list[tuple[float, float]]:
        """Return what a text on which the two differ may bring, and how often it does."""
        found = []
        for label, other, share in (("ok", "fraud", self.ok), ("fraud", "ok", self.fraud)):
            right = worth.of(label, label, passed_on=False, right=1.0)
            gain = right - worth.of(label, other, passed_on=False, right=0.0)
            found += [(gain, SHARES[label] * share[0]), (-gain, SHARES[label] * share[1])]
        return [(gain, chance) for gain, chance in found if chance]


MIXED = (
    Mixed("alike, by cost", COST, (0.04, 0.04), (0.15, 0.15)),
    Mixed("trade, by cost", COST, (0.04, 0.0), (0.0, _TRADE)),
    Mixed("trade reversed, by cost", COST, (0.0, 0.04), (_TRADE, 0.0)),
    Mixed("trade, by balanced accuracy", BALANCED, (0.04, 0.0), (0.0, 0.04), 1500),
    Mixed("trade reversed, by balanced accuracy", BALANCED, (0.0, 0.04), (0.04, 0.0), 1500),
    Mixed("cheaper, by cost", COST, (0.01, 0.05), (0.3, 0.02), 1500),
    Mixed("cheaper, by accuracy", ACCURACY, (0.01, 0.05), (0.3, 0.02), 1500),
    Mixed("dearer, by cost", COST, (0.05, 0.01), (0.02, 0.3), 1500),
    Mixed("trade of 10 %, by balanced accuracy", BALANCED, (0.1, 0.0), (0.0, 0.1), 1500),
)


ONLY = ("measures", "cost", "balanced_accuracy")


def weighed(case: Mixed, chance: random.Random) -> tuple[str, int]:
    """Return what became of one release by a measure, and after how many reviews."""
    worth, review = case.weighing(chance), 0
    gains = case.gains(worth)
    values, chances = [gain for gain, _ in gains], [share for _, share in gains]
    differ, counts = sum(chances), Counter[float]()
    while True:
        same = int(math.log(1.0 - chance.random()) / math.log(1.0 - differ))
        review += same + 1
        if review > case.reviews:
            return "open", case.reviews
        counts[0.0] += same
        counts[chance.choices(values, chances)[0]] += 1
        found = truth(Evidence(labelled=counts), settings=SETTINGS, worth=worth)
        if found is not None:
            return found.action, review


def released(case: Case, chance: random.Random) -> tuple[str, int]:
    """Return what became of one release, and after how many reviews."""
    up, review = (case.differ + case.gain) / 2.0 / case.differ, 0
    counts: Counter[float] = Counter()
    while True:  # equal pairs change nothing that the judge bets on: go to the next that differs
        same = int(math.log(1.0 - chance.random()) / math.log(1.0 - case.differ))
        review += same + 1
        if review > case.reviews:
            return "open", case.reviews
        counts[0] += same
        counts[1 if chance.random() < up else -1] += 1
        found = truth(Evidence(labelled=counts), settings=SETTINGS)
        if found is not None:
            return found.action, review


def peeked(case: Case, chance: random.Random, *, reviews: int) -> bool:
    """Return whether McNemar's test, looked at after every review, ever says worse."""
    up, down = 0, 0
    for _ in range(reviews):
        drawn = chance.random()
        if drawn >= case.differ:
            continue
        better = drawn < (case.differ + case.gain) / 2.0
        up, down = up + better, down + (not better)
        if not better and tail(down, up + down, 0.5) <= SETTINGS.alpha:
            return True
    return False


def signalled(chance: random.Random, *, answers: int = 5000) -> bool:
    """Return whether signals of an equal candidate ever stop it; looked at every 50 answers.

    Both pass on 10 %, differing on 4 %; half a per cent of answers fail; 30 % of its answers take
    longer than allowed; one user in 100 complains, whoever answers.
    """
    passed_on: Counter[float] = Counter()
    failed: Counter[float] = Counter()
    slow: Counter[float] = Counter()
    complaints: Counter[float] = Counter()
    for answer in range(1, answers + 1):
        drawn = chance.random()
        passed_on[1 if drawn < 0.02 else -1 if drawn < 0.04 else 0] += 1
        failed[int(chance.random() < 0.005)] += 1
        slow[int(chance.random() < 0.3)] += 1
        if chance.random() < 0.1:  # ten users of the whole for one of the candidate's
            complaints[int(chance.random() < RELEASE.share)] += 1
        if answer % 50 == 0:
            seen = Evidence(passed_on=passed_on, failed=failed, slow=slow, complaints=complaints)
            if next(stops(RELEASE, seen, settings=SETTINGS), None) is not None:
                return True
    return False


def main() -> None:
    """Draw, count, print a table, draw the curve."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--out", type=Path, default=Path("docs/benchmarks"))
    parser.add_argument(
        "--only", choices=ONLY, help="the cases by another measure, or by one, alone"
    )
    given = parser.parse_args()
    begun = time.process_time()
    print(
        "| release | promoted | rolled back | open | half decided by |\n"
        "| --- | --: | --: | --: | --: |"
    )
    if given.only:
        for place, mixed in enumerate(MIXED):
            if given.only not in ("measures", mixed.worth.measure.name):
                continue
            chance = random.Random(100 + place)
            _print(mixed, [weighed(mixed, chance) for _ in range(given.runs)])
        print(f"{time.process_time() - begun:.0f} CPU seconds")
        return
    found = {}
    for place, case in enumerate(CASES):
        chance = random.Random(place)
        found[case.name] = [released(case, chance) for _ in range(given.runs)]
        _print(case, found[case.name])
    stopped = sum(signalled(random.Random(1000 + run)) for run in range(given.runs))
    print(f"\nequal, stopped by a signal within 5,000 answers: {_share(stopped, given.runs)}")
    wrong = sum(
        peeked(CASES[0], random.Random(2000 + run), reviews=1500) for run in range(given.runs)
    )
    print(f"equal, condemned by a peeked McNemar test within 1,500: {_share(wrong, given.runs)}")
    path = given.out / "canary.svg"
    path.write_text(in_a_file(curve(found)), encoding="utf-8")
    print(f"wrote {path}; {time.process_time() - begun:.0f} CPU seconds")


def _print(case: Case | Mixed, ends: list[tuple[str, int]]) -> None:
    counts = Counter(action for action, _ in ends)
    decided = sorted(review for action, review in ends if action != "open")
    half = f"{decided[len(ends) // 2]:,}" if len(decided) > len(ends) // 2 else "–"
    shares = " | ".join(_share(counts[key], len(ends)) for key in ("promote", "roll back", "open"))
    print(f"| {case.name}, {case.reviews:,} reviews | {shares} | {half} |", flush=True)
    within = sum(action == "roll back" and review <= 1500 for action, review in ends)
    if isinstance(case, Case) and case.reviews > 1500:
        print(f"| … of these rolled back within 1,500 | | {_share(within, len(ends))} | | |")


def _share(count: int, of: int) -> str:
    found = wilson(count, of)
    return f"{count / of:.1%} [{found.low:.1%}, {found.high:.1%}]"


def curve(found: dict[str, list[tuple[str, int]]], *, most: int = 1500, step: int = 100) -> str:
    """Return the share of releases rolled back by the number of reviewed answers, as SVG."""
    shown = [case for case in CASES if case.gain <= 0 and case.name != "equal, 20 % differ"]
    lines = [
        Series(
            name=case.name,
            points=tuple(
                Point(
                    x=str(reviews),
                    y=sum(a == "roll back" and r <= reviews for a, r in found[case.name])
                    / len(found[case.name]),
                )
                for reviews in range(0, most + 1, step)
            ),
        )
        for case in shown
    ]
    return line_chart(
        lines,
        title="Canaries rolled back as worse",
        x_label="reviewed answers",
        x_values=[str(reviews) for reviews in range(0, most + 1, step)],
        width=860.0,
    )


if __name__ == "__main__":
    main()
