"""The chain's loss is -log of one sequence's share of all of them."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise, product
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.training.conftest import make_row
from torch import nn

from chainring.contracts.values import tags_text
from chainring.stats.chain import marginals
from chainring.stats.readout import tags_from, token_classes
from chainring.training.answered import answered
from chainring.training.candidate import Trained
from chainring.training.chain import NO_TEXT, chain_loss_b, habits


def closed(logits_tc: torch.Tensor, path: list[int], transitions_cc: torch.Tensor) -> float:
    """Return -log p(path) by adding up every sequence."""

    def total(one: tuple[int, ...]) -> float:
        steps = sum(float(transitions_cc[a, b]) for a, b in pairwise(one))
        return steps + sum(float(logits_tc[t, c]) for t, c in enumerate(one))

    every = product(range(logits_tc.shape[1]), repeat=len(path))
    return float(np.log(sum(np.exp(total(one)) for one in every)) - total(tuple(path)))


@pytest.mark.parametrize("seed", range(3))
def test_the_loss_leaves_out_what_is_no_text_wherever_it_stands(seed: int) -> None:
    torch.manual_seed(seed)
    logits_btc = torch.randn(3, 6, 3, dtype=torch.float64) * 2
    transitions_cc = torch.randn(3, 3, dtype=torch.float64)
    rows = [[-100, 0, 1, -100, 2, -100], [-100, 2, 2, 1, 0, 0], [-100] * 6]
    found_b = chain_loss_b(logits_btc, torch.tensor(rows), transitions_cc)
    for b, row in enumerate(rows[:2]):
        inside = [t for t, one in enumerate(row) if one != NO_TEXT]
        expected = closed(logits_btc[b, inside], [row[t] for t in inside], transitions_cc)
        assert float(found_b[b]) == pytest.approx(expected)
    assert float(found_b[2]) == 0.0


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16])
def test_autocast_around_it_changes_nothing(kind: torch.dtype) -> None:
    torch.manual_seed(0)
    rows = torch.randint(0, 7, (20, 9))
    found = []
    for is_on in (False, True):
        logits_btc = (20 * nn.functional.one_hot(rows, 7)).float().requires_grad_()
        transitions_cc = torch.from_numpy(habits(rows.tolist(), classes=7)).requires_grad_()
        with torch.autocast("cpu", kind, enabled=is_on):
            loss = chain_loss_b(logits_btc, rows, transitions_cc).sum()
        loss.backward()
        found.append([loss.detach(), logits_btc.grad, transitions_cc.grad])
    for plain, cast in zip(*found, strict=True):
        torch.testing.assert_close(cast, plain, rtol=0, atol=0)


def test_its_gradients_are_those_of_small_steps() -> None:
    torch.manual_seed(0)
    logits_btc = torch.randn(2, 4, 3, dtype=torch.float64, requires_grad=True)
    transitions_cc = torch.randn(3, 3, dtype=torch.float64, requires_grad=True)
    rows = torch.tensor([[-100, 0, 1, 2], [-100, 2, -100, 2]])
    assert torch.autograd.gradcheck(
        lambda scores, steps: chain_loss_b(scores, rows, steps), (logits_btc, transitions_cc)
    )


def test_what_never_follows_begins_far_below_what_does() -> None:
    table_cc = habits([[-100, 0, 1, 2, 0, -100], [-100, 0, 0, 1, -100]] * 50, classes=3)
    outside, begin, inside = 0, 1, 2
    assert table_cc[begin, inside] > 0 > table_cc[outside, inside]
    assert table_cc[outside, inside] < -4
    assert np.isfinite(table_cc).all()


def test_tags_are_as_sure_as_they_are_right(tmp_path: Path) -> None:
    """Scores three times as large as the classes were drawn by ask for a temperature of three."""
    transitions_cc = np.array([[0.0, 0.0, -8.0], [0.0, -8.0, 1.0], [0.0, 0.0, 1.0]])
    draw, places = np.random.default_rng(0), [(0, 1), (1, 2), (2, 3)]
    names = token_classes(["song"])
    rows, logits = [], []
    for _ in range(300):
        scores_tc = draw.normal(0, 1.5, (3, 3))
        total = scores_tc.copy()
        drawn: list[int] = []
        for t in range(3):  # each class by its share, those before it being known
            after_tc = total[t:].copy()
            if drawn:
                after_tc[0] += transitions_cc[drawn[-1]]
            drawn.append(int(draw.choice(3, p=marginals(after_tc, transitions_cc)[0])))
        tags = tags_from([names[c] for c in drawn], places)
        rows.append(replace(make_row("abc", ""), target=tags_text(tags)))
        logits.append((3.0 * scores_tc).astype(np.float32))
    trained = Trained(
        folder=tmp_path,
        kind="encoder",
        tokens=lambda texts: [(one, places) for one in logits[: len(texts)]],
        transitions=tuple(tuple(3.0 * one for one in row) for row in transitions_cc.tolist()),
    )
    readout, given, sure_n, _ = answered(trained, rows, ["song"], task="tagging", spread=0.0)
    assert readout.transitions == trained.transitions
    assert 2.0 < readout.temperature < 4.5
    assert len(given) == len(sure_n) == 300
