"""Which optional packages are installed, read from the package's own metadata.

Leaves the missing ones per extra; nothing is imported, so asking costs milliseconds.
"""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, distribution, requires
from importlib.util import find_spec
from pathlib import Path

_OPTIONAL = re.compile(r"^([\w.-]+)(?:\[([\w,-]+)\])?[^;]*;.*extra == ['\"]([\w-]+)['\"]")
_EVERYWHERE = re.compile(r"^([\w.-]+)[^;]*; *extra == ['\"]([\w-]+)['\"]$")
_NOT_FOR_USERS = ("dev", "all")


def missing_packages() -> dict[str, tuple[str, ...]]:
    """Return for every extra the distributions that are not installed; () when it is complete."""
    found: dict[str, list[str]] = {}
    for line in requires("chainring") or ():
        matched = _OPTIONAL.match(line)
        if matched and matched[3] not in _NOT_FOR_USERS and _is_wanted(line, matched[3]):
            absent = found.setdefault(matched[3], [])
            absent += _absent(matched[1], (matched[2] or "").split(","))
    return {extra: tuple(absent) for extra, absent in found.items()}


def _is_wanted(line: str, extra: str) -> bool:
    """Return whether a requirement concerns this Python and this system."""
    from packaging.requirements import Requirement

    marker = Requirement(line).marker
    return marker is None or marker.evaluate({"extra": extra})


def _absent(name: str, extras: list[str]) -> list[str]:
    """Return what is not installed of a distribution and of its extras."""
    if not is_installed(name):
        return [name]
    wanted = (_EVERYWHERE.match(line) for line in requires(name) or ())
    return [one[1] for one in wanted if one and one[2] in extras and not is_installed(one[1])]


def is_installed(name: str) -> bool:
    """Return whether a distribution of that name is installed; it is not imported."""
    try:
        distribution(name)
    except PackageNotFoundError:
        return False
    return True


def torch_can_use_cuda() -> bool | None:
    """Return whether the installed torch was built for GPUs; None without torch.

    Read from its `version.py`, because importing torch takes seconds.
    """
    spec = find_spec("torch")
    if spec is None or spec.origin is None:
        return None
    text = (Path(spec.origin).parent / "version.py").read_text(encoding="utf-8")
    return re.search(r"^(?:cuda|hip)\b[^=\n]*= *['\"]", text, re.MULTILINE) is not None
