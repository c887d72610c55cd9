"""The nearest rows against likeness that anybody sees."""

from __future__ import annotations

import dataclasses

import pytest
from tests.training.conftest import make_row

from chainring.contracts.dataset import Row
from chainring.contracts.tasks import TASKS
from chainring.text.chat import conversation
from chainring.training.study.near import nearest

FACTS = TASKS["classification"]
ROWS = [
    make_row("where is my parcel", "parcel"),
    make_row("I want my money back", "refund"),
    make_row("我的包裹到哪了", "parcel", "zh"),
]


@pytest.mark.parametrize(
    ("text", "place"), [("is my parcel here", 0), ("包裹到哪", 2), ("the money please", 1)]
)
def test_the_row_with_the_same_words_is_the_nearest(text: str, place: int) -> None:
    assert nearest(ROWS, [make_row(text, "")], facts=FACTS)[0][0].row == ROWS[place].id


def test_a_row_is_wholly_like_itself_and_not_like_what_shares_nothing() -> None:
    found = nearest(ROWS, [ROWS[0], make_row("退货", "")], facts=FACTS)
    assert found[0][0].likeness == 1.0
    assert found[1] == ()


def test_of_no_rows_none_is_near() -> None:
    assert nearest([], ROWS[:1], facts=FACTS) == [()]
    assert nearest(ROWS, [], facts=FACTS) == []


def test_what_has_no_term_is_near_to_nothing() -> None:
    thumb, monkey = make_row("👍", "refund"), make_row("🙈", "")
    assert nearest([*ROWS, thumb], [monkey, ROWS[0]], facts=FACTS, count=1)[0] == ()
    assert nearest([thumb], [monkey, ROWS[0]], facts=FACTS) == [(), ()]


def asked(text: str) -> Row:
    """Return a conversation that begins as all of a shop do."""
    system = {"role": "system", "content": "You help the customers of a shop. Be short and polite."}
    return make_row(conversation([system, {"role": "user", "content": text}]), "")


def test_of_conversations_what_is_said_is_compared_and_not_how_it_is_wrapped() -> None:
    rows = [asked("where is my parcel"), asked("the weather is nice today")]
    facts = TASKS["dialogue"]
    ((found,),) = nearest(rows, [asked("is my parcel here")], facts=facts, count=1)
    assert (found.row, found.label) == (rows[0].id, "")
    assert nearest(rows, [asked("zebra")], facts=facts) == [()]


def test_of_preferences_the_prompts_are_compared_and_not_what_was_not_wanted() -> None:
    no = "go away, and do not come back"
    first = dataclasses.replace(make_row("where is my parcel", ""), pair=no)
    other = dataclasses.replace(make_row("I want my money back", ""), pair="certainly")
    like = dataclasses.replace(make_row("the money please", ""), pair=no)
    (found,) = nearest([first, other], [like], facts=TASKS["preference"])
    assert found[0].row == other.id
