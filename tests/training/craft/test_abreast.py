from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.training.craft.conftest import Trained, toy_run
from torch import nn
from transformers import BertConfig, BertLMHeadModel, BertModel, GPT2Config, GPT2Model

from chainring.contracts.placement import Choice
from chainring.contracts.work import Work
from chainring.training.craft.abreast import HALVES, abreast
from chainring.training.craft.dropout import ATTENTION, quick_dropout, quicken
from chainring.training.craft.recompute import recompute_layers
from chainring.training.finetune import open_encoder


def config_of(dropout: float, **more: Any) -> BertConfig:
    return BertConfig(
        vocab_size=50,
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        hidden_dropout_prob=dropout,
        attention_probs_dropout_prob=dropout,
        **more,
    )


def bert(dropout: float = 0.1) -> BertModel:
    torch.manual_seed(0)
    network = BertModel(config_of(dropout), add_pooling_layer=False)
    quicken(network)
    return network


def test_results_come_in_the_order_of_the_items_from_two_threads() -> None:
    halves = abreast(bert(), threads=2)
    assert halves is not None
    both = threading.Barrier(HALVES, timeout=10)

    def told(item: int) -> tuple[int, int]:
        both.wait()  # only passed when two are at it at once
        return item, torch.get_num_threads()

    found = list(halves.map(told, range(4)))
    assert [item for item, _ in found] == [0, 1, 2, 3]
    assert {threads for _, threads in found} == {1}


def test_masks_hang_on_the_seed_and_not_on_who_is_first() -> None:
    halves = abreast(bert(), threads=2)
    assert halves is not None

    def mask(wait_s: float) -> torch.Tensor:
        threading.Event().wait(wait_s)
        return quick_dropout(torch.ones(1000), 0.5)

    torch.manual_seed(3)
    first = list(halves.map(mask, [0.05, 0.0]))
    torch.manual_seed(3)
    again = list(halves.map(mask, [0.0, 0.05]))
    assert all(torch.equal(one, other) for one, other in zip(first, again, strict=True))
    assert not torch.equal(first[0], first[1])


def test_one_thread_computes_what_two_compute() -> None:
    def mask(_: int) -> torch.Tensor:
        return quick_dropout(torch.ones(1000), 0.5)

    found = []
    for threads in (1, 2):
        halves = abreast(bert(), threads=threads)
        assert halves is not None
        torch.manual_seed(3)
        found.append(torch.stack(list(halves.map(mask, range(3)))))
    assert torch.equal(*found)


def test_an_error_in_a_half_reaches_the_loop() -> None:
    halves = abreast(bert(), threads=2)
    assert halves is not None

    def fails(_: int) -> int:
        raise MemoryError("out of memory")

    with pytest.raises(MemoryError):
        list(halves.map(fails, [1, 2]))


def test_only_networks_whose_random_numbers_are_known_are_halved() -> None:
    assert abreast(nn.Linear(2, 2), threads=2) is None
    gpt = GPT2Model(
        GPT2Config(vocab_size=50, n_embd=16, n_layer=1, n_head=2, bos_token_id=1, eos_token_id=1)
    )
    assert abreast(gpt, threads=2) is None
    recomputing = bert()
    recompute_layers(recomputing, name="encoder")
    assert abreast(recomputing, threads=2) is None


def test_a_bert_that_writes_is_halved_only_where_it_drops_no_attention() -> None:
    """Its causal attention has no quick masks: both threads would draw from torch's generator."""
    for dropout, is_halved in ((0.1, False), (0.0, True)):
        network = BertLMHeadModel(config_of(dropout, is_decoder=True))
        quicken(network)
        assert (abreast(network, threads=2) is not None) is is_halved


def test_a_quickened_encoder_drops_attention_by_the_thread_s_own_draws() -> None:
    network = BertModel(config_of(0.3), add_pooling_layer=False).train()
    ids = torch.randint(0, 50, (3, 7))
    seen = torch.ones(3, 7, dtype=torch.long)
    seen[1, 4:] = 0
    network.eval()
    before = network(input_ids=ids, attention_mask=seen).last_hidden_state
    quicken(network)
    assert network.config._attn_implementation == ATTENTION
    after = network(input_ids=ids, attention_mask=seen).last_hidden_state
    torch.testing.assert_close(after[seen.bool()], before[seen.bool()])
    assert ATTENTION not in network.config.to_json_string()
    network.train()
    halves = abreast(network, threads=2)
    assert halves is not None

    def output(_: int) -> torch.Tensor:
        found: torch.Tensor = network(input_ids=ids, attention_mask=seen).last_hidden_state
        return found.detach()

    torch.manual_seed(1)
    first = list(halves.map(output, [0, 1]))
    torch.manual_seed(1)
    state = torch.get_rng_state()
    again = list(halves.map(output, [0, 1]))
    assert all(torch.equal(one, other) for one, other in zip(first, again, strict=True))
    torch.set_rng_state(state)
    torch.randint(2**62, (2,))  # the seeds of the two halves: nothing else was drawn
    drawn = torch.rand(1)
    torch.manual_seed(1)
    list(halves.map(output, [0, 1]))
    assert torch.equal(torch.rand(1), drawn)


