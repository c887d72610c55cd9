"""The writer: what is acknowledged is durable, and no row holds up the others."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from chainring.contracts.errors import ConflictError
from chainring.contracts.feedback import Feedback
from chainring.contracts.prediction import Prediction
from chainring.store.traffic import Traffic
from chainring.store.writer import TrafficWriter

Make = Callable[..., Any]
Commit = Callable[[Sequence[tuple[Prediction, str | None]], Sequence[Feedback]], list[str]]
WAIT_S = 60


@pytest.fixture
def writer(traffic: Traffic) -> Iterator[TrafficWriter]:
    found = TrafficWriter(traffic)
    yield found
    found.close()


@pytest.fixture
def second(traffic: Traffic, traffic_place: Path | str) -> Iterator[Traffic]:
    found = Traffic(traffic_place, app="shop")
    yield found
    found.close()


def failing(error: Exception) -> Commit:
    def commit(_: object, __: object) -> list[str]:
        raise error

    return commit


FULL = sa.exc.OperationalError("INSERT", {}, Exception("database or disk is full"))


def test_an_acknowledged_reaction_and_its_answer_are_there_for_another_connection(
    writer: TrafficWriter, second: Traffic, predicted: Make, said: Make
) -> None:
    for _ in range(20):
        row = predicted()
        feedback = said(row.id)
        writer.log(row, "text")
        assert writer.store(feedback).result(WAIT_S) == feedback.id
        (stored,) = second.feedback_on(row.id)
        assert (stored.id, stored.text) == (feedback.id, "text")


def test_a_reaction_is_not_acknowledged_before_its_commit(
    traffic: Traffic, predicted: Make, said: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    release, began = threading.Event(), threading.Event()
    commit = traffic.commit

    def held(answered: Any, reacted: Any) -> list[str]:
        began.set()
        assert release.wait(WAIT_S)
        return commit(answered, reacted)

    monkeypatch.setattr(traffic, "commit", held)
    writer = TrafficWriter(traffic)
    done = writer.store(said(predicted().id))
    assert began.wait(WAIT_S)
    assert not done.done()
    release.set()
    assert done.result(WAIT_S)
    writer.close()


def test_what_comes_close_together_is_one_commit(
    traffic: Traffic, predicted: Make, said: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    groups: list[int] = []
    commit = traffic.commit

    def counted(answered: Any, reacted: Any) -> list[str]:
        groups.append(len(answered) + len(reacted))
        return commit(answered, reacted)

    monkeypatch.setattr(traffic, "commit", counted)
    writer = TrafficWriter(traffic, wait_s=WAIT_S, rows=60)
    row = predicted()
    for _ in range(58):
        writer.log(predicted(), None)
    writer.log(row, None)
    writer.store(said(row.id)).result(WAIT_S)
    assert groups == [60]
    writer.log(predicted(), None)
    writer.close()
    assert groups == [60, 1]


def test_the_same_key_twice_is_told_the_same_id(
    writer: TrafficWriter, predicted: Make, said: Make
) -> None:
    row = predicted()
    writer.log(row, None)
    first, again = (writer.store(said(row.id, key="k")) for _ in range(2))
    assert first.result(WAIT_S) == again.result(WAIT_S)


def test_a_commit_that_fails_is_told_to_reactions_and_its_answers_are_kept(
    traffic: Traffic,
    second: Traffic,
    predicted: Make,
    said: Make,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    writer = TrafficWriter(traffic)
    row = predicted()
    with monkeypatch.context() as patch, caplog.at_level(logging.ERROR, logger="chainring"):
        patch.setattr(traffic, "commit", failing(FULL))
        writer.log(row, "text")
        with pytest.raises(sa.exc.OperationalError, match="disk is full"):
            writer.store(said(row.id)).result(WAIT_S)
        with pytest.raises(sa.exc.OperationalError):
            writer.flush()
    assert "traffic.commit failed" in caplog.text
    assert second.prediction(row.id) is None
    again = said(row.id)
    assert writer.store(again).result(WAIT_S) == again.id
    assert second.prediction(row.id) == row
    assert [stored.id for stored in second.feedback_on(row.id)] == [again.id]
    writer.close()
    assert writer.lost == 0


def test_a_failure_is_logged_with_what_the_database_said_and_no_value_and_is_counted(
    traffic: Traffic,
    predicted: Make,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    writer = TrafficWriter(traffic, wait_s=WAIT_S, rows=2)
    with monkeypatch.context() as patch, caplog.at_level(logging.ERROR, logger="chainring"):
        patch.setattr(traffic, "commit", failing(FULL))
        writer.log(predicted(), "my name is Ann")
        with pytest.raises(sa.exc.OperationalError):
            writer.flush()
    said = "cause=OperationalError said=database or disk is full"
    assert f"traffic.commit failed rows=2 {said}" in caplog.text
    assert "Ann" not in caplog.text
    assert writer.counts == {"waiting": 1, "failed": 1, "lost": 0}
    writer._wait_s = 0.0  # nothing else comes that would fill the group
    writer.flush()
    assert writer.counts == {"waiting": 0, "failed": 1, "lost": 0}
    writer.close()


def test_answers_alone_do_not_try_at_once_what_just_failed_and_a_try_is_of_few_rows(
    traffic: Traffic, second: Traffic, predicted: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[int] = []

    def full(answered: Any, _: object) -> list[str]:
        tries.append(len(answered))
        raise FULL

    writer = TrafficWriter(traffic, rows=10, wait_s=0.0)
    rows = [predicted() for _ in range(95)]
    with monkeypatch.context() as patch:
        patch.setattr("chainring.store.writer.FIRST_WAIT_S", WAIT_S)
        patch.setattr("chainring.store.writer.LONGEST_WAIT_S", WAIT_S)
        patch.setattr(traffic, "commit", full)
        for row in rows:
            writer.log(row, None)
        with pytest.raises(sa.exc.OperationalError):
            writer.flush()
    assert len(tries) == 2
    assert max(tries) <= 10
    writer.flush()
    assert {row.id for row in second.predictions()} == {row.id for row in rows}
    writer.close()


def test_answers_that_waited_are_written_without_another_one_that_comes(
    traffic: Traffic, second: Traffic, predicted: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer, row = TrafficWriter(traffic), predicted()
    with monkeypatch.context() as patch:
        patch.setattr("chainring.store.writer.FIRST_WAIT_S", 0.01)
        patch.setattr(traffic, "commit", failing(FULL))
        writer.log(row, None)
        with pytest.raises(sa.exc.OperationalError):
            writer.flush()
    end = time.monotonic() + WAIT_S
    while second.prediction(row.id) is None:
        assert time.monotonic() < end
        time.sleep(0.01)
    writer.close()


def test_a_folder_that_takes_no_files_is_told_and_nothing_is_lost(
    tmp_path: Path, predicted: Make, said: Make
) -> None:
    (tmp_path / "traffic").write_text("a file where the folder should be")
    log = Traffic(tmp_path / "traffic", app="shop")
    writer = TrafficWriter(log)
    row = predicted()
    writer.log(row, "text")
    with pytest.raises(OSError, match="traffic"):
        writer.store(said(row.id)).result(WAIT_S)
    (tmp_path / "traffic").unlink()
    writer.store(said(row.id)).result(WAIT_S)
    writer.close()
    assert log.prediction(row.id) == row
    log.close()


def test_while_commits_keep_failing_only_so_many_answers_are_kept_and_the_rest_is_counted(
    traffic: Traffic, second: Traffic, predicted: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = TrafficWriter(traffic, kept=10)
    rows = [predicted() for _ in range(25)]
    with monkeypatch.context() as patch:
        patch.setattr(traffic, "commit", failing(FULL))
        for row in rows:
            writer.log(row, None)
        with pytest.raises(sa.exc.OperationalError):
            writer.flush()
    writer.flush()
    assert writer.lost == 15
    assert {row.id for row in second.predictions()} == {row.id for row in rows[15:]}
    writer.close()


def test_answers_that_a_closed_log_could_not_write_are_counted_as_lost(
    traffic: Traffic,
    predicted: Make,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(traffic, "commit", failing(FULL))
    writer = TrafficWriter(traffic)
    writer.log(predicted(), None)
    with caplog.at_level(logging.ERROR, logger="chainring"):
        writer.close()
    assert writer.lost == 1
    assert "traffic.lost predictions=1" in caplog.text


@pytest.mark.parametrize("text", ["half a character: \ud800", "ok"])
def test_a_row_that_no_database_takes_does_not_hold_up_the_others(
    traffic: Traffic, second: Traffic, predicted: Make, said: Make, text: str
) -> None:
    writer = TrafficWriter(traffic, wait_s=WAIT_S, rows=41)
    rows = [predicted() for _ in range(20)]
    odd = predicted()
    if text == "ok":
        odd = predicted(confidence=float("nan"))
    told: list[Future[str]] = []
    for number, row in enumerate(rows):
        if number == 7:
            writer.log(odd, text)
        writer.log(row, "fine")
        told.append(writer.store(said(row.id)))
    for future in told:
        future.result(WAIT_S)
    assert second.counts()["correction"] == 20
    assert {row.id for row in second.predictions()} == {row.id for row in rows}
    writer.close()
    assert writer.lost == 1


def test_a_reaction_that_no_database_takes_is_told_and_the_others_are_stored(
    traffic: Traffic, predicted: Make, said: Make
) -> None:
    writer = TrafficWriter(traffic, wait_s=WAIT_S, rows=4)
    row = predicted()
    writer.log(row, None)
    good, bad, also = (
        writer.store(said(row.id, comment=comment)) for comment in ("fine", "\udfff", "好")
    )
    with pytest.raises(ValueError, match="surrogates"):
        bad.result(WAIT_S)
    assert {good.result(WAIT_S), also.result(WAIT_S)} == {f.id for f in traffic.feedback_on(row.id)}
    writer.close()


@pytest.mark.postgres
def test_a_zero_byte_that_postgresql_refuses_does_not_hold_up_the_others(
    postgres: str, predicted: Make
) -> None:
    log = Traffic(postgres, app="shop")
    writer = TrafficWriter(log, wait_s=WAIT_S, rows=3)
    row, odd, also = predicted(), predicted(), predicted()
    for one, text in ((row, "a"), (odd, "zero \x00 byte"), (also, "b")):
        writer.log(one, text)
    writer.close()
    assert {one.id for one in log.predictions()} == {row.id, also.id}
    assert writer.lost == 1
    log.close()


def test_a_caller_who_stopped_waiting_does_not_stop_the_writer(
    writer: TrafficWriter, predicted: Make, said: Make
) -> None:
    row = predicted()
    writer.log(row, None)
    assert writer.store(said(row.id)).cancel() in (True, False)
    for _ in range(50):
        writer.store(said(row.id)).cancel()
    assert writer.store(said(row.id)).result(WAIT_S)


def test_a_closed_writer_has_written_everything_and_takes_no_more(
    traffic: Traffic, second: Traffic, predicted: Make, said: Make
) -> None:
    writer = TrafficWriter(traffic)
    rows = [predicted() for _ in range(300)]
    for row in rows:
        writer.log(row, None)
    writer.close()
    writer.close()
    assert second.counts()["predictions"] == 300
    with pytest.raises(ConflictError, match="stopping"):
        writer.store(said(rows[0].id))


def test_many_threads_write_through_one_writer(
    writer: TrafficWriter, second: Traffic, predicted: Make, said: Make
) -> None:
    told: list[str] = []

    def serve() -> None:
        for _ in range(25):
            row = predicted()
            writer.log(row, "text")
            told.append(writer.store(said(row.id)).result(WAIT_S))

    threads = [threading.Thread(target=serve) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(told) == 200
    assert {row.id for row in second.feedback()} == set(told)
    assert second.orphans() == []
