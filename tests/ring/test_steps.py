from __future__ import annotations

import importlib
import logging
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from chainring.contracts import parts
from chainring.contracts.codec import decode, digest, identity
from chainring.contracts.errors import ConflictError, RefusedError, SpaceError
from chainring.contracts.parts import part
from chainring.contracts.placement import Choice, Placement
from chainring.contracts.source import Machine
from chainring.contracts.table import Table
from chainring.hardware.executor import LocalExecutor
from chainring.ring import steps
from chainring.ring.sources import place_digest, source_digest
from chainring.ring.steps import STEPS, UNPLACED, Made, Runner, Step, noun_of
from chainring.store import migrations
from chainring.store.ledger import Ledger
from chainring.store.trees import TreeStore

SOURCE = """
from pathlib import Path
from chainring.contracts.table import Table

calls = []
words = "物流"
fails = 0


def table(given, *, work, settings=None, **facts):
    global fails
    calls.append(given)
    with (work.scratch / "checkpoint").open("a") as out:
        out.write("epoch ")
    if fails:
        fails -= 1
        raise OSError("the power went")
    folder = work.folder("result")
    (folder / "rows.jsonl").write_text(words)
    return Table(address=work.trees.put(folder, kind="table"), rows=len(calls) * 0 + 1)


def wrong(given, *, work, settings=None):
    return "a text"
"""


class Settings(BaseModel):
    epochs: int = 1
    port: int = 8000


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Yield a step's module whose source a test may change."""
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "made_step.py").write_text(SOURCE, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path / "source"))
    for name in ("table", "wrong"):
        made = Step(name=name, target=f"made_step:{name}", makes="table")
        monkeypatch.setitem(STEPS, name, made)
    place_digest.cache_clear()
    yield importlib.import_module("made_step")
    sys.modules.pop("made_step", None)
    place_digest.cache_clear()


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def runner(tmp_path: Path, module: Any, said: list[str]) -> Iterator[Runner]:
    ledger = Ledger(f"sqlite:///{tmp_path / 'ledger.db'}", app="shop")
    migrations.ready(ledger.engine)

    def opens_nothing(*_: Any, **__: Any) -> Any:
        raise AssertionError("this step opens no predictor")

    yield Runner(
        app="shop",
        ledger=ledger,
        trees=TreeStore(tmp_path / "store"),
        scratch=tmp_path / "scratch",
        secret=b"k",
        executor=LocalExecutor(1),
        open_predictor=opens_nothing,
        say=said.append,
        turn="turn_1",
    )
    ledger.close()


def rewrite(module: Any, source: str) -> None:
    """Change the source of the step and load it again, as the next process would."""
    Path(module.__file__).write_text(source, encoding="utf-8")
    place_digest.cache_clear()


# Memo


def test_what_stands_in_the_ledger_is_not_made_again(runner: Runner, module: Any) -> None:
    first = runner.run("table", "input", settings=Settings())
    again = runner.run("table", "input", settings=Settings())
    assert len(module.calls) == 1
    assert again.noun == first.noun
    assert again.execution == first.execution
    assert (first.fresh, again.fresh) == (True, False)


