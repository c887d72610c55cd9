"""What an encoder–decoder reads of a text that is too long, in training and in service."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.deployment.forms.test_conversion import FACTS, write_writer

from chainring.contracts.dataset import Row
from chainring.deployment.engines.ctranslate2 import QuickWriter
from chainring.deployment.engines.writer import Writer
from chainring.deployment.forms.conversion import convert
from chainring.text.chat import TEMPLATE, conversation, messages_of
from chainring.training.generators.loss import IGNORED
from chainring.training.generators.settings import DecoderSettings, Seq2SeqSettings
from chainring.training.generators.tokens import (
    completion_ids,
    decoder_items,
    open_tokeniser,
    seq2seq_items,
)

LIMIT = 80
TALK = [
    {"role": "user" if number % 2 == 0 else "assistant", "content": f"turn {number}: 包裹"}
    for number in range(6)
]
ENDLESS = [{"role": "user", "content": "short"}, {"role": "user", "content": "where is it? " * 40}]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_writer(tmp_path_factory.mktemp("reading"), "m2m100")


def taught(source: Path, row: Row, *, limit: int) -> list[int]:
    known = open_tokeniser(source / "writer")
    settings = Seq2SeqSettings(max_input_tokens=limit)
    (item,) = seq2seq_items([row], reading=known, writing=known, settings=settings)
    ids: list[int] = item["input_ids"]
    return ids


def said(source: Path, ids: list[int]) -> str:
    return str(open_tokeniser(source / "writer").decode(ids, skip_special_tokens=True))


def test_too_long_a_conversation_loses_its_oldest_turns(
    source: Path, ask: Callable[..., Row]
) -> None:
    ids = taught(source, ask(conversation(TALK), "ok"), limit=LIMIT)
    left = messages_of(said(source, ids))
    assert 0 < len(left) < len(TALK)
    assert left == TALK[-len(left) :]
    assert len(ids) <= LIMIT
    one_more = taught(source, ask(conversation(TALK[-len(left) - 1 :]), "ok"), limit=999)
    assert len(one_more) > LIMIT


def test_one_that_fits_is_read_as_it_was_written(source: Path, ask: Callable[..., Row]) -> None:
    text = conversation(TALK).replace('", "', '",  "')
    assert said(source, taught(source, ask(text, "ok"), limit=999)) == text


def test_any_other_text_loses_its_end(source: Path, ask: Callable[..., Row]) -> None:
    text = "[1] where is my parcel? " * 30
    assert text.startswith(said(source, taught(source, ask(text, "ok"), limit=LIMIT)))


@pytest.mark.parametrize(
    "text",
    [conversation(TALK), conversation(ENDLESS), "where is my parcel? " * 30, "[not JSON" * 9],
)
@pytest.mark.parametrize("limit", [12, 40, LIMIT, 999])
def test_service_reads_what_training_reads(
    source: Path, tmp_path: Path, ask: Callable[..., Row], text: str, limit: int
) -> None:
    facts = FACTS | {"max_input_tokens": limit}
    convert(source, tmp_path, quantization="float32")
    expected = taught(source, ask(text, "ok"), limit=limit)
    assert len(expected) <= limit
    assert Writer(source, facts, threads=1)._ids(text) == expected
    assert QuickWriter(tmp_path, facts, threads=1)._ids(text) == expected


def test_an_item_weighs_what_its_row_weighs(source: Path, ask: Callable[..., Row]) -> None:
    known = open_tokeniser(source / "writer")
    rows = [ask("where is it?", "here", weight=3.0), ask("where?", "there")]
    items = seq2seq_items(rows, reading=known, writing=known, settings=Seq2SeqSettings())
    assert [item["weight"] for item in items] == [3.0, 1.0]


@pytest.mark.parametrize("kind", ["pair", "decoder"])
def test_what_is_cut_is_counted_and_a_cut_target_has_no_end(
    source: Path, ask: Callable[..., Row], kind: str
) -> None:
    known = open_tokeniser(source / "writer")
    rows = [ask("where is it?", "here"), ask("where is my parcel? " * 30, "it is there " * 30)]
    limits = {"max_input_tokens": LIMIT, "max_output_tokens": 20}
    if kind == "pair":
        asked = Seq2SeqSettings.model_validate(limits)
        items = seq2seq_items(rows, reading=known, writing=known, settings=asked)
    else:
        known.chat_template = TEMPLATE
        items = decoder_items(rows, tokeniser=known, settings=DecoderSettings(**limits))
    whole, cut = ([one for one in item["labels"] if one != IGNORED] for item in items)
    assert whole[-1] == known.eos_token_id
    assert known.eos_token_id not in cut
    assert len(cut) == 20
    assert [item["cut"] for item in items] == [(False, False), (True, True)]


def test_a_target_that_just_fits_has_its_end(source: Path, ask: Callable[..., Row]) -> None:
    known = open_tokeniser(source / "writer")
    whole = completion_ids(known, "it is there", limit=99)
    assert completion_ids(known, "it is there", limit=len(whole)) == whole
    assert completion_ids(known, "it is there", limit=len(whole) - 1) == whole[:-1]
