"""Every row and every tree comes back, between SQLite and PostgreSQL in every direction."""

from __future__ import annotations

import contextlib
import dataclasses
import gzip
import io
import json
import os
import shlex
import shutil
import subprocess
import tarfile
import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from chainring.contracts.case import Case
from chainring.contracts.codec import digest
from chainring.contracts.deployment import Deployment
from chainring.contracts.errors import ConflictError, DamagedError, InputError, SpaceError
from chainring.contracts.lineage import Lineage
from chainring.store import backup as backup_module
from chainring.store import backup_rows, backup_trees, cgroup, migrations, schema, unpacking
from chainring.store.backup import backup, restore, restore_files
from chainring.store.backup_trees import altered
from chainring.store.gc import collect
from chainring.store.ledger import Ledger
from chainring.store.remote import Remote
from chainring.store.traffic import Traffic
from chainring.store.trees import TreeStore

Make = Callable[..., Any]
CASE = Case(id="case_1", app="shop", kind="不公平", opened_by="fb_1", at=1.0)


@dataclass
class House:
    """A project's stores."""

    ledger: Ledger
    traffic: Traffic
    trees: TreeStore

    def backup(self, target: Path, *files: Path) -> dict[str, int]:
        return backup(
            target, ledger=self.ledger, traffic=self.traffic, trees=self.trees, files=files
        )

    def restore(self, source: Path) -> dict[str, int]:
        return restore(source, ledger=self.ledger, traffic=self.traffic, trees=self.trees)

    def rows(self) -> dict[str, list[str]]:
        """Return every row of every table, without numbers that only order traffic."""
        found: dict[str, list[str]] = {}
        for metadata, engines in (
            (schema.ledger, [self.ledger.engine]),
            (schema.traffic, list(self.traffic.engines().values())),
        ):
            for table in metadata.sorted_tables:
                found[table.name] = sorted(
                    json.dumps({k: v for k, v in row.items() if k != "seq" or table in KEPT})
                    for engine in engines
                    for row in rows_of(engine, table)
                )
        return found


KEPT = (schema.facts, schema.lineage, schema.refs)


def rows_of(engine: sa.Engine, table: sa.Table) -> list[dict[str, Any]]:
    with engine.connect() as connection:
        return [dict(row) for row in connection.execute(sa.select(table)).mappings()]


@pytest.fixture
def house(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Callable[[str], House]]:
    """Open empty stores in a new folder, or in the PostgreSQL database."""
    opened: list[House] = []

    def build(kind: str) -> House:
        folder = tmp_path / f"house{len(opened)}"
        postgres = kind == "postgresql"
        url = request.getfixturevalue("postgres") if postgres else f"sqlite:///{folder}/ledger.db"
        ledger = Ledger(url, app="shop")
        migrations.ready(ledger.engine)
        traffic = Traffic(url if postgres else folder / "traffic", app="shop")
        opened.append(House(ledger, traffic, TreeStore(folder / "store")))
        return opened[-1]

    yield build
    for one in opened:
        one.ledger.close()
        one.traffic.close()


def fill(house: House, tmp_path: Path, predicted: Make, said: Make) -> list[str]:
    """Put rows of every table and of three months, and two trees, into the stores."""
    for name in ("base", "model"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "weights").write_text(name * 1000)
        (tmp_path / name / "shared").write_text("both have this")
    base = house.trees.put(tmp_path / "base", kind="base")
    model = house.trees.put(tmp_path / "model", kind="model", needs=[base])
    house.ledger.add_fact("case", "case_1", CASE, about="fb_1")
    house.ledger.append_ref("champion", CASE, expected=0, by="gate", reason="first")
    house.ledger.add_lineage(
        Lineage(
            id="run_1",
            app="shop",
            step="model",
            key="k",
            inputs=(),
            settings="",
            seed=0,
            placement="",
            result="{}",
            result_digest="",
            trees=(model,),
        )
    )
    with house.ledger.lease("turn"):
        pass
    now = time.time()
    rows = [predicted(now=now - days * 86400, holdout=days > 40) for days in (70, 35, 35, 0)]
    house.traffic.commit([(row, f"文本 {row.id}") for row in rows], [])
    comments = [said(row.id, comment=f"comment on {row.id}", key=row.id) for row in rows]
    house.traffic.commit([], [*comments, said("pred_unknown")])
    house.traffic.erase([rows[0].id])
    return [model, base]


DIRECTIONS = [
    pytest.param(source, target, marks=pytest.mark.postgres if source != target else ())
    for source, target in (("sqlite", "sqlite"), ("sqlite", "postgresql"), ("postgresql", "sqlite"))
]


