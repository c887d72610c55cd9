from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from chainring.training.chain import NO_TEXT
from chainring.training.heads import Headed, collate, in_batches
from chainring.training.towers import SCALE, Towers, collate_pairs


class Table(nn.Module):  # type: ignore[misc]
    """An encoder whose states are a table by token id, shifted for the second text."""

    def __init__(self, width: int = 4) -> None:
        super().__init__()
        self.config = SimpleNamespace(hidden_size=width)
        generator = torch.Generator().manual_seed(0)
        self.table = nn.Parameter(torch.randn(20, width, generator=generator))

    def forward(self, input_ids: Any, attention_mask: Any, token_type_ids: Any = None) -> Any:
        states = self.table[input_ids]
        if token_type_ids is not None:
            states = states + token_type_ids.unsqueeze(-1)
        return SimpleNamespace(last_hidden_state=states)


def headed(form: Any, classes: int) -> Headed:
    torch.manual_seed(0)
    network = Headed(Table(), form=form, classes=classes, dropout=0.0)
    network.eval()
    return network


IDS = [{"input_ids": [2, 5, 3]}, {"input_ids": [2, 7, 8, 9, 3]}]


def test_a_batch_is_padded_to_its_longest_and_the_mask_tells_the_padding() -> None:
    batch = collate(
        [
            {"input_ids": [5, 6, 7], "labels": 1, "weights": 0.5},
            {"input_ids": [8], "labels": 0, "weights": 2.0},
        ],
        pad=9,
    )
    assert batch["input_ids"].tolist() == [[5, 6, 7], [8, 9, 9]]
    assert batch["attention_mask"].tolist() == [[1, 1, 1], [1, 0, 0]]
    assert batch["labels"].tolist() == [1, 0]
    assert torch.equal(batch["weights"], torch.tensor([0.5, 2.0]))


def test_the_answer_is_the_mean_over_the_mask_and_padding_changes_nothing() -> None:
    network = headed("one", 3)
    network.head.bias.data = torch.tensor([0.1, 0.2, 0.3])
    expected = network.head(network.encoder.table[[2, 5, 3]].mean(0))
    torch.testing.assert_close(network(**collate(IDS, pad=0))["logits"][0], expected)


def test_the_loss_is_the_weighted_mean_of_the_negative_log_likelihood() -> None:
    labels, weights = (0, 2), (0.5, 1.5)
    items = [
        {**item, "labels": label, "weights": weight}
        for item, label, weight in zip(IDS, labels, weights, strict=True)
    ]
    found = headed("one", 3)(**collate(items, pad=0))
    scores = found["logits"].detach().numpy().astype(np.float64)
    shares = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    expected = (-np.log(shares[0, 0]) * 0.5 - np.log(shares[1, 2]) * 1.5) / 2
    assert float(found["loss"].detach()) == pytest.approx(expected, abs=1e-5)


def test_the_sigmoid_loss_has_both_of_its_terms() -> None:
    network, labels = headed("several", 3), np.array([[1, 0, 0], [1, 1, 0]], dtype=np.float32)
    items = [{**item, "labels": hot} for item, hot in zip(IDS, labels, strict=True)]
    found = network(**collate(items, pad=0))
    shares = 1 / (1 + np.exp(-found["logits"].detach().numpy()))
    expected = -(labels * np.log(shares) + (1 - labels) * np.log(1 - shares)).mean()
    assert float(found["loss"].detach()) == pytest.approx(float(expected), rel=1e-5)


def test_the_loss_of_numbers_is_the_weighted_square() -> None:
    network = headed("number", 1)
    items = [
        {**item, "labels": np.float32(y), "weights": w}
        for item, y, w in zip(IDS, (0.5, -1.0), (0.5, 1.5), strict=True)
    ]
    found = network(**collate(items, pad=0))
    errors = found["logits"].detach().numpy()[:, 0] - np.array([0.5, -1.0])
    assert float(found["loss"].detach()) == pytest.approx(
        float((errors**2 * [0.5, 1.5]).mean()), rel=1e-5
    )


def test_tags_count_the_tokens_that_are_text_and_no_padding() -> None:
    network = headed("tags", 3)
    labels = [[NO_TEXT, 1, NO_TEXT], [NO_TEXT, 0, 2, 0, NO_TEXT]]
    items = [{**item, "labels": row} for item, row in zip(IDS, labels, strict=True)]
    found = network(**collate(items, pad=0))
    assert int(found["units"]) == 4
    logits = torch.log_softmax(found["logits"], -1).detach().numpy()
    told = [logits[0, 1, 1], logits[1, 1, 0], logits[1, 2, 2], logits[1, 3, 0]]
    assert float(found["loss"].detach()) == pytest.approx(-float(np.mean(told)), rel=1e-5)


