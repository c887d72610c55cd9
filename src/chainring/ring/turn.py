"""One turn of the slow half: from the text and the feedback as they stand to a verdict.

Enters an opened ring, leaves a `Turn`: what was made, what the gate said, who serves now. A turn
in which no step had anything new to do says so and changes nothing.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from chainring.contracts.codec import decode
from chainring.contracts.dataset import Dataset
from chainring.contracts.deployment import Deployment
from chainring.contracts.errors import ChainringError
from chainring.contracts.feedback import Feedback
from chainring.contracts.guard import Guard
from chainring.contracts.ids import new_id
from chainring.contracts.label import Label
from chainring.contracts.parts import part_names
from chainring.contracts.record import Record
from chainring.contracts.said import told_by
from chainring.contracts.source import Machine, Policy, Source
from chainring.contracts.table import Table
from chainring.contracts.values import labels_in
from chainring.contracts.verdict import Verdict
from chainring.data.settings import KEYED
from chainring.ring.asked import said_by_people
from chainring.ring.built import CHAMPION, Built, Ring, build, current, require_task
from chainring.ring.called import uncalled
from chainring.ring.gate.sentences import word
from chainring.ring.judging import judged, judged_again, judged_as_form
from chainring.ring.lease import held
from chainring.ring.lost import lost, reason, unfit
from chainring.ring.release.course import enter, turned_down
from chainring.ring.sentences import say
from chainring.ring.snapshots import forgotten_marks, kept_answers, snapshot_feedback
from chainring.ring.steps import UNPLACED, Made
from chainring.ring.tilt import tilt
from chainring.store.ledger import Ledger, Ref
from chainring.store.mirroring import mirrored
from chainring.store.tables import MadeRow, rows_from

log = logging.getLogger("chainring.ring")

IDLE = "idle"
"""Kind and id of the fact that keeps the last turn in which no step had anything to do."""
ROLLBACK = "rollback"
"""How the reason of a reference begins that brought an earlier one back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What one turn did. `outcome`: promoted, held, nothing changed, or failed.

    From `champion` on they are ids of step executions or addresses: the way into the lineage. Of
    the labels that people gave it knew the first `labels`. `unmirrored`: why the remote refused.
    """

    id: str
    app: str
    started: float
    duration_s: float
    outcome: str
    because: str
    champion: str = ""
    model: str = ""
    dataset: str = ""
    feedback: str = ""
    verdict: str = ""
    steps: tuple[str, ...] = ()
    corrections: str = ""
    labels: int = 0
    unmirrored: str = ""


def turn(ring: Ring, *, machine: Machine, policy: Policy, source: Source) -> Turn:
    """Turn the ring once and return what happened; the turn is kept as a fact.

    Raises
    ------
    ConflictError
        When another process turns the same ring, or took the lease over.
    """
    done = Turn(
        id=new_id("turn"),
        app=ring.app,
        started=time.time(),
        duration_s=0.0,
        outcome="failed",
        because=say("interrupted"),
    )
    with held(ring.ledger) as lease:
        ring.runner.lease, ring.runner.turn, ring.runner.called = lease, done.id, []
        try:
            _keep_lost(ring)
            done = replace(done, unmirrored=mirrored(ring.runner.trees, ring.ledger.trees()))
            done = replace(done, **_turn(ring, machine, policy, source))
            if ring.runner.called:  # what was made while the remote was away
                done = replace(done, unmirrored=mirrored(ring.runner.trees, ring.ledger.trees()))
        except ChainringError as error:
            if done.outcome == "failed":
                done = replace(done, because=told_by(error))
            raise
        finally:
            ring.runner.trees.digests.save()
            steps = tuple(ring.runner.called)
            done = replace(done, duration_s=time.time() - done.started, steps=steps)
            _keep(ring.ledger, done)
    log.info("turn.%s id=%s steps=%d", done.outcome.replace(" ", "-"), done.id, len(steps))
    return done


def _keep_lost(ring: Ring) -> None:
    """Keep the turns that ended and were killed before they were kept."""
    turns = ring.ledger.facts("turn", Turn)
    ended = {one.id: one.verdict for one in turns if one.outcome != "failed"}
    for facts in lost(ring, known={one.id for one in turns}, ended=ended):
        ring.ledger.add_fact("turn", facts["id"], Turn(**facts))
        log.warning("turn.found id=%s outcome=%s", facts["id"], facts["outcome"])


def _keep(ledger: Ledger, done: Turn) -> None:
    """Keep a turn as a fact; of those that had nothing to do only the last since one that had.

    Of those that failed for the same cause before they did anything only the first.
    """
    turns, last = ledger.facts("turn", Turn), last_turn(ledger)
    failed = turns[-1].because if turns and turns[-1].outcome == "failed" else None
    is_failed = done.outcome == "failed"
    is_told = done.because == failed if is_failed else failed is None and last is not None
    if done.steps or done.outcome == "promoted" or not is_told:
        ledger.add_fact("turn", done.id, done)
    elif done.outcome == "nothing changed" and last is not None:
        ledger.add_fact(IDLE, IDLE, done, about=last.id)


def last_turn(ledger: Ledger) -> Turn | None:
    """Return the last turn that ended well, by number and not by clock, idle ones too."""
    turns = [one for one in ledger.facts("turn", Turn) if one.outcome != "failed"]
    if not turns:
        return None
    idle = ledger.facts(IDLE, Turn, about=turns[-1].id)
    return replace(idle[-1], id=turns[-1].id) if idle else turns[-1]


def _turn(ring: Ring, machine: Machine, policy: Policy, source: Source) -> dict[str, Any]:
    recipe, run = ring.recipe, ring.runner.run
    require_task(ring)
    guard = _ready(ring, machine, policy)
    again = judged_again(ring)
    if again is not None and again[1].noun.promote:
        return _ended(ring, *again)
    given = said_by_people(ring)
    reviewed = tuple(label for label in given if not label.decides)  # the others go to the gate
    snapshot = snapshot_feedback(ring, reviewed)
    readers = [("reader", name) for name in part_names("reader")]
    records = run("records", source, guard, settings=recipe.data, keyed=KEYED, parts=readers)
    records = _cleaned(ring, records)
    corrections = run(
        "corrections",
        snapshot,
        reviewed,
        guard,
        settings=recipe.feedback,
        task=recipe.data.task,
    )
    labels = run("labels", records, corrections, reviewed, settings=recipe.data, keyed=KEYED)
    dataset = run("dataset", records, corrections, labels, guard, settings=recipe.data, keyed=KEYED)
    _tell_uncalled(ring, dataset.noun, given)
    if dataset.fresh:
        for line in tilt(ring, dataset.noun, snapshot.noun):
            ring.runner.say(line)
    built = build(ring, dataset, seed=recipe.training.seed)
    head, champion = current(ring)
    facts = {
        "model": built.model.noun.address,
        "dataset": dataset.noun.address,
        "feedback": snapshot.noun.address,
        "corrections": corrections.noun.address,
        "labels": len(given),
        "champion": built.model.noun.address if champion is None else champion.model,
    }
    if champion is not None and champion.model == built.model.noun.address:
        return facts | _same_model(ring, built, champion, head)
    kept = None if champion is None else kept_answers(ring, reviewed, guard.noun)
    verdict = judged(ring, built, champion, kept)
    facts["verdict"] = verdict.execution
    is_same = again is not None and again[1].execution == verdict.execution
    fresh = verdict.fresh or (again is not None and is_same and again[1].fresh)
    return facts | _settled(ring, built, verdict, head, fresh=fresh)


def _tell_uncalled(ring: Ring, dataset: Dataset, given: Sequence[Label]) -> None:
    form = ring.recipe.data.facts.form
    told = {label for one in given for label in labels_in(form, one.value)}
    for line in uncalled(ring.recipe.project.labels, told.union(dataset.labels)):
        ring.runner.say(line)


def _ended(ring: Ring, built: Built, verdict: Made[Verdict]) -> dict[str, Any]:
    """End the turn whose verdict asked: what users said since is for the next one."""
    head, champion = current(ring)
    turns = ring.ledger.facts("turn", Turn)
    begun = [one for one in turns if one.model == built.model.noun.address and one.feedback]
    facts = {
        "model": built.model.noun.address,
        "dataset": built.dataset.noun.address,
        "feedback": begun[-1].feedback if begun else "",
        "corrections": begun[-1].corrections if begun else "",
        "labels": begun[-1].labels if begun else 0,
        "champion": "" if champion is None else champion.model,
        "verdict": verdict.execution,
    }
    return facts | _settled(ring, built, verdict, head, fresh=verdict.fresh)


def prepare(ring: Ring, *, machine: Machine, policy: Policy, source: Source) -> Made[Table[Record]]:
    """Make the records alone: what a person labels before the first turn."""
    with held(ring.ledger) as lease:
        ring.runner.lease = lease
        guard = _ready(ring, machine, policy)
        made: Made[Table[Record]] = ring.runner.run(
            "records", source, guard, settings=ring.recipe.data, keyed=KEYED
        )
        return _cleaned(ring, made)


def _cleaned(ring: Ring, records: Made[Table[Record]]) -> Made[Table[Record]]:
    """Clean the records where the recipe asks for it."""
    clean = ring.recipe.data.clean
    if not clean.drops:
        return records
    from chainring.data.cleaned import digest_of_embedder, digests_of  # a tenth of a second

    made: Made[Table[Record]] = ring.runner.run(
        "cleaned",
        records,
        settings=clean,
        keyed=frozenset(type(clean).model_fields) - {"evaluation", "meaning_from"},
        parts=clean.parts,
        evaluation=digests_of(clean.evaluation),  # what the files say counts, not where they lie
        embedder=digest_of_embedder(clean),
    )
    return made


def _ready(ring: Ring, machine: Machine, policy: Policy) -> Made[Guard]:
    """Place the work and make the guard: what every step of the turn is handed."""
    machine = replace(machine, free_disk_mib=0)
    run = ring.runner.run
    ring.runner.placement = UNPLACED  # of an earlier turn in this process: its key would differ
    placement = run("placement", machine, settings=ring.recipe.hardware, needs_work=False)
    ring.runner.placed, ring.runner.placement = placement, placement.noun
    access = ring.recipe.access
    policy = replace(
        policy,
        forgotten=forgotten_marks(ring.ledger),
        rules=access.of_the_ring(),
        purpose=access.purpose,
    )
    guard: Made[Guard] = run("guard", policy, needs_work=False)
    return guard


def _settled(
    ring: Ring, built: Built, verdict: Made[Verdict], head: Ref | None, *, fresh: bool
) -> dict[str, Any]:
    says = verdict.noun
    if not says.promote:
        outcome = "held" if fresh else "nothing changed"
        return {"outcome": outcome, "because": reason(says)}
    if built.model.noun.address in withdrawn(ring.ledger):
        outcome = "held" if fresh else "nothing changed"
        return {"outcome": outcome, "because": say("withdrawn")}
    if head is not None and ring.recipe.release.through != "at once":
        made = ring.runner.run("deployment", built.forms, verdict, built.model)
        because = enter(ring, made.noun, by="gate", reason=says.value)
        return {"outcome": "held" if fresh else "nothing changed", "because": because}
    promote(ring, built, verdict, head, by="gate", reason=says.value)
    return {
        "outcome": "promoted",
        "because": word(says.value),
        "champion": built.model.noun.address,
    }


def _same_model(ring: Ring, built: Built, champion: Deployment, head: Ref | None) -> dict[str, Any]:
    """Serve another form of the champion where the recipe's tier chose one that is no worse."""
    verdict = None
    if head is not None and not head.reason.startswith(ROLLBACK):
        verdict = judged_as_form(ring, built, champion)
    if verdict is None:
        return {"outcome": "nothing changed", "because": say("same")}
    because = unfit(verdict.noun)
    if because:
        outcome = "held" if verdict.fresh else "nothing changed"
        return {"verdict": verdict.execution, "outcome": outcome, "because": because}
    because = say("form in place", form=built.forms.noun.chosen, other=champion.form_name)
    promote(ring, built, verdict, head, by="gate", reason=because)
    return {"verdict": verdict.execution, "outcome": "promoted", "because": because}