@pytest.mark.parametrize(("source", "target"), DIRECTIONS)
def test_every_row_and_tree_comes_back_and_work_goes_on(
    house: Callable[[str], House],
    tmp_path: Path,
    predicted: Make,
    said: Make,
    source: str,
    target: str,
) -> None:
    old = house(source)
    trees = fill(old, tmp_path, predicted, said)
    made = old.backup(tmp_path / "deep" / "backup.tar.gz")
    new = house(target)
    assert new.restore(tmp_path / "deep" / "backup.tar.gz") == made
    assert new.rows() == old.rows()
    assert made["rows"] == sum(map(len, old.rows().values()))
    assert sorted(new.trees.addresses()) == sorted(trees)
    for address in trees:
        new.trees.verify(address)
    spoken = [
        sorted((f.id, f.text, f.comment, f.answer) for f in one.traffic.feedback())
        for one in (old, new)
    ]
    assert spoken[0] == spoken[1]
    assert [row.id for row in new.traffic.predictions()] == [
        row.id for row in old.traffic.predictions()
    ]
    new.ledger.add_fact("case", "case_2", CASE)
    new.ledger.append_ref("champion", CASE, expected=1, by="gate", reason="better")
    row = predicted()
    new.traffic.commit([(row, "new")], [said(row.id)])
    assert new.traffic.feedback_on(row.id)[0].text == "new"
    assert len(new.ledger.facts("case", Case)) == 2


def test_a_backup_holds_few_rows_in_memory_at_once(
    house: Callable[[str], House], tmp_path: Path, predicted: Make
) -> None:
    old, new = house("sqlite"), house("sqlite")
    old.traffic.commit([(predicted(), f"{number:05}" * 2000) for number in range(2000)], [])
    tracemalloc.start()
    old.backup(tmp_path / "backup.tar.gz")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10e6  # of texts of 20 MB
    new.restore(tmp_path / "backup.tar.gz")
    assert new.rows() == old.rows()


def test_the_home_of_texts_is_not_asked_for_one_by_one(
    house: Callable[[str], House], tmp_path: Path, predicted: Make, said: Make
) -> None:
    old, new, now = house("sqlite"), house("sqlite"), time.time()
    rows = [predicted(now=now - month * 31 * 86400) for month in range(6) for _ in range(100)]
    comments = [said(row.id, comment=f"of {row.id}") for row in rows]  # said today, kept with it
    old.traffic.commit([(row, f"text {row.id}") for row in rows], comments)
    old.backup(tmp_path / "backup.tar.gz")
    asked: list[str] = []

    def hears(_: Any, __: Any, statement: str, *___: Any) -> None:
        asked.append(statement)

    sa.event.listen(sa.Engine, "before_cursor_execute", hears)
    try:
        new.restore(tmp_path / "backup.tar.gz")
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", hears)
    assert new.rows() == old.rows()
    for month, engine in new.traffic.engines().items():
        here, there = (
            {row["id"] for row in rows_of(one, schema.payloads)}
            for one in (engine, old.traffic.segment_engine(month))
        )
        assert here == there
    questions = [one for one in asked if one.startswith("SELECT")]
    assert len(questions) < len(rows)  # it was six for every text and comment


def test_a_machine_that_made_no_model_backs_up_what_the_remote_has(
    house: Callable[[str], House], tmp_path: Path, predicted: Make, said: Make
) -> None:
    one = house("sqlite")
    one.trees = TreeStore(tmp_path / "one", remote=f"file://{tmp_path / 'remote'}")
    made = fill(one, tmp_path, predicted, said)
    other = House(
        one.ledger,
        one.traffic,
        TreeStore(tmp_path / "other", remote=f"file://{tmp_path / 'remote'}"),
    )
    counts = other.backup(tmp_path / "backup.tar.gz")
    assert (counts["trees"], counts["missing"]) == (2, 0)
    new = house("sqlite")
    assert new.restore(tmp_path / "backup.tar.gz") == counts
    assert sorted(new.trees.addresses()) == sorted(made)


@pytest.mark.parametrize("error", [ConnectionError, PermissionError])
def test_a_backup_and_a_restore_go_on_where_the_remote_does_not_answer(
    house: Callable[[str], House],
    tmp_path: Path,
    predicted: Make,
    said: Make,
    monkeypatch: pytest.MonkeyPatch,
    error: type[Exception],
) -> None:
    one = house("sqlite")
    one.trees = TreeStore(tmp_path / "one", remote=f"file://{tmp_path / 'remote'}")
    fill(one, tmp_path, predicted, said)
    other = House(
        one.ledger,
        one.traffic,
        TreeStore(tmp_path / "other", remote=f"file://{tmp_path / 'remote'}"),
    )

    def silent(*_: object, **__: object) -> None:
        raise error

    for name in ("has", "names", "upload", "download", "read", "write", "list_erasures"):
        monkeypatch.setattr(Remote, name, silent)
    counts = one.backup(tmp_path / "whole.tar.gz")
    assert (counts["trees"], counts["missing"]) == (2, 0)
    counts = other.backup(tmp_path / "bare.tar.gz")
    assert (counts["trees"], counts["missing"]) == (0, 1)
    assert list(altered(other.ledger, other.trees)) == []
    new = house("sqlite")
    new.trees = TreeStore(tmp_path / "new", remote=f"file://{tmp_path / 'remote'}")
    assert new.restore(tmp_path / "bare.tar.gz") == counts


