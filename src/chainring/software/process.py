"""The process of a command, readied before its verb: its system, what it prints, its open files.

ready()    # or an error that names the next step
"""

from __future__ import annotations

import codecs
import io
import json
import sys
from contextlib import suppress

from chainring.contracts.errors import ChainringError

OPEN_FILES = 10_240
"""A server opens one a connection, and three a month of traffic; macOS begins with 256 in all."""


def ready() -> None:
    """Ready this process.

    Raises
    ------
    ChainringError
        On Windows.
    """
    require_system()
    print_what_can_be_printed()
    allow_open_files()


def require_system(system: str = "") -> None:
    """Refuse a system that chainring was not made for, before it fails in the middle of its work.

    Raises
    ------
    ChainringError
        On Windows, where neither locks nor files that are open and replaced are those of POSIX.
    """
    if (system or sys.platform) == "win32":
        raise ChainringError(
            "chainring runs on Linux and macOS; on Windows it runs in WSL: `wsl --install`, then "
            "the same commands there. The client alone, `from chainring import Client`, runs on "
            "Windows itself"
        )


def print_what_can_be_printed() -> None:
    """Let what an output cannot encode be written as JSON escapes it: no verb ends by that."""
    codecs.register_error("chainring.escaped", _escaped)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="chainring.escaped")


def _escaped(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return json.dumps(error.object[error.start : error.end])[1:-1], error.end


def allow_open_files(count: int = OPEN_FILES) -> None:
    """Let this process and its children have so many files open, where the system allows it."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = count if hard == resource.RLIM_INFINITY else min(count, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(OSError, ValueError):  # as few as before, then
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
