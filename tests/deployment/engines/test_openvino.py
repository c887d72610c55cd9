from __future__ import annotations

import subprocess
import sys
from pathlib import Path

WATCHED = """
import socket, sys
def forbidden(*args, **kwargs):
    raise AssertionError("a connection was opened")
socket.socket.connect = socket.create_connection = socket.getaddrinfo = forbidden
from pathlib import Path
from chainring.deployment.predictors import open_predictor
with open_predictor(Path(sys.argv[1]), engine="openvino", threads=1) as predictor:
    assert predictor.probabilities(["refund"]).shape == (1, 4)
loaded = [name for name in sys.modules if "telemetry" in name or "openvino.tools.ovc" in name]
assert not loaded, loaded
"""


def test_openvino_is_imported_without_its_reporting_and_opens_no_connection(
    onnx_folder: Path,
) -> None:
    command = [sys.executable, "-W", "error", "-c", WATCHED, str(onnx_folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
