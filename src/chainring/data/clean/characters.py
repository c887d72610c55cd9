"""What kind every character is; documents as one array; tokens, lines and their hashes.

Enters a list of texts, leaves a `Page` of numpy arrays in which every document ends with one line
end, so that a sum over a document is one call for all documents together.

    page = Page.of(["Where is my parcel?", "我的包裹到哪了？"])
    page.tokens.hashes                 # a word, or one Chinese character, each: 4 and 7
    page.count(HAN)                    # [0, 7]

Only hashes of what stands there are used, so that results are equal on every machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Hashes = NDArray[np.uint64]
    Places = NDArray[np.int64]
    Marks = NDArray[np.bool_]

LETTER, HAN, LATIN, DIGIT, SPACE, LINE, END, BULLET, PLAIN, APOSTROPHE, SYMBOL, BRACE, APART = (
    1 << bit for bit in range(13)
)
SHINGLE = 5
_BEYOND = 0x10000  # one place for all letters outside the basic plane; Chinese ones go to 一
_MULTIPLIER = 0x9E3779B97F4A7C15  # odd, so that it has an inverse modulo 2**64
_GRAM = 0xD6E8FEB86659FD93
_CASED = 0x600  # letters with a case below this code: Latin, Greek, Cyrillic, Armenian

_ENDS = ".!?。！？…;；\"'”’」』）)》】~～"
_BULLETS = "-*•‣▪▶●○◦·–"
_PLAIN_RANGES = (  # `normalise` leaves these as they are, whatever stands beside them
    (0x20, 0x7E), (0x0A, 0x0A), (0xC0, 0xFF), (0x100, 0x17F), (0x391, 0x3A1), (0x3A3, 0x3A9),
    (0x3B1, 0x3C9), (0x410, 0x44F), (0x2010, 0x2027), (0x2030, 0x205E), (0x3001, 0x3003),
    (0x3005, 0x3020), (0x3041, 0x3096), (0x30A1, 0x30FC), (0x3400, 0x4DBF), (0x4E00, 0x9FFF),
)  # fmt: skip
_PLAIN_CHARS = "！，：；？（）～£§©«»°±·¡¿×÷"


@cache
def kinds() -> NDArray[np.uint16]:
    """Return the kind bits of every character of the basic plane, and of those beyond it."""
    import numpy as np

    table = np.zeros(_BEYOND + 1, dtype=np.uint16)
    every = [chr(code) for code in range(_BEYOND)]
    for bit, test in ((LETTER, str.isalpha), (DIGIT, str.isdecimal), (SPACE, str.isspace)):
        table[:_BEYOND][np.fromiter(map(test, every), dtype=bool, count=_BEYOND)] |= bit
    for low, high in ((0x41, 0x5A), (0x61, 0x7A), (0xC0, 0x24F), (0x1E00, 0x1EFF)):
        part = table[low : high + 1]
        part[(part & LETTER) != 0] |= LATIN
    for low, high in ((0xFF21, 0xFF3A), (0xFF41, 0xFF5A)):
        table[low : high + 1] |= LATIN
    for low, high in ((0x3005, 0x3005), (0x3007, 0x3007), (0x3400, 0x4DBF), (0x4E00, 0x9FFF),
                      (0xF900, 0xFAFF)):  # fmt: skip
        table[low : high + 1] |= HAN | LETTER
    table[0x3000:0x3040] |= APART
    for low, high in _PLAIN_RANGES:
        table[low : high + 1] |= PLAIN
    named = ((END, _ENDS), (BULLET, _BULLETS), (PLAIN, _PLAIN_CHARS), (LINE, "\n"),
             (APOSTROPHE, "'’"), (SYMBOL, "#…"), (BRACE, "{}"),
             (APART, "，。！？；：、（）"))  # fmt: skip
    for bit, characters in named:
        table[[ord(char) for char in characters]] |= bit
    return table


@cache
def _lower() -> Hashes:
    """Return the number of each character's small letter, never 0."""
    import numpy as np

    table = np.arange(1, _BEYOND + 1, dtype=np.uint64)
    low = [chr(code).lower() for code in range(_CASED)]
    table[:_CASED] = [ord(one) + 1 if len(one) == 1 else i + 1 for i, one in enumerate(low)]
    return table


@cache
def _powers(size: int) -> tuple[Hashes, Hashes]:
    """Return the powers of the multiplier and of its inverse modulo 2**64."""
    import numpy as np

    inverse = pow(_MULTIPLIER, -1, 1 << 64)
    found = []
    for base in (_MULTIPLIER, inverse):
        steps = np.full(size, base, dtype=np.uint64)
        steps[0] = 1
        found.append(np.multiply.accumulate(steps))
    return found[0], found[1]


def _powers_for(size: int) -> tuple[Hashes, Hashes]:
    return _powers(max(1 << 18, 1 << (size - 1).bit_length()))


def mixed(values: Any) -> Hashes:
    """Return 64-bit values with their bits stirred (the finaliser of SplitMix64)."""
    import numpy as np

    out: Hashes = values ^ (values >> np.uint64(30))
    out *= np.uint64(0xBF58476D1CE4E5B9)
    out ^= out >> np.uint64(27)
    out *= np.uint64(0x94D049BB133111EB)
    out ^= out >> np.uint64(31)
    return out


