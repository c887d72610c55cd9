"""HTTPS by the recipe: the files are tried before anything listens."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.deployment.http.demo import DemoVerbs
from tests.software.conftest import child, opened

from chainring.contracts.errors import InputError
from chainring.deployment.http.app import create_app
from chainring.deployment.http.server import listener, running
from chainring.deployment.settings import DeploymentSettings
from chainring.software.serving.serve import Shared, answer, tls_files

CERTIFICATE = '\n[deployment]\ntls_certificate = "cert.pem"\ntls_key = "key.pem"\n'


def certify(folder: Path) -> None:
    """Put a certificate of its own making for localhost into a folder, and its key."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
         "-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")],
        check=True,
        capture_output=True,
    )  # fmt: skip


@pytest.fixture
def certified(shop: Path) -> Path:
    """Return a project with a certificate."""
    certify(shop)
    recipe = shop / "chainring.toml"
    recipe.write_text(recipe.read_text().replace("[deployment]\n", CERTIFICATE.lstrip(), 1))
    return shop


def test_a_certificate_of_the_recipe_is_what_the_server_shows(certified: Path) -> None:
    with opened(certified) as project:
        files = tls_files(project)
    app = create_app(DemoVerbs(), settings=DeploymentSettings())
    trusting = ssl.create_default_context(cafile=str(certified / "cert.pem"))
    with running(app, **files) as url:
        secure = url.replace("http://", "https://")
        assert httpx.get(f"{secure}/health/live", verify=trusting).status_code == 200
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"{secure}/health/live")


def test_a_handshake_that_does_not_come_to_its_end_is_given_up(tmp_path: Path) -> None:
    certify(tmp_path)
    files: Any = {"ssl_certfile": tmp_path / "cert.pem", "ssl_keyfile": tmp_path / "key.pem"}
    app = create_app(DemoVerbs(), settings=DeploymentSettings())
    with running(app, head_timeout_s=0.3, **files) as url:
        port = httpx.URL(url).port or 443
        with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
            connection.sendall(b"\x16\x03\x01")
            assert connection.recv(4096) == b""


def test_files_that_do_not_belong_together_are_told_before_anything_listens(
    certified: Path,
) -> None:
    (certified / "key.pem").write_text("no key")
    with opened(certified) as project, pytest.raises(InputError, match="cannot be used"):
        tls_files(project)
    done = child("serve", "-p", str(certified), "--port", "0")
    assert (done.returncode, done.stdout) == (1, "")
    assert "tls_certificate" in done.stderr


def test_a_server_keeps_freed_memory_before_it_loads_its_model(
    shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []

    def kept() -> bool:
        done.append("kept")
        return True

    monkeypatch.setattr("chainring.hardware.memory.keep_freed_memory", kept)
    monkeypatch.setattr(
        "chainring.deployment.http.server.serve", lambda *made, **facts: done.append("served")
    )
    with opened(shop) as project, listener(host="127.0.0.1", port=0) as taken:
        answer(project, taken, shared=Shared(open_to_all=True))
    assert done == ["kept", "served"]


def test_threads_change_over_sooner_while_a_project_is_served_and_as_before_after_it(
    shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[float] = []
    monkeypatch.setattr("chainring.hardware.memory.keep_freed_memory", lambda: True)
    monkeypatch.setattr(
        "chainring.deployment.http.server.serve",
        lambda *made, **facts: seen.append(sys.getswitchinterval()),
    )
    before = sys.getswitchinterval()
    with opened(shop) as project, listener(host="127.0.0.1", port=0) as taken:
        answer(project, taken, shared=Shared(open_to_all=True))
    assert seen[0] < before
    assert sys.getswitchinterval() == before
