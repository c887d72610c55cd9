"""Tracker wandb.v1: Weights & Biases, offline unless the environment says otherwise.

wandb sync --append tracking/wandb/offline-run-*     # sends offline runs, when you want to

`--append`: the parts of a training that was killed and went on are one run.

Nothing is sent unless `WANDB_MODE=online` is set; then wandb's own rules and keys hold. Reports of
its own faults and its machine statistics are switched off.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from chainring.contracts.errors import MissingPackageError
from chainring.contracts.said import Said

PROJECT = "chainring"


def wandb(*, name: str, folder: Path, settings: Mapping[str, str]) -> _Run:
    """Open a run below `folder/wandb`.

    Raises
    ------
    MissingPackageError
        wandb is not installed.
    """
    os.environ.setdefault("WANDB_ERROR_REPORTING", "false")
    try:
        import wandb as package
    except ImportError as error:
        raise MissingPackageError(
            "wandb", extra="wandb", needed_for=Said("tracker wandb.v1", zh="跟踪工具 wandb.v1")
        ) from error
    folder.mkdir(parents=True, exist_ok=True)
    mode: Any = os.environ.get("WANDB_MODE", "offline")
    run = package.init(
        project=os.environ.get("WANDB_PROJECT", PROJECT),
        name=name,
        id=hashlib.blake2b(name.encode(), digest_size=8).hexdigest(),
        dir=str(folder),
        mode=mode,
        resume="allow" if mode == "online" else None,  # offline it does nothing but warn
        config=dict(settings),
        settings=package.Settings(
            x_disable_stats=True, x_disable_meta=True, disable_git=True, save_code=False,
            console="off", silent=True,
        ),
    )  # fmt: skip
    return _Run(run)


class _Run:
    def __init__(self, run: Any) -> None:
        self.run = run

    def log(self, step: int, measures: Mapping[str, float]) -> None:
        self.run.log(dict(measures), step=step)

    def close(self, *, failed: bool = False) -> None:
        self.run.finish(exit_code=int(failed))
