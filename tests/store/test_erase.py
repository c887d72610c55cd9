"""Answers, reactions and cases lose their words in both databases; the others keep theirs."""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from chainring.contracts.case import Case
from chainring.contracts.errors import ConflictError, SpaceError
from chainring.contracts.feedback import OWN_WORDS
from chainring.contracts.guard import FORGOTTEN
from chainring.contracts.label import Label
from chainring.store import erase
from chainring.store.erase import (
    cases_about,
    compact,
    forget_answers,
    forget_cases,
    forget_labels,
    forget_truths,
    forget_words,
    labels_about,
    reactions_to,
    said_by,
    scour,
    texts_of,
    texts_past_their_time,
    words_past_their_time,
)
from chainring.store.ledger import Ledger
from chainring.store.schema import payloads
from chainring.store.traffic import Traffic

Make = Callable[..., Any]
Found = Callable[[Path, str], list[str]]


def test_an_answer_loses_words_and_names_and_the_other_keeps_its_own(
    traffic: Traffic, predicted: Make, said: Make
) -> None:
    mine, other = predicted(author="ann", episode="e", via="shop"), predicted(author="bo")
    words = said(mine.id, author="ann", comment="my words", key="k", kind="outcome", value="paid")
    theirs = said(other.id, author="bo", comment="bo's words")
    traffic.commit([(mine, "the same words"), (other, "the same words")], [words, theirs])
    before = traffic.feedback_on(other.id)
    assert said_by(traffic, "ann") == ([mine.id], [words.id])
    assert reactions_to(traffic, [mine.id]) == [words.id]
    for _ in range(2):  # done twice it does nothing more
        forget_answers(traffic, predictions=[mine.id], feedback=[words.id])
        bare = replace(mine, author="", via="", episode="", request="", group="")
        blank = replace(bare, finish=FORGOTTEN)
        assert traffic.prediction(mine.id) == blank
        (left,) = traffic.feedback_on(mine.id)
        assert (left.comment, left.value, left.author, left.key, left.text) == ("",) * 5
        assert left.consent == FORGOTTEN
    assert texts_of(traffic, [mine.id, other.id]) == {other.id: "the same words"}
    assert traffic.prediction(other.id) == other
    assert traffic.feedback_on(other.id) == before
    assert said_by(traffic, "ann") == ([], [])


def test_of_a_refusal_stays_that_somebody_refused(
    traffic: Traffic, predicted: Make, said: Make
) -> None:
    answer = predicted(author="bo")
    mine, theirs = (said(answer.id, author=who, consent="refused") for who in ("ann", "cy"))
    traffic.commit([(answer, "words")], [mine, theirs])
    forget_answers(traffic, predictions=[], feedback=[mine.id, theirs.id], refusing={mine.id})
    forget_answers(traffic, predictions=[], feedback=[mine.id, theirs.id])
    found = {row.id: (row.author, row.consent, row.refused) for row in traffic.feedback()}
    assert found == {mine.id: ("", FORGOTTEN, True), theirs.id: ("", FORGOTTEN, False)}


def test_an_author_whose_name_is_part_of_anothers_is_told_apart(
    traffic: Traffic, predicted: Make
) -> None:
    for name in ("ann", "ann%", 'an"n', "安妮"):
        traffic.commit([(predicted(author=name), "x")], [])
    for name in ("ann", "ann%", 'an"n', "安妮"):
        assert len(said_by(traffic, name)[0]) == 1
    assert said_by(traffic, "an_") == ([], [])


def test_ratings_keep_their_value(traffic: Traffic, predicted: Make, said: Make) -> None:
    answer = predicted()
    rated = said(answer.id, kind="rating", value="up", author="ann")
    traffic.commit([(answer, "x")], [rated])
    forget_answers(traffic, predictions=[], feedback=[rated.id])
    (left,) = traffic.feedback_on(answer.id)
    assert (left.value, left.author, left.text) == ("up", "", "x")


@pytest.mark.parametrize("kind", OWN_WORDS)
def test_every_kind_that_may_hold_words_loses_them(
    traffic: Traffic, predicted: Make, said: Make, kind: str
) -> None:
    answer = predicted()
    words = said(answer.id, kind=kind, value="my lawyer Jane Roe")
    traffic.commit([(answer, "x")], [words])
    forget_answers(traffic, predictions=[], feedback=[words.id])
    assert [row.value for row in traffic.feedback_on(answer.id)] == [""]


