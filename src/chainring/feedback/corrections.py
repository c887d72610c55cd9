"""Step: what users and reviewers said of answers becomes records for the data set.

Enters a snapshot of feedback (a table) and people's decisions; leaves a table of records (tree of
kind `corrections`: `rows.jsonl` and, for all that was left out and why, `dropped.jsonl`).

    table = corrections(feedback, reviewed, guard, work=work, settings=settings)
    table.counts      # {'part: train': 41, 'part: reacted': 9, 'text erased or not logged': 2}

What becomes of what:

=======================================  ===========================================
a correction or confirmation             `part` train, of the hold-out: reacted
a flag or comment that a person decided  the same, with the person's label
a sampled hold-out answer, reviewed      `part` holdout, with the true label
another answer, reviewed                 `part` train, with the true label
an answer that nobody reacted to         nothing
a rating or preference                   where answers are written: see `opinions`
an outcome                               nothing: it says no label
=======================================  ===========================================

A passage that was looked up for an answer is no pair of the record: an answer worth correcting was
often read off the wrong one, and a row that judges is to be answered as its asker was.

Where answers are written, a text that was put in place of an answer brings that answer along, as
the one that was not wanted: the two are a pair to learn a preference from.

A decision is a person's Label about a feedback id (of a reaction) or a prediction id (of an
answer). Only the hold-out's random sample is decided by prediction id, because answers that were
looked at for a complaint are not like the others: they may not judge.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from chainring.contracts.dataset import Task
from chainring.contracts.feedback import Feedback, may_be_one
from chainring.contracts.guard import FORGOTTEN, Guard
from chainring.contracts.ids import episode_key, keyed
from chainring.contracts.label import Label
from chainring.contracts.record import Record
from chainring.contracts.table import Table
from chainring.contracts.tasks import TASKS
from chainring.contracts.terms import is_refusal
from chainring.contracts.values import both
from chainring.contracts.work import Work
from chainring.feedback.caps import author_limit
from chainring.feedback.consents import under_refusals
from chainring.feedback.dropped import Dropped
from chainring.feedback.last_words import SAID_BEFORE, last_words, newest_of, waiting
from chainring.feedback.opinions import opinions
from chainring.feedback.settings import FeedbackSettings
from chainring.feedback.statement import (
    Statement,
    part_of,
    refused,
    refuses,
    state_of,
    unusable,
)
from chainring.store.tables import read_table, write_table

STATEMENTS = ("correction", "confirmation")
_WAITS = "waits for a review"


def corrections(
    feedback: Table[Feedback],
    reviewed: tuple[Label, ...],
    guard: Guard,
    *,
    work: Work,
    settings: FeedbackSettings,
    task: Task = "classification",
) -> Table[Record]:
    """Return a record for each statement that stands or waits.

    A record's `fields`: label (target, where it is a text), rejected, author (of the reaction, or
    of the text that was reviewed), episode (a keyed digest of it), author_kind, state, part,
    reaction (the kind of feedback, or review), why, must. Its parents are the prediction, then the
    feedback.
    """
    rows = read_table(Feedback, work.trees.open(feedback.address))
    found, dropped = statements(rows, reviewed, guard, settings=settings, task=task)
    tags = TASKS[task].form == "tags"
    records = [_record(one, guard, work, settings, as_one=tags) for one in found]
    folder = work.folder("corrections")
    count = write_table(folder, records)
    dropped.write(folder / "dropped.jsonl")
    counts = dropped.counts
    counts.update(f"part: {one.part}" for one in found)
    counts.update(f"{one.why}: {_WAITS}" for one in found if one.state == "pending")
    address = work.trees.put(folder, kind="corrections")
    return Table(address=address, rows=count, counts=dict(sorted(counts.items())))


def statements(
    rows: Iterable[Feedback],
    reviewed: Sequence[Label],
    guard: Guard,
    *,
    settings: FeedbackSettings,
    task: Task = "classification",
) -> tuple[list[Statement], Dropped]:
    """Return every statement with its state, in the order of the feedback, and what was left out.

    The order of `rows` does not matter.
    """
    written = TASKS[task].form == "text"
    ordered = under_refusals(rows)
    decisions = {one.record: one for one in reviewed if one.author_kind == "person"}
    if written:
        decisions |= _agreed(ordered, decisions)
    dropped = Dropped()
    later = waiting(ordered, decisions, STATEMENTS)
    said = [
        replace(one, state=state, why=why)
        for row in newest_of(ordered, dropped, kinds=STATEMENTS, decisions=decisions)
        if (one := _stated(row, decisions.get(row.id), guard, settings, dropped)) is not None
        for state, why in [state_of(one.decision, is_later=row.id in later)]
    ]
    if not written:  # of a text there may be several good ones
        said = last_words(said, dropped)
    said = _capped(_unrepeated(said, dropped), settings)
    if written:
        liked = list(opinions(ordered, decisions, guard, dropped, settings=settings))
        said += _capped(_unrepeated(liked, dropped), settings)
    told = {one.about.id for one in said}
    rest = [row for row in ordered if row.id not in told]
    decided = [*_decided(rest, decisions, guard, dropped)]
    answers = [*_reviewed(ordered, decisions, guard, settings, dropped)]
    every = sorted([*said, *decided, *answers], key=lambda one: one.order)
    return [_beside_answer(one) for one in every] if written else every, dropped


def _agreed(rows: Iterable[Feedback], decisions: Mapping[str, Label]) -> dict[str, Label]:
    """Return decisions that let a thumbs-down stand without the answer that they once named."""
    return {
        row.id: replace(one, value="")
        for row in rows
        if refuses(row)
        and (one := decisions.get(row.id)) is not None
        and one.state == "accepted"
        and one.value == row.answer
    }


def _beside_answer(one: Statement) -> Statement:
    """Return a statement with the written answer that its text was put in place of."""
    rejected = one.rejected or refused(one.about, one.label)
    return replace(one, written=True, rejected=rejected)


def _stated(
    row: Feedback,
    decision: Label | None,
    guard: Guard,
    settings: FeedbackSettings,
    dropped: Dropped,
) -> Statement | None:
    label = row.value or ("" if row.passed_on else row.answer)
    reason = unusable(row, row.consent, guard)
    if reason is None and row.kind == "confirmation":
        reason = _unconfirmed(label, settings)
    if reason is not None:
        dropped.add(reason, row)
        return None
    return Statement(about=row, label=label, kind="user", part=part_of(row), decision=decision)


def _unconfirmed(label: str, settings: FeedbackSettings) -> str | None:
    if not settings.confirmations:
        return "confirmations are not used"
    return None if label else "confirms that the text was passed on, which says no label"


def _unrepeated(said: Sequence[Statement], dropped: Dropped) -> list[Statement]:
    """Drop what an author said before of the same request; what a person decided on stays first."""
    seen: dict[tuple[str, str, str, str], set[str]] = defaultdict(set)
    kept = []
    for one in sorted(said, key=lambda one: (one.decision is None, one.order)):
        request = one.about.group or one.about.prediction
        said_by = seen[request, one.label, one.rejected, one.about.author]
        if any(may_be_one(via, one.about.via) for via in said_by):
            dropped.add(SAID_BEFORE, one.about)
        else:
            kept.append(one)
        said_by.add(one.about.via)
    return sorted(kept, key=lambda one: one.order)


def _capped(said: Sequence[Statement], settings: FeedbackSettings) -> list[Statement]:
    """Set to pending what waits for a person; the earliest statements of an author count first.

    Those without an author count as one author: leaving the name out lifts no cap.
    """
    open_ = [one for one in said if _is_open(one)]
    limit = author_limit(Counter(one.about.speaker for one in open_), settings=settings)
    taken: Counter[tuple[str, str]] = Counter()
    result = []
    for one in said:
        if _is_open(one):
            via, author = one.about.speaker
            taken[via, author] += 1
            earlier = taken["", author] if via else 0  # it is not known of which application
            if settings.review == "all":
                one = replace(one, state="pending", why="every correction is reviewed")
            elif taken[via, author] + earlier > limit:
                one = replace(one, state="pending", why=f"more than {limit} of one author")
        result.append(one)
    return result


def _is_open(one: Statement) -> bool:
    """Whether neither a person's decision nor one on an earlier word of its author holds it."""
    return one.decision is None and one.state == "accepted"


