"""The kernel of pieces beside a mask; without a GPU it is played by one piece after the other."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
import torch
from transformers import set_seed

from chainring.contracts.placement import Choice
from chainring.training.objectives.attention import PIECES, fit_attention, seen, with_masks
from chainring.training.objectives.documents import Document
from chainring.training.objectives.learner import Learner
from chainring.training.objectives.objective import OBJECTIVES, Frame
from chainring.training.objectives.packing import EMPTY, ends
from chainring.training.objectives.settings import ObjectiveName
from chainring.training.objectives.shape import new_model, shaped
from chainring.training.tokenisers.special import Marks

MARKS = Marks(pad=0, start=2, end=3, mask=4, special=(0, 1, 2, 3, 4))
FRAME = Frame(marks=MARKS, vocabulary=60, max_tokens=24)
BF16, FP32 = (Choice(value=value, because="test") for value in ("bf16", "fp32"))


def learner(objective: ObjectiveName, *, dropout: float = 0.0, hidden: int = 32) -> Learner:
    set_seed(0)
    model = new_model(
        objective, shaped(2, hidden, 2), vocabulary=60, max_tokens=24, dropout=dropout, marks=MARKS
    )
    return OBJECTIVES[objective].learner(model)


def batch(objective: ObjectiveName) -> dict[str, torch.Tensor]:
    chance = Random(0)
    texts = [
        Document(ids=[chance.randrange(5, 60) for _ in range(n)], characters=n, words=[], starts=[])
        for n in (3, 4, 2, 21, 9, 5, 1)
    ]
    made = OBJECTIVES[objective]
    set_seed(1)
    return made.batch(made.items(texts, FRAME), FRAME)


def one_after_the_other(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    cu_seq_q: torch.Tensor,
    cu_seq_k: torch.Tensor,
    max_q: int,
    max_k: int,
    *,
    scale: float,
    window_size: tuple[int, int],
) -> torch.Tensor:
    """Stand in for torch's kernel: (tokens, heads, width), each piece computed alone."""
    assert cu_seq_q is cu_seq_k
    assert cu_seq_q.dtype == torch.int32
    assert int(cu_seq_q.diff().max()) <= max_q == max_k
    made = []
    for a, b in zip(cu_seq_q.tolist(), cu_seq_q.tolist()[1:], strict=False):
        inner = [table[a:b].transpose(0, 1) for table in (query, key, value)]
        scores = inner[0] @ inner[1].transpose(1, 2) * scale
        if window_size == (-1, 0):
            later = torch.ones(b - a, b - a, dtype=torch.bool).triu(1)
            scores = scores.masked_fill(later, -torch.inf)
        made.append((scores.softmax(-1) @ inner[2]).transpose(0, 1))
    return torch.cat(made)


@pytest.mark.parametrize("objective", ["masked", "causal"])
def test_by_pieces_a_network_says_what_it_says_by_a_mask(
    objective: ObjectiveName, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("torch.nn.attention.varlen.varlen_attn", one_after_the_other)
    inputs, found = batch(objective), []
    for way in ("mask", "pieces"):
        taught = learner(objective)
        if way == "pieces":
            fitted = fit_attention(taught.model, device="cuda", chosen=BF16)
            assert fitted.value == "pieces"
        loss = taught(**inputs)["loss"]
        loss.backward()
        norms = [float(w.grad.norm()) for w in taught.parameters() if w.grad is not None]
        found.append((loss.item(), norms))
    assert found[0][0] == pytest.approx(found[1][0], rel=1e-6)
    assert found[0][1] == pytest.approx(found[1][1], rel=1e-3, abs=1e-6)


@pytest.mark.parametrize(
    ("taught", "device", "chosen", "because"),
    [
        ({"objective": "masked"}, "cpu", BF16, "a processor"),
        ({"objective": "causal"}, "cuda", FP32, "16 bits"),
        ({"objective": "masked", "dropout": 0.1}, "cuda", BF16, "dropout"),
        ({"objective": "causal", "dropout": 0.1}, "cuda", BF16, "dropout"),
        ({"objective": "spans"}, "cuda", BF16, "kind t5"),
        ({"objective": "masked", "hidden": 24}, "cuda", BF16, "multiple of 8"),
    ],
)
def test_where_the_kernel_cannot_be_used_a_mask_is_and_why_is_told(
    taught: dict[str, Any], device: str, chosen: Choice, because: str
) -> None:
    model = learner(**taught).model
    fitted = fit_attention(model, device=device, chosen=chosen)
    assert fitted.value == "mask"
    assert because in fitted.because
    assert model.config._attn_implementation != PIECES


def test_what_is_written_attends_by_masks_again() -> None:
    taught, inputs = learner("causal").eval(), batch("causal")
    before = taught(**inputs)["loss"].item()
    fit_attention(taught.model, device="cuda", chosen=BF16)
    assert seen(taught.model, inputs).shape == (1, 1, 1, len(inputs["ends"]))
    with_masks(taught.model)
    assert taught(**inputs)["loss"].item() == before
    assert "attn_implementation" not in taught.model.config.to_json_string(use_diff=False)


def test_the_ends_of_pieces_are_counted_through_all_rows_and_filled_up() -> None:
    segments = torch.tensor([[0, 0, 1, 1], [0, 0, 0, EMPTY]])
    found = ends(segments).tolist()
    assert found[:5] == [0, 2, 4, 7, 8]
    assert set(found[5:]) == {8}
    assert len(found) % 64 == 0
    assert len(ends(torch.arange(64)[None]).tolist()) == 128


@pytest.mark.gpu
@pytest.mark.parametrize("objective", ["masked", "causal"])
def test_on_a_gpu_the_kernel_of_pieces_says_what_a_mask_says(objective: ObjectiveName) -> None:
    inputs = {name: value.cuda() for name, value in batch(objective).items()}
    found = []
    for way in ("mask", "pieces"):
        taught = learner(objective).cuda()
        if way == "pieces":
            assert fit_attention(taught.model, device="cuda", chosen=BF16).value == "pieces"
        with torch.autocast("cuda", torch.bfloat16):
            loss = taught(**inputs)["loss"]
        loss.backward()
        found.append((loss.item(), float(taught.model.get_input_embeddings().weight.grad.norm())))
    assert found[0] == pytest.approx(found[1], rel=2e-2)