def test_what_lies_on_another_machine_alone_is_counted_as_missing(
    house: Callable[[str], House], tmp_path: Path, predicted: Make, said: Make
) -> None:
    one = house("sqlite")
    fill(one, tmp_path, predicted, said)
    other = House(one.ledger, one.traffic, TreeStore(tmp_path / "other"))
    counts = other.backup(tmp_path / "backup.tar.gz")
    assert (counts["trees"], counts["missing"]) == (0, 1)  # of the model's base no row tells
    assert house("sqlite").restore(tmp_path / "backup.tar.gz") == counts


def test_a_project_renamed_since_is_backed_up_with_all_its_trees(
    house: Callable[[str], House], tmp_path: Path, predicted: Make, said: Make
) -> None:
    """A SQLite ledger travels whole: its rows of the name before, and what they name."""
    old = house("sqlite")
    made = fill(old, tmp_path, predicted, said)
    (tmp_path / "form").mkdir()
    (tmp_path / "form" / "weights").write_text("named by a reference alone")
    form = old.trees.put(tmp_path / "form", kind="form")
    deployment = Deployment(
        app="shop", model=made[0], form=form, form_name="linear", engine="linear",
        labels=("a", "b"), threshold=0.0, verdict="vrd_1", dataset=made[0],
    )  # fmt: skip
    old.ledger.append_ref("champion", deployment, expected=1, by="turn", reason="better")
    renamed = House(Ledger(old.ledger.url, app="helpdesk"), old.traffic, old.trees)
    counts = renamed.backup(tmp_path / "backup.tar.gz")
    assert (counts["trees"], counts["missing"]) == (3, 0)
    new = house("sqlite")
    again = House(Ledger(new.ledger.url, app="helpdesk"), new.traffic, new.trees)
    assert again.restore(tmp_path / "backup.tar.gz") == counts
    assert sorted(new.trees.addresses()) == sorted([*made, form])
    elsewhere = House(renamed.ledger, old.traffic, TreeStore(tmp_path / "elsewhere"))
    assert elsewhere.backup(tmp_path / "without.tar.gz")["missing"] == 1
    renamed.ledger.close()
    again.ledger.close()


@pytest.mark.postgres
def test_of_a_shared_database_an_archive_holds_the_trees_of_one_application(
    postgres: str, house: Callable[[str], House], tmp_path: Path, predicted: Make, said: Make
) -> None:
    old = house("postgresql")
    fill(old, tmp_path, predicted, said)
    bank = House(Ledger(postgres, app="bank"), Traffic(postgres, app="bank"), old.trees)
    counts = bank.backup(tmp_path / "bank.tar.gz")
    assert (counts["trees"], counts["missing"]) == (0, 0)
    bank.ledger.close()
    bank.traffic.close()


def test_recipe_and_key_go_with_it(
    house: Callable[[str], House], tmp_path: Path, predicted: Make, said: Make
) -> None:
    old = house("sqlite")
    fill(old, tmp_path, predicted, said)
    (tmp_path / "chainring.toml").write_text("[project]\n")
    (tmp_path / "key").write_text("00" * 32)
    archive = tmp_path / "backup.tar.gz"
    old.backup(archive, tmp_path / "chainring.toml", tmp_path / "key")
    restore_files(archive, folder=tmp_path / "new", hidden=tmp_path / "new" / ".chainring")
    assert (tmp_path / "new" / "chainring.toml").read_text() == "[project]\n"
    assert (tmp_path / "new" / ".chainring" / "key").read_text() == "00" * 32
    assert (tmp_path / "new" / ".chainring" / "key").stat().st_mode & 0o077 == 0


@pytest.fixture
def archive(house: Callable[[str], House], tmp_path: Path, predicted: Make, said: Make) -> Path:
    old = house("sqlite")
    fill(old, tmp_path, predicted, said)
    old.backup(tmp_path / "backup.tar.gz")
    return tmp_path / "backup.tar.gz"


def is_empty(house: House) -> bool:
    return not any(house.rows().values()) and not list(house.trees.root.rglob("*"))


