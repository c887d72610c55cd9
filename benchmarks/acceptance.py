"""A project on somebody's own files, as a user would: init, point at the files, turn, serve.

    python benchmarks/acceptance.py ../shared/data/banking77
    python benchmarks/acceptance.py ../shared/data/online-shopping-10 --label category
    python benchmarks/acceptance.py ../shared/data/chnsenticorp-hotel --label label_name
    python benchmarks/acceptance.py ../shared/data/banking77 ../shared/data/online-shopping-10 \
        --label label_name category --rows 10000

Several folders become one project of mixed text: their training and test rows (of each at most
`--rows`) lie in one folder under one header, as a user would export them.

Prints seconds and CPU seconds of the turn, how the candidates stood, the accuracy of what is served
on the test split with its interval and by language, the accuracy of every form that was tried, how
every candidate stood on validation by language, and whether the answers served over HTTP equal the
evaluated ones on every test text (label, and confidence within the parity tolerance; ties within
0.03 may differ).
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from chainring.contracts.codec import decode
from chainring.contracts.evaluation import Evaluation, Outcome
from chainring.contracts.forms import Forms
from chainring.contracts.model import Model
from chainring.contracts.request import Request
from chainring.deployment.predictors import open_predictor
from chainring.ring.turn import Turn
from chainring.software.api import Project
from chainring.software.telling.results import tell_turn
from chainring.software.tour import Client, served
from chainring.store.tables import read_rows, read_table

TOLERANCE = 0.03


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, nargs="+")
    parser.add_argument(
        "--label", nargs="+", help="column of the label, where it is not found by itself; one each"
    )
    parser.add_argument("--rows", type=int, default=10_000, help="rows of each of several folders")
    parser.add_argument("--budget", type=float, help="training.budget_minutes")
    parser.add_argument("--keep", type=Path, help="folder of the project, to be kept")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = args.keep or Path(place) / "bank"
        cli = [sys.executable, "-m", "chainring.software.cli"]
        subprocess.run([*cli, "init", str(folder)], check=True, stdout=subprocess.DEVNULL)
        data, label = args.data[0].resolve(), args.label[0] if args.label else None
        if len(args.data) > 1:
            data, label = mixed(Path(place) / "mixed", args.data, args.label, args.rows), None
        point_at(folder, data, label, args.budget)
        before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        subprocess.run([*cli, "turn", "-p", str(folder)], check=True)
        wall, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        print(f"RESULT turn wall_s={wall:.0f} cpu_s={cpu:.0f}")
        judge(Project.open(folder))


def mixed(folder: Path, sets: list[Path], labels: list[str], rows: int) -> Path:
    """Write training and test rows of several sets under one header."""
    folder.mkdir()
    for split in ("train", "test"):
        with (folder / f"{split}.jsonl").open("w", encoding="utf-8") as out:
            for data, column in zip(sets, labels, strict=True):
                path = next(data.glob(f"{split}.jsonl*"))
                opened = gzip.open if path.suffix == ".gz" else open
                with opened(path, "rt", encoding="utf-8") as lines:
                    found = [json.loads(line) for line in lines]
                random.Random(0).shuffle(found)
                for row in found[:rows]:
                    kept = {"text": row["text"], "label": row[column]}
                    out.write(json.dumps(kept, ensure_ascii=False) + "\n")
    return folder


def point_at(folder: Path, data: Path, label: str | None, budget: float | None) -> None:
    recipe = (folder / "chainring.toml").read_text().replace('path = "data" ', f'path = "{data}" ')
    if label is not None:
        recipe += f'\n[data.columns]\nlabel = "{label}"\n'
    if budget is not None:
        recipe += f"\n[training]\nbudget_minutes = {budget}\n"
    (folder / "chainring.toml").write_text(recipe)


def judge(project: Project) -> None:
    turn = project.ring.ledger.facts("turn", Turn)[-1]
    for line in tell_turn(project, turn):
        print(f"  {line}")
    evaluation = decode(Evaluation, newest(project, "evaluation"))
    trees = project.ring.runner.trees
    outcomes = {row.row: row for row in read_table(Outcome, trees.open(evaluation.address))}
    rows = [r for r in read_rows(trees.open(turn.dataset), "test") if r.id in outcomes]
    share = evaluation.accuracy
    interval = f"[{share.low:.4f}, {share.high:.4f}]"
    print(f"RESULT test n={share.rows} accuracy={share.estimate:.4f} {interval}")
    for name, part in sorted(evaluation.slices.items()):
        if name.startswith("language:"):
            bounds = f"[{part.low:.4f}, {part.high:.4f}]"
            print(f"RESULT test {name} n={part.rows} accuracy={part.estimate:.4f} {bounds}")
    for rival in decode(Model, newest(project, "model")).rivals:
        spoken = {name: round(share, 4) for name, share in rival.per_language.items()}
        print(f"RESULT candidate {rival.part} won={rival.won} validation={spoken}")
    forms = decode(Forms, newest(project, "forms"))
    for form in forms.forms:
        with open_predictor(trees.open(form.address), engine=form.engine) as predictor:
            answers = predictor.predict([Request(text=row.text) for row in rows])
        right = sum(a.label == row.label for a, row in zip(answers, rows, strict=True))
        print(f"RESULT form {form.name} accuracy={right / len(rows):.4f} accepted={form.accepted}")
    key = {"ask": project.make_key("ask", "acceptance")[0]}
    with served(project) as port:
        compare(Client(port, key), rows, outcomes)


def compare(client: Client, rows: list[Any], outcomes: dict[str, Outcome]) -> None:
    other, farthest = 0, 0.0
    for start in range(0, len(rows), 64):
        batch = rows[start : start + 64]
        body = {"texts": [row.text for row in batch]}
        for row, answer in zip(
            batch, client.call("POST", "/v1/predict", body)["predictions"], strict=True
        ):
            found = outcomes[row.id]
            distance = abs(answer["confidence"] - found.confidence)
            farthest = max(farthest, distance)
            tie = answer["scores"].get(found.label, 0.0) > answer["confidence"] - TOLERANCE
            other += answer["label"] != found.label and not tie
    print(f"RESULT served n={len(rows)} other_answers={other} farthest_confidence={farthest:.4f}")


def newest(project: Project, step: str) -> str:
    return project.ring.ledger.all_lineage(step=step)[-1].result


if __name__ == "__main__":
    main()
