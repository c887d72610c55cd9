"""Releases at a project: begin one, look at its evidence, stop it.

begin(project, "3f2a9c81d0e7", stage="canary", share=0.1, keys=(), by="ann", reason="the new one")
standing(project)["because"]
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, get_args

from chainring.contracts.access import RING, Who
from chainring.contracts.codec import decode, plain
from chainring.contracts.errors import InputError, did_you_mean
from chainring.contracts.release import Release, Stage
from chainring.ring.built import current
from chainring.ring.release import course
from chainring.ring.release.evidence import Collector
from chainring.ring.release.judge import decide
from chainring.software.verbs import auditing

if TYPE_CHECKING:
    from chainring.software.api import Project

STAGES: tuple[Stage, ...] = get_args(Stage)[:-1]
SERVERS = ("release", "server")
"""Who moves the champion without a person: a look at a release, and a decision of a server."""
_SHOWN = 20


def begin(
    project: Project,
    model: str,
    *,
    stage: str,
    share: float | None,
    keys: Sequence[str],
    by: str,
    reason: str,
    who: Who | None = None,
) -> Release:
    """Begin the release of a judged model; see `ReleaseVerbs.begin`.

    `who` is kept in the audit; None: the owner. A rotated key is written down as the first that it
    replaces, so that it stays named when it is rotated again.
    """
    from chainring.software.verbs.champions import deployment_of

    faults = (
        [] if stage in STAGES else [f"stage: {stage!r} is unknown{did_you_mean(stage, STAGES)}"]
    )
    if share is not None and not 0.0 < share < 1.0:
        faults.append(f"share: {share} is not between 0 and 1")
    known = {key.id: key.meter or key.id for key in project.keys()}
    faults += [f"keys: {key!r} is no key{did_you_mean(key, known)}" for key in {*keys} - {*known}]
    if faults:
        raise InputError("the release cannot begin", faults=faults)
    candidate = deployment_of(project, model)
    tidy(project)  # what a server did that died is kept before another begins over it
    release = course.begin(
        project.ring,
        candidate,
        stage=next(name for name in STAGES if name == stage),
        by=by,
        reason=reason,
        share=share,
        keys=tuple(dict.fromkeys(known[key] for key in keys)),
    )
    because = f"begun by {by}: {stage}"
    auditing.record(project, "release", who=who, because=because, about=release.id)
    return release


def stop(project: Project, *, by: str, reason: str, who: Who | None = None) -> Release:
    """End the release that runs; the champion answers everybody again."""
    ended = course.cancel(project.ring, by=by, reason=reason)
    auditing.record(project, "release", who=who, because=f"stopped by {by}", about=ended.id)
    return ended


def tidy(project: Project) -> None:
    """End a release whose champion moved on; what a server did that died then gets its act."""
    done = course.tidy(project.ring)
    head, _ = current(project.ring)
    if done is not None and done.outcome == "promoted" and head is not None and head.by in SERVERS:
        noted(project, done)


def noted(project: Project, done: Release | None) -> None:
    """Keep as an act what a server decided of a release by itself: a promotion, a stage, an end."""
    if done is None:
        return
    is_in = done.outcome == "promoted"
    because = f"release {done.id}: {done.outcome or done.stage}"
    auditing.record(
        project,
        "promote" if is_in else "release",
        who=RING,
        because=because,
        about=done.candidate.model if is_in else done.id,
    )


def standing(project: Project, kept: dict[str, Collector] | None = None) -> dict[str, Any]:
    """Return the release that runs with what is known of it, and those before it.

    `kept` holds what was collected of each release, for whoever asks again and again.
    """
    ring = project.ring
    _, release = course.running(ring)
    return {
        "release": None
        if release is None
        else _shown(project, release, {} if kept is None else kept),
        "earlier": [
            shown(one) | {"ended": ref.at}
            for ref in ring.ledger.ref_history(course.RELEASE, limit=10 * _SHOWN)
            if not (one := decode(Release, ref.body)).is_active
        ][:_SHOWN],
    }


def _shown(project: Project, release: Release, kept: dict[str, Collector]) -> dict[str, Any]:
    ring = project.ring
    collector = kept.setdefault(release.id, Collector(release))
    collector.release = release
    evidence = collector.collect(ring)
    decision = decide(release, evidence, settings=ring.recipe.release, now=time.time())
    counts = {
        name: {value: count for value, count in sorted(found.items())}
        for name, found in plain(evidence).items()
        if isinstance(found, dict)
    }
    return shown(release) | {
        "measure": release.worth.measure.name,
        "action": decision.action,
        "because": decision.because,
        "answers": evidence.answers,
        "shadows": evidence.shadows,
        "labels": evidence.labels,
        "unpaired": evidence.unpaired,
        "counts": counts,
    }


def shown(release: Release) -> dict[str, Any]:
    """Return a release with its model alone; of what was counted the number, which says enough."""
    told: dict[str, Any] = plain(release)
    return told | {"candidate": release.candidate.model, "counted": len(release.counted)}
