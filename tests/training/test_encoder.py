from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from tests.here import FolderTrees
from tests.training.conftest import make_placement, make_row, shop_rows
from transformers import AutoModel, AutoTokenizer

from chainring.contracts.dataset import Row
from chainring.contracts.errors import InputError, MissingPackageError
from chainring.contracts.work import Work
from chainring.training.candidate import Trained
from chainring.training.craft.settings import CraftSettings
from chainring.training.encoder import chosen_base, encoder
from chainring.training.finetune import row_weights
from chainring.training.objectives.settings import PretrainSettings
from chainring.training.settings import EncoderSettings, TrainingSettings

LABELS = ("parcel", "refund", "size")


def rows_of(split: str) -> list[Row]:
    return [row for row in shop_rows(labels=LABELS) if row.split == split]


def settings_for(base: Path | str, **changes: Any) -> TrainingSettings:
    options = {"epochs": 3, "learning_rate": 3e-3, "max_tokens": 32, "batch_size": 16}
    return TrainingSettings(
        craft=CraftSettings(checkpoint_minutes=0.0),
        encoder=EncoderSettings(base=str(base), **(options | changes)),
    )


def train(work: Work, settings: TrainingSettings, rows: Sequence[Row] | None = None) -> Trained:
    return encoder(
        rows or rows_of("train"),
        rows_of("validation"),
        unlabelled=(),
        labels=LABELS,
        work=work,
        settings=settings,
    )


def by_transformers(folder: Path, text: str) -> Any:
    """Return logits from the written folder, by AutoModel and AutoTokenizer, one text alone."""
    tokenizer = AutoTokenizer.from_pretrained(str(folder / "encoder"))
    model = AutoModel.from_pretrained(str(folder / "encoder")).eval()
    head = load_file(folder / "head.safetensors")
    inputs = tokenizer(text, truncation=True, max_length=32, return_tensors="pt")
    with torch.inference_mode():
        mean = model(**inputs).last_hidden_state[0].mean(0)
        return (head["weight"] @ mean + head["bias"]).numpy()


def test_the_written_folder_opens_with_transformers_and_answers_alike(
    work: Work, tiny_base: Path
) -> None:
    trained = train(work, settings_for(tiny_base, epochs=1))
    texts = ["I want a refund", "请问物流", "", "my money back " * 30]
    expected = np.stack([by_transformers(trained.folder, text) for text in texts])
    np.testing.assert_allclose(trained.logits(texts), expected, atol=1e-4)


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_a_few_epochs_learn_the_rows(work: Work, tiny_base: Path, precision: str) -> None:
    work = dataclasses.replace(work, placement=make_placement(precision))
    trained = train(work, settings_for(tiny_base, epochs=8))
    rows = rows_of("train")
    told = trained.logits([row.text for row in rows]).argmax(axis=1)
    assert np.mean([LABELS[i] == row.label for i, row in zip(told, rows, strict=True)]) > 0.9


def test_no_epochs_train_the_head_and_leave_the_encoder_as_it_was(
    work: Work, tiny_base: Path
) -> None:
    trained = train(work, settings_for(tiny_base, epochs=0))
    before = load_file(tiny_base / "model.safetensors")
    after = load_file(trained.folder / "encoder" / "model.safetensors")
    assert all(torch.equal(value, after[name]) for name, value in before.items())
    rows = rows_of("train")
    told = trained.logits([row.text for row in rows]).argmax(axis=1)
    assert np.mean([LABELS[i] == row.label for i, row in zip(told, rows, strict=True)]) > 0.5


def test_tuning_that_makes_it_worse_is_taken_back(
    fresh_work: Callable[[str], Work], tiny_base: Path, tmp_path: Path
) -> None:
    spoilt = settings_for(tiny_base, epochs=2, learning_rate=0.9)
    kept = train(fresh_work("spoilt"), spoilt)
    probe = train(fresh_work("probe"), settings_for(tiny_base, epochs=0))
    assert any("frozen encoder was kept" in note for note in kept.notes)
    trees = FolderTrees(tmp_path / "digests")
    assert trees.put(kept.folder, kind="m") == trees.put(probe.folder, kind="m")


