"""The server and its pages: routes parse, call their verb and answer.

    serve(create_app(verbs, settings=DeploymentSettings()), listener=taken)

Nothing is ever loaded from outside: styles and scripts are files of this package.
"""

from __future__ import annotations

import importlib.util

from chainring.contracts.errors import MissingPackageError
from chainring.contracts.said import Said

_PACKAGES = ("fastapi", "httptools", "orjson", "prometheus_client", "uvicorn")


def require_packages() -> None:
    """Return when everything that a server needs is installed; ask before a model is loaded.

    Raises
    ------
    MissingPackageError
        With the extra to install.
    """
    for package in _PACKAGES:
        if importlib.util.find_spec(package) is None:
            raise MissingPackageError(
                package, extra="serve", needed_for=Said("the server", zh="服务器")
            )
