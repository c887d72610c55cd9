"""Who serves, decided by a person: a held model is promoted, an earlier one is served again.

promote(project, "3f2a9c81d0e7", by="ann", reason="the suite is old")
rollback(project, to=None, by="ann", reason="customers complain")
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from chainring.contracts.codec import decode
from chainring.contracts.deployment import Deployment
from chainring.contracts.errors import ConflictError, InputError, UnknownNameError
from chainring.contracts.model import Model
from chainring.contracts.verdict import Verdict
from chainring.ring import due as when
from chainring.ring import turn as ring_turn
from chainring.ring.built import CHAMPION, Built, Ring, built_of, current
from chainring.ring.sentences import say
from chainring.ring.steps import Made
from chainring.software.telling.unserved import DIGITS, short
from chainring.software.verbs import auditing, releases
from chainring.store.ledger import Ref

if TYPE_CHECKING:
    from chainring.software.api import Project


def promote(project: Project, model: str, *, by: str, reason: str) -> Deployment:
    """Make a judged model the champion although the gate held it; see `Project.promote`."""
    ring = project.ring
    _end_releases(project)
    address = _model(project, model)
    head, champion = current(ring)
    if champion is not None and champion.model == address:
        raise ConflictError(f"{model} is the champion already")
    built, verdict = _judged(project, model)
    ref = ring_turn.promote(
        ring, built, verdict, head, by=by, reason=say("override", reason=reason)
    )
    auditing.record(project, "promote", because=f"override by {by}", about=address)
    return decode(Deployment, ref.body)


def _end_releases(project: Project) -> None:
    """Keep what a server promoted and died over, while it is still the champion."""
    with suppress(ConflictError):  # a server ends it in this moment
        releases.tidy(project)


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
        raise InputError(
            f"{model} was never judged by the gate (a placebo never is); `chainring promote` takes "
            "a challenger of a turn"
        )
    return built_of(ring, address), verdict


def rollback(project: Project, *, to: int | None, by: str, reason: str) -> Deployment:
    """Serve an earlier version again; see `Project.rollback`."""
    ring = project.ring
    _end_releases(project)
    history = ring.ledger.ref_history(CHAMPION)
    if not history:
        raise InputError("no model serves yet; there is nothing to roll back")
    found = _before(ring, history) if to is None else _numbered(history, to)
    deployment = decode(Deployment, found.body)
    ring.runner.trees.open(deployment.form, fresh=True)
    told = say("rolled back to", version=found.number, reason=reason)
    ring.ledger.append_ref(CHAMPION, deployment, expected=history[0].number, by=by, reason=told)
    because = f"to version {found.number} by {by}"
    auditing.record(project, "rollback", because=because, about=deployment.model)
    return deployment


def _numbered(history: list[Ref], number: int) -> Ref:
    for ref in history[1:]:
        if ref.number == number:
            return ref
    raise UnknownNameError("version", str(number), [str(ref.number) for ref in history[1:]])


def _before(ring: Ring, history: list[Ref]) -> Ref:
    """Return the last version of another form that nobody rolled back from since."""
    told = {ref.number: decode(Deployment, ref.body) for ref in history}
    now, numbers = told[history[0].number], [str(ref.number) for ref in history[1:]]
    others = [ref for ref in history[1:] if told[ref.number].form != now.form]
    if not others:
        raise InputError(
            "every version served the same model; there is no earlier one to go back to"
        )
    models, away = ring_turn.withdrawn(ring.ledger), _taken_away(history)
    for ref in others:
        if told[ref.number].model not in models and told[ref.number].form not in away:
            return ref
    raise InputError(
        "every other version was rolled back from, or its release ended; `--to` names the one that "
        f"is to serve: versions {', '.join(numbers)}"
    )


def _taken_away(history: list[Ref]) -> set[str]:
    """Return the forms that were rolled back from and did not serve again."""
    away: set[str] = set()
    before = ""
    for ref in reversed(history):
        form = decode(Deployment, ref.body).form
        if ref.reason.startswith(ring_turn.ROLLBACK):
            away.add(before)
        away.discard(form)
        before = form
    return away


def _model(project: Project, name: str) -> str:
    rows = project.ring.ledger.all_lineage(step="model")
    known = [decode(Model, row.result).address for row in rows]
    found = [address for address in known if address == name or short(address) == name[:DIGITS]]
    if not found:
        judged = {verdict.challenger for verdict in when.verdicts(project.ring).values()}
        names = [short(address) for address in known if address in judged]
        raise UnknownNameError("model", name, names)
    return found[-1]
