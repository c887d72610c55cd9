"""Files at any fsspec url: listed with a fingerprint, copied to this disk while they are read.

Enters urls, folders or globs, leaves `RemoteFile`s sorted by name. A file of this machine is read
where it lies.

    remote_files(["s3://shop/help/*.jsonl", "/srv/notes"])
"""

from __future__ import annotations

import shutil
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from chainring.contracts.codec import digest
from chainring.contracts.errors import InputError, UnreachableError
from chainring.data.sources.settings import is_url
from chainring.store.files import full_disk_explained
from chainring.store.litter import is_passed_over

_HTTP = ("http://", "https://")
_TELLING = ("size", "mtime", "ino", "created", "ETag", "etag", "LastModified", "last_modified",
            "md5Hash", "checksum", "generation", "updated", "version")  # fmt: skip
"""What file systems say of a file that changes when it does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteFile:
    """A file: its name as rows carry it, its fingerprint, and how it is opened."""

    name: str
    fingerprint: str
    size: int
    path: str
    system: Any
    apart: str = ""
    """Where other files have its name: the name, begun at the folder in which they differ."""

    @property
    def is_local(self) -> bool:
        """Whether it lies on this machine's disk."""
        protocol = self.system.protocol
        return "file" in ((protocol,) if isinstance(protocol, str) else protocol)


def fault_of_url(url: str, *, allow: Sequence[str] = ()) -> str | None:
    """Return why a url may not be read, or None."""
    for link in url.split("::"):
        if link.lower().startswith(_HTTP) and not any(link.startswith(one) for one in allow):
            return (
                f"{link} is read only where the recipe allows it: name the beginning of the url in "
                "`allow`"
            )
    return None


def remote_files(urls: Sequence[str], held: Mapping[str, str] | None = None) -> list[RemoteFile]:
    """Return the files of all urls, each once and each with a name of its own.

    A file keeps the name that it had. Of new files of one name the one named last has it, as an
    older release read that one alone; the others begin a folder earlier, if they can.

    Parameters
    ----------
    held
        Name → path of the files that were read before, so that their rows keep their ids.

    Raises
    ------
    UnreachableError
        When a file system does not answer.
    InputError
        When nothing is there, a protocol is not known, or two files cannot be told apart.
    """
    files: dict[Any, RemoteFile] = {}
    places: dict[str, Any] = {}
    for url in urls:
        for file in _files(url):
            places[file.path] = _place(file)
            files.setdefault(places[file.path], file)
    taken = {name: places[path] for name, path in (held or {}).items() if path in places}
    own = {place: name for name, place in taken.items()}
    apart = _apart(files)
    found: dict[str, RemoteFile] = {}
    for place, file in sorted(reversed(files.items()), key=lambda one: not _is_whole(one[1])):
        name = own.get(place, file.name)
        while taken.setdefault(name, place) != place:
            longer = _longer(name, file.path)
            if longer == name:
                raise InputError(
                    f"two files would both be called {name}; read them in two sources, or rename "
                    "one"
                )
            name = longer
        found[name] = replace(file, name=name, apart=apart.get(place, ""))
    return [found[name] for name in sorted(found)]


def _place(file: RemoteFile) -> Any:
    return Path(file.path).resolve() if file.is_local else (file.system, file.path)


def _is_whole(file: RemoteFile) -> bool:
    """Return whether a file's name is its whole path, so that no longer one is left for it."""
    return _longer(file.name, file.path) == file.name


def _apart(files: Mapping[Any, RemoteFile]) -> dict[Any, str]:
    """Return place → what tells a file from the others of its name, where there are others."""
    alike: dict[str, list[Any]] = defaultdict(list)
    for place, file in files.items():
        alike[file.name].append(place)
    told: dict[Any, str] = {}
    for name, places in alike.items():
        names, before = [name] * len(places), [""]
        while len(set(names)) < len(names) and names != before:
            before = names
            names = [
                _longer(one, files[place].path) for one, place in zip(names, places, strict=True)
            ]
        if len(places) > 1:
            told |= dict(zip(places, names, strict=True))
    return told


