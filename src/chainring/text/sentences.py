"""Sentences in two languages: said in English, kept so, and found again in Chinese.

What is stored or sent is an English sentence made of a template; its Chinese is found by matching
the template and carrying the values over. A sentence of another origin stays as it is.

    GATE = Sentences({"size": ("{size} MiB; {limit} is the limit", "{size} MiB；上限 {limit}")})
    GATE.in_chinese(GATE.say("size", size="3.0", limit="2.0"))
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property

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

    def say(self, name: str, **values: object) -> str:
        """Return the English sentence `name` with its values filled in."""
        return self.templates[name][0].format(**values)

    def in_chinese(self, sentence: str) -> str:
        """Return the Chinese of a sentence that `say` made; any other comes back as it is."""
        for pattern, chinese in self._patterns:
            found = pattern.fullmatch(sentence)
            if found:
                told = found.groupdict().items()
                return chinese.format(**{key: self._names.get(one, one) for key, one in told})
        return sentence

    @cached_property
    def _patterns(self) -> list[tuple[re.Pattern[str], str]]:
        return [(_pattern(english), chinese) for english, chinese in self.templates.values()]


def _pattern(template: str) -> re.Pattern[str]:
    pieces = re.split(r"\{(\w+)\}", template)
    parts = [f"(?P<{piece}>.+?)" if i % 2 else re.escape(piece) for i, piece in enumerate(pieces)]
    return re.compile("".join(parts), re.DOTALL)
