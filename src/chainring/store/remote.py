"""The remote of a tree store: the same files below an fsspec url, that several machines reach.

Enters a path below the store's folder, leaves or brings the file of the same name in the remote.
Erasures are the only files there that ever change: one listing tells which did.

    remote = Remote("s3://bucket/shop", root=Path(".chainring/store"))
    remote.upload(path)
    remote.list_erasures()
    remote.changed(erasure_path)           # its bytes, where they are other than when last asked
"""

from __future__ import annotations

import errno
import re
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from chainring.contracts.errors import ChainringError, InputError, UnreachableError
from chainring.contracts.said import Said
from chainring.store.files import beside, full_disk_explained
from chainring.store.litter import is_passed_over

ERASED = "erased"
LISTING_S = 30.0
"""So long a listing of erasures is good for reading; an act of forgetting begins with its own."""

_FULL = (errno.ENOSPC, errno.EDQUOT)
_BUSY = (errno.ENETDOWN, errno.ENETUNREACH, errno.EHOSTDOWN, errno.EHOSTUNREACH, errno.EBUSY)
_UNREACHED = re.compile(r"Connect|Time(?:d)?Out|Unreachable|Disconnected", re.IGNORECASE)
"""In the names of what the libraries behind fsspec raise: few are errors of the system."""
_TOLD = 200


class Remote:
    """Files below an fsspec url (`s3://bucket/x`, `file:///mnt/x`, ...).

    Parameters
    ----------
    url
        Where the files are.
    root
        The local folder whose files they are.
    """

    def __init__(self, url: str, *, root: Path) -> None:
        import fsspec

        self._fs, self._base = fsspec.core.url_to_fs(url)
        self._root = root
        self._listed: dict[str, str] = {}
        self._listed_at = float("-inf")
        self._known: dict[str, str] = {}

    def has(self, path: Path) -> bool:
        """Whether the file is there."""
        return bool(self._fs.exists(self._place(path)))

    def names(self) -> set[Path]:
        """Return the local paths of all manifests and erasures that are there, in two listings."""
        self._fs.invalidate_cache()
        cut = len(self._base) + 1
        places = [*self._fs.find(f"{self._base}/trees"), *self._fs.find(f"{self._base}/{ERASED}")]
        found = {self._root / place[cut:] for place in places}
        return {path for path in found if not is_passed_over(path.name)}

    def upload(self, path: Path) -> None:
        """Copy a file there, unless it is there; one that an upload left shorter is made anew."""
        place = self._place(path)
        if not self._fs.exists(place) or self._fs.size(place) != path.stat().st_size:
            self._fs.makedirs(place.rpartition("/")[0], exist_ok=True)
            self._fs.put_file(str(path), place)

    def download(self, path: Path) -> None:
        """Bring a file here, whole or not at all; one that is not there is left alone."""
        if not self.has(path):
            return
        temporary = beside(path)
        with full_disk_explained(self._root):
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                self._fs.get_file(self._place(path), str(temporary))
                temporary.chmod(0o444)
                temporary.replace(path)
            finally:
                temporary.unlink(missing_ok=True)

    def remove(self, path: Path) -> None:
        """Remove a file there, if it is there."""
        if self.has(path):
            self._fs.rm_file(self._place(path))

    def read(self, path: Path) -> bytes | None:
        """Return a file's bytes as they are there now; None where it is not there."""
        self._fs.invalidate_cache()
        data: bytes | None = self._fs.cat_file(self._place(path)) if self.has(path) else None
        return data

    def write(self, path: Path, data: bytes) -> None:
        """Put bytes there in place of what there was."""
        place = self._place(path)
        self._fs.makedirs(place.rpartition("/")[0], exist_ok=True)
        self._fs.pipe_file(place, data)

    def list_erasures(self, *, anew: bool = False) -> None:
        """List the erasures, unless that was tried within `LISTING_S`; `anew`: in any case."""
        if anew or time.monotonic() - self._listed_at > LISTING_S:
            self._listed_at = time.monotonic()
            self._fs.invalidate_cache()
            found = self._fs.find(f"{self._base}/{ERASED}", detail=True)
            self._listed = {name: str(sorted(info.items())) for name, info in found.items()}

    def changed(self, path: Path) -> bytes | None:
        """Return a listed erasure's bytes where they are not those of the last time; else None."""
        place = self._place(path)
        state = self._listed.get(place)
        if state is None or self._known.get(place) == state:
            return None
        try:
            found: bytes = self._fs.cat_file(place)
        except FileNotFoundError:  # its tree was swept since
            return None
        self._known[place] = state
        return found

    def _place(self, path: Path) -> str:
        return f"{self._base}/{path.relative_to(self._root).as_posix()}"


def is_away(error: BaseException) -> bool:
    """Whether a remote was not reached, or was busy, so that the next time may succeed.

    A host whose name nobody knows is no such case: that is a fault of the recipe.
    """
    chain = [error]
    while (before := chain[-1].__cause__ or chain[-1].__context__) and before not in chain:
        chain.append(before)
    if any(isinstance(one, socket.gaierror) and one.errno != socket.EAI_AGAIN for one in chain):
        return False
    if isinstance(error, (ConnectionError, TimeoutError, socket.gaierror)):
        return True
    if isinstance(error, OSError) and error.errno in _BUSY:
        return True
    return any(_UNREACHED.search(kind.__name__) for kind in type(error).__mro__)


@contextmanager
def refusal_told() -> Iterator[None]:
    """Raise InputError where a remote does not take what is brought; see `_told`."""
    with _told(
        "the remote of [store] does not take what is stored here ({}); look at its name, key and "
        "rights, and the next `chainring turn` brings what it lacks",
        zh="[store] 中的 remote 不接收这里存储的内容（{}）；请检查它的名称、密钥和权限，下一次 "
        "`chainring turn` 会补上它所缺的内容",
    ):
        yield


@contextmanager
def needed() -> Iterator[None]:
    """Raise InputError where a remote refuses what cannot be done without it; see `_told`."""
    with _told(
        "the remote of [store] refuses what is asked of it ({}); look at its name, key and rights, "
        "then run the same command again",
        zh="[store] 中的 remote 拒绝了请求（{}）；请检查它的名称、密钥和权限，再运行同一条命令",
    ):
        yield


@contextmanager
def _told(refused: str, *, zh: str) -> Iterator[None]:
    """Raise errors with cause and next step: UnreachableError of a remote that is away.

    A full disk passes: it is told where its folder is known.
    """
    try:
        yield
    except ChainringError:
        raise
    except Exception as error:  # a file system of fsspec raises what it likes
        if isinstance(error, OSError) and error.errno in _FULL:
            raise
        told = f"{type(error).__name__}: {error}"[:_TOLD]
        cause = "".join(one if one.isprintable() else " " for one in told)
        if is_away(error):
            raise UnreachableError(
                Said(
                    f"the remote of [store] is not reached ({cause}), and this needs it; run the "
                    "same command again once it is",
                    zh=f"连接不上 [store] 中的 remote（{cause}），而此处需要它；请在恢复连接后"
                    "再运行同一条命令",
                )
            ) from error
        raise InputError(Said(refused.format(cause), zh=zh.format(cause))) from error
