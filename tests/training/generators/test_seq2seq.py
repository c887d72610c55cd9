from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest

from chainring.contracts.dataset import Row
from chainring.contracts.errors import InputError, RefusedError
from chainring.contracts.work import Work
from chainring.training.generators.seq2seq import seq2seq
from chainring.training.settings import TrainingSettings

Small = Callable[..., TrainingSettings]


def _share_right(rows: list[Row], settings: TrainingSettings, work: Work) -> float:
    made = seq2seq(rows, rows[:4], unlabelled=(), labels=(), work=work, settings=settings)
    assert made.answers is not None
    said = [answer.output for answer in made.answers(rows)]
    return sum(a == row.target for a, row in zip(said, rows, strict=True)) / len(rows)


@pytest.mark.parametrize("architecture", ["m2m100", "marian", "t5"])
def test_sixteen_sentences_are_learnt_from_random_weights(
    architecture: str, pairs: list[Row], opening: Work, small: Small
) -> None:
    settings = small("seq2seq", architecture=architecture, beams=2)
    assert _share_right(pairs, settings, opening) >= 15 / 16


def test_another_training_goes_on_from_the_folder_of_the_first(
    pairs: list[Row], opening: Work, small: Small, fresh_work: Callable[[str], Work]
) -> None:
    first = seq2seq(
        pairs, pairs[:4], unlabelled=(), labels=(), work=opening, settings=small("seq2seq")
    )
    again = small("seq2seq", base=str(first.folder / "writer"), epochs=1, learning_rate=1e-6)
    other = dataclasses.replace(fresh_work("more"), open_predictor=opening.open_predictor)
    made = seq2seq(pairs, pairs[:4], unlabelled=(), labels=(), work=other, settings=again)
    assert made.answers is not None
    said = [answer.output for answer in made.answers(pairs)]
    assert sum(a == row.target for a, row in zip(said, pairs, strict=True)) >= 15
    assert made.ancestors[0].role == "base"


def test_a_t5_goes_on_with_the_settings_as_they_are(
    pairs: list[Row], opening: Work, small: Small, fresh_work: Callable[[str], Work]
) -> None:
    taught = small("seq2seq", architecture="t5", epochs=1)
    first = seq2seq(pairs, (), unlabelled=(), labels=(), work=opening, settings=taught)
    other = dataclasses.replace(fresh_work("more"), open_predictor=opening.open_predictor)
    settings = TrainingSettings.model_validate(
        {"seq2seq": {"base": str(first.folder / "writer"), "epochs": 1}}
    )
    made = seq2seq(pairs, (), unlabelled=(), labels=(), work=other, settings=settings)
    assert made.ancestors[0].role == "base"


def test_an_encoder_gets_a_decoder_that_writes_another_language(
    pairs: list[Row], opening: Work, small: Small, tiny_encoder: Path
) -> None:
    settings = small("seq2seq", base=str(tiny_encoder), epochs=60, max_input_tokens=16)
    made = seq2seq(pairs, pairs[:4], unlabelled=(), labels=(), work=opening, settings=settings)
    assert made.answers is not None
    said = [answer.output for answer in made.answers(pairs)]
    right = sum(a == row.target for a, row in zip(said, pairs, strict=True))
    assert right >= 14
    assert (made.folder / "reading" / "tokenizer.json").is_file()


def test_a_task_of_labels_is_refused(pairs: list[Row], opening: Work, small: Small) -> None:
    with pytest.raises(RefusedError, match="the task is tagging"):
        seq2seq(
            pairs, pairs, unlabelled=(), labels=(), work=opening, settings=small("seq2seq"),
            task="tagging",
        )  # fmt: skip


def test_a_base_that_is_nowhere_is_named(pairs: list[Row], opening: Work, small: Small) -> None:
    with pytest.raises(InputError, match="no/such/folder"):
        seq2seq(
            pairs, pairs, unlabelled=(), labels=(), work=opening,
            settings=small("seq2seq", base="no/such/folder"),
        )  # fmt: skip


def test_a_width_that_heads_do_not_divide_is_named(
    pairs: list[Row], opening: Work, small: Small
) -> None:
    with pytest.raises(InputError, match="hidden 32 must be an even multiple of heads 3"):
        seq2seq(
            pairs, pairs, unlabelled=(), labels=(), work=opening, settings=small("seq2seq", heads=3)
        )


def test_a_base_that_cannot_read_a_few_rows_says_so(
    pairs: list[Row], opening: Work, small: Small, tiny_encoder: Path
) -> None:
    few = dataclasses.replace(pairs[0], text="ჩემი ამანათი სად არის", language="ka")
    rows = [dataclasses.replace(row, language="en") for row in pairs * 3]
    settings = small("seq2seq", base=str(tiny_encoder), epochs=1, max_input_tokens=16)
    made = seq2seq([*rows, few], (), unlabelled=(), labels=(), work=opening, settings=settings)
    assert any("of ka tokens (1 row): too few to change it" in note for note in made.notes)
