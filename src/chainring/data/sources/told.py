"""What sources of files share: which files changed, and what a reader reports, counted."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from chainring.contracts.codec import digest
from chainring.contracts.errors import InputError
from chainring.data.harvest import Harvest
from chainring.data.lines import CutShort
from chainring.data.read import ending_of, is_paper, split_of
from chainring.data.sentences import progress
from chainring.data.sources.reading import Reading, drop_other_pieces, fingerprint_of, is_new
from chainring.data.sources.remote import RemoteFile, remote_files
from chainring.text.errors import in_both

UNREAD = "could not be read"
_NAMES = "names"


class Told:
    """Counts what a reader reports, and keeps the first: a source goes on with the next row."""

    def __init__(self) -> None:
        self.count, self.first, self.is_cut = 0, "", False

    def __call__(self, locator: str, cause: str) -> None:
        """Count a fault: the `report` of a reader."""
        self.count += 1
        self.first = self.first or f"{locator}: {cause}"
        self.is_cut |= isinstance(cause, CutShort)

    def count_in(self, reading: Reading) -> None:
        """Add what was reported to what a reading passed over, and whether it was cut short."""
        if self.count:
            reading.dropped[UNREAD] += self.count
        if self.is_cut:
            reading.cut_short()

    def tell(self, name: str, say: Callable[[str], None]) -> None:
        """Say how much there was, and the first."""
        if self.count:
            told = {"reason": in_both(UNREAD), "first": in_both(self.first), "count": self.count}
            say(progress("unread cut" if self.is_cut else "unread", name=name, **told))


def changed_files(
    paths: Sequence[str],
    endings: Sequence[str],
    *,
    harvest: Harvest,
    keyed: Any,
    say: Callable[[str], None],
    versions: Mapping[str, int] | None = None,
) -> Iterator[RemoteFile]:
    """Yield the files to read; after the last, drop what came from files that are gone.

    Parameters
    ----------
    endings
        Of the files that are read: `.jsonl`.
    keyed
        The settings that change what a file's rows are: with others it is read again.
    say
        Told once which files are passed over by their names (README.txt).
    versions
        Ending → version of how such files are read, where it ever changed.

    Raises
    ------
    InputError
        When no file has such an ending.
    """
    known = versions or {}
    names = harvest.state(_NAMES)
    every = remote_files(paths, json.loads(names or "{}"))
    there = [file for file in every if ending_of(file.name) in endings]
    papers = sorted(file.name for file in there if is_paper(file.name))
    found = [
        replace(file, fingerprint=_fingerprint(file, keyed, known.get(ending_of(file.name))))
        for file in there
        if not is_paper(file.name)
    ]
    if not found:
        cause = (
            f"no file at {', '.join(paths)} ends in {', '.join(sorted(endings))} "
            "(or with .gz, .zst); nothing was dropped"
        )
        more = f"; passed over by its name, as about the data: {', '.join(papers)}"
        raise InputError(cause + (more if papers else ""))
    now = json.dumps({file.name: file.path for file in every})
    if now != names:
        harvest.set_state(_NAMES, now)
        harvest.commit()  # copying a file takes minutes, and others write in between
    for file in found:
        if not file.fingerprint or fingerprint_of(harvest, file.name) != file.fingerprint:
            yield file
    if papers and is_new(harvest, "papers", papers):
        say(progress("papers", names=", ".join(papers)))
    drop_other_pieces(harvest, {file.name for file in found})


def split_told(file: RemoteFile) -> str:
    """Return the split that a file's name tells, or the folder in which others of it differ."""
    return split_of(file.apart or file.name)


def _fingerprint(file: RemoteFile, keyed: Any, version: int | None) -> str:
    told = [file.fingerprint, keyed] + ([] if version is None else [version])
    once = split_of(file.name) if file.name.isascii() else ""  # all that an older release saw
    split = split_told(file)
    told += [split] if split != once else []
    return digest(told) if file.fingerprint else ""
