"""The hold-out: which answers a person is asked about, and how often users react.

A part of its groups is sampled at random: a person says the truth of these whatever was answered.
The others are kept for the question which of two models is better: where both answer alike, no
truth could tell them apart, so that a person is asked only where they differ.

sample(traffic.predictions(holdout=True), already=reviewed_ids, size=100, secret=secret)
kept_to_decide(traffic.predictions(holdout=True), sampled=ids, size=1000, secret=secret, share=0.5)
reaction_rates(predictions, feedback, reviewed)
"""

from __future__ import annotations

import operator
import sys
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import TypeVar

from chainring.contracts.dataset import OUT_OF_SCOPE, Task
from chainring.contracts.feedback import Feedback
from chainring.contracts.guard import FORGOTTEN
from chainring.contracts.ids import keyed
from chainring.contracts.label import Label
from chainring.contracts.prediction import Prediction
from chainring.contracts.tasks import TASKS
from chainring.feedback.corrections import STATEMENTS
from chainring.feedback.settings import FeedbackSettings
from chainring.store.outline import Outlined

P = TypeVar("P", bound=Outlined)
_SPAN = 2.0**64


def share_to_decide(settings: FeedbackSettings, task: Task) -> float:
    """Return the share of the hold-out that is kept to decide between models.

    Only a task of one label each keeps any: two models nearly always write otherwise, or give other
    numbers, so that the rest is sampled whole.
    """
    return settings.deciding_share if TASKS[task].form == "one" else 0.0


def decides(prediction: Outlined, *, secret: bytes, share: float) -> bool:
    """Whether an answer is of the part of the hold-out that is kept to decide between models.

    Its group's keyed hash says so, before anything was answered and whatever anybody said of it.
    """
    group = prediction.group or prediction.id
    drawn = int(keyed(secret, "hold-out that decides", group, size=8), 16)
    return prediction.holdout and drawn < share * _SPAN


def kept_to_decide(
    predictions: Iterable[Prediction],
    *,
    sampled: Collection[str],
    size: int,
    secret: bytes,
    share: float,
) -> list[Prediction]:
    """Return the first answer of each group that is kept to decide, the newest groups first.

    Parameters
    ----------
    predictions
        Answers whose text is still there.
    sampled
        Ids that a person was asked about as part of a random sample: their groups judge already.
    size
        Answers at most.
    secret, share
        The project's key; the share of groups that is kept, 0 to 1.
    """
    those = [one for one in predictions if decides(one, secret=secret, share=share)]
    known = {one.group or one.id for one in those if one.id in sampled}
    kept = [one for group, one in _first_of_groups(those).items() if group not in known]
    return sorted(kept, key=_asked, reverse=True)[: max(size, 0)]


def _first_of_groups(predictions: Iterable[P]) -> dict[str, P]:
    groups: dict[str, P] = {}
    for one in predictions:
        group = one.group or one.id
        groups[group] = min(groups.get(group, one), one, key=_asked)
    return groups


def sample(
    predictions: Iterable[Outlined],
    *,
    already: Collection[str],
    size: int,
    secret: bytes,
    seed: int = 0,
    deciding_share: float = 0.0,
) -> list[str]:
    """Return ids of hold-out answers to review: a random draw that is the same every time.

    One answer, the first, stands for each near-duplicate group; groups are drawn by a keyed hash,
    so neither what was answered nor what users did about it moves the draw.

    Parameters
    ----------
    predictions
        Answers whose text is still there; those outside the hold-out are passed over.
    already
        Ids that a person was asked about before: their groups are not drawn again.
    size
        Ids at most, at least 0.
    secret
        The project's key: without it nobody can tell which answers will judge.
    deciding_share
        The share of groups that is kept to decide between models, and not sampled.
    """
    open_ = [
        one
        for one in predictions
        if one.holdout and not decides(one, secret=secret, share=deciding_share)
    ]
    groups = _first_of_groups(open_)
    done = {one.group or one.id for one in open_ if one.id in already}
    drawn = sorted(
        (group for group in groups if group not in done),
        key=lambda group: keyed(secret, "hold-out sample", str(seed), group),
    )
    return [groups[group].id for group in drawn[: max(size, 0)]]


