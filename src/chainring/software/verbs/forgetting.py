"""Forgetting, as a verb: a person, a source, a record or an answer goes from every store.

    project.forget(subject=["ann"], reason="asked on 3 March", dry_run=True).act.counts

What is done is planned first, and the plan is a fact: after a kill, `resume` finishes it.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from chainring.contracts.errors import InputError, UnknownNameError
from chainring.contracts.forgotten import Forgotten, author_mark, source_mark, subject_mark
from chainring.contracts.guard import FORGOTTEN
from chainring.contracts.ids import new_id
from chainring.feedback.consents import standing_refusals
from chainring.ring.built import Ring, current
from chainring.ring.lease import held
from chainring.software.package.origin import elsewhere
from chainring.software.verbs import harvests, receipts
from chainring.software.verbs.receipts import Receipt
from chainring.store.erase import (
    compact,
    forget_answers,
    forget_cases,
    forget_labels,
    forget_truths,
    forget_words,
    labels_about,
    said_by,
    texts_past_their_time,
    words_past_their_time,
)
from chainring.store.ledger import Lease
from chainring.store.opened import drop_orphans
from chainring.store.quoted import accepted, forget_quotes
from chainring.text.normalise import normalise
from chainring.trust.forget import FEEDBACK, Found, Stores, Wanted, find, staying_texts, take_out
from chainring.trust.reopening import RETENTION, note_retention, reopen, retention_undone

if TYPE_CHECKING:
    from chainring.software.api import Project


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Whom and what to forget, by name or id, as many of each as one likes."""

    subject: Sequence[str] = ()
    source: Sequence[str] = ()
    record: Sequence[str] = ()
    author: Sequence[str] = ()
    prediction: Sequence[str] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing was named."""
        return not (self.subject or self.source or self.record or self.author or self.prediction)


def forget(
    project: Project, selection: Selection, *, reason: str, by: str, dry_run: bool
) -> Receipt:
    """Forget what is selected; with `dry_run` only say what would go.

    Raises
    ------
    InputError
        When nothing is selected.
    UnknownNameError
        When there is no such source, record, author or answer.
    ConflictError
        When a turn is at work, or a database is in use.
    """
    if selection.is_empty:
        raise InputError(
            "whom or what to forget? name a --subject, --source, --record, --author or --prediction"
        )
    with held(project.ring.ledger) as lease:
        finished = [] if dry_run else _resumed(project, lease)
        try:
            wanted, silent = _wanted(project, selection)
            found = find(wanted, stores=_stores(project))
            strangers = _unmet(project, "author", silent, found)
            _require_known(project, selection, found, strangers)
        except UnknownNameError:
            if finished:  # it was begun before, and is no longer there to be found
                return finished[-1]
            raise
        act = Forgotten(
            id=new_id("fgt"), app=project.app, at=time.time(), by=by, reason=reason, state="begun"
        )
        act = _with_facts(project, act, found)
        unmet = _unmet(project, "subject", selection.subject, found)
        done = Receipt(act=act) if dry_run else _carried_out(project, act, found, lease)
        places = _places(project, found)
        return replace(
            done,
            places=places,
            packages=elsewhere(project, act.models),
            unmet=unmet,
            unmet_authors=strangers,
        )


def resume(project: Project) -> list[Receipt]:
    """Finish every act that a kill cut short, or that another machine did; return the receipts."""
    with held(project.ring.ledger) as lease:
        finished = _resumed(project, lease)
        harvests.catch_up(project)
        drop_orphans(project.ring.runner.trees.root)
        return finished


def again(project: Project, path: Path, *, by: str) -> Receipt:
    """Do once more what a receipt tells, in a project restored from an older backup.

    An act that this ledger does not know keeps its id: trees name it.
    """
    told = receipts.read(path, app=project.app)
    is_known = project.ring.ledger.fact(FORGOTTEN, told.id, Forgotten) is not None
    return once_more(project, told, by=by, name="" if is_known else told.id)


def once_more(project: Project, told: Forgotten, *, by: str, name: str = "") -> Receipt:
    """Do here what an act did elsewhere, under a new id where none is named."""
    act = replace(told, id=name or new_id("fgt"), at=time.time(), by=by, state="begun")
    with held(project.ring.ledger) as lease:
        found = find(_of_act(act), stores=_stores(project))
        act = _with_facts(project, act, found)
        return _carried_out(project, act, found, lease)


def acts(project: Project) -> list[Forgotten]:
    """Return every act of forgetting, in the order in which they were finished."""
    return project.ring.ledger.facts(FORGOTTEN, Forgotten)


def forget_expired(project: Project) -> dict[str, int]:
    """Erase texts whose time is over from log, ledger and trees; return how many, and the rows.

    What is erased from the log is what was looked for in the trees: what ends meanwhile waits.
    """
    ring = project.ring
    gone, words = texts_past_their_time(ring.traffic), words_past_their_time(ring.traffic)
    if not gone and not words:
        return {"texts": 0, "rows": 0}
    with held(ring.ledger) as lease:
        found = _scrubbed(project, (*gone, *words), lease)
        if _writes(project):
            forget_truths(ring.ledger, found.chosen.answers)
            forget_labels(ring.ledger, labels_about(ring.ledger, found.chosen.answers))
            compact(ring.ledger.engine)
        erased = ring.traffic.erase(sorted(gone)) + len(words)
        forget_words(ring.traffic, words)
    rows = sum(number for name, number in found.counts.items() if name.startswith("rows of"))
    return {"texts": erased, "rows": rows}


def _scrubbed(project: Project, gone: Sequence[str], lease: Lease) -> Found:
    """Take texts whose time is over out of the trees; return what was found of them."""
    asked = frozenset(name for name in gone if name.startswith("pred_"))
    wanted = Wanted(predictions=asked, feedback=frozenset(gone) - asked)
    found = find(wanted, stores=_stores(project))
    _scrub_trees(project, found, lease, receipt=RETENTION)
    return found


def _writes(project: Project) -> bool:
    """Whether values of the task are texts, so that decisions hold people's words."""
    return project.ring.recipe.data.facts.form == "text"


