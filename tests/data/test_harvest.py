"""A harvest keeps what was committed, replaces what changed, and says what it holds by digest."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from chainring.contracts.errors import DamagedError, InputError, LockedError
from chainring.contracts.ids import keyed
from chainring.data import harvest as harvests
from chainring.data.harvest import FILE, Harvest

PAGE = {"text": "Returns are free.", "locator": "https://shop.example/returns"}
PAGE_ZH = {"text": "三十天内可免费退货。", "locator": "https://shop.example/zh/returns"}


@pytest.mark.parametrize(
    ("pragma", "value"), [("synchronous", 2), ("fullfsync", 1), ("checkpoint_fullfsync", 1)]
)
def test_what_was_committed_is_on_the_disk_itself(tmp_path: Path, pragma: str, value: int) -> None:
    with Harvest.open(tmp_path) as harvest:
        assert harvest.connection.execute(f"PRAGMA {pragma}").fetchone() == (value,)


def test_rows_come_back_in_the_order_of_their_ids(tmp_path: Path) -> None:
    with Harvest.open(tmp_path) as harvest:
        harvest.put("b", PAGE_ZH)
        harvest.put("a", PAGE)
        harvest.commit()
    with Harvest.open(tmp_path) as harvest:
        assert list(harvest.rows()) == [("a", PAGE), ("b", PAGE_ZH)]
        assert len(harvest) == 2


def test_the_digest_tells_content_and_not_the_order_of_arrival(tmp_path: Path) -> None:
    with Harvest.open(tmp_path / "one") as one, Harvest.open(tmp_path / "two") as two:
        for identifier, row in (("a", PAGE), ("b", PAGE_ZH)):
            one.put(identifier, row)
        for identifier, row in (("b", PAGE_ZH), ("a", PAGE)):
            two.put(identifier, row)
        assert one.digest() == two.digest()
        assert not one.put("a", PAGE)
        assert one.digest() == two.digest()
        assert one.put("a", {**PAGE, "text": "Returns cost 5."})
        assert one.digest() != two.digest()
        assert one.put("a", PAGE)
        assert one.drop("b")
        assert not one.drop("b")
        assert one.digest() != two.digest()


def test_a_key_that_no_row_has_is_named(tmp_path: Path) -> None:
    with Harvest.open(tmp_path) as harvest, pytest.raises(InputError, match="unknown keys txet"):
        harvest.put("a", {"txet": "Returns", "text": ""})


def test_state_lasts_and_what_was_not_committed_does_not(tmp_path: Path) -> None:
    with Harvest.open(tmp_path) as harvest:
        harvest.set_state("cursor", "41")
        harvest.commit()
        harvest.set_state("cursor", "42")
        harvest.put("a", PAGE)
    with Harvest.open(tmp_path) as harvest:
        assert (harvest.state("cursor"), harvest.state("other"), len(harvest)) == ("41", "", 0)


def test_a_committed_row_survives_a_kill(tmp_path: Path) -> None:
    code = (
        "import sys, time\nfrom pathlib import Path\nfrom chainring.data.harvest import Harvest\n"
        "harvest = Harvest.open(Path(sys.argv[1]))\nharvest.put('a', {'text': 'kept'})\n"
        "harvest.commit()\nharvest.put('b', {'text': 'lost'})\nprint('ready', flush=True)\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline().strip() == b"ready"
        os.kill(child.pid, signal.SIGKILL)
    with Harvest.open(tmp_path) as harvest:
        assert [identifier for identifier, _ in harvest.rows()] == ["a"]


def test_a_dropped_text_leaves_no_bytes_behind(tmp_path: Path) -> None:
    with Harvest.open(tmp_path) as harvest:
        harvest.put("a", {"text": "a very rare sentence"})
        harvest.commit()
        harvest.drop("a")
        harvest.commit()
        harvest.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert not [p for p in tmp_path.iterdir() if b"very rare sentence" in p.read_bytes()]


def test_scouring_takes_along_what_kills_left_of_files_from_afar_and_backups(
    tmp_path: Path,
) -> None:
    with Harvest.open(tmp_path) as harvest:
        harvest.copies.mkdir()
        (harvest.copies / "a.txt").write_text("a very rare sentence")
        (tmp_path / "harvest.snapshot").write_text("a very rare sentence")
        harvest.scour()
    assert not [p for p in tmp_path.rglob("*") if p.is_file() and b"rare" in p.read_bytes()]


@pytest.mark.parametrize("kind", ["subject", "author"])
@pytest.mark.parametrize("written", ["Ann", "Ann ", "Ａｎｎ"])
def test_a_forgotten_name_is_known_again_in_any_dress(
    tmp_path: Path, kind: str, written: str
) -> None:
    with Harvest.open(tmp_path / "help") as harvest:
        harvest.forget(kind, " Ann")
        assert not harvest.put("1", {"text": "mine", kind: written})
        assert harvest.put("2", {"text": "yours", kind: "Anna"})


def test_a_name_that_an_earlier_version_marked_as_written_stays_away(tmp_path: Path) -> None:
    with Harvest.open(tmp_path / "help") as harvest:
        harvest.forget("row", "0")  # makes the salt
        mark = keyed(bytes.fromhex(harvest.state("salt of the forgotten")), "subject", "Ann ")
        harvest.connection.execute("INSERT INTO forgotten VALUES (?)", (mark,))
        assert not harvest.put("1", {"text": "mine", "subject": "Ann "})


def test_texts_are_redacted_before_they_are_stored_where_that_is_asked(tmp_path: Path) -> None:
    row = {"text": "call １３９１２３４５６７８", "answer": "mail bob@example.com", "context": "好",
           "target": "write to ann@example.com"}  # fmt: skip
    with Harvest.open(tmp_path, redacts=True) as harvest:
        assert harvest.put("a", row)
        assert not harvest.put("a", row)
        harvest.commit()
        ((_, kept),) = harvest.rows()
        harvest.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert kept == {"text": "call [phone]", "answer": "mail [email]", "context": "好",
                    "target": "write to [email]"}  # fmt: skip
    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"@example.com" not in stored
    assert "１３９".encode() not in stored


def test_a_digest_that_is_kept_is_the_one_that_is_computed(tmp_path: Path) -> None:
    with Harvest.open(tmp_path / "a") as harvest, Harvest.open(tmp_path / "b") as anew:
        for number in range(20):
            harvest.put(str(number), {"text": f"row {number}"})
            harvest.commit()
            assert harvest.digest() == harvest.digest()
        harvest.drop("3")
        harvest.put("4", {"text": "changed"})
        uncommitted = harvest.digest()
        harvest.commit()
        for identifier, row in harvest.rows():
            anew.put(identifier, row)
        assert harvest.digest() == uncommitted == anew.digest()


def test_changes_that_were_made_are_counted(tmp_path: Path) -> None:
    with Harvest.open(tmp_path) as harvest:
        harvest.put("a", PAGE)
        harvest.put("a", PAGE)
        harvest.put("a", PAGE_ZH)
        harvest.drop("a")
        harvest.drop("a")
        assert harvest.changes == 3


def test_a_damaged_file_is_told_with_what_to_do(tmp_path: Path) -> None:
    with Harvest.open(tmp_path) as harvest:
        harvest.put("a", PAGE)
        harvest.commit()
    (tmp_path / "harvest.db").write_bytes(b"no database" * 1000)
    with pytest.raises(DamagedError, match="take the folder away"):
        Harvest.open(tmp_path)


def test_a_file_that_is_damaged_further_in_is_told_so_wherever_it_is_read(tmp_path: Path) -> None:
    with Harvest.open(tmp_path) as harvest:
        for number in range(2_000):
            harvest.put(f"{number:04}", {"text": "Returns are free. " * 20})
        harvest.commit()
    with closing(sqlite3.connect(tmp_path / FILE)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    whole = (tmp_path / FILE).read_bytes()
    half = len(whole) // 2
    (tmp_path / FILE).write_bytes(whole[:half] + b"\xff" * 65_536 + whole[half + 65_536 :])
    with (
        pytest.raises(DamagedError, match="take the folder away"),
        Harvest.open(tmp_path) as harvest,
    ):
        list(harvest.rows())
    with Harvest.open(tmp_path) as harvest:
        assert not harvest.is_whole()


def test_one_that_another_process_keeps_locked_is_told_with_its_source_and_who_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Harvest.open(tmp_path / "help") as harvest:
        harvest.put("a", PAGE)
        harvest.commit()
    monkeypatch.setattr(harvests, "PATIENCE_S", 0.0)
    told = r"harvests/help/harvest\.db was locked.*(this process itself|another process)"
    with closing(sqlite3.connect(tmp_path / "help" / FILE)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(LockedError, match=told), Harvest.open(tmp_path / "help") as harvest:
            harvest.drop("a")
        other.rollback()
        other.execute("PRAGMA locking_mode=EXCLUSIVE")
        other.execute("DELETE FROM rows WHERE id = 'b'")
        with pytest.raises(LockedError, match=told):
            Harvest.open(tmp_path / "help")


def test_a_mistake_of_a_part_in_sql_is_told_as_it_is(tmp_path: Path) -> None:
    with pytest.raises(sqlite3.OperationalError), Harvest.open(tmp_path) as harvest:
        harvest.connection.execute("SELECT * FROM nowhere")
    with pytest.raises(sqlite3.IntegrityError), Harvest.open(tmp_path) as harvest:
        harvest.connection.execute("INSERT INTO rows VALUES ('a', NULL, '')")
