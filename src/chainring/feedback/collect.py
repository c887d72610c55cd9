"""The fast half: a reaction to a prediction becomes feedback, checked and redacted.

Enters a prediction and what a person did about it; leaves a Feedback to store. It is made for
every reaction and is therefore neither memoised nor given lineage.

    feedback(prediction, reaction, labels=["refund", "退款"], now=time.time())

============  ============================================  =============================
kind          value                                         example
============  ============================================  =============================
rating        up or down                                    up
confirmation  nothing, or the answered label
correction    the true value of the task: a label, …         退款
comment       the text (or in `comment`)                    That is not what I asked.
flag          wrong, harmful, unfair or private             unfair
preference    id of the answer preferred to this one        pred_01kb…
outcome       what came of it, in a few words               solved by phone / 已退货
============  ============================================  =============================
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import Any, get_args

from chainring.contracts.dataset import Task
from chainring.contracts.errors import InputError, did_you_mean
from chainring.contracts.feedback import (
    ANSWERS,
    FLAG_KINDS,
    Feedback,
    FeedbackKind,
    is_in_words,
    may_be_one,
)
from chainring.contracts.ids import is_id, new_id
from chainring.contracts.prediction import Prediction
from chainring.contracts.reaction import Reaction
from chainring.contracts.values import is_same
from chainring.feedback.value_rules import ValueRules
from chainring.text.normalise import normalise

KINDS: tuple[FeedbackKind, ...] = get_args(FeedbackKind)
RATINGS = ("up", "down")
MAX_COMMENT = 2_000
MAX_SHORT = 200
_STEP_S = 0.001
_NO_ID = (
    "prediction: no answer has this id, and ids of answers are not of its form (pred_ and 26 "
    "characters); copy the `id` that came with the answer"
)
"""An id that the caller chose would be kept with the orphan, and no forgetting looks for names."""
_SHORT = ("prediction", "author", "episode", "consent", "key")


def feedback(
    prediction: Prediction | None,
    reaction: Reaction,
    *,
    labels: Collection[str],
    now: float,
    app: str = "",
    new_labels: bool = True,
    task: Task = "classification",
    text: str = "",
) -> Feedback:
    """Return the feedback of one reaction, with a new id.

    Parameters
    ----------
    prediction
        What the reaction is about; None when its id is unknown (yet): then it is kept as an orphan,
        if it is an id as answers have.
    labels
        The labels that are known.
    now
        Seconds since 1970 (UTC).
    app
        The application of an orphan; a prediction brings its own.
    new_labels
        Whether a correction may name a label that is not known.
    task
        What the application does: a correction is a value of it.
    text
        The text that was answered, where it is there: tags have to stand in it. They count in the
        text as it was sent, and are moved.

    Raises
    ------
    InputError
        With every fault of the reaction.
    """
    assert prediction is None or prediction.id == reaction.prediction
    rules = ValueRules(
        task=task,
        labels=labels,
        new_labels=new_labels,
        text=text,
        shifts=() if prediction is None else prediction.shifts,
    )
    faults = [*_short_faults(reaction), *_value_faults(prediction, reaction, rules)]
    if prediction is None and reaction.prediction and not is_id(reaction.prediction, *ANSWERS):
        faults.insert(0, _NO_ID)
    if len(reaction.comment) > MAX_COMMENT:
        faults.append(_too_long("comment", reaction.comment, MAX_COMMENT))
    if faults:
        raise InputError("this reaction cannot be stored", faults=faults)
    value, comment = _told(prediction, reaction, rules)
    is_statement = reaction.kind in ("correction", "confirmation")
    written = is_statement and bool(value) and rules.form == "text"
    answered = {} if prediction is None else _answered(prediction)
    return Feedback(
        id=new_id("fb", now=now),
        prediction=reaction.prediction,
        kind=reaction.kind,
        value=value,
        author=reaction.author or ("" if prediction is None else prediction.author),
        at=now,
        consent=reaction.consent or "none",
        episode=reaction.episode or ("" if prediction is None else prediction.episode),
        comment=comment,
        key=_key(reaction),
        via=reaction.via,
        private=written or is_in_words(reaction.kind, value),
        **({"app": app} | answered),
    )


def said_after(earlier: Sequence[Feedback], said: Feedback) -> Feedback:
    """Return feedback as said after all that its author said earlier of the same answer.

    By the time stands which word was the last; a clock may be set back, and two servers differ.
    What was stored before its application was kept is known by its key of then.
    """
    said = _sent_before(earlier, said)
    own = (one.at for one in earlier if one.author == said.author and may_be_one(one.via, said.via))
    return replace(said, at=max(said.at, max(own, default=0.0) + _STEP_S))


def _sent_before(earlier: Sequence[Feedback], said: Feedback) -> Feedback:
    """Return feedback under the key that it was stored by before its application was kept, if so.

    An application that repeats its reactions over an upgrade is told that each is there already.
    """
    if not said.key or not said.via:
        return said
    bare = _written(json.loads(said.key)[1:])
    is_stored = any(one.key == bare and not one.via for one in earlier)
    return replace(said, key=bare) if is_stored else said


def _answered(prediction: Prediction) -> dict[str, Any]:
    return {
        "app": prediction.app,
        "answer": prediction.value,
        "pair": prediction.pair,
        "looked_up": prediction.looked_up,
        "passed_on": prediction.passed_on,
        "group": prediction.group,
        "language": prediction.language,
        "holdout": prediction.holdout,
        "model": prediction.model,
    }


def _key(reaction: Reaction) -> str:
    if not reaction.key:
        return ""
    via = [reaction.via] if reaction.via else []
    return _written([*via, reaction.author, reaction.prediction, reaction.key])


def _written(named: list[str]) -> str:
    return json.dumps(named, ensure_ascii=False)


def _told(prediction: Prediction | None, reaction: Reaction, rules: ValueRules) -> tuple[str, str]:
    """Return value and comment as they are kept: free text without personal data."""
    comment = _clean(reaction.comment)
    if reaction.kind == "comment":  # a comment is a text: it lies where it can be erased
        return "", comment or _clean(reaction.value)
    if is_in_words(reaction.kind, reaction.value):
        return _clean(reaction.value), comment
    if reaction.kind == "confirmation" and prediction is not None:
        is_named = not prediction.passed_on or bool(normalise(reaction.value))
        return prediction.value if is_named else "", comment
    if reaction.kind == "correction":
        return rules.kept(reaction.value), comment
    return normalise(reaction.value), comment


def _clean(text: str) -> str:
    from chainring.text.redact import redact  # its rules take 0.1 s to compile

    return redact(normalise(text)).text


def _short_faults(reaction: Reaction) -> list[str]:
    faults = [] if reaction.prediction else ["prediction: the id of an answer is expected"]
    for name in _SHORT:
        value = getattr(reaction, name)
        if len(value) > MAX_SHORT:
            faults.append(_too_long(name, value, MAX_SHORT))
        elif not value.isprintable():
            faults.append(f"{name}: holds a line end or a character that cannot be printed")
    return faults


def _too_long(name: str, value: str, limit: int) -> str:
    return f"{name}: {len(value):,} characters, at most {limit:,} are allowed"


def _value_faults(
    prediction: Prediction | None,
    reaction: Reaction,
    rules: ValueRules,
) -> list[str]:
    if reaction.kind not in KINDS:
        return [f"kind: {reaction.kind!r} is unknown{did_you_mean(reaction.kind, KINDS)}"]
    if reaction.kind == "correction":
        fault = rules.fault(reaction.value) or _placeless(prediction, rules)
    elif reaction.kind == "confirmation":
        fault = _confirmation_fault(prediction, normalise(reaction.value), rules)
    else:
        fault = _CHECKS[reaction.kind](reaction)
    return [] if fault is None else [f"value: {fault}"]


def _placeless(prediction: Prediction | None, rules: ValueRules) -> str | None:
    """Return why tags of an unknown answer are refused: only its row tells where they belong."""
    if prediction is not None or rules.form != "tags":
        return None
    return (
        "the answer is not known (yet), and places of tags count in its text; is the id mistyped? "
        "Else send it again once the answer is there"
    )


def _confirmation_fault(prediction: Prediction | None, value: str, rules: ValueRules) -> str | None:
    if prediction is None or not value:
        fault = None if len(value) <= MAX_SHORT else "a label is expected"
        return fault or (_placeless(prediction, rules) if value else None)
    answer = rules.sent(prediction.value)
    if is_same(rules.form, value, answer):
        return None
    return (
        f"the answer was {answer[:MAX_SHORT]!r}, "
        f"{value[:MAX_SHORT]!r} does not confirm it; "
        "send the kind 'correction' instead"
    )


def _one_of(*known: str) -> Callable[[Reaction], str | None]:
    def fault(reaction: Reaction) -> str | None:
        value = reaction.value
        return (
            None if value in known else f"{value[:MAX_SHORT]!r} is none{did_you_mean(value, known)}"
        )

    return fault


def _comment_fault(reaction: Reaction) -> str | None:
    if len(reaction.value) > MAX_COMMENT:
        return f"{len(reaction.value):,} characters, at most {MAX_COMMENT:,} are allowed"
    is_empty = not normalise(reaction.value) and not normalise(reaction.comment)
    return "a text is expected, found nothing" if is_empty else None


def _words_fault(reaction: Reaction) -> str | None:
    if not normalise(reaction.value):
        return "a few words or an id are expected, found nothing"
    if len(reaction.value) > MAX_SHORT:
        return f"{len(reaction.value):,} characters, at most {MAX_SHORT} are allowed; use `comment`"
    return None


_CHECKS: dict[str, Callable[[Reaction], str | None]] = {
    "rating": _one_of(*RATINGS),
    "flag": _one_of(*FLAG_KINDS),
    "comment": _comment_fault,
    "preference": _words_fault,
    "outcome": _words_fault,
}
