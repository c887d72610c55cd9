"""The review queue: what a person should look at, most urgent first, and what the person decides.

Enters feedback and predictions as they lie in the traffic log; leaves items, and for each decision
a Label, the fact that the next turn reads.

    items = review_items(rows, predictions, reviewed, guard, texts=texts, ...)
    label = decide(items[0], "change", value="refund", by="ann", labels=known, now=time.time())
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Literal, get_args

from chainring.contracts.dataset import Task
from chainring.contracts.errors import InputError, did_you_mean
from chainring.contracts.feedback import Feedback
from chainring.contracts.guard import Guard
from chainring.contracts.ids import new_id
from chainring.contracts.label import Label, review_guideline
from chainring.contracts.prediction import Prediction
from chainring.contracts.tasks import TASKS
from chainring.feedback.consents import refused_answers
from chainring.feedback.corrections import statements
from chainring.feedback.holdout import sample, share_to_decide
from chainring.feedback.settings import FeedbackSettings
from chainring.feedback.statement import REFUSED, reason_of, refuses
from chainring.feedback.value_rules import ValueRules
from chainring.store.outline import Outlined
from chainring.text.normalise import normalise

ItemKind = Literal["deciding", "flag", "correction", "doubtful", "holdout", "unsure", "suspect"]
Decision = Literal["accept", "change", "reject"]
Texts = Callable[[Iterable[str]], Iterable[tuple[Prediction, str]]]
UNSURE_BELOW = 0.8
WHY = {
    "holdout": "drawn at random: it judges the models and is never learnt from",
    "deciding": "the newest model answers it otherwise: your answer decides between the two",
    "unseen": "drawn at random: it judges the models and is never learnt from; say what is right,"
    " without an answer to lean on",
}
DECISIONS: tuple[Decision, ...] = get_args(Decision)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewItem:
    """Something that a person should say the truth of.

    `id` is what the decision will be about: a feedback id for flags and corrections, a prediction
    id for the hold-out's sample and unsure answers, a record id for a suspected label of the data.
    `answer` is what the model said, `proposed` what a user or the data said. To accept is to say
    that `proposed` is right, or `answer` where nothing is proposed; to reject, that nothing should
    be learnt from it. Where the answer was `refused` and nothing proposed, to accept is to let that
    stand: the answer is not wanted, and nobody says what would be.
    """

    id: str
    app: str
    kind: ItemKind
    prediction: str
    text: str
    answer: str
    proposed: str = ""
    author: str = ""
    why: str = ""
    language: str = ""
    confidence: float | None = None
    at: float = 0.0
    pair: str = ""
    looked_up: bool = False
    refused: bool = False


def is_told_unseen(kind: ItemKind, task: Task) -> bool:
    """Whether a person says the truth of an item without being shown what the model said.

    Numbers and texts that are close are right, too. An answer that was accepted would be the only
    true one, and its model would beat every other on each such row, better ones as well.
    """
    return kind == "holdout" and TASKS[task].form in ("number", "text")


def review_items(
    feedback: Iterable[Feedback],
    predictions: Iterable[Outlined],
    reviewed: Sequence[Label],
    guard: Guard,
    *,
    texts: Texts,
    secret: bytes,
    settings: FeedbackSettings,
    doubtful: Mapping[str, str] | None = None,
    deciding: Sequence[str] = (),
    unsure: int = 50,
    unsure_below: float = UNSURE_BELOW,
    since: float | None = None,
    limit: int | None = None,
    task: Task = "classification",
) -> list[ReviewItem]:
    """Return what waits for a person.

    First flags, then what the last verdict asks, corrections, the hold-out's sample, and unsure
    answers. What a person decided on is left out, and so is what has no text any more. Answers of
    the hold-out are never shown as unsure, nor their corrections for review: only the random
    sample, and what decides between two models, may tell the truth of a row that judges. Nothing
    is sampled whose user refused.

    Parameters
    ----------
    texts
        Yields the answers of some ids that still have a text, with it, in their order; it is asked
        for no more of them than are shown.
    doubtful
        Feedback id → why the data contradicts that correction.
    deciding
        Ids of the answers that the last verdict asks about.
    unsure
        Unsure answers at most: those passed on first, then by confidence.
    unsure_below
        Confidence, 0 to 1, under which an answer that was not passed on counts as unsure.
    since
        When the last turn began: what was reviewed of the hold-out after it counts against
        `sample_per_turn`. None: nothing counts.
    """
    rows, asked = list(feedback), list(predictions)
    refused = refused_answers(rows)
    newest = {one.record: one for one in reviewed if one.author_kind == "person"}
    done = {name for name, one in newest.items() if one.state != "pending"}
    drawn = sample(
        asked,
        already=done,
        size=len(asked),
        secret=secret,
        seed=settings.seed,
        deciding_share=share_to_decide(settings, task),
    )
    answered = {one.id for one in asked if one.holdout}
    reviews = sum(
        since is not None and one.at is not None and one.at > since
        for name, one in newest.items()
        if name in done & answered
    )
    drawn = [one for one in drawn if one not in refused]
    left = max(0, settings.sample_per_turn - reviews)
    queue = [
        *_flags(rows, done),
        *_holdout(asked, [one for one in deciding if one not in done], texts, "deciding"),
        *_corrections(rows, reviewed, guard, settings, doubtful or {}, done, task),
        *islice(_sampled(asked, drawn, texts, task), left),
        *islice(_unsure(asked, done, texts, unsure_below), unsure),
    ]
    return queue if limit is None else queue[:limit]


def _flags(rows: Iterable[Feedback], done: Collection[str]) -> Iterator[ReviewItem]:
    for row in sorted(rows, key=lambda row: (row.at, row.id)):
        if row.kind == "flag" and row.id not in done and row.text:
            yield _of_reaction(row, "flag", why=reason_of(row))


def _corrections(
    rows: Iterable[Feedback],
    reviewed: Sequence[Label],
    guard: Guard,
    settings: FeedbackSettings,
    doubtful: Mapping[str, str],
    done: Collection[str],
    task: Task,
) -> Iterator[ReviewItem]:
    found, _ = statements(rows, reviewed, guard, settings=settings, task=task)
    waiting: list[ReviewItem] = []
    for one in found:
        row = one.about
        if row.holdout or row.id in done or one.kind != "user":
            continue
        if one.state == "pending":
            yield _of_reaction(row, "correction", proposed=one.label, why=_rated(row) + one.why)
        elif row.id in doubtful:
            waiting.append(_of_reaction(row, "doubtful", proposed=one.label, why=doubtful[row.id]))
    yield from waiting


def _rated(row: Feedback) -> str:
    if refuses(row):
        return f"{REFUSED}; "
    return f"rated {row.value}; " if row.kind == "rating" else ""


def _of_reaction(row: Feedback, kind: ItemKind, *, proposed: str = "", why: str = "") -> ReviewItem:
    return ReviewItem(
        id=row.id,
        app=row.app,
        kind=kind,
        prediction=row.prediction,
        text=row.text,
        answer=row.answer,
        proposed=proposed,
        author=row.author,
        why=why,
        language=row.language,
        at=row.at,
        pair=row.pair,
        refused=refuses(row),
    )


def _holdout(
    asked: Iterable[Outlined],
    drawn: Sequence[str],
    texts: Texts,
    kind: Literal["deciding", "holdout"],
) -> Iterator[ReviewItem]:
    known = {one.id for one in asked}
    for one, words in texts(name for name in drawn if name in known):
        yield _of_answer(one, kind, words, WHY[kind])


def _sampled(
    asked: Iterable[Outlined], drawn: Sequence[str], texts: Texts, task: Task
) -> Iterator[ReviewItem]:
    for item in _holdout(asked, drawn, texts, "holdout"):
        if is_told_unseen(item.kind, task):
            item = replace(item, answer="", confidence=None, why=WHY["unseen"])
        yield item


def _unsure(
    asked: Iterable[Outlined],
    done: Collection[str],
    texts: Texts,
    below: float,
) -> Iterator[ReviewItem]:
    doubted = [
        one.id
        for one in sorted(asked, key=lambda one: (not one.passed_on, one.confidence, one.id))
        if (one.passed_on or one.confidence < below) and not one.holdout and one.id not in done
    ]
    seen: set[str] = set()
    for one, words in texts(doubted):
        group = one.group or one.id
        if group not in seen:
            seen.add(group)
            yield _of_answer(one, "unsure", words, _doubt(one))


def _doubt(prediction: Prediction) -> str:
    sure = f"{prediction.confidence:.0%} sure"
    return f"passed on to a person, {sure}" if prediction.passed_on else f"only {sure}"


def _of_answer(prediction: Prediction, kind: ItemKind, text: str, why: str) -> ReviewItem:
    return ReviewItem(
        id=prediction.id,
        app=prediction.app,
        kind=kind,
        prediction=prediction.id,
        text=text,
        answer=prediction.value,
        author=prediction.author,
        why=why,
        language=prediction.language,
        confidence=prediction.confidence,
        at=prediction.at,
        pair=prediction.given_pair,
    )


def decide(
    item: ReviewItem,
    decision: str,
    *,
    value: str = "",
    by: str,
    must: bool = False,
    labels: Collection[str],
    now: float,
    new_labels: bool = True,
    task: Task = "classification",
) -> Label:
    """Return the fact of a person's decision: a Label about the item's id.

    Parameters
    ----------
    decision
        `accept`, `change` (to `value`) or `reject`.
    value
        The true label, for `change`; for `accept` nothing, or what is accepted.
    by
        Who decides.
    must
        Every later model has to get this text right.

    Raises
    ------
    InputError
        With every fault of the decision.
    """
    rules = ValueRules(task=task, labels=labels, new_labels=new_labels, text=item.text)
    proposal, value = item.proposed or ("" if item.refused else item.answer), normalise(value)
    faults = [] if by.strip() else ["by: who decides is expected, found nothing"]
    if decision not in DECISIONS:
        faults.append(f"decision: {decision!r} is unknown{did_you_mean(decision, DECISIONS)}")
    if decision == "accept" and is_told_unseen(item.kind, task):
        faults.append(
            "decision: to accept an answer would make it the only true one, and its model would"
            " judge itself; decide `change` to what is right, or `reject`"
        )
    elif decision == "accept" and item.refused and rules.form != "text":
        faults.append("decision: a rating names no value; decide `change`, or `reject`")
    elif decision == "accept" and not (proposal or value or item.refused):
        faults.append(
            "decision: nothing was answered that could be accepted; decide `change` to what is"
            " right, or `reject`"
        )
    elif decision == "accept" and value not in ("", proposal, *([item.answer] * item.refused)):
        faults.append(f"value: {proposal!r} would be accepted, not {value!r}; decide `change`")
    elif decision == "change" and item.refused and rules.form == "text" and value == item.answer:
        faults.append("value: it is the answer that was rated down; decide `accept`, or `reject`")
    said = value if decision == "change" else proposal
    if decision == "change" or (decision == "accept" and rules.form == "number"):
        fault = rules.fault(said)
        faults += [] if fault is None else [f"value: {fault}"]
    if must and item.kind == "deciding":
        faults.append(
            "must: what decides between two models judges nothing else; flag the answer, and mark"
            " its case"
        )
    if decision == "reject" and must:
        faults.append("must: a rejected item has no truth that a model could be held to")
    if faults:
        raise InputError(f"the decision on {item.id} cannot be stored", faults=faults)
    return Label(
        id=new_id("lab", now=now),
        app=item.app,
        record=item.id,
        value=rules.kept(said) if decision == "change" else said,
        author=by.strip(),
        author_kind="person",
        state="rejected" if decision == "reject" else "accepted",
        guideline=review_guideline(item.kind),
        at=now,
        parents=tuple(dict.fromkeys(one for one in (item.prediction, item.id) if one)),
        must=must,
        private=rules.form == "text",
        unseen=is_told_unseen(item.kind, task),
    )
