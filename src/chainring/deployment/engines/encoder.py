"""What the engines of an encoder share: tokens, batches by budget, and results in order.

Enters prepared texts or pairs, leaves logits and mean-pooled embeddings through a `run` of some
runtime. Axes: B texts of a batch, T tokens, H hidden size, C labels.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainring.contracts.errors import MissingPackageError, RefusedError
from chainring.contracts.said import Said
from chainring.contracts.values import Input
from chainring.deployment.engines.batches import BATCH_TOKENS, token_batches
from chainring.deployment.model_folder import Floats, damaged, read_text
from chainring.stats.readout import Places, token_places

Ids = NDArray[np.int64]
Run = Callable[..., tuple[Floats, Floats]]
"""(input_ids_bt, attention_mask_bt) to (logits_bc, embedding_bh); of a model that reads pairs a
third, token_type_ids_bt. Of tagging the logits are logits_btc."""


class Tokens:
    """The tokenizer of a folder: cuts at `max_tokens`, pads only inside a batch."""

    def __init__(self, path: Path, *, max_tokens: int) -> None:
        self._tokenizer = read_tokenizer(path)
        padding = self._tokenizer.padding
        self._pad = int(padding["pad_id"]) if padding else _pad_id(self._tokenizer)
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(max_length=max_tokens)

    def ids(self, texts: Sequence[Input]) -> list[list[int]]:
        """Return the token ids of each text, special tokens included."""
        with panics_told():
            return [encoding.ids for encoding in self._tokenizer.encode_batch_fast(list(texts))]

    def read(self, texts: Sequence[Input]) -> list[Any]:
        """Return the encoding of each text: its `ids`, `type_ids` and `offsets`."""
        with panics_told():
            encodings: list[Any] = self._tokenizer.encode_batch(list(texts))
        return encodings

    def padded(self, rows: Sequence[Sequence[int]]) -> tuple[Ids, Ids]:
        """Return input ids and attention mask of shape (texts, longest)."""
        ids_bt = _filled(rows, self._pad)
        return ids_bt, _filled([[1] * len(row) for row in rows], 0)

    def segments(self, rows: Sequence[Sequence[int]]) -> Ids:
        """Return token type ids of shape (texts, longest)."""
        return _filled(rows, 0)


@contextmanager
def panics_told() -> Iterator[None]:
    """Raise RefusedError where a tokeniser panics, which is no Exception and would end a thread.

    Its regular expressions come with the base, and may take for ever on some text: the library
    counts their steps and then gives up.
    """
    try:
        yield
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise RefusedError(
            f"the model's tokeniser gave up on a text ({error}); send another text, or train on "
            "another base: its rules for cutting texts take for ever on some"
        ) from None


def _filled(rows: Sequence[Sequence[int]], pad: int) -> Ids:
    width = max(len(row) for row in rows)
    table_bt = np.full((len(rows), width), pad, dtype=np.int64)
    for r, row in enumerate(rows):
        table_bt[r, : len(row)] = row
    return table_bt


def read_tokenizer(path: Path) -> Any:
    """Return the tokenizer of a file; raise DamagedError where it is none."""
    try:
        from tokenizers import Tokenizer
    except ImportError as error:
        raise MissingPackageError(
            "tokenizers", extra="serve", needed_for=Said("serving an encoder", zh="部署编码器")
        ) from error
    try:
        return Tokenizer.from_str(read_text(path).decode())
    except UnicodeDecodeError as error:
        raise damaged(path, f"not readable as a tokenizer ({error})") from error
    except Exception as error:
        if type(error) is not Exception:  # what the package raises for a file that it cannot read
            raise
        raise damaged(path, f"not readable as a tokenizer ({error})") from error


def _pad_id(tokenizer: Any) -> int:
    ids = (tokenizer.token_to_id(token) for token in ("[PAD]", "<pad>"))
    return next((number for number in ids if number is not None), 0)


@dataclass(slots=True)
class EncoderEngine:
    """Runs an encoder over batches of like length; `free` gives the runtime's memory back.

    With `pairs` the runtime is told which tokens are of the second text.
    """

    tokens_of: Tokens
    run: Run
    free: Callable[[], None] = field(default=lambda: None)
    batch_tokens: int = BATCH_TOKENS
    pairs: bool = False

    def logits(self, texts: Sequence[Input]) -> Floats:
        """Return logits of shape (texts, labels)."""
        return self._all(texts, output=0)

    def embed(self, texts: Sequence[str]) -> Floats:
        """Return mean-pooled last hidden states of shape (texts, hidden)."""
        return self._all(texts, output=1)

    def tokens(self, texts: Sequence[Input]) -> list[tuple[Floats, Places]]:
        """Return of each text its tokens' logits, shape (tokens, classes), and their places."""
        found = self.tokens_of.read(texts)
        tables: list[Floats] = [np.zeros((0, 0), dtype=np.float32)] * len(found)
        for batch, outputs in self._batches([one.ids for one in found], found):
            for row, i in zip(outputs[0], batch, strict=True):
                tables[i] = row[: len(found[i].ids)].astype(np.float32, copy=False)
        places = [token_places(t, one.offsets) for t, one in zip(texts, found, strict=True)]
        return list(zip(tables, places, strict=True))

    def close(self) -> None:
        """Let go of the runtime; the engine cannot be used afterwards."""
        self.run = _closed
        self.free()

    def _all(self, texts: Sequence[Input], *, output: int) -> Floats:
        found = self.tokens_of.read(texts) if self.pairs else []
        rows = [one.ids for one in found] if self.pairs else self.tokens_of.ids(texts)
        order: list[int] = []
        parts: list[Floats] = []
        for batch, outputs in self._batches(rows, found):
            order += batch
            parts.append(outputs[output])
        table: Floats = np.concatenate(parts).astype(np.float32, copy=False)
        result = np.empty_like(table)
        result[order] = table
        return result

    def _batches(
        self, rows: Sequence[Sequence[int]], found: Sequence[Any]
    ) -> Iterator[tuple[list[int], tuple[Floats, Floats]]]:
        for batch in token_batches([len(row) for row in rows], budget=self.batch_tokens):
            inputs = self.tokens_of.padded([rows[i] for i in batch])
            if self.pairs:
                types = self.tokens_of.segments([found[i].type_ids for i in batch])
                yield batch, self.run(*inputs, types)
            else:
                yield batch, self.run(*inputs)


def _closed(*inputs: Ids) -> tuple[Floats, Floats]:
    raise RuntimeError("this predictor was closed")
