from __future__ import annotations

import dataclasses
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.training.craft.conftest import Toy, Trained, padded, toy_items, toy_run

from chainring.contracts.errors import RefusedError
from chainring.contracts.work import Work
from chainring.training.craft.judge import Judge, told
from chainring.training.craft.settings import CraftSettings
from chainring.training.finetune import open_encoder
from chainring.training.heads import Headed
from chainring.training.trainer import checkpoints, train

EVERYTHING: dict[str, Any] = {
    "warmup_fraction": 0.2,
    "weight_decay": 0.1,
    "patience": 9,
    "craft": {"ema": 0.9, "schedule": "cosine"},
}


def weights(module: torch.nn.Module) -> torch.Tensor:
    return torch.cat([w.detach().flatten() for w in module.parameters()])


def judging(says: Iterable[dict[str, float]]) -> tuple[list[torch.Tensor], Judge]:
    """Return the weights that were judged, and what judges them as `says` tells in turn."""
    seen, left = list[torch.Tensor](), iter(says)

    def judge(module: torch.nn.Module) -> dict[str, float]:
        seen.append(weights(module))
        return next(left)

    return seen, judge


class Killed(BaseException):
    """Stands for kill -9: nothing of ours catches it."""


class Mortal(Toy):
    """A toy that dies in the so-many-th step."""

    def __init__(self, dies_in: int) -> None:
        super().__init__()
        self.left = dies_in

    def forward(self, **named: Any) -> Any:
        self.left -= self.training
        if self.left < 0:
            raise Killed
        return super().forward(**named)


@pytest.mark.parametrize("schedule", ["cosine", "plateau"])
@pytest.mark.parametrize("optimiser", ["adamw", "sgd", "adafactor"])
@pytest.mark.parametrize("step", [1, 5, 7, 14])
def test_a_killed_training_goes_on_with_the_same_losses_and_ends_with_the_same_bits(
    trained: Trained, work: Work, step: int, optimiser: str, schedule: str
) -> None:
    craft = {"ema": 0.9, "schedule": schedule, "optimiser": optimiser}
    run = toy_run(**EVERYTHING | {"craft": craft})
    unbroken, curve = trained(run, judged=10)
    with pytest.raises(Killed):
        trained(run, judged=10, toy=Mortal(step), work=work)
    resumed, resumed_curve = trained(run, judged=10, work=work)
    assert torch.equal(weights(resumed), weights(unbroken))
    assert resumed_curve == curve


def test_checkpoints_a_minute_apart_change_nothing_either(trained: Trained, work: Work) -> None:
    run = toy_run(craft={"checkpoint_minutes": 60.0})
    unbroken, _ = trained(run)
    with pytest.raises(Killed):
        trained(run, toy=Mortal(9), work=work)
    assert not list(checkpoints(work, "toy").glob("*.pt"))
    resumed, _ = trained(run, work=work)
    assert torch.equal(weights(resumed), weights(unbroken))


PROGRAM = """
    import dataclasses, pathlib, sys
    from tests.training.conftest import make_placement
    from tests.here import FolderTrees, HereExecutor
    from tests.training.craft.conftest import Toy, padded, toy_items, toy_run
    from chainring.contracts.work import Work
    from chainring.training.trainer import train

    root = pathlib.Path(sys.argv[1])
    work = Work(app="a", trees=FolderTrees(root), scratch=root, secret=b"", seed=0,
                placement=make_placement(), executor=HereExecutor(), open_predictor=None,
                say=lambda line: print(line, flush=True))
    run = toy_run(epochs=int(sys.argv[2]), craft={"ema": 0.9})
    train(Toy(), toy_items(), toy_items(10), run=run, collate=padded, work=work)
"""


