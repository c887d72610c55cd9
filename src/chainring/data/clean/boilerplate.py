"""Stage: lines that stand in many documents (menus, notices, footers) are cut out of each.

A first look counts, for every line of ten characters or more, the documents it stands in; lines in
`min_boilerplate` documents or more are boilerplate. Counts are of hashes, kept on disk a shard at
a time, so that memory does not grow with the corpus.

``Home | Shop | Contact`` in 5,000 pages goes from each; a page of nothing else is dropped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chainring.data.clean.batch import Batch
from chainring.data.clean.characters import Page
from chainring.data.clean.first import BATCH_BYTES, Run, parsed
from chainring.data.clean.keep import keep_array
from chainring.data.clean.shards import Shard, lines_of
from chainring.text.normalise import normalise

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Hashes = NDArray[np.uint64]

FILE = "boilerplate.npy"
MIN_CHARACTERS = 10
_PARTS = 16

Spread = Callable[[Callable[[Any], Any], Sequence[Any]], Iterable[Any]]


def boilerplate(batch: Batch) -> None:
    """Cut lines that stand in many documents; drop what is empty then."""
    import numpy as np

    known = _known(str(batch.prepared / FILE))
    lines = batch.page.lines
    if not len(known) or not len(lines.hashes):
        return
    at = np.searchsorted(known, lines.hashes) % len(known)
    cut = (known[at] == lines.hashes) & (lines.lengths >= MIN_CHARACTERS)
    starts = batch.page.starts
    gone: dict[int, list[tuple[int, int]]] = {}
    for place in np.flatnonzero(cut).tolist():
        document = int(lines.document[place])
        start = int(lines.start[place] - starts[document])
        gone.setdefault(document, []).append((start, start + int(lines.lengths[place])))
    batch.replace(
        ((document, _without(batch.texts[document], spans)) for document, spans in gone.items()),
        "boilerplate cut",
    )
    for document in gone:
        if not batch.texts[document]:
            batch.drop(document, "boilerplate only")


def _without(text: str, spans: Sequence[tuple[int, int]]) -> str:
    pieces, at = [], 0
    for start, stop in spans:
        pieces.append(text[at:start])
        at = stop
    return normalise("".join([*pieces, text[at:]]))


@lru_cache(maxsize=4)
def _known(path: str) -> Any:
    import numpy as np

    return np.load(path)


def prepare(run: Run, shards: Sequence[Shard], spread: Spread) -> None:
    """Count lines over all shards and write the hashes of those that are boilerplate."""
    import numpy as np

    path = Path(run.folder) / FILE
    if path.exists():
        return
    files = list(spread(count_lines, [(run, shard) for shard in shards]))
    found = [_frequent(files, part, run.settings.min_boilerplate) for part in range(_PARTS)]
    keep_array(path, np.sort(np.concatenate(found)))


def _frequent(files: Iterable[str], part: int, least: int) -> Hashes:
    import numpy as np

    hashes = [np.empty(0, np.uint64)]
    for file in files:
        array = np.load(file, mmap_mode="r")
        hashes.append(array[array % np.uint64(_PARTS) == part])
    values, counts = np.unique(np.concatenate(hashes), return_counts=True)
    return np.asarray(values[counts >= least])


def count_lines(work: tuple[Run, Shard]) -> str:
    """Write the hashes of a shard's lines, one for each document that has it."""
    import numpy as np

    run, shard = work
    path = run.file(shard.number, "lines.npy")
    if not path.exists():
        found = [np.empty(0, np.uint64)]
        found += [_of_documents(texts) for texts in _texts(run, shard)]
        keep_array(path, np.concatenate(found))
    return str(path)


def _of_documents(texts: list[str]) -> Hashes:
    import numpy as np

    lines = Page.of(texts).lines
    long = lines.lengths >= MIN_CHARACTERS
    pairs = np.stack([lines.document[long].astype(np.uint64), lines.hashes[long]], axis=1)
    return np.asarray(np.unique(pairs, axis=0)[:, 1])


def _texts(run: Run, shard: Shard) -> Iterator[list[str]]:
    held, size = [], 0
    for line in lines_of(shard, max_bytes=run.settings.max_bytes_per_line):
        row, _ = parsed(line.raw) if not line.fault else (None, "")
        if row is None or len(row["text"]) > run.settings.max_characters:
            continue
        held.append(normalise(row["text"]))
        size += len(line.raw)
        if size >= BATCH_BYTES:
            yield held
            held, size = [], 0
    if held:
        yield held
