"""What the gate is told: both evaluations, the placebo, earlier looks, and what was fixed before.

Enters a built challenger, the champion's deployment and answers kept to decide between the two,
leaves the verdict as an execution.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from chainring.contracts.case import Case
from chainring.contracts.codec import decode, digest
from chainring.contracts.deployment import Deployment
from chainring.contracts.errors import RefusedError
from chainring.contracts.evaluation import Evaluation, Outcome
from chainring.contracts.feedback import Feedback
from chainring.contracts.forms import Forms
from chainring.contracts.lineage import Lineage
from chainring.contracts.measure import ACCURACY, Measure
from chainring.contracts.table import Table
from chainring.contracts.verdict import Verdict
from chainring.feedback.corrections import STATEMENTS
from chainring.feedback.holdout import reaction_rates
from chainring.ring.asked import asking, open_asks, said_by_people, truths
from chainring.ring.built import CHAMPION, Built, Ring, build, built_of
from chainring.ring.gate.reacted import Reactions, fixed_rows
from chainring.ring.gate.sentences import SECOND_LOOK
from chainring.ring.grading import RIGHT_FROM, agreeing, grading
from chainring.ring.sentences import say
from chainring.ring.steps import Made
from chainring.store.ledger import Ledger
from chainring.store.tables import read_table
from chainring.text.errors import in_both

FIXED = "fixed"
"""The kind of the facts that keep what each promotion fixed."""


def judged(
    ring: Ring, built: Built, champion: Deployment | None, kept: Made[Table[Feedback]] | None = None
) -> Made[Verdict]:
    """Evaluate challenger and champion on the suite as it stands now, and let the gate speak."""
    rival = None if champion is None else built_of(ring, champion.model)
    return _judged(ring, built, rival, None if rival is None else kept)


def judged_as_form(ring: Ring, built: Built, champion: Deployment) -> Made[Verdict] | None:
    """Judge another form of the champion's own model; None where it would serve as it does now.

    None, too, where the form that serves was not made again, and cannot be set beside the other.
    """
    forms = built.forms.noun
    serves = [form.name for form in forms.forms if form.address == champion.form]
    if forms.served.address == champion.form or not serves:
        return None
    before = replace(built.forms, noun=replace(forms, chosen=serves[0]))
    return _judged(ring, built, replace(built, forms=before))


def _judged(
    ring: Ring, built: Built, rival: Built | None, kept: Made[Table[Feedback]] | None = None
) -> Made[Verdict]:
    recipe, run = ring.recipe, ring.runner.run
    seen = (built.dataset,) if rival is None else (built.dataset, rival.dataset)

    def evaluated(one: Built, *beside: Made[Table[Feedback]]) -> Made[Evaluation]:
        made: Made[Evaluation] = run(
            "evaluation", one.forms, built.dataset, seen, *beside, settings=recipe.evaluation
        )
        return made

    beside = () if kept is None else (kept,)
    challenger = evaluated(built, *beside)
    before = None if rival is None else evaluated(rival, *beside)
    placebo = None
    another = None if rival is None or rival.model == built.model else rival
    if another is not None and recipe.gate.placebo and built.dataset.noun.splits.get("reacted"):
        alone = _placebo(ring, built, another)
        placebo = None if alone is None else evaluated(alone)
    return _said(ring, built, rival, challenger, before, placebo, kept=kept is not None)


def _placebo(ring: Ring, built: Built, champion: Built) -> Built | None:
    """Build the placebo; None where its part has nothing to learn from: preferences came since."""
    ring.runner.say(say("placebo"))
    seed, won = ring.recipe.training.seed + 1, (built.model.noun.part,)
    try:
        return build(ring, champion.dataset, seed=seed, candidates=won)
    except RefusedError as error:
        ring.runner.say(say("no placebo", because=in_both(error)))
        return None


def judged_again(ring: Ring) -> tuple[Built, Made[Verdict]] | None:
    """Judge once more what the last verdict judged, when all that it asked has been answered.

    The very evaluations that it was given are looked at, whatever users have said since; None where
    nothing was asked, something is open, or something of it is gone.
    """
    found = asking(ring)
    if found is None or open_asks(ring):
        return None
    row, asked = found
    parents = [parent for parent in map(ring.ledger.lineage_by_id, row.inputs) if parent]
    trees = [address for parent in parents for address in parent.trees]
    if not all(map(ring.runner.trees.has, (*trees, asked.challenger))):
        return None
    made = [
        Made(noun=decode(Evaluation, parent.result), execution=parent.id)
        for parent in parents
        if parent.step == "evaluation"
    ]
    forms = next(parent for parent in parents if parent.step == "forms")
    built = replace(
        built_of(ring, asked.challenger),
        forms=Made(noun=decode(Forms, forms.result), execution=forms.id),
    )
    rival = built_of(ring, str(asked.champion))
    placebo = made[2] if len(made) > 2 else None
    return built, _said(ring, built, rival, made[0], made[1], placebo, kept=True)


def _said(
    ring: Ring,
    built: Built,
    rival: Built | None,
    challenger: Made[Evaluation],
    before: Made[Evaluation] | None,
    placebo: Made[Evaluation] | None,
    *,
    kept: bool,
) -> Made[Verdict]:
    """Let the gate speak of evaluations."""
    made: Made[Verdict] = ring.runner.run(
        "verdict",
        challenger,
        before,
        built.forms,
        tuple(case for case in ring.ledger.facts("case", Case) if case.must),
        placebo,
        settings=ring.recipe.gate,
        looks=looks(ring.ledger, challenger.noun) + 1,
        tries=tries(ring.ledger, challenger.noun, before, ring.recipe.gate.judging) + 1,
        looked=looked(ring.ledger, challenger.noun, before),
        fixed=fixed(ring),
        new_labels=() if rival is None else _new_labels(built, rival),
        reactions=None if rival is None else reactions(ring, rival.model.noun.address),
        truths=truths(ring) if kept else (),
    )
    return made


def looks(ledger: Ledger, challenger: Evaluation) -> int:
    """Return how many other challengers were judged on this suite's test rows before.

    The hold-out beside them grows with each review, and would make each suite a new one.
    """
    verdicts = (decode(Verdict, row.result) for row in ledger.all_lineage(step="verdict"))
    others = (verdict for verdict in verdicts if verdict.challenger != challenger.model)
    return len({verdict.challenger for verdict in others if _same_suite(verdict, challenger)})


def tries(
    ledger: Ledger,
    challenger: Evaluation,
    before: Made[Evaluation] | None,
    measure: Measure = ACCURACY,
) -> int:
    """Return on how many other versions of the judging rows this very pair was judged before.

    Each review of the hold-out makes a version, and each version is another chance to be lucky; so
    is another measure on the same rows. The same once more is not: a second look has its own share
    of the limit.
    """
    judged = {(one.suite, one.measure) for one in _of_pair(ledger, challenger, before)}
    return len(judged - {(challenger.suite, measure)})


def looked(
    ledger: Ledger, challenger: Evaluation, before: Made[Evaluation] | None
) -> tuple[str, ...]:
    """Return what the earlier second looks at this very pair fell on, each once.

    Kept answers come and go with traffic, and make no other suite. The same rows once more are no
    try. Verdicts of before did not say their rows: each that found something else is one look more,
    and so are its rows once more, for their ids cannot be compared (a limit that is too strict).
    """
    found = {
        one.second_look or digest([one.suite, one.measure, one.pooled])
        for one in _of_pair(ledger, challenger, before)
        if one.second_look or any(note.startswith(SECOND_LOOK) for note in one.notes)
    }
    return tuple(sorted(found))


def _of_pair(
    ledger: Ledger, challenger: Evaluation, before: Made[Evaluation] | None
) -> list[Verdict]:
    pair = (challenger.model, None if before is None else before.noun.model)
    verdicts = (decode(Verdict, row.result) for row in ledger.all_lineage(step="verdict"))
    return [one for one in verdicts if (one.challenger, one.champion) == pair]


def _same_suite(verdict: Verdict, challenger: Evaluation) -> bool:
    if verdict.frozen and challenger.frozen:
        return verdict.frozen == challenger.frozen
    return verdict.suite == challenger.suite


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixed:
    """The rows whose complaints one promotion fixed, by the execution of its verdict."""

    verdict: str
    rows: tuple[str, ...]


def fixed(ring: Ring) -> tuple[str, ...]:
    """Return the rows whose complaints earlier promotions fixed, those against the gate as well.

    A promotion that was taken back fixes nothing. What one fixed is kept as a fact: its outcomes
    are read once, not with every turn.
    """
    rows: set[str] = set()
    standing = _standing(ring)
    known = {one.verdict: one for one in ring.ledger.facts(FIXED, Fixed)}
    for made in ring.ledger.all_lineage(step="verdict"):
        verdict = decode(Verdict, made.result)
        if verdict.champion is not None and verdict.challenger in standing:
            found = known.get(made.id) or _fixed_by(ring, made, verdict)
            if found is not None:
                rows.update(found.rows)
    return tuple(sorted(rows))


def _standing(ring: Ring) -> set[str]:
    """Return the champion and those before it, without what was left by going back behind it."""
    line: list[str] = []
    for ref in reversed(ring.ledger.ref_history(CHAMPION)):
        model = decode(Deployment, ref.body).model
        line = [*line[: line.index(model)], model] if model in line else [*line, model]
    return set(line)


def _fixed_by(ring: Ring, made: Lineage, verdict: Verdict) -> Fixed | None:
    """Return what a promotion fixed, and keep it; None where that cannot be read."""
    parents = [ring.ledger.lineage_by_id(identifier) for identifier in made.inputs]
    judged_on = {
        evaluation.model: evaluation
        for evaluation in (
            decode(Evaluation, p.result) for p in parents if p and p.step == "evaluation"
        )
    }
    pair = [judged_on.get(model) for model in (verdict.challenger, verdict.champion or "")]
    if not all(one is not None and ring.runner.trees.has(one.address) for one in pair):
        return None
    rows = fixed_rows(*(_outcomes(ring, one) for one in pair if one is not None))
    found = Fixed(verdict=made.id, rows=rows)
    ring.ledger.add_fact(FIXED, made.id, found)
    return found


def reactions(ring: Ring, model: str) -> Reactions:
    """Return how often reviewed right and wrong answers of a model got a reaction."""
    reviewed = said_by_people(ring)
    predictions = [ring.traffic.prediction(label.record) for label in reviewed]
    grade = grading(ring, model)
    rates = reaction_rates(
        [one for one in predictions if one is not None],
        ring.traffic.feedback(kinds=STATEMENTS),
        reviewed,
        model=model,
        right=lambda prediction, truth: grade(prediction, truth) >= RIGHT_FROM,
        agrees=agreeing(ring, model),
    )
    return Reactions(
        right=rates.right,
        right_reacted=rates.right_reacted,
        wrong=rates.wrong,
        wrong_reacted=rates.wrong_reacted,
        disputed=rates.disputed,
    )


def _outcomes(ring: Ring, evaluation: Evaluation) -> list[Outcome]:
    return list(read_table(Outcome, ring.runner.trees.open(evaluation.address)))


def _new_labels(built: Built, rival: Built) -> tuple[str, ...]:
    return tuple(sorted(set(built.model.noun.labels) - set(rival.model.noun.labels)))
