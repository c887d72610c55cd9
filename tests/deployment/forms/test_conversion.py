"""Writers of CTranslate2 write what transformers writes, for every network that we make."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from chainring.contracts.errors import DamagedError, RefusedError
from chainring.contracts.prediction import LENGTH, STOP
from chainring.contracts.request import Request
from chainring.deployment.engines.ctranslate2 import QuickWriter
from chainring.deployment.engines.writer import Writer
from chainring.deployment.engines.written import Written
from chainring.deployment.forms.conversion import convert
from chainring.deployment.predictors import open_predictor
from chainring.training.generators import networks, tokens
from chainring.training.generators.settings import DecoderSettings, Seq2SeqSettings

ctranslate2 = pytest.importorskip("ctranslate2", reason="needs the extra writers")

TEXTS = ["where is my parcel", "物流太久了，我的包裹呢", "two dogs are running in the snow", "?"]
TALK = '[{"role": "user", "content": "hi"}, {"role": "assistant", "content": "你好"}]'
FACTS: dict[str, Any] = {
    "max_input_tokens": 40, "max_output_tokens": 10, "beams": 1, "length_penalty": 1.0,
    "no_repeat_tokens": 0,
}  # fmt: skip
MIXED = {"m2m100": 1.2, "marian": -1.0, "t5": -1.7, "gpt2": 3.0, "llama": 5.0}
"""What the logit of the end is multiplied by: then random networks end some texts, not all."""
Made = Callable[[str], Path]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Write the folder of a random network once each."""
    known: dict[str, Path] = {}

    def written(architecture: str) -> Path:
        if architecture not in known:
            known[architecture] = write_writer(tmp_path_factory.mktemp(architecture), architecture)
        return known[architecture]

    return written


def write_writer(folder: Path, architecture: str, *, end: float = 1.0) -> Path:
    """Write a random network and its tokeniser; the logit of its end is multiplied by `end`."""
    torch.manual_seed(0)
    pair = architecture in ("m2m100", "marian", "t5")
    kind = Seq2SeqSettings if pair else DecoderSettings
    settings = kind.model_validate(
        {"architecture": architecture, "layers": 2, "hidden": 32, "inner": 64, "heads": 2,
         "vocabulary": 320, "max_input_tokens": 40, "max_output_tokens": 10}
    )  # fmt: skip
    (folder / "vocabulary").mkdir()
    known = tokens.own_vocabulary(TEXTS, settings, folder / "vocabulary", seed=0)
    make: Any = networks.seq2seq_network if pair else networks.decoder_network
    network = make(settings, tokens=len(known))
    with torch.no_grad():  # far from each other, so that no two tokens are nearly as likely
        for weight in network.parameters():
            weight.mul_(2.0 if weight.dim() > 1 else 1.0)
        network.get_output_embeddings().weight[known.eos_token_id] *= end
    network.save_pretrained(folder / "writer")
    known.save_pretrained(folder / "writer")
    card = {
        "format": 1, "kind": "generator", "task": "translation" if pair else "dialogue",
        "labels": [], "threshold": 0.0, "temperature": 1.0, "preparation": {"redact": False},
        "generator": FACTS,
    }  # fmt: skip
    (folder / "model.json").write_text(json.dumps(card), encoding="utf-8")
    return folder


def test_pickled_weights_of_a_writer_are_refused_by_name_and_not_opened(
    made: Made, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(made("gpt2"), tmp_path / "model"))
    weights = folder / "writer" / "model.safetensors"
    torch.save(load_file(weights), weights.with_name("pytorch_model.bin"))
    weights.unlink()
    (tmp_path / "converted").mkdir()
    with pytest.raises(DamagedError, match=r"model\.safetensors"):
        convert(folder, tmp_path / "converted", quantization="float32")


@pytest.mark.parametrize("beams", [1, 3])
@pytest.mark.parametrize("architecture", ["m2m100", "marian", "t5", "gpt2", "llama"])
def test_every_network_of_ours_writes_the_same_in_float32(
    made: Made, tmp_path: Path, architecture: str, beams: int
) -> None:
    source, facts = made(architecture), FACTS | {"beams": beams}
    convert(source, tmp_path, quantization="float32")
    asked = [*TEXTS, TALK] if architecture in ("gpt2", "llama") else TEXTS
    expected = Writer(source, facts, threads=1).write(asked)
    found = QuickWriter(tmp_path, facts, threads=1).write(asked)
    assert [one.text for one in found] == [one.text for one in expected]
    assert any(one.text for one in found)


def _cut(found: Sequence[Any]) -> list[bool]:
    assert {one.finish for one in found} <= {STOP, LENGTH}
    return [one.finish == LENGTH for one in found]


