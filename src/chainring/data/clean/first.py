"""Pass 1: a shard through all stages; what stays is written with its digest and its bands.

Enters a shard, leaves in the run's folder (NNNNN is the shard's number):

==================  ============================================================================
NNNNN.rows          what stays, one JSON object a line, normalised and redacted
NNNNN.offsets.npy   where each of those lines begins, and the end
NNNNN.exact.npy     128 bits of BLAKE2b over each text
NNNNN.bands.npy     24 keys of each text, one row a band
NNNNN.dropped       what was dropped: id, place, reason, for some a sample (after redaction)
NNNNN.json          the manifest, written last: it says that the shard is done
==================  ============================================================================
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from chainring.contracts.errors import MissingPackageError
from chainring.contracts.parts import load_part
from chainring.contracts.said import Said
from chainring.data.clean.batch import Batch, Stage
from chainring.data.clean.keep import keep_array, keep_json, kept, read_json
from chainring.data.clean.minhash import BANDS, band_keys
from chainring.data.clean.settings import CleanSettings
from chainring.data.clean.shards import Line, Shard, lines_of
from chainring.text.redact import redact

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BATCH_BYTES = 200_000
"""Text at a time: its arrays stay in the cache of a core, and memory stays flat."""

UNREAD = (
    "broken JSON",
    "broken UTF-8",
    "NUL bytes",
    "no JSON object",
    "no `text`",
    "line too long",
)
"""Why a line is set aside before any stage sees it."""

SAMPLES = 20
SAMPLE_CHARACTERS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What every piece of work is handed: the run's folder and the settings."""

    folder: str
    settings: CleanSettings

    def file(self, number: int, kind: str) -> Path:
        """Return the place of a shard's file."""
        return Path(self.folder) / f"{number:05d}.{kind}"


@dataclass(slots=True)
class Counts:
    """What happened to a shard's lines; `stages` holds (seen, changed, dropped) of each stage."""

    read: int = 0
    characters: int = 0
    kept: int = 0
    kept_characters: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    changes: Counter[str] = field(default_factory=Counter)
    languages: Counter[str] = field(default_factory=Counter)
    stages: dict[str, list[int]] = field(default_factory=dict)


def first_pass(work: tuple[Run, Shard]) -> dict[str, Any]:
    """Clean one shard, unless it is done; return its manifest."""
    run, shard = work
    manifest = run.file(shard.number, "json")
    if manifest.exists():
        done: dict[str, Any] = read_json(manifest)
        return done
    return _Pass(run, shard).done(manifest)


