"""What several processes behind one port ask of each other.

Each worker listens at a socket of the file system in the shared folder. Whoever connects says in a
line what it wants: the page of measures, or that all answers given so far are written.

Whoever Prometheus asks for measures asks the others. Each measure has a line for each worker: a sum
would fall, and look to Prometheus like a server begun anew, whenever one of them does not tell its
part.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

log = logging.getLogger("chainring.siblings")

PATIENCE_S = 1.0
WRITING_S = 10.0
"""How long another worker may take to write what it answered; then its rows count as unwritten."""
PAGE, WRITE, WRITTEN = b"page", b"write", b"written"


class Siblings:
    """One worker's place among the others."""

    def __init__(self, folder: Path, number: int) -> None:
        self._folder, self._number = folder, number
        self._server: asyncio.Server | None = None
        self.write: Callable[[], Awaitable[object]] | None = None
        """What writes all that was answered so far; raises where that fails."""

    async def start(self, page: Callable[[], bytes]) -> None:
        """Answer the others: with one's own page, or once what was answered is written."""

        async def told(wanted: bytes) -> bytes:
            if wanted != WRITE or self.write is None:
                return page()
            await self.write()
            return WRITTEN

        async def tell(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                writer.write(await told((await reader.readline()).strip()))
                await writer.drain()
            except Exception as error:  # noqa: BLE001 - the other one sees that it was told nothing
                log.warning("siblings.told_nothing cause=%s", type(error).__name__)
            finally:
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
        others = self._others()
        found = await asyncio.gather(*(_asked(path, PAGE, PATIENCE_S) for path in others))
        pages = {str(self._number): own}
        pages |= {path.stem[7:]: page for path, page in zip(others, found, strict=True) if page}
        return merged(pages)

    async def written(self) -> None:
        """Wait until the others have written what they answered; one that fails is no fault."""
        await asyncio.gather(*(_asked(path, WRITE, WRITING_S) for path in self._others()))

    def _others(self) -> list[Path]:
        mine = f"worker-{self._number}.sock"
        return [path for path in self._folder.glob("worker-*.sock") if path.name != mine]


async def _asked(path: Path, wanted: bytes, patience_s: float) -> bytes:
    try:
        async with asyncio.timeout(patience_s):
            reader, writer = await asyncio.open_unix_connection(path)
            writer.write(wanted + b"\n")
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
