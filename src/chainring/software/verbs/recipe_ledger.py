r"""The line of a recipe that says which database holds the ledger.

    with_ledger('[project]\nname = "shop"\n', "postgresql://db/shop")

Comments and every other line stay as they were written.
"""

from __future__ import annotations

import re
import tomllib

from pydantic import ValidationError

from chainring.contracts.errors import InputError
from chainring.ring.recipe import StoreSettings

_SECTION = re.compile(r"^[ \t]*\[[ \t]*store[ \t]*\][^\n]*\n?", re.MULTILINE)
_ANY_SECTION = re.compile(r"^[ \t]*\[", re.MULTILINE)
_LINE = re.compile(r"^[ \t]*ledger[ \t]*=[^\n]*\n?", re.MULTILINE)


def with_ledger(recipe: str, url: str) -> str:
    """Return a recipe's text that names this ledger; an empty `url` is SQLite in the folder.

    Raises
    ------
    InputError
        When the url is none that a ledger can have, or when the section `store` is written in a
        way that this cannot change.
    """
    try:
        StoreSettings(ledger=url)
    except ValidationError as error:
        raise InputError(
            f"no ledger has the url {url!r}; use postgresql://user@host/database"
        ) from error
    line = f'ledger = "{url}"\n'
    found = _SECTION.search(recipe)
    if found is None:
        changed = f"{recipe.rstrip()}\n\n[store]\n{line}"
    else:
        begin = found.end()
        after = _ANY_SECTION.search(recipe, begin)
        end = len(recipe) if after is None else after.start()
        head = recipe[:begin] if recipe[:begin].endswith("\n") else f"{recipe[:begin]}\n"
        changed = head + line + _LINE.sub("", recipe[begin:end]) + recipe[end:]
    if not _is_changed_so(recipe, changed, url):
        raise InputError(
            "the recipe writes its section store in a way that cannot be changed here; set "
            f"`ledger = {url!r}` in it by hand and back up again"
        )
    return changed


def _is_changed_so(before: str, after: str, url: str) -> bool:
    try:
        old, new = tomllib.loads(before), tomllib.loads(after)
    except tomllib.TOMLDecodeError:
        return False
    return new == {**old, "store": {**old.get("store", {}), "ledger": url}}
