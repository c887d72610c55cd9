"""The parts of the report about one model: where it errs, how sure it is, candidates and forms.

Enter a project and the execution of its last verdict, leave cards of HTML.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from chainring.contracts.codec import decode
from chainring.contracts.dataset import Task
from chainring.contracts.evaluation import Evaluation, Outcome
from chainring.contracts.forms import Forms
from chainring.contracts.lineage import Lineage
from chainring.contracts.model import Model, Rival
from chainring.contracts.said import in_language
from chainring.contracts.tasks import TASKS, Form
from chainring.contracts.verdict import Verdict
from chainring.ring.gate.pairs import POOLED, is_right
from chainring.software.reports.calibrated import calibration_told
from chainring.software.reports.history import evaluations
from chainring.software.reports.label_figures import LABELLED, by_group, by_label
from chainring.software.reports.report_cards import both, paragraph, table
from chainring.software.telling.results import figure, percent
from chainring.stats.calibration import reliability
from chainring.stats.charts import confusion_chart, reliability_chart
from chainring.store.tables import read_table

if TYPE_CHECKING:
    from chainring.software.api import Project

CONFUSION = "confusion.json"
HARDEST = 12
MIN_ROWS = 10
MOST_GROUPS = 40


def quality(
    project: Project, made: Lineage, verdict: Verdict, say: dict[str, str]
) -> Iterator[str]:
    """Yield the task's figures, confusion, calibration and the hardest labels of the challenger."""
    found = evaluations(project, made).get(verdict.challenger)
    if found is None or not project.ring.runner.trees.has(found.address):
        return
    folder = project.ring.runner.trees.open(found.address)
    if found.metrics:
        yield _metrics(found, say)
    if (folder / CONFUSION).is_file() and TASKS[found.task].form == "one":
        yield _confusion(folder, say)
    if is_sure(found.task):
        yield _calibration(folder, found, say)
    form = TASKS[found.task].form
    if form in LABELLED:
        yield from _labels(judged_rows(folder), form, say)
    elif any(name.startswith("label:") for name in found.slices):
        yield _slices(found, say)


def is_sure(task: Task) -> bool:
    """Whether the confidence of a task's answers says how likely they are right.

    A number has a range instead; what is read off a passage has the share of its words there.
    """
    return TASKS[task].form != "number" and task != "question-answering"


def _labels(rows: Sequence[Outcome], form: Form, say: dict[str, str]) -> Iterator[str]:
    lines = [
        (
            escape(one.label),
            in_language(percent(one.found), say["code"]),
            "–" if one.precise is None else in_language(percent(one.precise), say["code"]),
            f"{one.passed_on.estimate:.0%}",
        )
        for one in by_label(rows, form)
    ]
    if lines:
        head = [say[key] for key in ("hardest", "found", "precise", "passed on")]
        yield table(head, lines[:HARDEST]) + _more(lines[HARDEST:], say)
    groups = [
        (escape(label), escape(group), in_language(percent(share), say["code"]))
        for label, group, share in by_group(rows, form, min_rows=MIN_ROWS)
    ]
    if groups:
        head = [say[key] for key in ("label", "group", "found")]
        shown = table(head, groups[:MOST_GROUPS]) + _more(groups[MOST_GROUPS:], say)
        yield shown + paragraph(say["mix"], muted=True)


def _more(left: Sequence[object], say: dict[str, str]) -> str:
    return paragraph(say["more"].format(n=len(left)), muted=True) if left else ""


def _metrics(found: Evaluation, say: dict[str, str]) -> str:
    """Return the figures of the task, the one that heads the report first."""
    names = sorted(found.metrics, key=lambda name: name != TASKS[found.task].headline)
    return table(
        (say["figures"], say["interval"]),
        [(escape(n), in_language(figure(found.metrics[n]), say["code"])) for n in names],
    )


def _confusion(folder: Path, say: dict[str, str]) -> str:
    cells = json.loads((folder / CONFUSION).read_text(encoding="utf-8"))
    wrong = [(t, p, int(n)) for t, p, n in cells if t != p]
    return both(
        lambda width: confusion_chart(
            wrong, title=say["confusion"], empty=say["empty"], width=width
        )
    )


def judged_rows(folder: Path) -> list[Outcome]:
    """Return the outcomes of an evaluation that count: not what users or two models chose."""
    return [row for row in read_table(Outcome, folder) if row.part in POOLED]


def _calibration(folder: Path, found: Evaluation, say: dict[str, str]) -> str:
    rows = judged_rows(folder)
    right = [float(is_right(row)) for row in rows]
    bins = reliability([row.confidence for row in rows], right, bins=10)
    chart = both(
        lambda width: reliability_chart(
            bins,
            title=say["calibration"],
            x_label=say["confidence"],
            y_label=say["right"],
            count_label=say["answers"],
            empty=say["empty"],
            width=width,
        )
    )
    return chart + paragraph(calibration_told(say["short calibration"], found, say))


def _slices(evaluation: Evaluation, say: dict[str, str]) -> str:
    labels = sorted(
        (share.estimate, name.partition(":")[2], share)
        for name, share in evaluation.slices.items()
        if name.startswith("label:")
    )
    rows = [
        (escape(name), in_language(percent(share), say["code"]))
        for _, name, share in labels[:HARDEST]
    ]
    return table((say["hardest"], say["accuracy"]), rows) + _more(labels[HARDEST:], say)


def candidates(project: Project, verdict: Verdict, say: dict[str, str]) -> Iterator[str]:
    """Yield how the candidates stood on validation, and the forms of the winner."""
    made = project.ring.ledger.lineage_of_tree(verdict.challenger)
    if made is None:
        return
    model = decode(Model, made.result)
    rows = [
        (
            escape(r.part),
            _standing(r),
            f"{r.cpu_s:.0f}",
            escape(in_language(r.because, say["code"])),
        )
        for r in model.rivals
    ]
    yield table((say["candidate"], say["validation"], "CPU s", say["because"]), rows)
    for row in reversed(project.ring.ledger.all_lineage(step="forms")):
        forms = decode(Forms, row.result)
        if forms.model == model.address:
            lines = [
                (
                    escape(f.name) + (" ✓" if f.name == forms.chosen else ""),
                    f"{f.texts_per_s:,.0f}",
                    f"{f.bytes / 1e6:.1f}",
                    escape(in_language(f.because, say["code"])),
                )
                for f in forms.forms
            ]
            lines += [
                (escape(name), "–", "–", escape(in_language(why, say["code"])))
                for name, why in forms.left_out.items()
            ]
            yield table((say["form"], say["speed"], "MB", say["because"]), lines)
            return


def _standing(rival: Rival) -> str:
    return f"{rival.accuracy:.1%}" if rival.rows else "–"
