from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chainring.contracts.codec import decode
from chainring.contracts.deployment import Deployment
from chainring.contracts.errors import InputError
from chainring.software.api import Project

REASON = "customers complain"


def promoted(project: Project, **changed: Any) -> Deployment:
    """Put another deployment above the champion, as the gate does."""
    history = project.ring.ledger.ref_history("champion")
    made = replace(decode(Deployment, history[0].body), **changed)
    project.ring.ledger.append_ref(
        "champion", made, expected=history[0].number, by="gate", reason="better"
    )
    return made


def test_a_second_rollback_passes_over_what_the_first_one_took_away(
    grown_project: Project,
) -> None:
    versions = grown_project.ring.ledger.ref_history("champion")[::-1]
    first, second = (decode(Deployment, ref.body) for ref in versions)
    promoted(grown_project, model="blake2b:" + "3" * 64, form="blake2b:" + "4" * 64)
    assert grown_project.rollback(by="bo", reason=REASON) == second
    assert grown_project.rollback(by="bo", reason=REASON) == first
    with pytest.raises(InputError, match="--to` names the one that is to serve: versions 4, 3, 2"):
        grown_project.rollback(by="bo", reason=REASON)
    assert grown_project.rollback(to=2, by="bo", reason="it was the network") == second


def test_another_form_of_the_same_model_is_passed_over_once_it_was_taken_away(
    grown_project: Project,
) -> None:
    versions = grown_project.ring.ledger.ref_history("champion")[::-1]
    first, second = (decode(Deployment, ref.body) for ref in versions)
    promoted(grown_project, form="blake2b:" + "4" * 64)
    assert grown_project.rollback(by="bo", reason=REASON) == second
    assert grown_project.rollback(by="bo", reason=REASON) == first
