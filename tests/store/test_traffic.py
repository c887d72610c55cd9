"""The traffic log, on monthly SQLite files and on PostgreSQL alike."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from chainring.contracts.feedback import Feedback
from chainring.contracts.ids import new_id
from chainring.contracts.prediction import Prediction
from chainring.store import schema
from chainring.store import traffic as traffic_module
from chainring.store.answers import by_day
from chainring.store.erase import texts_past_their_time
from chainring.store.traffic import STRAY, Traffic

Make = Callable[..., Any]
DAY_S = 86400.0


def month_of(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m")


@pytest.fixture
def second(traffic: Traffic, traffic_place: Path | str) -> Iterator[Traffic]:
    """Yield the same log through connections of its own, as another process has it."""
    found = Traffic(traffic_place, app="shop")
    yield found
    found.close()


@pytest.fixture
def monthly(tmp_path: Path) -> Iterator[Traffic]:
    found = Traffic(tmp_path / "months", app="shop")
    yield found
    found.close()


def test_a_prediction_and_its_text_come_back(
    traffic: Traffic, second: Traffic, predicted: Make
) -> None:
    row = predicted(scores={"track_order": 0.9, "退款": 0.1})
    quiet = predicted()
    traffic.commit([(row, "我的包裹到哪了？"), (quiet, None)], [])
    assert second.prediction(row.id) == row
    assert second.text(row.id) == "我的包裹到哪了？"
    assert second.text(quiet.id) is None
    assert second.prediction(new_id("pred")) is None
    assert second.text("pred_unknown") is None


def test_feedback_is_joined_with_text_and_answer_of_its_prediction(
    traffic: Traffic, second: Traffic, predicted: Make, said: Make
) -> None:
    row = predicted(
        holdout=True, passed_on=True, group="g7", language="en", pair="Aisle 7.", looked_up=True
    )
    feedback = said(row.id, comment="That is not what I asked.")
    assert traffic.commit([(row, "Where is it?")], [feedback]) == [feedback.id]
    (stored,) = second.feedback_on(row.id)
    assert stored.comment == "That is not what I asked."
    assert (stored.text, stored.answer, stored.model) == ("Where is it?", row.label, row.model)
    assert (stored.pair, stored.looked_up) == ("Aisle 7.", True)
    assert (stored.holdout, stored.passed_on, stored.group, stored.language) == (
        True,
        True,
        "g7",
        "en",
    )
    assert list(second.feedback(kinds=("rating",))) == []
    assert list(second.feedback(kinds=("rating", "correction"))) == [stored]
    assert second.feedback_named(feedback.id) == [stored]
    assert second.feedback_named("fb_unknown") == []


def test_the_same_idempotency_key_is_stored_once(
    traffic: Traffic, predicted: Make, said: Make
) -> None:
    row = predicted()
    first, again = said(row.id, key="k"), said(row.id, key="k", value="stock")
    assert traffic.commit([(row, None)], [first, again]) == [first.id, first.id]
    assert traffic.commit([], [said(row.id, key="k")]) == [first.id]
    assert [stored.value for stored in traffic.feedback_on(row.id)] == ["refund"]


def test_feedback_without_a_key_is_stored_each_time(
    traffic: Traffic, predicted: Make, said: Make
) -> None:
    row = predicted()
    traffic.commit([(row, None)], [said(row.id), said(row.id)])
    assert len(traffic.feedback_on(row.id)) == 2


def test_one_key_in_two_applications_is_two_feedbacks(
    traffic: Traffic, traffic_place: Path | str, said: Make
) -> None:
    bank = Traffic(traffic_place, app="bank")
    ours, theirs = said("pred_x", key="k"), said("pred_x", key="k", app="bank")
    assert traffic.commit([], [ours]) == [ours.id]
    assert bank.commit([], [theirs]) == [theirs.id]
    bank.close()


def test_applications_in_one_log_do_not_see_each_other(
    traffic: Traffic, traffic_place: Path | str, predicted: Make, said: Make
) -> None:
    bank = Traffic(traffic_place, app="bank")
    row = predicted(app="bank")
    bank.commit([(row, "secret")], [said(row.id, app="bank")])
    assert traffic.prediction(row.id) is None
    assert traffic.feedback_on(row.id) == []
    assert list(traffic.predictions()) == []
    assert traffic.counts() == {"predictions": 0, "passed_on": 0}
    assert bank.prediction(row.id) == row
    bank.close()


def test_a_reaction_to_an_unknown_id_is_an_orphan_until_its_prediction_comes(
    traffic: Traffic, predicted: Make, said: Make
) -> None:
    row = predicted()
    early = said(row.id)
    traffic.commit([], [early])
    assert [orphan.id for orphan in traffic.orphans()] == [early.id]
    assert traffic.orphan_count() == 1
    traffic.commit([(row, "text")], [])
    assert traffic.orphans() == []
    assert traffic.orphan_count() == 0
    assert traffic.feedback_on(row.id)[0].text == "text"


@pytest.mark.parametrize("identifier", ["nonsense", "pred_zzzzzzzzzz" + "0" * 16, "'; DROP", ""])
def test_reactions_to_ids_that_are_none_of_ours_are_kept_and_found(
    traffic: Traffic, said: Make, identifier: str
) -> None:
    stray = said(identifier)
    traffic.commit([], [stray])
    assert [orphan.id for orphan in traffic.orphans()] == [stray.id]
    assert traffic.orphan_count() == 1
    assert [row.id for row in traffic.feedback_on(identifier)] == [stray.id]


def test_made_up_ids_of_far_months_make_no_files(monthly: Traffic, said: Make) -> None:
    far = [new_id("pred", now=year * 365.25 * DAY_S) for year in range(1, 90)]
    monthly.commit([], [said(identifier) for identifier in far])
    assert len(monthly.engines()) == 1
    assert len(monthly.orphans()) == monthly.orphan_count() == len(far)
    for identifier in far:
        assert len(monthly.feedback_on(identifier)) == 1
    assert monthly.prediction(far[0]) is None
    assert monthly.feedback_on(new_id("pred", now=1e9)) == []
    assert list(monthly.engines()) == [STRAY]


def test_each_month_is_a_file_and_a_reaction_lies_in_its_answers_month(
    monthly: Traffic, predicted: Make, said: Make, tmp_path: Path
) -> None:
    now = time.time()
    moments = [now - 70 * DAY_S, now - 35 * DAY_S, now]
    rows = [predicted(now=moment) for moment in moments]
    monthly.commit([(row, f"text {i}") for i, row in enumerate(rows)], [])
    late = [said(row.id, comment=f"comment {i}") for i, row in enumerate(rows)]
    monthly.commit([], late)
    months = [month_of(moment) for moment in moments]
    assert [path.stem for path in sorted((tmp_path / "months").glob("*.db"))] == months
    for i, row in enumerate(rows):
        (stored,) = monthly.feedback_on(row.id)
        assert (stored.text, stored.comment) == (f"text {i}", f"comment {i}")
        assert monthly.text(late[i].id) == f"comment {i}"
    assert [row.id for row in monthly.predictions()] == [row.id for row in reversed(rows)]
    assert [row.id for row in monthly.predictions(limit=2)] == [rows[2].id, rows[1].id]


@contextmanager
def statements() -> Iterator[list[str]]:
    """Yield the database of every statement that is sent meanwhile."""
    sent: list[str] = []

    def note(connection: sa.Connection, *_: Any) -> None:
        sent.append(str(connection.engine.url.database))

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    yield sent
    sa.event.remove(sa.Engine, "before_cursor_execute", note)


@pytest.mark.parametrize("text", ["where is it", None])
def test_the_text_of_an_answer_is_asked_of_its_own_month_alone(
    monthly: Traffic, predicted: Make, text: str | None
) -> None:
    now = time.time()
    rows = [predicted(now=now - months * 31 * DAY_S) for months in range(6)]
    monthly.commit([(row, text) for row in rows], [])
    with statements() as sent:
        assert monthly.text(rows[0].id) == text
    assert {Path(name).stem for name in sent} == {month_of(now)}


def test_many_answers_come_with_their_texts_in_the_order_they_are_named(
    traffic: Traffic, traffic_place: Path | str, predicted: Make
) -> None:
    now = time.time()
    rows = [predicted(now=now - (i % 3) * 31 * DAY_S, output=f"到 {i}") for i in range(1600)]
    traffic.commit([(row, f"text {row.output}") for row in rows], [])
    traffic.erase([rows[3].id])
    bank = Traffic(traffic_place, app="bank")
    theirs = predicted(app="bank")
    bank.commit([(theirs, "secret")], [])
    bank.close()
    names = [row.id for row in rows]
    with statements() as sent:
        found = list(traffic.answers(["nonsense", theirs.id, *names, rows[0].id, new_id("pred")]))
    assert len(sent) < 10
    erased = replace(rows[3], output="")
    assert [one for one, _ in found] == [*rows[:3], erased, *rows[4:]]
    assert [text for _, text in found] == [
        None if row is rows[3] else f"text {row.output}" for row in rows
    ]


def test_predictions_come_newest_first_by_number_when_the_clock_jumps_back_a_day(
    traffic: Traffic, predicted: Make
) -> None:
    now = time.time()
    first, second = predicted(now=now), predicted(now=now, at=now - DAY_S)
    traffic.commit([(first, None)], [])
    traffic.commit([(second, None)], [])
    assert [row.id for row in traffic.predictions()] == [second.id, first.id]


def test_feedback_comes_in_the_order_it_was_stored_when_the_clock_jumps_back_a_day(
    traffic: Traffic, predicted: Make, said: Make
) -> None:
    row, now = predicted(), time.time()
    first, second = said(row.id, at=now), said(row.id, at=now - DAY_S)
    traffic.commit([(row, None)], [first])
    traffic.commit([], [second])
    assert [stored.id for stored in traffic.feedback_on(row.id)] == [first.id, second.id]


def test_predictions_are_picked_by_holdout_and_by_doubt(traffic: Traffic, predicted: Make) -> None:
    sure, unsure = predicted(confidence=0.9), predicted(confidence=0.4)
    passed, held = predicted(passed_on=True), predicted(holdout=True)
    traffic.commit([(row, None) for row in (sure, unsure, passed, held)], [])
    assert [row.id for row in traffic.predictions(holdout=True)] == [held.id]
    assert {row.id for row in traffic.predictions(unsure_below=0.5)} == {unsure.id, passed.id}
    assert len(list(traffic.predictions(holdout=False, limit=2))) == 2


def test_counts_are_those_of_the_rows(traffic: Traffic, predicted: Make, said: Make) -> None:
    rows = [predicted(passed_on=number == 0) for number in range(3)]
    feedback = [said(rows[0].id), said(rows[1].id), said(rows[1].id, kind="rating", value="up")]
    traffic.commit([(row, None) for row in rows], feedback)
    counts = {"predictions": 3, "passed_on": 1, "correction": 2, "rating": 1}
    assert traffic.counts() == counts


def test_a_day_begins_at_midnight_utc(traffic: Traffic, predicted: Make, said: Make) -> None:
    midnight = datetime(2026, 11, 23, tzinfo=UTC).timestamp()
    now = time.time()
    rows = [predicted(now=now, at=midnight - 0.3), predicted(now=now, at=midnight)]
    rows.append(predicted(now=now, at=midnight + DAY_S - 0.3, passed_on=True))
    traffic.commit([(row, None) for row in rows], [said(rows[0].id, at=midnight + 5)])
    assert by_day(traffic) == [
        ("2026-11-22", "answers", 1),
        ("2026-11-23", "answers", 2),
        ("2026-11-23", "correction", 1),
        ("2026-11-23", "passed on", 1),
    ]


def test_ratings_of_a_day_count_by_their_thumb_whatever_else_they_say(
    traffic: Traffic, predicted: Make, said: Make
) -> None:
    at = datetime(2026, 11, 23, tzinfo=UTC).timestamp()
    row, sly = predicted(), '"value":"down"'
    thumbs = [said(row.id, at=at, kind="rating", value=one) for one in ("up", "up", "down")]
    thumbs.append(said(row.id, at=at, kind="rating", value="up", author=sly, comment=sly, key=sly))
    traffic.commit([(row, None)], [*thumbs, said(row.id, at=at, kind="flag", value="down")])
    found = {kind: count for day, kind, count in by_day(traffic) if day == "2026-11-23"}
    assert found == {"rating": 4, "flag": 1, "thumbs up": 3, "thumbs down": 1}


# Erasing


def test_an_erased_text_leaves_a_tombstone_and_its_row(
    traffic: Traffic, predicted: Make, said: Make
) -> None:
    row = predicted()
    feedback = said(row.id, comment="call me")
    traffic.commit([(row, "my number is 139")], [feedback])
    assert traffic.erase([row.id, feedback.id, "pred_unknown"]) == 2
    assert traffic.erase([row.id]) == 0
    assert traffic.text(row.id) is None
    assert traffic.prediction(row.id) == row
    (stored,) = traffic.feedback_on(row.id)
    assert (stored.text, stored.comment, stored.answer) == ("", "", row.label)
    (engine,) = traffic.engines().values()
    with engine.connect() as connection:
        erased = connection.execute(
            sa.select(schema.payloads.c.erased_at).where(schema.payloads.c.id == row.id)
        ).scalar_one()
    assert erased is not None


def test_to_erase_many_texts_takes_little_room(
    tmp_path: Path, predicted: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a full disk nothing could be freed where it takes as much room as it frees."""
    log = Traffic(tmp_path / "traffic", app="shop")
    rows = [predicted() for _ in range(2000)]
    for start in range(0, len(rows), 100):
        log.commit([(row, "x" * 4000) for row in rows[start : start + 100]], [])
    truncate, sizes = Traffic._truncate_log, list[int]()

    def measured(traffic: Traffic, segment: str, *, waits: bool = True) -> None:
        sizes.append((tmp_path / "traffic" / f"{segment}.db-wal").stat().st_size)
        truncate(traffic, segment, waits=waits)

    truncate(log, next(iter(log.engines())))
    monkeypatch.setattr(Traffic, "_truncate_log", measured)
    assert log.erase([row.id for row in rows]) == len(rows)
    assert max(sizes) < 2000 * 4000 / 2
    log.close()