def _lengths(writer: QuickWriter) -> list[int]:
    """Return how many tokens are written to each text, the mark of the end left out."""
    found = writer._run([writer._ids(text) for text in TEXTS])
    return [len((one.hypotheses if writer.is_pair else one.sequences)[0]) for one in found]


@pytest.fixture
def mixed(tmp_path: Path, request: pytest.FixtureRequest) -> tuple[Path, Path]:
    """A network that ends some texts by itself, and its form."""
    source, form = tmp_path / "model", tmp_path / "form"
    source.mkdir()
    form.mkdir()
    write_writer(source, request.param, end=MIXED[request.param])
    convert(source, form, quantization="float32")
    return source, form


@pytest.mark.parametrize("mixed", MIXED, indirect=True)
def test_a_text_is_cut_where_it_goes_on_when_it_has_more_room(mixed: tuple[Path, Path]) -> None:
    source, form = mixed
    short = FACTS | {"max_output_tokens": 4}
    quick, wide = QuickWriter(form, short, threads=1), QuickWriter(form, FACTS, threads=1)
    goes_on = [few < more for few, more in zip(_lengths(quick), _lengths(wide), strict=True)]
    assert set(goes_on) == {True, False}
    assert _cut(quick.write(TEXTS)) == goes_on
    assert _cut([list(quick.pieces(text))[-1] for text in TEXTS]) == goes_on
    assert _cut(Writer(source, short, threads=1).write(TEXTS)) == goes_on


@pytest.mark.parametrize("mixed", ["m2m100", "gpt2"], indirect=True)
def test_tokens_are_counted_alike_whole_and_piece_by_piece(mixed: tuple[Path, Path]) -> None:
    source, form = mixed
    quick, asked = QuickWriter(form, FACTS, threads=1), [*TEXTS, TALK]
    found = quick.write(asked)
    assert [one.read_tokens for one in found] == [len(quick._ids(text)) for text in asked]
    assert [one.written_tokens for one in found[: len(TEXTS)]] == _lengths(quick)
    counts = [one[3:] for one in found]
    assert [one[3:] for one in Writer(source, FACTS, threads=1).write(asked)] == counts
    pieces = [list(quick.pieces(text))[-1] for text in asked]
    assert [one[3:] for one in pieces if isinstance(one, Written)] == counts


@pytest.mark.parametrize("mixed", MIXED, indirect=True)
def test_beams_are_cut_as_transformers_cuts_them(mixed: tuple[Path, Path]) -> None:
    source, form = mixed
    facts = FACTS | {"max_output_tokens": 4, "beams": 3}
    found = _cut(QuickWriter(form, facts, threads=1).write(TEXTS))
    assert found == _cut(Writer(source, facts, threads=1).write(TEXTS))
    assert set(found) == {True, False}


@pytest.mark.parametrize("beams", [1, 3])
@pytest.mark.parametrize("architecture", ["m2m100", "marian", "t5"])
def test_where_nothing_is_the_likeliest_answer_nothing_is_written(
    tmp_path: Path, architecture: str, beams: int
) -> None:
    source, form = tmp_path / "model", tmp_path / "form"
    source.mkdir()
    form.mkdir()
    write_writer(source, architecture, end=3.0 * MIXED[architecture])
    convert(source, form, quantization="float32")
    facts = FACTS | {"beams": beams}
    expected = Writer(source, facts, threads=1).write(TEXTS)
    quick = QuickWriter(form, facts, threads=1)
    found = quick.write(TEXTS)
    assert [(one.text, one.finish) for one in found] == [(o.text, o.finish) for o in expected]
    assert [one.sure for one in found] == pytest.approx([o.sure for o in expected], rel=1e-2)
    assert [one.text for one in found].count("") >= 3
    if beams == 1:
        wholes = [list(quick.pieces(text))[-1] for text in TEXTS]
        assert [(one.text, one.finish) for one in wholes if isinstance(one, Written)] == [
            (one.text, one.finish) for one in found
        ]


@pytest.mark.parametrize("architecture", ["t5", "gpt2"])
def test_eight_bits_are_a_quarter_of_the_bytes(
    made: Made, tmp_path: Path, architecture: str
) -> None:
    sizes = []
    for name in ("float32", "int8"):
        folder = tmp_path / name
        folder.mkdir()
        convert(made(architecture), folder, quantization=name)
        sizes.append((folder / "ctranslate2" / "model.bin").stat().st_size)
    assert sizes[1] < 0.5 * sizes[0], "biases, norms and scales stay float32"