def _decided(
    rows: Iterable[Feedback], decisions: Mapping[str, Label], guard: Guard, dropped: Dropped
) -> Iterator[Statement]:
    """Yield the truth that a person gave to reactions that name no label themselves."""
    for row in rows:
        decision = decisions.get(row.id)
        if decision is None or row.kind in STATEMENTS or row.id == row.prediction:
            continue
        reason = unusable(row, row.consent, guard)
        if decision.state != "accepted":
            reason = "left out by a person"
        elif not decision.value:  # a rating that was agreed with, and counts no more
            reason = reason or "says no label"
        if reason is not None:
            dropped.add(reason, row)
            continue
        yield Statement(
            about=row, label=decision.value, kind="person", part=part_of(row), decision=decision
        )


def _reviewed(
    rows: Iterable[Feedback],
    decisions: Mapping[str, Label],
    guard: Guard,
    settings: FeedbackSettings,
    dropped: Dropped,
) -> Iterator[Statement]:
    """Yield the truth that a person gave to answers: of the hold-out's sample, and unsure ones."""
    about: dict[str, list[Feedback]] = defaultdict(list)
    for row in rows:
        about[row.prediction].append(row)
    for prediction, decision in decisions.items():
        if prediction not in about:
            dropped.unknown += prediction.startswith("pred_")
            continue
        row = _carrier(about[prediction], settings)
        reason = unusable(row, row.consent, guard)
        if decision.state != "accepted":
            reason = "left out by a person"
        elif not decision.value:
            reason = reason or "says no label"
        if reason is not None:
            dropped.add(reason, row)
            continue
        part = "holdout" if row.holdout else "train"
        yield Statement(
            about=row, label=decision.value, kind="person", part=part, decision=decision
        )


