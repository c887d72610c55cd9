"""A forgetting that is killed with kill -9 before or after the n-th call of a part of the work.

python dying_forgetting.py FOLDER MODULE FUNCTION before|after NUMBER
"""

from __future__ import annotations

import importlib
import os
import signal
import sys
from typing import Any

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


def main() -> None:
    folder, module, name, when, number = sys.argv[1:]
    arm(module, name, is_before=when == "before", number=int(number))
    Project.open(folder).forget(subject=["ann"], author=["ann"], reason="asked")


if __name__ == "__main__":
    main()
