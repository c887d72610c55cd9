"""What a folder lacks to be a base, told from its files alone: no weight is loaded, no code run.

faults(folder)    # ["config.json is missing", ...]
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from chainring.store.litter import sorted_seen

TABLES = (
    "word_embeddings.weight", "embed_tokens.weight", "wte.weight", "shared.weight",
    "word_embedding.weight", "tok_embeddings.weight",
)  # fmt: skip
"""How tables of token embeddings end: BERT, Llama and BART, GPT-2, T5, XLNet, ModernBERT."""
MAX_HEADER = 100 << 20


def faults(folder: Path) -> list[str]:
    """Return everything that keeps the folder from being a base; none where it is one."""
    found = [*_missing(folder)]
    return found or [*_foreign(folder), *_misfit(folder)]


def embedding_rows(folder: Path) -> int | None:
    """Return the rows of the table of token embeddings, from the heads of the weight files."""
    for path in sorted_seen(folder, "*.safetensors"):
        for name, tensor in _header(path).items():
            if name.endswith(TABLES):
                return int(tensor["shape"][0])
    return None


def _missing(folder: Path) -> Iterator[str]:
    if not (folder / "config.json").is_file():
        yield "config.json is missing"
    if not sorted_seen(folder, "*.safetensors"):
        pickled = ", ".join(path.name for path in sorted_seen(folder, "*.bin"))
        yield "no .safetensors file (pickled weights are not opened" + (
            f": {pickled}; save them with model.save_pretrained once)" if pickled else ")"
        )
    if not (folder / "tokenizer.json").is_file():
        yield "tokenizer.json is missing (save the tokeniser with AutoTokenizer once)"


def _foreign(folder: Path) -> Iterator[str]:
    from transformers import CONFIG_MAPPING

    kind = _json(folder / "config.json").get("model_type")
    if kind not in CONFIG_MAPPING:
        yield (
            f"transformers has no network {kind!r}, and code of a model's own is not run; give a "
            "base whose network transformers has"
        )


def _misfit(folder: Path) -> Iterator[str]:
    """Yield where the tokeniser has ids that the embedding table has no row for."""
    from tokenizers import Tokenizer

    rows = embedding_rows(folder)
    tokens = Tokenizer.from_file(str(folder / "tokenizer.json")).get_vocab()
    highest = max(tokens.values(), default=-1)
    if rows is not None and highest >= rows:
        yield (
            f"tokenizer.json has ids up to {highest}, the embedding table only {rows} rows: the "
            "tokeniser is of another model; give the one that the weights were trained with"
        )


def _header(path: Path) -> dict[str, Any]:
    """Return name → type, shape and place of each tensor, as the safetensors format begins."""
    with path.open("rb") as file:
        size = struct.unpack("<Q", file.read(8))[0]
        if size > MAX_HEADER:
            return {}
        found: dict[str, Any] = json.loads(file.read(size))
    found.pop("__metadata__", None)
    return found


def _json(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found
