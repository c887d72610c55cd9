"""What a turn sees of the traffic log."""

from __future__ import annotations

from chainring.contracts.feedback import Feedback
from chainring.contracts.guard import Guard
from chainring.contracts.label import Label
from chainring.contracts.table import Table
from chainring.ring.snapshots import kept_answers, snapshot_feedback
from chainring.ring.steps import Made
from chainring.software.api import Project
from chainring.store.tables import read_table

TEXTS = [f"my {what} is {how}" for what in ("coat", "hat", "shoe", "scarf", "belt", "sock")
         for how in ("lost", "late", "too large", "too small", "torn")]  # fmt: skip


def rows(project: Project, made: Made[Table[Feedback]]) -> list[Feedback]:
    return list(read_table(Feedback, project.ring.runner.trees.open(made.noun.address)))


def test_an_answer_asked_through_a_key_has_no_author_and_one_of_a_user_keeps_it(
    project: Project,
) -> None:
    _, key = project.make_key("react", "web shop")
    asked = {
        author: {answer.id for answer in project.predict(texts, author=author)}
        for author, texts in ((key.id, TEXTS[::2]), ("ann", TEXTS[1::2]))
    }
    for item in project.review_items(limit=1000):
        if item.kind == "holdout":
            project.decide(item.id, decision="accept", by="reviewer")
    reviewed = project.ring.ledger.facts("label", Label)
    kept = kept_answers(
        project.ring, reviewed, Guard(redact=False, log="redacted", retention_s=1e6)
    )
    assert kept is not None
    for found in (rows(project, snapshot_feedback(project.ring, reviewed)), rows(project, kept)):
        authors = {row.prediction: row.author for row in found}
        assert {authors[one] for one in asked[key.id] if one in authors} == {""}
        assert {authors[one] for one in asked["ann"] if one in authors} == {"ann"}
