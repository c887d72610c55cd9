"""A claim: of several processes with one folder, the one that holds a name is alone with it.

    claim = Claim.on(folder / "a1b2", b"what it is about")  # None while another holds it

The operating system lets go of what a process held when it dies, whatever killed it, so that no
claim has to grow old before another takes it over.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path


class ClaimedForOther(Exception):
    """The name is held, and what it is about is something else."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A name that is held; let go of it with `release`."""

    path: Path
    handle: int

    @classmethod
    def on(cls, path: Path, about: bytes) -> Claim | None:
        """Return the claim, or None while another has it.

        Raises
        ------
        ClaimedForOther
            When another has it for something else.
        OSError
            When the folder takes no more.
        """
        claim = cls(path, os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        try:
            fcntl.flock(claim.handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            said = os.pread(claim.handle, len(about) + 1, 0)
            os.close(claim.handle)
            if not isinstance(error, BlockingIOError):
                raise
            if said not in (b"", about):  # nothing: whoever took it has not said yet
                raise ClaimedForOther from None
            return None
        if not claim._is_whole():  # the one before let go of it between our two steps
            os.close(claim.handle)
            return None
        try:
            os.pwrite(claim.handle, about, 0)
        except OSError:
            claim.release()
            raise
        return claim

    def release(self) -> None:
        """Let another have it."""
        with suppress(FileNotFoundError):
            self.path.unlink()
        os.close(self.handle)

    def _is_whole(self) -> bool:
        """Return whether what is held is still what others find under the name."""
        try:
            return os.path.samestat(os.fstat(self.handle), self.path.stat())
        except FileNotFoundError:
            return False
