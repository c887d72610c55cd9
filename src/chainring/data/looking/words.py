"""Which words are frequent, and which tell a label apart: the word map of a data set.

Enters texts by language and label, leaves words with their numbers. A word counts once a row.

    seen = WordCounts(labels=("refund", "track_order"))
    seen.add("Where is my parcel?", language="en", label="track_order")
    seen.frequent("en")                    # [('parcel', 1), ...]
    seen.distinctive("track_order")        # [Distinctive(word='parcel', z=2.1, rows=1), ...]

B. L. Monroe, M. P. Colaresi and K. M. Quinn 2008, "Fightin' Words", equations 15, 16, 20 and 22:
the log-odds of a word in a group against all others of the same language, with a Dirichlet prior
of the whole language's shares, in standard errors. We count rows where they count repeats, so that
one long text with one word a hundred times says no more than one row.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from chainring.contracts.access import FACTS
from chainring.contracts.errors import MissingPackageError
from chainring.data.looking.rows import Allows, batches
from chainring.text.characters import HAN

PRIOR_ROWS = 500.0
"""Weight of the prior: as if so many word counts with the language's own shares had been seen."""

MIN_Z = 1.96
MAX_WORDS = 50_000
"""Distinct words kept a group; beyond twice as many the rarest are forgotten."""

MAX_ROWS = 100_000

_MARK = re.compile(r"\[[a-z_]{2,12}\]")  # placeholders of the redaction
_LETTER = rf"[^\W\d_{HAN}]"  # Chinese beside it has no blank between
_WORD = re.compile(rf"[{HAN}]+|{_LETTER}{{2,}}(?:['’-]{_LETTER}+)*")

Split = Callable[[str], set[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Distinctive:
    """A word that tells a group apart: by how many standard errors, and in how many of its rows."""

    word: str
    z: float
    rows: int


@dataclass(slots=True, kw_only=True)
class WordCounts:
    """Rows by word, for each language and for each of the named labels within a language."""

    labels: Collection[str] = ()
    split: Split | None = None
    rows: int = 0
    languages: dict[str, Counter[str]] = field(default_factory=dict)
    groups: dict[tuple[str, str], Counter[str]] = field(default_factory=dict)

    def add(self, text: str, *, language: str, label: str = "") -> None:
        """Count the words of one row in."""
        found = (self.split or words)(text)
        self.rows += 1
        count_words(self.languages.setdefault(language, Counter()), found)
        if label in self.labels:
            count_words(self.groups.setdefault((label, language), Counter()), found)

    def frequent(self, language: str, *, most: int = 12) -> list[tuple[str, int]]:
        """Return the words of the most rows of a language, stop words (a wide list) left out."""
        passed_over = stop_words(language, wide=True)
        counted = self.languages.get(language, Counter())
        kept = [(w, n) for w, n in counted.items() if w not in passed_over]
        return sorted(kept, key=lambda one: (-one[1], one[0]))[:most]

    def distinctive(self, label: str, *, most: int = 8) -> list[Distinctive]:
        """Return the words that tell a label apart from all others, strongest first."""
        found: list[Distinctive] = []
        for (name, language), mine in self.groups.items():
            if name == label:
                passed_over = stop_words(language)
                scored = log_odds(mine, self.languages[language])
                found += [one for one in scored if one.z >= MIN_Z and one.word not in passed_over]
        return sorted(found, key=lambda one: (-one.z, one.word))[:most]


def word_counts(
    folder: Path,
    *,
    labels: Collection[str],
    allows: Allows | None = None,
) -> WordCounts:
    """Return the words of a data set, of at most about 100,000 rows spread over all of it.

    Parameters
    ----------
    labels
        Labels whose words are counted apart.
    allows
        Whether a row may be read, by its columns; None: every row.
    """
    columns = ("text", "language", "label", *(() if allows is None else FACTS))
    rows = sum(batch.num_rows for batch in batches(folder, ("split",)))
    every = -(-rows // MAX_ROWS)
    found, place = WordCounts(labels=labels), 0
    for batch in batches(folder, tuple(dict.fromkeys(columns))):
        for row in batch.to_pylist():
            if place % every == 0 and (allows is None or allows(row)):
                found.add(row["text"], language=row["language"], label=row["label"] or "")
            place += 1
    return found


def log_odds(
    group: Mapping[str, int], whole: Mapping[str, int], *, prior_rows: float = PRIOR_ROWS
) -> list[Distinctive]:
    """Return every word of a group with its z against the rest of the whole.

    Parameters
    ----------
    group, whole
        Rows by word; the group is a part of the whole.
    prior_rows
        Weight of the prior, > 0.
    """
    if len(whole) < 2:
        return []
    total, mine = sum(whole.values()), sum(group.values())
    found = []
    for word, count in group.items():
        everywhere = max(count, whole.get(word, 0))
        prior = prior_rows * everywhere / total
        here, there = count + prior, everywhere - count + prior
        odds = math.log(here / (mine + prior_rows - here))
        odds -= math.log(there / (total - mine + prior_rows - there))
        z = odds / math.sqrt(1.0 / here + 1.0 / there)
        found.append(Distinctive(word=word, z=z, rows=count))
    return found


def words(text: str) -> set[str]:
    """Return the words of a text, each once: words with letters, and Chinese words.

    Without a segmenter of Chinese installed, Chinese falls into its characters and pairs of them.
    """
    found: set[str] = set()
    for piece in _WORD.findall(_MARK.sub(" ", text).casefold()):
        found.update(_chinese(piece) if re.match(f"[{HAN}]", piece) else (piece,))
    return found


def stop_words(language: str, *, wide: bool = False) -> frozenset[str]:
    """Return the words that say nothing by themselves."""
    from chainring.text.stopwords import stopwords

    return stopwords(language, wide=wide) if language in ("en", "zh") else frozenset()


def _chinese(run: str) -> Collection[str]:
    from chainring.text.segment import segment

    try:
        return segment(run)
    except MissingPackageError:
        return [*run, *(run[i : i + 2] for i in range(len(run) - 1))]


def count_words(counts: Counter[str], found: Collection[str]) -> None:
    """Count the words of one row in; of too many distinct ones the rarest are forgotten."""
    counts.update(found)
    if len(counts) > 2 * MAX_WORDS:
        kept = counts.most_common(MAX_WORDS)
        counts.clear()
        counts.update(dict(kept))
