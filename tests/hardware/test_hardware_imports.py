"""The room loads nothing heavy."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize("module", ["machine", "executor", "packages", "doctor", "gpu"])
def test_asking_the_machine_imports_no_training_library_and_no_pydantic(module: str) -> None:
    code = (
        f"import sys, chainring.hardware.{module}; "
        "print([m for m in ('torch', 'numpy', 'transformers', 'pydantic') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
