"""The NVIDIA GPUs that this process may use, found without loading a training library.

Leaves lines such as `NVIDIA H100 80GB HBM3, sm90, 81559 MiB`, in the order of their numbers.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

_FIELDS = "index,uuid,name,compute_cap,memory.total"
_DEVICES = ("nvidia[0-9]*", "dxg")  # the second is Windows' own under WSL


def gpus(root: Path, environment: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """Return a line for each usable GPU; none without a device file, driver or permission."""
    if not any(any((root / "dev").glob(pattern)) for pattern in _DEVICES):
        return ()
    command = shutil.which("nvidia-smi")
    if command is None:
        return ()
    answer = _ask([command, f"--query-gpu={_FIELDS}", "--format=csv,noheader,nounits"])
    return visible(answer, environment.get("CUDA_VISIBLE_DEVICES"))


def _ask(command: list[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    except subprocess.TimeoutExpired:
        return ""  # a driver that hangs serves nobody
    return done.stdout if done.returncode == 0 else ""


def visible(answer: str, allowed: str | None) -> tuple[str, ...]:
    """Return the GPUs of nvidia-smi's answer that `CUDA_VISIBLE_DEVICES` lets through.

    >>> visible("0, GPU-1f, NVIDIA H100, 9.0, 81559", None)
    ('NVIDIA H100, sm90, 81559 MiB',)
    >>> visible("0, GPU-1f, NVIDIA H100, 9.0, 81559", "-1")
    ()
    """
    rows = [[cell.strip() for cell in line.split(",")] for line in answer.splitlines()]
    rows = [row for row in rows if len(row) == 5]
    if allowed is not None:
        rows = [row for name in _leading(allowed) for row in rows if _is_named(row, name)]
    return tuple(
        f"{name}, sm{capability.replace('.', '')}, {memory} MiB"
        for _, _, name, capability, memory in rows
    )


def _leading(allowed: str) -> list[str]:
    """Names up to the first impossible one: CUDA hides whatever stands behind it."""
    names: list[str] = []
    for name in (piece.strip() for piece in allowed.split(",")):
        if not re.fullmatch(r"\d+|(?:GPU|MIG)-\S+", name):
            break
        names.append(name)
    return names


def _is_named(row: list[str], name: str) -> bool:
    index, uuid = row[:2]
    return name == index if name.isdigit() else uuid.startswith(name)


def capability(gpu: str) -> int:
    """Return the compute capability in a line of `gpus`: 90 for `sm90`, 0 when it has none."""
    found = re.search(r"\bsm(\d+)\b", gpu)
    return int(found[1]) if found else 0
