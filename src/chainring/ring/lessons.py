"""Lessons: which later models learnt from what was said of an answer, or left it out, and why.

lessons(ring, answered, said, sight=sight, texts=True)
# [{"model": "blake2b:…", "taught": True, "rows": [{"id": "rec_…", …}], "dropped": [], …}]
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from chainring.contracts.codec import decode
from chainring.contracts.deployment import Deployment
from chainring.contracts.feedback import Feedback
from chainring.contracts.lineage import Lineage
from chainring.contracts.model import Model
from chainring.contracts.prediction import Prediction
from chainring.contracts.verdict import Verdict
from chainring.data.looking.drops import drops_of
from chainring.ring.built import CHAMPION, Ring
from chainring.ring.sight import Sight
from chainring.ring.turn import Turn, rows_with
from chainring.store.tables import MadeRow

_QUOTES = {"label ": "a label with too few rows", "consent not allowed: ": "consent not allowed"}
"""How reasons begin that quote what somebody may have written, and what is told in their place."""


def lessons(
    ring: Ring, answered: Prediction, said: Sequence[Feedback], *, sight: Sight, texts: bool
) -> list[dict[str, Any]]:
    """Return the later models that trained on what was said of an answer, oldest first.

    A hold-out answer is never trained on: it stands in the suite of every later verdict instead.
    Models whose data set left it out are among them, with the reason. Who sees no texts is told the
    models alone, in the same way of both: nobody may know which answers judge.
    """
    names = [answered.id, *(row.id for row in said)]
    found = [*_lessons(ring, answered, names, texts=texts)] or _unheard(ring, names, texts=texts)
    if sight.sees:
        return found
    return [
        {name: one[name] for name in ("model", "promoted", "at")} for one in found if one["rows"]
    ]


def _lessons(
    ring: Ring, answered: Prediction, names: Sequence[str], *, texts: bool
) -> Iterator[dict[str, Any]]:
    corrections = {turn.model: turn.corrections for turn in ring.ledger.facts("turn", Turn)}
    promoted = _promoted(ring)
    made: dict[str, tuple[list[MadeRow], list[dict[str, str]]]] = {}
    for row, model in _later_models(ring, answered.model):
        if model.dataset not in made:
            rows = rows_with(ring, model.dataset, names)
            tables = [model.dataset, corrections.get(model.address, "")]
            made[model.dataset] = rows, [] if rows else _dropped(ring, tables, names, texts=texts)
        rows, dropped = made[model.dataset]
        if rows or dropped:
            yield {
                "model": model.address,
                "dropped": dropped,
                "rows": [_made(one, texts=texts) for one in rows],
                "taught": any(one.split == "train" for one in rows),
                "promoted": model.address in promoted,
                "at": day(row.started),
            }


def _unheard(ring: Ring, names: Sequence[str], *, texts: bool) -> list[dict[str, Any]]:
    """Return what the newest turn left out of what was said, where it made no new model."""
    turn = next(iter(reversed(ring.ledger.facts("turn", Turn))), None)
    dropped = [] if turn is None else _dropped(ring, [turn.corrections], names, texts=texts)
    if turn is None or not dropped:
        return []
    return [
        {
            "model": turn.model,
            "dropped": dropped,
            "rows": [],
            "taught": False,
            "promoted": turn.model in _promoted(ring),
            "at": day(turn.started),
        }
    ]


def _promoted(ring: Ring) -> set[str]:
    return {decode(Deployment, ref.body).model for ref in ring.ledger.ref_history(CHAMPION)}


def _made(row: MadeRow, *, texts: bool) -> dict[str, str]:
    """Return the row that came of an answer; its number, tags or text to who may see texts."""
    shown = {"id": row.id, "split": row.split, "label": row.label}
    return shown | ({"target": row.target} if row.target and texts else {})


def _dropped(
    ring: Ring, tables: Sequence[str], names: Sequence[str], *, texts: bool
) -> list[dict[str, str]]:
    """Return why the first of some tables that names an answer left it out."""
    trees = ring.runner.trees
    here = (trees.open(address) for address in tables if address and trees.has(address))
    found = (left_out(folder, names, texts=texts) for folder in here)
    return next(filter(None, found), [])


def left_out(folder: Path, names: Sequence[str], *, texts: bool) -> list[dict[str, str]]:
    """Return why a table left out what was said of an answer, and which record stays instead.

    A reason that quotes a label or a consent is for those who may see texts: somebody may have
    written it.
    """
    found = []
    for line in drops_of(folder, names):
        reason = str(line["reason"])
        if not texts:
            reason = next(
                (told for head, told in _QUOTES.items() if reason.startswith(head)), reason
            )
        one = {"reason": reason, "kept": str(line.get("kept", ""))}
        if one not in found:
            found.append(one)
    return found


def _later_models(ring: Ring, answered: str) -> Iterator[tuple[Lineage, Model]]:
    """Yield the models made after the one that answered, where their data is still there.

    Those that no verdict was about are placebos, made only to be compared with.
    """
    datasets = {row.id for row in ring.ledger.all_lineage(step="dataset")}
    verdicts = (decode(Verdict, row.result) for row in ring.ledger.all_lineage(step="verdict"))
    judged = {verdict.challenger for verdict in verdicts}
    is_later = False
    for row in ring.ledger.all_lineage(step="model"):
        model = decode(Model, row.result)
        if model.address == answered:
            is_later = True
        elif is_later and model.address in judged and not datasets.isdisjoint(row.inputs):
            if ring.runner.trees.has(model.dataset):
                yield row, model


def day(at: float) -> str:
    """Return a moment as it is told."""
    return datetime.fromtimestamp(at or time.time(), UTC).strftime("%Y-%m-%d %H:%M:%SZ")
