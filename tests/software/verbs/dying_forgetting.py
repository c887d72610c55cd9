"""A forgetting that is killed with kill -9 before or after the n-th call of a part of the work.

    python dying_forgetting.py

Each line of standard input is one, as a JSON list: folder, module, function, `before` or `after`,
and the number of the call. It is done in a fork, so that libraries are loaded once; the answer is
a line with the signal that ended it (0: it was not killed).
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
from typing import Any, NoReturn

import chainring.software.verbs.forgetting
import chainring.software.verbs.receipts
import chainring.trust.forget  # noqa: F401 - loaded before the fork
from chainring.software.api import Project


def arm(module: str, name: str, *, is_before: bool, number: int) -> None:
    """Let this process die at the call of that number."""
    owner = importlib.import_module(module)
    function, left = getattr(owner, name), [number]

    def dying(*given: Any, **named: Any) -> Any:
        left[0] -= 1
        if left[0] == 0 and is_before:
            os.kill(os.getpid(), signal.SIGKILL)
        made = function(*given, **named)
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return made

    setattr(owner, name, dying)


def forget(folder: str, module: str, name: str, when: str, number: int) -> NoReturn:
    """Forget Ann in this process and end it, whatever happens."""
    status = 1
    try:
        arm(module, name, is_before=when == "before", number=number)
        Project.open(folder).forget(subject=["ann"], author=["ann"], reason="asked")
        status = 0
    finally:
        sys.stderr.flush()
        os._exit(status)


def main() -> None:
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            forget(*json.loads(line))
        _, status = os.waitpid(pid, 0)
        print(os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0, flush=True)


if __name__ == "__main__":
    main()
