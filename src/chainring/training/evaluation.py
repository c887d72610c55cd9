"""The step `evaluation`: one form on one version of the suite, every example's outcome kept.

Enter the forms of a model, the data set whose rows judge, the data sets that any judged model was
trained on, and answers whose truth is not known; leaves means with intervals and a tree with
`outcomes.jsonl` (one Outcome a line; the same bytes as `rows.jsonl`, where the tables of all nouns
lie) and `confusion.json`.

    evaluation(forms, dataset, (ours, champions), kept, work=work, settings=EvaluationSettings())

| split of the row | part of the outcome | counts in the headline |
|---|---|---|
| test | suite | yes |
| holdout | holdout | yes |
| reacted | reacted | no: who reacts is no fair sample |
| (any, marked `must`, trained on) | must | no: it only has to be right |
| (kept answers) | deciding | no: nobody said what is right; two models are told apart by them |
"""

from __future__ import annotations

import shutil
import time
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from chainring.contracts.codec import encode
from chainring.contracts.dataset import OUT_OF_SCOPE, Dataset, Row, Task
from chainring.contracts.errors import InputError
from chainring.contracts.evaluation import DECIDING, MUST, Evaluation, Outcome, Share
from chainring.contracts.feedback import Feedback
from chainring.contracts.forms import Form, Forms
from chainring.contracts.ids import episode_key
from chainring.contracts.prediction import Answer
from chainring.contracts.request import Request
from chainring.contracts.table import Table
from chainring.contracts.tasks import TASKS, TaskFacts
from chainring.contracts.work import Work
from chainring.stats.classification import confusion, macro_f1
from chainring.store.tables import TABLE_FILE, read_rows, read_table, write_table
from chainring.training.coverage import coverage
from chainring.training.measures import measures, searched
from chainring.training.outcomes import (
    HEADLINE,
    PARTS,
    Truths,
    calibration_error,
    calibration_expected,
    is_told,
    outcome,
    share,
    slices,
    told_label,
)
from chainring.training.settings import EvaluationSettings

JUDGING = ("test", "holdout", "reacted")
OUTCOMES_FILE = "outcomes.jsonl"
CONFUSION_FILE = "confusion.json"


def evaluation(
    forms: Forms,
    dataset: Dataset,
    seen: tuple[Dataset, ...],
    kept: Table[Feedback] | None = None,
    *,
    work: Work,
    settings: EvaluationSettings,
) -> Evaluation:
    """Judge the served form; rows that a judged model has seen are dropped and counted.

    Of these, and of the rows that teach, those marked `must` are answered and count nowhere else.
    `kept` are answers of the hold-out that are kept to decide between two models: what this one
    answers to them is noted, and counts nowhere.

    Raises
    ------
    InputError
        No row of the suite or the hold-out is left to judge by.
    """
    asked = [] if kept is None else _kept_rows(kept, work)
    judged, asked, dropped = _unseen(dataset, seen, asked, work=work, settings=settings)
    if not any(PARTS[row.split] in HEADLINE for row in judged):
        near = "; rows are near from evaluation.min_jaccard on: set it as data.min_jaccard is"
        raise InputError(
            "nothing can be evaluated: no row of the splits test and holdout is left; "
            f"dropped: {dropped or 'none'}; label more texts or change the split"
            + (near if "near_duplicate" in dropped else "")
        )
    started = time.perf_counter()
    answers, further = _answers(forms.served, [*judged, *asked], dataset.task, settings.level, work)
    texts_per_s = len(answers) / max(1e-9, time.perf_counter() - started)
    truths = Truths.of(dataset, _learnt(dataset, work))
    pairs = list(zip(judged, answers[: len(judged)], strict=True))
    undecided = [
        replace(outcome(row, answer), right=0.0)
        for row, answer in zip(asked, answers[len(judged) :], strict=True)
    ]
    outcomes = [outcome(row, answer, truths=truths) for row, answer in pairs]
    headline = [o for o in outcomes if o.part in HEADLINE]
    inside = [o for o in headline if o.truth != OUT_OF_SCOPE]
    outside = [o.right for o in headline if o.truth == OUT_OF_SCOPE]
    truth, told = [o.truth for o in headline], [told_label(o) for o in headline]
    is_one = TASKS[dataset.task].form == "one"
    said = [o for o in headline if is_told(o)] if is_one else []
    cells = confusion([o.truth for o in said], [told_label(o) for o in said]) if said else []
    judging = [pair for pair in pairs if PARTS[pair[0].split] in HEADLINE]
    metrics = measures(dataset.task, judging, level=settings.level) | further
    metrics |= coverage(dataset.task, judging, level=settings.level)
    return Evaluation(
        app=dataset.app,
        address=_put([*outcomes, *undecided], cells, work),
        model=forms.model,
        form=forms.served.address,
        suite=dataset.suite,
        accuracy=share(headline, level=settings.level),
        macro_f1=macro_f1(truth, told) if is_one else _macro(metrics),
        calibration_error=calibration_error(inside),
        calibration_expected=calibration_expected(inside),
        passed_on=sum(o.passed_on for o in inside) / max(1, len(inside)),
        slices=slices(outcomes, level=settings.level),
        dropped=dropped,
        out_of_scope_recall=sum(outside) / len(outside) if outside else None,
        texts_per_s=texts_per_s,
        task=dataset.task,
        metrics=metrics,
        frozen=dataset.frozen,
    )