def test_the_tokens_of_a_row_weigh_what_the_row_weighs() -> None:
    network = headed("tags", 3)
    labels = [[NO_TEXT, 1, NO_TEXT], [NO_TEXT, 0, 2, 0, NO_TEXT]]
    items = [
        {**item, "labels": row, "weights": weight}
        for item, row, weight in zip(IDS, labels, (5.0, 1.0), strict=True)
    ]
    found = network(**collate(items, pad=0))
    logits = torch.log_softmax(found["logits"], -1).detach().numpy()
    told = [5 * logits[0, 1, 1], logits[1, 1, 0], logits[1, 2, 2], logits[1, 3, 0]]
    assert float(found["loss"].detach()) == pytest.approx(-float(np.mean(told)), rel=1e-5)


def test_answers_come_in_the_order_asked_without_padding() -> None:
    network = headed("tags", 3)
    asked = [IDS[1], IDS[0], IDS[1]]
    found = in_batches(network.logits, asked, pad=0)
    alone = [in_batches(network.logits, [item], pad=0)[0] for item in asked]
    assert [(len(row), row.dtype) for row in found] == [
        (5, "float32"),
        (3, "float32"),
        (5, "float32"),
    ]
    for one, other in zip(found, alone, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


def test_answers_that_do_not_fit_in_memory_at_once_are_halved() -> None:
    network = headed("tags", 3)

    def one_at_once(input_ids: torch.Tensor, **others: Any) -> Any:
        if len(input_ids) > 1:
            raise MemoryError
        return network.logits(input_ids, **others)

    both, halved = in_batches(network.logits, IDS, pad=0), in_batches(one_at_once, IDS, pad=0)
    for one, other in zip(both, halved, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


def test_segments_reach_the_encoder() -> None:
    network = headed("one", 2)
    plain = {"input_ids": [2, 5, 3, 6, 3], "token_type_ids": [0, 0, 0, 0, 0]}
    second = {**plain, "token_type_ids": [0, 0, 0, 1, 1]}
    first, other = in_batches(network.logits, [plain, second], pad=0)
    assert np.abs(first - other).max() > 1e-3


# (first text, second text, whether they go together), each text by the token it is made of
SAME_FIRST = ((5, 6, True), (5, 9, False), (4, 3, True))
SAME_SECOND = ((5, 6, True), (4, 6, True), (8, 3, True))


def parted() -> Towers:
    towers: Towers = Towers(Table()).eval()
    towers.part_at(0.3)
    return towers


def item_of(first: int, second: int, together: bool, weight: float = 1.0) -> dict[str, Any]:
    return {
        "input_ids": [2, first],
        "pair_ids": [2, second],
        "together": together,
        "text": first,
        "second": second,
        "weights": weight,
    }


@pytest.mark.parametrize("pairs", [SAME_FIRST, SAME_SECOND], ids=["first", "second"])
def test_towers_choose_among_the_batch_and_leave_out_the_same_text(
    pairs: tuple[tuple[int, int, bool], ...],
) -> None:
    towers = parted()
    items = [item_of(*pair) for pair in pairs]
    batch = collate_pairs(items, pad=0)
    found = float(towers(**batch)["loss"].detach())
    table = towers.encoder.table.detach().numpy()

    def unit(ids: list[int]) -> Any:
        vector = table[ids].mean(0)
        return vector / np.linalg.norm(vector)

    first = np.array([unit(item["input_ids"]) for item in items])
    second = np.array([unit(item["pair_ids"]) for item in items])
    together = np.array([item["together"] for item in items])
    logits = SCALE * first @ second.T
    own = SCALE * ((first * second).sum(1) - 0.3)
    each = np.log1p(np.exp(-np.where(together, own, -own)))
    choices = [[0, 2], [1, 2], [0, 1, 2]]  # the first two share a text: the other is no choice
    chosen = [
        np.log(np.exp(logits[i][allowed]).sum()) - logits[i, i] for i, allowed in enumerate(choices)
    ]
    expected = np.mean(each + together * chosen)
    assert found == pytest.approx(float(expected), rel=1e-4)


def test_a_pair_counts_in_the_loss_of_towers_as_much_as_it_weighs() -> None:
    towers = parted()

    def loss(*weights: float) -> float:
        items = [item_of(*pair, w) for pair, w in zip(SAME_FIRST, weights, strict=True)]
        return float(towers(**collate_pairs(items, pad=0))["loss"].detach())

    alone = [loss(1.0, 0.0, 0.0), loss(0.0, 1.0, 0.0), loss(0.0, 0.0, 1.0)]
    assert min(alone) > 0.0
    assert loss(2.0, 0.0, 0.5) == pytest.approx(2.0 * alone[0] + 0.5 * alone[2], rel=1e-5)


def test_padding_is_no_part_of_an_embedding() -> None:
    items = [item_of(5, 6, True), item_of(4, 3, True) | {"input_ids": [2, 4, 7, 8, 9]}]
    batch = collate_pairs(items, pad=0)
    towers = parted()
    with torch.no_grad():
        padded = towers.embed(batch["input_ids"], batch["attention_mask"])[0]
        alone = towers.embed(torch.tensor([[2, 5]]), torch.ones(1, 2))[0]
    torch.testing.assert_close(padded, alone)
