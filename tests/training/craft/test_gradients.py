from __future__ import annotations

import dataclasses
from typing import Any

import pytest
import torch
from tests.training.craft.conftest import TOKENS, Toy, Trained, padded, toy_items, toy_run

from chainring.contracts.errors import RefusedError
from chainring.contracts.work import Work


class Narrow(Toy):
    """A toy on a machine whose memory takes so many rows."""

    def __init__(self, room: int, error: BaseException) -> None:
        super().__init__(dropout=0.0)
        self.room, self.error = room, error
        self.taken = list[int]()

    def forward(self, **named: Any) -> Any:
        rows = len(named["input_ids"])
        if self.training and rows > self.room:
            raise self.error
        self.taken.append(rows)
        return super().forward(**named)


def weights(toy: torch.nn.Module) -> torch.Tensor:
    return torch.cat([w.detach().flatten() for w in toy.parameters()])


@pytest.mark.parametrize(
    "craft", [{"tokens_a_batch": 16}, {"accumulation": 2}, {"accumulation": 4}]
)
def test_batches_added_up_make_the_gradient_of_one_big_batch(
    trained: Trained, craft: dict[str, Any]
) -> None:
    rows = 8 // craft.get("accumulation", 1)
    parts, curve = trained(toy_run(batch_size=rows, craft=craft), toy=Toy(dropout=0.0))
    whole, whole_curve = trained(toy_run(batch_size=8), toy=Toy(dropout=0.0))
    torch.testing.assert_close(weights(parts), weights(whole), rtol=1e-4, atol=1e-5)
    norms = [[p["gradient_norm"] for p in c] for c in (curve, whole_curve)]
    assert norms[0] == pytest.approx(norms[1], rel=1e-3)


class Tokens(Toy):
    """Every token but those that nobody asks for tells its own rest by three."""

    asked = range(TOKENS)

    def forward(self, **named: Any) -> Any:
        ids = named["input_ids"]
        real = (named["attention_mask"] == 1) & torch.isin(ids, torch.tensor(self.asked))
        logits, true = self.head(self.table(ids))[real], ids[real] % 3
        loss = torch.nn.functional.cross_entropy(logits, true, reduction="sum")
        return {"loss": loss / max(1, len(true)), "units": len(true)}


def test_a_loss_that_is_the_mean_over_tokens_is_added_up_by_its_units(trained: Trained) -> None:
    parts, curve = trained(toy_run(craft={"tokens_a_batch": 16}), toy=Tokens())
    whole, whole_curve = trained(toy_run(), toy=Tokens())
    torch.testing.assert_close(weights(parts), weights(whole), rtol=1e-4, atol=1e-5)
    losses = [[p["loss"] for p in c] for c in (curve, whole_curve)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)


@pytest.mark.parametrize("tokens", [1, 16, 8192])
def test_a_validation_loss_is_the_mean_over_tokens_however_the_rows_are_split(
    trained: Trained, tokens: int
) -> None:
    run = toy_run(epochs=1, craft={"tokens_a_batch": tokens})
    toy, curve = trained(run, toy=Tokens(), judged=12)
    with torch.no_grad():
        whole = toy(**padded(toy_items(12)))["loss"]
    found = [point["validation_loss"] for point in curve if "validation_loss" in point]
    assert found == pytest.approx([float(whole)], rel=1e-5)


