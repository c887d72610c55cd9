"""Whom `forget` means by a name: in whatever dress it came, and each name told that nobody has."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.software.conftest import opened

from chainring.contracts.errors import UnknownNameError
from chainring.contracts.ids import new_id
from chainring.contracts.prediction import Prediction
from chainring.contracts.reaction import Reaction
from chainring.software.api import Project
from chainring.software.verbs.receipts import tell_receipt

DRESSES = ("zoé", "ｚｏé", " zoé ", "zoe\u0301")


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    folder = tmp_path / "shop"
    Project.init(folder).close()
    with opened(folder) as found:
        yield found


def asked(project: Project, author: str, text: str) -> str:
    """Store what somebody asked and what they said of the answer, as a server would."""
    name = new_id("pred")
    row = Prediction(
        id=name, app=project.app, model="blake2b:" + "0" * 64, form="exact", label="parcel",
        confidence=0.9, passed_on=False, language="en", request=f"blake2b:{name}", group=name,
        holdout=False, at=time.time(), author=author,
    )  # fmt: skip
    project.ring.traffic.commit([(row, text)], [])
    said = Reaction(prediction=name, kind="comment", value=f"comment on {text}", author=author)
    project.react(said)
    return name


def left(project: Project) -> set[str]:
    """Return the texts and comments that the log still holds."""
    traffic = project.ring.traffic
    said = {one.comment or one.value for one in traffic.feedback()}
    return {text for one in traffic.predictions() if (text := traffic.text(one.id))} | said - {""}


def test_what_somebody_asked_and_said_goes_in_whatever_dress_their_name_came(
    project: Project,
) -> None:
    for number, name in enumerate((*DRESSES, "Zoé", "zoéy", "佐伊")):
        asked(project, name, f"the amber heron number {number}")
    act = project.forget(author=["ｚoé"], reason="asked").act
    assert (len(act.predictions), len(act.feedback)) == (4, 4)
    assert {text for text in left(project) if int(text[-1]) < 4} == set()
    assert {text for text in left(project) if int(text[-1]) >= 4} == {
        f"{said}the amber heron number {number}"
        for said in ("", "comment on ")
        for number in (4, 5, 6)
    }
    with pytest.raises(UnknownNameError, match="author"):
        project.forget(author=["zoé"], reason="asked")


def test_each_author_that_nobody_here_is_is_told(project: Project) -> None:
    (project.folder / "data" / "a.jsonl").write_text(
        json.dumps({"text": "a parcel", "label": "parcel", "subject": "ann"}), encoding="utf-8"
    )
    asked(project, "zoe", "the amber heron")
    receipt = project.forget(author=["zoe", "zoee"], subject=["noone"], dry_run=True)
    told = "\n".join(tell_receipt(receipt, dry_run=True))
    assert (receipt.unmet, receipt.unmet_authors) == (("noone",), ("zoee",))
    assert "nobody here is called 'zoee' as an author" in told
    assert "'zoe' " not in told
    with pytest.raises(UnknownNameError, match="zoee"):
        project.forget(author=["zoee", "zoeee"], dry_run=True)
