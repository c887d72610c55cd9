from __future__ import annotations

import dataclasses
import json
import math
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.training.conftest import make_row, shop_rows
from transformers import AutoModel, AutoTokenizer

from chainring.contracts.errors import InputError, MissingPackageError, RefusedError
from chainring.contracts.said import in_language
from chainring.contracts.work import Work
from chainring.text.segment import segment
from chainring.training.base import Base, find_base, unreadable
from chainring.training.dropouts import DROPOUTS
from chainring.training.objectives import documents
from chainring.training.objectives.folder import FACTS
from chainring.training.objectives.heldout import split
from chainring.training.objectives.start import open_base, open_base_tokenizer
from chainring.training.pretrain import figures_of, pretrain, pretrained
from chainring.training.settings import TrainingSettings
from chainring.training.tokenisers.settings import TokeniserSettings

ROWS = shop_rows()
TEXTS = [row.text for row in ROWS]
DOCUMENTS = ["。".join(TEXTS[i : i + 6]) + "。" for i in range(0, len(TEXTS), 6)]
EIGHT = DOCUMENTS[:8]
SIZE = 400


def small(**pretraining: Any) -> TrainingSettings:
    """Return settings of a tiny network."""
    options = {"layers": 1, "hidden": 32, "heads": 2, "max_tokens": 24, "epochs": 3}
    options |= {"batch_size": 8, "held_out": 0.1, "looks": 4} | pretraining
    return TrainingSettings.model_validate({"tokeniser": {"size": SIZE}, "pretrain": options})


def learnt(work: Work, **pretraining: Any) -> list[dict[str, float]]:
    """Pre-train on eight documents, themselves the judges, and return the curve."""
    settings = small(**({"epochs": 40, "learning_rate": 5e-3} | pretraining))
    found = pretrained(
        EIGHT, licence="CC0-1.0", minutes=5, work=work, settings=settings, judges=EIGHT
    )
    curve: list[dict[str, float]] = json.loads(
        (found.base.folder / "curves.json").read_text("utf-8")
    )["pretrain"]
    return curve


def peak(base: Base) -> float:
    """Return the highest learning rate of the curve, which is the one that the folder states."""
    curve = json.loads((base.folder / "curves.json").read_text("utf-8"))["pretrain"]
    stated = json.loads((base.folder / FACTS).read_text("utf-8"))["settings"]["pretrain"]
    found: float = max(point["learning_rate"] for point in curve if "learning_rate" in point)
    assert found == pytest.approx(stated["learning_rate"], rel=0.05)
    assert stated["dropout"] is not None
    return found


@pytest.mark.parametrize("objective", ["masked", "causal", "spans", "denoising"])
def test_each_objective_learns_eight_documents_by_heart(work: Work, objective: str) -> None:
    curve = learnt(work, objective=objective)
    losses = [point["loss"] for point in curve if "loss" in point]
    assert losses[-1] < 0.75 * losses[0]
    looks = [point for point in curve if "validation_perplexity" in point]
    assert looks[-1]["validation_perplexity"] < 0.15 * SIZE  # an equal share for each token: SIZE
    assert looks[-1]["validation_accuracy"] > 0.2


def test_which_text_follows_which_is_learnt_beside_the_masks(work: Work) -> None:
    curve = learnt(work, next_sentence=True, epochs=60, layers=2, learning_rate=5e-3)
    looks = [point for point in curve if "validation_pair_accuracy" in point]
    assert looks[-1]["validation_pair_accuracy"] > 0.8


def test_a_gpt_tells_seen_text_with_fewer_bits_than_its_characters_by_count(work: Work) -> None:
    from chainring.text.character_model import bits_per_character

    looks = [p for p in learnt(work, objective="causal") if "validation_perplexity" in p]
    unigram = bits_per_character(EIGHT, EIGHT, order=1)
    assert looks[-1]["validation_bits_per_character"] < 0.5 * unigram


