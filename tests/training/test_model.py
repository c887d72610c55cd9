from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.training.conftest import make_dataset, make_row, shop_rows

from chainring.contracts.dataset import OUT_OF_SCOPE, Dataset, Row
from chainring.contracts.errors import InputError, RefusedError
from chainring.contracts.measure import Measure
from chainring.contracts.model import Model
from chainring.contracts.parts import part
from chainring.contracts.values import Input
from chainring.contracts.work import Work
from chainring.training.candidate import Trained, prepare
from chainring.training.model import model
from chainring.training.settings import EncoderSettings, LinearSettings, TrainingSettings

LINEAR = TrainingSettings(candidates=("linear.v1",), linear=LinearSettings(min_df=1))


@part("candidate", "refusing.v1")
def refusing(*_: Any, **__: Any) -> Trained:
    raise RefusedError("it reads no such language")


@part("candidate", "recording.v1")
def recording(
    train: Sequence[Row],
    validation: Sequence[Row],
    *,
    unlabelled: Sequence[Row],
    labels: Sequence[str],
    work: Work,
    settings: TrainingSettings,
) -> Trained:
    """Write down which rows it was given, and answer at random."""
    folder = work.folder("recording")
    given = {"train": train, "validation": validation, "unlabelled": unlabelled}
    text = json.dumps({name: [row.id for row in rows] for name, rows in given.items()})
    (folder / "given.json").write_text(text, encoding="utf-8")

    def logits(texts: Sequence[Input]) -> Any:
        return np.zeros((len(texts), len(labels)), dtype=np.float32)

    return Trained(folder=folder, kind="linear", logits=logits)


@part("candidate", "tilted.v1")
def tilted(*_: Any, labels: Sequence[str], work: Work, **__: Any) -> Trained:
    """Call a text with "urgent" a fraud, which is right in 60 of 100, and any other ok."""
    folder = work.folder("tilted")
    (folder / "weights").write_text("none", encoding="utf-8")

    def logits(texts: Sequence[Input]) -> Any:
        said = [[2.0, 0.0] if "urgent" in str(text) else [0.0, 2.0] for text in texts]
        return np.array(said, dtype=np.float32)

    assert list(labels) == ["fraud", "ok"]
    return Trained(folder=folder, kind="linear", logits=logits)


def train(work: Work, dataset: Dataset, settings: TrainingSettings = LINEAR) -> Model:
    return model(dataset, (), work.placement, work=work, settings=settings)


@pytest.fixture
def shop(work: Work, tmp_path: Path) -> Dataset:
    return make_dataset(work, shop_rows(), tmp_path / "data")


def test_the_folder_serves_by_itself_and_answers_like_its_golden_texts(
    work: Work, shop: Dataset
) -> None:
    from chainring.text.ngrams import features

    made = train(work, shop)
    folder = work.trees.open(made.address)
    facts = json.loads((folder / "model.json").read_text("utf-8"))
    assert facts["labels"] == list(made.labels) == sorted({row.label for row in shop_rows()})
    assert (facts["format"], facts["kind"]) == (1, "linear")
    assert facts["threshold"] == made.threshold
    from safetensors.numpy import load_file

    arrays = load_file(folder / "linear.safetensors")
    names = json.loads((folder / "vocabulary.json").read_text("utf-8"))
    for line in (folder / "golden.jsonl").read_text("utf-8").splitlines():
        golden = json.loads(line)
        found = features(prepare(golden["text"]))
        counts = np.array([found.count(name) for name in names], dtype=np.float64)
        vector = np.where(counts > 0, 1 + np.log(np.maximum(counts, 1)), 0) * arrays["idf"]
        vector /= np.linalg.norm(vector) or 1.0
        raised = np.exp((vector @ arrays["weights"] + arrays["bias"]) / facts["temperature"])
        np.testing.assert_allclose(golden["probabilities"], raised / raised.sum(), atol=1e-5)


def test_the_model_knows_where_it_comes_from(work: Work, shop: Dataset) -> None:
    made = train(work, shop)
    assert (made.dataset, made.training, made.part) == (shop.address, shop.training, "linear.v1")
    assert TrainingSettings.model_validate_json(made.settings) == LINEAR
    assert made.languages == ("en", "zh")
    assert "numpy" in made.versions
    assert (work.trees.open(made.address) / "README.md").is_file()


def test_the_same_data_and_settings_give_the_same_address(
    fresh_work: Callable[[str], Work], shop: Dataset
) -> None:
    assert train(fresh_work("a"), shop).address == train(fresh_work("b"), shop).address


