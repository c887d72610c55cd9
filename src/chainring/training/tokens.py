"""Texts become token ids and batches, the same way in training as in service.

The tokeniser is read from `tokenizer.json` by the `tokenizers` library, not by transformers: this
is what the server does, so a text cannot be cut in two ways.

    tokenizer = open_tokenizer(folder, max_tokens=128)
    ids = encode(tokenizer, ["物流太久了", "where is my parcel"])
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

CHUNK = 4096


def open_tokenizer(folder: Path, *, max_tokens: int) -> Any:
    """Return the tokeniser of a folder, cutting at `max_tokens` and padding nothing."""
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.enable_truncation(max_tokens)
    tokenizer.no_padding()
    return tokenizer


def encode(tokenizer: Any, texts: Sequence[str]) -> list[list[int]]:
    """Return the token ids of each text, special tokens included."""
    ids: list[list[int]] = []
    for start in range(0, len(texts), CHUNK):
        chunk = list(texts[start : start + CHUNK])
        ids.extend(found.ids for found in tokenizer.encode_batch(chunk))
    return ids


def count_cut(tokenizer: Any, texts: Sequence[str | tuple[str, str]]) -> int:
    """Return how many texts, or pairs read as one, are longer than what is read of them."""
    return sum(
        bool(found.overflowing)
        for start in range(0, len(texts), CHUNK)
        for found in tokenizer.encode_batch(list(texts[start : start + CHUNK]))
    )


def token_batches(ids: Sequence[Sequence[int]], *, max_tokens: int) -> Iterator[list[int]]:
    """Yield places of texts, similar lengths together, up to `max_tokens` padded tokens a batch."""
    batch: list[int] = []
    for place in sorted(range(len(ids)), key=lambda i: (len(ids[i]), i)):
        if batch and (len(batch) + 1) * len(ids[place]) > max_tokens:
            yield batch
            batch = []
        batch.append(place)
    if batch:
        yield batch


def unknown_shares(
    tokenizer: Any, texts: Sequence[str], languages: Sequence[str], *, unknown: int | None
) -> dict[str, float]:
    """Return the share of tokens of each language that the tokeniser does not know."""
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for ids, language in zip(encode(tokenizer, texts), languages, strict=True):
        counts[language][0] += ids.count(unknown) if unknown is not None else 0
        counts[language][1] += len(ids)
    return {name: missed / max(1, seen) for name, (missed, seen) in sorted(counts.items())}