@pytest.mark.parametrize("kept", [0, 10, 0.3, 0.7, 0.99, -1])
def test_an_archive_cut_short_is_refused_and_nothing_is_written(
    archive: Path, house: Callable[[str], House], tmp_path: Path, kept: float
) -> None:
    data = archive.read_bytes()
    size = int(len(data) * kept) if 0 < kept < 1 else int(kept)
    archive.write_bytes(data[:size])
    new = house("sqlite")
    with pytest.raises(DamagedError, match=r"no whole backup.*another copy"):
        new.restore(archive)
    with pytest.raises(DamagedError):
        restore_files(archive, folder=tmp_path / "new", hidden=tmp_path / "new")
    assert is_empty(new)
    assert not (tmp_path / "new").exists()


def test_an_archive_with_a_flipped_bit_anywhere_is_refused_and_nothing_is_written(
    archive: Path, house: Callable[[str], House]
) -> None:
    data, content = archive.read_bytes(), gzip.decompress(archive.read_bytes())
    new = house("sqlite")
    start, refused = data.index(b"\0", 10) + 1, 0  # the name in the header is no content
    for place in range(start, len(data), max(1, len(data) // 60)):
        archive.write_bytes(data[:place] + bytes([data[place] ^ 0x10]) + data[place + 1 :])
        with contextlib.suppress(OSError, EOFError, zlib.error):
            if gzip.decompress(archive.read_bytes()) == content:
                continue  # another way to write the same run of zeros
        with pytest.raises(DamagedError):
            new.restore(archive)
        refused += 1
    assert refused > 40
    assert is_empty(new)


def rewritten(archive: Path, change: Callable[[str, bytes], tuple[str, bytes]]) -> None:
    """Write the archive again with other content, whole and with a true checksum."""
    with tarfile.open(archive) as old:
        members = [
            change(member.name, stream.read())
            for member in old
            if (stream := old.extractfile(member)) is not None
        ]
    with tarfile.open(archive, "w:gz") as new:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            new.addfile(info, io.BytesIO(data))


@pytest.mark.parametrize("part", ["trees/", "blobs/"])
def test_an_archive_whose_tree_was_altered_by_hand_is_refused(
    archive: Path, house: Callable[[str], House], part: str
) -> None:
    rewritten(archive, lambda name, data: (name, b"X" + data[1:] if part in name else data))
    with pytest.raises(DamagedError, match="was altered"):
        house("sqlite").restore(archive)


@pytest.mark.parametrize("name", ["blobs/../../evil", "/etc/evil", "ledger/no_such_table.jsonl"])
def test_an_archive_with_a_strange_name_is_refused(
    archive: Path, house: Callable[[str], House], name: str, tmp_path: Path
) -> None:
    rewritten(archive, lambda old, data: (name if old.startswith("blobs/") else old, data))
    with pytest.raises(DamagedError, match="no plain file of a backup"):
        house("sqlite").restore(archive)
    assert not list(tmp_path.rglob("evil"))


def test_an_archive_whose_tree_names_a_file_elsewhere_is_refused(
    archive: Path, house: Callable[[str], House], tmp_path: Path
) -> None:
    evil = tmp_path / "evil.pth"
    found: dict[str, str] = {}
    with tarfile.open(archive) as old:
        trees = {
            member.name: stream.read()
            for member in old
            if member.name.startswith("trees/") and (stream := old.extractfile(member)) is not None
        }
    needed = b"".join(trees.values())

    def led_astray(name: str, data: bytes) -> tuple[str, bytes]:
        if name in trees and Path(name).stem.encode() not in needed and not found:
            manifest = json.loads(data)
            manifest["files"].append({**manifest["files"][0], "path": str(evil)})
            data = json.dumps(
                manifest, sort_keys=True, ensure_ascii=False, separators=(",", ":")
            ).encode()
            found[Path(name).stem] = digest(data, size=32)[8:]
            name = f"trees/{found[Path(name).stem][:2]}/{found[Path(name).stem]}.json"
        for old, new in found.items():
            data = data.replace(old.encode(), new.encode())
        return name, data

    rewritten(archive, led_astray)
    assert found
    with pytest.raises(DamagedError, match=r"outside of its folder.*evil\.pth"):
        house("sqlite").restore(archive)
    assert not evil.exists()


def hostile(source: Path, target: Path, *members: tuple[tarfile.TarInfo, bytes]) -> Path:
    """Write an archive with further members behind those of a good one."""
    with tarfile.open(source) as old, tarfile.open(target, "w:gz") as new:
        for member in old:
            new.addfile(member, old.extractfile(member))
        for info, data in members:
            info.size = len(data)
            new.addfile(info, io.BytesIO(data))
    return target


def linked(kind: bytes, name: str, to: str) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, to
    return info, b""


@pytest.mark.parametrize("name", ["files/recipe.toml", "blobs/ab/abcd", "harvests/web/harvest.db"])
@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE])
def test_an_archive_with_a_link_or_a_pipe_is_refused_before_anything_is_written(
    archive: Path, house: Callable[[str], House], tmp_path: Path, kind: bytes, name: str
) -> None:
    bad = hostile(archive, tmp_path / "bad.tar.gz", linked(kind, name, "/etc/passwd"))
    new = house("sqlite")
    with pytest.raises(DamagedError, match="no plain file"):
        new.restore(bad)
    with pytest.raises(DamagedError, match="no plain file"):
        restore_files(bad, folder=tmp_path / "new", hidden=tmp_path / "new" / ".chainring")
    assert is_empty(new)
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("name", [
    "files/..", "files/x/y", "files/.bashrc", "files/key ", "articles/../x", "articles/a/b/c",
    "articles/.chainring/key", "articles",
])  # fmt: skip
def test_of_the_files_of_an_archive_none_but_recipe_and_key_is_written(
    archive: Path, tmp_path: Path, name: str
) -> None:
    bad = hostile(archive, tmp_path / "bad.tar.gz", (tarfile.TarInfo(name), b"evil"))
    with pytest.raises(DamagedError, match="no file of a backup"):
        restore_files(bad, folder=tmp_path / "new", hidden=tmp_path / "new" / ".chainring")
    assert not (tmp_path / "new").exists()