def _longer(name: str, path: str) -> str:
    """Return a name that begins one folder earlier, the same where there is none."""
    before = path.strip("/").removesuffix(name).rstrip("/")
    return f"{before.rpartition('/')[2]}/{name}" if before else name


def _files(url: str) -> Iterator[RemoteFile]:
    system, root = _system(url)
    try:
        paths = _paths(system, root)
        for path in paths:
            yield _file(system, path, url)
    except FileNotFoundError:
        paths = []
    except OSError as error:
        raise UnreachableError(f"{url} does not answer: {error}") from error
    if not paths:
        raise UnreachableError(f"{url}: nothing is there")


def _system(url: str) -> tuple[Any, str]:
    from fsspec.core import url_to_fs

    try:
        system, root = url_to_fs(url if is_url(url) else f"file://{Path(url).absolute()}")
    except ImportError as error:
        raise _missing(url, error) from error
    except ValueError as error:
        raise InputError(f"{url} is no url that can be read: {error}") from error
    return system, str(root)


def _missing(url: str, error: ImportError) -> Exception:
    """Return the error that names what to install: the package of a protocol is in no extra."""
    protocol = url.partition(":")[0]
    package = {"s3": "s3fs", "gs": "gcsfs", "gcs": "gcsfs", "http": "aiohttp", "https": "aiohttp",
               "abfs": "adlfs", "az": "adlfs"}.get(protocol)  # fmt: skip
    if package is None:
        return InputError(f"{url}: {error}")
    return InputError(f"{protocol}:// needs a package; install it with: pip install {package}")


def _paths(system: Any, root: str) -> list[str]:
    if any(sign in root for sign in "*?["):
        listed = [str(path) for path in system.glob(root) if system.isfile(path)]
    elif system.isdir(root):
        listed = [str(path) for path in system.find(root)]
    else:
        listed = [root]
    inner = [(path, path.removeprefix(root).lstrip("/").split("/")) for path in listed]
    return [path for path, pieces in inner if not any(map(is_passed_over, pieces))]


def _file(system: Any, path: str, url: str) -> RemoteFile:
    told = system.info(path)
    marks = {name: str(told[name]) for name in _TELLING if told.get(name) is not None}
    return RemoteFile(
        name=_name(path, url),
        fingerprint=digest([path, marks]) if len(marks) > 1 else "",
        size=int(told.get("size") or 0),
        path=path,
        system=system,
    )


def _name(path: str, url: str) -> str:
    """Return a short name that tells files apart: the path from the last folder of the url on."""
    fixed = url.partition("*")[0].partition("?")[0].partition("[")[0]
    base = fixed.rpartition("/")[0] if fixed != url or fixed.endswith("/") else fixed
    plain = base.rpartition("::")[2].partition("://")[2] or base
    folder = plain.rstrip("/").rpartition("/")[0].strip("/")
    inner = path.strip("/")
    return inner.removeprefix(folder).strip("/") if folder else inner


@contextmanager
def local_copy(file: RemoteFile, folder: Path, *, max_mib: int) -> Iterator[Path]:
    """Hand out a file on this disk; a copy is gone afterwards."""
    if file.size > max_mib << 20:
        raise InputError(
            f"{file.name} has {file.size >> 20} MiB, more than max_file_mib = {max_mib}; split it"
        )
    if file.is_local:
        yield Path(file.path)
        return
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    place = folder / Path(file.path).name
    try:
        _copy(file, place, max_bytes=max_mib << 20)
        yield place
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _copy(file: RemoteFile, place: Path, *, max_bytes: int) -> None:
    with full_disk_explained(place.parent), place.open("wb") as ours:
        for piece in _pieces(file):
            ours.write(piece)
            if ours.tell() > max_bytes:
                raise InputError(f"{file.name} is larger than it said; raise max_file_mib")


def _pieces(file: RemoteFile) -> Iterator[bytes]:
    try:
        with file.system.open(file.path, "rb") as theirs:
            while piece := theirs.read(1 << 20):
                yield piece
    except OSError as error:
        raise UnreachableError(f"{file.name} cannot be read: {error}") from error
