"""Cleaning from end to end: files of documents in, documents worth learning from out.

    report = clean(["corpus"], out=Path("clean"), settings=CleanSettings(profile="documents"),
                   executor=LocalExecutor(2), say=print)
    report.kept, report.reasons          # 17480, {"near copy": 980, "too short": 7714, ...}

================  ==========================================================================
in the folder     what
================  ==========================================================================
rows-*.jsonl      what stays, normalised and redacted, with its language
dropped.jsonl     id and reason of everything else; of each reason some samples, redacted
manifest.json     digests of input and settings, counts of every shard and stage
================  ==========================================================================

The same input and settings give the same bytes whatever ran where, and a run that was killed goes
on where it was: the run's folder (`.run-…`) holds what is done, under the digest of both.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path
from typing import Any

from chainring.contracts.codec import digest, plain
from chainring.contracts.errors import InputError
from chainring.contracts.parts import load_part, part_module
from chainring.contracts.work import Executor
from chainring.data.clean import boilerplate, decontaminate
from chainring.data.clean.copies import (
    AT_ONCE,
    Texts,
    band_pairs,
    exact_copies,
    fates,
    near_edges,
)
from chainring.data.clean.first import UNREAD, Run, first_pass
from chainring.data.clean.keep import keep_array, keep_json, read_json
from chainring.data.clean.last import Writing, gathered, last_pass
from chainring.data.clean.minhash import BANDS
from chainring.data.clean.semantic import Embed, opened_embedder, same_meaning
from chainring.data.clean.settings import CleanSettings
from chainring.data.clean.shards import Shard, shards_of
from chainring.data.sentences import progress
from chainring.store.files import file_digest, sync_folder
from chainring.store.litter import is_passed_over

VERSION = 3
"""Raised when the same input and settings would give other bytes."""

MANIFEST = "manifest.json"
DROPPED = "dropped.jsonl"
_WORTH_SPREADING = 200_000  # texts; below, starting processes costs more than it saves
_RANGE = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanReport:
    """What a run did: how many texts came, stayed and went, and why; `idle` stages did nothing."""

    read: int
    kept: int
    characters: int
    kept_characters: int
    reasons: dict[str, int] = field(default_factory=dict)
    changes: dict[str, int] = field(default_factory=dict)
    languages: dict[str, int] = field(default_factory=dict)
    idle: tuple[str, ...] = ()
    fresh: bool = True


def clean(
    inputs: Sequence[str | Path],
    *,
    out: Path,
    settings: CleanSettings,
    executor: Executor,
    say: Callable[[str], None],
) -> CleanReport:
    """Clean files of documents into the folder `out`.

    Parameters
    ----------
    inputs
        Files or folders of JSON lines, plain, `.gz` or `.zst`.
    executor
        What spreads the shards: processes here, or a cluster that sees the same folders.

    Raises
    ------
    InputError
        When there is nothing to read, `out` holds something else, or nothing is left.
    """
    if settings.profile == "none":
        raise InputError("nothing is cleaned by profile none; name documents or messages")
    shards = shards_of(inputs, size=settings.shard_mib << 20)
    embed = opened_embedder(settings)
    key = _key(shards, settings, embed)
    known = _finished(out, key)
    if known is not None:
        return known
    run = _opened(out, key, settings)
    work = _Work(run=run, shards=shards, out=out, executor=executor, say=say)
    report = work.done(key, embed)
    shutil.rmtree(run.folder)
    return report


def _key(shards: Sequence[Shard], settings: CleanSettings, embed: Embed | None) -> str:
    """Return the digest of all that decides the output: files as they stand, settings, parts."""
    for name in settings.chosen:
        load_part("stage", name)  # an unknown name is told before anything is read
    evaluation = [file_digest(Path(name)) for name in settings.evaluation if Path(name).is_file()]
    modules = [part_module("stage", name) for name in settings.chosen]
    told = [VERSION, plain(shards), settings.model_dump(mode="json"), evaluation, modules]
    return digest([*told, "" if embed is None else embed.digest])


def _finished(out: Path, key: str) -> CleanReport | None:
    path = out / MANIFEST
    said = read_json(path) if path.exists() else {}
    if said.get("key") != key or not all((out / name).exists() for name in said["files"]):
        return None
    return _report(said, fresh=False)


def _opened(out: Path, key: str, settings: CleanSettings) -> Run:
    """Return the run of this key, with what an interrupted one has done."""
    strangers = [one.name for one in out.iterdir() if not _is_ours(one)] if out.is_dir() else []
    if strangers:
        raise InputError(
            f"{out} holds something else ({', '.join(sorted(strangers)[:3])}); name a new folder"
        )
    folder = out / f".run-{key.rpartition(':')[2][:16]}"
    for other in out.glob(".run-*"):
        if other != folder:
            shutil.rmtree(other)
    folder.mkdir(parents=True, exist_ok=True)
    (out / MANIFEST).unlink(missing_ok=True)
    return Run(folder=str(folder.resolve()), settings=settings)


def _is_ours(path: Path) -> bool:
    is_rows = path.name.startswith("rows-") and path.name.endswith(".jsonl")
    return is_rows or path.name in (MANIFEST, DROPPED) or is_passed_over(path.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Work:
    """One run from pass to pass."""

    run: Run
    shards: Sequence[Shard]
    out: Path
    executor: Executor
    say: Callable[[str], None]

    def done(self, key: str, embed: Embed | None) -> CleanReport:
        if "boilerplate.v1" in self.run.settings.chosen:
            boilerplate.prepare(self.run, self.shards, self.executor.map)
        if "decontaminate.v1" in self.run.settings.chosen:
            decontaminate.prepare(self.run)
        first = self._first()
        texts = Texts(run=self.run, firsts=(0, *accumulate(one["kept"] for one in first)))
        self._copies(texts, embed)
        last = self._last(texts)
        return self._end(key, texts, first, last)

    def _first(self) -> list[dict[str, Any]]:
        found = []
        for said in self.executor.map(first_pass, [(self.run, shard) for shard in self.shards]):
            found.append(said)
            count = len(self.shards)
            self.say(progress("pass 1", number=len(found), count=count, kept=said["kept"]))
        return found

    def _spread(self, texts: Texts, fn: Callable[[Any], Any], work: list[Any]) -> Iterable[Any]:
        if texts.total < _WORTH_SPREADING:
            return map(fn, work)
        return self.executor.map(fn, work)

    def _copies(self, texts: Texts, embed: Embed | None) -> None:
        folder = Path(self.run.folder)
        if (folder / "kind.npy").exists():
            return
        exact = exact_copies(texts)
        keep_array(folder / "exact.npy", exact)
        self.say(progress("exact copies", count=int((exact >= 0).sum())))
        parts = 1 + texts.total // AT_ONCE
        bands = [(texts, band, part, parts) for band in range(BANDS) for part in range(parts)]
        pairs = tuple(self._spread(texts, band_pairs, bands))
        self.say(progress("bands", count=len(pairs)))
        ranges = [
            (texts, pairs, low, min(low + _RANGE, texts.total))
            for low in range(0, texts.total, _RANGE)
        ]
        edges = list(self._spread(texts, near_edges, ranges))
        fate, kind = fates(texts, exact, edges, self.say)
        if embed is not None:
            gone = same_meaning(texts, fate, kind, embed=embed)
            self.say(progress("other words", count=gone))
        keep_array(folder / "fate.npy", fate)
        keep_array(folder / "kind.npy", kind)
        self.say(progress("near copies", count=int((kind == 2).sum())))

    def _last(self, texts: Texts) -> list[dict[str, Any]]:
        self._no_others()
        work = [Writing(texts=texts, shard=s.number, out=str(self.out)) for s in self.shards]
        found = []
        for said in self._spread(texts, last_pass, list(work)):
            found.append(said)
            self.say(progress("pass 3", number=len(found), count=len(work)))
        return found

    def _no_others(self) -> None:
        """Take away rows of an earlier run of more shards."""
        for path in self.out.glob("rows-*.jsonl"):
            if int(path.stem.rpartition("-")[2]) >= len(self.shards):
                path.unlink()

    def _end(
        self, key: str, texts: Texts, first: list[dict[str, Any]], last: list[dict[str, Any]]
    ) -> CleanReport:
        gathered(texts, len(self.shards), self.out / DROPPED)
        said = _summed(first, last)
        said |= {"version": VERSION, "key": key}
        said["settings"] = self.run.settings.model_dump(mode="json")
        said["shards"] = [{**a, "rows": b} for a, b in zip(first, last, strict=True)]
        said["files"] = [one["file"] for one in last]
        report = _report(said, fresh=True)
        for stage in report.idle:
            self.say(progress("idle", stage=stage))
        _require_some(report, self.out / DROPPED)
        keep_json(self.out / MANIFEST, said, through=Path(self.run.folder))
        sync_folder(self.out)
        return report


def _summed(first: list[dict[str, Any]], last: list[dict[str, Any]]) -> dict[str, Any]:
    said: dict[str, Any] = {
        name: sum(one[name] for one in first) for name in ("read", "characters", "kept_characters")
    }
    said["kept"] = sum(one["kept"] for one in last)
    for name, shards in (("reasons", [*first, *last]), ("changes", first), ("languages", first)):
        total: Counter[str] = Counter()
        for one in shards:
            total.update(one[name])
        said[name] = dict(sorted(total.items()))
    stages: dict[str, list[int]] = {}
    for one in first:
        for stage, told in one["stages"].items():
            before = stages.get(stage, [0, 0, 0])
            stages[stage] = [a + b for a, b in zip(before, told, strict=True)]
    said["stages"] = stages
    return said


def _report(said: dict[str, Any], *, fresh: bool) -> CleanReport:
    idle = [name for name, (_, changed, dropped) in said["stages"].items() if not changed + dropped]
    names = ("read", "kept", "characters", "kept_characters", "reasons", "changes", "languages")
    return CleanReport(**{name: said[name] for name in names}, idle=tuple(idle), fresh=fresh)


def _require_some(report: CleanReport, dropped: Path) -> None:
    if report.kept:
        return
    if not report.read:
        raise InputError("nothing was read: the files hold no line; name files of JSON lines")
    often = sorted(report.reasons.items(), key=lambda one: -one[1])
    if all(reason in UNREAD for reason in report.reasons):
        raise InputError(
            f"none of the {report.read} lines could be read; files of JSON lines are expected, one "
            "object with `text` a line",
            faults=[f"{reason}: {count}" for reason, count in often],
        )
    raise InputError(
        f"all {report.read} texts were dropped, so there is no result. Loosen the profile, the "
        f"languages or the licences; {dropped} has samples of each reason",
        faults=[f"{reason}: {count}" for reason, count in often],
    )
