"""Stage: texts that repeat themselves, line by line or word by word.

Gopher's rules (Rae et al. 2021, table A1): the share of a text that stands in lines seen before,
in its most frequent sequences of 2 to 4 words, and in sequences of 5 to 10 words that stand in it
twice. In Chinese a token is one character, of which about two make a word: sequences are twice
as long there.

Frequent sequences are counted for all texts at once by sorting. Repeated ones are walked through
one text at a time, and only where one in fifty stands twice: each covers as many words as it has,
so that the others cannot reach a limit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chainring.data.clean.batch import Batch
from chainring.data.clean.characters import Pieces, grams

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Shares = NDArray[np.float64]

MAX_REPEATED_LINES = 0.30
MAX_REPEATED_LINE_CHARACTERS = 0.20
MAX_TOP = {2: 0.20, 3: 0.18, 4: 0.16}
MAX_REPEATED = {5: 0.15, 6: 0.14, 7: 0.13, 8: 0.12, 9: 0.11, 10: 0.10}
CHINESE_SCALE = 2
_WORTH_A_WALK = 0.02
_LENGTH_BITS, _DOCUMENT_BITS = 12, 16


def repetition(batch: Batch) -> None:
    """Drop what repeats itself."""
    import numpy as np

    page = batch.page
    count, extra, characters, _ = _repeated(page.lines, len(page.starts))
    sizes = np.maximum(page.sizes, 1)
    batch.drop_all(extra > MAX_REPEATED_LINES * np.maximum(count, 1), "repeated lines")
    batch.drop_all(characters > MAX_REPEATED_LINE_CHARACTERS * sizes, "repeated lines")
    chinese = np.array([language == "zh" for language in batch.languages], dtype=bool)
    for of, scale in ((~chinese, 1), (chinese, CHINESE_SCALE)):
        tokens = page.tokens.within(of) if not of.all() else page.tokens
        if of.any() and len(tokens.hashes):
            _frequent(batch, tokens, scale)
    _walk(batch, chinese)


def _frequent(batch: Batch, tokens: Pieces, scale: int) -> None:
    """Drop what stands too often. A frequent sequence of four holds a pair half as frequent."""
    import numpy as np

    documents = len(batch.rows)
    ink = np.maximum(np.bincount(tokens.document, weights=tokens.lengths, minlength=documents), 1)
    pair, *longer = MAX_TOP
    _, _, _, top = _repeated(grams(tokens, pair * scale), documents)
    batch.drop_all(top > MAX_TOP[pair] * ink, "repeated words")
    near = (top > min(MAX_TOP.values()) / 2 * ink) & batch.marks()
    if near.any():
        few = tokens.within(near)
        for size in longer:
            _, _, _, top = _repeated(grams(few, size * scale), documents)
            batch.drop_all(top > MAX_TOP[size] * ink, "repeated words")


def _walk(batch: Batch, chinese: NDArray[np.bool_]) -> None:
    """Walk through the texts of which enough sequences of five tokens, then of ten, stand twice."""
    import numpy as np

    page, documents = batch.page, len(batch.rows)
    count, extra, _, _ = _repeated(page.shingles, documents)
    worth = (extra > _WORTH_A_WALK * np.maximum(count, 1)) & batch.marks()
    if (worth & chinese).any():
        longer = grams(page.tokens.within(worth & chinese), min(MAX_REPEATED) * CHINESE_SCALE)
        count, extra, _, _ = _repeated(longer, documents)
        worth &= ~chinese | (extra > _WORTH_A_WALK * np.maximum(count, 1))
    for index in np.flatnonzero(worth).tolist():
        if _walks_too_often(page.tokens, index, CHINESE_SCALE if chinese[index] else 1):
            batch.drop(index, "repeated words")


def _repeated(pieces: Pieces, documents: int) -> tuple[Any, Any, Any, Any]:
    """Return pieces, those seen before, their characters, and the most one takes, by document.

    One sort does it: document, a part of the hash and the length share a 64-bit key.
    """
    import numpy as np

    lengths = np.minimum(pieces.lengths, (1 << _LENGTH_BITS) - 1).astype(np.uint64)
    part = pieces.hashes >> np.uint64(_LENGTH_BITS + _DOCUMENT_BITS)
    keys = pieces.document.astype(np.uint64) << np.uint64(64 - _DOCUMENT_BITS)
    keys |= part << np.uint64(_LENGTH_BITS)
    keys |= lengths
    keys.sort()
    begins = np.flatnonzero(np.append(True, keys[1:] != keys[:-1])) if len(keys) else keys[:0]
    runs = np.diff(np.append(begins, len(keys))).astype(np.int64)
    chosen = keys[begins.astype(np.int64)]
    document = (chosen >> np.uint64(64 - _DOCUMENT_BITS)).astype(np.int64)
    length = (chosen & np.uint64((1 << _LENGTH_BITS) - 1)).astype(np.int64)
    top = np.zeros(documents, dtype=np.int64)
    often = runs > 1
    np.maximum.at(top, document[often], (runs * length)[often])
    extra = np.bincount(document, weights=runs - 1, minlength=documents)
    characters = np.bincount(document, weights=(runs - 1) * length, minlength=documents)
    return pieces.counts(), extra, characters, top


def _walks_too_often(tokens: Pieces, index: int, scale: int) -> bool:
    start, stop = int(tokens.first[index]), int(tokens.first[index + 1])
    hashes, lengths = tokens.hashes[start:stop].tolist(), tokens.lengths[start:stop].tolist()
    total = max(sum(lengths), 1)
    return any(
        covered(hashes, lengths, size * scale) > limit * total
        for size, limit in MAX_REPEATED.items()
    )


def covered(hashes: list[int], lengths: list[int], size: int) -> int:
    """Return the characters of sequences of `size` tokens that stood before, none counted twice.

    >>> covered([1, 2, 3, 1, 2, 4], [5, 5, 5, 5, 5, 5], 2)
    10
    """
    seen: set[tuple[int, ...]] = set()
    at = found = 0
    while at + size <= len(hashes):
        sequence = tuple(hashes[at : at + size])
        if sequence in seen:
            found += sum(lengths[at : at + size])
            at += size
        else:
            seen.add(sequence)
            at += 1
    return found