def test_a_finished_training_is_found_again(
    work: Work, said: list[str], tiny_base: Path, tmp_path: Path
) -> None:
    settings, trees = settings_for(tiny_base), FolderTrees(tmp_path / "digests")
    first = trees.put(train(work, settings).folder, kind="m")
    said.clear()
    assert trees.put(train(work, settings).folder, kind="m") == first
    assert not any("head set" in line for line in said)


class Killed(BaseException):
    """Stands for kill -9: nothing of ours catches it."""


def killed_after(epoch: int, said: list[str]) -> Callable[[str], None]:
    def say(line: str) -> None:
        said.append(line)
        if f"epoch {epoch}," in line:
            raise Killed

    return say


@pytest.mark.parametrize("epoch", [1, 2])
def test_a_killed_training_goes_on_and_ends_with_the_same_bytes(
    fresh_work: Callable[[str], Work], tiny_base: Path, tmp_path: Path, epoch: int
) -> None:
    settings, said = settings_for(tiny_base, patience=5), list[str]()
    unbroken = train(fresh_work("unbroken"), settings)
    work = fresh_work("broken")
    with pytest.raises(Killed):
        train(dataclasses.replace(work, say=killed_after(epoch, said)), settings)
    resumed = train(dataclasses.replace(work, say=said.append), settings)
    assert any("going on from" in line for line in said)
    trees = FolderTrees(tmp_path / "digests")
    assert trees.put(resumed.folder, kind="m") == trees.put(unbroken.folder, kind="m")


