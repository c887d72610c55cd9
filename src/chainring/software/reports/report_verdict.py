"""The gate's last word in the report, and the rows that were right and are wrong now, with texts.

Enter a project, the execution of its verdict and what the caller may be shown; leaves HTML.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from html import escape
from typing import TYPE_CHECKING

from chainring.contracts.dataset import Row
from chainring.contracts.evaluation import Outcome
from chainring.contracts.lineage import Lineage
from chainring.contracts.verdict import Verdict
from chainring.data.looking.rows import rows_naming
from chainring.ring.built import built_of
from chainring.ring.gate.readable import readable
from chainring.ring.sight import Sight
from chainring.software.reports.history import evaluations
from chainring.software.reports.report_cards import identifier, markdown, paragraph, table
from chainring.software.reports.report_study import row_text
from chainring.software.telling.results import short
from chainring.store.tables import read_table

if TYPE_CHECKING:
    from chainring.software.api import Project

MOST_FLIPS = 20


def verdict_cards(
    project: Project, made: Lineage, verdict: Verdict, say: dict[str, str], *, sight: Sight
) -> Iterator[str]:
    """Yield the verdict in words, and the rows that it lost."""
    told = replace(
        verdict,
        negative_flips=(),
        suite=short(verdict.suite),
        challenger=short(verdict.challenger),
        champion=verdict.champion and short(verdict.champion),
    )
    yield markdown(readable(told, language=say["code"]))
    if verdict.negative_flips:
        yield _flips(project, made, verdict, say, sight)


def _flips(
    project: Project, made: Lineage, verdict: Verdict, say: dict[str, str], sight: Sight
) -> str:
    lost = verdict.negative_flips[:MOST_FLIPS]
    rows = _rows(project, verdict, lost)
    before, now = (
        _answers(project, made, model) for model in (verdict.champion or "", verdict.challenger)
    )
    lines = [
        (
            row_text(rows[name], say, sight) if name in rows else escape(say["forgotten"]),
            *(escape(_label(name, told)) for told in (before, now)),
            identifier(name),
        )
        for name in lost
    ]
    head = f"<h3>{escape(say['flips'])}</h3>"
    count = paragraph(say["flips shown"].format(n=len(verdict.negative_flips), shown=len(lost)))
    names = [say[key] for key in ("text", "before", "now", "row")]
    return head + count + table(names, lines) + paragraph(say["flips how"], muted=True)


def _rows(project: Project, verdict: Verdict, names: tuple[str, ...]) -> dict[str, Row]:
    trees = project.ring.runner.trees
    address = built_of(project.ring, verdict.challenger).dataset.noun.address
    found = rows_naming(trees.open(address), names) if trees.has(address) else ()
    return {row.id: row for row in found if row.id in names and row.text}


def _answers(project: Project, made: Lineage, model: str) -> dict[str, Outcome]:
    found, trees = evaluations(project, made).get(model), project.ring.runner.trees
    if found is None or not trees.has(found.address):
        return {}
    return {one.row: one for one in read_table(Outcome, trees.open(found.address))}


def _label(name: str, told: dict[str, Outcome]) -> str:
    return (told[name].label if name in told else "") or "–"
