from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.training.bases.conftest import MODEL, Hub

CODE = f"from chainring.training.base import find_base; print(find_base({MODEL!r}))"


def test_the_mirror_that_hf_endpoint_names_is_asked(hub: Hub, tmp_path: Path) -> None:
    """In a process of its own: the hub's library reads the setting once, when it is imported."""
    done = subprocess.run(
        [sys.executable, "-c", CODE],
        env={**os.environ, "HF_ENDPOINT": hub.address, "HF_HOME": str(tmp_path / "hf")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "licence='mit'" in done.stdout
    assert any("/resolve/" in asked and "model.safetensors" in asked for asked in hub.asked)
    assert not any(".bin" in asked or ".py" in asked for asked in hub.asked)
