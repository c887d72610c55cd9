"""What the engines of an encoder share: tokens, batches by budget, and results in order.

Enters prepared texts, leaves logits and mean-pooled embeddings through a `run` of some runtime.
Axes: B texts of a batch, T tokens, H hidden size, C labels.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainring.contracts.errors import MissingPackageError
from chainring.deployment.batches import BATCH_TOKENS, token_batches
from chainring.deployment.model_folder import Floats, damaged, existing

Ids = NDArray[np.int64]
Run = Callable[[Ids, Ids], tuple[Floats, Floats]]
"""(input_ids_bt, attention_mask_bt) to (logits_bc, embedding_bh)."""


class Tokens:
    """The tokenizer of a folder: cuts at `max_tokens`, pads only inside a batch."""

    def __init__(self, path: Path, *, max_tokens: int) -> None:
        self._tokenizer = _read_tokenizer(path)
        padding = self._tokenizer.padding
        self._pad = int(padding["pad_id"]) if padding else _pad_id(self._tokenizer)
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(max_length=max_tokens)

    def ids(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the token ids of each text, special tokens included."""
        return [encoding.ids for encoding in self._tokenizer.encode_batch_fast(list(texts))]

    def padded(self, rows: Sequence[Sequence[int]]) -> tuple[Ids, Ids]:
        """Return input ids and attention mask of shape (texts, longest)."""
        width = max(len(row) for row in rows)
        ids_bt = np.full((len(rows), width), self._pad, dtype=np.int64)
        mask_bt = np.zeros_like(ids_bt)
        for r, row in enumerate(rows):
            ids_bt[r, : len(row)] = row
            mask_bt[r, : len(row)] = 1
        return ids_bt, mask_bt


def _read_tokenizer(path: Path) -> Any:
    try:
        from tokenizers import Tokenizer
    except ImportError as error:
        raise MissingPackageError(
            "tokenizers", extra="serve", needed_for="serving an encoder"
        ) from error
    try:
        return Tokenizer.from_str(existing(path).read_text(encoding="utf-8"))
    except Exception as error:
        if type(error) is not Exception:  # what the package raises for a file that it cannot read
            raise
        raise damaged(path, f"not readable as a tokenizer ({error})") from error


def _pad_id(tokenizer: Any) -> int:
    ids = (tokenizer.token_to_id(token) for token in ("[PAD]", "<pad>"))
    return next((number for number in ids if number is not None), 0)


@dataclass(slots=True)
class EncoderEngine:
    """Runs an encoder over batches of like length; `free` gives the runtime's memory back."""

    tokens: Tokens
    run: Run
    free: Callable[[], None] = field(default=lambda: None)
    batch_tokens: int = BATCH_TOKENS

    def logits(self, texts: Sequence[str]) -> Floats:
        """Return logits of shape (texts, labels)."""
        return self._all(texts, output=0)

    def embed(self, texts: Sequence[str]) -> Floats:
        """Return mean-pooled last hidden states of shape (texts, hidden)."""
        return self._all(texts, output=1)

    def close(self) -> None:
        """Let go of the runtime; the engine cannot be used afterwards."""
        self.run = _closed
        self.free()

    def _all(self, texts: Sequence[str], *, output: int) -> Floats:
        rows = self.tokens.ids(texts)
        order: list[int] = []
        parts: list[Floats] = []
        for batch in token_batches([len(row) for row in rows], budget=self.batch_tokens):
            order += batch
            parts.append(self.run(*self.tokens.padded([rows[i] for i in batch]))[output])
        table: Floats = np.concatenate(parts).astype(np.float32, copy=False)
        result = np.empty_like(table)
        result[order] = table
        return result


def _closed(ids: Ids, mask: Ids) -> tuple[Floats, Floats]:
    raise RuntimeError("this predictor was closed")
