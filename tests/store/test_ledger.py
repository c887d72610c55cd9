"""The ledger keeps its promises on SQLite and on PostgreSQL alike: each test runs on both."""

from __future__ import annotations

import multiprocessing
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import pytest
import sqlalchemy as sa

from chainring.contracts.errors import ConflictError
from chainring.contracts.lineage import Lineage
from chainring.store import schema
from chainring.store.ledger import Ledger

RACES = 200
TREE = "blake2b:" + "a" * 64
OTHER = "blake2b:" + "b" * 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    text: str
    number: int = 0


def execution(identifier: str, **facts: object) -> Lineage:
    row = Lineage(
        id=identifier,
        app="shop",
        step="model",
        key="key",
        inputs=(),
        settings="",
        seed=0,
        placement="cpu/fp32/1",
        result="{}",
        result_digest="blake2b:00",
    )
    return replace(row, **facts)  # type: ignore[arg-type]


@pytest.fixture
def second(ledger: Ledger) -> Iterator[Ledger]:
    """Yield the same ledger through connections of its own, as another process has it."""
    found = Ledger(ledger.url, app="shop")
    yield found
    found.close()


# Facts


def test_a_later_fact_supersedes_and_the_earlier_row_stays(ledger: Ledger) -> None:
    ledger.add_fact("note", "n1", Note(text="旧"))
    ledger.add_fact("note", "n2", Note(text="other"))
    ledger.add_fact("note", "n1", Note(text="新"))
    assert ledger.fact("note", "n1", Note) == Note(text="新")
    assert ledger.facts("note", Note) == [Note(text="other"), Note(text="新")]
    with ledger.engine.connect() as connection:
        assert (
            connection.execute(sa.select(sa.func.count()).select_from(schema.facts)).scalar() == 3
        )


def test_the_newest_fact_is_the_last_written_when_the_clock_jumps_back_a_day(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger.add_fact("note", "n1", Note(text="first"))
    yesterday = time.time() - 86400
    monkeypatch.setattr(time, "time", lambda: yesterday)
    ledger.add_fact("note", "n1", Note(text="second"))
    assert ledger.fact("note", "n1", Note) == Note(text="second")
    assert ledger.facts("note", Note) == [Note(text="second")]


def test_the_newest_reference_is_the_last_written_when_the_clock_jumps_back_a_day(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger.append_ref("champion", Note(text="one"), expected=0, by="gate", reason="first")
    yesterday = time.time() - 86400
    monkeypatch.setattr(time, "time", lambda: yesterday)
    ledger.append_ref("champion", Note(text="two"), expected=1, by="gate", reason="better")
    head = ledger.ref("champion")
    assert head is not None
    assert head.number == 2


def test_facts_are_found_by_what_they_are_about(ledger: Ledger) -> None:
    ledger.add_fact("case", "c1", Note(text="a"), about="fb_1")
    ledger.add_fact("case", "c2", Note(text="b"), about="fb_2")
    ledger.add_fact("case", "c1", Note(text="a, closed"), about="fb_1")
    assert ledger.facts("case", Note, about="fb_1") == [Note(text="a, closed")]
    assert ledger.facts("case", Note, about="fb_3") == []


def test_what_is_said_of_one_thing_is_found_by_its_index(ledger: Ledger) -> None:
    if ledger.engine.dialect.name != "sqlite":
        return  # PostgreSQL plans by the number of rows, and has few here
    asked: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, statement: str, parameters: Any, *_more: Any) -> None:
        asked.append((statement, parameters))

    sa.event.listen(ledger.engine, "before_cursor_execute", note)
    ledger.facts("case", Note, about="fb_1")
    sa.event.remove(ledger.engine, "before_cursor_execute", note)
    (query,) = (one for one in asked if one[0].startswith("SELECT"))
    with ledger.engine.connect() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query[0]}", query[1]).all()
    assert all("facts_by_about" in row[3] for row in plan if "facts" in row[3]), plan


