"""The study of a project: made when a report asks for it, kept as a fact, read by the review.

Enters an opened project, leaves a `Study` of its newest judged model, or why there is none. It is
no step of a turn: nothing in the ring hears of it but through what a person then decides.

    made = study_of(project)          # minutes on much text; at once when it stands
    standing(project)                 # the same if it stands, else None
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chainring.contracts.codec import decode, digest
from chainring.contracts.dataset import Row
from chainring.contracts.errors import MissingPackageError
from chainring.contracts.label import Label
from chainring.contracts.request import Request
from chainring.contracts.said import told_by
from chainring.contracts.study import Study, SuspectLabel
from chainring.contracts.verdict import Verdict
from chainring.data.looking.rows import rows_naming
from chainring.ring.built import Built, built_of
from chainring.software.telling.sentences import say as said
from chainring.store.tables import read_rows

if TYPE_CHECKING:
    from chainring.software.api import Project

KIND = "study"
VERSION = 5
"""Raised when the same rows give another study."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Studied:
    """A study with the rows that it names; or none, with the reason."""

    study: Study | None
    rows: Mapping[str, Row]
    because: str = ""


def study_of(project: Project, *, say: Callable[[str], None] = lambda _: None) -> Studied:
    """Return the study of the newest judged model; it is made where none stands."""
    built, because = _subject(project)
    if built is None:
        return Studied(study=None, rows={}, because=because)
    ledger, key = project.ring.ledger, _key(built)
    found = ledger.fact(KIND, key, Study)
    if found is None:
        try:
            found = _made(project, built, say)
        except MissingPackageError as error:
            return Studied(study=None, rows={}, because=told_by(error))
        ledger.add_fact(KIND, key, found, about=built.dataset.noun.address)
    return Studied(study=found, rows=_named(project, built, found))


def standing(project: Project) -> Studied | None:
    """Return the study of the newest judged model where one was made already; no work is done."""
    built, _ = _subject(project)
    found = None if built is None else project.ring.ledger.fact(KIND, _key(built), Study)
    if built is None or found is None:
        return None
    return Studied(study=found, rows=_named(project, built, found))


def open_suspects(project: Project, studied: Studied) -> list[tuple[SuspectLabel, Row]]:
    """Return the suspects that nobody decided on yet, with their rows."""
    decided = {one.record for one in project.ring.ledger.facts("label", Label)}
    suspects = studied.study.suspects if studied.study is not None else ()
    return [
        (one, studied.rows[one.row])
        for one in suspects
        if one.row in studied.rows and not decided & set(one.records)
    ]


def _subject(project: Project) -> tuple[Built | None, str]:
    """Return the newest judged model with forms and data, or why there is none."""
    ring = project.ring
    rows = ring.ledger.all_lineage(step="verdict")
    if not rows:
        return None, said("not judged")
    built = built_of(ring, decode(Verdict, rows[-1].result).challenger)
    wanted = (built.dataset.noun.address, built.forms.noun.served.address)
    if not all(ring.runner.trees.has(address) for address in wanted):
        return None, said("rows gone")
    return built, ""


def _key(built: Built) -> str:
    return digest([VERSION, built.dataset.noun.address, built.forms.noun.served.address])


def _made(project: Project, built: Built, say: Callable[[str], None]) -> Study:
    from chainring.training.study.study import Facts, study

    ring, form = project.ring, built.forms.noun.served
    rows = read_rows(ring.runner.trees.open(built.dataset.noun.address), "train", "validation")
    train = [row for row in rows if row.split == "train"]
    validation = [row for row in rows if row.split == "validation"]
    say(said("study", train=len(train), validation=len(validation)))
    requests = [Request(text=row.text, pair=row.pair, app=project.app) for row in validation]
    with ring.runner.open_predictor(
        ring.runner.trees.open(form.address), engine=form.engine
    ) as predictor:
        answers = predictor.predict(requests) if requests else []
    bases = [one.name for one in built.model.noun.ancestors if one.role == "base"]
    # An encoder of the project's own was not kept before its tuning; the linear model stands in.
    own = not bases or bases[0] != ring.recipe.training.encoder.base
    return study(
        Facts(
            app=project.app,
            task=built.dataset.noun.task,
            dataset=built.dataset.noun.address,
            form=form.address,
            base="" if own else bases[0],
            home=project.folder,
            spread=built.dataset.noun.spread,
        ),
        train,
        validation,
        answers,
        settings=ring.recipe.training,
        seed=ring.recipe.training.seed,
        say=say,
    )


def _named(project: Project, built: Built, found: Study) -> dict[str, Row]:
    """Return the rows that a study names, but for those whose text was forgotten since."""
    names = {one.row for one in found.suspects}
    for mistake in found.mistakes:
        names |= {mistake.row, *(near.row for near in mistake.near)}
    folder = project.ring.runner.trees.open(built.dataset.noun.address)
    rows = rows_naming(folder, sorted(names)) if names else ()
    return {row.id: row for row in rows if row.id in names and row.text}
