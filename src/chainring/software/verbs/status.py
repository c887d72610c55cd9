"""How a project stands: who serves, what traffic there was, what waits for a turn.

status(project)["champion"]["version"]
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from chainring.contracts.case import Case
from chainring.contracts.deployment import Deployment
from chainring.contracts.forms import Forms
from chainring.ring.built import current, forms_of
from chainring.ring.due import Due
from chainring.ring.due import due as due_of
from chainring.ring.sentences import kept
from chainring.ring.turn import Turn
from chainring.ring.why import forgotten
from chainring.software.package import origin
from chainring.software.telling.sentences import say
from chainring.software.telling.unserved import unserved
from chainring.store.ledger import Ref

if TYPE_CHECKING:
    from chainring.software.api import Project


def status(project: Project) -> dict[str, Any]:
    """Return what `chainring status` tells."""
    ring = project.ring
    head, deployment = current(ring)
    turns, waits = ring.ledger.facts("turn", Turn), due(project)
    traffic = ring.traffic.counts()
    last = {"outcome": turns[-1].outcome, "at": turns[-1].started} if turns else None
    return {
        "app": project.app,
        "champion": _champion(project, head, deployment),
        "unserved": "" if head is not None else unserved(ring),
        "turns": sum(bool(turn.verdict) for turn in turns),  # as the report and its page count
        "last_turn": last,
        "traffic": traffic,
        "orphans": ring.traffic.orphan_count(),
        "open_cases": sum(case.state == "open" for case in ring.ledger.facts("case", Case)),
        "due": waits.due,
        "because": waits.because,
        "unlearnt": _unlearnt(project),
        "package": _package(project, traffic),
    }


def _unlearnt(project: Project) -> str:
    """Return why no reaction to a new answer teaches, if so."""
    privacy = project.ring.recipe.privacy
    return "" if privacy.keeps_texts else say("keeps no texts", log=privacy.log)


def untold(found: dict[str, Any]) -> dict[str, Any]:
    """Return a status without what counts rows that teach: of an answer of the hold-out is none.

    Who corrects an answer of their own and sees one more wait, or go, knows that it does not judge.
    """
    champion = {k: v for k, v in (found["champion"] or {}).items() if k != "forgotten"}
    told = {name: value for name, value in found.items() if name not in ("due", "because")}
    return told | {"champion": champion or None}


def _package(project: Project, traffic: Mapping[str, int]) -> dict[str, Any] | None:
    """Return of a packaged project what it is, and how many reactions it keeps for nobody."""
    own = origin.brought(project.folder)
    if own is None:
        return None
    said = sum(count for kind, count in traffic.items() if kind not in ("predictions", "passed_on"))
    return {"id": own.id, "beside": origin.beside(project), "reactions": said}


def due(project: Project) -> Due:
    """Say whether a turn is due, and why; a package is never turned."""
    if origin.brought(project.folder) is not None:
        return Due(due=False, because=say("package"))
    return due_of(project.ring)


def _champion(
    project: Project, head: Ref | None, deployment: Deployment | None
) -> dict[str, Any] | None:
    if head is None or deployment is None:
        return None
    gone = forgotten(project.ring, deployment.model)
    forms = forms_of(project.ring, deployment.model)
    return {
        "model": deployment.model,
        "form": deployment.form_name,
        "engine": deployment.engine,
        "version": head.number,
        "since": head.at,
        "by": head.by,
        "because": kept(head.reason),
        "measure": deployment.measure,
        "forgotten": sum(one["rows"] for one in gone),
        "form_because": forms.noun.because if forms else "",
        "forms": _forms(forms.noun) if forms else [],
    }


def _forms(forms: Forms) -> list[dict[str, Any]]:
    """Return each form that was tried or left out, with the reason."""
    tried = [
        {
            "form": form.name,
            "engine": form.engine,
            "accepted": form.accepted,
            "texts_per_s": form.texts_per_s,
            "because": form.because,
        }
        for form in forms.forms
    ]
    left_out = [
        {"form": name, "engine": "", "accepted": False, "texts_per_s": 0.0, "because": because}
        for name, because in forms.left_out.items()
    ]
    return tried + left_out