def test_applications_in_one_ledger_do_not_see_each_other(ledger: Ledger) -> None:
    other = Ledger(ledger.url, app="bank")
    ledger.add_fact("note", "n1", Note(text="shop's"))
    other.add_fact("note", "n1", Note(text="bank's"))
    ledger.append_ref("champion", Note(text="shop's"), expected=0, by="gate", reason="first")
    assert ledger.facts("note", Note) == [Note(text="shop's")]
    assert other.fact("note", "n1", Note) == Note(text="bank's")
    assert other.ref("champion") is None
    with ledger.lease("turn"), other.lease("turn"):
        pass
    other.close()


def test_a_fact_that_was_never_written_is_none(ledger: Ledger) -> None:
    assert ledger.fact("note", "n1", Note) is None
    assert ledger.facts("note", Note) == []
    assert ledger.ref("champion") is None


# References


def test_of_many_who_change_a_fact_at_once_none_overwrites_another(ledger: Ledger) -> None:
    ledger.add_fact("note", "n1", Note(text="a"))
    start = threading.Barrier(4)

    def count(_: int) -> None:
        start.wait()
        for _ in range(10):
            with ledger.changing("note", "n1", Note) as (note, add):
                assert note is not None
                add("note", "n1", replace(note, number=note.number + 1))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(count, range(4)))
    assert ledger.fact("note", "n1", Note) == Note(text="a", number=40)


def test_of_many_who_add_a_fact_once_one_does_and_none_undoes_what_came_after(
    ledger: Ledger, second: Ledger
) -> None:
    begin = threading.Barrier(8)

    def add(number: int) -> bool:
        begin.wait()
        return (ledger, second)[number % 2].add_once("note", "n1", Note(text=str(number)))

    with ThreadPoolExecutor(8) as pool:
        added = list(pool.map(add, range(8)))
    assert added.count(True) == 1
    note = Note(text=str(added.index(True)))
    with ledger.engine.connect() as connection:
        assert (
            connection.execute(sa.select(sa.func.count()).select_from(schema.facts)).scalar() == 1
        )
    assert ledger.fact("note", "n1", Note) == note
    ledger.add_fact("note", "n1", replace(note, number=2))
    assert not second.add_once("note", "n1", note)
    assert ledger.fact("note", "n1", Note) == replace(note, number=2)
    assert second.add_once("note", "n2", note)