def test_the_bits_of_a_gpt_are_those_of_all_that_it_told_over_the_characters(work: Work) -> None:
    settings = small(objective="causal", epochs=1)
    base = pretrained(TEXTS, licence="", minutes=5, work=work, settings=settings).base
    found = figures_of(base, TEXTS, work=work, settings=settings)
    encode = AutoTokenizer.from_pretrained(str(base.folder)).encode
    sizes = [len(encode(text, add_special_tokens=False)) for text in TEXTS]
    told = sum(size + math.ceil(size / (24 - 2)) for size in sizes)  # pieces end with a mark
    bits = told * math.log2(found["perplexity"]) / sum(map(len, TEXTS))
    assert found["bits_per_character"] == pytest.approx(bits, rel=1e-6)


@pytest.mark.parametrize(("tokeniser", "told"), [("wordpiece.v1", False), ("bpe.v1", True)])
def test_a_gpt_that_does_not_know_the_characters_has_no_bits_of_them(
    work: Work, tokeniser: str, told: bool
) -> None:
    chance = random.Random(0)
    texts = ["".join(chr(0x4E00 + chance.randrange(3000)) for _ in range(40)) for _ in range(60)]
    settings = small(objective="causal", epochs=1).model_copy(
        update={"tokeniser": TokeniserSettings(use=tokeniser, size=SIZE)}
    )
    found = pretrained(texts, licence="", minutes=5, work=work, settings=settings)
    assert ("bits_per_character" in found.figures) == told
    assert found.figures["perplexity"] > 1


def test_an_encoder_for_pairs_learns_from_both_texts(work: Work) -> None:
    rows = [dataclasses.replace(row, pair=f"麒麟{row.text}") for row in ROWS]
    base, _ = pretrain(rows, work=work, settings=small(epochs=1))
    assert unreadable(base, [make_row("麒麟麒麟", "a", "zh")], max_tokens=16) == {}


def test_a_base_names_each_licence_of_a_text_that_came_on_several(work: Work) -> None:
    first, *others = ROWS
    rows = [dataclasses.replace(first, licence="CC0-1.0|MIT"), *others]
    base, _ = pretrain(rows, work=work, settings=small(epochs=1))
    assert base.licence == "CC0-1.0, MIT"


def test_the_base_reads_both_languages_and_opens_with_transformers(work: Work) -> None:
    base, notes = pretrain(ROWS, work=work, settings=small())
    assert notes == ()
    assert unreadable(base, ROWS, max_tokens=16) == {}
    found = find_base(str(base.folder))
    assert (found.digest, found.licence) == (base.digest, "CC0-1.0")
    assert AutoModel.from_pretrained(str(base.folder)).config.hidden_size == 32


def test_a_base_goes_on_learning_with_its_tokeniser_and_both_licences(
    fresh_work: Callable[[str], Work],
) -> None:
    first, _ = pretrain(ROWS, work=fresh_work("first"), settings=small(epochs=20))
    settings = small(continue_from=str(first.folder), epochs=30, max_tokens=24)
    second = pretrained(
        TEXTS, licence="MIT", minutes=5, work=fresh_work("second"), settings=settings
    )
    assert second.base.licence == "MIT, CC0-1.0"
    assert [peak(one) for one in (first, second.base)] == pytest.approx([1e-3, 1e-4], rel=0.05)
    tokenisers = [(one.folder / "tokenizer.json").read_bytes() for one in (first, second.base)]
    assert tokenisers[0] == tokenisers[1]
    work = fresh_work("judged")
    before, after = (
        figures_of(one, TEXTS, work=work, settings=settings) for one in (first, second.base)
    )
    assert after["perplexity"] < before["perplexity"]


@pytest.mark.parametrize("objective", ["masked", "causal", "spans", "denoising"])
def test_a_base_that_goes_on_drops_as_much_as_is_asked(work: Work, objective: str) -> None:
    options = {"objective": objective, "epochs": 1, "dropout": 0.3}
    found = pretrained(
        DOCUMENTS, licence="CC0-1.0", minutes=5, work=work, settings=small(**options)
    ).base
    ids = torch.tensor([[6, 7, 8, 9, 10]])
    tokenizer = open_base_tokenizer(found)
    for dropout in (0.0, 0.5):
        settings = small(**options | {"dropout": dropout})
        model = open_base(found, tokenizer, settings.pretrain, max_tokens=24).train()
        first, second = (model(input_ids=ids, labels=ids).loss.item() for _ in range(2))
        assert (first == second) == (dropout == 0.0)
        told = {k: v for k, v in model.config.to_dict().items() if k in DROPOUTS}
        assert set(told.values()) == {dropout}


