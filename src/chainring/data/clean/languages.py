"""Stage: the language of each text, and only the wanted languages.

Scripts settle most: many Chinese characters are Chinese (as `text.language` has it), and Latin
letters with enough of the commonest English words are English. What is left is asked of a model
(`text.identify`), at its first thousand characters.

=============================  ==========================
``我的 iPhone 充不了电``           zh, by its characters
``Where is the parcel?``       en, by *where, is, the*
``Où est mon colis ?``         fr, by the model
=============================  ==========================
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from chainring.data.clean.batch import Batch
from chainring.data.clean.characters import HAN, LATIN, LETTER, Page

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MIN_COMMON = 0.08
"""Share of common English words that settles it; running English has 0.15 to 0.3 of these."""

_COMMON = (  # none of them is frequent in another language of Latin letters
    "the and to that for it with this are from have not but his her you they which there their "
    "would what been who out up can when them some into more than then could only did these how "
    "any just should because about my your its if has at be or while other through between where "
    "its very much after before those such both being does doesn't it's don't"
)  # fmt: skip
_READ = 1000


def languages(batch: Batch) -> None:
    """Set `batch.languages`, and drop what is in none of the wanted languages."""
    import numpy as np

    by_script = scripts(batch.page)
    common = _common_share(batch.page)
    for index in batch.alive():
        said = by_script[index]
        if said == "zh" or (said == "en" and common[index] >= MIN_COMMON):
            batch.languages[index] = said
        else:
            batch.languages[index] = _identified(batch, index, said)
    batch.changes["language named"] += sum(map(bool, batch.languages))
    wanted = batch.settings.languages
    if wanted:
        strange = np.array([one not in wanted for one in batch.languages], dtype=bool)
        batch.drop_all(strange, "another language")


def scripts(page: Page) -> list[str]:
    """Return zh, en or und of each document, by the rule of `text.language`."""
    import numpy as np

    han, latin, letters = page.count(HAN), page.count(LATIN), page.count(LETTER)
    words = page.document_of(_latin_words(page))
    words = np.bincount(words, minlength=len(han))
    unsettled = (letters == 0) | (3 * (letters - han - latin) >= letters)
    found = np.where(unsettled, "und", np.where(han >= words, "zh", "en"))
    return [str(one) for one in found.tolist()]


def _latin_words(page: Page) -> Any:
    """Return where runs of Latin letters begin."""
    import numpy as np

    latin = (page.kinds & LATIN) != 0
    begins = latin.copy()
    begins[1:] &= ~latin[:-1]
    return np.flatnonzero(begins)


@cache
def _common() -> Any:
    import numpy as np

    return np.sort(Page.of([_COMMON]).tokens.hashes)


def _common_share(page: Page) -> NDArray[np.float64]:
    """Return the share of tokens that are common English words."""
    import numpy as np

    tokens, known = page.tokens, _common()
    at = np.searchsorted(known, tokens.hashes) % len(known)
    hits = np.bincount(tokens.document[known[at] == tokens.hashes], minlength=len(page.starts))
    share: NDArray[np.float64] = hits / np.maximum(tokens.counts(), 1)
    return share


def _identified(batch: Batch, index: int, said: str) -> str:
    """Ask the model; a text of a few words keeps what its script says."""
    stated = str(batch.rows[index].get("language") or "")
    text = batch.texts[index]
    if int(batch.page.tokens.counts()[index]) < 8:
        return stated or said
    from chainring.text.identify import identify

    found, _ = identify(text[:_READ])
    return found
