from __future__ import annotations

import dataclasses
from typing import Any

import pytest
import torch
from tests.training.conftest import make_placement
from tests.training.craft.conftest import Toy, Trained, toy_run

from chainring.contracts.work import Work
from chainring.training.craft.precision import autocast, precision


def test_without_a_word_the_placement_decides_and_its_reason_is_kept() -> None:
    chosen = precision(make_placement("bf16"), "auto")
    assert (chosen.value, chosen.because) == ("bf16", "test")


def test_what_the_recipe_asks_for_is_taken_and_says_so() -> None:
    chosen = precision(make_placement("bf16"), "fp32")
    assert (chosen.value, "recipe" in chosen.because) == ("fp32", True)


@pytest.mark.parametrize(
    ("name", "kind"),
    [("fp32", torch.float32), ("bf16", torch.bfloat16), ("fp16", torch.float16)],
)
def test_products_are_made_in_the_chosen_type_while_weights_stay_float32(
    trained: Trained, work: Work, name: str, kind: torch.dtype
) -> None:
    seen = set[torch.dtype]()

    class Watched(Toy):
        def forward(self, **named: Any) -> Any:
            answer = super().forward(**named)
            seen.add(answer["logits"].dtype)
            return answer

    toy, curve = trained(toy_run(epochs=20, craft={"precision": name}), toy=Watched())
    assert seen == {kind}
    assert {w.dtype for w in toy.parameters()} == {torch.float32}
    assert curve[-1]["loss"] < 0.7 * curve[0]["loss"]


def test_the_type_and_its_reason_are_said_once(trained: Trained, work: Work) -> None:
    said = list[str]()
    trained(toy_run(), work=dataclasses.replace(work, say=said.append))
    assert sum("fp32 (test)" in line for line in said) == 1


def test_float32_is_not_touched() -> None:
    with autocast("cpu", precision(make_placement("fp32"), "auto")):
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype is torch.float32