def _macro(metrics: Mapping[str, Share]) -> float:
    return metrics["macro_f1"].estimate if "macro_f1" in metrics else 0.0


def _learnt(dataset: Dataset, work: Work) -> list[Row]:
    """Return the rows that teach, where a task is held against what never changes."""
    if TASKS[dataset.task].form == "one":
        return []
    return read_rows(work.trees.open(dataset.address), "train")


def _answers(
    form: Form, rows: Sequence[Row], task: Task, level: float, work: Work
) -> tuple[list[Answer], dict[str, Share]]:
    """Return the answers, and what only the model itself can show: how well it searches."""
    threads = int(work.placement.threads.value)
    pairs = TASKS[task].pairs
    with work.open_predictor(
        work.trees.open(form.address), engine=form.engine, threads=threads
    ) as predictor:
        asked = [
            Request(text=row.text, pair=row.pair if pairs else "", app=work.app) for row in rows
        ]
        answers = predictor.predict(asked)
        judged = [row for row in rows if PARTS[row.split] in HEADLINE]
        return answers, searched(predictor, judged, task, level=level)


def _kept_rows(kept: Table[Feedback], work: Work) -> list[Row]:
    return [
        Row(
            id=one.prediction,
            text=one.text,
            label="",
            language=one.language,
            split=DECIDING,
            source="feedback",
            licence="",
            group=one.group,
            author=one.author,
            episode=episode_key(work.secret, one.episode),
            pair=one.pair,
        )
        for one in read_table(Feedback, work.trees.open(kept.address))
        if one.text
    ]


def _unseen(
    dataset: Dataset,
    seen: Sequence[Dataset],
    asked: Sequence[Row],
    *,
    work: Work,
    settings: EvaluationSettings,
) -> tuple[list[Row], list[Row], dict[str, int]]:
    """Return the rows that no judged model has seen, and how many were dropped, by reason.

    To the first belong, as a part of their own, all other rows that are marked `must`. Of `asked`
    those stay that no judged model has seen and that are like no row of the headline; what users
    asked takes no row out of it.
    """
    from chainring.text.beside import near_beside

    rows = read_rows(work.trees.open(dataset.address), *JUDGING)
    taught = {
        address: read_rows(work.trees.open(address), "train", "validation")
        for address in sorted({dataset.address, *(one.address for one in seen)})
    }
    facts = TASKS[dataset.task]
    known: dict[str, Row] = {}
    for address in sorted({one.address for one in seen}):
        for row in taught[address]:
            known.setdefault(_compared(row, facts), row)
    texts = [_compared(row, facts) for row in rows]
    found = near_beside(
        [*known, *texts],
        [_compared(row, facts) for row in asked],
        min_jaccard=settings.min_jaccard,
    )
    groups = found.own[len(known) :]
    near = set(found.own[: len(known)])
    reasons = _reasons(rows, texts, groups, known, near)
    dropped = Counter(reason for reason in reasons if reason)
    kept = [row for row, reason in zip(rows, reasons, strict=True) if not reason]
    judging_rows = zip(rows, groups, strict=True)
    taken = near | {group for row, group in judging_rows if PARTS[row.split] in HEADLINE}
    beside = list(zip(asked, found.others, found.near, strict=True))
    known_of = {group for _, group, close in beside if taken.intersection(close)}
    fresh = [row for row, group, _ in beside if group not in known_of]
    others = [row for row, reason in zip(rows, reasons, strict=True) if reason]
    must = [replace(row, split=MUST) for row in (*taught[dataset.address], *others) if row.must]
    return [*kept, *must], fresh, dict(sorted(dropped.items()))


def _compared(row: Row, facts: TaskFacts) -> str:
    from chainring.text.compared import compared

    return compared(row.text, row.pair, facts=facts)


def _reasons(
    rows: Sequence[Row],
    texts: Sequence[str],
    groups: Sequence[int],
    known: Mapping[str, Row],
    near: Collection[int],
) -> list[str]:
    """Return for each row why it cannot judge, or ''.

    A question that was taught with its passage is no new one where it is asked without.
    """
    ids = {row.id for row in known.values()}
    bare = {row.text for row in known.values() if row.pair}
    return [
        "trained_on"
        if row.id in ids or text in known or (not row.pair and row.text in bare)
        else "near_duplicate"
        if group in near
        else ""
        for row, text, group in zip(rows, texts, groups, strict=True)
    ]


def _put(outcomes: Sequence[Outcome], cells: Sequence[tuple[Any, ...]], work: Work) -> str:
    folder: Path = work.folder("evaluation")
    write_table(folder, outcomes)
    shutil.copyfile(folder / TABLE_FILE, folder / OUTCOMES_FILE)
    (folder / CONFUSION_FILE).write_text(encode(cells) + "\n", encoding="utf-8")
    return work.trees.put(folder, kind="evaluation")
