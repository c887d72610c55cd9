"""Pass 3: what stays is written, in the order in which it came; copies go with whom they copy.

Enters the shards of pass 1 and the fate of every text, leaves `rows-NNNNN.jsonl` in the folder that
was asked for, and in the run's folder the copies that were dropped.
"""

from __future__ import annotations

import shutil
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chainring.data.clean.copies import EXACT, MEANING, NEAR, Texts
from chainring.data.clean.first import SAMPLES, packed, parsed, sample
from chainring.data.clean.keep import keep_json, kept, read_json

REASONS = {EXACT: "exact copy", NEAR: "near copy", MEANING: "same meaning"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """One shard to write: its number, the texts, and where to."""

    texts: Texts
    shard: int
    out: str


def last_pass(work: Writing) -> dict[str, Any]:
    """Write what stays of one shard, unless that is done; return counts."""
    run, out = work.texts.run, Path(work.out) / f"rows-{work.shard:05d}.jsonl"
    manifest = run.file(work.shard, "last.json")
    if manifest.exists() and out.exists():
        done: dict[str, Any] = read_json(manifest)
        return done
    told = _written(work, out)
    keep_json(manifest, told)
    return told


def _written(work: Writing, out: Path) -> dict[str, Any]:
    import numpy as np

    texts, run = work.texts, work.texts.run
    first, end = texts.firsts[work.shard], texts.firsts[work.shard + 1]
    fate = np.load(Path(run.folder) / "fate.npy", mmap_mode="r")[first:end].tolist()
    kind = np.load(Path(run.folder) / "kind.npy", mmap_mode="r")[first:end].tolist()
    reasons: Counter[str] = Counter()
    with (
        run.file(work.shard, "rows").open("rb", 1 << 20) as rows,
        kept(out, through=Path(run.folder)) as stays,
        kept(run.file(work.shard, "copies")) as copies,
    ):
        for place, line in enumerate(rows):
            if fate[place] < 0:
                stays.write(line)
                continue
            reason = REASONS[kind[place]]
            reasons[reason] += 1
            copies.write(_told(texts, line, reason, fate[place], with_sample=reasons[reason]))
    left = len(fate) - sum(reasons.values())
    return {"kept": left, "reasons": dict(sorted(reasons.items())), "file": out.name}


def _told(texts: Texts, line: bytes, reason: str, stays: int, *, with_sample: int) -> bytes:
    row, _ = parsed(line)
    assert row is not None
    said = {"id": row["id"], "reason": reason, "of": texts.row(stays)["id"]}
    if with_sample <= SAMPLES:
        said["sample"] = sample(row["text"])
    return packed(said)


def gathered(texts: Texts, shards: int, path: Path) -> None:
    """Write all that was dropped into one file, in the order of the shards."""
    with kept(path, through=Path(texts.run.folder)) as out:
        for shard in range(shards):
            for kind in ("dropped", "copies"):
                with texts.run.file(shard, kind).open("rb") as part:
                    shutil.copyfileobj(part, out, 1 << 20)
