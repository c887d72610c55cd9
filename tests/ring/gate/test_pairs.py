from __future__ import annotations

from collections.abc import Callable

import pytest

from chainring.contracts.errors import InputError
from chainring.contracts.evaluation import Outcome
from chainring.ring.gate.pairs import checked, of_part, paired

MakeOutcome = Callable[..., Outcome]


def test_only_rows_that_both_judged_are_paired_whatever_their_order(outcome: MakeOutcome) -> None:
    challenger = [outcome("b", 1), outcome("a", 0), outcome("only now", 1)]
    champion = [outcome("only before", 1), outcome("a", 1), outcome("b", 0)]
    found = paired(challenger, champion)
    assert [(pair.now.row, pair.gain) for pair in found] == [("a", -1.0), ("b", 1.0)]


def test_all_faults_of_both_sheets_come_together(outcome: MakeOutcome) -> None:
    challenger = [outcome("a", 1), outcome("a", 0), outcome("b", 2.0), outcome("c", 1, truth="x")]
    champion = [outcome("a", 1), outcome("b", 1, part="exam"), outcome("c", 1, truth="y")]
    with pytest.raises(InputError) as raised:
        paired(challenger, champion)
    message = str(raised.value)
    assert "challenger, row a: judged 2 times" in message
    assert "challenger, row b: right 2.0 is not 0 to 1" in message
    assert "champion, row b: part 'exam' is none of suite, holdout, reacted" in message
    assert "row c: truth 'y' for the champion, 'x' now" in message
    assert "row b: part 'exam' for the champion, 'suite' now" in message
    assert "evaluate both again" in message


def test_parts_are_told_apart(outcome: MakeOutcome) -> None:
    rows = [outcome("a", 1), outcome("b", 1, part="holdout"), outcome("c", 1, part="reacted")]
    pairs = paired(rows, rows)
    assert [pair.now.row for pair in of_part(pairs, "holdout", "reacted")] == ["b", "c"]


def test_one_sheet_alone_is_checked_too(outcome: MakeOutcome) -> None:
    with pytest.raises(InputError, match="row a: judged 2 times"):
        checked([outcome("a", 1), outcome("a", 1)])
    assert [row.row for row in checked([outcome("b", 1), outcome("a", 1)])] == ["a", "b"]
