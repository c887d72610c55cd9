"""Turns of a ring that are killed with kill -9: at a named place of a step, or at a moment.

    python dying.py

Each line of standard input is one turn, as JSON: `folder`, and `step` with `place`, or `after_s`.
It is made in a fork, so that libraries are loaded once; the answer is a line with the signal that
ended it (0: it was not killed) and the seconds it took. Places of a step:

    middle   its results' bytes are stored, their manifest is not (where it stores none: made)
    made     its function has returned, nothing of it stands in the ledger
    kept     its lineage stands in the ledger, nothing after that
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any, NoReturn

import sklearn.feature_extraction.text
import sklearn.linear_model  # noqa: F401 - loaded before the fork

from chainring.contracts.lineage import Lineage
from chainring.ring.steps import Runner, Step
from chainring.software.api import Project
from chainring.store import files, trees
from chainring.store.ledger import Ledger


def die() -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def arm(step: str, place: str) -> None:
    """Let this process die at a place of a step."""
    call, keep, write = Runner._call, Ledger.add_lineage, files.write_durably
    running: list[str] = []

    def called(self: Runner, one: Step, *rest: Any) -> Any:
        running.append(one.name)
        made = call(self, one, *rest)
        running.pop()
        if one.name == step and place in ("middle", "made"):
            die()
        return made

    def kept(self: Ledger, row: Lineage, **more: Any) -> None:
        keep(self, row, **more)
        if row.step == step and place == "kept":
            die()

    def written(path: Path, data: bytes, **more: Any) -> None:
        if running[-1:] == [step] and place == "middle" and path.suffix == ".json":
            die()
        write(path, data, **more)

    for owner, name, patched in (
        (Runner, "_call", called), (Ledger, "add_lineage", kept), (trees, "write_durably", written),
    ):  # fmt: skip
        setattr(owner, name, patched)


def turn(task: dict[str, Any]) -> None:
    """Turn a ring in this process and end it, whatever happens."""
    status = 1
    try:
        if "step" in task:
            arm(task["step"], task["place"])
        project = Project.open(task["folder"])
        project.turn()
        project.close()
        status = 0
    finally:
        sys.stderr.flush()
        os._exit(status)


def main() -> None:
    for line in sys.stdin:
        task, started = json.loads(line), time.monotonic()
        pid = os.fork()
        if pid == 0:
            turn(task)
        if "after_s" in task:
            time.sleep(task["after_s"])
            os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
        took = time.monotonic() - started
        assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, "the turn failed by itself"
        ended = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
        print(json.dumps({"signal": ended, "took_s": took}), flush=True)


if __name__ == "__main__":
    main()
