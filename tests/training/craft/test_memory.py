from __future__ import annotations

import dataclasses
import math
import re
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from tests.training.conftest import make_placement
from tests.training.craft.conftest import Toy, Trained, toy_run
from transformers import (
    BartConfig,
    BartForConditionalGeneration,
    T5Config,
    T5ForConditionalGeneration,
)

from chainring.contracts.errors import RefusedError
from chainring.contracts.said import in_language
from chainring.contracts.work import Work
from chainring.training.craft.batches import length
from chainring.training.craft.memory import MIB, Need, require_memory
from chainring.training.craft.settings import CraftSettings
from chainring.training.finetune import open_encoder
from chainring.training.generators.modules import Writing
from chainring.training.generators.networks import decoder_network, started_encoder
from chainring.training.generators.settings import DecoderSettings, Seq2SeqSettings
from chainring.training.heads import Headed
from chainring.training.objectives.objective import OBJECTIVES
from chainring.training.objectives.settings import ObjectiveName
from chainring.training.objectives.shape import new_model, shaped
from chainring.training.tokenisers.special import Marks
from chainring.training.towers import Towers, collate_pairs
from chainring.training.trainer import train


def need(folder: Path, *, longest: int = 32, judged: bool = False, **craft: Any) -> Need:
    network = Headed(open_encoder(folder, dropout=0.0), form="one", classes=3, dropout=0.0)
    return Need.of(network, CraftSettings(**craft), longest=longest, bits=32, judged=judged)


def test_weights_gradients_and_states_are_counted(tiny_base: Path) -> None:
    count = need(tiny_base).weights
    for optimiser, copies in (("adamw", 4), ("sgd", 3), ("adafactor", 2)):
        assert need(tiny_base, optimiser=optimiser).fixed_mib == pytest.approx(
            4 * copies * count / MIB
        )
    assert need(tiny_base, ema=0.9, judged=True).fixed_mib == pytest.approx(4 * 6 * count / MIB)


def test_a_row_keeps_what_the_paper_says_and_less_when_layers_are_computed_twice(
    tiny_base: Path,
) -> None:
    layers, hidden, heads, tokens = 2, 32, 2, 32  # the tiny base
    whole = 2 * tokens * hidden * (34 + 5 * heads * tokens / hidden)
    assert need(tiny_base).row_mib == pytest.approx(layers * whole / MIB)
    entering = layers * tokens * hidden * 4
    twice = need(tiny_base, gradient_checkpointing=True).row_mib
    assert twice == pytest.approx((entering + whole) / MIB)


