r"""Stage: texts in one spelling; mojibake is mended where it can be, else the text is dropped.

=========================================  =========================================
enters                                     leaves
=========================================  =========================================
``Ｗｈｅｒｅ is  my parcel?\r\n``               ``Where is my parcel?``
``itâ€™s 25 cafÃ©s``                       ``it’s 25 cafés``
``锟斤拷锟斤拷``                             dropped: mojibake
=========================================  =========================================

`normalise` is asked only where the arrays show that it would change anything: characters outside
the list of those it leaves alone, spaces beside spaces or line ends, three line ends.
"""

from __future__ import annotations

from typing import Any

from chainring.data.clean.batch import Batch
from chainring.data.clean.characters import LINE, PLAIN, Page
from chainring.text.normalise import normalise
from chainring.text.repair import repair

MAX_LOST = 0.005
"""Lost stretches a character from which a text is not worth reading."""

_LOST = ("锟斤拷", "烫烫烫", "屯屯屯")  # UTF-8 read as GBK, and memory that nobody filled


def unicode(batch: Batch) -> None:
    """Write every text in one spelling; drop empty, too long and broken ones."""
    import numpy as np

    _mend(batch)
    # A clean corpus is the rule: most batches pass here without a single call.
    unlike = np.flatnonzero(_changes(batch.page)).tolist()
    batch.replace(((i, normalise(batch.texts[i])) for i in unlike), "normalised")
    batch.drop_all(batch.page.sizes == 0, "empty text")
    batch.drop_all(batch.page.sizes > batch.settings.max_characters, "too long to clean")


def _changes(page: Page) -> Any:
    """Return which documents `normalise` might change; never too few."""
    import numpy as np

    codes, kinds = page.codes, page.kinds
    odd = (kinds & PLAIN) == 0
    line, space = (kinds & LINE) != 0, codes == 0x20
    blank = line | space
    odd[:-1] |= space[:-1] & blank[1:]
    odd[:-1] |= line[:-1] & space[1:]
    odd[:-2] |= line[:-2] & line[1:-1] & line[2:]
    odd |= codes > 0xFFFF
    unlike = np.asarray(np.logical_or.reduceat(odd, page.starts))
    last = page.starts + page.sizes - 1
    empty = page.sizes == 0
    return unlike | (blank[page.starts] & ~empty) | (blank[last] & ~empty)


def _mend(batch: Batch) -> None:
    import numpy as np

    broken = _broken(batch.page)
    for index in np.flatnonzero(broken).tolist():
        mended = repair(batch.texts[index])
        batch.replace([(index, mended.text)], "mojibake mended")
        if mended.lost > MAX_LOST * len(mended.text):
            batch.drop(index, "mojibake")


def _broken(page: Page) -> Any:
    """Return how many signs of a wrong decoding each document has."""
    codes = page.codes
    # a lead byte of UTF-8 shown as a Latin letter, and a byte that continues it
    lead = (codes >= 0xC2) & (codes <= 0xF4)
    following = ((codes >= 0x80) & (codes <= 0xBF)) | _is_high(codes)
    signs = codes == 0xFFFD
    signs[:-1] |= lead[:-1] & following[1:]
    for lost in _LOST:
        signs[: 1 - len(lost)] |= _stands(codes, lost)
    return page.sums(signs)


def _is_high(codes: Any) -> Any:
    """Return where a character is one that Windows-1252 has for 0x80 to 0x9F."""
    return ((codes >= 0x2013) & (codes <= 0x203A)) | (codes == 0x20AC) | (codes == 0x2122)


def _stands(codes: Any, phrase: str) -> Any:
    found = codes[: len(codes) - len(phrase) + 1] == ord(phrase[0])
    for step, char in enumerate(phrase[1:], 1):
        found &= codes[step : len(codes) - len(phrase) + 1 + step] == ord(char)
    return found
