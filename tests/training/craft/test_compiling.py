from __future__ import annotations

from typing import Any

import pytest
import torch
from tests.training.craft.conftest import Toy, toy_run

from chainring.training.craft import compiling as module
from chainring.training.craft.compiling import compile_layers, compiling, layers_of
from chainring.training.objectives.learner import Learner
from chainring.training.objectives.shape import new_model, shaped
from chainring.training.tokenisers.special import Marks

MARKS = Marks(pad=0, start=2, end=3, mask=4, special=(0, 1, 2, 3, 4))
ONE_LENGTH = [32] * 100


@pytest.fixture(params=["masked", "causal"])
def learner(request: pytest.FixtureRequest) -> Learner:
    torch.manual_seed(0)
    return Learner(
        new_model(
            request.param, shaped(3, 32, 2), vocabulary=60, max_tokens=32, dropout=0.0, marks=MARKS
        )
    )


def chosen(module_: Any, *, device: str = "cuda", lengths: Any = ONE_LENGTH, **craft: Any) -> str:
    found = compiling(module_, toy_run(craft=craft), device=device, epochs=2, lengths_n=lengths)
    return f"{found.value}: {found.because}"


def test_a_long_training_on_a_gpu_with_rows_of_one_length_is_compiled(
    learner: Learner, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert chosen(learner) == "none: the training is too short to earn it back"
    monkeypatch.setattr(module, "MIN_FLOPS", 1.0)
    assert chosen(learner) == "layers: a long training with rows of one length"
    assert chosen(learner, device="cpu") == "none: a processor gains nothing by it"
    assert chosen(learner, lengths=[32, 31, 30, 29]) == "none: rows differ in length"


def test_the_work_of_a_training_is_six_operations_a_weight_and_token(
    learner: Learner, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = sum(weight.numel() for weight in learner.parameters())
    work = 6.0 * weights * 32 * 100 * 2
    monkeypatch.setattr(module, "MIN_FLOPS", work)
    assert chosen(learner).startswith("layers")
    monkeypatch.setattr(module, "MIN_FLOPS", work * 1.001)
    assert chosen(learner).startswith("none")


def test_a_network_of_another_kind_is_left_as_it_is() -> None:
    assert chosen(Toy()) == "none: this kind of network was not tried"


@pytest.mark.parametrize(("asked", "expected"), [("always", "layers"), ("never", "none")])
def test_what_the_recipe_says_of_compiling_is_done(
    learner: Learner, asked: str, expected: str
) -> None:
    assert chosen(learner, device="cpu", compile=asked).startswith(f"{expected}: asked for")


def test_every_layer_and_the_likelihood_are_compiled_and_no_more(learner: Learner) -> None:
    kinds = sorted(type(layer).__name__ for layer in layers_of(learner))
    layer = "BertLayer" if learner.model.config.model_type == "bert" else "GPT2Block"
    assert kinds == sorted(["Likelihood", *[layer] * 3])
    compile_layers(learner)
    assert all(one._compiled_call_impl is not None for one in layers_of(learner))
    assert learner.model._compiled_call_impl is None


def test_a_compiled_network_keeps_the_names_of_its_weights(learner: Learner) -> None:
    names = list(learner.state_dict())
    compile_layers(learner)
    assert list(learner.state_dict()) == names
