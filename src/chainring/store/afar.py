"""The remote of a store as the store uses it: what is here works on without it.

Enters what a store asks of its remote, leaves its answer, and where no remote is named that nothing
is there. Reading erasures and storing a tree go on where the remote is away, which is logged; all
else raises an error with cause and next step, for it cannot be known without it:

    afar = Afar("s3://bucket/shop", root=Path(".chainring/store"))
    afar.offer([blob, manifest])           # or `mirror` brings it another time
    afar.has(manifest)                     # True, False, or UnreachableError
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from chainring.contracts.errors import ChainringError, InputError, UnreachableError
from chainring.store.remote import LISTING_S, Remote, needed, refusal_told

log = logging.getLogger("chainring.store")


class Afar:
    """The remote of a store, or none; parameters as `Remote` has them."""

    def __init__(self, url: str | None, *, root: Path) -> None:
        self._remote = None if url is None else Remote(url, root=root)
        self._quiet_until = float("-inf")
        self._cause = ""
        self._told: set[str] = set()

    @property
    def is_named(self) -> bool:
        """Whether there is a remote at all."""
        return self._remote is not None

    def has(self, path: Path) -> bool:
        """Whether the file is there."""
        with needed():
            return self._remote is not None and self._remote.has(path)

    def surely_has(self, path: Path) -> bool:
        """Whether the file is known to be there: not of a remote that does not answer."""
        try:
            return not self._is_quiet and self.has(path)
        except ChainringError as error:
            self._left("trees.unlisted", error)
            return False

    def names(self) -> set[Path]:
        """Return the local paths of all manifests and erasures that are there."""
        with refusal_told():
            found = set() if self._remote is None else self._remote.names()
        self._quiet_until = float("-inf")
        return found

    def upload(self, path: Path) -> None:
        """Bring a file there."""
        if self._remote is not None:
            with refusal_told():
                self._remote.upload(path)

    def offer(self, paths: Sequence[Path], *, needs: Iterable[Path] = ()) -> None:
        """Bring a tree there, its manifest last, unless the remote is away.

        Then the manifest is not brought, nor that of a tree that needs it, by whatever process:
        whoever finds one finds all of it, and what has none there is what `mirror` brings.
        """
        if self._remote is None:
            return
        if self._is_quiet:
            self._tell("trees.unmirrored")
            return
        try:
            if not all(map(self.has, needs)):
                log.warning("trees.unmirrored because=the remote lacks what it needs")
                return
            for path in paths:
                self.upload(path)
        except UnreachableError as error:
            self._left("trees.unmirrored", error)

    def download(self, path: Path) -> None:
        """Bring a file here, whole or not at all; one that is not there is left alone."""
        if self._remote is not None:
            with needed():
                self._remote.download(path)

    def remove(self, path: Path) -> None:
        """Remove a file there, if it is there."""
        if self._remote is not None:
            with needed():
                self._remote.remove(path)

    def read(self, path: Path) -> bytes | None:
        """Return a file's bytes as they are there now; None where it is not there."""
        with needed():
            return None if self._remote is None else self._remote.read(path)

    def write(self, path: Path, data: bytes) -> None:
        """Put bytes there in place of what there was."""
        if self._remote is not None:
            with needed():
                self._remote.write(path, data)

    def changed(self, path: Path) -> bytes | None:
        """Return an erasure's bytes where they are not those of the last time; else None.

        Where nothing can be listed, what was listed before counts; of what is known to have changed
        the bytes are needed.
        """
        if self._remote is None:
            return None
        try:
            with needed():
                self._remote.list_erasures()
        except (UnreachableError, InputError) as error:
            self._left("trees.unlisted", error)
        with needed():
            return self._remote.changed(path)

    def refresh(self) -> None:
        """List the erasures now, or raise why that fails: an act of forgetting has to know them."""
        if self._remote is not None:
            with needed():
                self._remote.list_erasures(anew=True)

    @property
    def _is_quiet(self) -> bool:
        return time.monotonic() < self._quiet_until

    def _left(self, event: str, error: ChainringError) -> None:
        """Leave the remote alone for a while: each try may take its whole patience."""
        if not self._is_quiet:
            self._told.clear()
        state = "away" if isinstance(error, UnreachableError) else "refuses"
        self._cause = f"remote={state} cause={type(error.__cause__ or error).__name__}"
        self._tell(event)
        self._quiet_until = time.monotonic() + LISTING_S

    def _tell(self, event: str) -> None:
        """Tell once in that while what is left undone, and why."""
        if event not in self._told:
            log.warning("%s %s", event, self._cause)
        self._told.add(event)