def test_texts_past_their_time_are_told_before_they_go(traffic: Traffic, predicted: Make) -> None:
    then = time.time() - 100 * 86400
    old, new = predicted(now=then), predicted()
    traffic.commit([(old, "old"), (new, "new")], [])
    assert texts_past_their_time(traffic) == [old.id]
    traffic.erase([old.id])
    assert texts_past_their_time(traffic) == []
    assert traffic.prediction(old.id) == old


def test_words_that_an_earlier_version_kept_in_rows_end_too(
    traffic: Traffic, predicted: Make, said: Make
) -> None:
    then = time.time() - 100 * 86400
    old, new = predicted(now=then), predicted()
    words = said(old.id, now=then, kind="outcome", value="Jane Roe was sent to hospital")
    liked = said(old.id, now=then, kind="preference", value="我更喜欢律师的回答")
    stay = [
        said(old.id, now=then, kind="preference", value=new.id),
        said(old.id, now=then, kind="outcome", value=""),
        said(old.id, now=then, kind="rating", value="up"),
        said(old.id, now=then, kind="outcome", value="with an end of its own", private=True),
        said(new.id, kind="outcome", value="paid"),
    ]
    traffic.commit([(old, "old"), (new, "new")], [words, liked, *stay])
    assert set(words_past_their_time(traffic)) == {words.id, liked.id}
    before = {row.id: row for row in traffic.feedback()}
    for _ in range(2):  # done twice it does nothing more
        forget_words(traffic, [words.id, liked.id])
        after = {row.id: row for row in traffic.feedback()}
        assert after == before | {
            one.id: replace(before[one.id], value="") for one in (words, liked)
        }
    assert words_past_their_time(traffic) == []


