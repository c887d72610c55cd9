"""The step `evaluation`: one form on one version of the suite, every example's outcome kept.

Enter the forms of a model, the data set whose rows judge, and the data sets that any judged model
was trained on; leaves means with intervals and a tree with `outcomes.jsonl` (one Outcome a line;
the same bytes as `rows.jsonl`, where the tables of all nouns lie) and `confusion.json`.

    evaluation(forms, dataset, (ours, champions), work=work, settings=EvaluationSettings())

| split of the row | part of the outcome | counts in the headline |
|---|---|---|
| test | suite | yes |
| holdout | holdout | yes |
| reacted | reacted | no: who reacts is no fair sample |
"""

from __future__ import annotations

import shutil
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from chainring.contracts.codec import encode
from chainring.contracts.dataset import OUT_OF_SCOPE, Dataset, Row
from chainring.contracts.errors import InputError
from chainring.contracts.evaluation import Evaluation, Outcome, Share
from chainring.contracts.forms import Form, Forms
from chainring.contracts.prediction import Answer
from chainring.contracts.request import Request
from chainring.contracts.work import Work
from chainring.stats.calibration import expected_calibration_error
from chainring.stats.classification import confusion, macro_f1
from chainring.stats.intervals import wilson
from chainring.store.tables import TABLE_FILE, read_rows, write_table
from chainring.training.settings import EvaluationSettings

PARTS = {"test": "suite", "holdout": "holdout", "reacted": "reacted"}
HEADLINE = ("suite", "holdout")
OUTCOMES_FILE = "outcomes.jsonl"
CONFUSION_FILE = "confusion.json"


def evaluation(
    forms: Forms,
    dataset: Dataset,
    seen: tuple[Dataset, ...],
    *,
    work: Work,
    settings: EvaluationSettings,
) -> Evaluation:
    """Judge the served form; rows that a judged model has seen are dropped and counted.

    Raises
    ------
    InputError
        No row of the suite or the hold-out is left to judge by.
    """
    judged, dropped = _unseen(dataset, seen, work=work, settings=settings)
    if not any(PARTS[row.split] in HEADLINE for row in judged):
        raise InputError(
            "nothing can be evaluated: no row of the splits test and holdout is left; "
            f"dropped: {dropped or 'none'}; label more texts or change the split"
        )
    started = time.perf_counter()
    answers = _answers(forms.served, judged, work)
    texts_per_s = len(judged) / max(1e-9, time.perf_counter() - started)
    outcomes = [outcome(row, answer) for row, answer in zip(judged, answers, strict=True)]
    headline = [o for o in outcomes if o.part in HEADLINE]
    inside = [o for o in headline if o.truth != OUT_OF_SCOPE]
    outside = [o.right for o in headline if o.truth == OUT_OF_SCOPE]
    truth, told = [o.truth for o in headline], [_told(o) for o in headline]
    return Evaluation(
        app=dataset.app,
        address=_put(outcomes, confusion(truth, told), work),
        model=forms.model,
        form=forms.served.address,
        suite=dataset.suite,
        accuracy=share([o.right for o in headline], level=settings.level),
        macro_f1=macro_f1(truth, told),
        calibration_error=_calibration_error(inside),
        passed_on=sum(o.passed_on for o in inside) / max(1, len(inside)),
        slices=slices(outcomes, level=settings.level),
        dropped=dropped,
        out_of_scope_recall=sum(outside) / len(outside) if outside else None,
        texts_per_s=texts_per_s,
    )


def outcome(row: Row, answer: Answer) -> Outcome:
    """Return what one answer to one row is worth; out of scope, passing on is right."""
    right = answer.passed_on if row.label == OUT_OF_SCOPE else answer.label == row.label
    return Outcome(
        row=row.id,
        truth=row.label,
        label=answer.label,
        right=float(right),
        confidence=answer.confidence,
        passed_on=answer.passed_on,
        part=PARTS[row.split],
        language=row.language,
        source=row.source,
        group=row.group,
        author=row.author,
        protected=row.protected,
        must=row.must,
        weight=row.weight,
    )


