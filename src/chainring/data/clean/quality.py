"""Stage: the rules that keep running text and drop lists, menus, code and fragments.

The rules are those of Gopher (Rae et al. 2021, table A1), C4 (Raffel et al. 2020, §2.2) and FineWeb
(Penedo et al. 2024, §3.6). Where we differ: C4's cuts of single lines are not made, a page with a
brace is dropped only when it has many, and for Chinese a rule on words reads so:

=========================  ==================================  ===================================
rule                       English                             Chinese
=========================  ==================================  ===================================
length                     50 to 100,000 words                 40 to 200,000 characters and words
mean length of a word      3 to 10 letters                     not asked: a character is one
share that is language     words with a letter, ≥ 0.8          letters among what is no space, ≥ 0.5
stop words                 two of *the, be, to, of …*          two of 的, 了, 是, 之, 也 …
sentences                  two or more                         not asked: commas and spaces serve
short line                 under 30 characters                 under 10
=========================  ==================================  ===================================

Of messages letters are counted among tokens in Chinese as well: an amount is one number or two.
Rules on lines ask for five lines: a message of one line without a full stop is none to judge by.
With the English rules a tokeniser that counts punctuation as words drops over 80 % of good Chinese.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from chainring.data.clean.batch import Batch
from chainring.data.clean.characters import (
    BRACE,
    BULLET,
    END,
    LETTER,
    SPACE,
    SYMBOL,
    Page,
)
from chainring.data.clean.settings import Rules, least_tokens, rules_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Marks = NDArray[np.bool_]

ENGLISH_STOPS = "the be to of and that have with"
CHINESE_STOPS = "的了是在不我有他这人就也之其而以于於为為乃者一说說道来來上个個们們你着著都很到"
_LOREM = "lorem ipsum"


def length(batch: Batch) -> None:
    """Drop what is too short in any language, before anything else is asked of it."""
    count = batch.page.tokens.counts()
    batch.drop_all(count < least_tokens(batch.settings.profile), "too short")


def quality(batch: Batch) -> None:
    """Drop what breaks a rule of its language; the first rule in order is the reason."""
    import numpy as np

    facts = Facts(batch.page)
    languages = np.array(batch.languages)
    for language in sorted(set(batch.languages)):
        rules = rules_of(batch.settings.profile, language)
        of = languages == language
        for reason, broken in facts.broken(rules, chinese=language == "zh"):
            batch.drop_all(broken & of, reason)


class Facts:
    """What the rules ask, for all documents of a page at once."""

    def __init__(self, page: Page) -> None:
        import numpy as np

        self.page, self.tokens, self.lines = page, page.tokens, page.lines
        self.words = np.maximum(self.tokens.counts(), 1)
        self.line_count = np.maximum(self.lines.counts(), 1)

    def broken(self, rules: Rules, *, chinese: bool) -> list[tuple[str, Marks]]:
        """Return reasons and the documents to which each applies, in the order of the rules."""
        count = self.tokens.counts()
        mean = self._mean_word()
        kind = self.page.kinds
        words, lines = self.words, self.line_count
        has_lines = lines >= rules.min_lines
        return [
            ("too short", count < rules.min_tokens),
            ("too many words", count > rules.max_tokens),
            ("words too short", mean < rules.min_mean_word),
            ("words too long", mean > rules.max_mean_word),
            ("symbols", self.page.sums((kind & SYMBOL) != 0) > rules.max_symbol_ratio * words),
            (
                "bullets",
                has_lines & (self._lines_that_begin(BULLET) > rules.max_bullet_lines * lines),
            ),
            ("ellipses", has_lines & (self._ellipsis_lines() > rules.max_ellipsis_lines * lines)),
            ("few letters", self._letter_share(rules) < rules.min_letter_share),
            ("no stop words", self._stops(chinese=chinese) < rules.min_stop_words),
            ("few sentences", self._sentences() < rules.min_sentences),
            (
                "lines without an end",
                has_lines & (self._ended_lines() < rules.min_ended_lines * lines),
            ),
            (
                "short lines",
                has_lines & (self._short_lines(rules.short_line) > rules.max_short_lines * lines),
            ),
            ("code", self.page.sums((kind & BRACE) != 0) > rules.max_braces * words),
            ("filler text", self._filler()),
        ]

    def _mean_word(self) -> Any:
        import numpy as np

        return np.add.reduceat(np.append(self.tokens.lengths, 0), self._token_starts()) / self.words

    def _token_starts(self) -> Any:
        return self.tokens.first[:-1]

    def _letter_share(self, rules: Rules) -> Any:
        """Return letters among what is no space, or words with a letter among words."""
        import numpy as np

        kind = self.page.kinds
        if rules.counts_signs:
            ink = np.maximum(self.page.sizes - self.page.sums((kind & SPACE) != 0) + 1, 1)
            return self.page.sums((kind & LETTER) != 0) / ink
        begins_with_letter = (kind[self.tokens.start] & LETTER) != 0
        documents = self.tokens.document[begins_with_letter]
        return np.bincount(documents, minlength=len(self.words)) / self.words

    def _stops(self, *, chinese: bool) -> Any:
        """Return how many different stop words each document has."""
        import numpy as np

        known = _stop_hashes(chinese)
        at = np.searchsorted(known, self.tokens.hashes) % len(known)
        hit = known[at] == self.tokens.hashes
        seen = np.zeros((len(self.words), len(known)), dtype=bool)
        seen[self.tokens.document[hit], at[hit]] = True
        return seen.sum(axis=1)

    def _of_lines(self, marked: Any) -> Any:
        import numpy as np

        return np.bincount(self.lines.document[marked], minlength=len(self.words))

    def _lines_that_begin(self, kind: int) -> Any:
        return self._of_lines((self.page.kinds[self.lines.start] & kind) != 0)

    def _line_ends(self) -> Any:
        return self.lines.start + self.lines.lengths - 1

    def _ended_lines(self) -> Any:
        return self._of_lines((self.page.kinds[self._line_ends()] & END) != 0)

    def _ellipsis_lines(self) -> Any:
        codes, ends = self.page.codes, self._line_ends()
        dots = (codes[ends] == 0x2E) & (codes[ends - 1] == 0x2E) & (codes[ends - 2] == 0x2E)
        return self._of_lines((codes[ends] == 0x2026) | (dots & (self.lines.lengths >= 3)))

    def _short_lines(self, limit: int) -> Any:
        return self._of_lines(self.lines.lengths < limit)

    def _sentences(self) -> Any:
        """Return the runs of characters that end a sentence."""
        ends = (self.page.kinds & END) != 0
        begins = ends.copy()
        begins[1:] &= ~ends[:-1]
        return self.page.sums(begins)

    def _filler(self) -> Any:
        import numpy as np

        first, second = (_hash_of(word) for word in _LOREM.split())
        hashes = self.tokens.hashes
        at = np.flatnonzero((hashes[:-1] == first) & (hashes[1:] == second))
        return np.bincount(self.tokens.document[at], minlength=len(self.words)) > 0


@cache
def _stop_hashes(chinese: bool) -> Any:
    import numpy as np

    return np.unique(Page.of([CHINESE_STOPS if chinese else ENGLISH_STOPS]).tokens.hashes)


@cache
def _hash_of(word: str) -> Any:
    return Page.of([word]).tokens.hashes[0]
