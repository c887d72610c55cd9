"""From evidence to a decision, at whatever moment somebody looks.

Enters what was counted since the release began, leaves a Decision with its reason in numbers.

Only truth promotes: reviewed answers of the hold-out's random sample, each answered by both models
(`labelled`: what the candidate's answer was worth minus the champion's). Signals without truth
(failures, passed on, slowness, complaints) can stop a release and say nothing for it.

Every test bets against its claim (`chainring.stats.sequential`), so each may be looked at as often
as one likes: an equal candidate is promoted with a chance of at most `alpha`, rolled back as worse
with at most `alpha`, and stopped by any signal with at most `alpha`, which the four share.

Equal is meant by the measure that the release began with. What answers are worth by it differs by
`worth.most` at most, so the bets are on bounded outcomes, and hold for candidates that trade dear
mistakes for cheap ones as well as for those that are like the champion. By balanced accuracy equal
is meant by the shares of labels that were counted, which are a sample: of candidates that are equal
by the true shares, and unlike the champion, a little more may be decided on. Until shares are
counted no review is bet on. Who complains says nothing of what mistakes cost: by another measure
than accuracy complaints are told, and stop nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from chainring.contracts.measure import MeasureName
from chainring.contracts.release import Release
from chainring.contracts.worth import Worth
from chainring.deployment.release_settings import ReleaseSettings
from chainring.ring.sentences import say
from chainring.stats.sequential import always_between, capital_for, log_capital, mirrored

Action = Literal["wait", "canary", "promote", "roll back", "stop", "undecided"]
ACCURATE = Worth()
SIGNALS = ("failed", "passed on", "slow", "complaints")
_DAY_S = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What is known of a release; each mapping counts outcomes by value.

    `labelled` and `passed_on` are pairs, candidate minus champion on the same text: from -1 to 1,
    of `labelled` in the unit of the measure; of these one an author.
    `failed` is 1 for each request that the candidate did not answer, `slow` for each of a single
    text that took it longer than allowed, else 0. `complaints` is 1 for each user whose first
    complaint was about the candidate, 0 about the champion. `unpaired` reviewed answers have no
    answer of the other model. Where the release began without shares of labels, `shares` are those
    of its own first reviewed answers until they are fixed, `counted` the ids of these answers, or
    `to_count` more are needed.
    """

    answers: int = 0
    shadows: int = 0
    labelled: Mapping[float, int] = field(default_factory=dict)
    passed_on: Mapping[float, int] = field(default_factory=dict)
    failed: Mapping[float, int] = field(default_factory=dict)
    slow: Mapping[float, int] = field(default_factory=dict)
    complaints: Mapping[float, int] = field(default_factory=dict)
    unpaired: int = 0
    shares: tuple[tuple[str, float], ...] = ()
    counted: tuple[str, ...] = ()
    to_count: int = 0

    @property
    def labels(self) -> int:
        """How many reviewed answers have both models' answers, one an author."""
        return sum(self.labelled.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What is to be done, and why."""

    action: Action
    because: str


def decide(
    release: Release, evidence: Evidence, *, settings: ReleaseSettings, now: float
) -> Decision:
    """Return what the evidence says; `now` in seconds since 1970."""
    worth = replace(release.worth, shares=dict(evidence.shares) or release.worth.shares)
    worse = truth(evidence, settings=settings, worth=worth)
    if worse is not None and worse.action == "roll back":
        return worse
    stop = next(stops(release, evidence, settings=settings), None)
    if stop is not None:
        return stop
    if worse is not None:
        return worse
    age = (now - release.at) / _DAY_S
    if evidence.labels >= settings.max_labels or age >= settings.max_days:
        because = say("undecided", days=f"{age:.1f}", told=_said(evidence, settings, worth))
        return Decision(action="undecided", because=because)
    if release.stage == "shadow":
        return _shadow(evidence, settings)
    return Decision(action="wait", because=_said(evidence, settings, worth))


def truth(
    evidence: Evidence, *, settings: ReleaseSettings, worth: Worth = ACCURATE
) -> Decision | None:
    """Return promotion or roll-back where reviewed answers show it, else None."""
    limit, low = capital_for(settings.alpha), -worth.most
    if log_capital(mirrored(evidence.labelled), low=low) >= limit:
        told = say("worse", told=_said(evidence, settings, worth))
        return Decision(action="roll back", because=told)
    accepted = settings.margin_points * worth.points / 100.0
    if log_capital(evidence.labelled, mean=-accepted, low=low) >= limit:
        shown = "better" if not settings.margin_points else "not worse"
        told = say(shown, told=_said(evidence, settings, worth))
        return Decision(action="promote", because=told)
    return None


def stops(release: Release, evidence: Evidence, *, settings: ReleaseSettings) -> Iterator[Decision]:
    """Yield a decision for each signal that went too far."""
    measure = release.worth.measure.name
    share = release.share if measure == "accuracy" else None
    claims: dict[str, tuple[Mapping[float, int], float | None, float]] = {
        "failed": (evidence.failed, settings.max_failed, 0.0),
        "passed on": (evidence.passed_on, settings.passed_on_limit(measure), -1.0),
        "slow": (evidence.slow, 0.5, 0.0),
        "complaints": (evidence.complaints, share, 0.0),
    }
    limit = capital_for(settings.alpha / len(SIGNALS))
    for name, (counts, mean, low) in claims.items():
        if mean is not None and mean > low and log_capital(counts, mean=mean, low=low) >= limit:
            yield Decision(action="stop", because=_signal(name, counts, mean))


def _shadow(evidence: Evidence, settings: ReleaseSettings) -> Decision:
    if evidence.shadows >= settings.shadow_answers:
        because = say("shadow enough", shadows=evidence.shadows)
        return Decision(action="canary", because=because)
    because = say("shadow", shadows=evidence.shadows, least=settings.shadow_answers)
    return Decision(action="wait", because=because)


def _said(evidence: Evidence, settings: ReleaseSettings, worth: Worth) -> str:
    counts, measure = evidence.labelled, worth.measure.name
    if not counts:
        if evidence.to_count:
            return say("to count", more=evidence.to_count)
        reviews = len(evidence.counted)
        return say("counted", reviews=reviews) if reviews else say("no review")
    low, high = always_between(counts, alpha=2.0 * settings.alpha, low=-worth.most, high=worth.most)
    better = sum(n for value, n in counts.items() if value > 0)
    worse = sum(n for value, n in counts.items() if value < 0)
    mean = sum(value * n for value, n in counts.items()) / evidence.labels
    return say(
        "reviewed" if measure == "accuracy" else f"reviewed by {measure}",
        labels=evidence.labels,
        better=better,
        worse=worse,
        mean=_signed(mean, measure),
        low=_signed(low, measure),
        high=_signed(high, measure),
    )


def _signed(value: float, measure: MeasureName) -> str:
    """Return a difference in points of a hundred, or in what a row costs."""
    return f"{value:+.3g}" if measure == "cost" else f"{100 * value:+.1f}"


def _signal(name: str, counts: Mapping[float, int], limit: float) -> str:
    part, count = counts.get(1, 0), sum(counts.values())
    if name == "passed on":
        less = counts.get(-1, 0)
        return say(name, count=count, more=part, less=less, limit=f"{limit:.0%}")
    return say(name, part=part, count=count, limit=f"{limit:.0%}")
