"""The past of a ring as pages and reports draw it: turns with their verdicts, days of traffic."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from chainring.contracts.codec import decode
from chainring.contracts.evaluation import Evaluation, Share
from chainring.contracts.guard import FORGOTTEN
from chainring.contracts.lineage import Lineage
from chainring.contracts.model import Model
from chainring.contracts.tasks import TASKS
from chainring.contracts.verdict import Verdict
from chainring.deployment.http.past import Champion, Day, History, TurnPoint
from chainring.ring.built import CHAMPION, current
from chainring.ring.gate.sentences import word
from chainring.ring.release.course import RELEASE
from chainring.ring.sentences import kept
from chainring.ring.turn import Turn
from chainring.software.reports.studying import KIND
from chainring.software.verbs.reviewing import review_items
from chainring.store.answers import by_day, ends
from chainring.store.newest import versions
from chainring.text.sentences import Sentences

if TYPE_CHECKING:
    from chainring.software.api import Project


MOST_WAITING = 500
"""Items that wait are counted up to here."""

say = Sentences(
    {
        "moved": (
            "{before} → {now} on {rows} rows; {because}",
            "{rows} 行上 {before} → {now}；{because}",
        )
    }
).say


def history(project: Project) -> History:
    """Return everything that is drawn, oldest first."""
    ring = project.ring
    head, deployment = current(ring)
    turns = [t for t in ring.ledger.facts("turn", Turn) if t.verdict]
    points = [_point(project, number, turn) for number, turn in enumerate(turns, 1)]
    champion = None
    if head is not None and deployment is not None:
        champion = Champion(
            model=deployment.model,
            form=deployment.form_name,
            engine=deployment.engine,
            since=head.at,
            by=head.by,
            because=_of_champion(head.reason, deployment.model, points),
        )
    return History(
        champion=champion,
        turns=tuple(points),
        days=tuple(days(project)),
        waiting=_waiting(project),
        counted_to=MOST_WAITING,
        graded=TASKS[ring.recipe.data.task].form != "one",
    )


def evaluations(project: Project, verdict: Lineage) -> dict[str, Evaluation]:
    """Return the evaluations that a verdict was made of, by model."""
    rows = (project.ring.ledger.lineage_by_id(identifier) for identifier in verdict.inputs)
    found = [decode(Evaluation, r.result) for r in rows if r is not None and r.step == "evaluation"]
    return {evaluation.model: evaluation for evaluation in found}


def days(project: Project) -> list[Day]:
    """Return every day from the first with traffic to today, oldest first; quiet ones are zeros."""
    counts: dict[str, dict[str, int]] = defaultdict(dict)
    for day, kind, count in by_day(project.ring.traffic):
        counts[day][kind] = count
    return [
        Day(
            day=day,
            predictions=found.pop("answers", 0),
            passed_on=found.pop("passed on", 0),
            thumbs_up=found.pop("thumbs up", 0),
            thumbs_down=found.pop("thumbs down", 0),
            feedback=found,
        )
        for day, found in ((day, counts[day]) for day in _calendar(sorted(counts)))
    ]


def _calendar(busy: Sequence[str]) -> list[str]:
    """Return the days (UTC) from the first of some to their last, at least to today."""
    if not busy:
        return []
    first = date.fromisoformat(busy[0])
    last = max(date.fromisoformat(busy[-1]), datetime.now(UTC).date())
    return [(first + timedelta(days=n)).isoformat() for n in range((last - first).days + 1)]


def _point(project: Project, number: int, turn: Turn) -> TurnPoint:
    made = project.ring.ledger.lineage_by_id(turn.verdict)
    assert made is not None, f"the verdict {turn.verdict} of {turn.id} has no lineage"
    verdict = decode(Verdict, made.result)
    judged = evaluations(project, made)
    challenger = judged.get(verdict.challenger)
    champion = judged.get(verdict.champion or "")
    source = project.ring.ledger.lineage_of_tree(verdict.challenger)
    return TurnPoint(
        number=number,
        at=turn.started,
        value=verdict.value,
        promoted=turn.outcome == "promoted",
        challenger=verdict.challenger,
        part="" if source is None else decode(Model, source.result).part,
        accuracy=None if challenger is None else challenger.accuracy,
        champion=None if champion is None else champion.accuracy,
        served=verdict.champion or "",
        languages={} if challenger is None else _languages(challenger),
        because=_because(turn.because, verdict),
        measure=verdict.measure.name,
        measured=None if verdict.pooled is None else verdict.pooled.measured,
    )


def _because(reason: str, verdict: Verdict) -> str:
    """Return why a verdict came out so; of a promotion its word alone is kept as the reason."""
    if reason not in (verdict.value, word(verdict.value)) or not verdict.checks:
        return reason
    deciding, pooled = verdict.checks[0].because, verdict.pooled
    if pooled is None or verdict.champion is None:
        return deciding
    if pooled.measured is not None:
        return deciding  # it names the measure, before and now
    before, now = f"{pooled.champion:.1%}", f"{pooled.challenger:.1%}"
    return say("moved", before=before, now=now, rows=pooled.rows, because=deciding)


def _of_champion(reason: str, model: str, points: Sequence[TurnPoint]) -> str:
    """Return why a model serves: the words of its promotion, where the gate kept but one."""
    told = (p.because for p in reversed(points) if p.challenger == model and p.value == reason)
    return next(told, kept(reason))


def _languages(evaluation: Evaluation) -> dict[str, Share]:
    return {
        name.partition(":")[2]: share
        for name, share in evaluation.slices.items()
        if name.startswith("language:")
    }


def _waiting(project: Project) -> dict[str, int]:
    """Return how many items of each kind wait; counted anew once anything of it may be another."""
    ring = project.ring
    told = versions(ring.ledger, "label", FORGOTTEN, "key", "turn", KIND)
    heads = [ring.ledger.ref(name) for name in (CHAMPION, RELEASE)]
    known = (ring.traffic.cursor(), ends(ring.traffic), told, heads, ring.recipe)
    counted: tuple[object, dict[str, int]] = ring.counted.get("waiting", (None, {}))
    if counted[0] != known:
        kinds: Counter[str] = Counter(
            item.kind for item in review_items(project, limit=MOST_WAITING)
        )
        counted = ring.counted["waiting"] = known, dict(kinds)
    return dict(counted[1])
