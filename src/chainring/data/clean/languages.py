"""Stage: the language of each text, and only the wanted languages.

Scripts settle most: many Chinese characters are Chinese (as `text.language` has it). Among Latin
letters the small words of seven languages do, where one leads clearly. What is left is asked of a
model (`text.identify`), at its first thousand characters; it is loaded only where it is needed, and
once for all processes (`language_model`).

=============================  ==========================
``我的 iPhone 充不了电``           zh, by its characters
``Where is the parcel?``       en, by *where, is, the*
``Où est mon colis ?``         fr, by *où, est*
=============================  ==========================
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from chainring.data.clean.batch import Batch
from chainring.data.clean.characters import APART, HAN, LATIN, LETTER, SPACE, Page
from chainring.data.clean.language_model import language_model
from chainring.text.language import language

MIN_SMALL, MIN_LEAD = 0.06, 2.5
"""Share of a language's small words that settles it, and how often the next one's share."""

_SMALL = {  # words that are frequent in one language and rare in the others
    "en": "the and of to that for it with this are from have not but his her you they which there "
    "their would what been who when some into more than then could only these how any should "
    "because about my your has be or while other through between where very much after before "
    "were was is by at as if its did do does so all will can out up just like no an he she",
    "es": "el los las una con por del como más su lo pero sus este ha sido son está muy para y al "
    "esta cuando también hasta donde sin sobre todo desde porque qué hay fue ser",
    "fr": "le les des est du une dans pour qui au plus ce pas sur ne se par avec sont il elle nous "
    "vous mais ou où cette ses aux été être leur et à sa c'est d'un n'est",
    "de": "der die und den das von zu mit sich des auf für ist im dem nicht ein eine als auch es "
    "werden aus hat dass sie nach wird bei einer um noch wie einem über",
    "pt": "os uma um do da em não com mais dos como mas foi ao ele das à seu sua ou quando muito "
    "nos já eu também só pelo pela até isso ela entre depois são está",
    "it": "il di che è per un della sono del non una gli dei nel alla anche come più ma delle si "
    "questo ha le con dal nella cui essere",
    "nl": "het een van ik te dat die niet zijn op aan met als voor er maar om hem dan zou wat mijn "
    "dit zo door over ze zich bij ook tot je mij uit",
}  # fmt: skip
_READ = 1000


def languages(batch: Batch) -> None:
    """Set `batch.languages`, and drop what is in none of the wanted languages."""
    import numpy as np

    by_script = scripts(batch.page)
    small = _by_small_words(batch.page)
    for index in batch.alive():
        said = by_script[index]
        known = small[index] if said == "en" else said if said == "zh" else ""
        batch.languages[index] = known or _identified(batch, index, said)
    batch.changes["language named"] += sum(map(bool, batch.languages))
    wanted = batch.settings.languages
    if wanted:
        strange = np.array([one not in wanted for one in batch.languages], dtype=bool)
        batch.drop_all(strange, "another language")


def scripts(page: Page) -> list[str]:
    """Return zh, en or und of each document, by the rule of `text.language`."""
    import numpy as np

    han, latin, letters = page.count(HAN), page.count(LATIN), page.count(LETTER)
    words = np.bincount(page.document_of(_latin_runs(page)), minlength=len(han))
    unsettled = (letters == 0) | (3 * (letters - han - latin) >= letters)
    found = np.where(unsettled, "und", np.where(han >= words, "zh", "en"))
    said = [str(one) for one in found.tolist()]
    for index in np.flatnonzero((found == "en") & (han > 0)).tolist():  # few: Chinese within Latin
        said[index] = language(page.text(index))
    return said


def _latin_runs(page: Page) -> Any:
    """Return a place in each run of characters with a Latin letter, as `text.language` cuts it."""
    import numpy as np

    letters = np.flatnonzero((page.kinds & LATIN) != 0)
    run = np.cumsum((page.kinds & (SPACE | HAN | APART)) != 0)[letters]
    return letters[np.append(True, run[1:] != run[:-1])] if len(letters) else letters


@cache
def _small() -> tuple[Any, Any]:
    """Return the sorted hashes of all small words, and which of the languages has each."""
    import numpy as np

    of = [Page.of([words]).tokens.hashes for words in _SMALL.values()]
    known = np.unique(np.concatenate(of))
    return known, np.stack([np.isin(known, hashes) for hashes in of], axis=1).astype(np.int64)


def _by_small_words(page: Page) -> list[str]:
    """Return the language whose small words lead clearly, or an empty string."""
    import numpy as np

    (known, belongs), tokens, names = _small(), page.tokens, tuple(_SMALL)
    at = np.searchsorted(known, tokens.hashes) % len(known)
    hit = np.flatnonzero(known[at] == tokens.hashes)
    shares = np.zeros((len(page.starts), len(names)))
    for column in range(len(names)):
        weights = belongs[at[hit], column]
        shares[:, column] = np.bincount(tokens.document[hit], weights, len(page.starts))
    shares /= np.maximum(tokens.counts(), 1)[:, None]
    best, ranked = shares.argmax(axis=1), np.sort(shares, axis=1)
    settled = (ranked[:, -1] >= MIN_SMALL) & (ranked[:, -1] >= MIN_LEAD * ranked[:, -2])
    return [names[one] if sure else "" for one, sure in zip(best, settled, strict=True)]


def _identified(batch: Batch, index: int, said: str) -> str:
    """Ask the model; a text of a few words keeps what its script says."""
    stated = str(batch.rows[index].get("language") or "")
    text = batch.texts[index]
    if int(batch.page.tokens.counts()[index]) < 8:
        return stated or said
    from chainring.text.identify import identify

    model = None if batch.prepared == Path() else _Asked(str(batch.prepared))
    found, _ = identify(text[:_READ], model=model)
    return found


@dataclass(frozen=True, slots=True)
class _Asked:
    """The model of the run's folder, opened when it is first asked."""

    run: str

    def classify(self, text: str) -> tuple[str, float]:
        found: tuple[str, float] = language_model(self.run).classify(text)
        return found