def _stores(project: Project) -> Stores:
    ring = project.ring
    return Stores(
        trees=ring.runner.trees, ledger=ring.ledger, traffic=ring.traffic, secret=project.secret
    )


def _wanted(project: Project, selection: Selection) -> tuple[Wanted, list[str]]:
    """Return what shall be forgotten, and the authors who asked and said nothing."""
    if FEEDBACK in selection.source:
        raise InputError(
            "'feedback' is no source of yours: forget its --author or the --prediction it is about"
        )
    key, traffic = project.secret, project.ring.traffic
    marks = {mark for name in selection.subject for mark in _subject_marks(name, key)}
    marks |= {source_mark(name, key) for name in selection.source}
    marks |= {mark for name in selection.author for mark in _author_marks(name, key)}
    for name in selection.prediction:
        if traffic.prediction(name) is None:
            raise UnknownNameError("prediction", name, None)
    asked, said, silent = set(selection.prediction), set[str](), []
    for name in selection.author:
        requests, reactions = said_by(traffic, name, spell=normalise)
        asked.update(requests)
        said.update(reactions)
        if not (requests or reactions):
            silent.append(name)
    wanted = Wanted(
        marks=frozenset(marks),
        records=frozenset(selection.record),
        predictions=frozenset(asked),
        feedback=frozenset(said),
    )
    return wanted, silent


def _subject_marks(name: str, secret: bytes) -> set[str]:
    """Return the marks of a person: as records carry the name, and as earlier ones did."""
    return {subject_mark(normalise(name), secret), subject_mark(name, secret)}


def _author_marks(name: str, secret: bytes) -> set[str]:
    """Return the marks of an author: as records carry the name, and as those of reactions do."""
    return {author_mark(normalise(name), secret), author_mark(name, secret)}


def _unmet(project: Project, column: str, names: Sequence[str], found: Found) -> tuple[str, ...]:
    """Return those of the names that nothing here carries in `column`: subject or author."""
    marks_of = _subject_marks if column == "subject" else _author_marks
    return tuple(
        name
        for name in names
        if found.met.isdisjoint(marks_of(name, project.secret))
        and not harvests.name(project, column, normalise(name))
    )


def _of_act(act: Forgotten) -> Wanted:
    return Wanted(
        marks=frozenset(act.marks),
        records=frozenset(act.records),
        predictions=frozenset(act.predictions),
        feedback=frozenset(act.feedback),
    )