def test_months_in_which_nothing_was_erased_are_not_written_anew(
    tmp_path: Path, predicted: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = Traffic(tmp_path / "traffic", app="shop")
    rows = [predicted(now=time.time() - months * 31 * 86_400) for months in range(4)]
    log.commit([(row, "a text") for row in rows], [])
    homes = {row.id: log.home("payloads", {"id": row.id}) for row in rows}
    done: list[str] = []
    busy = [True]

    def noted(engine: sa.Engine) -> None:
        if busy and busy.pop():
            raise ConflictError("in use")
        compact(engine)
        done.append(Path(engine.url.database or "").stem)

    monkeypatch.setattr(erase, "compact", noted)
    scour(log)
    assert done == []
    log.erase([rows[2].id])
    with pytest.raises(ConflictError):
        scour(log)
    for _ in range(2):  # what was in use is not forgotten, and what is done is not done again
        scour(log)
        assert done == [homes[rows[2].id]]
    log.erase([rows[2].id, rows[0].id])
    scour(log)
    assert done == [homes[rows[2].id], homes[rows[0].id]]
    log.close()


@pytest.mark.postgres
def test_another_applications_texts_in_the_same_database_are_not_told(
    postgres: str, predicted: Make, said: Make
) -> None:
    then = time.time() - 100 * 86400
    mine, theirs = Traffic(postgres, app="shop"), Traffic(postgres, app="bank")
    for log in (mine, theirs):
        row = predicted(now=then, app=log.app)
        log.commit([(row, f"asked the {log.app}")], [])
        about = said(row.id, now=then, app=log.app, comment=f"said to the {log.app}")
        done = said(row.id, now=then, app=log.app, kind="outcome", value=f"done for the {log.app}")
        log.commit([], [about, done])
    for log in (mine, theirs):
        told = sorted(texts_of(log, texts_past_their_time(log)).values())
        assert told == [f"asked the {log.app}", f"said to the {log.app}"]
        (words,) = words_past_their_time(log)
        assert log.feedback_named(words)[0].value == f"done for the {log.app}"
        log.close()


def test_every_version_of_a_case_loses_its_words(ledger: Ledger) -> None:
    opened = Case(
        id="case_1", app="shop", kind="wrong", opened_by="fb_1", at=1.0, prediction="pred_1",
        reporter="ann",
    )  # fmt: skip
    closed = replace(opened, state="closed", outcome="told her", told="sorry, Ann", owner="op")
    other = replace(closed, id="case_2", opened_by="fb_2", prediction="pred_2", reporter="bo")
    for one in (opened, closed, other):
        ledger.add_fact("case", one.id, one, about=one.opened_by)
    assert [one.id for one in cases_about(ledger, {"fb_1"})] == ["case_1"]
    forget_cases(ledger, {"fb_1"}, written=False)
    blank = replace(closed, outcome="", told="", reporter="")
    assert ledger.fact("case", "case_1", Case) == blank
    assert ledger.fact("case", "case_2", Case) == other
    with ledger.engine.connect() as connection:
        bodies = connection.execute(sa.text("SELECT body FROM facts")).scalars().all()
    assert [body for body in bodies if "ann" in body] == []


def closed_with_truth(number: int, truth: str) -> Case:
    return Case(
        id=f"case_{number}", app="shop", kind="wrong", opened_by=f"fb_{number}", at=1.0,
        prediction=f"pred_{number}", state="closed", outcome="told", told="thanks", truth=truth,
    )  # fmt: skip


@pytest.mark.parametrize(("written", "left"), [(True, ""), (False, "refund")])
def test_a_truth_is_words_only_where_the_values_of_the_task_are(
    ledger: Ledger, written: bool, left: str
) -> None:
    ledger.add_fact("case", "case_1", closed_with_truth(1, "refund"))
    forget_cases(ledger, {"fb_1"}, written=written)
    found = ledger.fact("case", "case_1", Case)
    assert found is not None
    assert found.truth == left


def test_a_truth_goes_alone_and_the_other_case_keeps_its_own(ledger: Ledger) -> None:
    mine, other = closed_with_truth(1, "Boris lives here"), closed_with_truth(2, "somebody else")
    for one in (mine, other):
        ledger.add_fact("case", one.id, one)
    forget_truths(ledger, {"pred_1"})
    assert ledger.fact("case", "case_1", Case) == replace(mine, truth="")
    assert ledger.fact("case", "case_2", Case) == other


def decided(name: str, record: str, value: str, **more: Any) -> Label:
    facts = {"app": "shop", "author": "op", "author_kind": "person", "private": True} | more
    return Label(id=name, record=record, value=value, **facts)  # type: ignore[arg-type]


def test_what_reviewers_accepted_or_wrote_loses_its_words_and_is_accepted_no_more(
    ledger: Ledger,
) -> None:
    word = {
        "lab_record": decided("lab_record", "rec_1", "written about a record"),
        "lab_parent": decided("lab_parent", "fb_1", "a user's words", parents=("pred_1", "fb_1")),
        "lab_other": decided("lab_other", "pred_2", "words of Bo", parents=("pred_2",)),
        "lab_name": decided("lab_name", "pred_1", "refund", private=False),
    }
    for name, one in word.items():
        ledger.add_fact("label", name, replace(one, value="an earlier version"))
        ledger.add_fact("label", name, one, about=one.record)
    gone = {"rec_1", "pred_1"}
    assert {one.id for one in labels_about(ledger, gone)} == {"lab_record", "lab_parent"}
    for _ in range(2):  # done twice it does nothing more
        forget_labels(ledger, labels_about(ledger, gone))
        for name in ("lab_record", "lab_parent"):
            blank = replace(word[name], value="", state="rejected")
            assert ledger.fact("label", name, Label) == blank
        for name in ("lab_other", "lab_name"):
            assert ledger.fact("label", name, Label) == word[name]
    assert labels_about(ledger, gone) == []
    with ledger.engine.connect() as connection:
        bodies = list(connection.execute(sa.text("SELECT body FROM facts")).scalars())
    assert sum("an earlier version" in body for body in bodies) == 2


def test_no_byte_of_rows_that_sqlite_moved_is_left_in_the_files(
    tmp_path: Path, found_in: Found
) -> None:
    """Rows of uneven length in random order make pages split; a moved row leaves a copy behind.

    To overwrite what is deleted (`secure_delete`) does not reach those copies.
    """
    traffic, dice = Traffic(tmp_path / "traffic", app="shop"), random.Random(0)
    engine = traffic.segment_engine("2026-01")
    secret: list[str] = []
    for _ in range(40):
        with engine.begin() as connection:
            for _ in range(100):
                row = {"id": f"{dice.getrandbits(64):x}", "body": "x" * dice.randint(0, 900)}
                if dice.random() < 1 / 3:
                    row["body"] = "SECRET-" * dice.randint(1, 90)
                    secret.append(row["id"])
                connection.execute(payloads.insert().values(row))
            some = payloads.c.id.in_(dice.sample(secret, min(9, len(secret))))
            longer = payloads.c.body + "y" * 40
            connection.execute(payloads.update().where(some).values(body=longer))
    traffic.erase(secret)
    assert found_in(tmp_path, "SECRET-")  # overwritten, and yet
    forget_answers(traffic, predictions=secret, feedback=[])
    assert found_in(tmp_path, "SECRET-") == []
    traffic.close()


def test_a_reader_in_the_way_is_named_and_not_passed_over(tmp_path: Path, predicted: Make) -> None:
    traffic = Traffic(tmp_path / "traffic", app="shop")
    traffic.commit([(predicted(), "x")], [])
    (engine,) = traffic.engines().values()
    with engine.connect().execution_options(read_only=True) as reader:
        reader.execute(sa.text("SELECT * FROM predictions")).all()
        traffic.commit([(predicted(), "y")], [])
        with engine.connect() as other:
            other.exec_driver_sql("PRAGMA busy_timeout=1")
        with pytest.raises(ConflictError, match="in use by another process"):
            compact(engine)
    compact(engine)
    traffic.close()


def test_a_full_disk_that_keeps_a_database_from_being_written_anew_is_told_as_that(
    tmp_path: Path, predicted: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    traffic = Traffic(tmp_path / "traffic", app="shop")
    traffic.commit([(predicted(), "x")], [])
    (engine,) = traffic.engines().values()

    def full(_: sa.Engine) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(sa.Engine, "raw_connection", full)
    with pytest.raises(SpaceError, match=r"the disk of .*\.db is full, so old bytes stay in it"):
        compact(engine)
    traffic.close()


@pytest.mark.postgres
def test_old_rows_that_another_transaction_sees_are_told_and_taken_later(
    postgres: str, predicted: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erase, "VACUUM_WAIT_S", 0.0)
    traffic = Traffic(postgres, app="shop")
    answer = predicted()
    traffic.commit([(answer, "SECRET")], [])
    (engine,) = traffic.engines().values()
    with engine.connect() as reader:
        reader.execution_options(isolation_level="REPEATABLE READ")
        reader.execute(sa.text("SELECT 1 FROM payloads")).all()  # a dump at work
        with pytest.raises(ConflictError, match="old bytes stay in it"):
            forget_answers(traffic, predictions=[answer.id], feedback=[])
    forget_answers(traffic, predictions=[answer.id], feedback=[])
    traffic.close()


@pytest.mark.postgres
def test_tables_of_other_programs_are_left_alone(postgres: str, predicted: Make) -> None:
    traffic = Traffic(postgres, app="shop")
    (engine,) = traffic.engines().values()
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE my_erp (a int)"))
    compact(engine)
    times = sa.text(
        "SELECT relname FROM pg_stat_user_tables WHERE last_vacuum IS NOT NULL ORDER BY 1"
    )
    with engine.connect() as connection:
        assert connection.execute(times).scalars().all() == ["feedback", "payloads", "predictions"]
    traffic.close()


def test_what_postgresql_keeps_is_read_whatever_its_language() -> None:
    german = (
        'fertig mit Vacuum von "shop.public.payloads": Indexdurchläufe: 0\n'
        "Seiten: 0 entfernt, 1 verbleiben, 1 gescannt (100.00% der gesamten)\n"
        "Tupel: 0 entfernt, 2 verbleiben, 7 sind tot aber noch nicht entfernbar\n"
        "Puffer-Verwendung: 10 Treffer, 0 Verfehlen, 0 geändert"
    )
    earlier = '"payloads": found 0 removable\n3 dead row versions cannot be removed yet, oldest 5'
    assert [erase._kept(told) for told in (german, earlier, "vacuuming x")] == [7, 3, 0]
