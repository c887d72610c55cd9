"""Stage: texts that overlap with an evaluation text are dropped, so that scores stay honest.

An overlap is 13 words in a row (Brown et al. 2020, appendix C), or 24 Chinese characters; spelling,
case and punctuation do not count. A shorter evaluation text overlaps with a document that is
nothing else.

Enters the files named by `evaluation`, in any form that data may have (JSON lines, CSV, Parquet,
plain text …). Of a row its `text` counts, and any other column that is long enough: a second text,
a written answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chainring.contracts.errors import InputError
from chainring.contracts.parts import load_part
from chainring.data.clean.batch import Batch
from chainring.data.clean.characters import HAN, Page, grams
from chainring.data.clean.first import Run
from chainring.data.clean.keep import keep_array
from chainring.data.clean.settings import MIN_NGRAM
from chainring.data.lines import Report
from chainring.text.normalise import normalise

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Hashes = NDArray[np.uint64]

_ROWS_AT_ONCE = 512
_MAX_BYTES = 1 << 24


def decontaminate(batch: Batch) -> None:
    """Drop what overlaps with an evaluation text."""
    import numpy as np

    for size in sorted(MIN_NGRAM.values()):
        found = grams(batch.page.tokens, size)
        known = _known(str(batch.prepared / _file(size)))
        if len(known) and len(found.hashes):
            at = np.searchsorted(known, found.hashes) % len(known)
            hits = found.document[known[at] == found.hashes]
            marked = np.bincount(hits, minlength=len(batch.rows)) > 0
            batch.drop_all(marked, "overlaps with an evaluation text")


def _file(size: int) -> str:
    return f"evaluation-{size}.npy"


@lru_cache(maxsize=8)
def _known(path: str) -> Any:
    import numpy as np

    return np.load(path)


def prepare(run: Run) -> None:
    """Write the hashes of the evaluation texts' sequences, of both sizes."""
    import numpy as np

    paths = {size: Path(run.folder) / _file(size) for size in MIN_NGRAM.values()}
    if all(path.exists() for path in paths.values()):
        return
    found = {size: [np.empty(0, np.uint64)] for size in paths}
    for name in run.settings.evaluation:
        count = 0
        for size, hashes in _sequences_of(Path(name)):
            count += len(hashes)
            found[size].append(hashes)
        if not count:
            raise InputError(
                f"{name}: no evaluation text in it; rows with a `text`, or with any column of "
                f"{MIN_NGRAM['en']} words or more, are expected"
            )
    for size, path in paths.items():
        keep_array(path, np.unique(np.concatenate(found[size])))


def _sequences_of(path: Path) -> Iterator[tuple[int, Hashes]]:
    """Yield the size and the hashes of the sequences of a file's texts."""
    rows = _rows(path)
    while some := list(islice(rows, _ROWS_AT_ONCE)):
        yield from _sequences([_said(row.get("text")) for row in some], is_whole=True)
        beside = [value for row in some for name, value in row.items() if name != "text"]
        yield from _sequences([_said(value) for value in beside], is_whole=False)


def _sequences(texts: Sequence[str], *, is_whole: bool) -> Iterator[tuple[int, Hashes]]:
    """Yield the sequences of texts; a shorter text is one only where it is the `text` of a row."""
    if not texts:
        return
    page = Page.of(texts)
    counts = page.tokens.counts()
    chinese = 2 * page.count(HAN) >= counts
    for size, mine in ((MIN_NGRAM["en"], ~chinese), (MIN_NGRAM["zh"], chinese)):
        asked = mine & (is_whole | (counts >= size))
        yield size, grams(page.tokens.within(asked), size).hashes


def _said(value: object) -> str:
    return normalise(value) if isinstance(value, str) else ""


def _rows(path: Path) -> Iterator[Mapping[str, Any]]:
    from chainring.data.read import ending_of, endings

    if not path.is_file():
        raise InputError(f"evaluation text {path} is not there; name files of JSON lines or text")
    faults: list[str] = []
    reader = load_part("reader", endings().get(ending_of(path.name), "text.v1"))
    for _, row in reader(path, report=_told(faults), max_bytes=_MAX_BYTES):
        _require_none(path, faults)
        yield row
    _require_none(path, faults)


def _told(faults: list[str]) -> Report:
    return lambda place, cause: faults.append(f"{place}: {cause}")


def _require_none(path: Path, faults: Sequence[str]) -> None:
    if faults:
        raise InputError(f"{path}, {faults[0]}; mend it, or scores would lie")
