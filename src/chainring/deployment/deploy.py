"""The step `deployment`: the chosen form of a promoted model becomes what a server loads."""

from __future__ import annotations

from chainring.contracts.codec import digest
from chainring.contracts.deployment import Deployment
from chainring.contracts.errors import RefusedError
from chainring.contracts.forms import Form, Forms
from chainring.contracts.model import Model
from chainring.contracts.verdict import Verdict
from chainring.contracts.work import Work


def deployment(forms: Forms, verdict: Verdict, model: Model, *, work: Work) -> Deployment:
    """Return the deployment of the chosen form.

    Whether to deploy at all is the caller's decision: a person may override a verdict.

    Raises
    ------
    RefusedError
        When the forms are of another model, or the chosen form is missing or was not accepted.
    """
    form = _accepted(forms)
    if forms.model != model.address:
        raise RefusedError(
            f"the forms are of model {forms.model}, not of {model.address}; "
            "make the forms of this model first with `chainring turn`"
        )
    return Deployment(
        app=work.app,
        model=model.address,
        form=form.address,
        form_name=form.name,
        engine=form.engine,
        labels=model.labels,
        threshold=model.threshold,
        verdict=digest(verdict),
        dataset=model.dataset,
        task=model.task,
        measure=verdict.measure.name,
    )


def _accepted(forms: Forms) -> Form:
    tried = {form.name: form for form in forms.forms}
    form = tried.get(forms.chosen)
    if form is None:
        raise RefusedError(
            f"the form {forms.chosen!r} is not among those made ({', '.join(tried) or 'none'}); "
            "make the forms again with `chainring turn`"
        )
    if not form.accepted:
        raise RefusedError(
            f"the form {form.name!r} was refused: {form.because}; "
            "choose another tier in [deployment] or train again"
        )
    return form
