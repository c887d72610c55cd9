"""The package itself as a wheel, and the exact versions of what it needs to serve.

    write_wheel(folder)                     # folder/chainring-0.1.0-py3-none-any.whl
    pinned(["numpy", "fastapi"])            # ["fastapi==0.165.0", "numpy==2.4.6", ...]

The wheel is written from the installed package itself: building one from its source would need the
source and a network. It has the same bytes each time.
"""

from __future__ import annotations

import base64
import hashlib
import zipfile
from collections.abc import Iterable, Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import chainring
from chainring.contracts.errors import MissingPackageError
from chainring.contracts.said import Said
from chainring.store.litter import files_below

NAME = "chainring"
_TIME = (1980, 1, 1, 0, 0, 0)
_TAGS = "Wheel-Version: 1.0\nGenerator: chainring\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


def write_wheel(folder: Path) -> Path:
    """Write the wheel of this very package into a folder and return its path."""
    installed = metadata.distribution(NAME)
    stem = f"{NAME}-{installed.version}"
    root = Path(chainring.__file__).parent
    files = {f"{NAME}/{path.relative_to(root).as_posix()}": path.read_bytes() for path in own(root)}
    told = installed.read_text("METADATA") or installed.read_text("PKG-INFO")  # of a checkout
    assert told is not None, "an installed package has one of them"
    files[f"{stem}.dist-info/METADATA"] = told.encode()
    files[f"{stem}.dist-info/entry_points.txt"] = (
        installed.read_text("entry_points.txt") or ""
    ).encode()
    files[f"{stem}.dist-info/WHEEL"] = _TAGS.encode()
    record = f"{stem}.dist-info/RECORD"
    lines = [f"{name},{_digest(data)},{len(data)}" for name, data in files.items()]
    files[record] = "\n".join([*lines, f"{record},,", ""]).encode()
    path = folder / f"{stem}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        for name, data in files.items():
            out.writestr(zipfile.ZipInfo(name, date_time=_TIME), data, zipfile.ZIP_DEFLATED)
    return path


def requirements(extra: str = "") -> list[str]:
    """Return what this package asks for by itself, or what an extra of it asks for besides."""
    parsed = _parser()
    found = []
    for line in metadata.distribution(NAME).requires or []:
        one = parsed(line)
        named = one.marker is not None and "extra" in str(one.marker)
        wanted = one.marker is None or one.marker.evaluate({"extra": extra})
        if wanted and named == bool(extra):
            found.append(str(one.name))
    return found


def pinned(names: Iterable[str]) -> dict[str, str]:
    """Return name and installed version of these packages and of all that they need.

    Raises
    ------
    MissingPackageError
        One of them is not installed here, so that nobody knows which version serves.
    """
    found: dict[str, str] = {}
    waiting = [(name, "") for name in names]
    while waiting:
        name, extras = waiting.pop()
        try:
            installed = metadata.distribution(name)
        except metadata.PackageNotFoundError as error:
            raise MissingPackageError(
                name,
                extra="serve,writers",
                needed_for=Said("packaging what serves", zh="打包部署内容"),
            ) from error
        key = str(installed.metadata["Name"]).lower().replace("_", "-")
        if key in found and not extras:
            continue
        found[key] = installed.version
        waiting += [one for one in _needed(installed, extras) if one[0].lower() not in found]
    return dict(sorted(found.items()))


def installed_bytes(names: Iterable[str]) -> int:
    """Return how much disk installed packages take, as their own lists of files say."""
    return sum(
        path.stat().st_size
        for name in names
        for file in metadata.distribution(name).files or []
        if (path := Path(str(file.locate()))).is_file()
    )


def own(root: Path) -> Iterator[Path]:
    """Yield the files of the installed package."""
    for path in files_below(root):
        if "__pycache__" not in path.parts:
            yield path


def _needed(installed: metadata.Distribution, extras: str) -> Iterator[tuple[str, str]]:
    parsed = _parser()
    for line in installed.requires or []:
        one = parsed(line)
        asked = extras.split(",")
        if one.marker is None or any(one.marker.evaluate({"extra": name}) for name in asked):
            yield str(one.name), ",".join(sorted(one.extras))


def _digest(data: bytes) -> str:
    found = base64.urlsafe_b64encode(hashlib.sha256(data).digest())
    return f"sha256={found.decode().rstrip('=')}"


def _parser() -> Any:
    from packaging.requirements import Requirement

    return Requirement