def test_candidates_compete_and_each_one_stands_with_its_reason(
    work: Work, said: list[str], shop: Dataset
) -> None:
    settings = LINEAR.model_copy(
        update={"candidates": ("refusing.v1", "recording.v1", "linear.v1")}
    )
    made = train(work, shop, settings)
    refused, recorded, won = made.rivals
    assert (refused.rows, refused.won) == (0, False)
    assert "no such language" in refused.because
    assert not recorded.won
    assert (won.part, won.won) == ("linear.v1", True)
    assert won.accuracy > recorded.accuracy
    assert any("no such language" in line for line in said)


def test_the_encoder_is_an_equal_candidate(work: Work, shop: Dataset, tiny_base: Path) -> None:
    options = EncoderSettings(base=str(tiny_base), epochs=1, max_tokens=32)
    settings = LINEAR.model_copy(
        update={"candidates": ("linear.v1", "encoder.v1"), "encoder": options}
    )
    made = train(work, shop, settings)
    assert [rival.part for rival in made.rivals] == ["linear.v1", "encoder.v1"]
    assert all(rival.rows for rival in made.rivals)
    assert sum(rival.won for rival in made.rivals) == 1


def test_an_encoder_that_wins_names_its_base_and_can_embed(
    work: Work, shop: Dataset, tiny_base: Path
) -> None:
    options = EncoderSettings(base=str(tiny_base), epochs=0, max_tokens=32)
    made = train(work, shop, TrainingSettings(candidates=("encoder.v1",), encoder=options))
    assert made.ancestors[0].licence == "mit"
    assert made.capabilities == ("embed",)
    folder = work.trees.open(made.address)
    facts = json.loads((folder / "model.json").read_text("utf-8"))
    assert (facts["kind"], facts["max_tokens"], facts["pooling"]) == ("encoder", 32, "mean")
    names = {path.name for path in (folder / "encoder").iterdir()}
    assert {"config.json", "model.safetensors", "tokenizer.json"} <= names


def test_validation_and_suite_are_never_trained_on(work: Work, tmp_path: Path) -> None:
    rows = [*shop_rows(), make_row("no label yet", "", "en", "unlabelled")]
    dataset = make_dataset(work, rows, tmp_path / "data")
    made = train(work, dataset, TrainingSettings(candidates=("recording.v1",)))
    given = json.loads((work.trees.open(made.address) / "given.json").read_text("utf-8"))
    assert {k: sorted(v) for k, v in given.items()} == {
        split: sorted(row.id for row in rows if row.split == split)
        for split in ("train", "validation", "unlabelled")
    }


def test_texts_out_of_scope_are_passed_on(work: Work, shop: Dataset) -> None:
    made = train(work, shop)
    assert OUT_OF_SCOPE in made.labels
    assert 0.0 <= made.threshold < 1.0


def test_a_turn_and_the_card_say_where_the_likeliest_label_is_kept_whatever_it_costs(
    work: Work, tmp_path: Path, said: list[str]
) -> None:
    rows = [make_row(f"learn {label}", label) for label in ("fraud", "ok")]
    for n in range(400):
        text, fraud = f"{'urgent' if n < 200 else 'rent'} {n}", n < 120
        rows.append(make_row(text, "fraud" if fraud else "ok", split="validation"))
    made = model(
        make_dataset(work, rows, tmp_path / "data"),
        (),
        work.placement,
        work=work,
        settings=TrainingSettings(candidates=("tilted.v1",)),
        measure=Measure(name="cost", pass_on=100.0, missed=(("fraud", "", 9.0),)),
    )
    (limit,) = made.limits
    assert limit.startswith("the likeliest label is answered, whatever a mistake costs")
    assert limit in said
    readme = (work.trees.open(made.address) / "README.md").read_text("utf-8")
    assert f"- {limit}\n" in readme
    assert "- 无论答错代价多大，都回答最可能的标签" in readme
    assert "prices:" not in readme


def test_no_candidate_at_all_is_an_error_with_every_reason(work: Work, shop: Dataset) -> None:
    with pytest.raises(RefusedError, match="no such language"):
        train(work, shop, TrainingSettings(candidates=("refusing.v1",)))


def test_too_few_labels_and_no_validation_are_told_together(work: Work, tmp_path: Path) -> None:
    dataset = make_dataset(work, [make_row("only one", "a")], tmp_path / "data")
    with pytest.raises(InputError) as caught:
        train(work, dataset)
    assert len(caught.value.faults) == 2
