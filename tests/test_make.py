"""What `make` says of the Python that it is given: macOS brings 3.9, older Ubuntus 3.10."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

HOUSE = Path(__file__).resolve().parents[1]
OLD = """\
#!/bin/sh
case "$1" in
  --version) echo "Python 3.9.6" ;;
  -c) exec "{python}" -c "import sys; sys.version_info = (3, 9, 6); $2" ;;
  *) exit 97 ;;
esac
"""


def made(folder: Path, python: Path | str) -> subprocess.CompletedProcess[str]:
    """Let `make` make a virtual environment in a folder."""
    target = folder / "venv/bin/python"
    command = ["make", "-C", str(HOUSE), str(target), f"PYTHON={python}", f"VENV={folder / 'venv'}"]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_an_older_python_is_told_before_anything_is_made(tmp_path: Path) -> None:
    old = tmp_path / "python3"
    old.write_text(OLD.format(python=sys.executable), encoding="utf-8")
    old.chmod(0o755)
    ended = made(tmp_path, old)
    assert ended.returncode != 0
    assert "Python 3.11 or newer is needed" in ended.stderr
    assert "Python 3.9.6" in ended.stderr
    assert "make run PYTHON=python3.13" in ended.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["python3"]


def test_this_python_makes_an_environment(tmp_path: Path) -> None:
    ended = made(tmp_path, sys.executable)
    assert ended.returncode == 0, ended.stderr
    assert (tmp_path / "venv/bin/python").exists()


def test_what_it_starts_keeps_what_was_compiled(tmp_path: Path) -> None:
    python, told = tmp_path / "venv/bin/python", tmp_path / "told"
    python.parent.mkdir(parents=True)
    python.write_text(f"#!/bin/sh\necho with ${{PYTHONDONTWRITEBYTECODE-none}} >> {told}\n")
    python.chmod(0o755)
    command = ["make", "-C", str(HOUSE), "run", f"VENV={tmp_path / 'venv'}"]
    subprocess.run(command, env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}, check=True)
    assert set(told.read_text().splitlines()) == {"with none"}