@dataclass(frozen=True, slots=True)
class Pieces:
    """Tokens or lines of all documents in order: their hash, length, document, and place.

    `first[d]` to `first[d + 1]` are those of document d.
    """

    hashes: Hashes
    lengths: Places
    document: Places
    start: Places
    first: Places

    def counts(self) -> Places:
        """Return how many pieces each document has."""
        return self.first[1:] - self.first[:-1]

    def within(self, documents: Marks) -> Pieces:
        """Return the pieces of the marked documents; the others then have none."""
        import numpy as np

        stays = documents[self.document]
        chosen = self.document[stays]
        first = np.searchsorted(chosen, np.arange(len(self.first)))
        return Pieces(self.hashes[stays], self.lengths[stays], chosen, self.start[stays], first)


class Page:
    """Documents in arrays: code points, kinds, and where each document begins."""

    def __init__(self, codes: NDArray[np.uint32], starts: Places) -> None:
        self.codes, self.starts = codes, starts

    @classmethod
    def of(cls, texts: Sequence[str]) -> Page:
        """Return the page of some texts, at least one."""
        import numpy as np

        joined = "\n".join(texts) + "\n"
        codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype="<u4")
        sizes = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts)) + 1
        return cls(codes, np.cumsum(sizes) - sizes)

    @cached_property
    def _flat(self) -> NDArray[np.uint16]:
        """Code points of the basic plane; Chinese ones beyond it as 一, others as U+FFFF."""
        import numpy as np

        if int(self.codes.max()) < _BEYOND:
            return self.codes.astype(np.uint16)
        beyond = np.where(self.codes >> 17 == 1, 0x4E00, 0xFFFF)
        return np.where(self.codes < _BEYOND, self.codes, beyond).astype(np.uint16)

    @cached_property
    def kinds(self) -> NDArray[np.uint16]:
        """The kind bits of every character."""
        return kinds()[self._flat]

    @cached_property
    def sizes(self) -> Places:
        """Characters of each document."""
        import numpy as np

        return np.diff(np.append(self.starts, len(self.codes))) - 1

    def text(self, document: int) -> str:
        """Return the text of one document."""
        start = int(self.starts[document])
        codes = self.codes[start : start + int(self.sizes[document])]
        return codes.tobytes().decode("utf-32-le", "surrogatepass")

    def sums(self, marks: Any) -> Places:
        """Return how many marked characters each document has."""
        import numpy as np

        found: Places = np.add.reduceat(marks, self.starts, dtype=np.int64)
        return found

    def count(self, kind: int) -> Places:
        """Return how many characters of a kind each document has."""
        return self.sums((self.kinds & kind) != 0)

    def document_of(self, places: Places) -> Places:
        """Return the document in which each place lies."""
        import numpy as np

        return np.searchsorted(self.starts, places, side="right") - 1

    @cached_property
    def _prefix(self) -> tuple[Hashes, Hashes]:
        """Return running sums of the lower-case letters' polynomial, and inverse powers."""
        import numpy as np

        powers, inverse = _powers_for(len(self.codes) + 1)
        terms = _lower()[self._flat]
        terms *= powers[: len(self.codes)]
        sums = np.zeros(len(self.codes) + 1, dtype=np.uint64)
        np.cumsum(terms, out=sums[1:])
        return sums, inverse

    def _pieces(self, start: Places, end: Places) -> Pieces:
        import numpy as np

        sums, inverse = self._prefix
        first = np.searchsorted(start, np.append(self.starts, len(self.codes)))
        document = np.repeat(np.arange(len(self.starts)), np.diff(first))
        hashes = mixed((sums[end] - sums[start]) * inverse[start])
        return Pieces(hashes, end - start, document, start, first)

    @cached_property
    def tokens(self) -> Pieces:
        """Words (letters, digits and inner apostrophes) and single Chinese characters."""
        import numpy as np

        kind = self.kinds
        han = (kind & HAN) != 0
        word = ((kind & (LETTER | DIGIT)) != 0) & ~han
        inner = (kind[1:-1] & APOSTROPHE) != 0
        word[1:-1] |= inner & word[:-2] & word[2:]
        begins, ends = word.copy(), word.copy()
        begins[1:] &= ~word[:-1]
        ends[:-1] &= ~word[1:]
        start = np.flatnonzero(begins | han)
        return self._pieces(start, np.flatnonzero(ends | han) + 1)

    @cached_property
    def lines(self) -> Pieces:
        """Lines that are not empty; each document ends one."""
        import numpy as np

        end = np.flatnonzero((self.kinds & LINE) != 0)
        start = np.append(0, end[:-1] + 1)
        filled = end > start
        return self._pieces(start[filled], end[filled])

    @cached_property
    def shingles(self) -> Pieces:
        """The sequences of five tokens, by which near copies are known."""
        return grams(self.tokens, SHINGLE)


def grams(pieces: Pieces, size: int) -> Pieces:
    """Return the sequences of `size` tokens of each document; their lengths are in characters.

    A document of fewer tokens is one sequence, one without tokens none.
    """
    import numpy as np

    total = len(pieces.hashes)
    left = pieces.first[1:][pieces.document] - np.arange(total)  # tokens to the document's end
    has = left >= size
    short = np.flatnonzero((pieces.counts() > 0) & (pieces.counts() < size))
    has[pieces.first[:-1][short]] = True
    hashes, lengths = pieces.hashes.copy(), pieces.lengths.copy()
    factor = 1
    for step in range(1, min(size, total)):
        factor = factor * _GRAM % (1 << 64)
        inside = left[:-step] > step
        hashes[:-step] += pieces.hashes[step:] * np.uint64(factor) * inside
        lengths[:-step] += pieces.lengths[step:] * inside
    chosen = pieces.document[has]
    first = np.searchsorted(chosen, np.arange(len(pieces.first)))
    return Pieces(mixed(hashes[has]), lengths[has], chosen, pieces.start[has], first)
