"""Erasures: how a file inside a stored tree loses a person's text while the tree keeps its address.

A tree's address is the digest of its manifest, and lineage, references and models name it. So the
manifest stays as it is; beside it stands an erasure, sealed with the project key, that says which
file has which bytes now. Whoever reads the tree sees the new bytes, checked as strictly as before.

    erase(trees, address, {"rows.jsonl": scrubbed_file}, receipt="fgt_01kb…")
    drop_replaced(trees)                    # the old bytes go, wherever they were linked
"""

from __future__ import annotations

import hmac
import logging
import shutil
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from chainring.contracts.codec import decode, encode
from chainring.contracts.errors import ConflictError, DamagedError, InputError
from chainring.contracts.ids import keyed

if TYPE_CHECKING:
    from chainring.store.trees import TreeStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Replaced:
    """One file: the digests it had, the manifest's first, and what it is now."""

    path: str
    was: tuple[str, ...]
    digest: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """What was replaced in the tree `address`, by which acts, and the seal over both."""

    address: str
    files: tuple[Replaced, ...] = ()
    receipts: tuple[str, ...] = ()
    format: int = 1
    seal: str = field(default="")

    def sealed(self, secret: bytes) -> Erasure:
        """Return this erasure with its seal: who has no project key cannot write one."""
        bare = encode(replace(self, seal=""))
        return replace(self, seal=keyed(secret, "erasure", bare, size=32))


def read_erasure(data: bytes | None, address: str, secret: bytes, *, where: Path) -> Erasure:
    """Return the erasure of a tree, an empty one where nothing was erased (None).

    Raises
    ------
    DamagedError
        When it was altered, or belongs to another tree or project.
    """
    if data is None:
        return Erasure(address=address)
    found = decode(Erasure, data)
    is_ours = hmac.compare_digest(found.seal, found.sealed(secret).seal)
    if found.address != address or not is_ours:
        raise DamagedError(f"the erasure {where} was altered; restore it from a backup")
    return replace(found, seal="")


def sealed_bytes(erasure: Erasure, secret: bytes) -> bytes:
    """Return an erasure as it is stored."""
    return encode(erasure.sealed(secret)).encode()


def merged(ours: Erasure, theirs: Erasure, *, yielding: bool = False) -> Erasure:
    """Return what two machines replaced in a tree as one erasure.

    Of a file that both replaced, theirs counts, unless ours came after it; the bytes of ours are
    then among those that go. Where neither knew of the other, ours stays, unless it is `yielding`:
    what was forgotten here would come back.
    """
    files = {one.path: one for one in theirs.files}
    apart = () if yielding else disputed(ours, theirs)
    for one in ours.files:
        other = files.get(one.path)
        if other is None or other.digest in one.was or one.path in apart:
            files[one.path] = one
        else:
            was = dict.fromkeys((*other.was, *one.was, one.digest))
            was.pop(other.digest, None)
            files[one.path] = replace(other, was=tuple(was))
    receipts = tuple(dict.fromkeys((*theirs.receipts, *ours.receipts)))
    return replace(
        ours, files=tuple(files[name] for name in sorted(files)), receipts=receipts, seal=""
    )


def disputed(ours: Erasure, theirs: Erasure) -> tuple[str, ...]:
    """Return the files that two machines replaced, neither knowing of the other.

    A version that overwrote erasures in the remote left such.
    """
    there = {one.path: one for one in theirs.files}
    both = [(one, there[one.path]) for one in ours.files if one.path in there]
    return tuple(
        one.path
        for one, other in both
        if one.digest not in (*other.was, other.digest) and other.digest not in one.was
    )


def received(ours: Erasure, theirs: Erasure, disputes: dict[str, Erasure]) -> Erasure:
    """Return `merged`, and keep theirs among the disputes where it was made without ours."""
    if apart := disputed(ours, theirs):
        if not disputes:
            logging.getLogger("chainring").warning(
                "forget.disputed tree=%s files=%s because=another machine forgot there without "
                "knowing what was forgotten here; run `chainring forget --resume` on this one",
                *(ours.address, ",".join(apart)),
            )
        disputes[ours.address] = theirs
    return merged(ours, theirs)


def newest(ours: Erasure, theirs: Erasure) -> Erasure:
    """Return `merged` of an erasure that knows what another machine put into its files.

    Raises
    ------
    ConflictError
        When it was made from other bytes: what went there would come back.
    """
    known = {one.path: {*one.was, one.digest} for one in ours.files}
    strange = [
        one.path for one in theirs.files if one.digest not in known.get(one.path, one.digest)
    ]
    if strange:
        raise ConflictError(
            f"{', '.join(strange)} of the tree {ours.address} was changed by forgetting on another "
            "machine meanwhile; run `chainring forget --resume`"
        )
    return merged(ours, theirs)


def erase(
    trees: TreeStore, address: str, files: Mapping[str, Path], *, receipt: str
) -> tuple[str, ...]:
    """Put other bytes in place of files of a tree; return the digests that they replace.

    The new bytes are stored first and the erasure last: writing it *is* the commit. The old bytes
    stay until `drop_replaced`, for another tree may share them and be next.

    Parameters
    ----------
    files
        Path inside the tree → the file that holds its new bytes.
    receipt
        Id of the act by which they go.
    """
    before = trees.erasure(address)
    known = {one.path: one for one in before.files}
    now = {blob.path: blob.digest for blob in trees.manifest(address).files}
    strangers = sorted(set(files) - set(now))
    if strangers:
        raise InputError(f"the tree {address} has no file {', '.join(strangers)}")
    replaced = []
    for name, source in files.items():
        blob = trees.put_file(source, name)
        was = known[name].was if name in known else ()
        if blob.digest != now[name]:
            replaced.append(now[name])
            was = (*was, now[name])
        known[name] = Replaced(path=name, was=was, digest=blob.digest, size=blob.size)
    if replaced:
        receipts = tuple(dict.fromkeys((*before.receipts, receipt)))
        after = replace(before, files=tuple(known[name] for name in sorted(known)))
        trees.put_erasure(replace(after, receipts=receipts))
    return tuple(replaced)


def drop_replaced(trees: TreeStore, *, needed: Collection[str] | None = None) -> int:
    """Remove the bytes that erasures replaced and no tree names any more; return how many files.

    What a killed act left behind is found by the erasures themselves, so it may be run at any time.

    Raises
    ------
    DamagedError
        When what a tree names cannot be read; of those that are not `needed` it does not matter.
    """
    named: set[str] = set()
    old: set[str] = set()
    readable = []
    for address in trees.addresses():
        try:
            named.update(blob.digest for blob in trees.manifest(address).files)
            erased = trees.erasure(address).files
        except DamagedError:
            if needed is None or address in needed:
                raise
            continue
        readable.append(address)
        for one in erased:
            old.update(one.was)
    for address in readable:
        if trees.erasure(address).files:
            _close(trees, address)
    return sum(trees.remove_blob(digest) for digest in sorted(old - named))


def _close(trees: TreeStore, address: str) -> None:
    """Take the open folder away when it still links old bytes: `open` makes it anew."""
    folder = trees.open_folder(address)
    for blob in trees.manifest(address).files:
        place = folder / blob.path
        if place.exists() and trees.digests.digest(place) != blob.digest:
            shutil.rmtree(folder)
            return
