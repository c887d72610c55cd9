from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.training.craft.conftest import Trained, toy_run
from tests.training.craft.test_loop import Killed, Mortal, weights

from chainring.contracts.work import Work
from chainring.training import finetune
from chainring.training.craft import checkpoints as module
from chainring.training.craft.checkpoints import FINISHED, Checkpoints
from chainring.training.trainer import checkpoints

STATE: dict[str, Any] = {"best": {"step": 2}}
CUTS = [0, 200]


def cut(path: Path, size: int) -> None:
    """Leave of a file what a power cut may: its name, and the first bytes or none."""
    path.write_bytes(path.read_bytes()[:size])


@pytest.mark.parametrize("size", CUTS)
def test_a_finished_training_that_cannot_be_read_is_made_again(
    trained: Trained, work: Work, size: int, caplog: pytest.LogCaptureFixture
) -> None:
    whole, _ = trained(toy_run(), work=work)
    cut(checkpoints(work, "toy") / FINISHED, size)
    with caplog.at_level(logging.WARNING, "chainring.training"):
        again, _ = trained(toy_run(), work=work)
        assert torch.equal(weights(again), weights(whole))
        trained(toy_run(), toy=Mortal(0), work=work)  # it is finished: no step is made
    assert caplog.text.count("training.unreadable file=finished.pt") == 1


@pytest.mark.parametrize("size", CUTS)
def test_a_state_whose_best_weights_cannot_be_read_counts_as_none(
    tmp_path: Path, size: int
) -> None:
    kept = Checkpoints(tmp_path)
    kept.save_best(step=2, weights={"a": torch.ones(99)})
    kept.save(step=3, state=STATE)
    step, state = kept.last() or (0, {})
    assert (step, state["best_weights"]["a"].sum()) == (3, 99)
    cut(tmp_path / "best-2.pt", size)
    assert kept.last() is None
    kept.save(step=3, state=STATE)
    (tmp_path / "best-2.pt").unlink()
    assert kept.last() is None


def test_a_training_whose_best_weights_were_lost_begins_anew(trained: Trained, work: Work) -> None:
    unbroken, _ = trained(toy_run(), judged=10)
    with pytest.raises(Killed):
        trained(toy_run(), toy=Mortal(9), judged=10, work=work)
    (best,) = checkpoints(work, "toy").glob("best-*.pt")
    cut(best, 0)
    resumed, _ = trained(toy_run(), judged=10, work=work)
    assert torch.equal(weights(resumed), weights(unbroken))


def test_the_bytes_are_on_the_disk_before_the_name_and_both_before_others_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = Checkpoints(tmp_path)
    kept.save(step=3, state={"best": {"step": -1}})
    done: list[tuple[str, bool]] = []

    def told(name: str) -> Any:
        return lambda _: done.append((name, (tmp_path / FINISHED).exists()))

    monkeypatch.setattr(module, "sync_file", told("file"))
    monkeypatch.setattr(module, "sync_folder", told("folder"))
    monkeypatch.setattr(Path, "unlink", lambda _: done.append(("gone", True)))
    kept.finish({"a": torch.ones(3)})
    assert done == [("file", False), ("folder", True), ("gone", True)]


@pytest.mark.parametrize("size", CUTS)
def test_a_kept_head_that_cannot_be_read_is_learnt_again(
    work: Work, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    learnt: list[str] = []

    def learn(*_: Any, **__: Any) -> tuple[torch.Tensor, torch.Tensor]:
        learnt.append("once more")
        return torch.ones(40, 30), torch.zeros(40)

    class Network:
        head = torch.nn.Linear(30, 40)

    monkeypatch.setattr(finetune, "_probe", learn)
    network: Any = Network()
    for count in (1, 1):
        finetune.probe(network, [], pad=0, work=work, seed=0)
        assert len(learnt) == count
    cut(work.scratch / finetune.PROBE_FILE, size)
    finetune.probe(network, [], pad=0, work=work, seed=0)
    assert len(learnt) == 2
    assert torch.equal(network.head.weight, torch.ones(40, 30))
