"""The step `forms`: a model becomes the forms that this machine can serve, and one is chosen.

Enters a model and a placement; leaves Forms, each stored, compared with the trained model on its
golden texts and timed beside the others. A form beyond its tolerance is refused; so is one that is
slower than the accepted form before it by more than `slower_margin` (10 %) in the median of rounds
that are compared one by one. Only so far does timing decide: a form within the margin stays, so
that the choice does not follow the noise of a busy machine. Speeds are stored as facts.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from chainring.contracts.errors import RefusedError, UnknownNameError
from chainring.contracts.forms import Form, Forms, Parity
from chainring.contracts.model import Model
from chainring.contracts.parts import load_part
from chainring.contracts.placement import Placement
from chainring.contracts.work import Work
from chainring.deployment.form_parts import PARTS_OF_KIND, FormPart
from chainring.deployment.model_folder import Golden, read_card, read_golden
from chainring.deployment.parity import parity
from chainring.deployment.settings import DeploymentSettings, Tier
from chainring.deployment.speed import Rates, median_ratio, rates

DEFAULTS = DeploymentSettings()
FORMS_OF_TIER: dict[Tier, tuple[str, ...]] = {
    "exact": ("exact",),
    "default": ("bf16", "exact"),
    "light": ("light", "bf16", "exact"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Draft:
    part: FormPart
    folder: Path


def forms(
    model: Model, placement: Placement, *, work: Work, settings: DeploymentSettings = DEFAULTS
) -> Forms:
    """Return all forms of a model that were tried, and the one to be served.

    Raises
    ------
    RefusedError
        When no form of the tier answers like the trained model.
    """
    source = work.trees.open(model.address)
    golden = read_golden(source)
    drafts = _drafts(source, placement, work)
    parities, measured = _measured(drafts, golden, placement, work, settings)
    tried = _judged(drafts, parities, measured, settings.slower_margin, work)
    return Forms(
        app=work.app,
        model=model.address,
        chosen=_chosen(tried, settings.tier),
        forms=tuple(tried),
    )


def _drafts(source: Path, placement: Placement, work: Work) -> list[_Draft]:
    drafts: list[_Draft] = []
    for part in _parts(read_card(source).kind):
        hindrance = part.hindrance(placement)
        if hindrance:
            work.say(f"form {part.name}: left out, {hindrance}")
            continue
        folder = work.folder(f"form-{part.name}")
        part.write(source, folder, {draft.part.name: draft.folder for draft in drafts})
        drafts.append(_Draft(part=part, folder=folder))
    return drafts


def _parts(kind: str) -> list[FormPart]:
    if kind not in PARTS_OF_KIND:
        raise UnknownNameError("kind of model", kind, PARTS_OF_KIND)
    return [load_part("form", name) for name in PARTS_OF_KIND[kind]]


def _measured(
    drafts: Sequence[_Draft],
    golden: Golden,
    placement: Placement,
    work: Work,
    settings: DeploymentSettings,
) -> tuple[dict[str, Parity], Rates]:
    threads = settings.threads or int(placement.threads.value)
    with ExitStack() as stack:
        predictors = {
            draft.part.name: stack.enter_context(
                work.open_predictor(draft.folder, engine=draft.part.engine, threads=threads)
            )
            for draft in drafts
        }
        parities = {
            draft.part.name: parity(
                predictors[draft.part.name],
                golden,
                tolerances=draft.part.tolerances(settings.parity),
            )
            for draft in drafts
        }
        writes, rounds = golden.form == "text", settings.speed_rounds
        return parities, rates(predictors, golden.texts, rounds=rounds, writes=writes)


def _judged(
    drafts: Sequence[_Draft],
    parities: dict[str, Parity],
    measured: Rates,
    slower_margin: float,
    work: Work,
) -> list[Form]:
    tried: list[Form] = []
    for draft in drafts:
        name = draft.part.name
        before = next((form.name for form in reversed(tried) if form.accepted), "")
        refusal = _refusal(parities[name], measured, name, before, slower_margin)
        form = Form(
            name=name,
            engine=draft.part.engine,
            address=work.trees.put(draft.folder, kind="form"),
            bytes=_size(draft.folder),
            texts_per_s=round(statistics.median(measured[name]), 1),
            parity=parities[name],
            accepted=not refusal,
            because=refusal or _acceptance(measured, name, before),
        )
        work.say(
            f"form {name}: {'accepted' if form.accepted else 'refused'}, {form.because}; "
            f"{form.texts_per_s:.0f} texts/s, {form.bytes / 2**20:.1f} MiB"
        )
        tried.append(form)
    return tried


def _refusal(found: Parity, measured: Rates, name: str, before: str, slower_margin: float) -> str:
    if not found.within:
        return f"answers unlike the trained model: {found.because}"
    ratio = median_ratio(measured[name], measured[before]) if before else 1.0
    if ratio < 1 - slower_margin:
        return f"{ratio:.2f} times as fast as {before} on this machine: slower, and less exact"
    return ""


def _acceptance(measured: Rates, name: str, before: str) -> str:
    like = "answers like the trained model"
    if not before:
        return like
    return f"{like}, {median_ratio(measured[name], measured[before]):.2f} times as fast as {before}"


def _chosen(tried: Sequence[Form], tier: Tier) -> str:
    accepted = {form.name for form in tried if form.accepted}
    for name in FORMS_OF_TIER[tier]:
        if name in accepted:
            return name
    reasons = "; ".join(f"{form.name}: {form.because}" for form in tried)
    raise RefusedError(
        f"no form of tier {tier!r} can be served ({reasons}); train again, or widen "
        "[deployment.parity] if you accept that answers differ from the trained model's"
    )


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
