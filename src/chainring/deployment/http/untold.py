"""What of an error is no caller's: places on this server, which its operator finds in the log.

to_callers(SpaceError("500 MiB are needed at /srv/shop"))    # FULL
to_callers(InputError("no tree in /srv/shop/trees; …"))      # "no tree in trees; …"
"""

from __future__ import annotations

import logging
import re
from pathlib import Path

from chainring.contracts.errors import ChainringError, DamagedError, LockedError, SpaceError
from chainring.contracts.said import Said, told_by

log = logging.getLogger("chainring.http")

AWAY = "what the server keeps its records in does not answer now; try again"
"""What is told of a database that is away or locked; what is known of it names hosts, processes."""
FULL = Said(
    "the server has no room left for this; its operator has to free space",
    zh="服务器没有足够的空间；请管理员释放空间",
)
DAMAGED = Said(
    "something that the server keeps was altered or is missing, and is not used; its operator "
    "finds in the log what to put back",
    zh="服务器保存的内容被改动或缺失，因此未予使用；管理员可在日志中查看需要恢复什么",
)
UNWORDED = Said(
    "what failed did not say why; the server's operator finds its kind in the log",
    zh="出错的部分没有说明原因；管理员可在日志中查到它的类型",
)
_UNTOLD: tuple[tuple[type[ChainringError], str], ...] = (
    (LockedError, AWAY),
    (SpaceError, FULL),
    (DamagedError, DAMAGED),
)
"""Errors whose words are for who runs the server alone, and what is told instead."""
_END = r"\s'\"`,;:()<>，；：。（）「」“”"
_PLACE = re.compile(rf"(?<![A-Za-z0-9_.~/:-])(?:(?:sqlite|file)://)?/+(?:[^{_END}/]+/+)+[^{_END}]*")
"""An absolute path of two pieces or more, or its url."""


def to_callers(error: BaseException) -> str:
    """Return what callers may hear of an error; what they may not is logged."""
    for kind, words in _UNTOLD:
        if isinstance(error, kind):
            said = str(error).partition("\n")[0]
            log.error("http.unanswered cause=%s said=%s", type(error).__name__, said)
            return words
    said = words_of(error)
    if not said:
        log.error("http.unworded cause=%s", type(error).__name__)
        return UNWORDED
    told = unplaced(said)
    if told != said:
        there = ",".join(filter(None, map(_known, _PLACE.finditer(said))))
        log.error("http.unplaced cause=%s places=%s", type(error).__name__, there)
    return told


def words_of(error: BaseException) -> str:
    """Return what an error says; nothing where it has no words, or fails to tell them."""
    try:
        said = told_by(error)
    except Exception:  # noqa: BLE001 - an engine's own errors do as they like
        return ""
    return said if said.strip() else ""


def unplaced(text: str) -> str:
    """Return a text in which each place on this machine is told by its last name alone.

    >>> unplaced("no tree in /tmp/shop/trees; GET /v1/models says more")
    'no tree in trees; GET /v1/models says more'
    """
    if isinstance(text, Said):
        return Said(unplaced(str(text)), zh=unplaced(text.zh))
    return _PLACE.sub(_last_name, text)


def _known(found: re.Match[str]) -> str:
    """Return a place, or as much of it as is there: what a caller made up is not logged."""
    place = _of(found)
    there = (one for one in (place, *place.parents) if one.name and _is_there(one))
    return str(next(there, ""))


def _of(found: re.Match[str]) -> Path:
    return Path("/", found[0].partition("://")[2] or found[0])


def _last_name(found: re.Match[str]) -> str:
    place = _of(found)
    # An address such as /v1/models is told; what does not let us look may be a place of ours.
    is_here = _is_there(Path(*place.parts[:2]), unsure=True)
    return place.name if is_here else found[0]


def _is_there(place: Path, *, unsure: bool = False) -> bool:
    """Return whether a place is there; `unsure`: what is said where nobody may or can look."""
    try:
        place.lstat()  # `exists` answers no to everything from Python 3.14 on
        return True
    except (FileNotFoundError, NotADirectoryError):
        return False
    except (OSError, ValueError):  # no right to look, a name of too many letters, a dead mount
        return unsure
