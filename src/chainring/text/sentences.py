"""Sentences in two languages, by name: templates in a table, said with their values.

What is said is an English text that carries its Chinese (`Said`), and is stored as both. Where only
the English was kept, in older stores and in columns that hold one text, the Chinese is found by
matching the template; a sentence of another origin stays as it is.

    GATE = Sentences({"size": ("{size} MiB; {limit} is the limit", "{size} MiB；上限 {limit}")})
    GATE.say("size", size="3.0", limit="2.0").zh
    GATE.in_chinese("3.0 MiB; 2.0 is the limit")
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property

from chainring.contracts.said import Said

Templates = Mapping[str, tuple[str, str]]


class Sentences:
    """English and Chinese templates by name, with `{value}` places of the same names in both.

    Parameters
    ----------
    templates
        Name → English and Chinese.
    names
        Chinese of values that are words of ours.
    """

    def __init__(self, templates: Templates, names: Mapping[str, str] | None = None) -> None:
        self.templates, self._names = templates, names or {}

    def say(self, name: str, /, **values: object) -> Said:
        """Return the sentence `name` with its values filled in, which may be said ones."""
        english, chinese = self.templates[name]
        told = {key: self._value(value) for key, value in values.items()}
        return Said(english.format(**values), zh=chinese.format(**told))

    def _value(self, value: object) -> object:
        if isinstance(value, Said):
            return value.zh
        return self._names.get(value, value) if isinstance(value, str) else value

    def in_chinese(self, sentence: str) -> str:
        """Return the Chinese of a sentence that `say` made; any other comes back as it is."""
        if isinstance(sentence, Said):
            return sentence.zh
        for pattern, chinese in self._patterns:
            found = pattern.fullmatch(sentence)
            if found:
                told = found.groupdict().items()
                return chinese.format(**{key: self.in_chinese(one) for key, one in told})
        return self._names.get(sentence, sentence)

    @cached_property
    def _patterns(self) -> list[tuple[re.Pattern[str], str]]:
        return [(_pattern(english), chinese) for english, chinese in self.templates.values()]


def _pattern(template: str) -> re.Pattern[str]:
    pieces = re.split(r"\{(\w+)\}", template)
    parts = [f"(?P<{piece}>.+?)" if i % 2 else re.escape(piece) for i, piece in enumerate(pieces)]
    return re.compile("".join(parts), re.DOTALL)
