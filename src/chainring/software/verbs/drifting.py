"""Looking for drift in the traffic log, and telling a person of it.

    watch = DriftWatch(project, embed=embed)
    watch.look()            # the alarms that are new; each has a case that is open, or was closed

Answers of the champion are read in the order in which they were stored; of one look at most a
window of them, the rest is passed over (which rows those are does not hang on what they say). A
server that starts again passes over the windows before the one that runs.
"""

from __future__ import annotations

import hashlib
import itertools
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from chainring.contracts.case import Case
from chainring.contracts.ids import keyed
from chainring.contracts.prediction import Prediction
from chainring.contracts.said import Said
from chainring.contracts.tasks import Form
from chainring.contracts.values import labels_in
from chainring.deployment.drift.monitors import REVIEWED, Alarm, Watch
from chainring.deployment.drift.seen import Seen
from chainring.ring.built import current
from chainring.software.telling.command_words import say
from chainring.software.verbs.reviewed import Reviews
from chainring.store.answers import Cursor, Stream, count, newer, skip
from chainring.store.erase import texts_of

if TYPE_CHECKING:
    from chainring.software.api import Project

log = logging.getLogger("chainring.drift")

Embed = Callable[[Sequence[str]], Sequence[Any] | None]
"""Makes a vector of each text, None for one that failed or had no time; None: it makes none at all.
"""
KIND = "drift"
_SPAN = 2**64
_TINY = 1e-9


