"""What answers, reviews and complaints say of a release.

Corrections exist where an answer was wrong, and more of them where users look closely: they may not
tell which model is better. What may is the hold-out: drawn by the text before any answer, answered
by both models, a random sample of it reviewed by a person. A pair counts once it has all three, and
one pair an author: those of one author are no independent bets.

A request fails or comes late as a whole, so it is one outcome however many texts it held; and how
long many texts took says nothing of a model beside another's single ones.

    collector = Collector(release)
    collector.collect(ring)         # an Evidence; of the answers each call reads what is new
"""

from __future__ import annotations

import statistics
from collections import Counter
from dataclasses import replace

from chainring.contracts.feedback import Feedback
from chainring.contracts.prediction import FAILED, SHADOW, Prediction, shadow_of
from chainring.contracts.release import Release
from chainring.contracts.worth import Worth
from chainring.ring.asked import said_by_people
from chainring.ring.askers import asker, keys_of, user
from chainring.ring.built import Ring
from chainring.ring.grading import grading
from chainring.ring.release.judge import Evidence
from chainring.ring.release.worth import MIN_REVIEWED, own_shares
from chainring.store.answers import Cursor, Stream, by_id, latest, newer

COMPLAINTS = ("correction", "flag", "rating")
_RECENT, _WITHIN = 500, 5_000
_MIN_SINGLES, _ENOUGH_SINGLES = 20, 100
_DIGITS = 3
Pair = tuple[Prediction, Prediction, str]
"""The candidate's answer, the champion's, and what is true."""


class Collector:
    """Counts what is known of one release; keep it between looks."""

    def __init__(self, release: Release) -> None:
        self.release = release
        self._cursor: Cursor = {}
        self._answers = self._shadows = 0
        self._passed_on: Counter[float] = Counter()
        self._failed: Counter[float] = Counter()
        self._slow: Counter[float] = Counter()
        self._unjudged_ms: list[float] = []
        self._median_ms: float | None = None

    def collect(self, ring: Ring) -> Evidence:
        """Return what is known now."""
        release = self.release
        stream = Stream(model=release.candidate.model, since=release.at, unseen=True)
        rows = newer(ring.traffic, stream, self._cursor)
        self._count(ring, rows)
        pairs, unpaired = _pairs(ring, release)
        worth, counted, to_count = release.worth, release.counted, 0
        if worth.lacks_shares:
            shares, to_count = own_shares(release, [truth for *_, truth in pairs])
            counted = tuple(_shown(pair) for pair in pairs[:MIN_REVIEWED]) if shares else ()
            worth, pairs = replace(worth, shares=shares), pairs[MIN_REVIEWED:]
        return Evidence(
            answers=self._answers,
            shadows=self._shadows,
            labelled=_labelled(ring, release, pairs, worth),
            passed_on=dict(self._passed_on),
            failed=dict(self._failed),
            slow=dict(self._slow),
            complaints=_complaints(ring, release),
            unpaired=unpaired,
            shares=() if release.worth.shares else tuple(worth.shares.items()),
            counted=counted,
            to_count=to_count,
        )

    def _count(self, ring: Ring, rows: list[Prediction]) -> None:
        self._failed.update(int(row.finish == FAILED) for row in rows if row.texts)
        came = [row for row in rows if row.finish != FAILED]
        unseen = [row for row in came if is_shadow(row)]
        shown = [row for row in came if not is_shadow(row)]
        self._answers += len(shown)
        self._shadows += len(unseen)
        self._pair_passed_on(ring, unseen)
        self._unjudged_ms.extend(row.latency_ms for row in shown if row.texts == 1)
        self._judge_slowness(ring)

    def _judge_slowness(self, ring: Ring) -> None:
        """Compare single answers with the champion's; they wait while too few of those are known.

        Where the champion's last requests all held many texts, its last known median stays.
        """
        if not self._unjudged_ms:
            return
        times = _singles_ms(ring, self.release.champion)
        if len(times) >= _MIN_SINGLES:
            self._median_ms = statistics.median(times)
        if self._median_ms is not None:
            limit = self._median_ms * ring.recipe.release.max_slowdown
            self._slow.update(int(ms > limit) for ms in self._unjudged_ms)
            self._unjudged_ms.clear()

    def _pair_passed_on(self, ring: Ring, unseen: list[Prediction]) -> None:
        twins = by_id(ring.traffic, (row.id.replace(SHADOW, "pred", 1) for row in unseen))
        for row in unseen:
            twin = twins.get(row.id.replace(SHADOW, "pred", 1))
            if twin is not None:
                self._passed_on[int(row.passed_on) - int(twin.passed_on)] += 1