def test_many_rows_are_tokenised_once_into_files_and_train_alike(
    fresh_work: Callable[[str], Work],
    tiny_base: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    trees = FolderTrees(tmp_path / "digests")
    settings = settings_for(tiny_base, epochs=1)
    few = trees.put(train(fresh_work("few"), settings).folder, kind="m")
    monkeypatch.setattr("chainring.training.finetune.MANY_ROWS", 10)
    work = fresh_work("many")
    assert trees.put(train(work, settings).folder, kind="m") == few
    assert (work.scratch / "encoder-tokens" / "input_ids.ids").is_file()


def test_curves_lie_beside_the_weights(work: Work, tiny_base: Path) -> None:
    trained = train(work, settings_for(tiny_base, patience=5))
    curve = json.loads((trained.folder / "curves.json").read_text("utf-8"))["encoder"]
    assert sum("validation_accuracy" in point for point in curve) == 3
    assert curve[0]["loss"] > curve[-2]["loss"]


def test_training_stops_when_validation_gets_no_better(
    work: Work, said: list[str], tiny_base: Path
) -> None:
    unmoved = 1e-30  # no weight of float32 changes, so neither accuracy nor loss does
    train(work, settings_for(tiny_base, epochs=40, patience=1, learning_rate=unmoved))
    assert sum("right on validation" in line for line in said) == 2


def test_rows_that_are_longer_than_what_is_read_are_told_with_the_key(
    work: Work, tiny_base: Path
) -> None:
    rows = rows_of("train")
    long = [dataclasses.replace(row, text=f"{row.text} " + "refund " * 60) for row in rows[:4]]
    trained = train(work, settings_for(tiny_base, epochs=0), [*long, *rows[4:]])
    (limit,) = trained.limits
    assert f"of 4 of {len(rows)} texts to learn from" in limit
    assert "first 32 tokens" in limit
    assert "training.encoder.max_tokens" in limit
    assert train(work, settings_for(tiny_base, epochs=0)).limits == ()


def test_base_and_licence_are_named_as_ancestor(work: Work, tiny_base: Path) -> None:
    (ancestor,) = train(work, settings_for(tiny_base, epochs=0)).ancestors
    assert (ancestor.role, ancestor.licence) == ("base", "mit")


def test_a_base_in_the_projects_folder_is_found_from_any_other(
    work: Work, tiny_base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = tmp_path / "project"
    shutil.copytree(tiny_base, project / "models" / "own")
    monkeypatch.chdir(tmp_path)
    at_home = dataclasses.replace(work, home=project)
    base, _, _ = chosen_base(
        rows_of("train"), [], work=at_home, settings=settings_for("models/own")
    )
    assert (base.name, base.folder) == ("models/own", project / "models" / "own")


def test_rows_of_a_language_that_the_base_cannot_read_get_an_encoder_of_their_own(
    work: Work, said: list[str]
) -> None:
    small = PretrainSettings(layers=1, hidden=32, heads=2, vocabulary=300, epochs=2)
    settings = settings_for("minilm", epochs=1).model_copy(update={"pretrain": small})
    trained = train(work, settings)
    assert any("zh" in note and "pre-trained" in note for note in trained.notes)
    assert trained.ancestors[0].name.startswith("own text")
    assert trained.ancestors[0].licence == "CC0-1.0"
    assert trained.logits(["退款", "refund"]).shape == (2, 3)
    curves = json.loads((trained.folder / "curves.json").read_text("utf-8"))
    assert set(curves) == {"pretrain", "encoder"}
    (figures,) = (note for note in trained.notes if note.startswith("on texts held out"))
    assert "perplexity" in figures


def test_a_language_too_small_to_change_the_base_is_told(work: Work, said: list[str]) -> None:
    english = [make_row(f"Where is my parcel {n}?", "a") for n in range(60)]
    rows = [*english, make_row("物流太久了，我的包裹到哪了？", "a", "zh")]
    base, _, notes = chosen_base(rows, (), work=work, settings=settings_for("minilm"))
    assert base.name == "minilm"
    assert "of zh tokens (1 row): too few to change it" in notes[0]
    assert any(notes[0] in line for line in said)


def test_a_base_goes_on_learning_from_the_projects_text_where_the_recipe_asks(
    work: Work, tiny_base: Path
) -> None:
    going_on = PretrainSettings(continue_from=str(tiny_base), epochs=1, max_tokens=24)
    settings = settings_for(tiny_base, epochs=1).model_copy(update={"pretrain": going_on})
    trained = train(work, settings)
    assert "went on learning" in trained.notes[0]
    assert trained.ancestors[0].licence == "CC0-1.0, mit"


def test_an_objective_that_makes_no_encoder_is_told(work: Work, tiny_base: Path) -> None:
    writing = PretrainSettings(continue_from=str(tiny_base), objective="causal")
    settings = settings_for(tiny_base).model_copy(update={"pretrain": writing})
    with pytest.raises(InputError, match="makes no encoder"):
        train(work, settings)


def test_a_missing_package_is_named_with_the_extra(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    import importlib.util

    real = importlib.util.find_spec
    monkeypatch.setattr(
        "chainring.training.encoder.find_spec", lambda m: None if m == "accelerate" else real(m)
    )
    with pytest.raises(MissingPackageError, match=r"accelerate.*chainring\[train\]"):
        train(work, settings_for("minilm"))


@pytest.mark.parametrize(("choice", "ratio"), [("none", 1.0), ("auto", 2.0), ("balanced", 4.0)])
def test_rare_classes_weigh_more_where_classes_are_uneven(choice: str, ratio: float) -> None:
    rows = [make_row(str(i), "common") for i in range(40)]
    rows += [make_row(f"r{i}", "rare") for i in range(10)]
    weights = row_weights(rows, EncoderSettings.model_validate({"class_weights": choice}))
    assert weights[-1] / weights[0] == pytest.approx(ratio)
    assert np.mean(weights) == pytest.approx(1.0)


def test_even_classes_keep_their_own_weights() -> None:
    rows = [
        dataclasses.replace(make_row(f"{label}{i}", label), weight=1.0 + i)
        for label in "ab"
        for i in range(2)
    ]
    assert row_weights(rows, EncoderSettings()) == pytest.approx([2 / 3, 4 / 3, 2 / 3, 4 / 3])


def test_progress_tells_loss_rate_time_left_and_cost(
    work: Work, said: list[str], tiny_base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chainring.training.trainer.SECONDS_A_LINE", 0.0)
    train(work, settings_for(tiny_base, epochs=5))
    lines = [line for line in said if "rows/s" in line]
    assert lines
    assert all(w in line for line in lines for w in ("loss", "s left", "CPU s"))


def test_the_tokeniser_beside_the_encoder_cuts_at_the_models_length(
    work: Work, tiny_base: Path
) -> None:
    trained = train(work, settings_for(tiny_base, epochs=0, max_tokens=200))
    saved = json.loads((trained.folder / "encoder" / "tokenizer.json").read_text("utf-8"))
    assert trained.max_tokens == 40  # the positions of the tiny base
    assert saved["truncation"]["max_length"] == 40
