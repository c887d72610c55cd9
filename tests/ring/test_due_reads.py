"""What `due` reads of log and ledger, and what the last turn knew of it already."""

from __future__ import annotations

from dataclasses import replace

from tests.ring.test_due import answers, correct, in_hours, last_turn, reviewed

from chainring.ring.due import due, labelled_drop
from chainring.software.api import Project


def before_decisions_were_kept(project: Project) -> None:
    """Let the last turn be one of a version that did not say what it was told."""
    old = replace(last_turn(project), corrections="", labels=0)
    project.ring.ledger.add_fact("turn", old.id, old)


def test_a_decision_before_the_upgrade_is_not_new_and_one_after_it_is(project: Project) -> None:
    first, second = correct(project, answers(project, 2, holdout=False))
    project.decide(first.id, decision="accept", by="ann")
    project.turn()
    before_decisions_were_kept(project)
    assert due(project.ring).corrections == 0
    project.decide(second.id, decision="accept", by="ann")
    assert due(project.ring).corrections == 1


def test_a_drop_before_the_upgrade_has_had_its_turn(project: Project) -> None:
    reviewed(project, 0, 30)
    project.turn()
    before_decisions_were_kept(project)
    assert labelled_drop(project.ring) is not None
    assert "labelled drop: " not in due(project.ring, now=in_hours(project, 7)).because
