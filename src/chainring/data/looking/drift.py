"""What came and what went since an earlier data set, and whether it is of another kind.

Enters the folders of two data sets, leaves a `Drift`: rows that came, went and were relabelled, and
a `Change` for each question asked.

    found = drift(before, now)
    found.came, found.gone, found.relabelled             # 120, 3, 1
    [one.aspect for one in found.changes if one.alarm]   # ['languages']

Most rows of two turns are the same, and a test of two samples that share rows sees only half of a
difference. So what came is compared with what had been there, and what went with what stayed: no
row is in both samples. All questions of one comparison of turns go through Holm's correction
together, and an alarm asks for an effect besides: of ten thousand rows a difference of one per cent
is no chance, and no drift that anybody has to act on.

==========  ==========================================================  =====================
aspect      test                                                        effect
==========  ==========================================================  =====================
lengths     Smirnov's two-sample test                                   gap of cumulated shares
labels      Pearson's chi-square (rows with a label)                    total variation
languages   Pearson's chi-square                                        total variation
sources     Pearson's chi-square                                        total variation
words       two shares for each of the 300 commonest, Bonferroni        largest gap of shares
==========  ==========================================================  =====================
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from chainring.contracts.access import FACTS
from chainring.data.looking.numbers import median
from chainring.data.looking.rows import Allows, batches, keys, readable
from chainring.data.looking.words import count_words, words
from chainring.stats.multiple import holm
from chainring.stats.two_samples import homogeneity, shares_differ, smirnov

Aspect = Literal["lengths", "labels", "languages", "sources", "words"]
Side = Literal["came", "gone"]

ALPHA = 0.05
MIN_EFFECT = 0.1
"""A tenth of the rows: what Cohen (1988) calls small, and less than which nobody has to act on."""

MIN_ROWS = 20
MAX_WORD_ROWS = 50_000
MAX_TESTED_WORDS = 300
_COLUMNS = ("id", "text", *FACTS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """A word, label, language or source, and its share of the rows on both sides."""

    name: str
    before: float
    after: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The answer to one question: `p` is Holm's, `effect` 0 to 1, `moved` what moved most.

    Side `came`: rows that came beside those that had been there; `gone`: rows that went beside
    those that stayed. For lengths `moved` holds the medians, in characters.
    """

    side: Side
    aspect: Aspect
    p: float
    effect: float
    rows: int
    others: int
    moved: tuple[Moved, ...] = ()

    @property
    def alarm(self) -> bool:
        """Whether this is more than noise, and more than little."""
        return self.p <= ALPHA and self.effect >= MIN_EFFECT


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """What changed between two data sets; `changes` is empty when too few rows moved."""

    came: int
    gone: int
    stayed: int
    relabelled: int
    changes: tuple[Change, ...] = ()

    @property
    def alarms(self) -> tuple[Change, ...]:
        """The changes that are more than noise, and more than little."""
        return tuple(one for one in self.changes if one.alarm)


@dataclass(slots=True, kw_only=True)
class Sample:
    """One side of a comparison, counted; words of at most 50,000 rows."""

    rows: int = 0
    lengths: Counter[int] = field(default_factory=Counter)
    labels: Counter[str] = field(default_factory=Counter)
    languages: Counter[str] = field(default_factory=Counter)
    sources: Counter[str] = field(default_factory=Counter)
    words: Counter[str] = field(default_factory=Counter)
    word_rows: int = 0

    def add(self, batch: Any) -> None:
        """Count a batch of rows in."""
        import pyarrow.compute as pc

        self.rows += batch.num_rows
        _count(self.lengths, pc.utf8_length(batch.column("text")))
        _count(self.labels, batch.column("label"))
        _count(self.languages, batch.column("language"))
        _count(self.sources, batch.column("source"))

    def add_words(self, texts: list[str]) -> None:
        """Count the words of some texts, each once a text."""
        self.word_rows += len(texts)
        for text in texts:
            count_words(self.words, words(text))

    def with_(self, other: Sample) -> Sample:
        """Return both samples as one."""
        return Sample(
            rows=self.rows + other.rows,
            lengths=self.lengths + other.lengths,
            labels=self.labels + other.labels,
            languages=self.languages + other.languages,
            sources=self.sources + other.sources,
            words=self.words + other.words,
            word_rows=self.word_rows + other.word_rows,
        )


def drift(before: Path, now: Path, *, allows: Allows | None = None) -> Drift:
    """Return what changed between two data sets, given as folders of their trees.

    Parameters
    ----------
    allows
        Whether the words of a row may be counted, by its columns; None: those of every row.
    """
    old, old_labelled = _known(before)
    new, new_labelled = _known(now)
    came, stayed_labels = _split(now, old, old_labelled, allows)
    gone, _ = _split(before, new, new_labelled, allows)
    stayed = gone[1]
    changes = [
        *_changes("came", came[0], stayed.with_(gone[0])),
        *_changes("gone", gone[0], stayed),
    ]
    adjusted = holm([one.p for one in changes])
    return Drift(
        came=came[0].rows,
        gone=gone[0].rows,
        stayed=stayed.rows,
        relabelled=stayed.rows - stayed_labels,
        changes=tuple(replace(one, p=p) for one, p in zip(changes, adjusted, strict=True)),
    )