class _Pass:
    """One shard on its way."""

    def __init__(self, run: Run, shard: Shard) -> None:
        self.run, self.shard, self.counts = run, shard, Counts()
        self.stages: list[tuple[str, Stage]] = [
            (name, load_part("stage", name)) for name in run.settings.chosen
        ]
        self.digest = hashlib.blake2b(digest_size=32)
        self.offsets, self.exact = [0], bytearray()
        self.bands: list[NDArray[np.uint64]] = []

    def done(self, manifest: Path) -> dict[str, Any]:
        import numpy as np

        number = self.shard.number
        with ExitStack() as files:
            rows = files.enter_context(kept(self.run.file(number, "rows")))
            dropped = files.enter_context(kept(self.run.file(number, "dropped")))
            for batch in self._batches(dropped):
                self._batch(batch, rows, dropped)
        exact = np.frombuffer(bytes(self.exact), dtype="<u8").reshape(-1, 2)
        bands = np.concatenate([np.empty((0, BANDS), np.uint64), *self.bands])
        keep_array(self.run.file(number, "offsets.npy"), np.array(self.offsets, dtype=np.int64))
        keep_array(self.run.file(number, "exact.npy"), exact)
        keep_array(self.run.file(number, "bands.npy"), np.ascontiguousarray(bands.T))
        said = self._said()
        keep_json(manifest, said)
        return said

    def _said(self) -> dict[str, Any]:
        counts = self.counts
        return {
            "shard": self.shard.number,
            "source": self.shard.name,
            "from": self.shard.start,
            "input": f"blake2b:{self.digest.hexdigest()}",
            "read": counts.read,
            "characters": counts.characters,
            "kept": counts.kept,
            "kept_characters": counts.kept_characters,
            "reasons": dict(sorted(counts.reasons.items())),
            "changes": dict(sorted(counts.changes.items())),
            "languages": dict(sorted(counts.languages.items())),
            "stages": counts.stages,
        }

    def _batches(self, dropped: BinaryIO) -> Iterator[Batch]:
        batch, held = self._empty(), 0
        limit = self.run.settings.max_bytes_per_line
        for line in lines_of(self.shard, max_bytes=limit):
            self.counts.read += 1
            self.digest.update(line.raw)
            row = self._row(line, dropped)
            if row is None:
                continue
            batch.rows.append(row)
            batch.texts.append(row["text"])
            batch.places.append(line.place)
            held += len(line.raw)
            if held >= BATCH_BYTES:
                yield batch
                batch, held = self._empty(), 0
        if batch.rows:
            yield batch

    def _empty(self) -> Batch:
        folder = Path(self.run.folder)
        return Batch(rows=[], texts=[], places=[], settings=self.run.settings, prepared=folder)

    def _row(self, line: Line, dropped: BinaryIO) -> dict[str, Any] | None:
        """Return the object of a line, or set the line aside."""
        row, fault = (None, line.fault) if line.fault else parsed(line.raw)
        if row is None:
            self._drop(dropped, fault, self._name(line.place), line.place, "")
            return None
        row["id"] = str(row.get("id") or self._name(line.place))
        self.counts.characters += len(row["text"])
        return row

    def _name(self, place: int) -> str:
        return f"{self.shard.name}:{place}"

    def _batch(self, batch: Batch, rows: BinaryIO, dropped: BinaryIO) -> None:
        batch.opened()
        for name, stage in self.stages:
            before = batch
            seen, changed = len(batch.rows), sum(batch.changes.values())
            stage(batch)
            batch = batch.kept()
            self._drops(before, dropped)
            told = self.counts.stages.setdefault(name, [0, 0, 0])
            told[0] += seen
            told[1] += sum(before.changes.values()) - changed
            told[2] += seen - len(batch.rows)
            if not batch.rows:
                break
        self.counts.changes.update(batch.changes)
        if batch.rows:
            self._keep(batch, rows)

    def _drops(self, batch: Batch, dropped: BinaryIO) -> None:
        for index, reason in enumerate(batch.reasons):
            if reason:
                row, text = batch.rows[index], batch.texts[index]
                self._drop(dropped, reason, row["id"], batch.places[index], text)

    def _drop(self, out: BinaryIO, reason: str, name: str, place: int, text: str) -> None:
        self.counts.reasons[reason] += 1
        said: dict[str, Any] = {"id": name, "reason": reason}
        said |= {"source": self.shard.name, "place": place}
        if text and self.counts.reasons[reason] <= SAMPLES:
            said["sample"] = sample(text)
        out.write(packed(said))

    def _keep(self, batch: Batch, rows: BinaryIO) -> None:
        counts = self.counts
        counts.kept += len(batch.rows)
        counts.languages.update(batch.languages)
        self.bands.append(band_keys(batch.page.shingles))
        for row, text, language in zip(batch.rows, batch.texts, batch.languages, strict=True):
            row["text"] = text
            if language:
                row["language"] = language
            line = packed(row)
            rows.write(line)
            self.offsets.append(self.offsets[-1] + len(line))
            self.exact += hashlib.blake2b(text.encode(), digest_size=16).digest()
            counts.kept_characters += len(text)


def parsed(raw: bytes) -> tuple[dict[str, Any] | None, str]:
    """Return the object of a line, or None and what is wrong with it."""
    try:
        row = _orjson().loads(raw)
    except ValueError:
        return None, _fault(raw)
    if not isinstance(row, dict):
        return None, "no JSON object"
    if not isinstance(row.get("text"), str):
        return None, "no `text`"
    return row, ""


def _fault(raw: bytes) -> str:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return "broken UTF-8"
    return "NUL bytes" if b"\0" in raw else "broken JSON"


def packed(row: dict[str, Any]) -> bytes:
    """Return a row as a line."""
    orjson = _orjson()
    line: bytes = orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE)
    return line


def _orjson() -> Any:
    try:
        import orjson
    except ImportError as error:
        raise MissingPackageError(
            "orjson", extra="data", needed_for=Said("cleaning", zh="清洗")
        ) from error
    return orjson


def sample(text: str) -> str:
    """Return the head of a text, redacted: what a person may read of what was dropped."""
    return redact(text[: 2 * SAMPLE_CHARACTERS]).text[:SAMPLE_CHARACTERS]
