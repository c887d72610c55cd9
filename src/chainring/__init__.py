"""chainring: data, training, hardware, software, deployment and feedback as one closed ring.

>>> import chainring
>>> project = chainring.open("support")          # doctest: +SKIP
>>> project.turn()                               # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from chainring.software.api import Project
    from chainring.software.client import AsyncClient, Client, Retry

__all__ = ["AsyncClient", "Client", "Retry", "__version__", "open"]

__version__ = "0.1.0"


def open(path: str | Path = ".") -> Project:
    """Open the project in folder `path` (the one that holds `chainring.toml`).

    Raises
    ------
    chainring.contracts.errors.ProjectNotFoundError
        When the folder holds no recipe.
    chainring.contracts.errors.ChainringError
        On Windows: there it runs in WSL.
    """
    from chainring.software.process import require_system

    require_system()
    from chainring.software.api import Project

    return Project.open(path)


def __getattr__(name: str) -> Any:
    """Load the client when it is asked for: who opens a project needs none."""
    if name in ("AsyncClient", "Client", "Retry"):
        from chainring.software import client

        return getattr(client, name)
    raise AttributeError(f"module 'chainring' has no attribute {name!r}")