def test_that_chinese_words_are_not_known_is_said_once_with_the_extra(
    fresh_work: Callable[[str], Work], monkeypatch: pytest.MonkeyPatch
) -> None:
    def without(text: str, *, by: str, **more: Any) -> list[str]:
        if by == "rjieba.v1":
            raise MissingPackageError("rjieba", extra="data", needed_for="words")
        return segment(text, by=by, **more)

    monkeypatch.setattr(documents, "segment", without)
    english = [text for text in TEXTS if text.isascii()]
    cases: list[tuple[list[str], dict[str, Any], int]] = [
        (DOCUMENTS, {}, 1),
        (DOCUMENTS, {"whole_words": False}, 0),
        (english, {}, 0),
    ]
    for i, (texts, options, times) in enumerate(cases):
        said = list[str]()
        work = dataclasses.replace(fresh_work(f"words-{i}"), say=said.append)
        settings = small(epochs=0, **options)
        pretrained(texts, licence="CC0-1.0", minutes=5, work=work, settings=settings)
        told = [line for line in said if "chainring[data]" in line]
        assert len(told) == times
        assert all("chainring[data]" in in_language(line, "zh") for line in told)


def test_a_base_to_go_on_from_is_looked_for_in_the_project(
    tiny_base: Any, work: Work, tmp_path: Path
) -> None:
    shutil.copytree(str(tiny_base), tmp_path / "shop" / "models" / "own")
    settings = small(continue_from="models/own", layers=None, hidden=None, heads=None, epochs=1)
    base, _ = pretrain(
        ROWS, work=dataclasses.replace(work, home=tmp_path / "shop"), settings=settings
    )
    assert base.name == "models/own, gone on with own text"


def test_what_a_base_cannot_go_on_with_is_told_at_once(tiny_base: Any, work: Work) -> None:
    settings = small(objective="spans", continue_from=str(tiny_base), max_tokens=64)
    with pytest.raises(InputError) as caught:
        pretrained(TEXTS, licence="", minutes=5, work=work, settings=settings)
    assert len(caught.value.faults) == 3
    assert "found bert" in str(caught.value)


def test_a_base_goes_on_denoising_with_as_many_tokens_as_it_has_places(
    fresh_work: Callable[[str], Work],
) -> None:
    def made(name: str, **options: Any) -> Base:
        settings = small(objective="denoising", epochs=1, **options)
        work = fresh_work(name)
        return pretrained(DOCUMENTS, licence="", minutes=5, work=work, settings=settings).base

    first = made("first")
    places = json.loads((first.folder / "config.json").read_text("utf-8"))[
        "max_position_embeddings"
    ]
    own = dict.fromkeys(("layers", "hidden", "heads"))
    made("second", continue_from=str(first.folder), max_tokens=places, **own)


class Killed(BaseException):
    """Stands for kill -9: nothing of ours catches it."""


@pytest.mark.parametrize("objective", ["masked", "causal", "spans"])
def test_a_killed_pretraining_goes_on_and_ends_with_the_same_digest(
    fresh_work: Callable[[str], Work], monkeypatch: pytest.MonkeyPatch, objective: str
) -> None:
    monkeypatch.setattr("chainring.training.trainer.SECONDS_A_LINE", 0.0)
    settings = small(objective=objective)
    settings = settings.model_copy(
        update={"craft": settings.craft.model_copy(update={"checkpoint_minutes": 0.0})}
    )
    unbroken, _ = pretrain(ROWS, work=fresh_work("unbroken"), settings=settings)
    work, said = fresh_work("broken"), list[str]()

    def say(line: str) -> None:
        said.append(line)
        if "epoch 2." in line:
            raise Killed

    with pytest.raises(Killed):
        pretrain(ROWS, work=dataclasses.replace(work, say=say), settings=settings)
    resumed, _ = pretrain(ROWS, work=dataclasses.replace(work, say=said.append), settings=settings)
    assert any("going on from" in line for line in said)
    assert resumed.digest == unbroken.digest