def _known(folder: Path) -> tuple[Any, Any]:
    """Return the sorted keys of all ids, and of all ids with their labels: 16 bytes a row."""
    import numpy as np

    ids, labelled = [np.zeros(0, np.uint64)], [np.zeros(0, np.uint64)]
    for batch in batches(folder, ("id", "label")):
        names = batch.column("id").to_pylist()
        ids.append(keys(names))
        labelled.append(keys(_with_label(names, batch)))
    return np.sort(np.concatenate(ids)), np.sort(np.concatenate(labelled))


def _with_label(names: list[str], batch: Any) -> list[str]:
    labels = batch.column("label").to_pylist()
    return [f"{name} {label or ''}" for name, label in zip(names, labels, strict=True)]


def _split(
    folder: Path, known: Any, labelled: Any, allows: Allows | None
) -> tuple[tuple[Sample, Sample], int]:
    """Return the rows unknown to the other side and those known; and how many kept their label."""
    sides, same = (Sample(), Sample()), 0
    every = max(1, _rows(folder) // MAX_WORD_ROWS)
    for batch in batches(folder, _COLUMNS):
        names = batch.column("id").to_pylist()
        found = keys(names)
        is_known = _is_in(found, known)
        same += int(_is_in(keys(_with_label(names, batch)), labelled).sum())
        for sample, mask in zip(sides, (~is_known, is_known), strict=True):
            sample.add(_where(batch, mask))
            sample.add_words(readable(_where(batch, mask & (found % every == 0)), allows))
    return sides, same


def _rows(folder: Path) -> int:
    return sum(batch.num_rows for batch in batches(folder, ("split",)))


def _is_in(values: Any, known: Any) -> Any:
    import numpy as np

    if not len(known):
        return np.zeros(len(values), dtype=bool)
    places = np.minimum(np.searchsorted(known, values), len(known) - 1)
    return known[places] == values


def _where(batch: Any, mask: Any) -> Any:
    import pyarrow as pa

    return batch.filter(pa.array(mask))


def _count(counts: Counter[Any], column: Any) -> None:
    for one in column.value_counts().to_pylist():
        if one["values"] not in (None, ""):
            counts[one["values"]] += one["counts"]


def _changes(side: Side, first: Sample, second: Sample) -> Iterator[Change]:
    if min(first.rows, second.rows) < MIN_ROWS:
        return
    spread = smirnov(first.lengths, second.lengths)
    medians = Moved(name="", before=median(second.lengths), after=median(first.lengths))
    yield Change(
        side=side, aspect="lengths", p=spread.p, effect=spread.effect, rows=first.rows,
        others=second.rows, moved=(medians,),
    )  # fmt: skip
    aspects: tuple[Aspect, ...] = ("labels", "languages", "sources")
    for aspect in aspects:
        a: Counter[str] = getattr(first, aspect)
        b: Counter[str] = getattr(second, aspect)
        if min(a.total(), b.total()) >= MIN_ROWS:
            found = homogeneity(a, b)
            yield Change(
                side=side, aspect=aspect, p=found.p, effect=found.effect, rows=found.first,
                others=found.second, moved=_moved({*a, *b}, a, a.total(), b, b.total()),
            )  # fmt: skip
    if min(first.word_rows, second.word_rows) >= MIN_ROWS:
        yield _word_change(side, first, second)


def _word_change(side: Side, first: Sample, second: Sample) -> Change:
    """Ask each common word; the surest of those that moved by enough answers for all."""
    n, m = first.word_rows, second.word_rows
    both = first.words + second.words
    tested = [w for w, rows in both.most_common(MAX_TESTED_WORDS) if rows * min(n, m) / (n + m) > 5]
    found = [
        (gap < MIN_EFFECT, shares_differ(first.words[w], n, second.words[w], m), -gap)
        for w in tested
        for gap in [abs(first.words[w] / n - second.words[w] / m)]
    ]
    _, p, gap = min(found, default=(True, 1.0, 0.0))
    return Change(
        side=side, aspect="words", p=min(1.0, p * len(tested)), effect=-gap, rows=n, others=m,
        moved=_moved(tested, first.words, n, second.words, m),
    )  # fmt: skip


def _moved(
    names: Iterable[str], first: Counter[str], n: int, second: Counter[str], m: int
) -> tuple[Moved, ...]:
    """Return what moved most, at most five."""
    found = [Moved(name=name, before=second[name] / m, after=first[name] / n) for name in names]
    found.sort(key=lambda one: (-abs(one.after - one.before), one.name))
    return tuple(found[:5])
