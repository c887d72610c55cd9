"""The course of a release: versions of the reference `release`, written by compare-and-append.

    ref, release = running(ring)
    begin(ring, candidate, stage="canary", by="gate", reason="better")
    settle(ring, ref, decision, by="canary")

Whoever writes holds the lease `release` for that moment and shows its fence; a server that lost it,
or looked at an older version, writes nothing. Promotion moves the reference `champion` first and
ends the release after: a process that dies between the two leaves a release whose candidate is the
champion, which the next one that looks ends. So it is with the case of one that ended badly.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from chainring.contracts.case import Case
from chainring.contracts.codec import decode
from chainring.contracts.deployment import Deployment
from chainring.contracts.errors import ConflictError, InputError
from chainring.contracts.ids import new_id
from chainring.contracts.release import Outcome, Release, Stage
from chainring.ring.built import CHAMPION, Ring, current, forgotten_of
from chainring.ring.release.evidence import Collector
from chainring.ring.release.judge import Decision, Evidence, decide
from chainring.ring.release.worth import worth_now
from chainring.ring.sentences import kept, say
from chainring.store.ledger import Lease, Ledger, Ref

RELEASE = "release"
WITHDRAWN: tuple[Outcome, ...] = ("rolled back", "stopped", "undecided", "cancelled")
BAD: tuple[Outcome, ...] = ("rolled back", "stopped")
"""What a person is told of: a case is opened."""
_LEASE_S = 30.0


def newest(ledger: Ledger) -> tuple[Ref | None, Release | None]:
    """Return the newest version of the reference and its release."""
    ref = ledger.ref(RELEASE)
    return ref, None if ref is None else decode(Release, ref.body)


def running(ring: Ring) -> tuple[Ref | None, Release | None]:
    """Return the reference and the release that runs over today's champion, if one does."""
    ref, release = newest(ring.ledger)
    head = ring.ledger.ref(CHAMPION)
    is_on = (
        release is not None
        and release.is_active
        and head is not None
        and head.number == release.champion_version
    )
    return ref, release if is_on else None


def begin(
    ring: Ring,
    candidate: Deployment,
    *,
    stage: Stage,
    by: str,
    reason: str,
    share: float | None = None,
    keys: Sequence[str] = (),
) -> Release:
    """Begin a release over today's champion.

    Raises
    ------
    ConflictError
        When another one runs, or somebody else just wrote.
    InputError
        When no champion serves, the candidate is the champion, or keys are missing.
    """
    head, champion = current(ring)
    if head is None or champion is None:
        raise InputError("no champion serves yet: run `chainring turn`, its first model needs none")
    if champion.model == candidate.model:
        raise InputError("this model is the champion already; there is nothing to release")
    if stage == "keys" and not keys:
        raise InputError("name the ids of the keys that the candidate answers (`chainring keys`)")
    tidy(ring)  # one over an earlier champion is told as over before another begins
    now = time.time()
    release = Release(
        id=new_id("rel", now=now),
        app=ring.app,
        stage=stage,
        candidate=candidate,
        champion=champion.model,
        champion_version=head.number,
        at=now,
        since=now,
        share=ring.recipe.release.share if share is None else share,
        keys=tuple(keys),
        worth=worth_now(ring, candidate, now=now),
    )
    with ring.ledger.lease(RELEASE, ttl_s=_LEASE_S) as lease:
        ref, other = running(ring)
        if other is not None:
            raise ConflictError(
                f"release {other.id} runs already ({other.stage}); end it first with "
                "`chainring release --stop`"
            )
        _write(ring, ref, release, by=by, reason=reason, lease=lease)
    return release


def settle(ring: Ring, ref: Ref, decision: Decision, *, by: str) -> Release | None:
    """Do what a decision on version `ref` says; None where it says to wait.

    Raises
    ------
    ConflictError
        When another process decided meanwhile: what it wrote stands.
    """
    release = decode(Release, ref.body)
    if decision.action == "wait":
        return None
    with ring.ledger.lease(RELEASE, ttl_s=_LEASE_S) as lease:
        _require_newest(ring, ref)
        if decision.action == "canary":
            after = replace(release, stage="canary", since=time.time())
            _write(ring, ref, after, by=by, reason=decision.because, lease=lease)
            return after
        if decision.action == "promote":
            ring.ledger.append_ref(
                CHAMPION,
                release.candidate,
                expected=release.champion_version,
                by=by,
                reason=say("by release", reason=decision.because),
                lease=lease,
            )
        outcome = _OUTCOMES[decision.action]
        return _end(ring, ref, release, outcome, decision.because, by=by, lease=lease)


def look(ring: Ring, collector: Collector, *, by: str) -> Release | None:
    """Collect the evidence of the release that runs and do what it says; None where nothing."""
    ref, release = running(ring)
    if ref is None or release is None or release.id != collector.release.id:
        return None
    settings = ring.recipe.release
    collector.release = release
    evidence = collector.collect(ring)
    if evidence.shares:
        ref, release = _fixed(ring, ref, release, evidence, by=by)
    decision = decide(release, evidence, settings=settings, now=time.time())
    if any(act.at >= release.at for act in forgotten_of(ring, release.candidate.model)):
        decision = Decision(action="stop", because=say("learnt"))
    return settle(ring, ref, decision, by=by)


