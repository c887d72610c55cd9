"""In which language a verb tells its result: `--language`, `CHAINRING_LANGUAGE`, else the locale.

    chainring status --language zh
    CHAINRING_LANGUAGE=zh chainring turn
    LANG=zh_CN.UTF-8 chainring why pred_…

Chinese where the first of these that is set says so, English otherwise. JSON, help and the lines of
work in progress stay English.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Annotated
from unicodedata import east_asian_width

import typer

from chainring.contracts.errors import UnknownNameError
from chainring.contracts.said import in_language

VARIABLE = "CHAINRING_LANGUAGE"
LANGUAGES = ("en", "zh")
_LOCALE = ("LC_ALL", "LC_MESSAGES", "LANG")  # the first that is set counts, as POSIX has it


def spoken(asked: str | None = None) -> str:
    """Return `en` or `zh`: what is asked for, else what the environment says.

    Raises
    ------
    UnknownNameError
        When another language is asked for.
    """
    asked = asked or os.environ.get(VARIABLE)
    if asked:
        if asked not in LANGUAGES:
            raise UnknownNameError("language", asked, LANGUAGES)
        return asked
    place = next((value for name in _LOCALE if (value := os.environ.get(name))), "")
    return "zh" if place.lower().startswith("zh") else "en"


Speech = Annotated[
    str | None,
    typer.Option(
        "--language", help="en or zh; else CHAINRING_LANGUAGE, else the locale", callback=spoken
    ),
]


def padded(text: str, width: int) -> str:
    """Return a text filled up with blanks to a width; a Chinese character takes two columns."""
    wide = sum(east_asian_width(character) in "WF" for character in text)
    return text + " " * max(0, width - len(text) - wide)


def tell(lines: Iterable[str], language: str | None) -> None:
    """Print sentences in a language."""
    for line in lines:
        typer.echo(in_language(line, language or "en"))
