"""What the gate is told: both evaluations, the placebo, earlier looks, and what was fixed before.

Enters a built challenger, the champion's deployment and answers kept to decide between the two,
leaves the verdict as an execution.
"""

from __future__ import annotations

from dataclasses import replace

from chainring.contracts.case import Case
from chainring.contracts.codec import decode
from chainring.contracts.deployment import Deployment
from chainring.contracts.evaluation import Evaluation, Outcome
from chainring.contracts.feedback import Feedback
from chainring.contracts.label import Label
from chainring.contracts.table import Table
from chainring.contracts.verdict import Verdict
from chainring.feedback.corrections import STATEMENTS
from chainring.feedback.holdout import reaction_rates
from chainring.ring.built import Built, Ring, build, built_of
from chainring.ring.gate.reacted import Reactions, fixed_rows
from chainring.ring.grading import RIGHT_FROM, grading
from chainring.ring.steps import Made
from chainring.store.ledger import Ledger
from chainring.store.tables import read_table


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
        ring.runner.say("placebo: the same recipe with another seed and no corrections")
        seed, won = recipe.training.seed + 1, (built.model.noun.part,)
        placebo = evaluated(build(ring, another.dataset, seed=seed, candidates=won))
    verdict: Made[Verdict] = run(
        "verdict",
        challenger,
        before,
        built.forms,
        tuple(case for case in ring.ledger.facts("case", Case) if case.must),
        placebo,
        settings=recipe.gate,
        looks=looks(ring.ledger, challenger.noun) + 1,
        fixed=fixed(ring),
        new_labels=() if rival is None else _new_labels(built, rival),
        reactions=None if rival is None else reactions(ring, rival.model.noun.address),
        truths=() if kept is None else truths(ring.ledger),
    )
    return verdict


def truths(ledger: Ledger) -> tuple[tuple[str, str], ...]:
    """Return what a person said of answers that decide, by id; nothing where it was left out."""
    said = {one.record: one for one in ledger.facts("label", Label) if one.decides}
    return tuple(
        (name, one.value if one.state == "accepted" else "")
        for name, one in sorted(said.items())
        if one.state != "pending"
    )


def looks(ledger: Ledger, challenger: Evaluation) -> int:
    """Return how many other challengers were judged on this suite before."""
    verdicts = (decode(Verdict, row.result) for row in ledger.all_lineage(step="verdict"))
    return len(
        {
            verdict.challenger
            for verdict in verdicts
            if verdict.suite == challenger.suite and verdict.challenger != challenger.model
        }
    )


def fixed(ring: Ring) -> tuple[str, ...]:
    """Return the rows whose complaints earlier promotions fixed."""
    rows: set[str] = set()
    for made in ring.ledger.all_lineage(step="verdict"):
        verdict = decode(Verdict, made.result)
        if verdict.champion is None or not verdict.promote:
            continue
        parents = [ring.ledger.lineage_by_id(identifier) for identifier in made.inputs]
        judged_on = {
            evaluation.model: evaluation
            for evaluation in (
                decode(Evaluation, p.result) for p in parents if p and p.step == "evaluation"
            )
        }
        pair = [judged_on.get(model) for model in (verdict.challenger, verdict.champion)]
        if all(one is not None and ring.runner.trees.has(one.address) for one in pair):
            rows.update(fixed_rows(*(_outcomes(ring, one) for one in pair if one is not None)))
    return tuple(sorted(rows))


def reactions(ring: Ring, model: str) -> Reactions:
    """Return how often reviewed right and wrong answers of a model got a reaction."""
    reviewed = ring.ledger.facts("label", Label)
    predictions = [ring.traffic.prediction(label.record) for label in reviewed]
    grade = grading(ring, model)
    rates = reaction_rates(
        [one for one in predictions if one is not None],
        ring.traffic.feedback(kinds=STATEMENTS),
        reviewed,
        model=model,
        right=lambda prediction, truth: grade(prediction, truth) >= RIGHT_FROM,
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