def test_a_bomb_is_refused_where_the_disk_would_end_and_before_anything_is_written(
    archive: Path,
    house: Callable[[str], House],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    zeros = (tarfile.TarInfo(f"blobs/00/{'0' * 64}"), bytes(64 << 20))
    bad = hostile(archive, tmp_path / "bad.tar.gz", zeros)
    assert bad.stat().st_size < 1 << 20
    read, opened = [0], gzip.open

    def counting(path: Path) -> Any:
        stream = opened(path)
        inner = stream.read

        def reading(size: int = -1) -> bytes:
            found = inner(size)
            read[0] += len(found)
            return found

        monkeypatch.setattr(stream, "read", reading)
        return stream

    monkeypatch.setattr(gzip, "open", counting)
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=8 << 20))
    new = house("sqlite")
    with pytest.raises(SpaceError, match="unpacks to more than the 8 MiB"):
        new.restore(bad)
    assert read[0] <= (8 << 20) + unpacking.CHUNK
    assert is_empty(new)


def hollow(form: str, name: str) -> list[tuple[tarfile.TarInfo, bytes]]:
    """Return members that are told to hold 40 GiB where a few bytes lie."""
    size = str(40 << 30)
    if form == "old":
        member = tarfile.TarInfo(name)
        member.type = tarfile.GNUTYPE_SPARSE
        return [(member, b"")]
    own = {
        "0.0": {"GNU.sparse.numblocks": "1", "GNU.sparse.size": size},
        "0.1": {"GNU.sparse.map": f"{size},1", "GNU.sparse.size": size},
        "1.0": {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": size},
    }[form]
    member = tarfile.TarInfo("GNUSparseFile.0/x")
    member.pax_headers = {**own, "GNU.sparse.name": name}
    return [(member, f"1\n{(40 << 30) - 1}\n1\n".encode().ljust(512, b"\0") + b"x")]


@pytest.mark.parametrize("form", ["old", "0.0", "0.1", "1.0"])
@pytest.mark.parametrize("name", ["ledger/facts.jsonl", "blobs/ab/abcd"])
def test_an_archive_with_holes_is_refused_before_anything_is_written(
    archive: Path, house: Callable[[str], House], tmp_path: Path, form: str, name: str
) -> None:
    bad = hostile(archive, tmp_path / "bad.tar.gz", *hollow(form, name))
    new = house("sqlite")
    with pytest.raises(DamagedError, match=f"{name}', which is no plain file"):
        new.restore(bad)
    assert is_empty(new)


def test_a_member_that_is_told_to_be_larger_than_the_disk_is_not_waited_for(
    archive: Path, house: Callable[[str], House], tmp_path: Path
) -> None:
    member = tarfile.TarInfo(f"blobs/00/{'0' * 64}")
    member.pax_headers = {"size": str(10**18)}
    new = house("sqlite")
    with pytest.raises(SpaceError, match="unpacks to more than"):
        new.restore(hostile(archive, tmp_path / "bad.tar.gz", (member, b"")))
    assert is_empty(new)


def test_what_follows_an_archive_is_counted_too(
    archive: Path, house: Callable[[str], House], monkeypatch: pytest.MonkeyPatch
) -> None:
    with archive.open("ab") as file:
        file.write(gzip.compress(bytes(64 << 20)))
    usage = shutil.disk_usage(archive.parent)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=8 << 20))
    with pytest.raises(SpaceError, match="unpacks to more than the 8 MiB"):
        house("sqlite").restore(archive)


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME])
def test_the_head_of_a_member_is_never_read_beyond_its_bound(
    archive: Path, house: Callable[[str], House], tmp_path: Path, kind: bytes
) -> None:
    head = tarfile.TarInfo("head")
    head.type = kind
    bad = hostile(archive, tmp_path / "bad.tar.gz", (head, bytes(64 << 20)))
    tracemalloc.start()
    with pytest.raises(DamagedError, match="'head' of 64 MiB, at most 1"):
        house("sqlite").restore(bad)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 16 << 20


