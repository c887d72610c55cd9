"""Texts of a writer become token ids: read on one side, written on the other.

    reading, writing = own_tokenisers(texts, settings)
    seq2seq_items(rows, reading=reading, writing=writing, settings=settings)
    decoder_items(rows, tokeniser=writing, settings=settings)

A decoder reads prompt and completion in one; only the completion counts in the loss. Too long a
prompt loses its beginning (what was said last matters most), too long a text read its end, a
conversation its oldest turns. Too long a text to write loses its end and the mark of it: that a
text ends there was never so. An item's `cut` says of both, read and written, whether it was cut.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from chainring.contracts.dataset import Row
from chainring.text.chat import TEMPLATE, prompt_ids, recent
from chainring.training.generators.loss import IGNORED
from chainring.training.generators.settings import WriterSettings
from chainring.training.tokenisers.make import tokeniser
from chainring.training.tokenisers.settings import TokeniserSettings
from chainring.training.tokenisers.special import save_tokeniser

CHUNK = 4096
ROLES = ("system", "user", "assistant")


def own_vocabulary(
    texts: Sequence[str], settings: WriterSettings, folder: Path, *, seed: int
) -> Any:
    """Write a byte-pair vocabulary of the texts, which knows speakers, and return it opened."""
    made = tokeniser(
        texts,
        settings=TokeniserSettings(use="bpe.v1", size=settings.vocabulary),
        form="encoder-decoder",
        seed=seed,
    )
    made.add_special_tokens([f"<|{role}|>" for role in ROLES])
    save_tokeniser(made, folder)
    opened = open_tokeniser(folder)
    opened.chat_template = TEMPLATE
    opened.save_pretrained(folder)
    return opened


def open_tokeniser(folder: Path) -> Any:
    """Return the tokeniser of a folder."""
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(str(folder), trust_remote_code=False)


def open_conversing(folder: Path) -> Any:
    """Return the tokeniser of a folder with its template of conversations, or with ours.

    One that has no mark of an end and none of padding is given them.
    """
    known = open_tokeniser(folder)
    if known.chat_template is None:
        known.add_special_tokens({"additional_special_tokens": [f"<|{role}|>" for role in ROLES]})
    if known.eos_token is None:
        known.eos_token = known.sep_token or "<|end|>"
        known.add_special_tokens({"eos_token": known.eos_token})
    if known.pad_token is None:
        known.pad_token = known.eos_token
    if known.chat_template is None:
        known.chat_template = TEMPLATE.replace("[SEP]", known.eos_token)
    return known


def seq2seq_items(
    rows: Sequence[Row], *, reading: Any, writing: Any, settings: WriterSettings
) -> list[dict[str, Any]]:
    """Return an item a row: ids of the text, and as labels those of the target."""
    limit = settings.max_input_tokens
    texts = [recent(reading, row.text, limit=limit) for row in rows]
    sources = _ids(reading, texts, limit=limit)
    targets = _ids(
        writing, [row.target for row in rows], limit=settings.max_output_tokens, written=True
    )
    return [
        {
            "input_ids": source,
            "labels": target,
            "weight": row.weight,
            "cut": (read_cut or text != row.text, written_cut),
        }
        for (source, read_cut), (target, written_cut), text, row in zip(
            sources, targets, texts, rows, strict=True
        )
    ]


def decoder_items(
    rows: Sequence[Row], *, tokeniser: Any, settings: WriterSettings
) -> list[dict[str, Any]]:
    """Return an item a row: prompt and completion as one, of which the completion has labels."""
    items = []
    for row in rows:
        whole = prompt_ids(tokeniser, row.text, limit=sys.maxsize)
        prompt = whole[-settings.max_input_tokens :]
        written = completion_ids(tokeniser, row.target, limit=settings.max_output_tokens)
        items.append(
            {
                "input_ids": prompt + written,
                "labels": [IGNORED] * len(prompt) + written,
                "weight": row.weight,
                "cut": (len(whole) > len(prompt), written[-1] != tokeniser.eos_token_id),
            }
        )
    return items


def completion_ids(tokeniser: Any, text: str, *, limit: int) -> list[int]:
    """Return the ids of a completion with the mark of its end; without it where it is cut."""
    ids = tokeniser(text, add_special_tokens=False)["input_ids"]
    return [*ids, tokeniser.eos_token_id][:limit]


def _ids(
    tokeniser: Any, texts: Sequence[str], *, limit: int, written: bool = False
) -> list[tuple[list[int], bool]]:
    """Return the ids of each text within the limit, and whether it was cut.

    A text that is read keeps its marks, one that is written loses that of its end.
    """
    name = "text_target" if written else "text"
    found: list[tuple[list[int], bool]] = []
    for start in range(0, len(texts), CHUNK):
        chunk = list(texts[start : start + CHUNK])
        for text, ids in zip(chunk, tokeniser(**{name: chunk})["input_ids"], strict=True):
            is_cut = len(ids) > limit
            if is_cut and not written:
                ids = tokeniser(text, truncation=True, max_length=limit)["input_ids"]
            found.append((ids[:limit], is_cut))
    return found
