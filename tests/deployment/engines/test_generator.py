from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from tests.deployment.lane.test_lane import run

from chainring.contracts.errors import DamagedError, InputError
from chainring.contracts.predictor import Predictor
from chainring.contracts.request import Request
from chainring.deployment.engines.generator import GeneratorPredictor
from chainring.deployment.engines.written import Written
from chainring.deployment.forms.parity import parity
from chainring.deployment.forms.parts import Making
from chainring.deployment.forms.writers import WRITING
from chainring.deployment.lane.lane import Lane, Reply
from chainring.deployment.model_folder import Golden, read_card
from chainring.deployment.predictors import load_predictor, open_predictor
from chainring.deployment.settings import ParitySettings
from chainring.text.chat import TEMPLATE, prompt_ids

TEXTS = ["where is my parcel", "物流太久了，我的包裹呢", "?", ""]
FACTS = {
    "max_input_tokens": 32, "max_output_tokens": 6, "beams": 1, "length_penalty": 1.0,
    "no_repeat_tokens": 0,
}  # fmt: skip


def _card(task: str, **changes: Any) -> str:
    return json.dumps(
        {
            "format": 1, "kind": "generator", "task": task, "labels": [], "threshold": 0.0,
            "temperature": 1.0, "preparation": {"redact": True}, "generator": FACTS | changes,
        }
    )  # fmt: skip


