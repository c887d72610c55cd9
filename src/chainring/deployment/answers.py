"""The fast half: an answer to a request becomes a prediction, the row that everything hangs on.

Enters a deployment, a request and its answer; leaves a Prediction. It is made for every request
and is therefore neither memoised nor given lineage.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from chainring.contracts.deployment import Deployment
from chainring.contracts.ids import keyed, new_id
from chainring.contracts.prediction import Answer, Prediction, Variant
from chainring.contracts.request import Request
from chainring.contracts.tasks import Form
from chainring.contracts.values import both, tags_of, tags_text
from chainring.text.chat import spoken
from chainring.text.language import language
from chainring.text.normalise import group_key
from chainring.text.prepare import prepare
from chainring.text.shifts import further, moved, reverse

HOLDOUT_SHARE = 0.2
_SPAN = 2**64


def prediction(
    deployment: Deployment,
    request: Request,
    answer: Answer,
    *,
    secret: bytes,
    latency_ms: float = 0.0,
    variant: Variant = "champion",
    at: float | None = None,
    holdout_share: float = HOLDOUT_SHARE,
    identifier: str = "",
    texts: int = 1,
    logs_request: bool = True,
) -> Prediction:
    """Return the prediction of one answer, with a new id unless it has one.

    Digest and near-duplicate group are taken of what was asked as the model saw it (`answer.text`,
    `answer.pair` where the request has one), which is what the log may keep and what a later record
    is made of: a passage that the model looked up moves no question into the hold-out. `at` is in
    seconds since 1970, now if None. Without `logs_request` the row has no digest.
    """
    looked_up = bool(answer.pair) and not request.pair
    seen = both(answer.text, "" if looked_up else answer.pair)
    known = known_by(seen, secret=secret, holdout_share=holdout_share)
    now = time.time() if at is None else at
    return Prediction(
        id=identifier or new_id("pred", now=now),
        app=deployment.app,
        model=deployment.model,
        form=deployment.form_name,
        label=answer.label,
        confidence=answer.confidence,
        passed_on=answer.passed_on,
        language=language(spoken(answer.text)),
        request=known.request if logs_request else "",
        group=known.group,
        holdout=known.holdout,
        at=now,
        episode=request.episode,
        author=request.author,
        variant=variant,
        finish=answer.finish,
        latency_ms=latency_ms,
        texts=texts,
        scores=answer.scores,
        pair=prepare(answer.pair) if answer.pair else "",
        looked_up=looked_up,
        output=answer.output,
        shifts=answer.shifts,
        via=request.via,
    )


@dataclass(frozen=True, slots=True)
class KnownBy:
    """What tells a text again without it, by the project's key: digest, near-duplicate group."""

    request: str
    group: str
    holdout: bool


def known_by(seen: str, *, secret: bytes, holdout_share: float = HOLDOUT_SHARE) -> KnownBy:
    """Return by what a text is told again, and whether it is of the hold-out; see `prediction`."""
    group = group_key(seen, key=secret)
    return KnownBy(keyed(secret, seen), group, is_holdout(group, share=holdout_share))


def filled(row: Prediction, answer: Answer) -> Prediction:
    """Return a row with what another model said of the same text."""
    return replace(
        row,
        label=answer.label,
        confidence=answer.confidence,
        passed_on=answer.passed_on,
        output=answer.output,
        shifts=answer.shifts,
        finish=answer.finish,
    )


def as_kept(answer: Answer, *, form: Form) -> Answer:
    """Return an answer whose tags count in the text as a log keeps it, without personal data."""
    if form != "tags" or not answer.output:
        return answer
    from chainring.text.redact import redact

    found = redact(answer.text).found
    if not found:
        return answer
    tags = moved(tags_of(answer.output), further((), answer.text, found))
    shifts = further(answer.shifts, answer.text, found)
    return replace(answer, output=tags_text(tags), shifts=shifts)


def as_sent(value: str, row: Prediction | Answer) -> str:
    """Return a value of an answer as its asker counts: tags stand in the text that was sent."""
    if not row.shifts or not value:
        return value
    return tags_text(moved(tags_of(value), reverse(row.shifts)))


def is_holdout(group: str, *, share: float = HOLDOUT_SHARE) -> bool:
    """Whether a near-duplicate group is in the hold-out: its keyed hash is in the lowest share.

    `group` is the hex of `text.normalise.group_key`; it was fixed before any reaction came.

    >>> is_holdout("33" * 16), is_holdout("34" * 16)
    (True, False)
    """
    return int(group[:16], 16) < share * _SPAN
