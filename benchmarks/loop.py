"""The loop pays: BANKING77 from ten rows a label, three turns of users' feedback.

    python benchmarks/loop.py --data ../shared/data/banking77 --seeds 3
    OMP_NUM_THREADS=1 python benchmarks/loop.py --processes 9    # on many cores
    python benchmarks/loop.py --tuned --ways honest              # the encoder tuned, as shipped

Each seed: a project with ten rows a label; then three times 1,000 further training texts are asked
of the champion as users who correct every wrong answer and confirm half of the right ones (300
users; a correction names the true label), a reviewer answers 70 rows of the hold-out's sample, and
the ring turns. Where the verdict then asks for answers that decide, the reviewer gives these, too,
up to 100 rows a turn in all, and the verdict is asked for again. The published test split is never
in the project: it measures each champion from outside. Three ways: `honest`; `noisy` (30 % of the
corrections name a wrong label); `hostile` (one author besides, who corrects 300 right answers a
turn to a wrong label).

A label is counted where somebody had to name one: every correction, those of the hold-out too.
A confirmation is one click and names none; the reviewer's rows judge and never teach; both are
printed, so that the ratio can be read under the stricter countings. `random` trains the same recipe
on the ten rows a label and as many random labelled rows as there were corrections: the mean of
three draws, in projects of the same key, so that the same of the ten rows judge and choose.

Stated before the first run (docs/log.md): honest, mean of seeds: test at least +4 points, at least
one promotion a seed, at least twice the points per 100 labels of random; noisy and hostile: no
promoted model is worse on the test than the one before it by more than the test can show by chance
(exact McNemar, one-sided, 5 %).
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import shutil
import tempfile
import time
from collections import Counter, defaultdict
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from chainring.contracts.reaction import Reaction
from chainring.contracts.request import Request
from chainring.deployment.predictors import open_predictor
from chainring.ring.asked import open_asks
from chainring.software.api import Project
from chainring.stats.charts import in_a_file
from chainring.stats.charts.lines import Point, Series, line_chart
from chainring.stats.paired import mcnemar

RECIPE = """
[project]
name = "bank"
[training]
candidates = ["linear.v1", "encoder.v1"]
seed = {seed}
{encoder}
[gate]
placebo = false
[privacy]
log = "redacted"
"""
FROZEN = "[training.encoder]\nepochs = 0"
USERS = 300
PER_TURN = 1000
SAMPLED = 70
REVIEWED = 100
HOSTILE_PER_TURN = 300
DRAWS = 3


def rows(folder: Path, split: str) -> list[dict[str, str]]:
    path = next(folder.glob(f"{split}.jsonl*"))
    with (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8") as lines:
        found = [json.loads(line) for line in lines]
    return [{"text": row["text"], "label": row["label_name"]} for row in found]


def project_of(
    folder: Path, data: list[dict[str, str]], seed: int, *, tuned: bool = False
) -> Project:
    (folder / "data").mkdir(parents=True)
    recipe = RECIPE.format(seed=seed, encoder="" if tuned else FROZEN)
    (folder / "chainring.toml").write_text(recipe)
    lines = "\n".join(json.dumps(row) for row in data)
    (folder / "data" / "train.jsonl").write_text(lines)
    return Project.open(folder)


def outcomes(project: Project, test: list[dict[str, str]]) -> list[bool]:
    """What the champion answers to the untouched test split, without logging."""
    opened = project.champion()
    with open_predictor(opened.folder, engine=opened.deployment.engine) as predictor:
        answers = predictor.predict([Request(text=row["text"]) for row in test])
    return [answer.label == row["label"] for answer, row in zip(answers, test, strict=True)]


def users(
    project: Project,
    asked: list[dict[str, str]],
    labels: list[str],
    truth: dict[str, str],
    dice: random.Random,
    *,
    wrong: float,
    hostile: int,
) -> Counter[str]:
    """Ask, correct and confirm as the simulated users of one turn."""
    counts: Counter[str] = Counter()
    answers = project.predict([row["text"] for row in asked], author="")
    for row, answer in zip(asked, answers, strict=True):
        truth[answer.id] = row["label"]
        author = f"user-{dice.randrange(USERS)}"
        if answer.label == row["label"]:
            if hostile > 0:
                hostile -= 1
                lie = dice.choice([label for label in labels if label != row["label"]])
                counts["lies"] += 1
                react(project, answer.id, "correction", lie, "hostile")
            elif dice.random() < 0.5:
                counts["confirmations"] += 1
                react(project, answer.id, "confirmation", "", author)
            continue
        value = row["label"]
        if dice.random() < wrong:
            value = dice.choice([label for label in labels if label != value])
            counts["wrong corrections"] += 1
        counts["corrections"] += 1
        counts["taught"] += not answer.holdout
        react(project, answer.id, "correction", value, author)
    counts["reviewed"] += review(project, truth, kind="holdout", most=SAMPLED)
    return counts


def review(project: Project, truth: dict[str, str], *, kind: str, most: int) -> int:
    """Answer what waits of a kind as a person who knows the truth; return how many."""
    waiting = [item for item in project.review_items(limit=10_000) if item.kind == kind][:most]
    for item in waiting:
        known = truth[item.prediction]
        decision = "accept" if known == item.answer else "change"
        value = "" if decision == "accept" else known
        project.decide(item.id, decision=decision, value=value, by="reviewer")
    return len(waiting)


def react(project: Project, prediction: str, kind: Any, value: str, author: str) -> None:
    project.react(
        Reaction(prediction=prediction, kind=kind, value=value, author=author, consent="training")
    )


def run(
    data: Path, folder: Path, seed: int, way: str, turns: int, *, tuned: bool
) -> dict[str, Any]:
    dice = random.Random(seed)
    train, test = rows(data, "train"), rows(data, "test")
    dice.shuffle(train)
    by_label: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in train:
        by_label[row["label"]].append(row)
    first = [row for found in by_label.values() for row in found[:10]]
    rest = [row for found in by_label.values() for row in found[10:]]
    dice.shuffle(rest)
    labels = sorted(by_label)
    truth: dict[str, str] = {}
    project = project_of(folder / f"{way}-{seed}", first, seed, tuned=tuned)
    project.turn()
    series = [outcomes(project, test)]
    result: dict[str, Any] = {"seed": seed, "way": way, "turns": [], "counts": Counter()}
    result["first"] = sum(series[0]) / len(test)
    for number in range(turns):
        asked = rest[number * PER_TURN : (number + 1) * PER_TURN]
        wrong = 0.3 if way == "noisy" else 0.0
        hostile = HOSTILE_PER_TURN if way == "hostile" else 0
        counts = users(project, asked, labels, truth, dice, wrong=wrong, hostile=hostile)
        done = project.turn()
        wanted, left = len(open_asks(project.ring)), REVIEWED - counts["reviewed"]
        counts["asked"] = wanted
        if 0 < wanted <= left:
            counts["decided"] = review(project, truth, kind="deciding", most=left)
            done = project.turn()
        result["counts"] += counts
        before, now = series[-1], outcomes(project, test)
        gained = sum(n and not b for n, b in zip(now, before, strict=True))
        lost = sum(b and not n for n, b in zip(now, before, strict=True))
        series.append(now)
        result["turns"].append(
            {
                "outcome": done.outcome,
                "because": done.because[:200],
                "accuracy": sum(now) / len(test),
                "p_worse": mcnemar(lost, gained),
                **counts,
            }
        )
        print(json.dumps({"seed": seed, "way": way, **result["turns"][-1]}), flush=True)
    result["last"] = sum(series[-1]) / len(test)
    if way == "honest":
        result["random"] = by_random_labels(
            folder / f"random-{seed}",
            first,
            rest[: 10 * PER_TURN],
            test,
            seed=seed,
            count=result["counts"]["corrections"],
            key=project.folder / ".chainring" / "key",
            tuned=tuned,
        )
    project.close()
    return result


def by_random_labels(
    folder: Path,
    first: list[dict[str, str]],
    rest: list[dict[str, str]],
    test: list[dict[str, str]],
    *,
    seed: int,
    count: int,
    key: Path,
    tuned: bool,
) -> float:
    """Return the accuracy that as many random labels give, the mean of three draws."""
    draws = [random.Random(1000 * seed + draw).sample(rest, count) for draw in range(DRAWS)]
    at_once = 1 if tuned else DRAWS
    with ProcessPoolExecutor(at_once, mp_context=get_context("spawn")) as pool:
        waiting = [
            pool.submit(trained_once, folder / str(draw), first + extra, test, seed, key, tuned)
            for draw, extra in enumerate(draws)
        ]
        return sum(done.result() for done in waiting) / DRAWS


def trained_once(
    folder: Path,
    data: list[dict[str, str]],
    test: list[dict[str, str]],
    seed: int,
    key: Path,
    tuned: bool,
) -> float:
    """Return the accuracy of a first model, in a project of the given key."""
    (folder / ".chainring").mkdir(parents=True)
    shutil.copy(key, folder / ".chainring" / "key")
    project = project_of(folder, data, seed, tuned=tuned)
    project.turn()
    right = outcomes(project, test)
    project.close()
    return sum(right) / len(right)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    default = Path(__file__).resolve().parents[2] / "shared" / "data" / "banking77"
    parser.add_argument("--data", type=Path, default=default)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--tuned", action="store_true", help="tune the encoder, as shipped")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--ways", nargs="+", default=["honest", "noisy", "hostile"])
    parser.add_argument("--processes", type=int, default=1, help="runs at a time")
    parser.add_argument("--out", type=Path, default=Path("out/loop.json"))
    args = parser.parse_args()
    started = time.monotonic()
    args.out.parent.mkdir(parents=True, exist_ok=True)
    found: list[dict[str, Any]] = []
    with (
        tempfile.TemporaryDirectory() as place,
        ProcessPoolExecutor(args.processes, mp_context=get_context("spawn")) as pool,
    ):
        waiting = [
            pool.submit(run, args.data, Path(place), seed, way, args.turns, tuned=args.tuned)
            for way in args.ways
            for seed in range(args.first_seed, args.first_seed + args.seeds)
        ]
        for done in as_completed(waiting):
            found.append(done.result())
            found.sort(key=lambda one: (args.ways.index(one["way"]), one["seed"]))
            args.out.write_text(json.dumps(found, indent=1))
            args.out.with_suffix(".svg").write_text(in_a_file(plot(found)))
    print(table(found))
    print(f"{time.monotonic() - started:.0f} s")


def plot(found: list[dict[str, Any]]) -> str:
    """Return the accuracy per turn, one line a way: the mean of its seeds."""
    series = []
    for way in dict.fromkeys(one["way"] for one in found):
        runs = [[one["first"], *(t["accuracy"] for t in one["turns"])] for one in found
                if one["way"] == way]  # fmt: skip
        means = [sum(values) / len(values) for values in zip(*runs, strict=True)]
        lows, highs = ([pick(values) for values in zip(*runs, strict=True)] for pick in (min, max))
        points = tuple(
            Point(x=str(turn), y=mean, low=low, high=high)
            for turn, (mean, low, high) in enumerate(zip(means, lows, highs, strict=True))
        )
        series.append(Series(name=way, points=points))
    title = "Accuracy of the champion on the untouched test split"
    return line_chart(series, title=title, x_label="turn")


def table(found: list[dict[str, Any]]) -> str:
    lines = [
        "| way | seed | first | last | gain | promotions | corrections | gain random | ratio |"
    ]
    lines.append("|---|---|---|---|---|---|---|---|---|")
    for one in found:
        gain = 100 * (one["last"] - one["first"])
        promoted = sum(turn["outcome"] == "promoted" for turn in one["turns"])
        by_chance = 100 * (one["random"] - one["first"]) if "random" in one else None
        ratio = "" if by_chance is None else f"{gain / by_chance:.2f}" if by_chance > 0 else "inf"
        lines.append(
            f"| {one['way']} | {one['seed']} | {100 * one['first']:.1f} | {100 * one['last']:.1f} "
            f"| {gain:+.1f} | {promoted} | {one['counts']['corrections']} "
            f"| {'' if by_chance is None else f'{by_chance:+.1f}'} | {ratio} |"
        )
    honest = [one for one in found if "random" in one]
    gains = [sum(one[name] - one["first"] for one in honest) for name in ("last", "random")]
    if gains[1:] and gains[1] > 0:
        lines.append(f"\nhonest seeds together: {gains[0] / gains[1]:.2f} x random")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