@pytest.mark.parametrize("step", [8, 1])
def test_a_step_without_anything_to_learn_leaves_the_weights(trained: Trained, step: int) -> None:
    toy = Tokens()
    toy.asked = range(0)
    before = weights(toy).clone()
    _, curve = trained(toy_run(batch_size=step), toy=toy, items=toy_items(17), judged=3)
    assert torch.equal(weights(toy), before)
    assert {point["loss"] for point in curve if "loss" in point} == {0.0}


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        torch.OutOfMemoryError("CUDA out of memory"),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate"),
    ],
)
def test_when_memory_runs_out_the_batch_is_halved_said_once_and_the_result_stays(
    trained: Trained, work: Work, error: BaseException
) -> None:
    said = list[str]()
    narrow = Narrow(2, error)
    work = dataclasses.replace(work, say=said.append)
    toy, _ = trained(toy_run(), toy=narrow, work=work)
    assert max(narrow.taken) == 2
    assert sum("memory ran out with 8 rows" in line for line in said) == 1
    whole, _ = trained(toy_run(), toy=Toy(dropout=0.0))
    torch.testing.assert_close(weights(toy), weights(whole), rtol=1e-4, atol=1e-5)


class NarrowEverywhere(Narrow):
    """Its memory takes so many rows while it judges, too."""

    def forward(self, **named: Any) -> Any:
        if len(named["input_ids"]) > self.room:
            raise self.error
        return super().forward(**named)


def test_when_memory_runs_out_while_it_judges_fewer_rows_are_judged_at_once(
    trained: Trained,
) -> None:
    error = torch.OutOfMemoryError("CUDA out of memory")
    toy, curve = trained(toy_run(), toy=NarrowEverywhere(3, error), judged=40)
    whole, whole_curve = trained(toy_run(), toy=Toy(dropout=0.0), judged=40)
    torch.testing.assert_close(weights(toy), weights(whole), rtol=1e-4, atol=1e-5)
    losses = [
        [p["validation_loss"] for p in c if "validation_loss" in p] for c in (curve, whole_curve)
    ]
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)


def test_a_row_that_fits_only_where_it_is_learnt_from_is_refused_too(trained: Trained) -> None:
    class Judging(Toy):
        def forward(self, **named: Any) -> Any:
            if not self.training:
                raise MemoryError
            return super().forward(**named)

    with pytest.raises(RefusedError, match=r"single row.*max_tokens"):
        trained(toy_run(), toy=Judging(), judged=8)


def test_a_row_that_alone_does_not_fit_is_refused_with_what_to_change(trained: Trained) -> None:
    with pytest.raises(RefusedError, match=r"single row.*max_tokens.*gradient_checkpointing"):
        trained(toy_run(), toy=Narrow(0, MemoryError()))


def test_rows_that_are_compared_with_each_other_are_never_split(trained: Trained) -> None:
    toy = Narrow(99, MemoryError())
    trained(toy_run(whole_batches=True, craft={"tokens_a_batch": 16}), toy=toy)
    assert set(toy.taken) == {8}
    with pytest.raises(RefusedError, match="cannot be split"):
        trained(toy_run(whole_batches=True), toy=Narrow(2, MemoryError()))


def test_another_fault_of_the_network_is_not_taken_for_memory(trained: Trained) -> None:
    with pytest.raises(RuntimeError, match="shapes"):
        trained(toy_run(), toy=Narrow(2, RuntimeError("shapes do not match")))


def test_a_loss_that_is_no_number_stops_with_step_and_way_out(trained: Trained) -> None:
    class Spoilt(Toy):
        def forward(self, **named: Any) -> Any:
            answer = super().forward(**named)
            return {"loss": answer["loss"] * torch.tensor(float("nan"))}

    with pytest.raises(RefusedError, match=r"loss is nan in step 1.*learning rate"):
        trained(toy_run(), toy=Spoilt())


def test_weights_are_not_spoilt_by_the_step_that_is_no_number(trained: Trained) -> None:
    toy = Toy()
    items = [*toy_items(), {"input_ids": [1], "labels": 0}]

    class Late(Toy):
        calls = 0

        def forward(self, **named: Any) -> Any:
            self.calls += 1
            answer = super().forward(**named)
            return answer | {"loss": answer["loss"] * (float("inf") if self.calls == 3 else 1.0)}

    toy = Late()
    with pytest.raises(RefusedError, match="loss is inf in step 3"):
        trained(toy_run(), toy=toy, items=items)
    assert bool(torch.isfinite(weights(toy)).all())
