"""What a writer's rows cost, and which dropout a base gets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from transformers import BertConfig, BertModel

from chainring.training.generators.loss import IGNORED
from chainring.training.generators.networks import (
    decoder_network,
    open_writer,
    seq2seq_network,
    started_encoder,
)
from chainring.training.generators.settings import DecoderSettings, Seq2SeqSettings
from chainring.training.generators.writer import passed_parameters, tokens_of

SIZE = {"layers": 1, "hidden": 16, "inner": 32, "heads": 2}
TOKENS = 400


def decoder() -> Any:
    return decoder_network(DecoderSettings.model_validate(SIZE), tokens=TOKENS)


def pair(architecture: str = "m2m100") -> Any:
    settings = Seq2SeqSettings.model_validate(SIZE | {"architecture": architecture})
    return seq2seq_network(settings, tokens=TOKENS)


def test_a_decoder_reads_and_writes_in_one() -> None:
    item = {"input_ids": [7, 8, 9, 3], "labels": [IGNORED, IGNORED, 9, 3]}
    assert tokens_of(decoder(), item) == 4
    assert tokens_of(pair(), {"input_ids": [7, 8], "labels": [9, 3]}) == 4


def test_the_output_costs_where_it_is_scored_alone() -> None:
    network = decoder()
    read = {"input_ids": [7] * 10, "labels": [IGNORED] * 9 + [3]}
    written = {"input_ids": [7] * 10, "labels": [3] * 10}
    table = TOKENS * SIZE["hidden"]
    some, all_ = passed_parameters(network, [read]), passed_parameters(network, [written])
    assert all_ - some == pytest.approx(0.9 * table, abs=1)


def test_half_of_a_pair_is_passed_by_a_token() -> None:
    network = pair()
    item = {"input_ids": [7] * 5, "labels": [3] * 5}
    inside = sum(w.numel() for name, w in network.named_parameters() if "shared" not in name)
    expected = inside / 2 + TOKENS * SIZE["hidden"] / 2
    assert passed_parameters(network, [item]) == pytest.approx(expected, abs=1)


@pytest.mark.parametrize("architecture", ["m2m100", "marian", "t5"])
def test_a_base_keeps_its_dropout_unless_the_recipe_gives_one(
    tmp_path: Path, architecture: str
) -> None:
    network = pair(architecture)
    name = "dropout_rate" if architecture == "t5" else "dropout"
    setattr(network.config, name, 0.05)
    network.save_pretrained(tmp_path)
    assert getattr(open_writer(tmp_path).config, name) == 0.05
    assert getattr(open_writer(tmp_path, dropout=0.3).config, name) == 0.3


def test_a_decoder_of_a_folder_takes_the_dropout_of_the_recipe(tmp_path: Path) -> None:
    decoder().save_pretrained(tmp_path)
    config = open_writer(tmp_path, dropout=0.3).config
    assert (config.resid_pdrop, config.embd_pdrop, config.attn_pdrop) == (0.3, 0.3, 0.3)


def bert_in(folder: Path) -> Path:
    size = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = BertConfig(vocab_size=TOKENS, intermediate_size=32, **size)
    BertModel(config).save_pretrained(folder)
    return folder


def dropouts_of_bert(config: Any) -> set[float]:
    return {config.hidden_dropout_prob, config.attention_probs_dropout_prob}


def test_a_llama_and_a_bert_that_write_take_the_dropout_of_the_recipe(tmp_path: Path) -> None:
    options = DecoderSettings.model_validate(SIZE | {"architecture": "llama", "dropout": 0.0})
    decoder_network(options, tokens=TOKENS).save_pretrained(tmp_path / "llama")
    assert open_writer(tmp_path / "llama", dropout=0.3).config.attention_dropout == 0.3
    bert = bert_in(tmp_path / "bert")
    assert dropouts_of_bert(open_writer(bert).config) == {0.1}
    assert dropouts_of_bert(open_writer(bert, dropout=0.3).config) == {0.3}


def test_both_halves_of_a_started_encoder_take_the_dropout_of_the_recipe(tmp_path: Path) -> None:
    bert = bert_in(tmp_path / "bert")
    kept = started_encoder(bert, Seq2SeqSettings.model_validate(SIZE), tokens=TOKENS)
    assert dropouts_of_bert(kept.encoder.config) == {0.1}
    options = Seq2SeqSettings.model_validate(SIZE | {"dropout": 0.3})
    network = started_encoder(bert, options, tokens=TOKENS)
    assert dropouts_of_bert(network.encoder.config) == {0.3}
    network.save_pretrained(tmp_path / "both")
    again = open_writer(tmp_path / "both", dropout=0.2).config
    assert dropouts_of_bert(again.encoder) == dropouts_of_bert(again.decoder) == {0.2}


def test_settings_say_whether_a_dropout_was_given() -> None:
    assert Seq2SeqSettings().dropout_of_a_base is None
    assert Seq2SeqSettings(dropout=0.2).dropout_of_a_base == 0.2
