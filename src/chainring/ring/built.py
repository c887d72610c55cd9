"""An opened ring, and what it built: models with their forms and data, from steps or lineage."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from chainring.contracts.codec import decode
from chainring.contracts.dataset import Dataset
from chainring.contracts.deployment import Deployment
from chainring.contracts.errors import RecipeError
from chainring.contracts.forgotten import Forgotten
from chainring.contracts.forms import Forms
from chainring.contracts.guard import FORGOTTEN
from chainring.contracts.measure import ACCURACY
from chainring.contracts.model import Model
from chainring.contracts.parts import part_names
from chainring.ring.called import uncharged
from chainring.ring.gate.costs import require_known
from chainring.ring.recipe import Recipe
from chainring.ring.steps import Made, Runner
from chainring.store.ledger import Ledger, Ref
from chainring.store.traffic import Traffic

CHAMPION = "champion"
_FORM_SETTINGS = ("tier", "threads", "batch_tokens", "parity", "speed_rounds", "slower_margin")
"""What of `[deployment]` changes forms: another port makes no form anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ring:
    """Everything a turn works on; `software` opens it for a project.

    `counted` holds numbers that took long to count, each with what it was counted from.
    """

    recipe: Recipe
    ledger: Ledger
    traffic: Traffic
    runner: Runner
    counted: dict[str, tuple[Any, Any]] = field(default_factory=dict, compare=False, repr=False)

    @property
    def app(self) -> str:
        """The application's name."""
        return self.recipe.project.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """A model with its forms and data, each with the execution that made it."""

    model: Made[Model]
    forms: Made[Forms]
    dataset: Made[Dataset]


def build(
    ring: Ring, dataset: Made[Dataset], *, seed: int, candidates: tuple[str, ...] = ()
) -> Built:
    """Return model and forms of a data set.

    A placebo is built with another seed, and only with the candidate that won: its rivals would
    cost time and could not change what it shows.
    """
    recipe, run = ring.recipe, ring.runner.run
    judging = recipe.gate.judging  # what is trained is chosen by what it will be judged by
    if not candidates:
        require_known(judging, dataset.noun.labels)
        for line in uncharged(judging, dataset.noun.labels):
            ring.runner.say(line)
    chosen = candidates or recipe.training.competing(dataset.noun.task)
    settings = recipe.training.model_copy(update={"seed": seed, "candidates": chosen})
    parts = [("candidate", name) for name in settings.candidates]
    if settings.tokeniser.use != "auto":
        parts.append(("tokeniser", settings.tokeniser.use))
    placement = ring.runner.placed or ring.runner.placement
    tiers = [(kind, name) for kind in ("form", "engine") for name in part_names(kind)]
    facts: dict[str, Any] = {} if judging == ACCURACY else {"measure": judging}
    model = run("model", dataset, (), placement, settings=settings, parts=parts, seed=seed, **facts)
    forms = run(
        "forms", model, placement, settings=recipe.deployment, keyed=_FORM_SETTINGS, parts=tiers
    )
    return Built(model=model, forms=forms, dataset=dataset)


def current(ring: Ring) -> tuple[Ref | None, Deployment | None]:
    """Return the newest champion reference and its deployment."""
    head = ring.ledger.ref(CHAMPION)
    return head, None if head is None else decode(Deployment, head.body)


def require_task(ring: Ring) -> None:
    """Refuse another task than the champion's: no test could tell which of the two is better.

    Raises
    ------
    RecipeError
        With what to do instead.
    """
    _, champion = current(ring)
    if champion is None:
        return
    wanted, task = ring.recipe.data.task, built_of(ring, champion.model).dataset.noun.task
    if wanted != task:
        raise RecipeError(
            f"data.task: {wanted!r} found; the champion does {task!r}, and models of two tasks "
            "cannot be compared: set it back, or begin a project in another folder for the new "
            "task (`chainring init`)"
        )


def forgotten_of(ring: Ring, model: str) -> list[Forgotten]:
    """Return the acts of forgetting that took rows which a model had learnt from, oldest first."""
    return [act for act in ring.ledger.facts(FORGOTTEN, Forgotten) if model in act.models]


def forms_of(ring: Ring, model: str) -> Made[Forms] | None:
    """Return the newest forms of a model, from the lineage; None where none were made."""
    for row in reversed(ring.ledger.all_lineage(step="forms")):
        forms = decode(Forms, row.result)
        if forms.model == model:
            return Made(noun=forms, execution=row.id)
    return None


def built_of(ring: Ring, model: str) -> Built:
    """Return model, forms and data set of an address, from the lineage."""
    ledger = ring.ledger
    made, forms = ledger.lineage_of_tree(model), forms_of(ring, model)
    assert made is not None, f"no lineage of model {model}"
    assert forms is not None, f"no lineage of the forms of {model}"
    parent = next(
        row
        for row in (ledger.lineage_by_id(i) for i in made.inputs)
        if row is not None and row.step == "dataset"
    )
    return Built(
        model=Made(noun=decode(Model, made.result), execution=made.id),
        forms=forms,
        dataset=Made(noun=decode(Dataset, parent.result), execution=parent.id),
    )
