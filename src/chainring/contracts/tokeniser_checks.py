"""What every part of kind `tokeniser` must do, for `chainring.contracts.checks`.

Enters a part with texts and settings, leaves the faults: special tokens first, no larger than
asked, the same again, read back from its file as it was, and texts of its own kind known.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

_SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
_MAX_UNKNOWN = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class TokeniserExample:
    """Texts in English and Chinese to learn from, and settings with a `size`."""

    texts: Sequence[str]
    settings: Any


def tokeniser_faults(_: str, part: Any, example: TokeniserExample) -> Iterator[str]:
    """Yield what a tokeniser does not keep."""
    tokenizer = part(list(example.texts), settings=example.settings)
    if [tokenizer.token_to_id(mark) for mark in _SPECIAL] != list(range(len(_SPECIAL))):
        yield f"its first tokens are not {', '.join(_SPECIAL)}"
        return
    size = tokenizer.get_vocab_size()
    if size > example.settings.size:
        yield f"it has {size} tokens where at most {example.settings.size} were asked for"
    if part(list(example.texts), settings=example.settings).to_str() != tokenizer.to_str():
        yield "the same texts and settings give another tokeniser"
    ids = [tokenizer.encode(text).ids for text in example.texts]
    again = type(tokenizer).from_str(tokenizer.to_str())
    if [again.encode(text).ids for text in example.texts] != ids:
        yield "read back from its file it cuts otherwise"
    flat = [one for row in ids for one in row]
    if not flat or max(flat) >= size:
        yield "it gives no ids, or ids beyond its size"
    if flat.count(1) > _MAX_UNKNOWN * len(flat):
        yield f"{flat.count(1)} of {len(flat)} tokens of its own texts are unknown to it"
    if tokenizer.encode("", add_special_tokens=False).ids:
        yield "an empty text has tokens"