def test_what_is_finished_is_not_trained_again(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbid(*_: Any, **__: Any) -> None:
        raise AssertionError("pre-trained twice")

    first, _ = pretrain(ROWS, work=work, settings=small())
    monkeypatch.setattr("chainring.training.pretrain.train", forbid)
    second, _ = pretrain(ROWS, work=work, settings=small())
    assert isinstance(first, Base)
    assert second == first


def test_the_folder_tells_figures_settings_and_readings_and_no_text(work: Work) -> None:
    base, _ = pretrain(ROWS, work=work, settings=small())
    facts = json.loads((base.folder / FACTS).read_text("utf-8"))
    assert math.isfinite(facts["figures"]["bits_per_character"])
    assert {one["language"] for one in facts["readings"]} == {"en", "zh"}
    assert facts["settings"]["pretrain"]["objective"] == "masked"
    written = (base.folder / FACTS).read_text("utf-8") + (base.folder / "README.md").read_text()
    assert not any(text in written for text in TEXTS)


def test_a_budget_that_is_too_small_cuts_the_epochs_and_says_so(work: Work) -> None:
    tight = small().model_copy(update={"budget_minutes": 1e-9})
    _, notes = pretrain(ROWS, work=work, settings=tight)
    assert "% of one of 3 epochs" in notes[0]


@pytest.mark.parametrize(
    ("objective", "embeddings", "begun"),
    [("masked", "neighbours", True), ("masked", "random", False), ("causal", "neighbours", False)],
)
def test_the_tokens_of_a_new_encoder_begin_by_their_neighbours_unless_told_otherwise(
    work: Work, objective: str, embeddings: str, begun: bool
) -> None:
    said = list[str]()
    settings = small(objective=objective, embeddings=embeddings, learning_rate=1e-2)
    base, _ = pretrain(ROWS, work=dataclasses.replace(work, say=said.append), settings=settings)
    assert any("tokens begin by their neighbours" in line for line in said) == begun
    if objective == "masked":
        table = AutoModel.from_pretrained(base.folder).get_input_embeddings().weight.detach()
        alike = (table.norm(dim=-1) - 0.02 * 32**0.5).abs() < 1e-4
        assert (float(alike.float().mean()) > 0.5) == begun  # and hidden words moved none of them


def test_without_any_pass_the_tokens_have_their_first_vectors_and_nothing_is_told(
    work: Work,
) -> None:
    settings = small(epochs=0, layers=None, hidden=None, heads=None)
    found = pretrained(TEXTS, licence="CC0-1.0", minutes=5, work=work, settings=settings)
    assert dict(found.figures) == {}
    assert "by their neighbours" in (found.base.folder / "README.md").read_text("utf-8")
    model = AutoModel.from_pretrained(found.base.folder)
    assert (model.config.num_hidden_layers, model.config.hidden_size) == (2, 128)
    table = model.get_input_embeddings().weight.detach()
    begun = (table.norm(dim=-1) - 0.02 * 128**0.5).abs() < 1e-4
    assert float(begun.float().mean()) > 0.5
    again = pretrained(TEXTS, licence="CC0-1.0", minutes=5, work=work, settings=settings)
    assert again.base.digest == found.base.digest


@pytest.mark.parametrize(
    "other",
    [{"objective": "causal"}, {"embeddings": "random"}, {"continue_from": "minilm"}],
)
def test_no_pass_at_all_is_refused_where_nothing_else_teaches(other: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="epochs = 0 teaches nothing but first vectors"):
        small(epochs=0, **other)


def test_without_any_text_there_is_nothing_to_pretrain_from(work: Work) -> None:
    with pytest.raises(RefusedError, match="no text"):
        pretrain([make_row("", "a", "zh")], work=work, settings=small())


def test_texts_that_judge_are_the_same_ones_whatever_stands_beside_them() -> None:
    _, judges = split(TEXTS, share=0.2)
    _, fewer = split(TEXTS[::2], share=0.2)
    assert set(fewer) == set(judges) & set(TEXTS[::2])
    assert 0.05 * len(TEXTS) < len(judges) < 0.4 * len(TEXTS)
