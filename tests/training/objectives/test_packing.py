from __future__ import annotations

from random import Random

import pytest
import torch
from transformers import set_seed

from chainring.training.objectives.causal import CausalLearner, following
from chainring.training.objectives.documents import Document
from chainring.training.objectives.learner import IGNORED
from chainring.training.objectives.masked import MaskedLearner
from chainring.training.objectives.packing import attention, blocks, packed
from chainring.training.objectives.settings import ObjectiveName
from chainring.training.objectives.shape import new_model, shaped
from chainring.training.tokenisers.special import Marks

MARKS = Marks(pad=0, start=2, end=3, mask=4, special=(0, 1, 2, 3, 4))


def document(*ids: int) -> Document:
    return Document(ids=list(ids), characters=len(ids), words=[], starts=[0])


def documents(count: int, longest: int) -> list[Document]:
    chance = Random(0)
    return [
        document(*(chance.randrange(5, 60) for _ in range(chance.randint(1, longest))))
        for _ in range(count)
    ]


def test_every_token_stands_in_exactly_one_block_and_hardly_a_place_is_empty() -> None:
    texts = documents(200, 90)
    items = blocks(texts, max_tokens=32, marks=MARKS)
    inside = sorted(t for item in items for t in item["input_ids"] if t not in MARKS.special)
    assert inside == sorted(token for text in texts for token in text.ids)
    assert max(len(item["input_ids"]) for item in items) <= 32
    assert sum(len(item["input_ids"]) for item in items) > 0.98 * 32 * len(items)


@pytest.mark.parametrize("objective", ["masked", "causal"])
def test_a_text_in_a_block_is_read_as_it_is_read_alone(objective: ObjectiveName) -> None:
    set_seed(0)
    shape = shaped(2, 32, 2)
    model = new_model(
        objective, shape, vocabulary=60, max_tokens=24, dropout=0.0, marks=MARKS
    ).eval()
    texts = [document(5, 6, 7), document(8, 9, 10, 11), document(12, 13)]
    batch = packed(blocks(texts, max_tokens=24, marks=MARKS), pad=0)
    assert len(batch["input_ids"]) == 1
    mask = attention(batch["segments"], causal=objective == "causal")
    with torch.no_grad():
        together = model.base_model(
            input_ids=batch["input_ids"],
            position_ids=batch["position_ids"],
            attention_mask=mask,
        ).last_hidden_state[0]
        for number in range(3):
            inside = batch["segments"][0] == number
            ids = batch["input_ids"][:, inside]
            alone = model.base_model(input_ids=ids).last_hidden_state[0]
            assert torch.allclose(together[inside], alone, atol=1e-5)


def test_a_gpt_is_asked_for_each_token_of_a_text_once_and_for_none_of_the_next() -> None:
    items = blocks([document(5, 6), document(7)], max_tokens=12, marks=MARKS)
    batch = following(items, pad=0)
    asked = batch["labels"][batch["labels"] != IGNORED].tolist()
    assert sorted(asked) == [3, 3, 5, 6, 7]


def test_the_likelihood_of_a_block_is_the_sum_over_its_texts_read_alone() -> None:
    set_seed(0)
    model = new_model(
        "causal", shaped(2, 32, 2), vocabulary=60, max_tokens=24, dropout=0.0, marks=MARKS
    )
    learner = CausalLearner(model.eval())
    texts = [document(5, 6, 7), document(8, 9)]
    with torch.no_grad():
        packed_nll = learner.sums(**following(blocks(texts, max_tokens=24, marks=MARKS), pad=0))
        alone = []
        for text in texts:
            ids = torch.tensor([[2, *text.ids, 3]])
            loss = model(input_ids=ids, labels=ids).loss
            alone.append(float(loss) * (ids.shape[1] - 1))
    assert float(packed_nll["nll"]) == pytest.approx(sum(alone), rel=1e-5)


def test_the_loss_of_bert_is_the_likelihood_of_the_chosen_tokens_as_transformers_has_it() -> None:
    set_seed(0)
    model = new_model(
        "masked", shaped(1, 32, 2), vocabulary=60, max_tokens=24, dropout=0.0, marks=MARKS
    ).eval()
    ids, labels = torch.tensor([[2, 4, 7, 3]]), torch.tensor([[IGNORED, 9, IGNORED, IGNORED]])
    batch = {"input_ids": ids, "segments": torch.zeros_like(ids), "labels": labels}
    with torch.no_grad():
        ours = MaskedLearner(model)(**batch)["loss"].item()
        theirs = model(input_ids=ids, labels=labels).loss.item()
    assert ours == pytest.approx(theirs, abs=1e-5)
