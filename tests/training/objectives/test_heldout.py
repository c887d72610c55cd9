from __future__ import annotations

from collections.abc import Sequence

import pytest
import torch

from chainring.training.objectives.documents import Document
from chainring.training.objectives.heldout import heldout, rows_of
from chainring.training.objectives.learner import IGNORED, Learner, Sums, asked
from chainring.training.objectives.objective import OBJECTIVES, Frame
from chainring.training.objectives.packing import Item, ends
from chainring.training.objectives.settings import ObjectiveName
from chainring.training.objectives.shape import new_model, shaped
from chainring.training.tokenisers.special import Marks


class Counting(Learner):
    """Tells every token with one nat."""

    def sums(self, **batch: torch.Tensor) -> Sums:
        count = batch["input_ids"].numel()
        return {"nll": torch.tensor(float(count)), "predicted": count, "right": count}


@pytest.mark.parametrize(("length", "rows"), [(128, 32), (1024, 8), (20_000, 1)])
def test_held_out_text_is_judged_some_thousand_tokens_at_once(length: int, rows: int) -> None:
    items: list[Item] = [{"input_ids": [7] * length}] * 40
    taken = list[int]()

    def batch(some: Sequence[Item]) -> dict[str, torch.Tensor]:
        taken.append(len(some))
        return {"input_ids": torch.tensor([item["input_ids"] for item in some])}

    found = heldout(Counting(torch.nn.Linear(1, 1)), items, batch=batch, characters_a_token=1.0)
    assert max(taken) == rows
    assert sum(taken) == 40
    assert found["perplexity"] == pytest.approx(2.71828, rel=1e-4)


@pytest.mark.parametrize("objective", ["masked", "causal", "spans"])
def test_held_out_text_that_does_not_fit_in_memory_is_judged_in_halves_by_the_same_draws(
    monkeypatch: pytest.MonkeyPatch, objective: ObjectiveName
) -> None:
    marks = Marks(pad=0, start=2, end=3, mask=4, special=(0, 1, 2, 3, 4))
    frame = Frame(marks=marks, vocabulary=60, max_tokens=24, sentinels=tuple(range(50, 59)))
    documents = [
        Document(
            ids=[5 + (i * k) % 45 for k in range(1, 9 + i)], characters=30, words=[], starts=[0]
        )
        for i in range(12)
    ]
    told = OBJECTIVES[objective]
    torch.manual_seed(0)
    model = new_model(
        objective, shaped(1, 32, 2), vocabulary=60, max_tokens=24, dropout=0.0, marks=marks
    )
    learner, items = told.learner(model), told.items(documents, frame)
    assert len(items) > 3

    def judged() -> dict[str, float]:
        return heldout(
            learner, items, batch=lambda some: told.batch(some, frame), characters_a_token=1.0
        )

    whole, sums = judged(), learner.sums

    def narrow(**batch: torch.Tensor) -> Sums:
        if len(batch["input_ids"]) > 2:
            raise RuntimeError("not enough memory")
        return sums(**batch)

    monkeypatch.setattr(learner, "sums", narrow)
    assert judged() == pytest.approx(whole, rel=1e-5)


def test_what_counts_through_the_rows_of_a_batch_is_counted_anew_of_some() -> None:
    segments_bt = torch.tensor([[0, 0, 1], [0, 1, 1], [0, 0, 0]])
    labels_bt = torch.tensor([[7, IGNORED, 8], [IGNORED, 9, IGNORED], [IGNORED, IGNORED, 6]])
    batch = {"input_ids": segments_bt, "segments": segments_bt, "labels": labels_bt}
    batch |= {"ends": ends(segments_bt), **asked(labels_bt)}
    some = rows_of(batch, slice(1, 3))
    assert some["places"].tolist() == [1, 5]
    assert some["asked"].tolist() == [9, 6]
    assert some["ends"].tolist()[:5] == [0, 1, 3, 6, 6]