def is_shadow(row: Prediction) -> bool:
    """Return whether nobody saw this answer."""
    return row.id.startswith(f"{SHADOW}_")


def _pairs(ring: Ring, release: Release) -> tuple[list[Pair], int]:
    """Return reviewed answers of the hold-out in the order of review, and how many lack a twin.

    Answers to one author hang together, and a bet may not change once it is made: of each author
    (without one: of each episode) the answer that was reviewed first counts. Nor is a bet made on
    whom the shares were counted of, whatever is said of these later.
    """
    truth = {
        one.record: one
        for one in said_by_people(ring)  # the last word counts
        if one.author_kind == "person"
    }
    kept = {n: one for n, one in truth.items() if one.state == "accepted" and not one.decides}
    shown = by_id(ring.traffic, kept)
    asked = [
        shown[n] for n in kept if n in shown and shown[n].holdout and shown[n].at >= release.at
    ]
    beside = by_id(ring.traffic, (shadow_of(row.id) for row in asked))
    keys = keys_of(ring)
    counted = {asker(row, keys) for row in by_id(ring.traffic, release.counted).values()}
    first: dict[str, Pair] = {}
    unpaired = 0
    for row in asked:
        both = (row, beside.get(shadow_of(row.id)))
        models = {one.model: one for one in both if one is not None and one.finish != FAILED}
        new, old = models.get(release.candidate.model), models.get(release.champion)
        if new is None or old is None:
            unpaired += 1
            continue
        first.setdefault(asker(row, keys), (new, old, kept[row.id].value))
    return [pair for who, pair in first.items() if who not in counted], unpaired


def _shown(pair: Pair) -> str:
    """Return the id of the answer that was shown."""
    new, old, _ = pair
    return old.id if is_shadow(new) else new.id


def _labelled(ring: Ring, release: Release, pairs: list[Pair], worth: Worth) -> dict[float, int]:
    """Return candidate minus champion, in what answers are worth."""
    if not pairs:
        return {}
    counts: Counter[float] = Counter()
    grade = grading(ring, release.champion)

    def told(row: Prediction, truth: str) -> float:
        right = grade(_whole(ring, row), truth)
        return worth.of(truth, row.label, passed_on=row.passed_on, right=right)

    for new, old, truth in pairs:
        counts[_difference(told(new, truth) - told(old, truth), worth)] += 1
    return dict(counts)


def _difference(difference: float, worth: Worth) -> float:
    """Return candidate minus champion; grades to a few digits, so that each value is bet on once.

    Costs and weights of labels take few values by themselves, the smallest of which may matter.
    """
    return round(difference, _DIGITS) if worth.measure.name == "accuracy" else difference


def _whole(ring: Ring, row: Prediction) -> Prediction:
    """Return an answer with what was written, which lies apart."""
    if ring.recipe.data.facts.form == "one":
        return row
    return ring.traffic.prediction(row.id) or row


def _singles_ms(ring: Ring, model: str) -> list[float]:
    """Return how long the model's last requests of one text took, newest first.

    A request of many texts has a row for each, so that few may hide the single ones behind them.
    """
    times: list[float] = []
    for limit in (_RECENT, _WITHIN):
        rows = latest(ring.traffic, model, limit=limit)
        times = [row.latency_ms for row in rows if row.texts == 1 and row.latency_ms > 0]
        if len(times) >= _ENOUGH_SINGLES or len(rows) < limit:
            break
    return times[:_RECENT]


def _complaints(ring: Ring, release: Release) -> dict[float, int]:
    """Return first complaints by user since the canary began: 1 about the candidate, else 0."""
    if release.stage != "canary":
        return {}
    models = {release.candidate.model: 1, release.champion: 0}
    said = [
        row
        for row in ring.traffic.feedback(kinds=COMPLAINTS, since=release.since)
        if (row.kind != "rating" or row.value == "down") and row.model in models
    ]
    asked = by_id(ring.traffic, {row.prediction for row in said})
    keys = keys_of(ring)
    first: dict[str, int] = {}
    for row in said:
        first.setdefault(_drawn(row, asked.get(row.prediction), keys), models[row.model])
    return dict(Counter(float(about) for about in first.values()))


def _drawn(row: Feedback, about: Prediction | None, keys: set[str]) -> str:
    """Return who complains, as a release draws: a user, an episode, or whoever asked this text."""
    names = (row.author, about.author if about else "")
    return user(names, keys) or row.episode or row.group or row.prediction
