"""A tokeniser with its template of conversations, without transformers.

Enters `tokenizer.json` and a template in Jinja, as transformers keeps them; has of a tokeniser of
transformers what `chainring.text.chat.prompt_ids` asks for.

    Speaking(path, template=None, marks={}).read("Two dogs are running.", limit=64)
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from chainring.deployment.engines.encoder import panics_told, read_tokenizer
from chainring.text.characters import HAN
from chainring.text.template import compiled

_FULL = "\u3001-\u3004\u3008-\u301f\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65"
_CHINESE = rf"{HAN}{_FULL}“”‘’…—·"
_NEEDLESS = re.compile(
    rf"(?<=[{_CHINESE}]) (?=[{_CHINESE}0-9])|(?<=[0-9]) (?=[{_CHINESE}])"
    rf"| (?=[{_FULL}])|(?<=[{_FULL}]) "
)


class Speaking:
    """Text to ids and back. `marks` are what a template may name: `eos_token` and the like."""

    def __init__(self, path: Path, *, template: str | None, marks: Mapping[str, str]) -> None:
        self._tokenizer = read_tokenizer(path)
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self.chat_template, self.special_tokens_map = template, dict(marks)
        self.name_or_path = path.parent
        if template is not None:
            compiled("")  # a missing package is told at once

    def __call__(self, text: str, *, add_special_tokens: bool = True) -> dict[str, list[int]]:
        """Return the ids of a text, its special tokens included if they are asked for."""
        return {"input_ids": list(self._encoded(text, add_special_tokens=add_special_tokens).ids)}

    def read(self, text: str, *, limit: int) -> list[int]:
        """Return the ids of a text to be read whole: the end of a longer one is cut."""
        found = self._encoded(text)
        if len(found.ids) > limit:
            self._tokenizer.enable_truncation(max_length=limit)
            found = self._encoded(text)
            self._tokenizer.no_truncation()
        return list(found.ids)

    def ids(self, text: str) -> list[int]:
        """Return the ids of a text without special tokens."""
        return list(self._encoded(text, add_special_tokens=False).ids)

    def text(self, ids: Sequence[int]) -> str:
        """Return what ids say, without special tokens."""
        said = str(self._tokenizer.decode(list(ids), skip_special_tokens=True)).strip()
        return without_blanks(said, self._tokenizer)

    def _encoded(self, text: str, *, add_special_tokens: bool = True) -> Any:
        with panics_told():
            return self._tokenizer.encode(text, add_special_tokens=add_special_tokens)


def without_blanks(text: str, tokenizer: Any) -> str:
    """Return what a tokeniser of the tokenizers package said, without blanks between Chinese.

    One of WordPiece (BERT's) takes each Chinese character for a word and puts a blank between two
    words; it goes where Chinese has none: between characters, numbers, and beside Chinese marks.
    """
    by_words = type(tokenizer.decoder).__name__ == "WordPiece"
    return _NEEDLESS.sub("", text) if by_words else text
