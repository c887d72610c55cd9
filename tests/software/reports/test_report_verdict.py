"""The verdict in the report: lost rows with texts for who may see them, digests cut."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chainring.contracts.codec import decode
from chainring.contracts.dataset import Dataset
from chainring.contracts.evaluation import Outcome
from chainring.contracts.verdict import Verdict
from chainring.software.api import Project
from chainring.software.reports.history import evaluations
from chainring.software.reports.report_verdict import verdict_cards
from chainring.software.reports.report_words import words
from chainring.software.verbs.auditing import looking
from chainring.store.tables import read_rows, read_table


@pytest.mark.parametrize("texts", [True, False])
def test_lost_rows_stand_with_their_texts_where_they_may_be_seen(
    grown_project: Project, texts: bool
) -> None:
    project, trees = grown_project, grown_project.ring.runner.trees
    made = project.ring.ledger.all_lineage(step="verdict")[-1]
    verdict = decode(Verdict, made.result)
    judged = evaluations(project, made)[verdict.challenger]
    outcome = next(iter(read_table(Outcome, trees.open(judged.address))))
    dataset = decode(Dataset, project.ring.ledger.all_lineage(step="dataset")[-1].result).address
    (row,) = [one for one in read_rows(trees.open(dataset)) if one.id == outcome.row]
    lost = replace(verdict, negative_flips=(outcome.row,))
    say = words("en", "classification")
    with looking(project, "report", texts=texts) as sight:
        page = "".join(verdict_cards(project, made, lost, say, sight=sight))
    assert "Right before, wrong now" in page
    assert outcome.row in page
    assert outcome.label in page
    assert (row.text[:12] in page) == texts
    assert "blake2b:" not in page
