"""The process of a command on other systems: Windows, outputs of few letters, few open files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from chainring.contracts.errors import ChainringError
from chainring.software.process import require_system

COMMAND = "import sys; from chainring.software.cli import main; sys.argv[0] = 'chainring'; main()"
NO_POSIX = (
    "import os, sys\n"
    "for name in ('fcntl', 'resource', 'pwd', 'grp', 'uvloop'):\n"
    "    sys.modules[name] = None\n"
    "del os.fork, os.getuid, os.geteuid, os.sysconf\n"
)
"""What Python has not on Windows."""


def outcome(program: str, *words: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """Run a program in a process of its own."""
    return subprocess.run(
        [sys.executable, "-c", program, *words],
        capture_output=True,
        env={**os.environ, **environment},
        check=False,
    )


# Windows


@pytest.mark.parametrize(
    ("language", "said"), [("en", "on Windows it runs in WSL"), ("zh", "在 Windows 上请用 WSL")]
)
def test_windows_is_told_of_wsl_at_once(language: str, said: str) -> None:
    played = NO_POSIX + "from chainring.software import cli\nsys.platform = 'win32'\ncli.main()"
    ended = outcome(played, "doctor", CHAINRING_LANGUAGE=language)
    assert ended.returncode == 1
    assert said in ended.stderr.decode()
    assert "Traceback" not in ended.stderr.decode()


def test_a_project_is_refused_on_windows_before_anything_of_it_is_loaded() -> None:
    played = (
        NO_POSIX + "import chainring\nsys.platform = 'win32'\n"
        "try:\n    chainring.open('shop')\n"
        "except Exception as error:\n    print(type(error).__name__, error)\n"
    )
    ended = outcome(played)
    assert ended.stdout.startswith(b"ChainringError")
    assert b"`wsl --install`" in ended.stdout


def test_the_client_needs_nothing_that_windows_has_not() -> None:
    played = NO_POSIX + "from chainring import AsyncClient, Client\nClient('http://127.0.0.1:1')"
    assert outcome(played).returncode == 0


def test_linux_and_macos_are_not_refused() -> None:
    require_system("linux")
    require_system("darwin")
    with pytest.raises(ChainringError, match="wsl --install"):
        require_system("win32")


# outputs that cannot encode what is said


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1"])
def test_an_output_without_chinese_gets_it_escaped(tmp_path: Path, encoding: str) -> None:
    shop = str(tmp_path / "shop")
    ended = outcome(COMMAND, "init", shop, "--language", "zh", PYTHONIOENCODING=encoding)
    assert ended.returncode == 0, ended.stderr.decode()
    first = ended.stdout.decode(encoding).splitlines()[0]
    assert json.loads(f'"{first}"').startswith("已建立")


def test_what_an_output_can_encode_stays_as_it_is(tmp_path: Path) -> None:
    shop = str(tmp_path / "店")
    ended = outcome(COMMAND, "init", shop, "--language", "zh", PYTHONIOENCODING="gbk")
    assert "店" in ended.stdout.decode("gbk")
    assert "\\u" not in ended.stdout.decode("gbk")


# open files


def test_a_process_that_begins_with_few_open_files_is_allowed_more() -> None:
    played = (
        "import resource, sys\n"
        "few, most = 256, resource.getrlimit(resource.RLIMIT_NOFILE)[1]\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (few, most))\n"
        "from chainring.software.process import ready\n"
        "ready()\n"
        "found = resource.getrlimit(resource.RLIMIT_NOFILE)\n"
        "wanted = 10240 if most == resource.RLIM_INFINITY else min(10240, most)\n"
        "assert found == (wanted, most), found\n"
    )
    ended = outcome(played)
    assert ended.returncode == 0, ended.stderr.decode()


def test_more_open_files_than_are_wanted_stay_allowed() -> None:
    played = (
        "import resource\n"
        "from chainring.software.process import allow_open_files\n"
        "before = resource.getrlimit(resource.RLIMIT_NOFILE)\n"
        "allow_open_files(16)\n"
        "assert resource.getrlimit(resource.RLIMIT_NOFILE) == before\n"
    )
    assert outcome(played).returncode == 0