@pytest.mark.parametrize("name", ["ledger/facts.jsonl", "traffic/2026-11/payloads.jsonl"])
@pytest.mark.parametrize("more", [b"", b"\n{}\n"])
def test_a_row_without_end_is_refused_before_anything_is_written(
    archive: Path, house: Callable[[str], House], tmp_path: Path, name: str, more: bytes,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    with_memory(monkeypatch, mib=32)
    monkeypatch.setattr(backup_rows, "LEAST_LINE_MIB", 1)
    line = (tarfile.TarInfo(name), b"\n" + b" " * ((2 << 20) + 1) + more)
    new = house("sqlite")
    with pytest.raises(SpaceError, match="a row of over 2 MiB, too long for the memory"):
        new.restore(hostile(archive, tmp_path / "bad.tar.gz", line))
    assert is_empty(new)


def test_heads_for_all_members_are_refused_however_small(
    archive: Path, house: Callable[[str], House], tmp_path: Path
) -> None:
    head = tarfile.TarInfo("head")
    head.type = tarfile.XGLTYPE
    bad = hostile(archive, tmp_path / "bad.tar.gz", (head, b"11 path=ab\n"))
    new = house("sqlite")
    with pytest.raises(DamagedError, match="'head', a head for all members"):
        new.restore(bad)
    assert is_empty(new)


def with_memory(monkeypatch: pytest.MonkeyPatch, *, mib: int) -> None:
    """Let this machine be told to have so much memory."""
    told = {"SC_PAGE_SIZE": 1 << 20, "SC_PHYS_PAGES": mib}
    asked = os.sysconf
    monkeypatch.setattr(os, "sysconf", lambda name: told.get(name) or asked(name))
    monkeypatch.setattr(cgroup, "memory_limit_bytes", lambda _: None)


@pytest.mark.parametrize(("memory_mib", "longest"), [(512, 64), (8192, 512), (1 << 20, 2048)])
def test_a_row_may_be_as_long_as_the_memory_reaches(
    monkeypatch: pytest.MonkeyPatch, memory_mib: int, longest: int
) -> None:
    with_memory(monkeypatch, mib=memory_mib)
    assert backup_rows.longest_mib() == longest


@pytest.mark.parametrize(("limit_gib", "longest"), [(2, 128), (128, 2048)])
def test_the_memory_reaches_no_further_than_the_container(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, limit_gib: int, longest: int
) -> None:
    told = {"SC_PAGE_SIZE": 1 << 20, "SC_PHYS_PAGES": 64 << 10}
    monkeypatch.setattr(os, "sysconf", told.__getitem__)
    (tmp_path / "proc/self").mkdir(parents=True)
    (tmp_path / "proc/self/cgroup").write_text("0::/\n")
    (tmp_path / "sys/fs/cgroup").mkdir(parents=True)
    (tmp_path / "sys/fs/cgroup/memory.max").write_text(f"{limit_gib << 30}\n")
    assert backup_rows.longest_mib(tmp_path) == longest


@pytest.mark.parametrize(
    "target", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]
)
def test_a_row_as_long_as_forgetting_two_million_records_comes_back(
    house: Callable[[str], House], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: str
) -> None:
    with_memory(monkeypatch, mib=4096)
    old, new = house("sqlite"), house(target)
    long = dataclasses.replace(CASE, kind="rec_9a" * 12_000_000)
    old.ledger.add_fact("case", "case_1", long)
    old.backup(tmp_path / "backup.tar.gz")
    new.restore(tmp_path / "backup.tar.gz")
    assert new.ledger.facts("case", Case) == [long]


