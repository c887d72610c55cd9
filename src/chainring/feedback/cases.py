"""Cases: a flag opens one, an operator closes it, its reporter is told.

opened = case(feedback, secret=secret)
closed = close(opened, outcome="label corrected", told="Thank you, 已更正", owner="ann")
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from chainring.contracts.case import Case
from chainring.contracts.dataset import Task
from chainring.contracts.errors import ConflictError, InputError
from chainring.contracts.feedback import FLAG_KINDS, Feedback
from chainring.contracts.ids import keyed, new_id
from chainring.contracts.label import Label
from chainring.contracts.tasks import TASKS
from chainring.feedback.value_rules import ValueRules
from chainring.text.normalise import normalise

MAX_SENTENCE = 2_000


def case(feedback: Feedback, *, secret: bytes) -> Case:
    """Return the case that a flag opens; the same flag opens the same case.

    Its id is a digest of the feedback's under the project's key `secret`, so that who has one of
    the two can tell nothing of the other.

    Raises
    ------
    InputError
        When the feedback is no flag.
    """
    if feedback.kind != "flag":
        raise InputError(f"only a flag opens a case; {feedback.id} is a {feedback.kind}")
    return Case(
        id="case_" + keyed(secret, "case", feedback.id, size=13),
        app=feedback.app,
        kind=feedback.value,
        opened_by=feedback.id,
        at=feedback.at,
        prediction=feedback.prediction,
        reporter=feedback.author,
        via=feedback.via,
    )


def close(
    case: Case,
    *,
    at: float = 0.0,
    outcome: str,
    told: str,
    owner: str,
    truth: str = "",
    must: bool = False,
    labels: Collection[str] = (),
    task: Task = "classification",
    text: str = "",
) -> Case:
    """Return the case closed.

    Parameters
    ----------
    at
        When it is closed, in seconds since 1970.
    outcome
        What was done, 1 to 2,000 characters.
    told
        What its reporter is told, 1 to 2,000 characters; may be empty where an alarm opened it.
    owner
        Who closes it.
    truth
        The true value of its text, if there is one: in most projects a label.
    must
        Every later model has to give `truth`.
    labels
        The known labels, to find a `truth` that is only written differently.
    task
        What the application does: `truth` is a value of it.
    text
        What was answered, where it is there: tags lie in it.

    Raises
    ------
    InputError
        With every fault found.
    ConflictError
        When it is closed already.
    """
    if case.state == "closed":
        raise ConflictError(
            f"case {case.id} was closed by {case.owner}; a closed case stays closed"
        )
    truth, rules = normalise(truth), ValueRules(task=task, labels=labels, text=text)
    needed = {"told": 1 if case.kind in FLAG_KINDS else 0}  # an alarm has no reporter
    faults = [
        f"{name}: 1 to {MAX_SENTENCE:,} characters expected, found {len(text.strip()):,}"
        for name, text in (("outcome", outcome), ("told", told), ("owner", owner))
        if not needed.get(name, 1) <= len(text.strip()) <= MAX_SENTENCE
    ]
    fault = rules.fault(truth) if truth else None
    faults += [] if fault is None else [f"truth: {fault}"]
    if must and not truth:
        faults.append("must: needs `truth`, the label that every later model has to give")
    if faults:
        raise InputError(f"case {case.id} cannot be closed so", faults=faults)
    return replace(
        case,
        state="closed",
        outcome=outcome.strip(),
        told=told.strip(),
        owner=owner.strip(),
        truth=rules.kept(truth) if truth else "",
        must=must,
        closed_at=at,
    )


def truth_of(case: Case, *, now: float, task: Task = "classification") -> Label | None:
    """Return the value that a closed case found right, about the flag; None without a truth.

    It is what the next turn learns from the case; see `chainring.feedback.corrections`.
    """
    if case.state != "closed" or not case.truth:
        return None
    return Label(
        id=new_id("lab", now=now),
        app=case.app,
        record=case.opened_by,
        value=case.truth,
        author=case.owner,
        author_kind="person",
        guideline="closed case",
        at=now,
        parents=(case.prediction, case.opened_by),
        must=case.must,
        private=TASKS[task].form == "text",
    )
