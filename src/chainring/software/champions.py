"""Who serves, decided by a person: a held model is promoted, an earlier one is served again.

promote(project, "3f2a9c81d0e7", by="ann", reason="the suite is old")
rollback(project, to=None, by="ann", reason="customers complain")
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chainring.contracts.codec import decode
from chainring.contracts.deployment import Deployment
from chainring.contracts.errors import ConflictError, InputError, UnknownNameError
from chainring.contracts.model import Model
from chainring.contracts.verdict import Verdict
from chainring.ring import due as when
from chainring.ring import turn as ring_turn
from chainring.ring.built import CHAMPION, Built, built_of, current
from chainring.ring.steps import Made
from chainring.software import auditing

if TYPE_CHECKING:
    from chainring.software.api import Project

DIGITS = 12
"""By so many digits of its address a model is named."""


def promote(project: Project, model: str, *, by: str, reason: str) -> Deployment:
    """Make a judged model the champion although the gate held it; see `Project.promote`."""
    ring = project.ring
    address = _model(project, model)
    head, champion = current(ring)
    if champion is not None and champion.model == address:
        raise ConflictError(f"{model} is the champion already")
    built, verdict = _judged(project, model)
    ref = ring_turn.promote(ring, built, verdict, head, by=by, reason=f"override: {reason}")
    auditing.record(project, "promote", because=f"override by {by}", about=address)
    return decode(Deployment, ref.body)


def deployment_of(project: Project, model: str) -> Deployment:
    """Return what would be served of a judged model, without serving it."""
    built, verdict = _judged(project, model)
    found: Deployment = project.ring.runner.run(
        "deployment", built.forms, verdict, built.model
    ).noun
    return found


def _judged(project: Project, model: str) -> tuple[Built, Made[Verdict]]:
    ring, address = project.ring, _model(project, model)
    verdict = next(
        (
            Made(noun=verdict, execution=row)
            for row, verdict in reversed(when.verdicts(ring).items())
            if verdict.challenger == address
        ),
        None,
    )
    if verdict is None:
        raise InputError(f"{model} was never judged; run `chainring turn` first")
    return built_of(ring, address), verdict


def rollback(project: Project, *, to: int | None, by: str, reason: str) -> Deployment:
    """Serve an earlier version again; see `Project.rollback`."""
    ring = project.ring
    history = ring.ledger.ref_history(CHAMPION)
    if not history:
        raise InputError("no model serves yet; there is nothing to roll back")
    head = history[0]
    now = decode(Deployment, head.body)
    for ref in history[1:]:
        deployment = decode(Deployment, ref.body)
        if ref.number == to or (to is None and deployment.form != now.form):
            ring.runner.trees.open(deployment.form, fresh=True)
            because = f"{ring_turn.ROLLBACK} to version {ref.number}: {reason}"
            ring.ledger.append_ref(
                CHAMPION, deployment, expected=head.number, by=by, reason=because
            )
            because = f"to version {ref.number} by {by}"
            auditing.record(project, "rollback", because=because, about=deployment.model)
            return deployment
    raise UnknownNameError("version", str(to or "before"), [str(r.number) for r in history[1:]])


def _model(project: Project, name: str) -> str:
    rows = project.ring.ledger.all_lineage(step="model")
    known = [decode(Model, row.result).address for row in rows]
    found = [address for address in known if address == name or _short(address) == name[:DIGITS]]
    if not found:
        raise UnknownNameError("model", name, [_short(address) for address in known])
    return found[-1]


def _short(address: str) -> str:
    return address.partition(":")[2][:DIGITS]