@pytest.fixture(scope="module", params=["decoder", "encoder-decoder"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random network of a few thousand weights, with a byte-pair vocabulary."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
    from transformers import (
        GPT2Config,
        GPT2LMHeadModel,
        MarianConfig,
        MarianMTModel,
        PreTrainedTokenizerFast,
        set_seed,
    )

    made = tmp_path_factory.mktemp(request.param)
    inner = made / "writer"
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer.train_from_iterator(
        TEXTS,
        trainers.BpeTrainer(
            vocab_size=270, special_tokens=["[PAD]", "[END]"], initial_alphabet=alphabet,
            show_progress=False,
        ),
    )  # fmt: skip
    tokenizer.post_processor = processors.TemplateProcessing(
        single="$A [END]", special_tokens=[("[END]", 1)]
    )
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="[PAD]", eos_token="[END]"
    ).save_pretrained(inner)
    set_seed(0)
    size, ids = tokenizer.get_vocab_size(), {"pad_token_id": 0, "eos_token_id": 1}
    if request.param == "decoder":
        network: Any = GPT2LMHeadModel(
            GPT2Config(vocab_size=size, n_embd=16, n_layer=1, n_head=2, n_positions=64,
                       bos_token_id=1, initializer_range=0.3, **ids)
        )  # fmt: skip
    else:
        network = MarianMTModel(
            MarianConfig(vocab_size=size, d_model=16, encoder_layers=1, decoder_layers=1,
                         encoder_attention_heads=2, decoder_attention_heads=2,
                         encoder_ffn_dim=32, decoder_ffn_dim=32, max_position_embeddings=64,
                         decoder_start_token_id=0, forced_eos_token_id=None, init_std=0.3, **ids)
        )  # fmt: skip
    network.save_pretrained(inner)
    task = "generation" if request.param == "decoder" else "translation"
    (made / "model.json").write_text(_card(task), encoding="utf-8")
    return made


@pytest.fixture
def predictor(folder: Path) -> Iterator[Predictor]:
    with open_predictor(folder, engine="generator", threads=1) as opened:
        yield opened


def _asked() -> list[Request]:
    return [Request(text=text) for text in TEXTS]


def test_an_answer_does_not_hang_on_what_else_is_asked(predictor: Predictor) -> None:
    together = predictor.predict(_asked())
    alone = [predictor.predict([request])[0] for request in _asked()]
    assert [a.output for a in together] == [a.output for a in alone]
    assert any(a.output for a in together)
    np.testing.assert_allclose(
        [a.confidence for a in together], [a.confidence for a in alone], atol=1e-4
    )


def test_greedy_writing_is_the_likeliest_token_each_time(
    predictor: Predictor, folder: Path
) -> None:
    from transformers import AutoModelForCausalLM, AutoModelForSeq2SeqLM, AutoTokenizer

    inner = folder / "writer"
    tokeniser = AutoTokenizer.from_pretrained(inner)
    pair = folder.name.startswith("encoder")
    family = AutoModelForSeq2SeqLM if pair else AutoModelForCausalLM
    network = family.from_pretrained(inner).eval()
    source = prompt_ids(tokeniser, TEXTS[0], limit=32)
    written: list[int] = []
    logs: list[float] = []
    while len(written) < FACTS["max_output_tokens"] and 1 not in written:
        with torch.no_grad():
            if pair:
                told = network(
                    input_ids=torch.tensor([source]),
                    decoder_input_ids=torch.tensor([[0, *written]]),
                )
            else:
                told = network(input_ids=torch.tensor([source + written]))
        shares = told.logits[0, -1].log_softmax(-1)
        written.append(int(shares.argmax()))
        logs.append(float(shares.max()))
    (answer,) = predictor.predict([Request(text=TEXTS[0])])
    assert answer.output == tokeniser.decode(written, skip_special_tokens=True).strip()
    assert answer.confidence == pytest.approx(float(np.exp(np.mean(logs))), abs=1e-4)


def test_texts_are_prepared_as_those_of_training(predictor: Predictor) -> None:
    (answer,) = predictor.predict([Request(text="ｃａｌｌ  me: 13912345678")])
    assert answer.text == "call me: [phone]"


def test_a_writer_has_no_probabilities_and_says_so(predictor: Predictor) -> None:
    with pytest.raises(InputError, match="ask it to predict"):
        predictor.probabilities(["x"])


def test_the_form_of_a_writer_answers_as_the_model_did(
    folder: Path, predictor: Predictor, tmp_path: Path
) -> None:
    outputs = tuple(answer.output for answer in predictor.predict(_asked()))
    golden = Golden(
        texts=tuple(TEXTS),
        probabilities=np.zeros((4, 0), np.float32),
        readout=read_card(folder).readout,
        outputs=outputs,
    )
    WRITING.write(Making(source=folder, folder=tmp_path))
    tolerances = WRITING.tolerances(ParitySettings())
    with open_predictor(tmp_path, engine=WRITING.engine) as form:
        assert parity(form, golden, tolerances=tolerances).within
        other = replace(golden, outputs=("x", *outputs[1:]))
        assert not parity(form, other, tolerances=tolerances).within


def test_likelihoods_are_the_mean_of_the_tokens_of_the_text(
    folder: Path, predictor: Predictor
) -> None:
    if "prefer" not in predictor.capabilities:
        pytest.skip("an encoder–decoder compares no texts")
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokeniser = AutoTokenizer.from_pretrained(folder / "writer")
    network = AutoModelForCausalLM.from_pretrained(folder / "writer").eval()
    source = prompt_ids(tokeniser, "where", limit=32)
    own = [*tokeniser("my parcel", add_special_tokens=False)["input_ids"], 1]
    with torch.no_grad():
        logits = network(input_ids=torch.tensor([source + own])).logits[0].log_softmax(-1)
    each = [float(logits[len(source) - 1 + n, one]) for n, one in enumerate(own)]
    expected = sum(each) / len(each)
    found = predictor.likelihoods([("where", "my parcel")])  # type: ignore[attr-defined]
    assert found[0] == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize(
    ("name", "body"),
    [("writer/model.safetensors", None), ("model.json", _card("generation", beams="many"))],
)
def test_a_damaged_folder_is_refused_by_name(
    folder: Path, tmp_path: Path, name: str, body: str | None
) -> None:
    WRITING.write(Making(source=folder, folder=tmp_path))
    if body is None:
        (tmp_path / name).unlink()
    else:
        (tmp_path / name).write_text(body, encoding="utf-8")
    with pytest.raises(DamagedError, match=name.rpartition("/")[2]):
        load_predictor(tmp_path, engine="generator")


def test_tokens_are_counted_as_they_are_read_and_written(folder: Path) -> None:
    from transformers import AutoTokenizer

    known = AutoTokenizer.from_pretrained(folder / "writer")
    with open_predictor(folder, engine="generator") as predictor:
        found = predictor.predict([*_asked(), Request(text="退 " * 200)])
    assert [one.read_tokens for one in found[:-1]] == [len(known(t)["input_ids"]) for t in TEXTS]
    assert found[-1].read_tokens == FACTS["max_input_tokens"], "what is cut was not read"
    cut = [one for one in found if one.finish == "length"]
    assert {one.written_tokens for one in cut} == {FACTS["max_output_tokens"]}
    assert all(one.written_tokens < FACTS["max_output_tokens"] for one in found if one not in cut)


def test_texts_heard_at_once_are_as_those_one_after_another(folder: Path) -> None:
    async def test() -> None:
        predictor = load_predictor(folder, engine="generator", threads=1)
        alone = [predictor.predict([request])[0] for request in _asked()]
        lane = Lane(predictor, tag=1)

        async def heard(request: Request) -> list[Any]:
            return [piece async for piece in lane.stream(request)]

        found = await asyncio.gather(*map(heard, _asked()))
        assert found == [[one.output, Reply(answer=one, tag=1)] for one in alone]
        await lane.drain(20)

    run(test)


@pytest.mark.parametrize("blank", ["", " \n"])
def test_an_empty_text_is_no_answer_and_is_passed_on(
    predictor: Any, monkeypatch: pytest.MonkeyPatch, blank: str
) -> None:
    said = [Written("a text", 0.1, "stop"), Written(blank, 0.9, "stop")]
    monkeypatch.setattr(predictor._writer, "write", lambda texts: said)
    written, empty = predictor.predict([Request(text="a"), Request(text="b")])
    assert (written.passed_on, empty.passed_on) == (False, True)


@pytest.mark.parametrize(
    ("template", "pair", "reads"),
    [
        (TEMPLATE.replace("[SEP]", "</s>"), False, False),
        (None, False, False),
        ("{{ messages }}", False, True),
        ({"default": "{{ messages }}"}, False, True),
        ("{{ messages }}", True, False),
    ],
)
def test_a_writer_reads_conversations_where_its_base_has_a_template_of_its_own(
    template: Any, pair: bool, reads: bool
) -> None:
    writer = SimpleNamespace(
        is_pair=pair, facts={"beams": 1}, writing=SimpleNamespace(chat_template=template)
    )
    predictor = GeneratorPredictor(SimpleNamespace(threshold=0.0), writer)  # type: ignore[arg-type]
    assert ("converse" in predictor.capabilities) == reads
