"""The conditions of promotion that do not follow from outcomes: parity, size and speed.

Enter the form that will be served and what evaluation measured, leave checks. A limit that the
recipe does not set holds and says so.

    limits(form, challenger, champion, settings=settings)
"""

from __future__ import annotations

from chainring.contracts.evaluation import Evaluation
from chainring.contracts.forms import Form
from chainring.contracts.verdict import Check
from chainring.ring.gate.sentences import say
from chainring.ring.gate.settings import GateSettings

_MIB = 1 << 20


def limits(
    form: Form, challenger: Evaluation, champion: Evaluation | None, *, settings: GateSettings
) -> tuple[Check, ...]:
    """Return the checks of the form that will be served."""
    return (
        _parity(form),
        _size(form, settings.max_size_mib),
        _speed(form.texts_per_s, settings.min_texts_per_s),
        _latency(challenger, champion, settings.max_latency_ratio),
    )


def _parity(form: Form) -> Check:
    holds = form.accepted and form.parity.within
    because = form.parity.because if form.accepted else form.because
    sentence = say("parity on" if holds else "parity off", form=form.name, because=because)
    return Check(name="parity", holds=holds, because=sentence)


def _size(form: Form, limit: float | None) -> Check:
    if limit is None:
        return _unlimited("size")
    size = form.bytes / _MIB
    because = say("size", size=f"{size:.1f}", limit=f"{limit:g}")
    return Check(name="size", holds=size <= limit, because=because)


def _speed(texts_per_s: float, limit: float | None) -> Check:
    if limit is None:
        return _unlimited("speed")
    because = say("speed", speed=f"{texts_per_s:.0f}", limit=f"{limit:g}")
    return Check(name="speed", holds=texts_per_s >= limit, because=because)


def _latency(challenger: Evaluation, champion: Evaluation | None, limit: float | None) -> Check:
    if limit is None:
        return _unlimited("latency")
    if champion is None or not (champion.texts_per_s > 0 and challenger.texts_per_s > 0):
        return Check(name="latency", holds=True, because=say("not measured"))
    ratio = champion.texts_per_s / challenger.texts_per_s
    because = say("latency", ratio=f"{ratio:.2f}", limit=f"{limit:g}")
    return Check(name="latency", holds=ratio <= limit, because=because)


def _unlimited(name: str) -> Check:
    return Check(name=name, holds=True, because=say("no limit"))