def _require_known(
    project: Project, selection: Selection, found: Found, strangers: Sequence[str]
) -> None:
    """Refuse names that nothing carries; a subject may be named before their text comes in.

    An author whom nobody here is called is told instead where something else was found.
    """
    for record in selection.record:
        if record not in found.seen:
            raise UnknownNameError("record", record, None)
    here = {source for source, _ in found.places} | harvests.sources(project)
    for source in selection.source:
        if source not in here:
            raise UnknownNameError("source", source, found.sources | here)
    if strangers and not (found.seen or found.chosen.answers):
        raise UnknownNameError("author", strangers[0], None)


def _with_facts(project: Project, act: Forgotten, found: Found) -> Forgotten:
    """Return the act with everything that was found: ids, counts, who used it, what stays."""
    _, champion = current(project.ring)
    rows = harvests.count(project, found)
    return replace(
        act,
        marks=tuple(sorted(found.marks)),
        records=tuple(sorted(found.seen)),
        predictions=found.predictions,
        feedback=found.feedback,
        counts=found.counts | ({"rows of harvests": rows} if rows else {}),
        datasets=found.datasets,
        models=found.models,
        champion=champion is not None and champion.model in found.models,
        backups=receipts.backups(project),
    )


def _places(project: Project, found: Found) -> tuple[tuple[str, str], ...]:
    """Return where files of the user's own still hold a record."""
    fetched = harvests.sources(project)
    return tuple(place for place in found.places if place[0] not in fetched)


def _resumed(project: Project, lease: Lease) -> list[Receipt]:
    ring = project.ring
    reopen(_stores(project))
    if retention_undone(ring.ledger):
        _scrubbed(project, ring.traffic.erased(), lease)
        note_retention(ring.ledger, "done")
    return [
        _carried_out(project, act, find(_of_act(act), stores=_stores(project)), lease)
        for act in acts(project)
        if act.state == "begun"
    ]


def _carried_out(project: Project, act: Forgotten, found: Found, lease: Lease) -> Receipt:
    """Write the plan, take everything out, write that it is done; each part may be done twice."""
    ring, quotes = project.ring, found.chosen.quotes
    ring.ledger.add_fact(FORGOTTEN, act.id, act)
    fetched = harvests.forget(project, found)
    fetched -= staying_texts(fetched, found, stores=_stores(project))
    _scrub_trees(project, found, lease, receipt=act.id)
    forget_answers(
        ring.traffic,
        predictions=act.predictions,
        feedback=act.feedback,
        refusing=_refusing(ring, act.feedback),
    )
    forget_cases(ring.ledger, found.chosen.answers, written=_writes(project))
    gone = {*found.chosen.answers, *found.chosen.records}
    forget_labels(ring.ledger, [*labels_about(ring.ledger, gone), *accepted(ring.ledger, quotes)])
    forget_quotes(ring.traffic, quotes)  # the last: what else says the same is known by them
    compact(ring.ledger.engine)
    ring.ledger.renew(lease)  # a turn that took it meanwhile may have written what went
    done = replace(act, state="done", places=())
    receipt = receipts.written(project, done, {*found.chosen.texts, *fetched})
    ring.ledger.add_fact(FORGOTTEN, done.id, done)
    return replace(receipt, places=_places(project, found))


def _refusing(ring: Ring, feedback: Sequence[str]) -> set[str]:
    """Return which of these reactions hold a refusal that stands: it outlives who said it."""
    about = {row.prediction for row in ring.traffic.feedback_named(*feedback)}
    return standing_refusals(ring.traffic.feedback_on(*about)) & {*feedback}


def _scrub_trees(project: Project, found: Found, lease: Lease, *, receipt: str) -> None:
    """Scrub the trees; scratch of killed steps holds texts without ids, so it goes whole."""
    runner, still = project.ring.runner, partial(project.ring.ledger.renew, lease)
    still()
    shutil.rmtree(runner.scratch, ignore_errors=True)
    work = runner.scratch / "forget"
    take_out(
        found.chosen,
        stores=_stores(project),
        addresses=found.addresses,
        receipt=receipt,
        scratch=work,
        still=still,
    )
    shutil.rmtree(work, ignore_errors=True)
