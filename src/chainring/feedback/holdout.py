"""The hold-out's sample: which answers a person is asked about, and how often users react.

sample(traffic.predictions(holdout=True), already=reviewed_ids, size=100, secret=secret)
reaction_rates(predictions, feedback, reviewed)
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from chainring.contracts.dataset import OUT_OF_SCOPE
from chainring.contracts.feedback import Feedback
from chainring.contracts.guard import FORGOTTEN
from chainring.contracts.ids import keyed
from chainring.contracts.label import Label
from chainring.contracts.prediction import Prediction
from chainring.feedback.corrections import STATEMENTS


def sample(
    predictions: Iterable[Prediction],
    *,
    already: Collection[str],
    size: int,
    secret: bytes,
    seed: int = 0,
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
    """
    groups: dict[str, Prediction] = {}
    done: set[str] = set()
    for prediction in predictions:
        if prediction.holdout:
            group = prediction.group or prediction.id
            groups[group] = min(groups.get(group, prediction), prediction, key=_asked)
            done.update([group] if prediction.id in already else [])
    drawn = sorted(
        (group for group in groups if group not in done),
        key=lambda group: keyed(secret, "hold-out sample", str(seed), group),
    )
    return [groups[group].id for group in drawn[: max(size, 0)]]


def _asked(prediction: Prediction) -> tuple[float, str]:
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
) -> ReactionRates:
    """Return how often right and wrong answers of the reviewed sample got a reaction.

    Parameters
    ----------
    predictions
        Any; only those of the hold-out with a person's accepted label about their id count.
    model
        Count answers of this model only: rates speak for the champion that was reacted to.
    right
        Tells whether an answer is right where this is the truth; None: by label.
    """
    told = right or is_right
    truth = _truth(reviewed)
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
        disputed=sum(_disputes(said[name], truth[name], well=name in well) for name in judged),
    )


def _truth(reviewed: Iterable[Label]) -> dict[str, str]:
    newest = {one.record: one for one in reviewed if one.author_kind == "person"}
    return {name: one.value for name, one in newest.items() if one.state == "accepted"}


def is_right(prediction: Prediction, truth: str) -> bool:
    """Return whether an answer was right: out of scope means passed on, else the true label."""
    return prediction.passed_on if truth == OUT_OF_SCOPE else prediction.label == truth


def _disputes(values: list[str], truth: str, *, well: bool) -> bool:
    """Whether the last word of a user is not the review's; an empty one confirms the answer."""
    if not values:
        return False
    return values[-1] != truth if values[-1] else not well