def _carrier(rows: Sequence[Feedback], settings: FeedbackSettings) -> Feedback:
    """Return the answer's row (see `holdout.asked`) with the consent of those who reacted to it.

    Its author is never the reviewer: the gate counts rows by author.
    """
    own = next((row for row in rows if row.id == row.prediction), rows[0])
    given = FORGOTTEN if _is_gone(own) else _consent_of(rows, settings)
    return replace(own, id=own.prediction, consent=given)


def _consent_of(rows: Sequence[Feedback], settings: FeedbackSettings) -> str:
    """Return what those who reacted allow; silence is no consent.

    All refuse where one refusal stands (see `under_refusals`); another one was taken back.
    """
    said = [row.consent for row in rows if row.id != row.prediction and row.consent != FORGOTTEN]
    if not said:
        return settings.consent
    refusal = next((one for one in said if is_refusal(one)), "none")
    return next((one for one in said if one != "none" and not is_refusal(one)), refusal)


def _is_gone(answer: Feedback) -> bool:
    """Whether the answer itself was forgotten, not only what somebody said of it."""
    return answer.id == answer.prediction and answer.consent == FORGOTTEN


def _record(
    one: Statement, guard: Guard, work: Work, settings: FeedbackSettings, *, as_one: bool
) -> Record:
    """Return the record of a statement; `as_one`: its text is prepared as one, see `prepare`."""
    row = one.about
    from chainring.text.prepare import prepare  # its rules take 0.1 s to compile

    text = prepare(row.text, as_one=as_one) if guard.redact else row.text
    return Record(
        id="rec_" + keyed(work.secret, "feedback", row.id, text),
        app=work.app,
        text=text,
        digest=keyed(work.secret, "content", both(text, row.given_pair)),
        source="feedback",
        locator=row.id,
        licence=settings.licence,
        consent=row.consent,
        language=row.language,
        group=row.group,
        at=row.at,
        parents=tuple(dict.fromkeys((row.prediction, row.id))),
        fields={name: value for name, value in _fields(one, work.secret).items() if value},
    )


def _fields(one: Statement, secret: bytes) -> dict[str, str]:
    row, decision = one.about, one.decision
    return {
        "target" if one.private else "label": one.label,
        "rejected": one.rejected,
        "pair": row.given_pair,
        "author": row.author,
        "episode": episode_key(secret, row.episode),
        "author_kind": one.kind,
        "state": one.state,
        "part": one.part,
        "reaction": _reaction(one),
        "why": one.why,
        "must": "true" if decision is not None and decision.must else "",
    }


def _reaction(one: Statement) -> str:
    return "review" if one.about.id == one.about.prediction else one.about.kind