def test_a_text_is_as_likely_as_torch_says(made: Made, tmp_path: Path) -> None:
    source = made("gpt2")
    convert(source, tmp_path, quantization="float32")
    asked = [(TEXTS[0], "on its way"), (TEXTS[1], "明天"), (TALK, "")]
    expected = Writer(source, FACTS, threads=1).likelihoods(asked)
    found = QuickWriter(tmp_path, FACTS, threads=1).likelihoods(asked)
    np.testing.assert_allclose(found, expected, rtol=1e-3)


@pytest.mark.parametrize("architecture", ["t5", "gpt2"])
def test_pieces_are_the_text_as_it_is_written(
    made: Made, tmp_path: Path, architecture: str
) -> None:
    source = made(architecture)
    convert(source, tmp_path, quantization="float32")
    writer = QuickWriter(tmp_path, FACTS, threads=1)
    for text in TEXTS:
        *pieces, last = writer.pieces(text)
        (whole,) = writer.write([text])
        assert "".join(str(piece) for piece in pieces) == whole.text
        assert isinstance(last, Written)
        assert (last.text, last.finish) == (whole.text, whole.finish)
        assert last.sure == pytest.approx(whole.sure, rel=1e-3)


def test_more_texts_than_a_batch_holds_are_written_in_their_order(
    made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = made("gpt2")
    convert(source, tmp_path, quantization="float32")
    writer = QuickWriter(tmp_path, FACTS, threads=1)
    alone = [writer.write([text])[0].text for text in TEXTS]
    monkeypatch.setattr("chainring.deployment.engines.ctranslate2.BATCH_TOKENS", 40)
    assert [one.text for one in writer.write(TEXTS * 5)] == alone * 5
    assert len(set(alone)) > 1


def test_only_who_writes_greedily_streams(made: Made, tmp_path: Path) -> None:
    source = made("gpt2")
    convert(source, tmp_path, quantization="float32")
    card = json.loads((source / "model.json").read_text("utf-8"))
    for beams, streams in ((1, True), (2, False)):
        card["generator"] = FACTS | {"beams": beams}
        (tmp_path / "model.json").write_text(json.dumps(card), encoding="utf-8")
        with open_predictor(tmp_path, engine="ctranslate2", threads=1) as predictor:
            assert ("stream" in predictor.capabilities) == streams


def test_a_network_that_ctranslate2_does_not_know_is_refused_and_named(
    made: Made, tmp_path: Path
) -> None:
    from transformers import BertConfig, BertLMHeadModel

    source = write_writer(tmp_path, "gpt2")
    small = BertConfig(
        vocab_size=300, hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=16, is_decoder=True,
    )  # fmt: skip
    BertLMHeadModel(small).save_pretrained(source / "writer")
    with pytest.raises(RefusedError, match="this network is a bert; transformers serves it"):
        convert(source, tmp_path / "form", quantization="int8")


def test_a_tokeniser_that_only_transformers_opens_is_refused(tmp_path: Path) -> None:
    source = write_writer(tmp_path, "gpt2")
    folder = tmp_path / "form"
    folder.mkdir()
    (source / "writer" / "tokenizer.json").rename(tmp_path / "away.json")
    with pytest.raises((RefusedError, OSError, ValueError), match="tokenizer"):
        convert(source, folder, quantization="int8")


def test_weights_that_are_gone_are_damage(made: Made, tmp_path: Path) -> None:
    convert(made("gpt2"), tmp_path, quantization="int8")
    (tmp_path / "ctranslate2" / "model.bin").write_bytes(b"nothing")
    with pytest.raises(DamagedError, match="not readable by CTranslate2"):
        QuickWriter(tmp_path, FACTS, threads=1)


def test_a_writer_is_served_without_torch_and_without_transformers(
    made: Made, tmp_path: Path
) -> None:
    source = made("gpt2")
    convert(source, tmp_path, quantization="float32")
    (tmp_path / "model.json").write_bytes((source / "model.json").read_bytes())
    with open_predictor(tmp_path, engine="ctranslate2", threads=1) as predictor:
        expected = predictor.predict([Request(text=TEXTS[0])])[0].output
    script = (
        "import sys; from pathlib import Path; from chainring.contracts.request import Request;"
        "from chainring.deployment.predictors import load_predictor;"
        f"one = load_predictor(Path({str(tmp_path)!r}), engine='ctranslate2', threads=1);"
        f"print(one.predict([Request(text={TEXTS[0]!r})])[0].output);"
        "print(sorted({'torch', 'transformers', 'onnxruntime', 'openvino'} & set(sys.modules)))"
    )
    said = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True
    ).stdout
    assert said == f"{expected}\n[]\n"
