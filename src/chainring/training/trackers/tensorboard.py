"""Tracker tensorboard.v1: event files.

tensorboard --logdir tracking/tensorboard        # shows them
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from chainring.contracts.errors import MissingPackageError
from chainring.contracts.said import Said


def tensorboard(*, name: str, folder: Path, settings: Mapping[str, str]) -> _Run:
    """Open `folder/tensorboard/name`.

    Raises
    ------
    MissingPackageError
        tensorboard is not installed.
    """
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise MissingPackageError(
            "tensorboard",
            extra="tensorboard",
            needed_for=Said("tracker tensorboard.v1", zh="跟踪工具 tensorboard.v1"),
        ) from error
    writer = SummaryWriter(str(folder / "tensorboard" / name))
    table = "\n".join(f"| {key} | {value} |" for key, value in settings.items())
    writer.add_text("settings", f"| key | value |\n| --- | --- |\n{table}")
    return _Run(writer)


class _Run:
    def __init__(self, writer: Any) -> None:
        self.writer = writer

    def log(self, step: int, measures: Mapping[str, float]) -> None:
        for name, value in measures.items():
            self.writer.add_scalar(name, value, step)

    def close(self, *, failed: bool = False) -> None:
        self.writer.close()