def promote(
    ring: Ring, built: Built, verdict: Made[Verdict], head: Ref | None, *, by: str, reason: str
) -> Ref:
    """Make the model the champion: a deployment, then compare-and-append on the reference."""
    made = ring.runner.run("deployment", built.forms, verdict, built.model)
    return ring.ledger.append_ref(
        CHAMPION,
        made.noun,
        expected=0 if head is None else head.number,
        by=by,
        reason=reason,
        lease=ring.runner.lease,
    )


def withdrawn(ledger: Ledger) -> set[str]:
    """Return the models that were rolled back, or turned down, and not promoted again since."""
    gone: set[str] = set()
    before = ""
    promoted: dict[str, float] = {}
    for ref in reversed(ledger.ref_history(CHAMPION)):
        model = decode(Deployment, ref.body).model
        if ref.reason.startswith(ROLLBACK):
            gone.add(before)
        gone.discard(model)
        before, promoted[model] = model, ref.at
    refused = turned_down(ledger).items()
    return gone - {""} | {model for model, at in refused if promoted.get(model, 0.0) < at}


def named_feedback(ring: Ring, table: str) -> set[str]:
    """Return the ids of feedback that a snapshot names."""
    from chainring.store.tables import read_table

    if not table or not ring.runner.trees.has(table):
        return set()
    return {row.id for row in read_table(Feedback, ring.runner.trees.open(table))}


def rows_with(ring: Ring, dataset: str, identifiers: Sequence[str]) -> list[MadeRow]:
    """Return the rows of a data set that any of these answers and reactions made."""
    return rows_from(ring.runner.trees.open(dataset), identifiers)