def test_a_row_that_another_machine_alone_could_restore_is_told_when_it_is_saved(
    house: Callable[[str], House],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with_memory(monkeypatch, mib=16)
    monkeypatch.setattr(backup_rows, "LEAST_LINE_MIB", 1)
    old = house("sqlite")
    old.ledger.add_fact("case", "case_1", dataclasses.replace(CASE, kind="长" * (1 << 20)))
    with caplog.at_level("WARNING", "chainring.store"):
        old.backup(tmp_path / "backup.tar.gz")
    assert "long_row table=ledger/facts.jsonl row=1 mib=3 restoring_needs_memory_mib=48" in (
        caplog.text
    )


def test_long_rows_are_held_a_few_at_once() -> None:
    line = json.dumps({"id": "a" * (3 << 20)}).encode() + b"\n"
    assert [len(batch) for batch in backup_rows.batches([line] * 4)] == [3, 1]
    assert not backup_rows.has_endless_line(io.BytesIO(line * 30))
    assert [len(batch) for batch in backup_rows.batches([b"{}\n"] * 1001)] == [1000, 1]


def test_heads_within_heads_are_no_backup(
    archive: Path, house: Callable[[str], House], tmp_path: Path
) -> None:
    head = tarfile.TarInfo("head")
    head.type = tarfile.XHDTYPE
    bad = hostile(archive, tmp_path / "bad.tar.gz", *[(head, b"")] * 2000)
    with pytest.raises(DamagedError, match="no whole backup"):
        house("sqlite").restore(bad)


def test_a_member_too_large_to_be_read_whole_is_refused(
    archive: Path, house: Callable[[str], House], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpacking, "MAX_WHOLE_MIB", 1)
    large = (tarfile.TarInfo("erased/00/large.json"), bytes((1 << 20) + 1))
    with pytest.raises(DamagedError, match="at most 1"):
        house("sqlite").restore(hostile(archive, tmp_path / "bad.tar.gz", large))


def test_an_archive_of_very_many_members_is_refused(
    archive: Path, house: Callable[[str], House], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpacking, "MAX_ENTRIES", 500)
    many = [(tarfile.TarInfo(f"blobs/00/{number}"), b"") for number in range(500)]
    new = house("sqlite")
    with pytest.raises(DamagedError, match="more than 500 members"):
        new.restore(hostile(archive, tmp_path / "bad.tar.gz", *many))
    assert is_empty(new)


@pytest.mark.parametrize("form", [{"format": 2}, {"format": 1, "ledger": "9999"}])
def test_an_archive_of_a_newer_version_is_refused(
    archive: Path, house: Callable[[str], House], form: dict[str, object]
) -> None:
    new_form = json.dumps(form).encode()
    rewritten(archive, lambda name, data: (name, new_form if name == "format.json" else data))
    with pytest.raises(InputError, match=r"newer chainring.*pip install"):
        house("sqlite").restore(archive)


def test_what_is_no_archive_is_refused(house: Callable[[str], House], tmp_path: Path) -> None:
    (tmp_path / "photo.png").write_bytes(b"\x89PNG")
    (tmp_path / "empty.tar.gz").write_bytes(gzip.compress(b""))
    for name in ("photo.png", "empty.tar.gz", "missing.tar.gz"):
        with pytest.raises(DamagedError, match="no whole backup"):
            house("sqlite").restore(tmp_path / name)


@pytest.mark.parametrize("held", ["fact", "prediction"])
def test_a_project_that_holds_rows_is_not_restored_into(
    archive: Path, house: Callable[[str], House], predicted: Make, held: str
) -> None:
    new = house("sqlite")
    if held == "fact":
        new.ledger.add_fact("case", "case_9", CASE)
    else:
        new.traffic.commit([(predicted(), None)], [])
    before = new.rows()
    with pytest.raises(ConflictError, match="already holds rows"):
        new.restore(archive)
    assert new.rows() == before


def test_nobody_but_its_owner_may_read_an_archive(archive: Path) -> None:
    assert archive.stat().st_mode & 0o777 == 0o600


@pytest.mark.postgres
def test_of_a_shared_database_an_archive_holds_one_application(
    postgres: str, house: Callable[[str], House], tmp_path: Path, predicted: Make, said: Make
) -> None:
    old = house("postgresql")
    fill(old, tmp_path, predicted, said)
    before = old.rows()
    bank = House(Ledger(postgres, app="bank"), Traffic(postgres, app="bank"), old.trees)
    row = predicted(app="bank")
    bank.traffic.commit([(row, "my balance")], [said(row.id, app="bank", comment="my complaint")])
    bank.ledger.add_fact("key", "key_1", CASE)
    bank.ledger.append_ref("champion", CASE, expected=0, by="gate", reason="first")
    bank.ledger.add_lineage(
        Lineage(
            id="run_2", app="bank", step="model", key="k", inputs=(), settings="", seed=0,
            placement="", result="{}", result_digest="", trees=("blake2b:" + "0" * 64,),
        )
    )  # fmt: skip
    with bank.ledger.lease("turn"):
        pass
    old.backup(tmp_path / "shop.tar.gz")
    bank.ledger.close()
    bank.traffic.close()
    new = house("sqlite")
    new.restore(tmp_path / "shop.tar.gz")
    assert new.rows() == before


def test_a_backup_never_replaces_a_file(archive: Path, house: Callable[[str], House]) -> None:
    before = archive.read_bytes()
    with pytest.raises(ConflictError, match="already there"):
        house("sqlite").backup(archive)
    assert archive.read_bytes() == before


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(28, "no space left")])
def test_an_archive_is_never_there_half_written(
    house: Callable[[str], House],
    tmp_path: Path,
    predicted: Make,
    said: Make,
    monkeypatch: pytest.MonkeyPatch,
    error: BaseException,
) -> None:
    old = house("sqlite")
    fill(old, tmp_path, predicted, said)

    def stopped(*_: object) -> None:
        raise error

    monkeypatch.setattr(backup_module, "add_trees", stopped)
    with pytest.raises(SpaceError if isinstance(error, OSError) else KeyboardInterrupt):
        old.backup(tmp_path / "out" / "backup.tar.gz")
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("part", ["blobs", "trees"])
def test_a_damaged_tree_is_left_out_of_a_backup_and_all_the_rest_is_saved(
    house: Callable[[str], House], tmp_path: Path, predicted: Make, said: Make, part: str
) -> None:
    old = house("sqlite")
    model, base = fill(old, tmp_path, predicted, said)
    file = "model" * 1000 if part == "blobs" else '"kind":"model"'
    place = next(p for p in old.trees.root.glob(f"{part}/*/*") if file in p.read_text())
    place.chmod(0o644)
    place.write_bytes(place.read_bytes()[:-1])
    counts = old.backup(tmp_path / "out.tar.gz")
    assert counts["missing"] == 1
    (found,) = altered(old.ledger, old.trees)
    assert str(place.relative_to(old.trees.root)) in str(found)
    new = house("sqlite")
    new.restore(tmp_path / "out.tar.gz")
    assert new.rows() == old.rows()
    assert not new.trees.has(model)
    assert new.trees.has(base) == (part == "blobs")  # what it needs, its manifest tells