def _fixed(
    ring: Ring, ref: Ref, release: Release, evidence: Evidence, *, by: str
) -> tuple[Ref, Release]:
    """Write down how common labels are: the bets from now on are made on it.

    A review that is corrected, comes late or is forgotten would else change what they weigh.
    """
    shares, counted = dict(evidence.shares), evidence.counted
    fixed = replace(release, worth=replace(release.worth, shares=shares), counted=counted)
    with ring.ledger.lease(RELEASE, ttl_s=_LEASE_S) as lease:
        _require_newest(ring, ref)
        because = say("counted", reviews=len(counted))
        return _write(ring, ref, fixed, by=by, reason=because, lease=lease), fixed


def enter(ring: Ring, candidate: Deployment, *, by: str, reason: str) -> str:
    """Begin the release that the recipe asks of a better model; return what to say of it."""
    through = ring.recipe.release.through
    assert through != "at once"
    _, other = running(ring)
    if other is not None:
        if other.candidate.model == candidate.model:
            return say("runs", release=other.id, stage=other.stage)
        return say("other runs", release=other.id)
    release = begin(ring, candidate, stage=through, by=by, reason=reason)
    return say("begins", reason=reason, release=release.id, stage=release.stage)


def cancel(ring: Ring, *, by: str, reason: str) -> Release:
    """End the release that runs: the champion answers everybody again, at once."""
    ref, release = running(ring)
    if ref is None or release is None:
        raise InputError("no release runs; there is nothing to stop")
    with ring.ledger.lease(RELEASE, ttl_s=_LEASE_S) as lease:
        return _end(ring, ref, release, "cancelled", reason, by=by, lease=lease)


def tidy(ring: Ring) -> Release | None:
    """End a release whose champion moved on; return it, or None where all is in order.

    One that ended badly and was killed just then gets its case.
    """
    ref, release = newest(ring.ledger)
    head, champion = current(ring)
    if release is not None and _lacks_case(ring, release):
        with ring.ledger.lease(RELEASE, ttl_s=_LEASE_S):
            if _lacks_case(ring, release):
                _open_case(ring, release)
    if ref is None or release is None or head is None or champion is None:
        return None
    if not release.is_active or head.number == release.champion_version:
        return None
    is_in = champion.model == release.candidate.model
    outcome: Outcome = "promoted" if is_in else "superseded"
    because = kept(head.reason) if is_in else say("superseded", version=head.number)
    with ring.ledger.lease(RELEASE, ttl_s=_LEASE_S) as lease:
        return _end(ring, ref, release, outcome, because, by=head.by, lease=lease)


def turned_down(ledger: Ledger) -> dict[str, float]:
    """Return the models whose release ended without promotion, with the moment it did."""
    found = {}
    for ref in reversed(ledger.ref_history(RELEASE)):
        release = decode(Release, ref.body)
        if release.outcome in WITHDRAWN:
            found[release.candidate.model] = ref.at
    return found


_OUTCOMES: dict[str, Outcome] = {
    "promote": "promoted",
    "roll back": "rolled back",
    "stop": "stopped",
    "undecided": "undecided",
}


def _end(
    ring: Ring, ref: Ref, release: Release, outcome: Outcome, because: str, *, by: str, lease: Lease
) -> Release:
    ended = replace(release, stage="ended", outcome=outcome, because=because)
    _write(
        ring, ref, ended, by=by, reason=say("ended", outcome=outcome, because=because), lease=lease
    )
    if outcome in BAD:
        _open_case(ring, ended)
    return ended


def _lacks_case(ring: Ring, release: Release) -> bool:
    is_bad = release.outcome in BAD
    return is_bad and ring.ledger.fact("case", _case_of(release), Case) is None


def _case_of(release: Release) -> str:
    return f"case_{release.id.rpartition('_')[2]}"


def _open_case(ring: Ring, release: Release) -> None:
    case = Case(
        id=_case_of(release),
        app=ring.app,
        kind="release",
        opened_by=release.id,
        at=time.time(),
        because=say("ended", outcome=release.outcome, because=release.because),
    )
    ring.ledger.add_once("case", case.id, case, about=release.id)


def _require_newest(ring: Ring, ref: Ref) -> None:
    """Refuse a decision on a version that is not the newest; to be asked under the lease."""
    newer, release = newest(ring.ledger)
    if newer is None or release is None or newer.number == ref.number:
        return
    raise ConflictError(
        f"release {release.id} is {release.outcome or release.stage} since version "
        f"{newer.number}, by {newer.by!r}; the evidence was for version {ref.number}, so nothing "
        "was written. Look at `chainring release`"
    )


def _write(
    ring: Ring, ref: Ref | None, release: Release, *, by: str, reason: str, lease: Lease
) -> Ref:
    expected, ledger = 0 if ref is None else ref.number, ring.ledger
    return ledger.append_ref(RELEASE, release, expected=expected, by=by, reason=reason, lease=lease)