def slices(outcomes: Sequence[Outcome], *, level: float) -> dict[str, Share]:
    """Return the share right of every slice; `reacted` rows enter their own part only."""
    rights: dict[str, list[float]] = defaultdict(list)
    for found in outcomes:
        for name in _slice_names(found):
            rights[name].append(found.right)
    return {name: share(values, level=level) for name, values in sorted(rights.items())}


def share(rights: Sequence[float], *, level: float) -> Share:
    """Return the share of right outcomes with its Wilson interval."""
    found = wilson(round(sum(rights)), len(rights), level=level)
    return Share(estimate=found.estimate, low=found.low, high=found.high, rows=found.n)


def _slice_names(found: Outcome) -> Iterator[str]:
    yield f"part:{found.part}"
    if found.part not in HEADLINE:
        return
    yield f"language:{found.language}"
    yield f"label:{found.truth}"
    if found.source:
        yield f"source:{found.source}"
    if found.protected:
        yield f"protected:{found.protected}"


def _told(found: Outcome) -> str:
    """Return the label that the answer amounts to, for the confusion table."""
    outside = found.truth == OUT_OF_SCOPE and found.passed_on
    return OUT_OF_SCOPE if outside else found.label


def _calibration_error(inside: Sequence[Outcome]) -> float:
    if not inside:
        return 0.0
    return expected_calibration_error([o.confidence for o in inside], [o.right for o in inside])


def _answers(form: Form, rows: Sequence[Row], work: Work) -> list[Answer]:
    threads = int(work.placement.threads.value)
    with work.open_predictor(
        work.trees.open(form.address), engine=form.engine, threads=threads
    ) as predictor:
        return predictor.predict([Request(text=row.text, app=work.app) for row in rows])


def _unseen(
    dataset: Dataset, seen: Sequence[Dataset], *, work: Work, settings: EvaluationSettings
) -> tuple[list[Row], dict[str, int]]:
    """Return the rows that no judged model has seen, and how many were dropped, by reason."""
    rows = read_rows(work.trees.open(dataset.address), *PARTS)
    known: dict[str, Row] = {}
    for address in sorted({one.address for one in seen}):
        for row in read_rows(work.trees.open(address), "train", "validation"):
            known.setdefault(row.text, row)
    reasons = _reasons(rows, list(known.values()), min_jaccard=settings.min_jaccard)
    dropped = Counter(reason for reason in reasons if reason)
    kept = [row for row, reason in zip(rows, reasons, strict=True) if not reason]
    return kept, dict(sorted(dropped.items()))


def _reasons(rows: Sequence[Row], known: Sequence[Row], *, min_jaccard: float) -> list[str]:
    """Return for each row why it cannot judge, or ''."""
    from chainring.text.near import near_groups

    if not known or not rows:
        return [""] * len(rows)
    groups = near_groups([row.text for row in (*known, *rows)], min_jaccard=min_jaccard)
    near = set(groups[: len(known)])
    ids, texts = {row.id for row in known}, {row.text for row in known}
    return [
        "trained_on"
        if row.id in ids or row.text in texts
        else "near_duplicate"
        if group in near
        else ""
        for row, group in zip(rows, groups[len(known) :], strict=True)
    ]


def _put(outcomes: Sequence[Outcome], cells: Sequence[tuple[Any, ...]], work: Work) -> str:
    folder: Path = work.folder("evaluation")
    write_table(folder, outcomes)
    shutil.copyfile(folder / TABLE_FILE, folder / OUTCOMES_FILE)
    (folder / CONFUSION_FILE).write_text(encode(cells) + "\n", encoding="utf-8")
    return work.trees.put(folder, kind="evaluation")
