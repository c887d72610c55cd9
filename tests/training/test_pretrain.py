from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest
import torch
from tests.training.conftest import make_row, shop_rows
from transformers import AutoModel, BertConfig, BertModel, set_seed

from chainring.contracts.errors import RefusedError
from chainring.contracts.work import Work
from chainring.training.base import Base, find_base, unreadable
from chainring.training.pretrain import IGNORED, MASK, Masked, masked, pretrain
from chainring.training.settings import EncoderSettings, PretrainSettings, TrainingSettings
from chainring.training.vocabulary import SPECIAL

SMALL = TrainingSettings(
    encoder=EncoderSettings(max_tokens=16),
    pretrain=PretrainSettings(layers=1, hidden=32, heads=2, vocabulary=300, epochs=3, batch_size=8),
)


def test_of_the_tokens_fifteen_per_cent_are_chosen_and_eighty_of_these_masked() -> None:
    set_seed(0)
    ids = torch.randint(len(SPECIAL), 500, (200, 50)).tolist()
    batch = masked([{"input_ids": row} for row in ids], vocabulary=500)
    before, after = torch.tensor(ids), batch["input_ids"]
    chosen = batch["labels"] != IGNORED
    assert torch.equal(batch["labels"][chosen], before[chosen])
    assert torch.equal(after[~chosen], before[~chosen])
    assert chosen.float().mean().item() == pytest.approx(0.15, abs=0.02)
    share = [
        (after[chosen] == MASK).float().mean().item(),
        (after[chosen] == before[chosen]).float().mean().item(),
    ]
    assert share == pytest.approx([0.8, 0.1], abs=0.05)


def test_marks_and_padding_are_never_asked_for() -> None:
    batch = masked([{"input_ids": [2, 9, 3]}, {"input_ids": [2, 9, 9, 9, 3]}], vocabulary=20)
    asked = batch["labels"][batch["labels"] != IGNORED]
    assert len(asked) > 0
    assert set(asked.tolist()) == {9}


def test_the_loss_is_the_likelihood_of_the_chosen_tokens_under_the_shared_table() -> None:
    set_seed(0)
    config = BertConfig(
        vocab_size=30,
        hidden_size=8,
        num_hidden_layers=1,
        num_attention_heads=1,
        intermediate_size=16,
    )
    module = Masked(BertModel(config, add_pooling_layer=False)).eval()
    ids, labels = torch.tensor([[2, 4, 7, 3]]), torch.tensor([[IGNORED, 9, IGNORED, IGNORED]])
    with torch.no_grad():
        found = module(ids, torch.ones_like(ids), labels)["loss"].item()
        state = module.transform(module.encoder(ids).last_hidden_state[0, 1])
        scores = module.encoder.get_input_embeddings().weight @ state + module.bias
        expected = (torch.logsumexp(scores, 0) - scores[9]).item()
    assert found == pytest.approx(expected, abs=1e-5)


def test_masked_tokens_are_told_better_after_training(
    work: Work, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chainring.training.trainer.SECONDS_A_LINE", 0.0)
    longer = SMALL.pretrain.model_copy(update={"epochs": 30, "learning_rate": 5e-3})
    pretrain(shop_rows(), work=work, settings=SMALL.model_copy(update={"pretrain": longer}))
    losses = [float(line.split("loss ")[1].split(",")[0]) for line in said if "loss" in line]
    assert losses[-1] < 0.7 * losses[0]


def test_the_base_reads_both_languages_and_opens_with_transformers(work: Work) -> None:
    base, notes = pretrain(shop_rows(), work=work, settings=SMALL)
    assert notes == ()
    assert unreadable(base, shop_rows(), max_tokens=16) == {}
    assert find_base(str(base.folder)).digest == base.digest
    assert AutoModel.from_pretrained(str(base.folder)).config.hidden_size == 32


class Killed(BaseException):
    """Stands for kill -9: nothing of ours catches it."""


def test_a_killed_pretraining_goes_on_and_ends_with_the_same_digest(
    fresh_work: Callable[[str], Work], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chainring.training.trainer.SECONDS_A_LINE", 0.0)
    unbroken, _ = pretrain(shop_rows(), work=fresh_work("unbroken"), settings=SMALL)
    work, said = fresh_work("broken"), list[str]()

    def say(line: str) -> None:
        said.append(line)
        if "epoch 2." in line:
            raise Killed

    with pytest.raises(Killed):
        pretrain(shop_rows(), work=dataclasses.replace(work, say=say), settings=SMALL)
    resumed, _ = pretrain(
        shop_rows(), work=dataclasses.replace(work, say=said.append), settings=SMALL
    )
    assert any("going on from" in line for line in said)
    assert resumed.digest == unbroken.digest


def test_what_is_finished_is_not_trained_again(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbid(*_: Any, **__: Any) -> None:
        raise AssertionError("pre-trained twice")

    first, _ = pretrain(shop_rows(), work=work, settings=SMALL)
    monkeypatch.setattr("chainring.training.pretrain.train", forbid)
    second, _ = pretrain(shop_rows(), work=work, settings=SMALL)
    assert isinstance(first, Base)
    assert second == first


def test_a_budget_that_is_too_small_cuts_the_epochs_and_says_so(work: Work) -> None:
    tight = SMALL.model_copy(update={"budget_minutes": 1e-9})
    _, notes = pretrain(shop_rows(), work=work, settings=tight)
    assert "% of one of 3 epochs" in notes[0]


def test_without_any_text_there_is_nothing_to_pretrain_from(work: Work) -> None:
    with pytest.raises(RefusedError, match="no text"):
        pretrain([make_row("", "a", "zh")], work=work, settings=SMALL)
