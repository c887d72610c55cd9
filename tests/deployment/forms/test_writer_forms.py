"""Models that write, and one that reads answers off passages, become forms by the one function."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.deployment.conftest import stored, write_encoder
from tests.deployment.forms.test_conversion import TEXTS, write_writer

from chainring.contracts.placement import Placement
from chainring.contracts.request import Request
from chainring.contracts.work import Work
from chainring.deployment.forms import step as module
from chainring.deployment.forms.step import forms
from chainring.deployment.predictors import open_predictor
from chainring.deployment.settings import DeploymentSettings, ParitySettings

LOOSE = ParitySettings(written_int8_min_likeness=0, written_int8_min_same=0)
"""Random weights are rounded to other texts."""
QUICK = DeploymentSettings(speed_rounds=1, parity=LOOSE)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder for a model, beside the trees of `work`."""
    folder = tmp_path / "model"
    folder.mkdir()
    return folder


def with_golden(folder: Path) -> Path:
    """Write what transformers writes beside the model."""
    with open_predictor(folder, engine="generator", threads=1) as predictor:
        said = predictor.predict([Request(text=text) for text in TEXTS])
    rows = [
        {"text": text, "output": answer.output} for text, answer in zip(TEXTS, said, strict=True)
    ]
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    (folder / "golden.jsonl").write_text(lines, encoding="utf-8")
    return folder


@pytest.mark.parametrize("architecture", ["marian", "gpt2"])
def test_a_writer_is_served_in_8_bits_by_default_and_exactly_where_asked(
    architecture: str,
    work: Work,
    placement: Placement,
    place: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pytest.importorskip("ctranslate2", reason="needs the extra writers")
    monkeypatch.setattr(module, "rates", lambda found, *_, **__: {name: [1.0] for name in found})
    folder = with_golden(write_writer(place, architecture))
    model = replace(stored(work, folder, "generator"), task="translation", labels=())
    made = forms(model, placement, work=work, settings=QUICK)
    assert [form.name for form in made.forms] == ["exact", "float32", "int8"]
    assert made.chosen == "int8"
    assert made.forms[1].parity.label_agreement == 1.0
    exact = forms(model, placement, work=work, settings=QUICK.model_copy(update={"tier": "exact"}))
    assert exact.chosen == "exact"
    strict = forms(model, placement, work=work, settings=DeploymentSettings(speed_rounds=1))
    (int8,) = (form for form in strict.forms if form.name == "int8")
    if not int8.accepted:
        assert strict.chosen == "float32", "the next of the tier serves"
        assert "answers unlike the trained model" in int8.because


def test_a_writer_that_ctranslate2_does_not_know_is_served_by_transformers(
    work: Work, placement: Placement, place: Path
) -> None:
    pytest.importorskip("ctranslate2", reason="needs the extra writers")
    from transformers import BertConfig, BertLMHeadModel

    folder = write_writer(place, "gpt2")
    torch.manual_seed(1)
    small = BertConfig(
        vocab_size=320, hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=16, is_decoder=True, pad_token_id=0, eos_token_id=3,
    )  # fmt: skip
    BertLMHeadModel(small).save_pretrained(folder / "writer")
    model = replace(stored(work, with_golden(folder), "generator"), task="dialogue", labels=())
    made = forms(model, placement, work=work, settings=QUICK)
    assert (made.chosen, [form.engine for form in made.forms]) == ("exact", ["generator"])
    assert "this network is a bert" in made.left_out["int8"]
    assert "int8 left out" in made.because


@pytest.fixture
def reader(place: Path) -> Path:
    """A random encoder that marks answers, with three passages."""
    from safetensors.torch import save_file

    folder = write_encoder(place)
    head = {"weight": torch.randn(2, 32) * 2, "bias": torch.randn(2)}
    save_file(head, folder / "span.safetensors")
    passages = ["Where is my parcel? It is in stock.", "我要退款。物流太久了。", "refund the money"]
    rows = [json.dumps({"id": f"p{n}", "text": text}) for n, text in enumerate(passages)]
    (folder / "passages.jsonl").write_text("\n".join(rows) + "\n", encoding="utf-8")
    card = json.loads((folder / "model.json").read_text("utf-8")) | {
        "kind": "generator", "task": "question-answering", "labels": [],
        "answering": {"passages": 2, "passage_characters": 60, "max_tokens": 32,
                      "max_answer_tokens": 5},
    }  # fmt: skip
    (folder / "model.json").write_text(json.dumps(card), encoding="utf-8")
    return with_golden(folder)


def test_a_reader_of_passages_is_served_by_onnxruntime_as_torch_answers(
    reader: Path, work: Work, placement: Placement
) -> None:
    model = replace(stored(work, reader, "generator"), task="question-answering", labels=())
    made = forms(model, placement, work=work, settings=QUICK)
    assert [(form.name, form.engine) for form in made.forms] == [("exact", "onnxruntime")]
    folder = work.trees.open(made.served.address)
    assert not (folder / "encoder").exists()
    asked = [Request(text="where is my parcel"), Request(text="退款", pair="请退款 的包裹")]
    with (
        open_predictor(reader, engine="generator", threads=1) as torch_one,
        open_predictor(folder, engine="onnxruntime", threads=1) as onnx_one,
    ):
        expected, found = torch_one.predict(asked), onnx_one.predict(asked)
    assert [one.output for one in found] == [one.output for one in expected]
    assert [one.pair for one in found] == [one.pair for one in expected]
    np.testing.assert_allclose(
        [one.confidence for one in found], [one.confidence for one in expected], atol=1e-4
    )
    assert any(one.scores for one in found), "it names the records that it read"
