"""What counts: the first of a run of near-duplicates, and how often does not hang on the time."""

from __future__ import annotations

from collections.abc import Iterable

from chainring.deployment.drift.recent import MOST, Recent, recent_of
from chainring.deployment.drift.seen import Seen


def asked(groups: Iterable[str]) -> list[Seen]:
    return [
        Seen(
            id=f"pred_{number}", group=group, label="refund", confidence=0.9, passed_on=False,
            language="zh", tie=0.5,
        )
        for number, group in enumerate(groups)
    ]  # fmt: skip


def counted(recent: Recent, groups: Iterable[str]) -> list[bool]:
    return [recent.counts(row) for row in asked(groups)]


def test_a_group_counts_again_once_enough_others_were_asked() -> None:
    assert counted(Recent(2), "aabacba") == [True, False, True, False, True, True, True]


def test_a_robot_counts_once_and_changes_nothing_for_others() -> None:
    others = [str(number) for number in range(200)]
    robot = [group for other in others for group in ("robot", other, "robot")]
    found = counted(recent_of(asked(others)), robot)
    assert [found.index(True), sum(found[0::3]), sum(found[2::3])] == [0, 1, 0]
    assert all(found[1::3])


def test_an_answer_without_a_group_always_counts() -> None:
    assert counted(Recent(MOST), [""] * 5) == [True] * 5


def test_as_many_answers_count_early_as_late() -> None:
    rows = asked(str(number % 80) for number in range(800))
    recent = recent_of(rows)
    assert recent.size == 80 // 4
    assert all(recent.counts(row) for row in rows)


def test_where_few_questions_are_asked_some_of_them_still_count() -> None:
    for kinds in range(1, 12):
        rows = asked(str(number * number % kinds) for number in range(100))
        recent = recent_of(rows)
        assert any([recent.counts(row) for row in rows])


def test_however_many_groups_are_asked_fifty_are_remembered() -> None:
    assert recent_of(asked(str(number) for number in range(1000))).size == 50


def test_what_was_asked_last_of_the_first_answers_does_not_count_anew() -> None:
    assert counted(recent_of(asked("abcdefgh")), "ghab") == [False, False, True, True]
