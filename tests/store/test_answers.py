"""Answers as they came, on both databases: seen once each, shadows asked for by name."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import cast

import pytest
import sqlalchemy as sa

from chainring.contracts.guard import FORGOTTEN
from chainring.contracts.ids import new_id
from chainring.contracts.prediction import Prediction, shadow_of
from chainring.store.answers import (
    Cursor,
    Stream,
    by_day,
    by_id,
    count,
    latest,
    newer,
    skip,
    to_sample,
    unsure,
)
from chainring.store.erase import forget_answers
from chainring.store.outline import Outline
from chainring.store.traffic import Traffic


def answer(*, model: str = "old", at: float | None = None, shadow: bool = False) -> Prediction:
    moment = time.time() if at is None else at
    identifier = new_id("pred", now=moment)
    return Prediction(
        id=shadow_of(identifier) if shadow else identifier,
        app="shop",
        model=model,
        form="exact",
        label="退款",
        confidence=0.9,
        passed_on=False,
        language="zh",
        request="digest",
        group="group",
        holdout=True,
        at=moment,
        author="王芳",
        variant="shadow" if shadow else "champion",
        output="a written answer" if shadow else "",
    )


@pytest.fixture
def rows(traffic: Traffic) -> list[Prediction]:
    """Return four served answers of last month and this, one of another model, and two shadows."""
    month = 40 * 86_400.0
    found = [answer(at=time.time() - month), answer(at=time.time() - month), answer(), answer()]
    found += [answer(model="new"), answer(shadow=True), answer(model="new", shadow=True)]
    traffic.commit([(row, "a text") for row in found], [])
    return found


def test_each_answer_is_read_once_in_its_order_over_months(
    traffic: Traffic, rows: list[Prediction]
) -> None:
    stream, cursor = Stream(model="old", since=0.0), Cursor()
    assert count(traffic, stream, cursor) == 4
    first = newer(traffic, stream, cursor, limit=3)
    assert [row.id for row in first] == [row.id for row in rows[:3]]
    assert [row.id for row in newer(traffic, stream, cursor)] == [rows[3].id]
    assert newer(traffic, stream, cursor) == []
    late = answer()
    traffic.commit([(late, None)], [])
    assert [row.id for row in newer(traffic, stream, cursor)] == [late.id]


def test_what_is_skipped_is_not_read(traffic: Traffic, rows: list[Prediction]) -> None:
    stream, cursor = Stream(model="old", since=0.0), Cursor()
    skip(traffic, stream, cursor, rows=3)
    assert [row.id for row in newer(traffic, stream, cursor)] == [rows[3].id]


def test_shadows_are_read_where_they_are_asked_for_and_counted_nowhere(
    traffic: Traffic, rows: list[Prediction]
) -> None:
    unseen = newer(traffic, Stream(model="new", since=0.0, unseen=True), Cursor())
    assert [row.variant for row in unseen] == ["champion", "shadow"]
    assert len(newer(traffic, Stream(model="new", since=0.0), Cursor())) == 1
    assert {row.id for row in traffic.predictions()} == {row.id for row in rows[:5]}
    assert traffic.counts()["predictions"] == 5
    assert sum(n for _, kind, n in by_day(traffic) if kind == "answers") == 5
    assert [row.id for row in latest(traffic, "old", limit=2)] == [rows[3].id, rows[2].id]
    assert by_id(traffic, [rows[5].id, "pred_unknown"]).keys() == {rows[5].id}


def test_answers_of_another_application_in_the_same_database_are_not_read(
    traffic: Traffic, traffic_place: Path | str, rows: list[Prediction]
) -> None:
    other = Traffic(traffic_place, app="bank")
    try:
        stream = Stream(model="old", since=0.0)
        assert newer(other, stream, Cursor()) == []
        assert count(other, stream, Cursor()) == 0
        assert latest(other, "old", limit=5) == []
        assert by_id(other, [rows[0].id]) == {}
    finally:
        other.close()


def test_however_many_ids_are_asked_for_each_is_found(
    traffic: Traffic, rows: list[Prediction]
) -> None:
    wanted = [*(f"pred_unknown{number}" for number in range(1200)), rows[0].id, rows[3].id]
    assert by_id(traffic, wanted).keys() == {rows[0].id, rows[3].id}


def asked_of(traffic: Traffic) -> dict[str, list[str]]:
    """Return, by month, the statements that will be executed from now on."""
    asked: dict[str, list[str]] = {}
    for segment, engine in traffic.engines().items():
        heard = asked.setdefault(segment, [])

        @sa.event.listens_for(engine, "before_cursor_execute")
        def hear(*told: object, heard: list[str] = heard) -> None:
            heard.append(str(told[2]))

    return asked


def test_a_month_that_was_over_before_the_moment_is_not_asked(tmp_path: Path) -> None:
    traffic, now = Traffic(tmp_path, app="shop"), time.time()
    try:
        old, new = answer(at=now - 70 * 86_400.0), answer(at=now)
        traffic.commit([(old, "a text"), (new, "a text")], [])
        asked, stream, cursor = asked_of(traffic), Stream(model="old", since=now - 60.0), Cursor()
        assert count(traffic, stream, cursor) == 1
        assert [row.id for row in newer(traffic, stream, cursor)] == [new.id]
        skip(traffic, stream, cursor, rows=5)
        first, *_, last = sorted(asked)
        assert (asked[first], bool(asked[last])) == ([], True)
        every = newer(traffic, Stream(model="old", since=now - 80 * 86_400.0), Cursor())
        assert [row.id for row in every] == [old.id, new.id]
    finally:
        traffic.close()


def test_what_others_answered_is_passed_once_and_a_limit_passes_nothing_unread(
    traffic: Traffic, rows: list[Prediction]
) -> None:
    stream, cursor = Stream(model="new", since=0.0), Cursor()
    assert len(newer(traffic, stream, cursor, limit=2)) == 1
    everything = Cursor()
    for segment, engine in traffic.engines().items():
        with engine.connect() as connection:
            last = connection.execute(sa.text("SELECT max(seq) FROM predictions")).scalar_one()
        everything[segment] = last
    assert cursor == everything
    some = Cursor()
    assert len(newer(traffic, Stream(model="old", since=0.0), some, limit=3)) == 3
    assert [row.id for row in newer(traffic, Stream(model="old", since=0.0), some)] == [rows[3].id]


def test_a_month_is_asked_for_its_own_answers_alone(tmp_path: Path) -> None:
    traffic, now = Traffic(tmp_path, app="shop"), time.time()
    try:
        old, new = answer(at=now - 70 * 86_400.0), answer(at=now)
        traffic.commit([(old, "a text"), (new, "a text")], [])
        asked = asked_of(traffic)
        assert by_id(traffic, [new.id, "pred_unknown"]).keys() == {new.id}
        first, *_, last = sorted(asked)
        assert (asked[first], len([one for one in asked[last] if "SELECT" in one])) == ([], 1)
    finally:
        traffic.close()


def test_since_a_moment_means_since_then(traffic: Traffic, rows: list[Prediction]) -> None:
    stream = Stream(model="old", since=time.time() - 86_400.0)
    assert [row.id for row in newer(traffic, stream, Cursor())] == [rows[2].id, rows[3].id]


def test_who_forgets_an_answer_forgets_what_was_answered_beside_it(traffic: Traffic) -> None:
    shown = answer()
    beside = Prediction(**{n: getattr(shown, n) for n in shown.__slots__} | {
        "id": shadow_of(shown.id), "output": "words of hers", "variant": "shadow"
    })  # fmt: skip
    traffic.commit([(shown, "her text"), (beside, "")], [])
    kept = traffic.prediction(beside.id)
    assert kept is not None
    assert kept.output == "words of hers"
    forget_answers(traffic, predictions=[shown.id], feedback=[])
    gone = traffic.prediction(beside.id)
    assert gone is not None
    assert (gone.output, gone.author, gone.finish) == ("", "", FORGOTTEN)


@pytest.mark.parametrize("read", [newer, partial(skip, rows=5)], ids=["newer", "skip"])
def test_a_cursor_moves_only_once_every_month_is_read(
    traffic: Traffic, rows: list[Prediction], read: Callable[..., object]
) -> None:
    class Torn:
        """The months of a log, the last of which cannot be read."""

        app = traffic.app

        def engines(self) -> dict[str, object]:
            return {**traffic.engines(), "the last": None}

    stream, cursor = Stream(model="old", since=0.0), Cursor()
    with pytest.raises(AttributeError):
        read(cast(Traffic, Torn()), stream, cursor)
    assert cursor == {}


def test_of_the_newest_answers_those_alone_are_unsure_that_the_model_doubted(
    traffic: Traffic,
) -> None:
    month = 40 * 86_400.0
    pattern = [("old", 0.1, False), ("sure", 0.9, False), ("new", 0.2, False), ("held", 0.1, True)]
    rows = [
        replace(answer(at=time.time() - (month if name == "old" else 0.0)), group=name,
                confidence=confidence, holdout=holdout)
        for name, confidence, holdout in pattern
    ]  # fmt: skip
    rows.append(replace(answer(), group="passed on", passed_on=True, holdout=False))
    traffic.commit([(row, "a text") for row in (*rows, answer(shadow=True))], [])
    groups = {
        window: [row.group for row in unsure(traffic, below=0.8, window=window)]
        for window in (1, 3, 4, 5)
    }
    assert groups == {
        1: ["passed on"],
        3: ["passed on", "new"],
        4: ["passed on", "new"],
        5: ["passed on", "new", "old"],
    }


@pytest.mark.parametrize("group", ["", 'a "quoted" \\ one', '"group":"x"', "组"])
def test_the_outline_of_an_answer_says_what_all_of_it_says(traffic: Traffic, group: str) -> None:
    told = {'"group":"other"': 0.5}
    held = replace(answer(), group=group, author='"group":"hers"', holdout=True, scores=told)
    doubted = replace(answer(), group=group, passed_on=True, holdout=False, scores=told)
    traffic.commit([(held, "a text"), (doubted, "a text")], [])
    outlines = [*to_sample(traffic), *unsure(traffic, below=0.8, window=9)]
    assert outlines == [
        Outline(id=one.id, at=one.at, group=group, holdout=one.holdout,
                passed_on=one.passed_on, confidence=one.confidence)
        for one in (held, doubted)
    ]  # fmt: skip