def test_a_change_that_fails_midway_writes_nothing(ledger: Ledger) -> None:
    ledger.add_fact("note", "n1", Note(text="a"))

    def failing() -> None:
        with ledger.changing("note", "n1", Note) as (_, add):
            add("note", "n2", Note(text="b"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        failing()
    assert ledger.facts("note", Note) == [Note(text="a")]
    with ledger.changing("note", "none", Note) as (none, _):
        assert none is None


def test_a_reference_is_appended_only_on_the_version_that_was_seen(ledger: Ledger) -> None:
    ledger.append_ref("champion", Note(text="one"), expected=0, by="gate", reason="first")
    with pytest.raises(ConflictError, match="moved from version 0 to 1"):
        ledger.append_ref("champion", Note(text="two"), expected=0, by="gate", reason="better")
    with pytest.raises(ConflictError, match="moved from version 7 to 1"):
        ledger.append_ref("champion", Note(text="two"), expected=7, by="gate", reason="better")
    ledger.append_ref("champion", Note(text="two"), expected=1, by="ann", reason="override")
    history = ledger.ref_history("champion")
    assert [(ref.number, ref.by, ref.reason) for ref in history] == [
        (2, "ann", "override"),
        (1, "gate", "first"),
    ]


def test_of_many_who_append_at_once_exactly_one_wins_each_time(ledger: Ledger) -> None:
    rivals = [Ledger(ledger.url, app="shop") for _ in range(3)]
    gate = threading.Barrier(len(rivals))

    def race(rival: Ledger, rounds: int) -> list[int]:
        won = []
        for number in range(rounds):
            gate.wait(60)
            try:
                rival.append_ref(
                    "champion", Note(text="x", number=number), expected=number, by="r", reason=""
                )
                won.append(number)
            except ConflictError:
                continue
        return won

    with ThreadPoolExecutor(len(rivals)) as pool:
        wins = list(pool.map(lambda rival: race(rival, RACES), rivals))
    assert sorted(number for won in wins for number in won) == list(range(RACES))
    assert [ref.number for ref in ledger.ref_history("champion")] == list(range(RACES, 0, -1))
    for rival in rivals:
        rival.close()


# Leases


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Let the clock stand at so many seconds from now."""
    now = time.time()

    def jump(seconds: float) -> None:
        monkeypatch.setattr(time, "time", lambda: now + seconds)

    return jump


def test_a_lease_that_is_held_is_refused_to_another_and_free_after(
    ledger: Ledger, second: Ledger
) -> None:
    with ledger.lease("turn") as lease:
        with pytest.raises(ConflictError, match="another process is at work on 'turn' of 'shop'"):
            with second.lease("turn"):
                pass
        with second.lease("another"):
            pass
    with second.lease("turn") as next_lease:
        assert next_lease.fence == lease.fence + 1


def test_a_lease_is_free_again_after_an_error(ledger: Ledger, second: Ledger) -> None:
    with pytest.raises(RuntimeError, match="step failed"), ledger.lease("turn"):
        raise RuntimeError("step failed")
    with second.lease("turn"):
        pass


@pytest.mark.parametrize("write", ["reference", "lineage", "renewal"])
def test_a_holder_whose_lease_was_taken_over_can_write_nothing(
    ledger: Ledger, second: Ledger, later: Callable[[float], None], write: str
) -> None:
    writes: dict[str, Callable[[], object]] = {
        "reference": lambda: ledger.append_ref(
            "champion", Note(text="late"), expected=0, by="gate", reason="", lease=old
        ),
        "lineage": lambda: ledger.add_lineage(execution("late"), lease=old),
        "renewal": lambda: ledger.renew(old),
    }
    with ledger.lease("turn", ttl_s=10) as old:
        later(11)
        with second.lease("turn", ttl_s=10) as new:
            with pytest.raises(ConflictError, match="taken over by another process"):
                writes[write]()
            second.append_ref("staged", Note(text="mine"), expected=0, by="", reason="", lease=new)
    assert ledger.ref("champion") is None
    assert ledger.lineage_by_id("late") is None


def test_an_old_holder_that_ends_does_not_free_the_lease_of_the_new_one(
    ledger: Ledger, second: Ledger, later: Callable[[float], None]
) -> None:
    third = Ledger(ledger.url, app="shop")
    old = ledger.lease("turn", ttl_s=10)
    old.__enter__()
    later(11)
    with second.lease("turn", ttl_s=10):
        old.__exit__(None, None, None)
        with pytest.raises(ConflictError), third.lease("turn"):
            pass
    third.close()


def test_a_renewed_lease_is_held_on(
    ledger: Ledger, second: Ledger, later: Callable[[float], None]
) -> None:
    with ledger.lease("turn", ttl_s=10) as lease:
        later(9)
        ledger.renew(lease, ttl_s=10)
        later(12)
        with pytest.raises(ConflictError), second.lease("turn"):
            pass


@pytest.mark.parametrize("jump_s", [-86_400, -3600, 3600, 86_400])
def test_a_clock_that_jumps_by_a_day_or_an_hour_lets_no_two_holders_write(
    ledger: Ledger, second: Ledger, later: Callable[[float], None], jump_s: float
) -> None:
    with ledger.lease("turn", ttl_s=10) as old:
        later(jump_s)
        if jump_s < 0:  # the lease seems to last longer than it was taken for: nobody else gets it
            with pytest.raises(ConflictError), second.lease("turn", ttl_s=10):
                pass
            ledger.append_ref("staged", Note(text="on"), expected=0, by="", reason="", lease=old)
            ledger.renew(old, ttl_s=10)
            later(0)
        with second.lease("turn", ttl_s=10) as new:  # it seems to be over: its holder is shut out
            assert new.fence == old.fence + 1
            for late in (old, replace(old, expires=old.expires + 1e6)):
                with pytest.raises(ConflictError, match="taken over by another process"):
                    ledger.append_ref(
                        "champion", Note(text="late"), expected=0, by="", reason="", lease=late
                    )
            second.append_ref(
                "champion", Note(text="mine"), expected=0, by="", reason="", lease=new
            )
    assert [ref.number for ref in ledger.ref_history("champion")] == [1]


def _racing(url: str, attempts: int, told: Any) -> None:
    """Move the champion on the version that is seen, so many times; tell which were won."""
    rival, won, lost = Ledger(url, app="shop"), [], 0
    for _ in range(attempts):
        head = rival.ref("champion")
        seen = 0 if head is None else head.number
        try:
            rival.append_ref("champion", Note(text="x"), expected=seen, by="r", reason="")
            won.append(seen + 1)
        except ConflictError:
            lost += 1
    rival.close()
    told.put((won, lost))


@pytest.mark.parametrize("times", [150, pytest.param(1000, marks=pytest.mark.slow)])
def test_when_two_processes_race_each_version_has_one_winner(ledger: Ledger, times: int) -> None:
    spawn = multiprocessing.get_context("spawn")
    told = spawn.Queue()
    rivals = [spawn.Process(target=_racing, args=(ledger.url, times, told)) for _ in range(2)]
    for rival in rivals:
        rival.start()
    found = [told.get(timeout=500) for _ in rivals]
    for rival in rivals:
        rival.join()
    won = sorted(number for numbers, _ in found for number in numbers)
    assert won == list(range(1, len(won) + 1)), "no version twice, and none left out"
    assert len(won) + sum(lost for _, lost in found) == 2 * times
    history = ledger.ref_history("champion", limit=3000)
    assert [ref.number for ref in history] == won[::-1]


def test_of_many_who_want_a_free_lease_exactly_one_gets_it(ledger: Ledger) -> None:
    rivals = [Ledger(ledger.url, app="shop") for _ in range(3)]
    gate = threading.Barrier(len(rivals))

    def race(rival: Ledger) -> int:
        won = 0
        for number in range(30):
            gate.wait(60)
            try:
                rival._take(f"turn{number}", f"holder{id(rival)}", 60.0)
                won += 1
            except ConflictError:
                continue
        return won

    with ThreadPoolExecutor(len(rivals)) as pool:
        assert sum(pool.map(race, rivals)) == 30
    for rival in rivals:
        rival.close()


# Lineage


def test_lineage_is_found_by_key_by_id_and_by_tree(ledger: Ledger) -> None:
    first = execution("run_1", trees=(TREE, OTHER, TREE))
    again = execution("run_2", trees=(TREE,), seed=1)
    other = execution("run_3", step="forms", key="another", trees=(OTHER,))
    for row in (first, again, other):
        ledger.add_lineage(row)
    assert ledger.lineage_by_key("key") == again
    assert ledger.lineage_by_key("unknown") is None
    assert ledger.lineage_by_id("run_1") == first
    assert ledger.lineage_of_tree(TREE) == first
    assert ledger.lineage_of_tree("blake2b:" + "c" * 64) is None
    assert ledger.all_lineage() == [first, again, other]
    assert ledger.all_lineage(step="forms") == [other]


def test_lineage_is_written_whole_or_not_at_all(ledger: Ledger) -> None:
    ledger.add_lineage(execution("run_1"))
    with pytest.raises(sa.exc.IntegrityError):
        ledger.add_lineage(execution("run_1", trees=(TREE,)))
    assert ledger.lineage_of_tree(TREE) is None


def test_a_reader_is_not_kept_waiting_by_a_writer(ledger: Ledger, second: Ledger) -> None:
    ledger.add_fact("note", "n1", Note(text="before"))
    with ledger.engine.begin() as connection:
        connection.execute(
            schema.facts.insert().values(
                app="shop",
                kind="note",
                id="n1",
                about="",
                at=0.0,
                body='{"number":1,"text":"after"}',
            )
        )
        assert second.fact("note", "n1", Note) == Note(text="before")
    assert second.fact("note", "n1", Note) == Note(text="after", number=1)
