from __future__ import annotations

import torch
from tests.training.craft.conftest import Toy, Trained, toy_run

from chainring.training.craft.averages import Average


def test_the_average_is_the_recursion_of_its_decay() -> None:
    toy = Toy()
    average = Average(toy, decay=0.5)
    expected = toy.head.bias.detach().clone()
    for n in range(6):
        with torch.no_grad():
            toy.head.bias.add_(1.0)
        average.update()
        kept = min(0.5, (1 + n) / (10 + n))
        expected = kept * expected + (1 - kept) * toy.head.bias.detach()
    with average.in_place():
        torch.testing.assert_close(toy.head.bias.detach(), expected)


def test_the_module_gets_its_own_weights_back() -> None:
    toy = Toy()
    average = Average(toy, decay=0.9)
    with torch.no_grad():
        toy.head.bias.add_(1.0)
    before = toy.head.bias.detach().clone()
    average.update()
    with average.in_place():
        assert not torch.equal(toy.head.bias, before)
    assert torch.equal(toy.head.bias, before)


def test_what_is_judged_and_kept_are_the_averaged_weights(trained: Trained) -> None:
    judged = []

    def judge(module: torch.nn.Module) -> dict[str, float]:
        judged.append(module.head.bias.detach().clone())
        return {"accuracy": float(len(judged))}

    plain, _ = trained(toy_run(), judge=judge)
    last = judged[-1]
    averaged, _ = trained(toy_run(craft={"ema": 0.99}), judge=judge)
    assert torch.equal(averaged.head.bias, judged[-1])
    assert torch.equal(plain.head.bias, last)
    assert not torch.equal(averaged.head.bias, plain.head.bias)
