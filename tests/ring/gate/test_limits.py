from __future__ import annotations

from dataclasses import replace

from chainring.contracts.evaluation import Evaluation, Share
from chainring.contracts.forms import Form, Parity
from chainring.ring.gate.limits import limits
from chainring.ring.gate.settings import GateSettings

PARITY = Parity(
    rows=200,
    min_cosine=0.9999,
    max_difference=0.001,
    label_agreement=1.0,
    within=True,
    because="largest difference 0.001",
)
FORM = Form(
    name="exact",
    engine="linear.v1",
    address="blake2b:form",
    bytes=3 << 20,
    texts_per_s=500.0,
    parity=PARITY,
    accepted=True,
    because="fast enough",
)
JUDGED = Evaluation(
    app="support",
    address="blake2b:e",
    model="blake2b:m",
    form="exact",
    suite="blake2b:s",
    accuracy=Share(estimate=0.9, low=0.85, high=0.94, rows=200),
    macro_f1=0.9,
    calibration_error=0.02,
    passed_on=0.1,
    texts_per_s=100.0,
)


def holding(settings: GateSettings, form: Form = FORM, before: float = 200.0) -> dict[str, bool]:
    champion = replace(JUDGED, texts_per_s=before)
    found = limits(form, JUDGED, champion, settings=settings)
    return {check.name: check.holds for check in found}


def test_limits_that_no_recipe_sets_hold_and_say_so() -> None:
    found = limits(FORM, JUDGED, None, settings=GateSettings())
    assert all(check.holds for check in found)
    assert [check.because for check in found[1:]] == ["no limit is set"] * 3


def test_size_is_in_mebibytes_and_the_limit_itself_is_allowed() -> None:
    assert holding(GateSettings(max_size_mib=3))["size"]
    assert not holding(GateSettings(max_size_mib=2.99))["size"]


def test_speed_has_a_floor() -> None:
    assert holding(GateSettings(min_texts_per_s=500))["speed"]
    assert not holding(GateSettings(min_texts_per_s=501))["speed"]


def test_latency_is_held_against_the_champions() -> None:
    assert holding(GateSettings(max_latency_ratio=2.0))["latency"]
    assert not holding(GateSettings(max_latency_ratio=1.9))["latency"]
    unmeasured = GateSettings(max_latency_ratio=0.1)
    assert holding(unmeasured, before=0.0)["latency"], "nothing to hold it against"


def test_a_form_beyond_parity_or_refused_does_not_hold() -> None:
    off = replace(FORM, parity=replace(PARITY, within=False, because="cosine 0.91"))
    assert not holding(GateSettings(), off)["parity"]
    refused = replace(FORM, accepted=False, because="slower than exact")
    assert not holding(GateSettings(), refused)["parity"]
    sentence = limits(refused, JUDGED, None, settings=GateSettings())[0].because
    assert sentence == "form exact answers unlike the model: slower than exact"
