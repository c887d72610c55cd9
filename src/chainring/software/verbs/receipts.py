"""Receipts of forgetting: what went, what a search found afterwards, and what was out of reach.

Enters an act, leaves `.chainring/forgotten/ID.json`; no text, no name and no id of a row is in
it; files that still hold a text are named.

    {"act": {"id": "fgt_01kb…", "models": {"blake2b:…": 2}, …}, "left": [], "searched": 118}
"""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from unicodedata import east_asian_width

from chainring.contracts.codec import build, encode, plain
from chainring.contracts.errors import InputError
from chainring.contracts.forgotten import Forgotten
from chainring.contracts.ids import new_id
from chainring.contracts.said import Said
from chainring.software.project import HIDDEN
from chainring.software.telling.data_words import own, say, word
from chainring.store.files import write_durably
from chainring.text.errors import place
from chainring.trust.search import search

if TYPE_CHECKING:
    from chainring.software.api import Project

FOLDER = "forgotten"
_SEARCHED_TEXTS = 20
_MIN_SEARCHED = 12
"""Narrower texts stand in vocabularies, and by chance; a Chinese character is two wide."""

TRAFFIC = f"{HIDDEN}/traffic/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What was done (or would be), where it is written, and what a search found afterwards.

    `left` are files below the project's folder that still hold one of the texts; `searched` is the
    number of files that were read for it, 0 where there was no text to look for.
    `unread` are those that could not be read, a damaged archive for one. `unmet` are names of
    subjects that nothing carried, `unmet_authors` those of authors; `places` says where files of
    the user's own still hold a record: source and locator; `packages` are folder and model of those
    that were packaged. These four are in no file.
    """

    act: Forgotten
    path: Path | None = None
    searched: int = 0
    left: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    places: tuple[tuple[str, str], ...] = ()
    packages: tuple[tuple[str, str], ...] = ()
    unmet: tuple[str, ...] = ()
    unmet_authors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupMade:
    """A backup that was written, or begun: texts in it are out of reach."""

    path: str
    at: float
    failed: bool = False


@contextmanager
def noted(project: Project, path: Path) -> Iterator[None]:
    """Remember a backup before it is written: what is forgotten meanwhile may be in it."""
    made, name = BackupMade(path=str(path.resolve()), at=time.time()), new_id("bak")
    ledger = project.ring.ledger
    ledger.add_fact("backup", name, made)
    try:
        yield
    except BaseException:  # of whatever kind: no archive is there
        ledger.add_fact("backup", name, replace(made, failed=True))
        raise


def backups(project: Project) -> tuple[str, ...]:
    """Return where the known backups were written, or are being written."""
    found = project.ring.ledger.facts("backup", BackupMade)
    return tuple(one.path for one in found if not one.failed)


def written(project: Project, act: Forgotten, texts: Collection[str]) -> Receipt:
    """Search the project's folder for the texts, write the receipt and return it.

    The twenty longest texts are looked for, of those that are long enough to be told from chance.
    """
    wanted = sorted((one for one in texts if _width(one) >= _MIN_SEARCHED), key=_width)
    looked = search(project.folder, wanted[-_SEARCHED_TEXTS:])
    path = project.folder / HIDDEN / FOLDER / f"{act.id}.json"
    searched = looked.files if wanted else 0
    told = {
        "act": plain(act),
        "searched": searched,
        "left": looked.holding,
        "unread": looked.unread,
    }
    write_durably(path, json.dumps(json.loads(encode(told)), indent=1).encode())
    return Receipt(act=act, path=path, searched=searched, left=looked.holding, unread=looked.unread)


def _width(text: str) -> int:
    """Return the width of a text in columns of a terminal: nearly what it says, in any script."""
    return sum(1 + (east_asian_width(one) in "WF") for one in text)


def read(path: Path, *, app: str) -> Forgotten:
    """Return the act that a receipt tells of.

    Raises
    ------
    InputError
        When the file is no receipt of this application.
    """
    try:
        told: Forgotten = build(Forgotten, json.loads(path.read_text(encoding="utf-8"))["act"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path} is no receipt of `chainring forget` ({error})") from error
    if told.app != app:
        raise InputError(f"{path} is a receipt of {told.app!r}, not of {app!r}")
    return told


def tell_receipt(receipt: Receipt, *, dry_run: bool = False) -> Iterator[str]:
    """Yield what went, who had used it, and what is left to do by hand."""
    act = receipt.act
    yield say(
        "would forget" if dry_run else "forgotten",
        id=act.id,
        records=len(act.records),
        requests=len(act.predictions),
        reactions=len(act.feedback),
    )
    for name in receipt.unmet:
        yield say("nobody", name=own(repr(name)))
    for name in receipt.unmet_authors:
        yield say("no author", name=own(repr(name)))
    for name, number in act.counts.items():
        yield say("counted", count=number, name=name)
    for address, number in act.datasets.items():
        yield say("data set held", dataset=_short(address), count=number)
    for address, number in act.models.items():
        yield say("model learnt", model=_short(address), count=number)
    if act.champion:
        yield say("champion learnt")
    for source, locator in receipt.places:
        yield say("still in", source=own(source), locator=place(locator))
    for path in act.backups:
        yield say("backup", path=own(path))
    for folder, model in receipt.packages:
        name = "packaged" if folder else "packaged somewhere"
        yield say(name, path=own(folder), model=_short(model))
    if dry_run:
        return
    if receipt.searched:
        left = own(", ".join(receipt.left))
        yield say("searched" if left else "left in none", files=receipt.searched, left=left)
    if any(one.startswith(TRAFFIC) for one in receipt.left):
        yield say("others said")
    if receipt.unread:
        yield say("unread", paths=own(", ".join(receipt.unread)))
    yield say("receipt", path=receipt.path)


def tell_acts(acts: Collection[Forgotten]) -> Iterator[str]:
    """Yield a line for each act of forgetting."""
    for act in acts:
        day = datetime.fromtimestamp(act.at, UTC).strftime("%Y-%m-%d")
        told = say(
            "act",
            id=act.id,
            day=day,
            state=Said(f"{act.state:5}", zh=word(act.state).zh),
            records=len(act.records),
            answers=len(act.predictions) + len(act.feedback),
            reason=own(act.reason),
        )
        yield Said(told.rstrip(), zh=told.zh.rstrip())


def _short(address: str) -> str:
    return address.partition(":")[2][:12]