def test_what_an_error_of_a_damaged_tree_says_mends_it(
    house: Callable[[str], House], tmp_path: Path, predicted: Make, said: Make
) -> None:
    old = house("sqlite")
    model, _ = fill(old, tmp_path, predicted, said)
    old.backup(tmp_path / "before.tar.gz")
    for part in ("blobs", "trees"):
        for place in old.trees.root.glob(f"{part}/*/*"):
            place.chmod(0o644)
            place.write_bytes(b"rubbish")
    for _ in range(3):  # the manifest, and its two files
        with pytest.raises(DamagedError, match=r"put it back from a backup: tar ") as refused:
            old.trees.open(model)
        command = str(refused.value).partition("backup: ")[2]
        command = command.replace("BACKUP", str(tmp_path / "before.tar.gz"))
        subprocess.run(shlex.split(command), check=True)
    assert (old.trees.open(model) / "weights").read_text() == "model" * 1000


def test_what_nothing_names_may_go_while_a_backup_is_made(
    house: Callable[[str], House],
    tmp_path: Path,
    predicted: Make,
    said: Make,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    old = house("sqlite")
    fill(old, tmp_path, predicted, said)
    (tmp_path / "leftover").mkdir()
    (tmp_path / "leftover" / "weights").write_text("of a step that was killed")
    left = old.trees.put(tmp_path / "leftover", kind="model")
    add = backup_trees._add_tree

    def meanwhile(*given: Any) -> None:
        if old.trees.has(left):
            collect(ledger=old.ledger, trees=old.trees, scratch=tmp_path / "scratch", min_age_s=0)
        add(*given)

    monkeypatch.setattr(backup_trees, "_add_tree", meanwhile)
    counts = old.backup(tmp_path / "out.tar.gz")
    assert not old.trees.has(left)
    assert (counts["trees"], counts["missing"]) == (2, 0)
    assert house("sqlite").restore(tmp_path / "out.tar.gz") == counts


def test_rows_written_while_a_backup_is_made_do_not_tear_it(
    ledger: Ledger,
    traffic: Traffic,
    house: Callable[[str], House],
    tmp_path: Path,
    predicted: Make,
    said: Make,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The tables of one database are read at one moment: feedback never without its answer."""
    old = House(ledger, traffic, TreeStore(tmp_path / "store"))
    traffic.commit([(predicted(), None)], [])
    add = backup_module._add

    def busy(archive: tarfile.TarFile, name: str, data: bytes) -> None:
        add(archive, name, data)
        if name.endswith("predictions.jsonl"):
            row = predicted()
            traffic.commit([(row, "meanwhile")], [said(row.id)])

    monkeypatch.setattr(backup_module, "_add", busy)
    old.backup(tmp_path / "busy.tar.gz")
    monkeypatch.undo()
    new = house("sqlite")
    new.restore(tmp_path / "busy.tar.gz")
    assert list(new.traffic.feedback()) == []
    assert len(list(new.traffic.predictions())) == 1
