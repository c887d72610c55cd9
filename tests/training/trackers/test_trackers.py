from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.training.craft.conftest import Toy, padded, toy_items, toy_run

from chainring.contracts.checks import TrackerExample, check_part
from chainring.contracts.errors import InputError, MissingPackageError, UnknownNameError
from chainring.contracts.parts import load_part, part, part_names
from chainring.contracts.work import Work
from chainring.training.craft.tracking import Tracking
from chainring.training.trainer import train

SETTINGS = {"epochs": "3"}


def opened(name: str, folder: Path) -> Any:
    return load_part("tracker", name)(name="shop-toy-0", folder=folder, settings=SETTINGS)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", part_names("tracker"))
def test_each_tracker_keeps_the_promise_of_its_kind(name: str, tmp_path: Path) -> None:
    check_part("tracker", name, TrackerExample(folder=tmp_path))


def test_tensorboard_reads_back_what_was_logged(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    run = opened("tensorboard.v1", tmp_path)
    run.log(10, {"loss": 2.5})
    run.log(20, {"loss": 1.5})
    run.close()
    events = EventAccumulator(str(tmp_path / "tensorboard" / "shop-toy-0"))
    events.Reload()
    assert [(e.step, e.value) for e in events.Scalars("loss")] == [(10, 2.5), (20, 1.5)]


@pytest.mark.filterwarnings("ignore")
def test_mlflow_reads_back_what_was_logged_from_a_local_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("mlflow")
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    run = opened("mlflow.v1", tmp_path)
    run.log(10, {"loss": 2.5})
    run.log(20, {"loss": 1.5})
    run.close()
    from mlflow.tracking import MlflowClient

    client = MlflowClient(f"sqlite:///{tmp_path}/mlflow/mlflow.db")
    experiment = client.get_experiment_by_name("chainring")
    assert experiment is not None
    (found,) = client.search_runs([experiment.experiment_id])
    history = client.get_metric_history(found.info.run_id, "loss")
    assert [(m.step, m.value) for m in history] == [(10, 2.5), (20, 1.5)]
    assert found.data.params == SETTINGS
    assert found.info.status == "FINISHED"


@pytest.mark.filterwarnings("ignore")
def test_mlflow_goes_on_with_the_run_of_a_training_that_broke_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("mlflow")
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    from mlflow.tracking import MlflowClient

    client = MlflowClient(f"sqlite:///{tmp_path}/mlflow/mlflow.db")

    def found() -> Any:
        experiment = client.get_experiment_by_name("chainring")
        assert experiment is not None
        (run,) = client.search_runs([experiment.experiment_id])
        return run

    run = opened("mlflow.v1", tmp_path)
    run.log(10, {"loss": 2.5})
    run.close(failed=True)
    assert found().info.status == "FAILED"
    run = opened("mlflow.v1", tmp_path)
    assert found().info.status == "RUNNING"
    run.log(20, {"loss": 1.5})
    run.close()
    assert found().info.status == "FINISHED"
    history = client.get_metric_history(found().info.run_id, "loss")
    assert [m.step for m in history] == [10, 20]


@pytest.mark.filterwarnings("ignore")
def test_wandb_writes_a_run_offline_and_reaches_no_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("wandb")
    monkeypatch.delenv("WANDB_MODE", raising=False)
    run = opened("wandb.v1", tmp_path)
    run.log(10, {"loss": 2.5})
    run.log(20, {"loss": 1.5})  # a step is written when the next one comes
    assert run.run.settings._offline
    assert run.run.summary["loss"] == 2.5
    run.close()
    (written,) = tmp_path.glob("wandb/offline-run-*/run-*.wandb")
    assert written.stat().st_size > 0


@pytest.mark.parametrize(
    ("name", "package", "extra"),
    [
        ("tensorboard.v1", "torch.utils.tensorboard", "tensorboard"),
        ("wandb.v1", "wandb", "wandb"),
        ("mlflow.v1", "mlflow.tracking", "mlflow"),
    ],
)
def test_a_missing_package_is_named_with_its_extra(
    name: str, package: str, extra: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingPackageError, match=rf"chainring\[{extra}\]"):
        opened(name, tmp_path)


def test_ours_are_parts_like_anybodys() -> None:
    assert part_names("tracker") == ["mlflow.v1", "tensorboard.v1", "wandb.v1"]


class Told:
    """A tracker that remembers."""

    def __init__(self) -> None:
        self.opened: dict[str, Any] = {}
        self.points: list[tuple[int, dict[str, float]]] = []
        self.closed = self.failed = False

    def __call__(self, **facts: Any) -> Told:
        self.opened = facts
        return self

    def log(self, step: int, measures: Any) -> None:
        self.points.append((step, dict(measures)))

    def close(self, *, failed: bool = False) -> None:
        self.closed, self.failed = True, failed


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Told:
    from chainring.contracts import parts

    monkeypatch.setattr(parts, "_registered", dict(parts._registered))
    return part("tracker", "told.v1")(Told())


def test_a_training_tells_its_trackers_losses_rates_and_validation(
    told: Told, fresh_work: Callable[[str], Work], tmp_path: Path
) -> None:
    craft = {"trackers": ("told.v1",), "tracking_folder": str(tmp_path / "here")}
    run = toy_run(craft=craft)
    train(Toy(), toy_items(), toy_items(9), run=run, collate=padded, work=fresh_work("told"))
    assert told.opened["name"].startswith("shop-toy-0-")
    assert told.opened["folder"] == tmp_path / "here"
    assert told.opened["settings"]["craft.optimiser"] == "adamw"
    assert {"loss", "learning_rate", "rows_per_s"} <= set(told.points[0][1])
    assert "validation_accuracy" in told.points[-1][1]
    assert (told.closed, told.failed) == (True, False)


def test_a_resumed_training_is_the_same_run_and_a_new_one_another(
    told: Told, fresh_work: Callable[[str], Work]
) -> None:
    names = []
    for scratch in ("first", "first", "second"):
        Tracking(toy_run(craft={"trackers": ("told.v1",)}), work=fresh_work(scratch)).__enter__()
        names.append(told.opened["name"])
    assert names[0] == names[1] != names[2]


def test_a_tracker_is_closed_when_the_training_breaks_off(
    told: Told, fresh_work: Callable[[str], Work]
) -> None:
    class Broken(Toy):
        def forward(self, **_: Any) -> Any:
            raise ValueError("broken")

    run = toy_run(craft={"trackers": ("told.v1",)})
    with pytest.raises(ValueError, match="broken"):
        train(Broken(), toy_items(), [], run=run, collate=padded, work=fresh_work("broken"))
    assert (told.closed, told.failed) == (True, True)


def test_a_tracker_that_fails_is_said_once_and_the_training_goes_on(
    told: Told, fresh_work: Callable[[str], Work], monkeypatch: pytest.MonkeyPatch, said: list[str]
) -> None:
    def away(step: int, measures: Any) -> None:
        raise ConnectionError("the server is away\nfor a moment")

    monkeypatch.setattr(told, "log", away)
    run = toy_run(craft={"trackers": ("told.v1",)})
    train(Toy(), toy_items(), [], run=run, collate=padded, work=fresh_work("away"))
    (line,) = [line for line in said if "told.v1" in line]
    assert "the server is away" in line
    assert "\n" not in line


def test_a_tracker_that_cannot_be_opened_is_told_with_the_next_step(
    told: Told, fresh_work: Callable[[str], Work], monkeypatch: pytest.MonkeyPatch
) -> None:
    def closed(**_: Any) -> Any:
        raise ConnectionError("no such host")

    part("tracker", "shut.v1")(closed)
    run = toy_run(craft={"trackers": ("told.v1", "shut.v1")})
    with pytest.raises(InputError, match=r"shut\.v1.*no such host.*training\.craft\.trackers"):
        train(Toy(), toy_items(), [], run=run, collate=padded, work=fresh_work("shut"))
    assert (told.closed, told.failed) == (True, True)


def test_an_unknown_tracker_is_named_with_the_nearest(fresh_work: Callable[[str], Work]) -> None:
    run = toy_run(craft={"trackers": ("tensorbord.v1",)})
    with pytest.raises(UnknownNameError, match=r"tensorboard\.v1"):
        train(Toy(), toy_items(), [], run=run, collate=padded, work=fresh_work("unknown"))


def test_trackers_change_nothing_of_the_weights(
    told: Told, fresh_work: Callable[[str], Work]
) -> None:
    import torch

    made = []
    for name, trackers in (("with", ("told.v1",)), ("without", ())):
        toy, run = Toy(), toy_run(craft={"trackers": trackers})
        train(toy, toy_items(), [], run=run, collate=padded, work=fresh_work(name))
        made.append(toy.head.weight.detach())
    assert torch.equal(*made)


def test_without_trackers_the_curve_is_written_beside_the_weights(tmp_path: Path) -> None:
    from chainring.training.craft.progress import write_curves

    write_curves(tmp_path, {"toy": [{"step": 1, "loss": 1 / 3}], "none": []})
    assert json.loads((tmp_path / "curves.json").read_text("utf-8")) == {
        "toy": [{"loss": 0.333333, "step": 1.0}]
    }