def started(root: Path, *, epochs: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", textwrap.dedent(PROGRAM), str(root), str(epochs)]
    here = Path(__file__).parents[3]
    environment = {**os.environ, "PYTHONPATH": f"{here}:{here / 'src'}", "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment
    )


def test_kill_9_in_the_middle_ends_with_the_losses_of_an_unbroken_run(
    trained: Trained, work: Work, tmp_path: Path
) -> None:
    run = toy_run(epochs=12, craft={"ema": 0.9})
    unbroken, curve = trained(run, judged=10)
    broken = started(tmp_path / "broken", epochs=12)
    assert broken.stdout is not None
    for line in broken.stdout:
        if "epoch 3," in line:
            broken.send_signal(signal.SIGKILL)
            break
    assert broken.wait(timeout=60) == -signal.SIGKILL
    broken.stdout.close()
    assert list((tmp_path / "broken" / "toy-checkpoints").glob("checkpoint-*.pt"))
    assert not (tmp_path / "broken" / "toy-checkpoints" / "finished.pt").exists()
    again = dataclasses.replace(work, scratch=tmp_path / "broken")
    resumed, resumed_curve = trained(run, judged=10, work=again)
    assert torch.equal(weights(resumed), weights(unbroken))
    assert [one.get("loss") for one in resumed_curve] == [one.get("loss") for one in curve]


def test_a_damaged_checkpoint_is_thrown_away_and_the_training_begins_anew(
    trained: Trained, work: Work
) -> None:
    unbroken, _ = trained(toy_run())
    with pytest.raises(Killed):
        trained(toy_run(), toy=Mortal(7), work=work)
    (path,) = checkpoints(work, "toy").glob("checkpoint-*.pt")
    path.write_bytes(path.read_bytes()[:100])
    path.with_suffix(".part").write_bytes(b"half")
    resumed, _ = trained(toy_run(), work=work)
    assert torch.equal(weights(resumed), weights(unbroken))


def test_one_seed_gives_the_same_weights_and_another_seed_others(trained: Trained) -> None:
    first, again, other = (trained(toy_run(seed=seed))[0] for seed in (0, 0, 1))
    assert torch.equal(weights(first), weights(again))
    assert not torch.equal(weights(first), weights(other))


def test_what_was_drawn_before_changes_nothing(trained: Trained) -> None:
    first, _ = trained(toy_run())
    toy = Toy()
    torch.rand(17)
    again, _ = trained(toy_run(), toy=toy)
    assert torch.equal(weights(first), weights(again))


def test_dropout_of_the_network_acts_in_training(trained: Trained) -> None:
    with_dropout, _ = trained(toy_run(), toy=Toy(dropout=0.5))
    without, _ = trained(toy_run(), toy=Toy(dropout=0.0))
    assert not torch.equal(weights(with_dropout), weights(without))


def test_it_stops_after_as_many_validations_as_patience_says_and_keeps_the_best(
    trained: Trained,
) -> None:
    seen, judge = judging({"accuracy": a} for a in (0.2, 0.6, 0.5, 0.4, 0.9))
    toy, _ = trained(toy_run(epochs=9, patience=2), judge=judge)
    assert len(seen) == 4
    assert torch.equal(weights(toy), seen[1])


def test_of_equally_right_validations_the_one_of_the_lowest_loss_is_kept(trained: Trained) -> None:
    seen, judge = judging({"accuracy": 0.6, "loss": loss} for loss in (0.5, 0.3, 0.4))
    toy, _ = trained(toy_run(), judge=judge)
    assert len(seen) == 3
    assert torch.equal(weights(toy), seen[1])


def test_a_lower_loss_does_not_outweigh_a_better_score(trained: Trained) -> None:
    seen, judge = judging({"accuracy": a, "loss": a} for a in (0.6, 0.7, 0.5))
    toy, _ = trained(toy_run(), judge=judge)
    assert torch.equal(weights(toy), seen[1])


def test_of_equals_without_a_loss_the_latest_is_kept(trained: Trained) -> None:
    seen, judge = judging({"f1": f1} for f1 in (0.6, 0.6, 0.5))
    toy, _ = trained(toy_run(), judge=judge)
    assert torch.equal(weights(toy), seen[1])


def test_an_equal_score_of_a_lower_loss_ends_the_waiting_and_no_other_does(
    trained: Trained,
) -> None:
    losses = (0.5, 0.4, 0.3, 0.2, 0.3, 0.2, 0.1)
    seen, judge = judging({"accuracy": 0.6, "loss": loss} for loss in losses)
    toy, _ = trained(toy_run(epochs=9, patience=2), judge=judge)
    assert len(seen) == 6
    assert torch.equal(weights(toy), seen[3])


def test_a_killed_training_still_knows_the_loss_that_decides_between_equals(
    trained: Trained, work: Work
) -> None:
    seen, judge = judging({"accuracy": 0.6, "loss": loss} for loss in (0.3, 0.5, 0.4))
    with pytest.raises(Killed):
        trained(toy_run(), toy=Mortal(7), work=work, judge=judge)
    assert len(seen) == 1
    resumed, _ = trained(toy_run(), work=work, judge=judge)
    assert len(seen) == 3
    assert torch.equal(weights(resumed), seen[0])


@pytest.mark.parametrize("step", [3, 7])
def test_a_checkpoint_of_a_version_that_kept_a_score_alone_goes_on_as_one_of_today(
    trained: Trained, work: Work, step: int
) -> None:
    seen, judge = judging({"accuracy": 0.6, "loss": loss} for loss in (0.3, 0.5, 0.4))
    with pytest.raises(Killed):
        trained(toy_run(), toy=Mortal(step), work=work, judge=judge)
    (path,) = checkpoints(work, "toy").glob("checkpoint-*.pt")
    state = torch.load(path, weights_only=True)
    best = {"step": state["best"]["step"], "score": state["best"].pop("rank")[0]}
    torch.save(state | {"best": best}, path)
    resumed, _ = trained(toy_run(), work=work, judge=judge)
    assert len(seen) == 3
    assert torch.equal(weights(resumed), seen[0])


def test_a_checkpoint_of_a_version_whose_plateau_went_by_scores_alone_goes_on(
    trained: Trained, work: Work
) -> None:
    run = toy_run(epochs=5, learning_rate=0.4, craft={"schedule": "plateau"})
    losses = (0.5, 0.6, 0.4, 0.7, 0.7)
    seen, judge = judging({"accuracy": 0.6, "loss": loss} for loss in losses)
    with pytest.raises(Killed):
        trained(run, toy=Mortal(12), work=work, judge=judge)
    (path,) = checkpoints(work, "toy").glob("checkpoint-*.pt")
    state = torch.load(path, weights_only=True)
    torch.save(state | {"plateau": state["plateau"] | {"best": 0.6}}, path)
    resumed, _ = trained(run, work=work, judge=judge)
    assert len(seen) == 5
    assert torch.equal(weights(resumed), seen[2])


def test_a_measure_named_loss_is_the_better_the_lower(trained: Trained) -> None:
    seen, judge = judging({"loss": loss} for loss in (3.0, 1.0, 2.0))
    toy, _ = trained(toy_run(), judge=judge)
    assert torch.equal(weights(toy), seen[1])


def test_a_long_epoch_can_be_judged_on_its_way(trained: Trained) -> None:
    _, curve = trained(toy_run(judge_every=2), judged=10)
    places = [point["step"] for point in curve if "validation_accuracy" in point]
    assert places == [2, 4, 6, 8, 10, 12, 14, 15]  # the end, where the rate is lowest, too


def test_the_last_epoch_may_end_on_its_way(trained: Trained, work: Work) -> None:
    _, whole = trained(toy_run(craft={"schedule": "constant"}))
    said = list[str]()
    _, part = trained(
        toy_run(epochs=1.41, craft={"schedule": "constant"}),
        work=dataclasses.replace(work, say=said.append),
    )
    losses = [[p["loss"] for p in curve if "loss" in p] for curve in (whole, part)]
    assert (len(losses[0]), len(losses[1])) == (15, 8)
    assert losses[1] == losses[0][:8]


def test_judging_draws_nothing_from_the_training(trained: Trained) -> None:
    def judge(_: torch.nn.Module) -> dict[str, float]:
        return {"accuracy": float(torch.rand(1))}

    _, curve = trained(toy_run(), judge=judge)
    _, plain = trained(toy_run())
    told = [point["loss"] for point in curve if "loss" in point]
    assert told == [point["loss"] for point in plain]


def test_layers_computed_twice_make_the_same_gradient_and_are_computed_twice(
    tiny_base: Path, fresh_work: Callable[[str], Work]
) -> None:
    def tuned(name: str, *, twice: bool) -> tuple[torch.Tensor, int]:
        torch.manual_seed(0)
        network = Headed(open_encoder(tiny_base, dropout=0.0), form="one", classes=3, dropout=0.0)
        rows = 0  # however a step is split

        def count(_: Any, given: Any) -> None:
            nonlocal rows
            rows += len(given[0])

        network.encoder.encoder.layer[0].attention.register_forward_pre_hook(count)
        run = toy_run(learning_rate=1e-3, epochs=1, craft={"gradient_checkpointing": twice})
        train(network, toy_items(), [], run=run, collate=padded, work=fresh_work(name))
        return weights(network), rows

    (plain, once), (checked, twice) = tuned("plain", twice=False), tuned("checked", twice=True)
    torch.testing.assert_close(plain, checked, rtol=1e-4, atol=1e-6)
    assert twice == 2 * once


def test_a_network_whose_layers_cannot_be_computed_twice_says_so(trained: Trained) -> None:
    with pytest.raises(RefusedError, match="gradient_checkpointing = false"):
        trained(toy_run(craft={"gradient_checkpointing": True}))


def test_deterministic_is_switched_on_and_off(
    trained: Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = list[bool]()
    monkeypatch.setattr(torch, "use_deterministic_algorithms", asked.append)
    trained(toy_run(craft={"deterministic": True}))
    trained(toy_run())
    assert asked == [True, False]


def test_label_smoothing_is_the_cross_entropy_with_the_smoothed_target(tiny_base: Path) -> None:
    encoder = open_encoder(tiny_base, dropout=0.0)
    network = Headed(encoder, form="one", classes=3, dropout=0.0, smoothing=0.3).eval()
    ids, labels = torch.tensor([[2, 10, 3]]), torch.tensor([1])
    answer = network(ids, torch.ones_like(ids), labels=labels)
    target = torch.tensor([0.1, 0.8, 0.1])
    expected = -(target * answer["logits"][0].log_softmax(0)).sum()
    torch.testing.assert_close(answer["loss"], expected)


def test_items_of_several_inputs_are_cut_by_all_their_tokens(work: Work) -> None:
    seen = list[int]()

    class Pair(Toy):
        def forward(self, **named: Any) -> Any:
            first, second = named["input_ids"], named.pop("pair_ids")
            seen.append(first.numel() + second.numel())
            return super().forward(attention_mask=torch.ones_like(first), **named)

    def collate(items: Any) -> dict[str, torch.Tensor]:
        names = ("input_ids", "pair_ids")
        made = {name: torch.tensor([item[name] for item in items]) for name in names}
        return made | {"labels": torch.tensor([item["labels"] for item in items])}

    items = [{"input_ids": [1, 2], "pair_ids": [3] * 6, "labels": i % 3} for i in range(16)]
    run = toy_run(craft={"tokens_a_batch": 32})
    train(Pair(), items, [], run=run, collate=collate, work=work)
    assert max(seen) == 32


def test_the_settings_of_the_recipe_are_neutral_where_nothing_is_said() -> None:
    craft = CraftSettings()
    assert (craft.optimiser, craft.schedule, craft.ema, craft.trackers) == (
        "adamw",
        "linear",
        0.0,
        (),
    )


def test_progress_is_said_with_loss_rate_time_left_and_cost(
    trained: Trained, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chainring.training.trainer.SECONDS_A_LINE", 0.0)
    said = list[str]()
    trained(toy_run(), work=dataclasses.replace(work, say=said.append))
    lines = [line for line in said if "rows/s" in line]
    assert len(lines) == 15
    assert lines[-1].startswith("toy: epoch 3.0 of 3, loss ")
    assert lines[-1].split(", ")[3] == "0 s left"
    assert lines[-1].endswith("CPU s")


def test_the_deciding_measure_has_its_name_in_chinese() -> None:
    assert told({"macro_f1": 0.5}).zh == "验证行上：宏平均 F1 0.5"
    assert told({"chrf": 0.5}).zh == "验证行上：chrF 0.5"
