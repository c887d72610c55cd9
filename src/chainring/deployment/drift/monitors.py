"""All questions of drift together, asked after every answer, with one chance of a false alarm.

    watch = Watch(first_rows, settings=settings)
    for row in rows:
        alarms += watch.add(row)
    alarms += watch.judge(judged, promised=0.93)

What keeps the chance at `alpha`, for all questions and as long as the model serves:

- Length, confidence, answers passed on, and distance from the usual inputs are each a bet against
  "this could as well have come before" (`chainring.stats.exchangeable`): no estimate, any moment.
- Labels are compared as shares (Pearson's chi-square) at three moments of a window; where an answer
  may have several, each by itself (Fisher's exact test), and their number is the price. What is a
  number or a text is a bet as above: the number, or how long the text is.
- Accuracy (or what mistakes cost, where that judges) and confidence of reviewed answers are bets
  against a bound (`chainring.stats.sequential`).
- A question is asked of each language alone, too, if the reference has enough of it, and what
  reviews say also of each label that the recipe names.
- `alpha` is divided evenly over the questions, and over windows as 1/2, 1/6, 1/12, … (the sum is
  1): a window begins every question anew, so that an old calm does not weigh against a new change.
- What reviews say begins anew only where a person closed the case that it had opened: one more
  question's share of `alpha`, spent after an alarm alone.

A group of near-duplicates counts again only once others were asked: one busy robot is no drift.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from chainring.deployment.drift.recent import recent_of
from chainring.deployment.drift.reference import STREAMS, Reference, names_of
from chainring.deployment.drift.seen import Judged, Seen
from chainring.deployment.drift.settings import DriftSettings
from chainring.stats.exchangeable import Exchangeability
from chainring.stats.sequential import log_capital
from chainring.stats.two_samples import exact_shares, homogeneity

ALL = "all"
REVIEWED = ("accuracy", "cost", "calibration")
"""What is asked of reviewed answers; of the first two the one that judges."""
LOOKS = (0.25, 0.5, 1.0)
"""Parts of a window after which labels are compared."""
_DIGITS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """A question whose answer is yes: what changed, in which slice, in which window, and how sure.

    `log_evidence` is the logarithm of the capital won (of labels: minus that of the p value) and
    `needed` what it had to reach. `rows` answers were seen in the window. Nothing that it rests on
    is older than `since`, in seconds since 1970 (0: all reviews count).
    """

    question: str
    slice: str
    window: int
    rows: int
    log_evidence: float
    needed: float
    since: float


def label_slice(label: str) -> str:
    """Return the name of the slice of a true label.

    >>> label_slice("退款")
    'label 退款'
    """
    return f"label {label}"


class Watch:
    """Every question of one model; feed it the answers in their order.

    Parameters
    ----------
    first
        The model's first answers, `settings.reference` of them.
    settings
        Sizes and the chance of a false alarm.
    """

    def __init__(self, first: Sequence[Seen], *, settings: DriftSettings) -> None:
        self._recent = recent_of(first)
        rows = [row for row in first if self._recent.counts(row)]
        self.settings = settings
        self._references = {ALL: Reference(rows)}
        for name, count in Counter(row.language for row in rows).items():
            if settings.min_slice <= count < len(rows):
                own = [row for row in rows if row.language == name]
                self._references[name] = Reference(own)
        self.reviewed = (*self._references, *(label_slice(name) for name in settings.labels))
        self.questions = sum(
            len(one.usual) + bool(one.labels) for one in self._references.values()
        ) + 2 * len(self.reviewed)
        self._judged: dict[tuple[str, str], float] = {}
        self.window = 1
        self._begin()

    def add(self, row: Seen) -> Iterator[Alarm]:
        """Take up an answer and yield what it makes certain; each question alarms once a window."""
        if self._count == self.settings.window:
            self.window += 1
            self._begin()
        if self._count == 0:
            self._began = row.at
        self._count += 1
        if self._recent.counts(row):
            for name in {ALL, row.language} & self._references.keys():
                yield from self._streams_of(name, row)
        if self._count in {round(part * self.settings.window) for part in LOOKS}:
            yield from self._labels_of()

    def skip(self, windows: int) -> None:
        """Leave windows out that somebody else looked at, or nobody could."""
        if windows:
            self.window += windows
            self._begin()

    def judge(
        self,
        judged: Sequence[Judged],
        *,
        promised: Mapping[str, float],
        closed: Mapping[tuple[str, str], float] = MappingProxyType({}),
        costs: Mapping[str, float] | None = None,
    ) -> Iterator[Alarm]:
        """Yield what reviewed answers make certain: less accurate, or less so than it is sure.

        Where `costs` judge, whether they cost more stands in the place of whether they are less
        accurate: a model may give up the one for the other.

        Parameters
        ----------
        judged
            Every reviewed answer of the hold-out that this model gave.
        promised
            The accuracy by slice (`all`, `zh`, `label refund`) that it was promoted on, 0 to 1; a
            slice without one is asked about its confidence alone.
        closed
            When a person closed the last case of a question and slice, in seconds since 1970: only
            later reviews count for it.
        costs
            The most that an answer may cost in the mean, by slice; None: accuracy judges.
        """
        drop = self.settings.accuracy_drop_points / 100.0
        over = self.settings.overconfidence_points / 100.0
        needed = math.log(self.questions / self.settings.alpha)
        for name in self.reviewed:
            mine = [one for one in judged if name in (ALL, one.language, label_slice(one.label))]
            claims = [("calibration", _overconfidence, over, -1.0)]
            if costs is not None and name in costs:
                claims.insert(0, ("cost", _cost, costs[name], 0.0))
            elif costs is None and name in promised:
                claims.insert(0, ("accuracy", _error, min(1.0 - promised[name] + drop, 1.0), 0.0))
            for question, outcome, mean, low in claims:
                since = closed.get((question, name), 0.0)
                said = (outcome(one) for one in mine if one.at >= since)
                counts = Counter(value for value in said if value is not None)
                evidence = log_capital(counts, mean=mean, low=low) if mean > low else 0.0
                self._judged[question, name] = max(0.0, evidence) / needed
                if evidence >= needed:
                    yield Alarm(
                        question=question, slice=name, window=0, rows=counts.total(),
                        log_evidence=round(evidence, 3), needed=round(needed, 3), since=since,
                    )  # fmt: skip

    def evidence(self) -> dict[tuple[str, str], float]:
        """Return the evidence by question and slice, as a share of the needed.

        That of this window, of labels at its looks, and of reviews at the last look.
        """
        watched = {
            key: max(0.0, stream.peak) / self._needed for key, stream in self._streams.items()
        }
        return watched | self._compared | self._judged

    @property
    def _needed(self) -> float:
        windows = self.window * (self.window + 1)
        return math.log(self.questions * windows / self.settings.alpha)

    def _begin(self) -> None:
        self._count, self._began = 0, 0.0
        self._told: set[tuple[str, str]] = set()
        asked = [name for name, reference in self._references.items() if reference.labels]
        self._labels = {name: Counter[str]() for name in asked}
        self._answers = Counter[str]()
        self._compared = {("labels", name): 0.0 for name in asked}
        self._streams = {
            (question, name): Exchangeability(reference.usual[question])
            for name, reference in self._references.items()
            for question in STREAMS
            if question in reference.usual
        }

    def _streams_of(self, name: str, row: Seen) -> Iterator[Alarm]:
        names = names_of(row)
        if name in self._labels and names is not None:
            self._answers[name] += 1
            self._labels[name].update(names)
        for question, score in self._references[name].scores(row).items():
            stream = self._streams.get((question, name))
            if stream is None:
                continue
            stream.add(score, tie=row.tie)
            if stream.peak >= self._needed:
                yield from self._once(question, name, stream.count, stream.peak, self._needed)

    def _labels_of(self) -> Iterator[Alarm]:
        needed = self._needed + math.log(len(LOOKS))
        for name, counts in self._labels.items():
            if rows := self._answers[name]:
                evidence = -math.log(max(self._p_of(name, counts), 1e-300))
                seen = self._compared["labels", name]
                self._compared["labels", name] = max(seen, evidence / needed)
                if evidence >= needed:
                    yield from self._once("labels", name, rows, evidence, needed)

    def _p_of(self, name: str, counts: Counter[str]) -> float:
        """Return the p value of "labels are as they were", each by itself where there are several.

        The smallest of them costs as many times itself as there are (C. E. Bonferroni 1936).
        """
        reference, rows = self._references[name], self._answers[name]
        if not reference.has_several:
            return homogeneity(reference.labels, counts).p if counts else 1.0
        known = reference.labels.keys() | counts.keys()
        each = (
            exact_shares(reference.labels[label], reference.labelled, counts[label], rows)
            for label in known
        )
        return min(1.0, len(known) * min(each, default=1.0))

    def _once(
        self, question: str, name: str, rows: int, evidence: float, needed: float
    ) -> Iterator[Alarm]:
        if (question, name) not in self._told:
            self._told.add((question, name))
            yield Alarm(
                question=question, slice=name, window=self.window, rows=rows,
                log_evidence=round(evidence, 3), needed=round(needed, 3), since=self._began,
            )  # fmt: skip


def _error(one: Judged) -> float:
    return round(1.0 - one.grade, _DIGITS)


def _cost(one: Judged) -> float:
    return one.cost


def _overconfidence(one: Judged) -> float | None:
    return None if one.right is None else round(one.confidence - one.right, _DIGITS)
