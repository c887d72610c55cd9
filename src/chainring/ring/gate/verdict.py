"""The step of the gate: two evaluations, the form that will be served and cases become a verdict.

    verdict(challenger, champion, forms, cases, placebo, work=work, settings=settings, looks=3)

It reads the outcomes of each evaluation; `chainring.ring.gate.judge` holds the rules.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from chainring.contracts.case import Case
from chainring.contracts.codec import decode
from chainring.contracts.errors import DamagedError, InputError
from chainring.contracts.evaluation import Evaluation, Outcome
from chainring.contracts.forms import Forms
from chainring.contracts.tasks import TASKS
from chainring.contracts.verdict import Check, Verdict
from chainring.contracts.work import Work
from chainring.ring.gate.judge import judge
from chainring.ring.gate.limits import limits
from chainring.ring.gate.reacted import Reactions
from chainring.ring.gate.sentences import say
from chainring.ring.gate.settings import GateSettings

OUTCOMES_FILE = "outcomes.jsonl"


def verdict(
    challenger: Evaluation,
    champion: Evaluation | None,
    forms: Forms,
    cases: tuple[Case, ...],
    placebo: Evaluation | None,
    *,
    work: Work,
    settings: GateSettings,
    looks: int,
    tries: int = 1,
    looked: tuple[str, ...] = (),
    fixed: tuple[str, ...] = (),
    new_labels: tuple[str, ...] = (),
    trust: tuple[Check, ...] = (),
    reactions: Reactions | None = None,
    preferences: tuple[int, int, int] | None = None,
    truths: tuple[tuple[str, str], ...] = (),
) -> Verdict:
    """Return the verdict on the challenger's form that will be served.

    Parameters
    ----------
    challenger, champion
        Evaluations on one version of the suite, made in this turn; no champion on a first turn.
    forms
        The challenger's forms; the chosen one must be the one evaluated.
    cases
        Those marked `must` are counted against the rows that carry the mark, which are conditions.
    placebo
        Evaluation of the same recipe on the champion's rows alone, if one was trained.
    work, settings
        Where the outcomes lie; the limits.
    looks
        Times this suite has judged, this one included.
    tries, looked, fixed, new_labels, reactions, preferences, truths
        As in `judge`.
    trust
        Further conditions, of privacy, fairness and safety.

    Raises
    ------
    InputError
        The evaluations do not belong together; all faults at once.
    DamagedError
        An evaluation's tree has no outcomes.
    """
    _require_fit(challenger, champion, placebo, forms)
    answered = outcomes(challenger, work)
    found = judge(
        answered,
        None if champion is None else outcomes(champion, work),
        settings=settings,
        placebo=() if placebo is None else outcomes(placebo, work),
        preferences=preferences,
        reactions=reactions,
        fixed=fixed,
        new_labels=new_labels,
        limits=(*limits(forms.served, challenger, champion, settings=settings), *trust),
        form=TASKS[challenger.task].form,
        truths=dict(truths),
        looks=looks,
        tries=tries,
        looked=looked,
        seed=work.seed,
    )
    return replace(
        found,
        app=challenger.app,
        challenger=challenger.model,
        champion=None if champion is None else champion.model,
        suite=challenger.suite,
        frozen=challenger.frozen,
        notes=(*found.notes, *_dropped(challenger), *_unjudged(cases, answered)),
    )


def outcomes(evaluation: Evaluation, work: Work) -> list[Outcome]:
    """Return every example's outcome of an evaluation."""
    path = work.trees.open(evaluation.address) / OUTCOMES_FILE
    if not path.is_file():
        raise DamagedError(
            f"evaluation {evaluation.address} has no {OUTCOMES_FILE}; evaluate the model again"
        )
    with path.open(encoding="utf-8") as lines:
        return [decode(Outcome, line) for line in lines]


def _require_fit(
    challenger: Evaluation, champion: Evaluation | None, placebo: Evaluation | None, forms: Forms
) -> None:
    faults = []
    for who, other in (("champion", champion), ("placebo", placebo)):
        if other is not None and other.suite != challenger.suite:
            faults.append(f"{who}: suite {challenger.suite} expected, {other.suite} found")
        if other is not None and other.app != challenger.app:
            faults.append(f"{who}: app {challenger.app!r} expected, {other.app!r} found")
    if forms.model != challenger.model:
        faults.append(f"forms: of model {forms.model}, evaluated was {challenger.model}")
    if challenger.form not in (forms.served.name, forms.served.address):
        served = forms.served.name
        faults.append(f"forms: {served!r} will be served, evaluated was {challenger.form!r}")
    if faults:
        raise InputError(
            "no verdict: judge both models on the suite's current version, in the form that will"
            " be served",
            faults=faults,
        )


def _dropped(challenger: Evaluation) -> tuple[str, ...]:
    return tuple(
        say("dropped", count=count, because=because)
        for because, count in sorted(challenger.dropped.items())
        if count
    )


def _unjudged(cases: Sequence[Case], answered: Sequence[Outcome]) -> tuple[str, ...]:
    """Say when complaints marked `must` have no row here: erased, or trained on since."""
    marked, rows = sum(case.must for case in cases), sum(row.must for row in answered)
    return (say("must unjudged", cases=marked, rows=rows),) if rows < marked else ()
