from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from chainring.contracts.errors import ConflictError
from chainring.store import holder, migrations
from chainring.store.holder import holder_name, is_gone
from chainring.store.ledger import Ledger

NAME = "from chainring.store.holder import holder_name\nprint(holder_name(), flush=True)\n"


@pytest.fixture
def without_proc(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Play a system without /proc, such as macOS."""
    monkeypatch.setattr(holder, "_PROC", tmp_path)
    monkeypatch.setattr(holder, "_place", lambda: "host-mac")


def test_two_holders_of_one_process_have_two_names_and_both_live() -> None:
    first, second = holder_name(), holder_name()
    assert first != second
    assert not is_gone(first)
    assert not is_gone(second)


def test_a_process_lives_until_it_ends() -> None:
    code = NAME + "input()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        name = child.stdout.readline().strip()
        assert not is_gone(name)
        child.kill()
    assert is_gone(name)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_a_process_number_that_was_given_again_is_another_process() -> None:
    place, pid, start, number = holder_name().split("/")
    assert is_gone(f"{place}/{pid}/{int(start) - 1}/{number}")


@pytest.mark.parametrize("name", ["ann", "", "holder_01x", "a/b/c/d", "ns-1-x/4711/5/holder_y"])
def test_of_a_holder_elsewhere_nothing_is_known(name: str) -> None:
    assert not is_gone(name)


@pytest.mark.usefixtures("without_proc")
def test_without_proc_a_process_is_asked_for_by_its_number() -> None:
    name = holder_name()
    assert name.startswith(f"host-mac/{os.getpid()}//")
    assert not is_gone(name)
    assert not is_gone("host-mac/1//holder_x"), "it lives and belongs to another user"
    assert is_gone(f"host-mac/{2**22 + 1}//holder_x")


def test_a_lease_of_a_killed_process_is_free_at_once_and_its_fence_rises(
    ledger_url: str,
) -> None:
    ledger = Ledger(ledger_url, app="shop")
    migrations.ready(ledger.engine)
    taking = (
        "from chainring.store.ledger import Ledger\n"
        f"with Ledger({ledger_url!r}, app='shop').lease('turn', ttl_s=600) as lease:\n"
        "    print(lease.fence, flush=True)\n    input()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", taking], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        fence = int(child.stdout.readline())
        with pytest.raises(ConflictError, match="another process is at work"):
            ledger.lease("turn").__enter__()
        child.kill()
    with ledger.lease("turn") as mine:
        assert mine.fence == fence + 1
    ledger.close()
