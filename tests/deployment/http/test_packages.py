from __future__ import annotations

import importlib.util
import subprocess
import sys

import pytest

from chainring.contracts.errors import MissingPackageError
from chainring.deployment.http import require_packages


def test_a_missing_package_is_named_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    require_packages()
    find = importlib.util.find_spec
    without = {"orjson"}
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name in without else find(name)
    )
    with pytest.raises(MissingPackageError, match=r"orjson.*chainring\[serve\]"):
        require_packages()


def test_naming_the_verbs_loads_no_web_server() -> None:
    code = (
        "import sys, chainring.deployment.http.verbs, chainring.deployment.http as h;"
        "h.require_packages();"
        "print(sorted({'fastapi', 'uvicorn', 'torch', 'prometheus_client'} & set(sys.modules)))"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"
