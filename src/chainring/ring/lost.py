"""Turns that came to their end and were killed before that was kept.

What such a turn made stands in the ledger: its steps, its verdict, and what it promoted or let be
released. So the next turn tells it, and the history misses nothing.

    for facts in lost(ring, known=ids, ended={id: verdict}):  # the arguments of a `Turn`
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from chainring.contracts.codec import decode, digest
from chainring.contracts.dataset import Dataset
from chainring.contracts.deployment import Deployment
from chainring.contracts.lineage import Lineage
from chainring.contracts.release import Release
from chainring.contracts.said import Said, joined
from chainring.contracts.table import Table
from chainring.contracts.verdict import Verdict
from chainring.ring.asked import said_by_people
from chainring.ring.built import CHAMPION, Ring
from chainring.ring.gate.conditions import BETTER
from chainring.ring.gate.sentences import say, word
from chainring.ring.release.course import RELEASE
from chainring.ring.sentences import kept
from chainring.store.ledger import Ledger


def lost(
    ring: Ring, *, known: Collection[str], ended: Mapping[str, str]
) -> Iterator[dict[str, Any]]:
    """Yield what is known of each turn that ended and is not among the `known`, oldest first.

    One that was killed before its verdict was carried out is none of them: the next turn does that,
    and is the one that tells it. `ended` are the turns that ended and were kept, each with its
    verdict; one before the last of them would be told out of turn.
    """
    rows = ring.ledger.all_lineage(step="verdict")
    judged = {row.turn: row for row in rows if row.turn and row.turn not in known}
    told = set(ended.values())
    for turn, row in judged.items():
        if row.id in told or _is_before(ring.ledger, row, ended):
            continue
        verdict = decode(Verdict, row.result)
        end = _end(ring.ledger, row, verdict)
        if end is not None:
            yield {"id": turn, "app": ring.app, "verdict": row.id} | _made(ring, row, verdict) | end


def _is_before(ledger: Ledger, row: Lineage, ended: Collection[str]) -> bool:
    """Return whether one of the turns that ended began after a verdict was carried out."""
    rows = ledger.all_lineage()
    begun: dict[str, int] = {}
    for place, one in enumerate(rows):
        begun.setdefault(one.turn, place)
    carried = {row.id, *(one.id for one in _deployments(ledger, row))}
    done = max(place for place, one in enumerate(rows) if one.id in carried)
    return any(begun.get(turn, -1) > done for turn in ended)


def _deployments(ledger: Ledger, row: Lineage) -> list[Lineage]:
    return [one for one in ledger.all_lineage(step="deployment") if row.id in one.inputs]


def _end(ledger: Ledger, row: Lineage, verdict: Verdict) -> dict[str, Any] | None:
    """Return outcome and reason as far as the verdict was carried out, else None.

    What was deployed names the verdict by the digest of its day; it may have more fields by now.
    """
    allowed = {decode(Deployment, one.result).verdict for one in _deployments(ledger, row)}
    allowed.add(digest(verdict))
    for ref in ledger.ref_history(CHAMPION):
        deployed = decode(Deployment, ref.body)
        if deployed.verdict in allowed and ref.by == "gate":
            told = {"because": kept(ref.reason), "champion": deployed.model}
            return {"outcome": "promoted"} | told
    held = {"outcome": "held", "champion": verdict.champion or ""}
    if verdict.challenger == verdict.champion:  # another form of it: no worse is enough
        because = unfit(verdict)
        return held | {"because": because} if because else None
    if not verdict.promote:
        return held | {"because": reason(verdict)}
    for ref in ledger.ref_history(RELEASE):
        if decode(Release, ref.body).candidate.verdict in allowed:
            return held | {"because": kept(ref.reason)}
    return None


def _made(ring: Ring, row: Lineage, verdict: Verdict) -> dict[str, Any]:
    """Return what the turn of a verdict did, and what it knew of."""
    steps = [one for one in ring.ledger.all_lineage() if one.turn == row.turn]
    started = min(one.started for one in steps)
    told = [one for one in said_by_people(ring) if one.at is None or one.at <= started]
    model = ring.ledger.lineage_of_tree(verdict.challenger)
    dataset = _parent(ring.ledger, model, "dataset")
    corrections = _parent(ring.ledger, dataset, "corrections")
    return {
        "started": started,
        "duration_s": max(one.started + one.duration_s for one in steps) - started,
        "model": verdict.challenger,
        "dataset": "" if dataset is None else decode(Dataset, dataset.result).address,
        "corrections": "" if corrections is None else decode(Table, corrections.result).address,
        "labels": len(told),
        "steps": tuple(one.step for one in steps),
    }


def _parent(ledger: Ledger, row: Lineage | None, step: str) -> Lineage | None:
    """Return the execution of a step whose result went into another one."""
    parents = map(ledger.lineage_by_id, () if row is None else row.inputs)
    return next((one for one in parents if one is not None and one.step == step), None)


def reason(verdict: Verdict) -> Said:
    """Return why a verdict promotes nothing."""
    failed = [check.because for check in verdict.checks if not check.holds]
    asks = [say("asks", count=len(verdict.asks))] if verdict.asks else []
    return joined([word(verdict.value), *failed, *asks])


def unfit(verdict: Verdict) -> Said:
    """Return why another form of the champion does not serve, or ''."""
    return joined(one.because for one in verdict.checks if not one.holds and one.name != BETTER)
