"""What every table of sentences has to be: complete in both languages, with the same values."""

from __future__ import annotations

import re
from string import Formatter

from chainring.text.sentences import Sentences

HAN = re.compile(r"[\u4e00-\u9fff\uff00-\uffef]")  # letters, and marks of their width

WORD = re.compile("[A-Za-z]{2}")


def fields(template: str) -> set[str]:
    """Return the names of a template's values."""
    return {name for _, name, _, _ in Formatter().parse(template) if name}


def require_complete(table: Sentences) -> None:
    """Fail where a sentence has no Chinese, or its Chinese has other values."""
    for name, (english, chinese) in table.templates.items():
        assert fields(english) == fields(chinese), name
        assert HAN.search(chinese) or not WORD.search(re.sub(r"{\w+}", "", english)), name
        values = {field: f"{i}.25" for i, field in enumerate(sorted(fields(english)))}
        said = table.say(name, **values)
        assert (said, said.zh) == (english.format(**values), chinese.format(**values))
