"""`chainring collect`: what people asked and said where a package serves comes home to the ring.

    found = collect(project, Path("/var/lib/shop/project-1f3a…"))
    found.answers, found.reactions      # 1200, 87: those that were not here yet

Enters the folder that serves, or a copy of it; leaves its answers, reactions, decisions and cases
in the log and the ledger at home, under the ids that they have there: one id from click to weight.
To collect once more brings what is new. Digest, near-duplicate group and hold-out are drawn anew
by the key at home, since a package has one of its own. What was forgotten or refused on either side
stays so.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from chainring.contracts.case import Case
from chainring.contracts.errors import ConflictError, InputError
from chainring.contracts.feedback import Feedback, bare
from chainring.contracts.forgotten import Forgotten, author_mark
from chainring.contracts.guard import FORGOTTEN
from chainring.contracts.label import Label, review_guideline
from chainring.contracts.prediction import Answer, Prediction
from chainring.contracts.values import both
from chainring.feedback.consents import standing_refusals
from chainring.ring.lease import held
from chainring.ring.release.course import running
from chainring.ring.snapshots import forgotten_marks
from chainring.software.package import origin
from chainring.software.package.origin import Package
from chainring.software.project import HIDDEN
from chainring.software.telling.command_words import say
from chainring.software.verbs import auditing
from chainring.text.normalise import normalise
from chainring.trust.access import Key

if TYPE_CHECKING:
    from chainring.software.api import Project

T = TypeVar("T")
_BATCH = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """What came home, each once, and what did not.

    Attributes
    ----------
    package, model
        Where it came from, and the model that answered there.
    answers, reactions, decisions, cases
        How many were not here yet; a case also counts when it was closed there.
    textless
        Answers whose text was never kept or is over: they can be traced, and teach nothing.
    left
        Answers and reactions that stayed: they, who wrote them, or the article that was answered
        from were forgotten here. A refusal comes all the same, without its author and its words.
    older
        Decisions that stayed: a person decided otherwise, or once more, here and later.
    unsampled
        Decisions that stayed: their answers judge models here, but no chance chose them there.
    forgotten
        Answers and reactions that were here and were forgotten there: now here, too.
    """

    package: str
    model: str
    answers: int = 0
    reactions: int = 0
    decisions: int = 0
    cases: int = 0
    textless: int = 0
    left: int = 0
    older: int = 0
    unsampled: int = 0
    forgotten: int = 0


def collect(project: Project, folder: Path, *, by: str = "operator") -> Collected:
    """Bring home what is new in the folder where a package of this project serves.

    Raises
    ------
    InputError
        When the folder is no package, or one that another project made.
    ConflictError
        When a turn is at work, or a release runs: it is decided by answers that were drawn for it.
    """
    from chainring.software.api import Project as Opened

    _require_package(folder)
    if running(project.ring)[1] is not None:
        raise ConflictError(
            "a release runs, and is decided by what was answered in it; collect when it is over "
            "(`chainring release`)"
        )
    with closing(Opened.open(folder)) as there:
        package = _known(project, there)
        with held(project.ring.ledger):
            found = _Way(project, there, package).come()
        gone = _forget(project, there, by=by)
    auditing.record(
        project, "collect", rows=found.answers, because=f"package {package.id}", about=package.model
    )
    return replace(found, forgotten=gone)


def _require_package(folder: Path) -> None:
    """Raise InputError where no package serves in the folder, or an old one that has no id."""
    state = folder / HIDDEN
    if not (state / "key").is_file():
        raise InputError(
            f"{folder} is no package; name the folder that serves, as /var/lib/NAME/project-ID, or "
            "a copy of it with its .chainring"
        )
    if origin.brought(folder) is None:
        raise InputError(
            f"{folder} says of no package that it is one: it is a project, or an earlier version "
            "packaged it and kept no id, so that what was said there cannot be brought home; "
            "package the champion anew"
        )


def _known(project: Project, there: Project) -> Package:
    """Return the package that the state there belongs to, if this project made it."""
    made = (one for one in there.ring.ledger.facts(origin.KIND, Package) if not one.folder)
    own = next(made, None) or origin.brought(there.folder)
    assert own is not None, "the caller saw that it is a package"
    known = project.ring.ledger.fact(origin.KIND, own.id, Package)
    if known is None or there.app != project.app:
        raise InputError(
            f"package {own.id} ({own.app}) was not made by this project ({project.app}); collect "
            "it in the project that packaged it"
        )
    return own


class _Way:
    """The way from a package's state to the project, gone once."""

    def __init__(self, here: Project, there: Project, package: Package) -> None:
        self.here, self.there, self.package = here, there, package
        acts = here.ring.ledger.facts(FORGOTTEN, Forgotten)
        self.gone = {name for act in acts for name in (*act.predictions, *act.feedback)}
        self.records = {name for act in acts for name in act.records}
        self.marks = frozenset(forgotten_marks(here.ring.ledger))
        self.keys = {key.id for key in there.ring.ledger.facts("key", Key)}
        self.stayed: set[str] = set()
        self.found = Collected(package=package.id, model=package.model)

    def come(self) -> Collected:
        """Bring everything, answers first: what is said hangs on them."""
        names = [row.id for row in self.there.ring.traffic.predictions()]
        for some in _batches(reversed(names)):  # what is newest there is newest here
            self._answers(some)
        for said in _batches(self.there.ring.traffic.feedback()):
            self._reactions(said)
        self._decisions()
        self._cases()
        return replace(self.found, left=len(self.stayed))

    def _answers(self, names: list[str]) -> None:
        known = {row.id for row, _ in self.here.ring.traffic.answers(names)}
        fresh = [name for name in names if name not in known]
        brought = [
            self._as_here(row, text)
            for row, text in self.there.ring.traffic.answers(fresh)
            if not self._stays(
                row.id, row.author, row.finish == FORGOTTEN or row.read_from in self.records
            )
        ]
        self.here.ring.traffic.commit(brought, [])
        self._count(answers=len(brought), textless=sum(text is None for _, text in brought))
        self.here.ring.runner.say(say("collecting", answers=f"{self.found.answers:,}"))

    def _as_here(self, row: Prediction, text: str | None) -> tuple[Prediction, str | None]:
        """Return an answer as this project would have kept it; a key there is no user here."""
        from chainring.deployment.answers import as_kept, known_by
        from chainring.text.prepare import prepare

        # How long it took there says nothing of the machine here.
        row = replace(row, author=self._user(row.author), via=self._via(row.via), latency_ms=0.0)
        recipe = self.here.ring.recipe
        if text is None or self._is_over(row.at):
            unknown = replace(row, request="", group="", holdout=False, pair="", output="")
            return unknown, None
        form = recipe.data.facts.form
        said = Answer(
            label=row.label, confidence=row.confidence, passed_on=row.passed_on, text=text
        )
        said = as_kept(replace(said, output=row.output, shifts=row.shifts), form=form)
        text, pair = prepare(text, as_one=form == "tags"), prepare(row.pair) if row.pair else ""
        known = known_by(
            both(text, "" if row.looked_up else pair),
            secret=self.here.secret,
            holdout_share=recipe.feedback.holdout_share,
        )
        log = recipe.privacy.log
        row = replace(
            row,
            request=known.request if log != "none" else "",
            group=known.group,
            holdout=known.holdout,
            pair=pair,
            output=said.output,
            shifts=said.shifts,
        )
        return row, text if log == "redacted" else None

    def _reactions(self, rows: list[Feedback]) -> None:
        known = {row.id for row in self.here.ring.traffic.feedback_named(*(r.id for r in rows))}
        refusals, brought = self._refusals(rows), []
        for row in rows:
            is_away = self._is_away(row.prediction)
            if row.id in known:
                continue
            if row.id in refusals and not is_away:
                brought.append(bare(row, refused=True))
                continue
            is_gone = row.consent == FORGOTTEN and not row.refused
            if self._stays(row.id, row.author, is_away or is_gone):
                continue
            key = f"{self.package.id} {row.key}" if row.key else ""  # a key holds for one place
            row = replace(row, key=key, author=self._user(row.author), via=self._via(row.via))
            if self._is_over(row.at):
                row = replace(row, comment="", value="" if row.private else row.value)
            brought.append(row)
        self.here.ring.traffic.commit([], brought)
        self._count(reactions=len(brought))

    def _refusals(self, rows: list[Feedback]) -> set[str]:
        """Return which of these refuse for good: who said it was forgotten here, the words go."""
        lost = [row for row in rows if self._is_forgotten(row.author)]
        names = {row.id for row in lost}
        self.gone |= names  # though a refusal stands here, no decision on it comes
        about = dict.fromkeys(row.prediction for row in lost)
        return names & standing_refusals(self.there.ring.traffic.feedback_on(*about))

    def _decisions(self) -> None:
        ledger = self.here.ring.ledger
        own = ledger.facts("label", Label)
        known = {one.id for one in own}
        last = {one.record: one.at or 0.0 for one in own if one.author_kind == "person"}
        labels = (one for one in self.there.ring.ledger.facts("label", Label))
        for some in _batches(one for one in labels if one.id not in known):
            held = self._holdouts(one.record for one in some)
            for one in some:
                if one.record not in held or self._is_away(one.record, *one.parents):
                    continue
                if one.private and self._is_over(one.at or 0.0):
                    continue  # its words have no end of their own
                if (one.at or 0.0) < last.get(one.record, 0.0):  # facts go by when they came
                    self._count(older=1)
                elif held[one.record] and one.guideline != review_guideline("holdout"):
                    self._count(unsampled=1)
                else:
                    ledger.add_fact("label", one.id, one, about=one.record)
                    self._count(decisions=1)

    def _holdouts(self, names: Iterable[str]) -> dict[str, bool]:
        """Return what is here of these ids, and whether it is an answer that judges."""
        names, traffic = list(names), self.here.ring.traffic
        found = {row.id: False for row in traffic.feedback_named(*names)}
        return found | {row.id: row.holdout for row, _ in traffic.answers(names)}

    def _cases(self) -> None:
        ledger = self.here.ring.ledger
        for case in self.there.ring.ledger.facts("case", Case):
            if not case.prediction or self._is_away(case.prediction, case.opened_by):
                continue
            case = replace(case, via=self._via(case.via))
            about = ledger.facts("case", Case, about=case.opened_by)
            mine = next(iter(about), None)
            if mine is not None:  # a server here may have opened it, under an id of its own
                case = replace(case, id=mine.id)
            if mine is None or (mine.state, case.state) == ("open", "closed"):
                ledger.add_fact("case", case.id, case, about=case.opened_by)
                self._count(cases=1)

    def _stays(self, name: str, author: str, is_gone: bool) -> bool:
        """Return whether it stays where it is, and note it."""
        stays = is_gone or name in self.gone or self._is_forgotten(author)
        if stays:
            self.stayed.add(name)
        return stays

    def _is_over(self, at: float) -> bool:
        """Return whether the time of a text is over that came then."""
        return at + self.here.ring.traffic.retention_s <= time.time()

    def _is_away(self, *names: str) -> bool:
        """Return whether one of them stayed there, or was forgotten here after it had come."""
        return not (self.stayed.isdisjoint(names) and self.gone.isdisjoint(names))

    def _user(self, author: str) -> str:
        """Return an author, or nothing where it is a key there: many users share one."""
        return "" if author in self.keys else author

    def _via(self, application: str) -> str:
        """Return an application there as it is called here: their keys are none of this project."""
        return f"{self.package.id} {application}" if application else ""

    def _is_forgotten(self, author: str) -> bool:
        if not author or not self.marks:
            return False
        spelled = (author, normalise(author))
        return not self.marks.isdisjoint(author_mark(one, self.here.secret) for one in spelled)

    def _count(self, **more: int) -> None:
        sums = {name: getattr(self.found, name) + count for name, count in more.items()}
        self.found = replace(self.found, **sums)


def _forget(project: Project, there: Project, *, by: str) -> int:
    """Forget here what was forgotten there after it had come home; return how much it was."""
    from chainring.software.verbs import forgetting

    count, traffic = 0, project.ring.traffic
    for act in there.ring.ledger.facts(FORGOTTEN, Forgotten):
        answers = traffic.answers(act.predictions)
        predictions = tuple(row.id for row, _ in answers if row.finish != FORGOTTEN)
        said = traffic.feedback_named(*act.feedback)
        feedback = tuple(row.id for row in said if row.consent != FORGOTTEN)
        if predictions or feedback:
            told = Forgotten(
                id=act.id,
                app=project.app,
                at=act.at,
                by=by,
                reason=act.reason,
                state="begun",
                predictions=predictions,
                feedback=feedback,
            )
            forgetting.once_more(project, told, by=by)
            count += len(predictions) + len(feedback)
    return count


def _batches(rows: Iterable[T]) -> Iterator[list[T]]:
    left = iter(rows)
    while some := list(islice(left, _BATCH)):
        yield some