def test_quick_attention_hides_what_the_mask_hides() -> None:
    network = bert(0.2).train()
    ids = torch.randint(0, 50, (1, 6))
    seen = torch.tensor([[1, 1, 1, 0, 0, 0]])
    other = ids.clone()
    other[0, 3:] = (other[0, 3:] + 1) % 50
    torch.manual_seed(0)
    one = network(input_ids=ids, attention_mask=seen).last_hidden_state[0, :3]
    torch.manual_seed(0)
    two = network(input_ids=other, attention_mask=seen).last_hidden_state[0, :3]
    torch.testing.assert_close(one, two)


class Told(nn.Module):  # type: ignore[misc]  # torch is read without its types
    """An encoder that tells the rest by three of a row's first token."""

    def __init__(self, dropout: float, room: int = 1000, encoder: Any = None) -> None:
        super().__init__()
        self.encoder = encoder or bert(dropout)
        self.head = nn.Linear(16, 3)
        self.room, self.taken = room, list[int]()

    def forward(self, **named: Any) -> dict[str, torch.Tensor]:
        self.taken.append(len(named["input_ids"]))
        if self.training and self.taken[-1] > self.room:
            raise MemoryError
        seen = {name: named[name] for name in ("input_ids", "attention_mask")}
        logits = self.head(self.encoder(**seen).last_hidden_state[:, 0])
        loss = nn.functional.cross_entropy(logits, named["labels"])
        return {"loss": loss, "logits": logits}


Twice = Callable[[Callable[[], nn.Module]], list[torch.Tensor]]


@pytest.fixture
def twice(trained: Trained, fresh_work: Callable[[str], Work]) -> Twice:
    """Train what a function makes with two threads, two times; return the weights."""

    def make(made: Callable[[], nn.Module]) -> list[torch.Tensor]:
        found = []
        for name in ("first", "again"):
            torch.manual_seed(1)
            toy, work = Told(0.0, encoder=made()), fresh_work(name)
            placement = replace(work.placement, threads=Choice(value="2", because="test"))
            trained(toy_run(learning_rate=0.001), toy=toy, work=replace(work, placement=placement))
            found.append(flat(toy))
        return found

    return make


def flat(module: nn.Module) -> torch.Tensor:
    return torch.cat([weight.detach().flatten() for weight in module.parameters()])


def test_halves_make_the_gradient_of_the_whole_step(
    trained: Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = toy_run(learning_rate=0.001)
    halved, _ = trained(run, toy=Told(0.0))
    assert set(halved.taken) == {4}
    monkeypatch.setattr("chainring.training.craft.loop.abreast", lambda *_, **__: None)
    whole, _ = trained(run, toy=Told(0.0))
    assert set(whole.taken) == {8}
    torch.testing.assert_close(flat(halved), flat(whole), rtol=1e-3, atol=1e-5)


def test_a_training_in_halves_comes_out_the_same_to_the_last_bit(trained: Trained) -> None:
    run = toy_run(learning_rate=0.001)
    first, _ = trained(run, toy=Told(0.2))
    again, _ = trained(run, toy=Told(0.2))
    assert torch.equal(flat(first), flat(again))


def test_from_two_threads_an_encoder_comes_out_the_same_whatever_its_base_drops(
    twice: Twice, tmp_path: Path
) -> None:
    bert(0.0).save_pretrained(tmp_path)

    def opened() -> nn.Module:
        encoder: nn.Module = open_encoder(tmp_path, dropout=0.5)
        return encoder

    first, again = twice(opened)
    assert torch.equal(first, again)


def test_from_two_threads_a_bert_that_writes_comes_out_the_same(twice: Twice) -> None:
    def made() -> nn.Module:
        decoder: nn.Module = BertLMHeadModel(config_of(0.5, is_decoder=True)).bert
        return decoder

    first, again = twice(made)
    assert torch.equal(first, again)


def test_float16_scales_its_loss_and_is_computed_without_halves(trained: Trained) -> None:
    half, curve = trained(toy_run(learning_rate=0.001, craft={"precision": "fp16"}), toy=Told(0.0))
    assert set(half.taken) == {8}
    losses = [point["loss"] for point in curve if "loss" in point]
    assert losses[-1] < losses[0]


def test_halves_that_do_not_fit_in_memory_are_halved_again(trained: Trained) -> None:
    run = toy_run(learning_rate=0.001)
    narrow, _ = trained(run, toy=Told(0.0, room=2))
    assert {rows for rows in narrow.taken if rows <= 2} == {2}
    wide, _ = trained(run, toy=Told(0.0))
    torch.testing.assert_close(flat(narrow), flat(wide), rtol=1e-3, atol=1e-5)
