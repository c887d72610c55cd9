"""The step `forms`: a model becomes the forms that this machine can serve, and one is chosen.

Enters a model and a placement; leaves Forms, each stored, compared with the trained model on its
golden texts and timed beside the others. A form beyond its tolerance is refused; so is one that is
slower than the accepted form before it by more than `slower_margin` (10 %) in the median of rounds
that are compared one by one, and one that only promises speed and is not faster by as much. Only so
far does timing decide: a form within the margin stays, so that the choice does not follow the noise
of a busy machine. Speeds are stored as facts, and so is what was left out and why.
"""

from __future__ import annotations

import statistics
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from chainring.contracts.errors import MissingPackageError, RefusedError
from chainring.contracts.forms import Form, Forms, Parity
from chainring.contracts.model import Model
from chainring.contracts.parts import load_part
from chainring.contracts.placement import Placement
from chainring.contracts.said import joined, told_by
from chainring.contracts.work import Work
from chainring.deployment.forms.parity import parity
from chainring.deployment.forms.parts import PARTS_OF_KIND, FormPart, Making, parts_of
from chainring.deployment.forms.sentences import say
from chainring.deployment.forms.speed import Rates, median_ratio, rates
from chainring.deployment.model_folder import Card, Golden, read_card, read_golden
from chainring.deployment.settings import DeploymentSettings, Tier
from chainring.text.errors import in_both

DEFAULTS = DeploymentSettings()
_EXACT = ("exact", "torch")
_DEFAULT = ("cuda", "int8", "bf16", "float32", *_EXACT)
FORMS_OF_TIER: dict[Tier, tuple[str, ...]] = {
    "exact": _EXACT,
    "default": _DEFAULT,
    "light": ("light", *_DEFAULT),
    "fast": ("tensorrt", "cuda", "fast", *_DEFAULT),
}
"""Of a tier the first accepted form serves; `int8` is only of models that write."""


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
        When no form of the tier answers like the trained model, or its candidate left a kind that
        has no form.
    """
    source = work.trees.open(model.address)
    golden = read_golden(source)
    parts = _parts(read_card(source), model)
    drafts, left_out = _drafts(source, parts, placement, FORMS_OF_TIER[settings.tier], work)
    parities, measured = _measured(drafts, golden, placement, work, settings)
    tried = _judged(drafts, parities, measured, settings.slower_margin, work)
    chosen = _chosen(tried, settings.tier, left_out)
    return Forms(
        app=work.app,
        model=model.address,
        chosen=chosen,
        forms=tuple(tried),
        because=_why(chosen, settings.tier, tried, left_out),
        left_out=left_out,
    )


def _drafts(
    source: Path,
    parts: Iterable[FormPart],
    placement: Placement,
    wanted: Collection[str],
    work: Work,
) -> tuple[list[_Draft], dict[str, str]]:
    """Return the forms that could be written, and why each other one was not."""
    made: dict[str, Path] = {}
    drafts: list[_Draft] = []
    left_out: dict[str, str] = {}
    for part in parts:
        if not part.concerns(placement, made, wanted):
            continue
        folder = work.folder(f"form-{part.name}")
        hindrance = part.hindrance(placement, made)
        if not hindrance:
            making = Making(source=source, folder=folder, earlier=made, placement=placement)
            hindrance = _written(part, making)
        if hindrance:
            work.say(say("form left out", form=part.name, because=in_both(hindrance)))
            left_out[part.name] = hindrance
            continue
        made[part.name] = folder
        drafts.append(_Draft(part=part, folder=folder))
    if not drafts:
        reasons = "; ".join(f"{name}: {because}" for name, because in left_out.items())
        raise RefusedError(f"no form of the model could be made ({reasons})")
    return drafts, left_out


def _written(part: FormPart, making: Making) -> str:
    """Write a form; return why it could not be, or an empty text."""
    try:
        part.write(making)
    except (RefusedError, MissingPackageError) as error:
        return told_by(error)
    return ""


def _parts(card: Card, model: Model) -> list[FormPart]:
    names = parts_of(card)
    if not names:
        raise RefusedError(
            f"the candidate {model.part} left a model of kind {card.kind!r}, and no form serves "
            f"that: `Trained.kind` of a candidate is one of {', '.join(PARTS_OF_KIND)}, with the "
            "files of that kind in its folder; mend the part, or take it out of training.candidates"
        )
    return [load_part("form", name) for name in names]


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
        writes, rounds = golden.readout.form == "text", settings.speed_rounds
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
        refusal = _refusal(draft.part, parities[name], measured, before, slower_margin)
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
            say(
                "form accepted" if form.accepted else "form refused",
                form=name,
                because=form.because,
                speed=f"{form.texts_per_s:.0f}",
                size=f"{form.bytes / 2**20:.1f}",
            )
        )
        tried.append(form)
    return tried


def _refusal(
    part: FormPart, found: Parity, measured: Rates, before: str, slower_margin: float
) -> str:
    if not found.within:
        return say("unlike", because=found.because)
    ratio = median_ratio(measured[part.name], measured[before]) if before else 1.0
    if before and part.gains and ratio < 1 + slower_margin:
        return say("no gain", ratio=f"{ratio:.2f}", form=before)
    if ratio < 1 - slower_margin:
        return say("slower", ratio=f"{ratio:.2f}", form=before)
    return ""


def _acceptance(measured: Rates, name: str, before: str) -> str:
    if not before:
        return say("like")
    ratio = median_ratio(measured[name], measured[before])
    return say("like and faster", ratio=f"{ratio:.2f}", form=before)


def _chosen(tried: Sequence[Form], tier: Tier, left_out: Mapping[str, str]) -> str:
    accepted = {form.name for form in tried if form.accepted}
    for name in FORMS_OF_TIER[tier]:
        if name in accepted:
            return name
    because = {form.name: form.because for form in tried} | dict(left_out)
    reasons = "; ".join(f"{name}: {reason}" for name, reason in because.items())
    raise RefusedError(
        f"no form of tier {tier!r} can be served ({reasons}); train again, or widen "
        "[deployment.parity] if you accept that answers differ from the trained model's"
    )


def _why(chosen: str, tier: Tier, tried: Sequence[Form], left_out: Mapping[str, str]) -> str:
    """Return why this form serves: what stands before it in its tier, and what spoke against it."""
    against = {
        form.name: say("refused", form=form.name, because=form.because) for form in tried
    } | {name: say("left out", form=name, because=why) for name, why in left_out.items()}
    before = FORMS_OF_TIER[tier][: FORMS_OF_TIER[tier].index(chosen)]
    told = [against[name] for name in before if name in against]
    return joined([say("first of tier", tier=tier), *told])


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
