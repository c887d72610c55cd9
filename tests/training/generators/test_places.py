from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import transformers as hf

from chainring.contracts.dataset import Row
from chainring.contracts.errors import InputError
from chainring.contracts.request import Request
from chainring.contracts.work import Work
from chainring.training.generators.decoder import decoder
from chainring.training.generators.networks import decoder_network, seq2seq_network
from chainring.training.generators.places import places, told, within
from chainring.training.generators.preference import dpo
from chainring.training.generators.seq2seq import seq2seq
from chainring.training.generators.settings import DecoderSettings, Seq2SeqSettings
from chainring.training.generators.tokens import own_vocabulary
from chainring.training.objectives.shape import new_model, shaped
from chainring.training.settings import TrainingSettings
from chainring.training.tokenisers.special import Marks

Small = Callable[..., TrainingSettings]
SIZE = {"layers": 1, "hidden": 16, "inner": 32, "heads": 2}
BERT = {
    "vocab_size": 40, "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2,
    "intermediate_size": 32,
}  # fmt: skip
LONG = "where is my parcel and when does it come to me " * 12


def _gpt2(room: int) -> Any:
    return hf.GPT2LMHeadModel(
        hf.GPT2Config(vocab_size=40, n_embd=16, n_layer=1, n_head=2, n_positions=room)
    )


def _half(architecture: str) -> Any:
    settings = {"architecture": architecture, "max_input_tokens": 20, "max_output_tokens": 12}
    return seq2seq_network(Seq2SeqSettings.model_validate(SIZE | settings), tokens=40)


def _asked(read: int, written: int) -> DecoderSettings:
    return DecoderSettings(base="some", max_input_tokens=read, max_output_tokens=written)


def _lengths(options: Any) -> tuple[int, int]:
    return options.max_input_tokens, options.max_output_tokens


def test_places_are_counted_in_the_tables_of_positions() -> None:
    roberta = hf.RobertaModel(hf.RobertaConfig(**BERT, max_position_embeddings=34, pad_token_id=1))
    bart = hf.BartModel(
        hf.BartConfig(
            vocab_size=40, d_model=16, encoder_layers=1, decoder_layers=1, encoder_ffn_dim=32,
            decoder_ffn_dim=32, encoder_attention_heads=2, decoder_attention_heads=2,
            max_position_embeddings=34,
        )
    )  # fmt: skip
    assert places(_gpt2(48)) == 48
    assert places(hf.BertModel(hf.BertConfig(**BERT, max_position_embeddings=34))) == 34
    assert places(roberta) == 32
    assert places(bart) == 34
    assert places(_half("marian")) == 40


def test_positions_without_a_table_have_no_end() -> None:
    llama = decoder_network(
        DecoderSettings.model_validate(SIZE | {"architecture": "llama"}), tokens=40
    )
    assert places(llama) is None
    assert places(_half("t5")) is None
    assert places(_half("m2m100")) is None
    assert within(_asked(256, 128), llama) == _asked(256, 128)


@pytest.mark.parametrize(
    ("asked", "fits"),
    [
        ((80, 48), (80, 48)),
        ((256, 128), (64, 64)),
        ((256, 20), (108, 20)),
        ((10, 500), (10, 118)),
        ((100, 60), (68, 60)),
    ],
)
def test_a_decoder_reads_and_writes_in_one_row_of_places(
    asked: tuple[int, int], fits: tuple[int, int]
) -> None:
    assert _lengths(within(_asked(*asked), _gpt2(128))) == fits


def test_each_half_of_a_pair_has_places_of_its_own() -> None:
    asked = Seq2SeqSettings(max_input_tokens=256, max_output_tokens=30)
    assert _lengths(within(asked, _half("marian"))) == (40, 30)
    assert _lengths(within(asked, _half("t5"))) == (256, 30)


def test_what_was_cut_is_told_and_nothing_else() -> None:
    asked = _asked(256, 128)
    assert told(asked, asked) == ()
    assert told(asked, within(asked, _gpt2(128))) == (
        "base some has too few places for 256 tokens read and 128 written: 64 are read and 64 "
        "written, at most",
    )


def test_a_base_with_hardly_any_places_is_refused_with_what_fits() -> None:
    assert _lengths(within(_asked(256, 128), _gpt2(16))) == (8, 8)
    with pytest.raises(InputError, match="places to read 7 tokens; at least 8"):
        within(_asked(256, 128), _gpt2(14))


def _own_base(folder: Path, objective: Any, rows: list[Row]) -> str:
    """Write a base as our pre-training leaves it, with 32 places."""
    known = own_vocabulary(
        [text for row in rows for text in (row.text, row.target)], DecoderSettings(), folder, seed=0
    )
    ids = {"pad": 0, "start": known.cls_token_id, "end": known.eos_token_id}
    marks = Marks(**ids, mask=known.mask_token_id or 0, special=tuple(known.all_special_ids))
    made = new_model(
        objective, shaped(1, 32, 2), vocabulary=len(known), max_tokens=32, dropout=0.0, marks=marks
    )
    made.save_pretrained(folder)
    return str(folder)


@pytest.mark.parametrize(
    ("section", "objective"),
    [("decoder", "causal"), ("seq2seq", "denoising"), ("preference", "causal")],
)
def test_long_texts_are_learnt_and_written_from_a_base_of_few_places(
    section: str,
    objective: str,
    ask: Callable[..., Row],
    opening: Work,
    small: Small,
    tmp_path: Path,
) -> None:
    rows = [ask(f"{n} {LONG}", f"it comes {LONG}", f"no {LONG}", id=str(n)) for n in range(4)]
    base = _own_base(tmp_path / "base", objective, rows)
    changes = {"base": base, "epochs": 1, "max_input_tokens": 256, "max_output_tokens": 128}
    settings = small(section, **changes)
    if section == "preference":
        pytest.importorskip("trl")
    part = {"decoder": decoder, "seq2seq": seq2seq, "preference": dpo}[section]
    plain = [dataclasses.replace(row, pair="") for row in rows]
    given = rows if section == "preference" else plain
    made = part(given, given[:2], unlabelled=(), labels=(), work=opening, settings=settings)
    assert any("too few places" in note for note in made.notes)
    with opening.open_predictor(made.folder, engine="generator") as predictor:
        assert len(predictor.predict([Request(text=LONG)])) == 1