@pytest.mark.parametrize(
    "change",
    [
        {"given": "another"},
        {"settings": Settings(epochs=2)},
        {"seed": 1},
        {"fact": ("x",)},
        {"settings": None},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_changed_input_setting_seed_or_fact_makes_it_again(
    runner: Runner, module: Any, change: dict[str, Any]
) -> None:
    runner.run("table", "input", settings=Settings())
    told: dict[str, Any] = {"given": "input", "settings": Settings()} | change
    runner.run("table", told.pop("given"), **told)
    assert len(module.calls) == 2


def test_a_setting_that_changes_no_result_makes_nothing_again(runner: Runner, module: Any) -> None:
    for port in (8000, 9000):
        runner.run("table", "input", settings=Settings(port=port), keyed=("epochs",))
    assert len(module.calls) == 1
    runner.run("table", "input", settings=Settings(epochs=2), keyed=("epochs",))
    assert len(module.calls) == 2


def test_a_changed_source_of_the_step_makes_it_again(runner: Runner, module: Any) -> None:
    runner.run("table", "input")
    rewrite(module, SOURCE + "\n# another line\n")
    runner.run("table", "input")
    assert len(module.calls) == 2


def test_a_raised_version_of_the_step_makes_it_again(
    runner: Runner, module: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner.run("table", "input")
    newer = Step(name="table", target="made_step:table", makes="table", version=2)
    monkeypatch.setitem(STEPS, "table", newer)
    runner.run("table", "input")
    assert len(module.calls) == 2


def test_a_changed_source_of_a_part_makes_it_again(
    runner: Runner, module: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "_registered", {})
    path = tmp_path / "source" / "made_part.py"
    path.write_text("def reader():\n    'Read.'\n")
    mine = importlib.import_module("made_part")
    part("reader", "mine.v1")(mine.reader)
    for _ in range(2):
        runner.run("table", "input", parts=[("reader", "mine.v1")])
    assert len(module.calls) == 1
    path.write_text("def reader():\n    'Read otherwise.'\n")
    place_digest.cache_clear()
    runner.run("table", "input", parts=[("reader", "mine.v1")])
    sys.modules.pop("made_part")
    assert len(module.calls) == 2


def test_another_application_does_not_take_what_this_one_made(runner: Runner, module: Any) -> None:
    runner.run("table", "input")
    runner.app = "bank"
    runner.run("table", "input")
    assert len(module.calls) == 2


@pytest.mark.parametrize(
    ("change", "calls"),
    [
        ({"threads": Choice(value="9", because="more")}, 1),
        ({"memory_mib": 7}, 1),
        ({"instruction_sets": ("avx2",)}, 1),
        ({"device": Choice(value="cpu", because="asked for")}, 1),
        ({"device": Choice(value="cuda", because="found")}, 2),
        ({"precision": Choice(value="bf16", because="found")}, 2),
        ({"world_size": 2}, 2),
    ],
    ids=lambda value: str(next(iter(value))) if isinstance(value, dict) else str(value),
)
@pytest.mark.parametrize("handed", ["runner", "input"])
def test_of_a_placement_only_what_changes_results_makes_a_step_again(
    runner: Runner, module: Any, change: dict[str, Any], calls: int, handed: str
) -> None:
    from dataclasses import replace

    for placement in (UNPLACED, replace(UNPLACED, **change)):
        if handed == "runner":
            runner.placement = placement
            runner.run("table", "input")
        else:
            runner.run("table", placement)
    assert len(module.calls) == calls


def test_forms_are_made_again_on_a_processor_with_other_instructions() -> None:
    from dataclasses import replace

    other = replace(UNPLACED, instruction_sets=("avx512_bf16",))
    forms, model = STEPS["forms"], STEPS["model"]
    assert steps._input_identity(forms, UNPLACED) != steps._input_identity(forms, other)
    assert steps._input_identity(model, UNPLACED) == steps._input_identity(model, other)


def test_a_step_whose_tree_was_lost_is_called_again(
    runner: Runner, module: Any, caplog: pytest.LogCaptureFixture
) -> None:
    first = runner.run("table", "input")
    runner.trees.sweep([], min_age_s=0)
    with caplog.at_level(logging.WARNING):
        again = runner.run("table", "input")
    assert len(module.calls) == 2
    assert "step.lost step=table" in caplog.text
    assert again.noun == first.noun
    assert runner.trees.has(again.noun.address)


def test_a_step_whose_input_tree_was_lost_is_called_again(runner: Runner, module: Any) -> None:
    (runner.scratch / "given").mkdir(parents=True)
    (runner.scratch / "given" / "a").write_text("a")
    given: Table[Any] = Table(address=runner.trees.put(runner.scratch / "given", kind="x"), rows=1)
    made = runner.run("table", given)
    row = runner.ledger.lineage_by_id(made.execution)
    assert row is not None
    assert set(row.trees) == {given.address, made.noun.address}
    runner.trees.sweep([made.noun.address], min_age_s=0)
    runner.run("table", given)
    assert len(module.calls) == 2


def test_a_forced_step_is_called_and_another_result_is_said_and_kept(
    runner: Runner, module: Any, said: list[str]
) -> None:
    first = runner.run("table", "input")
    runner.force = True
    same = runner.run("table", "input")
    assert same.fresh
    assert said == []
    module.words = "退款"
    other = runner.run("table", "input")
    assert len(module.calls) == 3
    assert said == ["table: made again with another result than before; both stay in the lineage"]
    rows = runner.ledger.all_lineage(step="table")
    assert [row.id for row in rows] == [first.execution, same.execution, other.execution]
    assert rows[0].result_digest == rows[1].result_digest != rows[2].result_digest
    runner.force = False
    assert runner.run("table", "input").execution == other.execution


# Scratch


def test_scratch_survives_a_failing_step_and_is_gone_after_a_success(
    runner: Runner, module: Any, tmp_path: Path
) -> None:
    module.fails = 2
    for _ in range(2):
        with pytest.raises(OSError, match="power went"):
            runner.run("table", "input")
    (left,) = (tmp_path / "scratch").iterdir()
    assert (left / "checkpoint").read_text() == "epoch epoch "
    assert runner.ledger.all_lineage() == []
    runner.run("table", "input")
    assert list((tmp_path / "scratch").iterdir()) == []


def test_two_keys_have_scratch_of_their_own(runner: Runner, module: Any, tmp_path: Path) -> None:
    module.fails = 2
    for given in ("one", "two"):
        with pytest.raises(OSError, match="power went"):
            runner.run("table", given)
    assert len(list((tmp_path / "scratch").iterdir())) == 2


def test_a_step_is_not_called_when_too_little_disk_is_free(runner: Runner, module: Any) -> None:
    runner.min_free_mib = 1 << 40
    with pytest.raises(SpaceError):
        runner.run("table", "input")
    assert module.calls == []


def test_a_step_that_makes_another_noun_is_refused(runner: Runner) -> None:
    with pytest.raises(RefusedError, match="made a str, not a table"):
        runner.run("wrong", "input")
    assert runner.ledger.all_lineage() == []


# Lineage


def test_the_lineage_row_says_what_went_in_what_came_out_and_what_it_cost(
    runner: Runner, module: Any
) -> None:
    before = runner.run("table", "first")
    made = runner.run("table", (before, "second"), settings=Settings(epochs=3), seed=7)
    row = runner.ledger.lineage_by_id(made.execution)
    assert row is not None
    assert (row.app, row.step, row.turn, row.seed) == ("shop", "table", "turn_1", 7)
    assert row.inputs == (before.execution,)
    assert row.settings == '{"epochs":3,"port":8000}'
    assert row.placement == "cpu/fp32/1"
    assert decode(Table, row.result) == made.noun
    assert row.result_digest == identity(made.noun)
    assert set(row.trees) == {made.noun.address}
    assert row.versions["chainring"]
    assert row.started > 1e9
    assert row.duration_s > 0
    assert row.cpu_s >= 0
    assert 10 < row.peak_memory_mib < 100_000
    assert runner.ledger.lineage_of_tree(made.noun.address) is not None


def test_the_steps_called_are_listed(runner: Runner) -> None:
    runner.called = []
    runner.run("table", "input")
    runner.run("table", "input")
    assert runner.called == ["table"]


def test_a_turn_that_lost_its_lease_writes_no_lineage(
    runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    import time

    now = time.time()
    with runner.ledger.lease("turn", ttl_s=1) as lease:
        runner.lease = lease
        monkeypatch.setattr(time, "time", lambda: now + 5)
        with runner.ledger.lease("turn"), pytest.raises(ConflictError, match="taken over"):
            runner.run("table", "input")
    assert runner.ledger.all_lineage() == []


# The table of steps


@pytest.mark.parametrize("name", [name for name, step in STEPS.items()])
def test_each_step_is_a_function_named_for_what_it_makes(name: str) -> None:
    function: Callable[..., Any] = STEPS[name].function()
    assert function.__name__ == name
    assert function.__doc__
    assert function.__module__ == STEPS[name].module


@pytest.mark.parametrize("name", [name for name, step in STEPS.items() if step.memo])
def test_each_memoised_step_makes_a_noun_of_contracts(name: str) -> None:
    assert noun_of(STEPS[name]).__module__.startswith("chainring.contracts")
    assert source_digest(STEPS[name].module) != ""


def test_made_without_an_execution_is_no_input_of_the_lineage(runner: Runner) -> None:
    table: Table[Any] = Table(address=digest("x", size=32), rows=0)
    made = runner.run("table", Made(noun=table, execution=""))
    row = runner.ledger.lineage_by_id(made.execution)
    assert row is not None
    assert row.inputs == ()
    assert row.trees == (made.noun.address,)
    assert isinstance(UNPLACED, Placement)
    assert Machine(cores=1, memory_mib=1)
