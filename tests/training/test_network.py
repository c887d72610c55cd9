from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from chainring.training.finetune import open_encoder
from chainring.training.network import Network, in_batches


def make_network(folder: Path) -> Network:
    torch.manual_seed(0)
    network = Network(open_encoder(folder, dropout=0.0), labels=3, dropout=0.0)
    network.eval()
    return network


def test_the_answer_is_the_mean_over_the_mask_and_padding_changes_nothing(tiny_base: Path) -> None:
    network = make_network(tiny_base)
    ids = torch.tensor([[2, 10, 11, 3]])
    padded = torch.tensor([[2, 10, 11, 3, 0, 0]])
    mask = torch.tensor([[1, 1, 1, 1, 0, 0]])
    with torch.inference_mode():
        states = network.encoder(input_ids=ids).last_hidden_state.numpy()[0]
        weight, bias = network.head.weight.numpy(), network.head.bias.numpy()
        expected = states.mean(axis=0) @ weight.T + bias
        found = network(padded, mask)["logits"].numpy()[0]
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_the_loss_is_the_weighted_mean_of_the_negative_log_likelihood(tiny_base: Path) -> None:
    network = make_network(tiny_base)
    ids = torch.tensor([[2, 10, 3], [2, 12, 3]])
    labels, weights = torch.tensor([0, 2]), torch.tensor([0.5, 1.5])
    out = network(ids, torch.ones_like(ids), labels=labels, weights=weights)
    scores = out["logits"].detach().numpy().astype(np.float64)
    shares = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    expected = (-np.log(shares[0, 0]) * 0.5 - np.log(shares[1, 2]) * 1.5) / 2
    assert abs(out["loss"].item() - expected) < 1e-5


def test_texts_of_all_lengths_come_back_in_their_order(tiny_base: Path) -> None:
    network = make_network(tiny_base)
    ids = [[2, *[10 + i] * n, 3] for i, n in enumerate((7, 1, 30, 3, 3, 12))]

    def answer(ids_bt: torch.Tensor, mask_bt: torch.Tensor) -> torch.Tensor:
        return network(ids_bt, mask_bt)["logits"]

    together = in_batches(network, answer, ids, pad=0)
    alone = np.concatenate([in_batches(network, answer, [one], pad=0) for one in ids])
    np.testing.assert_allclose(together, alone, atol=1e-5)
    assert together.dtype == np.float32


def test_texts_that_do_not_fit_in_memory_at_once_are_answered_in_halves(tiny_base: Path) -> None:
    network = make_network(tiny_base)
    ids = [[2, *[10 + i] * n, 3] for i, n in enumerate((7, 1, 30, 3, 3, 12))]

    def answer(ids_bt: torch.Tensor, mask_bt: torch.Tensor) -> torch.Tensor:
        if len(ids_bt) > 2:
            raise RuntimeError("DefaultCPUAllocator: not enough memory")
        return network(ids_bt, mask_bt)["logits"]

    halved = in_batches(network, answer, ids, pad=0)
    np.testing.assert_allclose(halved, in_batches(network, network.logits, ids, pad=0), atol=1e-5)