class DriftWatch:
    """Follows the champion; make a new one, or keep it, and `look` again and again.

    Parameters
    ----------
    project
        Whose traffic is watched.
    embed
        Makes vectors of texts; None: inputs are watched by length alone.
    retries
        Looks for which a whole reference waits until half of its texts have vectors; those that
        lack are tried again by each. At least 0.
    """

    def __init__(self, project: Project, *, embed: Embed | None, retries: int = 0) -> None:
        self.project, self._embed, self._retries = project, embed, retries
        self.model, self.waiting = "", 0
        self.watch: Watch | None = None
        self._reviews = Reviews(project, "")
        self._since = 0.0
        self._cursor: Cursor = {}
        self._first: list[Seen] = []
        self._embeds, self._left = embed is not None, retries

    def look(self) -> list[Alarm]:
        """Read what is new and return the alarms it makes; a case is opened for each new one."""
        ring, settings = self.project.ring, self.project.ring.recipe.drift
        head, champion = current(ring)
        if head is None or champion is None:
            return []
        if (self.model, self._since) != (champion.model, head.at):
            self.model, self._since = champion.model, head.at
            self.watch, self._cursor, self._first = None, {}, []
            self._reviews = Reviews(self.project, self.model)
            self._embeds, self._left = self._embed is not None, self._retries
        if self.watch is None:
            self._learn()
        if self.watch is None:
            return []
        alarms = [a for row in self._new(settings.window) for a in self.watch.add(row)]
        for alarm in alarms:  # before what may fail: a question alarms once a window
            _open_case(self.project, self.model, alarm)
        self._pass_over()
        promised = self._reviews.promised()
        if promised:
            closed = _closed(self.project, self.model, self.watch.reviewed)
            for alarm in self.watch.judge(
                self._reviews.judged(),
                promised=promised,
                closed=closed,
                costs=self._reviews.costs(),
            ):
                _open_case(self.project, self.model, alarm)
                alarms.append(alarm)
        return alarms

    def standing(self) -> dict[str, Any]:
        """Return how far the watch is, and its evidence by question and slice, 1 for an alarm."""
        if self.watch is None:
            return {"model": self.model, "window": 0, "waiting": self.waiting, "evidence": {}}
        return {
            "model": self.model,
            "window": self.watch.window,
            "waiting": 0,
            "questions": self.watch.questions,
            "evidence": {
                f"{question} · {name}": round(share, 3)
                for (question, name), share in sorted(self.watch.evidence().items())
            },
        }

    def _learn(self) -> None:
        """Gather the reference; once it is whole, begin with the window that runs."""
        settings = self.project.ring.recipe.drift
        missing = settings.reference - len(self._first)
        if missing > 0:
            self._first += self._new(missing)
        else:
            self._first = self._with_vectors(self._first)
        self.waiting = settings.reference - len(self._first)
        if self.waiting > 0 or self._lacks_vectors():
            return
        self.watch, self._first = Watch(self._first, settings=settings), []
        self._pass_over()

    def _lacks_vectors(self) -> bool:
        """Return whether the reference is to wait: one without vectors never watches inputs."""
        texts = [row for row in self._first if row.length]
        made = sum(row.vector is not None for row in texts)
        if not self._embeds or 2 * made >= len(texts):
            return False
        if not self._left:
            log.warning(
                "drift.few_vectors made=%d of=%d next=%s", made, len(texts),
                "inputs are watched by these alone; start the server again to try anew",
            )  # fmt: skip
            return False
        log.warning(
            "drift.waits_for_vectors made=%d of=%d looks_left=%d", made, len(texts), self._left
        )
        self._left -= 1
        return True

    def _with_vectors(self, rows: Sequence[Seen]) -> list[Seen]:
        """Return the rows, those that lack a vector tried again."""
        lacking = [row.id for row in rows if row.length and row.vector is None]
        texts = texts_of(self.project.ring.traffic, lacking)
        made = dict(zip(lacking, self._vectors([texts.get(i, "") for i in lacking]), strict=True))
        return [replace(row, vector=made.get(row.id, row.vector)) for row in rows]

    def _pass_over(self) -> None:
        """Pass over whole windows that nobody read."""
        assert self.watch is not None
        traffic, window = self.project.ring.traffic, self.project.ring.recipe.drift.window
        behind = count(traffic, self._stream, self._cursor) // window
        if behind:
            skip(traffic, self._stream, self._cursor, rows=behind * window)
            self.watch.skip(behind)

    def _new(self, limit: int) -> list[Seen]:
        traffic, cursor = self.project.ring.traffic, self._cursor.copy()
        rows = newer(traffic, self._stream, cursor, limit=limit)
        if self._form not in ("one", "several"):  # what was written lies apart
            whole = {row.id: row for row, _ in traffic.answers(row.id for row in rows)}
            rows = [whole.get(row.id, row) for row in rows]
        texts = texts_of(traffic, [row.id for row in rows])
        self._cursor = cursor
        vectors = self._vectors([texts.get(row.id, "") for row in rows])
        return [
            self._seen(row, texts.get(row.id), vector)
            for row, vector in zip(rows, vectors, strict=True)
        ]

    @property
    def _stream(self) -> Stream:
        return Stream(model=self.model, since=self._since)

    def _vectors(self, texts: Sequence[str]) -> list[Any]:
        import numpy as np

        if self._embed is None or not any(texts):
            return [None] * len(texts)
        places = [place for place, text in enumerate(texts) if text]
        vectors: list[Any] = [None] * len(texts)
        try:
            made = self._embed([texts[place] for place in places])
        except Exception as error:  # noqa: BLE001 - everything but the input is watched all the same
            cause = type(error).__name__
            log.warning("drift.without_vectors rows=%d cause=%s", len(places), cause)
            return vectors
        self._embeds = made is not None
        if made is None:
            return vectors
        for place, vector in zip(places, made, strict=True):
            if vector is not None:
                whole = np.asarray(vector, dtype=np.float32)
                vectors[place] = whole / max(float(np.linalg.norm(whole)), _TINY)
        return vectors

    def _seen(self, row: Prediction, text: str | None, vector: Any) -> Seen:
        drawn = int(keyed(self.project.secret, "drift", row.id, size=8), 16)
        return Seen(
            id=row.id,
            group=row.group,
            label=row.label if self._form == "one" else "",
            confidence=row.confidence,
            passed_on=row.passed_on,
            language=row.language,
            tie=(drawn + 1) / _SPAN,
            length=None if text is None else len(text),
            names=_names(self._form, row),
            answer=_answer(self._form, row),
            vector=vector,
            at=row.at,
        )

    @property
    def _form(self) -> Form:
        return self.project.ring.recipe.data.facts.form


