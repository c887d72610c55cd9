"""In which language a verb tells its result: `--language`, `CHAINRING_LANGUAGE`, else the locale.

    chainring status --language zh
    CHAINRING_LANGUAGE=zh chainring turn
    LANG=zh_CN.UTF-8 chainring why pred_…

Chinese where the first of these that is set says so, English otherwise; so are errors, help and
the lines of work in progress. JSON stays English.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import Annotated
from unicodedata import east_asian_width

import typer

from chainring.contracts.errors import ChainringError, UnknownNameError
from chainring.contracts.said import in_language, told_by
from chainring.text.errors import error_in_chinese

VARIABLE = "CHAINRING_LANGUAGE"
LANGUAGES = ("en", "zh")
_OPTION = "--language"
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


def asked_for(words: Sequence[str] = ()) -> str:
    """Return the language that the words of the command line ask for, before they are parsed."""
    flat = [part for word in words for part in word.split("=", 1)]
    named = next((after for one, after in pairwise(flat) if one == _OPTION), None)
    try:
        return spoken(named if named in LANGUAGES else None)
    except UnknownNameError:
        return "en"


def in_words(error: ChainringError, words: Sequence[str] = ()) -> str:
    """Return what an error says, in the language that the words of the command line ask for."""
    return error_in_chinese(told_by(error)) if asked_for(words) == "zh" else str(error)


Speech = Annotated[
    str | None,
    typer.Option(
        _OPTION, help="en or zh; else CHAINRING_LANGUAGE, else the locale", callback=spoken
    ),
]


def padded(text: str, width: int) -> str:
    """Return a text filled up with blanks to a width; a Chinese character takes two columns."""
    wide = sum(east_asian_width(character) in "WF" for character in text)
    return text + " " * max(0, width - len(text) - wide)


def aloud(language: str | None) -> Callable[[str], None]:
    """Return what prints a line of work in progress to standard error, in a language."""
    chosen = language or spoken()
    return lambda line: typer.echo(f"  {in_language(line, chosen)}", err=True)


def tell(lines: Iterable[str], language: str | None) -> None:
    """Print sentences in a language."""
    for line in lines:
        typer.echo(in_language(line, language or "en"))
