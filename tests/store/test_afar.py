"""A remote that is away or refuses: what is here works on, what needs it is told."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from chainring.contracts.errors import InputError, UnreachableError
from chainring.store import afar, remote
from chainring.store.erasure import drop_replaced, erase
from chainring.store.trees import TreeStore

AWAY = ConnectionError("refused")
REFUSES = PermissionError("403 Forbidden: AccessDenied")
both = pytest.mark.parametrize("fault", [AWAY, REFUSES], ids=["away", "refuses"])


class Faulty(MemoryFileSystem):  # type: ignore[misc]
    """Files in memory; `faults` says what each call raises, by the name of the call or `*`."""

    protocol = "faulty"
    faults: dict[str, Exception] = {}  # noqa: RUF012 - one for all


def failing(name: str) -> Callable[..., Any]:
    def called(self: Faulty, *given: Any, **named: Any) -> Any:
        if fault := Faulty.faults.get(name) or Faulty.faults.get("*"):
            raise fault
        return getattr(super(Faulty, self), name)(*given, **named)

    return called


for one in ("find", "exists", "put_file", "pipe_file", "cat_file", "get_file", "makedirs", "size",
            "info", "ls", "rm_file"):  # fmt: skip
    setattr(Faulty, one, failing(one))
fsspec.register_implementation("faulty", Faulty, clobber=True)


@pytest.fixture
def faults() -> Iterator[dict[str, Exception]]:
    """Yield what the remote raises: nothing at first."""
    yield Faulty.faults
    Faulty.faults.clear()
    Faulty.store.clear()


@pytest.fixture
def machine(tmp_path: Path, faults: dict[str, Exception]) -> Callable[[str], TreeStore]:
    """Return how a machine is made that shares the remote."""
    return lambda name: TreeStore(tmp_path / name, remote="faulty://shop", secret=b"key")


def folder(place: Path, **content: str) -> Path:
    place.mkdir(exist_ok=True)
    for name, text in content.items():
        (place / name).write_text(text, encoding="utf-8")
    return place


@both
def test_what_is_here_is_read_without_the_remote_which_is_told_once(
    machine: Callable[[str], TreeStore],
    tmp_path: Path,
    faults: dict[str, Exception],
    fault: Exception,
    caplog: pytest.LogCaptureFixture,
) -> None:
    machine("here").put(folder(tmp_path / "a", rows="ann", other="bo"), kind="model")
    trees = TreeStore(tmp_path / "here", remote="faulty://shop", secret=b"key", cache_bytes=0)
    faults["*"] = fault
    with caplog.at_level(logging.WARNING, logger="chainring"):
        (address,) = trees.addresses()
        for _ in range(2):
            assert (trees.open(address, fresh=True) / "rows").read_text() == "ann"
            assert trees.has(address)
            assert trees.surely_has(address)
            assert trees.closure([address]) == {address}
            assert not trees.surely_has("blake2b:" + "0" * 64)
            trees.verify(address)
    state = "away" if fault is AWAY else "refuses"
    cause = type(fault).__name__
    assert caplog.messages == [f"trees.unlisted remote={state} cause={cause}"]


def test_a_tree_put_while_the_remote_is_away_is_brought_there_the_next_time(
    machine: Callable[[str], TreeStore],
    tmp_path: Path,
    faults: dict[str, Exception],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    here, there = machine("here"), machine("there")
    faults["*"] = AWAY
    with caplog.at_level(logging.WARNING, logger="chainring"):
        base = here.put(folder(tmp_path / "base", weights="w"), kind="base")
        other = here.put(folder(tmp_path / "other", weights="o"), kind="base")
    assert caplog.messages == ["trees.unmirrored remote=away cause=ConnectionError"]
    faults.clear()
    monkeypatch.setattr(here._afar, "_quiet_until", float("-inf"))  # it is asked again
    model = here.put(folder(tmp_path / "model", head="h"), kind="model", needs=[base])
    assert not any(there.has(one) for one in (base, other, model)), "a model without its base"
    assert here.mirror([model, other]) == 3
    for one in (base, other, model):
        there.verify(one)
    later = here.put(folder(tmp_path / "later", head="i"), kind="model", needs=[base])
    assert there.has(later)


def test_no_process_brings_what_needs_a_tree_that_the_remote_lacks(
    machine: Callable[[str], TreeStore],
    tmp_path: Path,
    faults: dict[str, Exception],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.WARNING, logger="chainring")
    faults["*"] = AWAY
    base = machine("here").put(folder(tmp_path / "base", weights="w"), kind="base")
    faults.clear()
    there = machine("there")
    later = machine("here").put(folder(tmp_path / "a", head="h"), kind="model", needs=[base])
    assert caplog.messages[1:] == ["trees.unmirrored because=the remote lacks what it needs"]
    assert not there.has(later)
    assert machine("here").mirror([later]) == 2
    assert there.closure([later]) == {base, later}


def test_what_is_put_after_a_listing_that_failed_is_told_once_and_brought_by_the_next_mirroring(
    machine: Callable[[str], TreeStore],
    tmp_path: Path,
    faults: dict[str, Exception],
    caplog: pytest.LogCaptureFixture,
) -> None:
    first = machine("here").put(folder(tmp_path / "a", rows="ann"), kind="records")
    faults["find"] = AWAY
    with caplog.at_level(logging.WARNING, logger="chainring"):
        trees = machine("here")
        trees.open(first)
        faults.clear()
        put = [trees.put(folder(tmp_path / "m", head=name), kind="model") for name in "bc"]
    told = "remote=away cause=ConnectionError"
    assert caplog.messages == [f"trees.unlisted {told}", f"trees.unmirrored {told}"]
    assert trees.mirror(put) == 2
    for one in put:
        machine("there").verify(one)


def test_of_a_tree_that_came_there_in_part_no_manifest_is_there(
    machine: Callable[[str], TreeStore],
    tmp_path: Path,
    faults: dict[str, Exception],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    here, there = machine("here"), machine("there")
    whole, sent = remote.Remote.upload, list[Path]()

    def cut_off(self: remote.Remote, path: Path) -> None:
        if len(sent) == 1:
            sent.append(path)
            raise AWAY
        sent.append(path)
        whole(self, path)

    with monkeypatch.context() as patch:
        patch.setattr(remote.Remote, "upload", cut_off)
        patch.setattr(afar, "LISTING_S", -1.0)
        address = here.put(folder(tmp_path / "a", one="1", two="2"), kind="model")
    assert not there.has(address)
    assert here.mirror([address]) == 1
    there.verify(address)


@both
def test_what_needs_the_remote_is_told_with_the_next_step(
    machine: Callable[[str], TreeStore],
    tmp_path: Path,
    faults: dict[str, Exception],
    fault: Exception,
) -> None:
    afar_alone = machine("there").put(folder(tmp_path / "b", rows="bo"), kind="model")
    here = machine("here")
    address = here.put(folder(tmp_path / "a", rows="ann"), kind="records")
    blank = folder(tmp_path / "blank", rows="") / "rows"
    faults["*"] = fault
    kind = UnreachableError if fault is AWAY else InputError
    for act in (
        here.refresh,
        lambda: here.has(afar_alone),
        lambda: here.open(afar_alone),
        lambda: here.closure([afar_alone]),
        lambda: here.sweep([], min_age_s=0),
        lambda: erase(here, address, {"rows": blank}, receipt="fgt_1"),
    ):
        with pytest.raises(kind, match=rf"remote of \[store\].*{type(fault).__name__}.*; "):
            act()
    faults.clear()
    assert here.erasure(address).files == (), "what is forgotten is forgotten in both"
    assert (machine("new").open(address) / "rows").read_text() == "ann"


def test_what_is_known_to_be_forgotten_elsewhere_is_not_shown_where_it_cannot_be_read(
    machine: Callable[[str], TreeStore],
    tmp_path: Path,
    faults: dict[str, Exception],
) -> None:
    here, there = machine("here"), machine("there")
    address = here.put(folder(tmp_path / "a", rows="ann"), kind="records")
    erase(there, address, {"rows": folder(tmp_path / "blank", rows="") / "rows"}, receipt="fgt_1")
    drop_replaced(there)
    here.refresh()
    faults["cat_file"] = AWAY
    with pytest.raises(UnreachableError, match="is not reached"):
        here.open(address)
    faults.clear()
    assert (here.open(address) / "rows").read_text() == ""