def refused_of_sample(
    predictions: Iterable[Outlined],
    refused: Collection[str],
    *,
    secret: bytes,
    deciding_share: float,
) -> tuple[int, int]:
    """Return how many texts, of how many that would be sampled, a refusal keeps from it.

    Counted as `sample` draws: once a group, by its first answer, without what decides.
    """
    every = sample(
        predictions, already=(), size=sys.maxsize, secret=secret, deciding_share=deciding_share
    )
    return sum(one in refused for one in every), len(every)


def _asked(prediction: Outlined) -> tuple[float, str]:
    return prediction.at, prediction.id


def asked(prediction: Prediction, text: str | None) -> Feedback:
    """Return the row that brings a reviewed answer into the snapshot when nobody reacted to it.

    It says nothing itself (kind outcome, no value), so it is never mistaken for a reaction.
    """
    return Feedback(
        id=prediction.id,
        app=prediction.app,
        prediction=prediction.id,
        kind="outcome",
        value="",
        author=prediction.author,
        at=prediction.at,
        consent=FORGOTTEN if prediction.finish == FORGOTTEN else "none",
        episode=prediction.episode,
        text=text or "",
        answer=prediction.value,
        pair=prediction.pair,
        looked_up=prediction.looked_up,
        passed_on=prediction.passed_on,
        group=prediction.group,
        language=prediction.language,
        holdout=prediction.holdout,
        model=prediction.model,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReactionRates:
    """How many reviewed hold-out answers got a correction or confirmation.

    `right_reacted` of `right` right answers and `wrong_reacted` of `wrong` wrong ones; on
    `disputed` of these the user named another label than the review found.
    """

    right: int
    right_reacted: int
    wrong: int
    wrong_reacted: int
    disputed: int = 0

    @property
    def of_right(self) -> float | None:
        """The share of right answers that got a reaction; None when none was reviewed."""
        return self.right_reacted / self.right if self.right else None

    @property
    def of_wrong(self) -> float | None:
        """The share of wrong answers that got a reaction; None when none was reviewed."""
        return self.wrong_reacted / self.wrong if self.wrong else None


def reaction_rates(
    predictions: Iterable[Prediction],
    feedback: Iterable[Feedback],
    reviewed: Iterable[Label],
    *,
    model: str | None = None,
    right: Callable[[Prediction, str], bool] | None = None,
    agrees: Callable[[str, str], bool] = operator.eq,
) -> ReactionRates:
    """Return how often right and wrong answers of the reviewed sample got a reaction.

    Parameters
    ----------
    predictions
        Any; only those of the hold-out's sample count that a person gave an accepted label.
    model
        Count answers of this model only: rates speak for the champion that was reacted to.
    right
        Tells whether an answer is right where this is the truth; None: by label.
    agrees
        Tells whether what a user said is right where this is the truth.
    """
    told = right or is_right
    truth = sampled_truths(reviewed)
    said: dict[str, list[str]] = defaultdict(list)
    for row in sorted(feedback, key=lambda row: (row.at, row.id)):
        if row.kind in STATEMENTS:
            said[row.prediction].append(row.value)
    judged = {
        one.id: one
        for one in predictions
        if one.holdout and one.id in truth and model in (None, one.model)
    }
    well = {name for name, one in judged.items() if told(one, truth[name])}
    wrong = set(judged) - well
    return ReactionRates(
        right=len(well),
        right_reacted=len(well & set(said)),
        wrong=len(wrong),
        wrong_reacted=len(wrong & set(said)),
        disputed=sum(
            _disputes(said[name], truth[name], well=name in well, agrees=agrees) for name in judged
        ),
    )


def sampled_truths(reviewed: Iterable[Label]) -> dict[str, str]:
    """Return what people said last of the answers of a random sample, by the answer's id."""
    newest = {one.record: one for one in reviewed if one.author_kind == "person"}
    return {
        name: one.value
        for name, one in newest.items()
        if one.state == "accepted" and not one.decides
    }


def is_right(prediction: Prediction, truth: str) -> bool:
    """Return whether an answer was right: out of scope means passed on, else the true label."""
    return prediction.passed_on if truth == OUT_OF_SCOPE else prediction.label == truth


def _disputes(
    values: list[str], truth: str, *, well: bool, agrees: Callable[[str, str], bool]
) -> bool:
    """Whether the last word of a user is not the review's; an empty one confirms the answer."""
    if not values:
        return False
    return not agrees(values[-1], truth) if values[-1] else not well
