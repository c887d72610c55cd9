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

from chainring.contracts.errors import InputError, MissingPackageError
from chainring.contracts.said import Said
from chainring.deployment.engines.encoder import panics_told, read_tokenizer
from chainring.text.characters import HAN
from chainring.text.chat import Message

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
        self.chat_template, self._marks = template, dict(marks)
        self._worded = None if template is None else _compiled(template)

    def __call__(self, text: str) -> dict[str, list[int]]:
        """Return the ids of a text, its special tokens included."""
        return {"input_ids": list(self._encoded(text).ids)}

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

    def apply_chat_template(
        self,
        messages: Sequence[Message],
        *,
        add_generation_prompt: bool,
        tokenize: bool,
        return_dict: bool,
    ) -> list[int]:
        """Return the ids of a conversation as its template words it."""
        del tokenize, return_dict
        assert self._worded is not None, "prompt_ids asks only where there is a template"
        worded = self._worded.render(
            messages=list(messages), add_generation_prompt=add_generation_prompt, **self._marks
        )
        return self.ids(worded)

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


def _compiled(template: str) -> Any:
    """Return a template that can neither change what it is given nor reach anything else."""
    try:
        from jinja2.sandbox import ImmutableSandboxedEnvironment
    except ImportError as error:
        raise MissingPackageError(
            "jinja2",
            extra="writers",
            needed_for=Said("wording a conversation", zh="组织对话的措辞"),
        ) from error
    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols"]
    )
    environment.globals["raise_exception"] = _refuse
    return environment.from_string(template)


def _refuse(message: str) -> str:
    raise InputError(f"the model's template of conversations refuses this one: {message}")