def test_to_erase_many_texts_waits_once_for_whoever_reads(
    tmp_path: Path, predicted: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever waits for a reader keeps all others from writing."""
    log = Traffic(tmp_path / "traffic", app="shop")
    rows = [predicted() for _ in range(1200)]
    log.commit([(row, "text") for row in rows], [])
    (engine,) = log.engines().values()
    truncate, waited = Traffic._truncate_log, list[bool]()

    def noted(traffic: Traffic, segment: str, *, waits: bool = True) -> None:
        waited.append(waits)
        if not waits:  # else a reader of this test would be waited for
            truncate(traffic, segment, waits=waits)

    monkeypatch.setattr(Traffic, "_truncate_log", noted)
    with engine.connect().execution_options(read_only=True) as reader:
        reader.execute(sa.select(sa.func.count()).select_from(schema.payloads)).scalar_one()
        patience = reader.execute(sa.text("PRAGMA busy_timeout")).scalar_one()
        assert log.erase([row.id for row in rows]) == len(rows)
        assert waited == [False, False, False, True]
        with engine.connect().execution_options(read_only=True) as other:
            assert other.execute(sa.text("PRAGMA busy_timeout")).scalar_one() == patience > 0
    log.close()


def test_a_text_goes_when_its_time_is_over(
    traffic_place: Path | str, predicted: Make, said: Make
) -> None:
    log = Traffic(traffic_place, app="shop", retention_s=10 * DAY_S)
    row = predicted()
    log.commit([(row, "text")], [said(row.id, comment="comment")])
    assert texts_past_their_time(log, now=time.time() + 9 * DAY_S) == []
    over = texts_past_their_time(log, now=time.time() + 11 * DAY_S)
    assert len(over) == 2
    assert log.erase(over) == 2
    assert log.text(row.id) is None
    log.close()


def test_however_many_texts_are_erased_each_is_gone(traffic: Traffic, predicted: Make) -> None:
    rows = [predicted() for _ in range(1100)]
    traffic.commit([(row, "text") for row in rows], [])
    assert traffic.erase([row.id for row in rows]) == len(rows)
    assert traffic.text(rows[-1].id) is None


@pytest.mark.parametrize("length", [30, 30_000], ids=["short", "long"])
def test_an_erased_text_is_in_no_byte_of_the_files(
    monthly: Traffic,
    predicted: Make,
    said: Make,
    tmp_path: Path,
    found_in: Callable[[Path, str], list[str]],
    length: int,
) -> None:
    rows = [predicted() for _ in range(20)]
    text = ("geheim 机密 " * length)[:length]
    monthly.commit([(row, f"{i} {text}") for i, row in enumerate(rows)], [])
    comment = said(rows[0].id, comment=f"comment {text}")
    monthly.commit([], [comment])
    assert found_in(tmp_path / "months", "机密") != []
    monthly.erase([comment.id, *(row.id for row in rows[:19])])
    assert found_in(tmp_path / "months", f"18 {text[:20]}") == []
    assert found_in(tmp_path / "months", f"comment {text[:20]}") == []
    assert found_in(tmp_path / "months", f"19 {text[:20]}") != []
    assert monthly.text(rows[19].id) == f"19 {text}"


def test_no_text_and_no_comment_lies_in_a_body_that_cannot_be_erased(
    traffic: Traffic, predicted: Make, said: Make
) -> None:
    row = predicted()
    joined = said(row.id, comment="geheim", text="geheim", answer="stock")
    traffic.commit([(row, "geheim")], [joined])
    (engine,) = traffic.engines().values()
    with engine.connect() as connection:
        for table in (schema.predictions, schema.feedback):
            for body in connection.execute(sa.select(table.c.body)).scalars():
                assert "geheim" not in body


def test_a_log_is_made_once_by_many_who_open_it_at_once(traffic_place: Path | str) -> None:
    from concurrent.futures import ThreadPoolExecutor

    def opened(_: int) -> dict[str, int]:
        log = Traffic(traffic_place, app="shop")
        counts = log.counts()
        log.close()
        return counts

    with ThreadPoolExecutor(4) as pool:
        assert all(not any(counts.values()) for counts in pool.map(opened, range(4)))


def test_rows_stay_whole_when_the_second_segment_cannot_be_written(
    monthly: Traffic, predicted: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.time()
    rows: list[tuple[Prediction, str | None]] = [
        (predicted(now=now - 40 * DAY_S), None),
        (predicted(now=now), None),
    ]
    made = traffic_module._create

    def failing(engine: sa.Engine) -> None:
        if month_of(now) in str(engine.url):
            raise OSError("no inode left")
        made(engine)

    with monkeypatch.context() as patch:
        patch.setattr(traffic_module, "_create", failing)
        with pytest.raises(OSError, match="no inode"):
            monthly.commit(rows, [])
    monthly.commit(rows, [])
    assert {row.id for row in monthly.predictions()} == {row.id for row, _ in rows}


def test_feedback_read_back_is_the_feedback_that_was_stored(traffic: Traffic, said: Make) -> None:
    feedback: Feedback = said("pred_none", comment="", episode="e1", consent="training", key="k")
    traffic.commit([], [feedback])
    assert list(traffic.feedback()) == [feedback]


def test_the_cursor_moves_with_whatever_changes_what_feedback_yields(
    traffic: Traffic, predicted: Make, said: Make
) -> None:
    row, other = predicted(), predicted()
    seen = [traffic.cursor()]

    def moved() -> bool:
        seen.append(traffic.cursor())
        return seen[-1] not in seen[:-1]

    traffic.commit([(other, "nobody reacts to this")], [])
    assert traffic.cursor() == seen[0] or moved()
    early = said(row.id, comment="geheim")
    traffic.commit([], [early])
    assert moved()
    traffic.commit([(row, "text")], [])  # the orphan finds its answer
    assert moved()
    traffic.commit([], [said(other.id)])
    assert moved()
    traffic.erase([row.id])
    assert moved()
    traffic.erase([early.id])
    assert moved()
    assert traffic.cursor() == seen[-1]
