"""What is said while nothing serves yet: also where the gate held the first model."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from tests.software.conftest import refused

from chainring.contracts.codec import encode
from chainring.contracts.verdict import Check, Verdict
from chainring.software.api import Project
from chainring.software.telling.results import tell_status, tell_why
from chainring.software.telling.unserved import unserved

MODEL = "blake2b:" + "3" * 64
HELD = Verdict(
    app="shop",
    challenger=MODEL,
    champion=None,
    suite="",
    value="no measurable difference",
    promote=False,
    pooled=None,
    checks=(
        Check(name="better", holds=False, because="no better than the commonest label"),
        Check(name="must", holds=True, because="fine"),
    ),
)


@pytest.fixture
def held(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project whose only turn was held: no champion, and a verdict that says why."""
    ledger: Any = project.ring.ledger
    asked = ledger.all_lineage
    row = dataclasses.replace(asked(step="verdict")[-1], result=encode(HELD))
    monkeypatch.setattr(
        type(ledger),
        "all_lineage",
        lambda self, **more: [row] if more.get("step") == "verdict" else asked(**more),
    )
    monkeypatch.setattr(type(ledger), "ref", lambda self, name: None)
    return project


def test_a_first_model_that_was_held_is_named_with_the_way_on(held: Project) -> None:
    said = unserved(held.ring)
    assert "the gate held 333333333333 (no better than the commonest label)" in said
    assert "chainring promote 333333333333 --reason" in said
    assert said in next(iter(tell_status(held.status())))
    with pytest.raises(Exception, match="the gate held 333333333333"):
        held.predict(["Where is my parcel?"])


def test_before_any_turn_a_turn_is_the_way_on(untouched: Any) -> None:
    assert refused("predict", "hi", "-p", str(untouched)) == (
        "no model serves yet; run `chainring turn` first"
    )


def test_why_names_a_record_that_is_not_known_here_without_papers(project: Project) -> None:
    (answered,) = project.predict(["Where is my parcel?"])
    found = project.why(answered.id)
    found["answer"] |= {"read_from": {"id": "rec_1"}}
    assert "  read off rec_1, which is not known here" in list(tell_why(found))
    found["answer"]["read_from"] |= {"source": "a.jsonl", "licence": "CC0"}
    assert "  read off rec_1 [a.jsonl, CC0]" in list(tell_why(found))


def test_why_shows_what_was_written_where_there_is_no_label(project: Project) -> None:
    (answered,) = project.predict(["Where is my parcel?"])
    found = project.why(answered.id)
    found["answer"] |= {"label": "", "output": "The parcel\n is on its way. " + "x" * 400}
    (line,) = [line for line in tell_why(found) if line.startswith("  said")]
    assert line.startswith("  said     The parcel is on its way. xxx")
    assert line.count("x") < 400
    del found["answer"]["output"]
    assert "  said     (withheld) (" in "\n".join(tell_why(found))
