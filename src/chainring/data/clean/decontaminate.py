"""Stage: texts that overlap with an evaluation text are dropped, so that scores stay honest.

An overlap is 13 words in a row (Brown et al. 2020, appendix C), or 24 Chinese characters; spelling,
case and punctuation do not count. A shorter evaluation text overlaps with a document that is
nothing else.

Enters the files named by `evaluation` (JSON lines with `text`, or plain text, one a line).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chainring.contracts.errors import InputError
from chainring.data.clean.batch import Batch
from chainring.data.clean.characters import HAN, Page, Pieces, grams
from chainring.data.clean.first import Run, parsed
from chainring.data.clean.keep import keep_array
from chainring.data.clean.settings import MIN_NGRAM
from chainring.data.clean.shards import ENDINGS, lines_of, shards_of
from chainring.text.normalise import normalise

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Hashes = NDArray[np.uint64]

_TEXTS_AT_ONCE = 512


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

    short, long = (Path(run.folder) / _file(size) for size in sorted(MIN_NGRAM.values()))
    if short.exists() and long.exists():
        return
    words, characters = [np.empty(0, np.uint64)], [np.empty(0, np.uint64)]
    for texts in _texts(run.settings.evaluation):
        page = Page.of([normalise(text) for text in texts])
        chinese = 2 * page.count(HAN) >= page.tokens.counts()
        words.append(_hashes(page.tokens.within(~chinese), MIN_NGRAM["en"]))
        characters.append(_hashes(page.tokens.within(chinese), MIN_NGRAM["zh"]))
    for path, found in ((short, words), (long, characters)):
        keep_array(path, np.unique(np.concatenate(found)))


def _hashes(tokens: Pieces, size: int) -> Hashes:
    return grams(tokens, size).hashes


def _texts(files: Sequence[str]) -> Iterator[list[str]]:
    held: list[str] = []
    for name in files:
        for text in _texts_of(Path(name)):
            held.append(text)
            if len(held) == _TEXTS_AT_ONCE:
                yield held
                held = []
    if held:
        yield held


def _texts_of(path: Path) -> Iterator[str]:
    if not path.is_file():
        raise InputError(f"evaluation text {path} is not there; name files of JSON lines or text")
    if not path.name.endswith(ENDINGS):
        yield from (line for line in path.read_text(encoding="utf-8").splitlines() if line.strip())
        return
    for shard in shards_of([path], size=1 << 62):
        for number, line in enumerate(lines_of(shard, max_bytes=1 << 24), 1):
            row, fault = parsed(line.raw) if not line.fault else (None, line.fault)
            if row is None:
                raise InputError(f"{path}, line {number}: {fault}; mend it, or scores would lie")
            yield str(row["text"])
