"""The texts behind places of dropped rows, read back where they still stand, redacted and short.

Enters places and the source they were read from, leaves text by place. A file that changed since is
not read: its lines may be others now. What nobody allowed to be used is not shown either.

    source_texts(source, places, settings=settings, allows=allows, made=lineage.started)
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path

from chainring.contracts.access import Facts
from chainring.contracts.errors import InputError
from chainring.contracts.source import Source
from chainring.data.faults import Faults
from chainring.data.looking.drops import Place
from chainring.data.read import files_of, rows_of
from chainring.data.rows import RawRow
from chainring.data.settings import DataSettings
from chainring.text.normalise import normalise
from chainring.text.redact import redact

SHOWN_CHARACTERS = 160


def source_texts(
    source: Source,
    places: Collection[Place],
    *,
    settings: DataSettings,
    allows: Callable[[Facts], bool],
    made: float,
) -> dict[Place, str]:
    """Return text by place, for the places whose source stands as it stood.

    Parameters
    ----------
    allows
        Whether a text with these facts may be looked at.
    made
        When the rows were read, in seconds since 1970.
    """
    wanted = {(one.source, one.locator): one for one in places}
    found: dict[Place, str] = {}
    if not wanted:
        return found
    try:
        changed = _changed_since(source, made)
        for row in rows_of(source, settings=settings, faults=Faults()):
            place = wanted.pop((row.source, row.locator), None)
            if place is not None and row.source not in changed and allows(_facts(row, settings)):
                found[place] = shown(row.values.get("text", ""))
            if not wanted:
                break
    except InputError:  # the files are gone, or cannot be read any more
        return found
    return found


def shown(text: str) -> str:
    """Return a text as a report may show it: normalised, redacted, at most 160 characters.

    >>> shown("mail bob@example.com")
    'mail [email]'
    """
    clean = " ".join(redact(normalise(text[: 20 * SHOWN_CHARACTERS])).text.split())
    if len(clean) <= SHOWN_CHARACTERS:
        return clean
    return clean[: SHOWN_CHARACTERS - 1].rstrip() + "…"


def _facts(row: RawRow, settings: DataSettings) -> Facts:
    return Facts(
        source=row.source,
        licence=row.values.get("licence") or settings.licence,
        consent=row.values.get("consent") or settings.consent,
        language=row.values.get("language"),
        label=row.values.get("label"),
        split=row.split or None,
    )


def _changed_since(source: Source, made: float) -> set[str]:
    return {file.name for file in files_of(source.path) if _changed(file.path) > made}


def _changed(path: Path) -> float:
    return path.stat().st_mtime