def test_the_estimate_of_a_row_is_near_what_torch_keeps(tiny_base: Path) -> None:
    network = Headed(
        open_encoder(tiny_base, dropout=0.1), form="one", classes=3, dropout=0.1
    ).train()
    kept: dict[int, int] = {}

    def count(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    weights = {w.untyped_storage().data_ptr() for w in network.parameters()}
    ids = torch.randint(5, 90, (16, 32))
    with torch.autograd.graph.saved_tensors_hooks(count, lambda tensor: tensor):
        network(ids, torch.ones_like(ids), labels=torch.zeros(16, dtype=torch.long))
    found = sum(size for place, size in kept.items() if place not in weights)
    assert 0.4 < 16 * need(tiny_base).row_mib * MIB / found < 2.5


def bart(**config: Any) -> Any:
    shape: dict[str, Any] = {
        "vocab_size": 60, "d_model": 32, "encoder_layers": 2, "decoder_layers": 3,
        "encoder_attention_heads": 2, "decoder_attention_heads": 2, "encoder_ffn_dim": 128,
        "decoder_ffn_dim": 128, "pad_token_id": 0, "decoder_start_token_id": 0, "eos_token_id": 3,
        "forced_eos_token_id": 3,
    }  # fmt: skip
    return BartForConditionalGeneration(BartConfig(**shape | config))


def of_rows(module: torch.nn.Module, *, longest: int, written: int = 0) -> Need:
    craft = CraftSettings()
    return Need.of(module, craft, longest=longest, written=written, bits=32, judged=False)


def kept_by(module: torch.nn.Module, **batch: torch.Tensor) -> int:
    """Return the bytes that torch keeps for the way back, weights aside."""
    kept: dict[int, int] = {}

    def count(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    weights = {weight.untyped_storage().data_ptr() for weight in module.parameters()}
    with torch.autograd.graph.saved_tensors_hooks(count, lambda tensor: tensor):
        found = module(**batch)
    assert found["loss"].requires_grad
    return sum(size for place, size in kept.items() if place not in weights)


def test_both_halves_of_an_encoder_decoder_are_counted_each_with_its_tokens() -> None:
    module = Writing(bart().train())
    both = of_rows(module, longest=48, written=16)
    read = 2 * 32 * (34 * 32 + 5 * 2 * 32) * 2
    assert both.row_mib == pytest.approx((read + 3 * 16 * (34 * 32 + 5 * 2 * 48) * 2) / MIB)
    own = of_rows(module, longest=32)  # a text that is its own target is read and written
    assert own.row_mib == pytest.approx((read + 3 * 32 * (34 * 32 + 5 * 2 * 64) * 2) / MIB)
    ids = torch.randint(5, 50, (8, 48))
    found = kept_by(
        module, input_ids=ids[:, :32], attention_mask=torch.ones(8, 32), labels=ids[:, 32:]
    )
    assert 0.4 < 8 * both.row_mib * MIB / found < 2.5


def test_an_encoder_and_a_decoder_that_were_joined_are_both_counted(tiny_base: Path) -> None:
    options = Seq2SeqSettings(base="x", layers=3, hidden=64, inner=64, heads=4)
    found = of_rows(Writing(started_encoder(tiny_base, options, tokens=60)), longest=9)
    assert (found.layers, found.decoder_layers, found.hidden, found.heads) == (2, 3, 64, 4)


def test_a_table_of_all_logits_is_counted_and_one_that_goes_in_slices_is_not() -> None:
    size = {"layers": 1, "hidden": 16, "inner": 32, "heads": 2}
    sliced = decoder_network(DecoderSettings.model_validate(size), tokens=5000)
    assert of_rows(Writing(sliced), longest=32).logits == 0.0
    whole = T5ForConditionalGeneration(
        T5Config(vocab_size=5000, d_model=16, d_kv=8, d_ff=32, num_layers=1, num_heads=2)
    )
    whole.config.decoder_start_token_id = 0
    module = Writing(whole.train())
    found = of_rows(module, longest=32, written=16)
    assert found.logits == 5000
    ids = torch.randint(5, 50, (8, 16))
    kept = kept_by(module, input_ids=ids, attention_mask=torch.ones_like(ids), labels=ids)
    assert 1.0 < 8 * found.row_mib * MIB / kept < 4.0  # on the way back the slopes come, too


@pytest.mark.parametrize(("objective", "share"), [("masked", 0.2), ("causal", 1.0)])
def test_of_bare_text_the_logits_of_what_is_told_are_counted(
    objective: ObjectiveName, share: float
) -> None:
    marks = Marks(pad=0, start=2, end=3, mask=4, special=(0, 1, 2, 3, 4))
    model = new_model(
        objective, shaped(1, 32, 2), vocabulary=60, max_tokens=24, dropout=0.0, marks=marks
    )
    scored = len(model.get_output_embeddings().weight)
    found = of_rows(OBJECTIVES[objective].learner(model), longest=9)
    assert found.logits == pytest.approx(scored * share)


def test_of_batches_that_are_not_split_the_largest_that_fits_is_offered(
    trained: Trained, work: Work, tiny_base: Path
) -> None:
    class Compared(Toy):
        def __init__(self) -> None:
            super().__init__()
            self.encoder = open_encoder(tiny_base, dropout=0.0)

        def forward(self, *_: Any, **__: Any) -> Any:
            raise AssertionError("a step was made")

    run = toy_run(batch_size=32, whole_batches=True, craft={"optimiser": "adafactor"})
    items = [{"input_ids": [7] * 400, "labels": 1}] * 40
    one = Need.of(Compared(), run.craft, longest=400, bits=32, judged=False)
    room = one.fixed_mib + 9 * one.row_mib
    placement = dataclasses.replace(make_placement(), memory_mib=int(room / 0.9))
    small = dataclasses.replace(work, placement=placement)
    with pytest.raises(RefusedError, match=r"a batch of 32 .* would fit: batch_size = 8\b"):
        trained(run, toy=Compared(), items=items, work=small)


def pairs(count: int, tokens: int) -> list[dict[str, Any]]:
    """Return pairs of a text of so many tokens and one that is a token shorter."""
    rest = {"together": True, "weights": 1.0}
    return [
        {"input_ids": [7 + n] * tokens, "pair_ids": [8] * (tokens - 1), "text": n, "second": n}
        | rest
        for n in range(count)
    ]


def test_two_texts_that_are_read_one_by_one_count_as_two_and_not_as_one_of_both_lengths(
    work: Work, tiny_base: Path
) -> None:
    towers = Towers(open_encoder(tiny_base, dropout=0.0))
    run = toy_run(batch_size=16, epochs=1, whole_batches=True, craft={"optimiser": "adafactor"})
    one = Need.of(towers, run.craft, longest=30, bits=32, judged=False)
    kept = kept_by(towers.train(), **collate_pairs(pairs(16, 30), pad=0))
    assert 0.4 < 2 * 16 * one.row_mib * MIB / kept < 2.5

    def trained_in(mib: float) -> None:
        placement = dataclasses.replace(make_placement(), memory_mib=math.ceil(mib / 0.9))
        small = dataclasses.replace(work, placement=placement)
        collate = partial(collate_pairs, pad=0)
        train(towers, pairs(40, 30), (), run=run, collate=collate, work=small)

    told = r"a batch of 32 texts of 30 tokens.* would fit: batch_size = 8\b"
    with pytest.raises(RefusedError, match=told):
        trained_in(one.fixed_mib + 17 * one.row_mib)
    trained_in(one.fixed_mib + 32 * one.row_mib)


@pytest.mark.parametrize(
    "beside", [{"labels": [0] * 512}, {"labels": 1, "token_type_ids": [0] * 512}]
)
def test_what_stands_beside_the_tokens_of_a_row_is_not_counted_as_more_of_them(
    trained: Trained, work: Work, beside: dict[str, Any]
) -> None:
    class Deep(Toy):
        def __init__(self) -> None:
            super().__init__()
            self.config = SimpleNamespace(
                num_hidden_layers=12, hidden_size=768, num_attention_heads=12
            )

    alone = {"input_ids": [7] * 512, "labels": 1}
    assert length(alone | beside) == length(alone) == 512
    one = Need.of(Deep(), CraftSettings(), longest=512, bits=32, judged=False)
    placement = dataclasses.replace(make_placement(), memory_mib=math.floor(one.mib))
    small = dataclasses.replace(work, placement=placement)
    with pytest.raises(RefusedError, match="with a single row of 512 tokens"):
        trained(toy_run(), toy=Deep(), items=[alone | beside] * 4, work=small)


def test_that_memory_makes_fewer_tokens_is_said_once(trained: Trained, work: Work) -> None:
    class Deep(Toy):
        def __init__(self) -> None:
            super().__init__()
            self.config = SimpleNamespace(
                num_hidden_layers=40, hidden_size=512, num_attention_heads=8
            )

    said = list[str]()
    items = [{"input_ids": [7] * 400, "labels": 1}] * 64
    placement = dataclasses.replace(make_placement(), memory_mib=8_000)
    small = dataclasses.replace(work, placement=placement, say=said.append)
    trained(toy_run(batch_size=64, epochs=2), toy=Deep(), items=items, work=small)
    told = [line for line in said if "tokens are computed at once" in line]
    assert len(told) == 1
    assert "4,096 tokens" in told[0] or "2,048 tokens" in told[0]
    assert in_language(told[0], "zh").startswith("toy：一次计算 ")


def test_a_recipe_that_cannot_fit_is_refused_before_training_with_what_would(
    tiny_base: Path,
) -> None:
    large = dataclasses.replace(need(tiny_base), weights=10**9, trained=10**9, judged=True)
    with pytest.raises(RefusedError) as refused:
        require_memory(large, name="encoder", limit_mib=16_000)
    message = str(refused.value)
    assert re.search(r"needs about 19,0\d\d MiB .* of 16,000 MiB", message)
    assert "this would fit: [training.craft] optimiser = 'adafactor'" in message
    assert "max_tokens" not in message


def test_with_nothing_that_fits_a_smaller_base_is_named(tiny_base: Path) -> None:
    with pytest.raises(RefusedError, match="take a smaller base"):
        require_memory(need(tiny_base), name="encoder", limit_mib=0.01)


def test_where_memory_is_unknown_nothing_is_refused(tiny_base: Path) -> None:
    require_memory(need(tiny_base), name="encoder", limit_mib=0)


def test_the_training_itself_refuses_before_its_first_step(trained: Trained, work: Work) -> None:
    class Large(Toy):
        def __init__(self) -> None:
            super().__init__()
            self.spare = torch.nn.Parameter(torch.zeros(1_000_000))

        def forward(self, *_: Any, **__: Any) -> Any:
            raise AssertionError("a step was made")

    placement = dataclasses.replace(make_placement(), memory_mib=12)
    with pytest.raises(RefusedError, match="optimiser = 'adafactor'"):
        trained(toy_run(), toy=Large(), work=dataclasses.replace(work, placement=placement))
