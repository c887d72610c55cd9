from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tests.training.conftest import make_row, shop_rows

from chainring.contracts.dataset import Row
from chainring.contracts.errors import InputError, RefusedError
from chainring.contracts.work import Work
from chainring.stats.likeness import unit
from chainring.training.biencoder import biencoder
from chainring.training.settings import TrainingSettings
from chainring.training.towers import SCALE, Towers


def pairs() -> list[Row]:
    """Return pairs of which one goes with the same text longer, one with a text of another label.

    The answers are few: each stands beside several first texts. Each row weighs little, as a user's
    correction may.
    """
    rows = list[Row]()
    texts = [row for row in shop_rows() if row.split != "test"]
    answers = list(dict.fromkeys(row.text for row in texts))[:4]
    for place, row in enumerate(texts):
        other = answers[place % len(answers)]
        for label, pair in (("same", f"{row.text} {row.text}"), ("other", other)):
            made = make_row(row.text, label, row.language, row.split, f"{place}.{label}")
            rows.append(dataclasses.replace(made, pair=pair, weight=0.3))
    return rows


class Given:
    """What a training was given, in place of the training."""

    def __call__(self, module: Towers, items: Any, _: Any, *, judge: Any, **named: Any) -> None:
        self.module, self.items = module, list(items)
        self.middle = float(module.middle.detach())
        self.measures = judge(module)


@pytest.fixture
def given(tiny_base: Path, work: Work, monkeypatch: pytest.MonkeyPatch) -> Given:
    given = Given()
    monkeypatch.setattr("chainring.training.trainer.train", given)
    rows = pairs()
    biencoder(
        [row for row in rows if row.split == "train"],
        [row for row in rows if row.split == "validation"],
        unlabelled=(),
        labels=("other", "same"),
        work=work,
        settings=TrainingSettings.model_validate({"encoder": {"base": str(tiny_base)}}),
        task="matching",
    )
    return given


def test_rows_that_all_weigh_little_do_not_lower_the_rate(given: Given) -> None:
    assert {round(item["weights"], 6) for item in given.items} == {1.0}


def test_pairs_of_one_label_alone_are_refused_before_anything_is_learnt(
    tiny_base: Path, work: Work
) -> None:
    with pytest.raises(InputError, match="pairs of at least two labels expected; found 'same'"):
        biencoder(
            [row for row in pairs() if row.label == "same"],
            (),
            unlabelled=(),
            labels=("other", "same"),
            work=work,
            settings=TrainingSettings.model_validate({"encoder": {"base": str(tiny_base)}}),
            task="matching",
        )


def test_accumulation_is_refused_with_the_reason_before_anything_is_learnt(
    tiny_base: Path, work: Work
) -> None:
    told = {"encoder": {"base": str(tiny_base)}, "craft": {"accumulation": 2}}
    with pytest.raises(RefusedError, match=r"accumulation.*rows of a step.*batch_size"):
        biencoder(
            [row for row in pairs() if row.split == "train"],
            (),
            unlabelled=(),
            labels=("other", "same"),
            work=work,
            settings=TrainingSettings.model_validate(told),
            task="matching",
        )


def cosine(towers: Towers, item: dict[str, Any]) -> float:
    def embedded(ids: list[int]) -> Any:
        with torch.no_grad():
            return unit(towers.embed(torch.tensor([ids]), torch.ones(1, len(ids))).numpy())

    return float((embedded(item["input_ids"]) * embedded(item["pair_ids"])).sum())


def test_the_kinds_part_half_way_between_their_mean_cosines_before_the_first_step(
    given: Given,
) -> None:
    cosines: dict[bool, list[float]] = {True: [], False: []}
    for item in given.items:
        cosines[item["together"]].append(cosine(given.module, item))
    means = {kind: float(np.mean(found)) for kind, found in cosines.items()}
    assert means[True] > means[False] + 0.01
    assert given.middle == pytest.approx((means[True] + means[False]) / 2, abs=1e-4)


def test_texts_have_one_number_on_either_side(given: Given) -> None:
    for ids, number in (("input_ids", "text"), ("pair_ids", "second")):
        numbers: dict[tuple[int, ...], set[int]] = {}
        for item in given.items:
            numbers.setdefault(tuple(item[ids]), set()).add(item[number])
        assert all(len(found) == 1 for found in numbers.values())
        assert len({item[number] for item in given.items}) == len(numbers) < len(given.items)


def test_validation_says_the_logistic_loss_of_the_pairs_beside_the_accuracy(
    given: Given, tiny_base: Path
) -> None:
    from chainring.training.tokens import open_tokenizer

    tokenizer = open_tokenizer(tiny_base, max_tokens=40)
    losses = []
    for row in pairs():
        if row.split == "validation":
            first, second = tokenizer.encode_batch([row.text, row.pair])
            item = {"input_ids": first.ids, "pair_ids": second.ids}
            logit = SCALE * (cosine(given.module, item) - given.middle)
            losses.append(np.log1p(np.exp(-logit if row.label == "same" else logit)))
    assert list(given.measures) == ["accuracy", "loss"]
    assert given.measures["loss"] == pytest.approx(float(np.mean(losses)), rel=1e-3)
