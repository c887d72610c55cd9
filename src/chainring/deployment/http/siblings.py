"""Measures of several processes as one page: whoever Prometheus asks, asks the others.

Each worker listens at a socket of the file system in the shared folder and writes its own page to
whoever connects. Each measure has a line for each worker: a sum would fall, and look to Prometheus
like a server begun anew, whenever one of them does not tell its part.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

PATIENCE_S = 1.0


class Siblings:
    """One worker's place among the others."""

    def __init__(self, folder: Path, number: int) -> None:
        self._folder, self._number = folder, number
        self._server: asyncio.Server | None = None

    async def start(self, page: Callable[[], bytes]) -> None:
        """Answer the others with one's own page."""

        async def tell(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with contextlib.suppress(ConnectionError):
                writer.write(page())
                await writer.drain()
            writer.close()

        path = self._folder / f"worker-{self._number}.sock"
        path.unlink(missing_ok=True)
        self._server = await asyncio.start_unix_server(tell, path)

    async def stop(self) -> None:
        """Answer no more."""
        if self._server is not None:
            self._server.close()

    async def page(self, own: bytes) -> bytes:
        """Return the page of all workers; one that does not answer is left out."""
        mine = f"worker-{self._number}.sock"
        others = [path for path in self._folder.glob("worker-*.sock") if path.name != mine]
        found = await asyncio.gather(*(_asked(path) for path in others))
        pages = {str(self._number): own}
        pages |= {path.stem[7:]: page for path, page in zip(others, found, strict=True) if page}
        return merged(pages)


async def _asked(path: Path) -> bytes:
    try:
        async with asyncio.timeout(PATIENCE_S):
            reader, writer = await asyncio.open_unix_connection(path)
            found = await reader.read()
            writer.close()
            return found
    except (OSError, TimeoutError):
        return b""


def merged(pages: dict[str, bytes]) -> bytes:
    """Return several workers' pages as one.

    >>> page = "# TYPE waiting gauge" + chr(10) + "waiting 1" + chr(10)
    >>> merged({"0": page.encode(), "1": page.encode()}).decode().splitlines()[2:]
    ['waiting{worker="0"} 1', 'waiting{worker="1"} 1']
    """
    heads: dict[str, tuple[str, str]] = {}
    told: dict[str, list[str]] = {}
    for worker, page in sorted(pages.items()):
        for family in text_string_to_metric_families(page.decode()):
            is_counter = family.type == "counter"
            name = f"{family.name}_total" if is_counter else family.name
            heads[name] = (family.documentation, family.type)
            for sample in family.samples:
                labels = {**sample.labels, "worker": worker}
                told.setdefault(name, []).append(_line(sample.name, labels, sample.value))
    lines: list[str] = []
    for name, (said, kind) in heads.items():
        lines += [f"# HELP {name} {said}", f"# TYPE {name} {kind}"]
        lines += told.get(name, [])
    return ("\n".join(lines) + "\n").encode()


def _line(name: str, labels: Mapping[str, str], value: float) -> str:
    inner = ",".join(f'{key}="{_escaped(said)}"' for key, said in labels.items())
    return f"{name}{{{inner}}} {value}"


def _escaped(said: str) -> str:
    return said.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
