"""What `due` reads of log and ledger, and what the last turn knew of it already."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.ring.test_due import answers, correct, in_hours, last_turn, reviewed
from tests.statements import statements

from chainring.contracts.feedback import Feedback
from chainring.contracts.reaction import Reaction
from chainring.ring.drop import labelled_drop
from chainring.ring.due import due, new_corrections
from chainring.software.api import Project
from chainring.store import traffic
from chainring.store.traffic_rows import read_feedback


def react(project: Project, answer: str, kind: Any, value: str = "", consent: str = "") -> Feedback:
    given = Reaction(
        prediction=answer, kind=kind, value=value, consent=consent or "training", author=answer
    )
    return project.react(given)


def before_decisions_were_kept(project: Project) -> None:
    """Let the last turn be one of a version that did not say what it was told."""
    old = replace(last_turn(project), corrections="", labels=0)
    project.ring.ledger.add_fact("turn", old.id, old)


def test_of_labels_alone_what_says_no_label_is_not_read(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    rated, flagged, corrected = answers(project, 3, holdout=False)
    react(project, rated.id, "rating", "down")
    react(project, rated.id, "comment", "it is late")
    flag = react(project, flagged.id, "flag", "wrong")
    correct(project, [corrected])
    project.decide(flag.id, decision="change", value="size", by="ann")
    whole, read = read_feedback, set()

    def noted(*bodies: Any) -> Feedback:
        row = whole(*bodies)
        read.add(row.kind)
        return row

    monkeypatch.setattr(traffic, "read_feedback", noted)
    assert due(project.ring).corrections == 2
    assert read == {"correction", "flag"}


def test_a_refusal_in_a_rating_keeps_a_reviewed_answer_from_counting(project: Project) -> None:
    refused, silent = answers(project, 2, holdout=False)
    react(project, refused.id, "rating", "down", consent="refused")
    for one in (refused, silent):
        project.decide(one.id, decision="change", value="size", by="ann")
    assert due(project.ring).corrections == 1
    project.turn()
    react(project, refused.id, "confirmation")  # the refusal still comes first
    assert due(project.ring).corrections == 0


def test_a_refusal_in_a_comment_keeps_a_correction_by_another_from_counting(
    project: Project,
) -> None:
    refused, other = answers(project, 2, holdout=False)
    correct(project, [refused, other])
    said = Reaction(
        prediction=refused.id, kind="comment", value="no", consent="refused", author="asker"
    )
    project.react(said)
    assert due(project.ring).corrections == 1


def test_of_equal_words_of_one_author_that_counts_which_no_comment_refuses(
    project: Project,
) -> None:
    rows = answers(project, 3, holdout=False)  # all of one text
    correct(project, rows, author="bo")
    for expected, row in zip((1, 1, 0), rows, strict=True):
        react(project, row.id, "comment", "no", consent="refused")
        assert due(project.ring).corrections == expected


def test_a_word_counts_once_another_that_said_the_same_before_it_is_refused(
    project: Project,
) -> None:
    first, second = answers(project, 2, holdout=False)
    correct(project, [first, second], author="bo")
    project.turn()
    assert due(project.ring).corrections == 0
    react(project, first.id, "comment", "no", consent="refused")
    assert due(project.ring).corrections == 1
    project.turn()
    assert due(project.ring).corrections == 0


def test_a_refusal_that_a_comment_takes_back_keeps_nothing_from_counting(project: Project) -> None:
    """The turn reads all reactions, and teaches what others said of that answer, too."""
    back, refused = answers(project, 2, holdout=False)
    correct(project, [back, refused], consent="refused", author="ann")
    correct(project, [back, refused], author="bo")
    assert due(project.ring).corrections == 0
    said = Reaction(
        prediction=back.id, kind="comment", value="well, do", consent="training", author="ann"
    )
    project.react(said)
    assert due(project.ring).corrections == 1


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


def test_reviewed_answers_are_read_in_few_statements_however_many_there_are(
    project: Project,
) -> None:
    sent = []
    for wrong in (30, 100):
        reviewed(project, 0, wrong)
        with statements() as found:
            assert labelled_drop(project.ring) is not None
        sent.append(len(found))
    assert sent[0] == sent[1]


def test_reactions_to_what_was_reviewed_are_read_in_few_statements(project: Project) -> None:
    sent = []
    for count in (3, 30):
        for one in answers(project, count, holdout=True):
            project.decide(one.id, decision="accept", by="ann")
        with statements() as found:
            new_corrections(project.ring, last_turn(project))
        sent.append(len(found))
    assert sent[0] == sent[1]
