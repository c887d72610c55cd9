"""The embedder `encoder.v1`: vectors of texts from a pre-trained encoder, by mean pooling.

Enters the offline base `minilm`, a folder or a hub id, leaves a callable:

    embed = encoder_embedder("minilm")
    embed(["Where is my parcel?", "Has my parcel arrived?"])      # float32, shape (2, 384)

The first 256 tokens of a text are read. A text of which the encoder does not know more than 5 % of
the tokens (Chinese under an English encoder) has a row of zeros: it is like no other.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from chainring.training.base import MAX_UNKNOWN_SHARE, find_base, unknown_id

MAX_TOKENS = 256


def encoder_embedder(source: str, *, home: Path = Path()) -> EncoderEmbedder:
    """Open an encoder as an embedder of texts; `home` is where a relative folder is looked for."""
    return EncoderEmbedder(source, home=home)


class EncoderEmbedder:
    """Texts become means of the last hidden states; weights are loaded when first asked."""

    def __init__(self, source: str, *, home: Path = Path()) -> None:
        self._base = find_base(source, home=home)
        self._opened: Any = None
        self.digest = self._base.digest

    def __call__(self, texts: Sequence[str]) -> Any:
        """Return one vector a text, float32."""
        import numpy as np

        from chainring.training.heads import in_batches, items_of

        network, tokenizer = self._open()
        items = items_of(tokenizer, texts, segments=False)
        pad = int(getattr(network.encoder.config, "pad_token_id", 0) or 0)
        vectors = np.asarray(in_batches(network.states, items, pad=pad))
        vectors[[not _is_readable(one["input_ids"], tokenizer) for one in items]] = 0.0
        return vectors

    def _open(self) -> Any:
        if self._opened is None:
            from transformers.utils import logging

            from chainring.training.finetune import open_encoder, readable_tokens
            from chainring.training.heads import Headed
            from chainring.training.tokens import open_tokenizer

            logging.disable_progress_bar()
            encoder = open_encoder(self._base.folder, dropout=0.0)
            network = Headed(encoder, form="one", classes=1, dropout=0.0).eval()
            tokens = readable_tokens(encoder, MAX_TOKENS)
            self._opened = network, open_tokenizer(self._base.folder, max_tokens=tokens)
        return self._opened


def _is_readable(ids: Sequence[int], tokenizer: Any) -> bool:
    special = tokenizer.num_special_tokens_to_add(False)
    unknown = unknown_id(tokenizer)
    missed = 0 if unknown is None else list(ids).count(unknown)
    return len(ids) > special and missed <= MAX_UNKNOWN_SHARE * len(ids)
