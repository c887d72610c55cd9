"""Trees: folders addressed by their content.

A tree is a manifest of blobs. Blobs are written first, the manifest last: writing it *is* the
commit, so a reader sees the whole artefact or none. `put(folder)` returns an address; `open`
returns a read-only folder of hard links, verified. With a `remote` (any fsspec url) the local
folder is a bounded cache of it.
"""

from __future__ import annotations

import logging
import os
import shutil
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from chainring.contracts.codec import decode, digest, encode
from chainring.contracts.errors import DamagedError, InputError, UnreachableError
from chainring.store.afar import Afar
from chainring.store.erasure import Erasure, newest, read_erasure, received, sealed_bytes
from chainring.store.files import DigestCache, copy_durably, make_young, write_durably
from chainring.store.litter import is_litter, sorted_seen
from chainring.store.manifest import Blob, Manifest, after, hex_name, inside
from chainring.store.opened import Still, check_out, each, is_whole, make_room, sweep_leftovers
from chainring.store.remote import ERASED

log = logging.getLogger("chainring.store")


class TreeStore:
    """Trees in a local folder, mirrored to a remote when one is named.

    Parameters
    ----------
    root
        Folder for blobs, manifests and open trees.
    remote
        fsspec url (`s3://bucket/x`, `file:///mnt/x`, ...) that holds every tree; or None.
    cache_bytes
        With a remote: how many bytes of blobs may stay in `root`, besides those in use.
    secret
        Project key that seals erasures (`chainring.store.erasure`).
    """

    def __init__(
        self,
        root: Path,
        *,
        remote: str | None = None,
        cache_bytes: int = 20 << 30,
        secret: bytes = b"",
    ) -> None:
        self.root, self._secret = root, secret
        self.digests = DigestCache(root / "digests.json")
        self.disputes: dict[str, Erasure] = {}
        self._cache_bytes = cache_bytes
        self._afar = Afar(remote, root=root)

    def put(self, folder: Path, *, kind: str, needs: Sequence[str] = ()) -> str:
        """Store the files of a folder and return the tree's address.

        Where the remote is away, it is stored here, and `mirror` brings it there another time.

        Raises
        ------
        InputError
            When the folder is empty or holds a link or a special file.
        """
        blobs = []
        for path in sorted(folder.rglob("*")):
            if path.is_symlink() or not (path.is_file() or path.is_dir()):
                raise InputError(f"{path} is a link or a special file; a tree holds plain files")
            if path.is_file() and not is_litter(path.name):
                blobs.append(self._put_blob(path, path.relative_to(folder).as_posix()))
        if not blobs:
            raise InputError(f"{folder} holds no file; an empty tree is never stored")
        manifest = Manifest(kind=kind, files=tuple(blobs), needs=tuple(needs))
        text = encode(manifest)
        address = digest(text.encode(), size=32)
        target = self._manifest_path(address)
        if target.exists():
            make_young(target)
        else:
            write_durably(target, text.encode(), mode=0o444)
        self._offer(blobs, target, needs)
        self.digests.save()
        return address

    def manifest(self, address: str) -> Manifest:
        """Return what a tree holds; the manifest's own bytes are checked against its address.

        Of a file that an erasure replaced it tells what is there now.
        """
        path = self._manifest_path(address)
        if not path.exists():
            self._afar.download(path)
        if not path.exists():
            if self._afar.is_named:
                raise InputError(
                    f"no tree {address} in {self.root}, nor in the remote; `chainring turn` on "
                    "the machine that made it brings it there"
                )
            raise InputError(
                f"no tree {address} in {self.root}; it was never stored or was removed"
            )
        data = path.read_bytes()
        if digest(data, size=32) != address:
            raise DamagedError(f"the manifest {path} was altered; {self._mending(path)}")
        now = {one.path: one for one in self.erasure(address).files}
        return after(inside(decode(Manifest, data)), now)

    def erasure(self, address: str) -> Erasure:
        """Return which files of a tree were replaced when something was forgotten.

        What another machine replaced counts here, too, from when the remote is next listed; where
        it cannot be listed, what is known here counts.
        """
        path = self._erasure_path(address)
        here = self._read_erasure(path.read_bytes() if path.exists() else None, address)
        data = self._afar.changed(path)
        if data is None:
            return here
        found = received(here, self._read_erasure(data, address), self.disputes)
        if found != here:
            write_durably(path, sealed_bytes(found, self._secret), mode=0o444)
        return found

    def put_erasure(self, erasure: Erasure) -> None:
        """Write an erasure durably, in place of an earlier one of its tree.

        Raises
        ------
        ConflictError
            When another machine replaced one of its files in the remote meanwhile.
        """
        path = self._erasure_path(erasure.address)
        if self._afar.is_named:  # first: what is written here alone would be overwritten there
            there = self._read_erasure(self._afar.read(path), erasure.address)
            erasure = newest(erasure, there)
            self._afar.write(path, sealed_bytes(erasure, self._secret))
        write_durably(path, sealed_bytes(erasure, self._secret), mode=0o444)

    def _read_erasure(self, data: bytes | None, address: str) -> Erasure:
        return read_erasure(data, address, self._secret, where=self._erasure_path(address))

    def refresh(self) -> None:
        """Ask the remote anew what other machines replaced; UnreachableError where it is away."""
        self._afar.refresh()

    def mirror(self, addresses: Iterable[str]) -> int:
        """Bring those trees to the remote that are here and not there; return how many.

        With what they need, and erasures. So a remote that is named later, or was lost, comes to
        hold them all; of one that has them only names are read. One that is away is told in the log
        and left for the next time; of one that refuses (a wrong key) InputError tells the cause.
        """
        if not self._afar.is_named:
            return 0
        try:
            there = self._afar.names()
            return sum(self._mirror(address, there) for address in sorted(addresses))
        except UnreachableError as error:
            cause = type(error.__cause__ or error).__name__
            log.warning("trees.unmirrored remote=away cause=%s", cause)
            return 0

    def _mirror(self, address: str, there: set[Path]) -> int:
        """Bring a tree to the remote, its manifest last; return how many, with what it needs."""
        places = self._manifest_path(address), self._erasure_path(address)
        if not places[0].exists() or all(path in there or not path.exists() for path in places):
            return 0
        there.update(places)
        try:
            manifest, erasure = self.manifest(address), self.erasure(address)
            for blob in manifest.files:
                self._fetch(blob)
            self._verify(manifest, fresh=False)
        except DamagedError as error:
            log.warning("trees.unmirrored tree=%s because=%s", address, error)
            return 0
        needed = sum(self._mirror(one, there) for one in manifest.needs)
        for blob in manifest.files:
            self._afar.upload(self._blob_path(blob.digest))
        if erasure.files:
            self.put_erasure(erasure)
        self._afar.upload(places[0])
        return needed + 1

    def put_file(self, path: Path, name: str) -> Blob:
        """Store one file that an erasure is going to name, in the remote, too."""
        blob = self._put_blob(path, name)
        self._afar.upload(self._blob_path(blob.digest))
        return blob

    def remove_blob(self, found: str) -> bool:
        """Remove bytes that no tree names, here and in the remote; return whether any were here."""
        return self._remove(self._blob_path(found))

    def open_folder(self, address: str) -> Path:
        """Return where `open` puts the tree, whether or not it is open."""
        return self.root / "open" / hex_name(address)

    def has(self, address: str) -> bool:
        """Whether the tree is here (or in the remote, which may be UnreachableError)."""
        return (path := self._manifest_path(address)).exists() or self._afar.has(path)

    def surely_has(self, address: str) -> bool:
        """Whether the tree is here, or in a remote that says so now."""
        return (path := self._manifest_path(address)).exists() or self._afar.surely_has(path)

    def open(self, address: str, *, fresh: bool = False) -> Path:
        """Return a read-only folder with the tree's files.

        Files are verified against the manifest; with `fresh` every byte is read again, otherwise
        a file whose size, time and inode are as they were is taken as it was.

        Raises
        ------
        DamagedError
            When a file's bytes differ from the manifest.
        """
        manifest = self.manifest(address)
        target = self.root / "open" / hex_name(address)
        for blob in manifest.files:
            self._fetch(blob)
        self._verify(manifest, fresh=fresh)
        if target.exists() and not is_whole(
            manifest, target, blobs=self._blob_path, digests=self.digests, fresh=fresh
        ):
            shutil.rmtree(target)
        if not target.exists():
            check_out(manifest, target, blobs=self._blob_path)
        else:
            os.utime(target)
        if self._afar.is_named:
            used = {blob.digest for blob in manifest.files}
            make_room(self.root, self._cache_bytes, used, is_afar=self._afar.surely_has)
        self.digests.save()
        return target

    def verify(self, address: str) -> None:
        """Read every byte of a tree again; raises DamagedError at the first difference."""
        manifest = self.manifest(address)
        for blob in manifest.files:
            self._fetch(blob)
        self._verify(manifest, fresh=True)

    def addresses(self) -> Iterator[str]:
        """Yield the address of every tree in the local folder."""
        for path in sorted_seen(self.root / "trees", "*/*.json"):
            yield f"blake2b:{path.stem}"

    def sweep(
        self, keep: Iterable[str], *, min_age_s: float = 3600.0, still: Still = lambda: None
    ) -> dict[str, int]:
        """Remove every tree not in `keep` (or needed by one) and every blob no tree names.

        What goes here goes from the remote, too. What is younger than `min_age_s` stays: a step may
        just be writing it. `still` is asked before each hundred: it raises where it may not go on.
        """
        wanted, cutoff = self.closure(keep), time.time() - min_age_s
        places = {address: self._manifest_path(address) for address in self.addresses()}
        gone = sorted(a for a in places.keys() - wanted if places[a].stat().st_ctime <= cutoff)
        named = self._blobs(places.keys() - set(gone))
        afar = self._blobs(gone) - named if self._afar.is_named else set()
        for address in each(gone, still):
            self._remove(places[address])
            self._remove(self._erasure_path(address))
        here = {path: path.stat() for path in (self.root / "blobs").glob("*/*")}
        blobs = [p for p in here if f"blake2b:{p.name}" not in named and here[p].st_ctime <= cutoff]
        for path in each({*blobs, *({*map(self._blob_path, afar)} - here.keys())}, still):
            self._remove(path)
        for address in gone:  # last: to unlink a link makes its blob young
            shutil.rmtree(self.root / "open" / hex_name(address), ignore_errors=True)
        sweep_leftovers(self.root, cutoff)
        size = sum(here[path].st_size for path in blobs)
        return {"trees": len(gone), "blobs": len(blobs), "bytes": size}

    def _blobs(self, addresses: Iterable[str]) -> set[str]:
        return {blob.digest for one in addresses for blob in self.manifest(one).files}

    def closure(self, addresses: Iterable[str]) -> set[str]:
        """Return those trees that are here (or in the remote), and what they need."""
        wanted: set[str] = set()
        waiting = list(addresses)
        while waiting:
            address = waiting.pop()
            if address not in wanted and self.has(address):
                wanted.add(address)
                waiting.extend(self.manifest(address).needs)
        return wanted

    def _put_blob(self, path: Path, name: str) -> Blob:
        found = self.digests.digest(path)
        target = self._blob_path(found)
        if target.exists() and self.digests.digest(target) == found:
            make_young(target)
        else:
            copy_durably(path, target, digest=found)
        return Blob(path=name, size=target.stat().st_size, digest=found)

    def _verify(self, manifest: Manifest, *, fresh: bool) -> None:
        for blob in manifest.files:
            path = self._blob_path(blob.digest)
            if path.stat().st_size != blob.size or self.digests.digest(path, fresh=fresh) != (
                blob.digest
            ):
                raise DamagedError(
                    f"{blob.path} of a {manifest.kind} tree was altered: {path} no longer has the "
                    f"digest of its manifest. It is not used; {self._mending(path)}"
                )

    def _fetch(self, blob: Blob) -> None:
        path = self._blob_path(blob.digest)
        if not path.exists():
            self._afar.download(path)
        if not path.exists():
            raise DamagedError(f"{blob.path} is missing from {self.root}; {self._mending(path)}")

    def _mending(self, path: Path) -> str:
        own = path.relative_to(self.root).as_posix()
        return f"put it back from a backup: tar -xzf BACKUP -C {self.root} {own}"

    def _offer(self, blobs: Iterable[Blob], manifest: Path, needs: Iterable[str]) -> None:
        files = dict.fromkeys(self._blob_path(blob.digest) for blob in blobs)
        self._afar.offer([*files, manifest], needs=map(self._manifest_path, needs))

    def _remove(self, path: Path) -> bool:
        """Remove a file, in the remote first; return whether it was here."""
        self._afar.remove(path)
        was_here = path.exists()
        path.unlink(missing_ok=True)
        return was_here

    def _manifest_path(self, address: str) -> Path:
        name = hex_name(address)
        return self.root / "trees" / name[:2] / f"{name}.json"

    def _erasure_path(self, address: str) -> Path:
        name = hex_name(address)
        return self.root / ERASED / name[:2] / f"{name}.json"

    def _blob_path(self, found: str) -> Path:
        name = hex_name(found)
        return self.root / "blobs" / name[:2] / name
