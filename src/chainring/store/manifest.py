"""What a tree holds: a manifest of blobs, and how an erasure changes what it tells.

Manifest(kind="model", files=(Blob(path="card.md", size=812, digest="blake2b:…"),)).bytes
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import PurePath

from chainring.contracts.errors import DamagedError, InputError
from chainring.store.erasure import Replaced

FORMAT = 1
"""The newest form of a manifest that is known here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Blob:
    """One file of a tree: its path inside it, its size in bytes and its digest."""

    path: str
    size: int
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a tree holds. `needs` are addresses of trees without which it cannot be used."""

    kind: str
    files: tuple[Blob, ...]
    needs: tuple[str, ...] = ()
    format: int = FORMAT

    @property
    def bytes(self) -> int:
        """Sum of the sizes of its files."""
        return sum(blob.size for blob in self.files)


def inside(manifest: Manifest) -> Manifest:
    """Return the manifest where its form is known and each of its files lies in its own folder.

    An address is a digest that anybody can compute: in an archive from elsewhere it says that
    nothing was altered, not that nobody meant harm.

    Raises
    ------
    InputError
        When a newer version wrote it in another form.
    DamagedError
        With paths that lead elsewhere, or stand twice.
    """
    if manifest.format > FORMAT:
        raise InputError(
            f"{Manifest.__name__} cannot be read; a newer chainring may have written it: install "
            "that one",
            faults=[f"format {manifest.format}, here {FORMAT}"],
        )
    paths = Counter(blob.path for blob in manifest.files)
    folders = {str(above) for path in paths for above in PurePath(path).parents}
    amiss = [
        path
        for path in paths
        if path != PurePath(path).as_posix()  # empty, `.` or doubled parts
        or not PurePath(path).parts
        or PurePath(path).anchor
        or ".." in PurePath(path).parts
        or "\0" in path
        or path in folders
        or paths[path] > 1
    ]
    if amiss:
        told = ", ".join(sorted({repr(path) for path in amiss})[:5])
        raise DamagedError(
            f"a tree names files outside of its folder, or one twice: {told}; somebody made it to "
            "do harm: use nothing of where it came from"
        )
    return manifest


def after(manifest: Manifest, now: Mapping[str, Replaced]) -> Manifest:
    """Return the manifest with each file that an erasure replaced as it is now."""
    if not now:
        return manifest
    files = tuple(
        Blob(path=blob.path, size=now[blob.path].size, digest=now[blob.path].digest)
        if blob.path in now
        else blob
        for blob in manifest.files
    )
    return replace(manifest, files=files)


def hex_name(address: str) -> str:
    """Return the digits of an address: what its files are called.

    >>> hex_name("blake2b:" + 64 * "a")[:4]
    'aaaa'
    """
    prefix, _, name = address.partition(":")
    if prefix != "blake2b" or len(name) != 64 or set(name) - set("0123456789abcdef"):
        raise InputError(f"{address!r} is no address; one looks like blake2b:<64 hex digits>")
    return name