def _names(form: Form, row: Prediction) -> frozenset[str] | None:
    """Return the labels of an answer that may have several, or the kinds of its tags."""
    if form == "several":
        return frozenset(labels_in(form, row.label))
    return frozenset(labels_in(form, row.output)) if form == "tags" and row.output else None


def _answer(form: Form, row: Prediction) -> float | None:
    """Return the number that was answered, or how many characters were written."""
    if not row.output or form not in ("number", "text"):
        return None
    return float(row.output) if form == "number" else float(len(row.output))


def looked(project: Project) -> dict[str, Any]:
    """Look once, with the champion's own vectors; see `Project.releases.drift`."""
    from chainring.deployment.predictors import open_predictor

    opened = project.champion()
    with open_predictor(
        opened.folder, engine=opened.deployment.engine, threads=opened.threads
    ) as predictor:
        embed = getattr(predictor, "embed", None) if "embed" in predictor.capabilities else None
        watch = DriftWatch(project, embed=embed)
        watch.look()
        watch.look()  # the first one may have been spent on the reference
    return watch.standing() | {"cases": [case.id for case in drift_cases(project, watch.model)]}


def drift_cases(project: Project, model: str) -> Iterator[Case]:
    """Yield the cases that drift under this model opened."""
    for case in project.cases():
        if case.kind == KIND and case.opened_by == _about(model):
            yield case


def _open_case(project: Project, model: str, alarm: Alarm) -> None:
    """Open a case, unless one of its question and slice is open or was closed since it began."""
    earlier, identifier = _cases_of(project, model, alarm.question, alarm.slice)
    if earlier and (earlier[-1].state == "open" or alarm.since < _closed_at(earlier[-1])):
        return
    case = Case(
        id=identifier,
        app=project.app,
        kind=KIND,
        opened_by=_about(model),
        at=time.time(),
        because=_told(alarm),
    )
    if not project.ring.ledger.add_once("case", identifier, case, about=case.opened_by):
        return  # another process looked at the same moment
    log.warning(
        "drift.alarm question=%s slice=%s case=%s rows=%d",
        alarm.question, alarm.slice, identifier, alarm.rows,
    )  # fmt: skip


def _closed(project: Project, model: str, slices: Sequence[str]) -> dict[tuple[str, str], float]:
    """Return when the last case of each question about reviews was closed, if one was."""
    found = {}
    for key in itertools.product(REVIEWED, slices):
        closed = [c for c in _cases_of(project, model, *key)[0] if c.state == "closed"]
        if closed:
            found[key] = _closed_at(closed[-1])
    return found


def _closed_at(case: Case) -> float:
    return case.closed_at or case.at  # 0: closed by a version that did not note it


def _cases_of(project: Project, model: str, question: str, name: str) -> tuple[list[Case], str]:
    """Return the cases of a question and slice, oldest first, and the id of the next one."""
    about = "\n".join((project.app, model, question, name))
    cases: list[Case] = []
    while True:
        named = f"{about}\n{len(cases)}" if cases else about
        identifier = f"case_{hashlib.blake2b(named.encode(), digest_size=13).hexdigest()}"
        case = project.ring.ledger.fact("case", identifier, Case)
        if case is None:
            return cases, identifier
        cases.append(case)


def _about(model: str) -> str:
    return f"drift under {model}"


def _told(alarm: Alarm) -> Said:
    """Return what changed, where, and on how many answers it was seen."""
    name = alarm.slice.removeprefix("label ")
    place = Said(alarm.slice, zh=name if name == alarm.slice else f"标签 {name}")
    return say(
        "changed everywhere" if alarm.slice == "all" else "changed in a slice",
        said=say(f"changed {alarm.question}"),
        place=place,
        rows=alarm.rows,
        evidence=f"{alarm.log_evidence:.1f}",
        needed=f"{alarm.needed:.1f}",
    )
