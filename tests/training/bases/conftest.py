"""A hub on this machine, which speaks the routes of the real ones."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

COMMIT = "c0ffee" + "0" * 34
MODEL = "someone/tiny"


@dataclass
class Hub:
    """One model's folder; what was asked; bytes to send in place of a file's."""

    folder: Path
    address: str = ""
    asked: list[str] = field(default_factory=list)
    wrong: dict[str, bytes] = field(default_factory=dict)

    def file(self, name: str) -> bytes:
        return self.wrong.get(name, (self.folder / name).read_bytes())

    def names(self) -> list[str]:
        return sorted(path.name for path in self.folder.iterdir())


class Handler(BaseHTTPRequestHandler):
    hub: Hub

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        asked = urlsplit(self.path)
        self.hub.asked.append(self.path)
        query = {name: values[0] for name, values in parse_qs(asked.query).items()}
        if asked.path == f"/api/v1/models/{MODEL}/repo/files":
            self.tell({"Code": 200, "Data": {"Files": [*self.listed()]}})
        elif asked.path == f"/api/v1/models/{MODEL}/repo":
            self.send(self.hub.file(query["FilePath"]))
        elif asked.path.startswith(f"/api/models/{MODEL}/tree/"):
            self.tell([*self.tree()])
        elif asked.path.startswith(f"/api/models/{MODEL}"):
            siblings = [{"rfilename": name} for name in self.hub.names()]
            self.tell({"id": MODEL, "sha": COMMIT, "siblings": siblings})
        elif asked.path.startswith(f"/{MODEL}/resolve/"):
            name = asked.path.rpartition("/")[2]
            body = self.hub.file(name)
            tag = hashlib.sha1(body).hexdigest()
            self.send(body, {"ETag": f'"{tag}"', "X-Repo-Commit": COMMIT})
        else:
            self.send_error(404)

    def listed(self) -> Iterator[dict[str, object]]:
        yield {"Path": "code", "Name": "code", "Type": "tree", "Size": 0}
        yield {"Path": "code/weights.json", "Name": "weights.json", "Type": "blob", "Size": 1}
        for name in self.hub.names():
            body = (self.hub.folder / name).read_bytes()
            digest = hashlib.sha256(body).hexdigest()
            yield {
                "Path": name, "Name": name, "Type": "blob", "Size": len(body),
                "Sha256": digest, "Revision": COMMIT,
            }  # fmt: skip

    def tree(self) -> Iterator[dict[str, object]]:
        for name in self.hub.names():
            body = self.hub.file(name)
            tag = hashlib.sha1(body).hexdigest()
            yield {"type": "file", "path": name, "size": len(body), "oid": tag}

    def tell(self, answer: object) -> None:
        self.send(json.dumps(answer).encode(), {"Content-Type": "application/json"})

    def send(self, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(200)
        for name, value in {**(headers or {}), "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)


@pytest.fixture
def hub(tiny_base: Path, tmp_path: Path) -> Iterator[Hub]:
    import shutil

    folder = Path(shutil.copytree(tiny_base, tmp_path / "served"))
    (folder / "pytorch_model.bin").write_bytes(b"pickle")
    (folder / "modeling_mine.py").write_text("raise SystemExit")
    served = Hub(folder=folder)
    handler = type("Bound", (Handler,), {"hub": served})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    served.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield served
    server.shutdown()
    server.server_close()
    thread.join()
