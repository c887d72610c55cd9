from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.deployment.conftest import TEXTS, linear_truth, stored, write_golden
from tests.here import FolderTrees

from chainring.contracts.errors import DamagedError, RefusedError
from chainring.contracts.forms import Form, Parity
from chainring.contracts.placement import Choice, Placement
from chainring.contracts.work import Work
from chainring.deployment.forms import step as module
from chainring.deployment.forms.parts import PARTS_OF_KIND
from chainring.deployment.forms.speed import Rates
from chainring.deployment.forms.step import forms
from chainring.deployment.settings import DeploymentSettings, ParitySettings, Tier
from chainring.text.errors import error_in_chinese

QUICK = DeploymentSettings(speed_rounds=1)
FAST = DeploymentSettings(speed_rounds=1, tier="fast")


def at_speeds(monkeypatch: pytest.MonkeyPatch, **texts_per_s: list[float]) -> None:
    """Let the forms be as fast as said (fast as light); parity and everything else stay real."""

    def rates(predictors: dict[str, object], texts: object, **settings: object) -> Rates:
        return {name: texts_per_s.get(name, texts_per_s["light"]) for name in predictors}

    monkeypatch.setattr(module, "rates", rates)


def test_a_linear_model_has_one_form_that_serves_by_itself(
    linear_folder: Path, work: Work, placement: Placement
) -> None:
    made = forms(stored(work, linear_folder, "linear"), placement, work=work)
    assert [form.name for form in made.forms] == ["exact"] == [made.chosen]
    folder = work.trees.open(made.served.address)
    with work.open_predictor(folder, engine=made.served.engine) as predictor:
        found = predictor.probabilities(TEXTS)
    np.testing.assert_allclose(found, linear_truth(linear_folder, TEXTS), atol=1e-5)
    assert made.served.parity.max_difference < 1e-5
    assert made.served.texts_per_s > 0
    assert made.served.bytes == sum(path.stat().st_size for path in folder.iterdir())


def test_an_encoder_has_forms_that_serve_by_themselves(
    encoder_folder: Path, work: Work, placement: Placement, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_speeds(monkeypatch, exact=[100.0], bf16=[200.0], light=[300.0])
    made = forms(stored(work, encoder_folder, "encoder"), placement, work=work, settings=FAST)
    assert [form.name for form in made.forms] == ["exact", "bf16", "light", "fast"]
    assert made.chosen == "fast"
    assert made.because == "the first of tier fast that can serve"
    for form in made.forms:
        assert form.accepted, form.because
        assert form.parity.rows == len(TEXTS)
        folder = work.trees.open(form.address)
        with work.open_predictor(folder, engine=form.engine, threads=1) as predictor:
            assert predictor.probabilities(["refund"]).shape == (1, 4)
    exact, _, light, _ = made.forms
    assert exact.parity.max_difference < 1e-5
    assert light.bytes < exact.bytes
    assert isinstance(work.trees, FolderTrees)
    assert {work.trees.kinds[form.address] for form in made.forms} == {"form"}


@pytest.mark.parametrize(
    ("tier", "chosen"),
    [("exact", "exact"), ("default", "bf16"), ("light", "light"), ("fast", "fast")],
)
def test_the_tier_chooses_among_accepted_forms(
    encoder_folder: Path,
    work: Work,
    placement: Placement,
    monkeypatch: pytest.MonkeyPatch,
    tier: Tier,
    chosen: str,
) -> None:
    at_speeds(monkeypatch, exact=[100.0], bf16=[200.0], light=[300.0])
    settings = DeploymentSettings(tier=tier)
    made = forms(stored(work, encoder_folder, "encoder"), placement, work=work, settings=settings)
    assert made.chosen == chosen


def test_a_clearly_slower_form_is_refused_and_one_within_the_margin_stays(
    encoder_folder: Path, work: Work, placement: Placement, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_speeds(monkeypatch, exact=[100.0], bf16=[91.0], light=[81.0])
    made = forms(stored(work, encoder_folder, "encoder"), placement, work=work, settings=QUICK)
    _, bf16, light = made.forms
    assert bf16.accepted
    assert not light.accepted, "0.89 of the speed of the accepted form before it"
    assert "0.89 times as fast as bf16" in light.because


def test_rounds_are_compared_one_by_one_so_that_a_disturbed_one_decides_nothing(
    encoder_folder: Path, work: Work, placement: Placement, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_speeds(
        monkeypatch,
        exact=[100.0, 900.0, 101.0],
        bf16=[110.0, 80.0, 111.0],
        light=[30.0, 2000.0, 40.0],
    )
    made = forms(stored(work, encoder_folder, "encoder"), placement, work=work, settings=QUICK)
    assert [form.accepted for form in made.forms] == [True, True, False]


def test_a_form_beyond_its_tolerance_is_refused_and_the_next_tier_serves(
    encoder_folder: Path, work: Work, placement: Placement, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_speeds(monkeypatch, exact=[100.0], bf16=[200.0], light=[150.0])
    strict = ParitySettings(bf16_min_cosine=1.0, light_min_cosine=0.5, light_min_agreement=0)
    settings = DeploymentSettings(parity=strict)
    made = forms(stored(work, encoder_folder, "encoder"), placement, work=work, settings=settings)
    _, bf16, light = made.forms
    assert (made.chosen, bf16.accepted) == ("exact", False)
    assert "unlike the trained model" in bf16.because
    assert light.accepted, "it is compared with the last accepted form, not with a refused one"


def test_a_processor_without_bfloat16_gets_no_bf16_form_and_is_told(
    encoder_folder: Path, work: Work, placement: Placement, said: list[str]
) -> None:
    old = replace(placement, instruction_sets=("avx2",))
    made = forms(stored(work, encoder_folder, "encoder"), old, work=work, settings=QUICK)
    assert [form.name for form in made.forms] == ["exact", "float32", "light"]
    assert made.left_out == {"bf16": "the processor has none of avx512_bf16, amx_bf16"}
    assert "bf16 left out, the processor has none of" in made.because
    assert any("bf16: left out, the processor has none of" in line for line in said)


@pytest.mark.parametrize(("rate", "chosen"), [(109.0, "exact"), (111.0, "float32")])
def test_without_bfloat16_openvino_serves_where_it_is_faster_by_the_margin(
    encoder_folder: Path,
    work: Work,
    placement: Placement,
    monkeypatch: pytest.MonkeyPatch,
    rate: float,
    chosen: str,
) -> None:
    at_speeds(monkeypatch, exact=[100.0], float32=[rate], light=[300.0])
    old = replace(placement, instruction_sets=("avx2",))
    made = forms(stored(work, encoder_folder, "encoder"), old, work=work, settings=QUICK)
    assert made.chosen == chosen
    if chosen == "exact":
        assert "float32 refused, 1.09 times as fast as exact" in made.because
        assert "no gain worth a change" in made.because


def test_an_encoder_that_cannot_be_exported_is_served_by_torch(
    encoder_folder: Path, work: Work, placement: Placement, monkeypatch: pytest.MonkeyPatch
) -> None:
    from chainring.deployment.forms import export

    def fails(*args: object, **settings: object) -> None:
        raise RefusedError("no exporter can")

    monkeypatch.setattr(export, "export_onnx", fails)
    made = forms(stored(work, encoder_folder, "encoder"), placement, work=work, settings=QUICK)
    assert [form.name for form in made.forms] == ["torch"] == [made.chosen]
    assert made.left_out["exact"] == "no exporter can"
    assert made.left_out["light"] == "is made of the form exact, which could not be made"


def test_a_model_of_which_no_form_can_be_made_is_refused_with_every_reason(
    encoder_folder: Path, work: Work, placement: Placement, monkeypatch: pytest.MonkeyPatch
) -> None:
    from chainring.deployment.forms import export, parts

    def fails(*args: object, **settings: object) -> None:
        raise RefusedError("no exporter can")

    monkeypatch.setattr(export, "export_onnx", fails)
    monkeypatch.setitem(parts.PARTS_OF_KIND, "encoder", ("exact.v1", "light.v1"))
    with pytest.raises(RefusedError, match="exact: no exporter can; light: is made of"):
        forms(stored(work, encoder_folder, "encoder"), placement, work=work, settings=QUICK)


def test_the_same_model_gives_the_same_form_folders_twice(
    encoder_folder: Path, work: Work, placement: Placement
) -> None:
    model = stored(work, encoder_folder, "encoder")
    first, second = (forms(model, placement, work=work, settings=QUICK) for _ in range(2))
    assert [form.address for form in first.forms] == [form.address for form in second.forms]
    assert [form.parity for form in first.forms] == [form.parity for form in second.forms]


def test_a_model_that_answers_unlike_it_was_trained_has_no_form(
    linear_folder: Path, work: Work, placement: Placement, tmp_path: Path
) -> None:
    folder = tmp_path / "altered"
    shutil.copytree(linear_folder, folder)
    truth = linear_truth(folder, TEXTS)
    truth[0] = truth[0][::-1]
    write_golden(folder, TEXTS, truth)
    with pytest.raises(RefusedError, match=r"no form of tier 'default'.*largest difference"):
        forms(stored(work, folder, "linear"), placement, work=work, settings=QUICK)


def test_a_model_without_golden_texts_is_damaged(
    linear_folder: Path, work: Work, placement: Placement, tmp_path: Path
) -> None:
    folder = tmp_path / "model"
    shutil.copytree(linear_folder, folder)
    (folder / "golden.jsonl").unlink()
    with pytest.raises(DamagedError, match=r"golden\.jsonl: the file is missing"):
        forms(stored(work, folder, "linear"), placement, work=work, settings=QUICK)


def test_an_unknown_kind_of_model_is_named(
    linear_folder: Path, work: Work, placement: Placement, tmp_path: Path
) -> None:
    folder = tmp_path / "model"
    shutil.copytree(linear_folder, folder)
    card = (folder / "model.json").read_text("utf-8").replace('"linear"', '"linaer"')
    (folder / "model.json").write_text(card, encoding="utf-8")
    model = replace(stored(work, folder, "linear"), part="theirs.v1")
    with pytest.raises(RefusedError) as error:
        forms(model, placement, work=work, settings=QUICK)
    said = str(error.value)
    assert said.startswith("the candidate theirs.v1 left a model of kind 'linaer'")
    assert all(kind in said for kind in (*PARTS_OF_KIND, "`Trained.kind`", "training.candidates"))
    assert "候选 theirs.v1" in error_in_chinese(said)


def test_threads_come_from_the_settings_else_from_the_placement(
    linear_folder: Path, work: Work, placement: Placement
) -> None:
    asked: list[int] = []

    def opened(folder: Path, *, engine: str, threads: int = 0) -> object:
        asked.append(threads)
        return work.open_predictor(folder, engine=engine, threads=threads)

    watched = replace(work, open_predictor=opened)  # type: ignore[arg-type]
    three = replace(placement, threads=Choice(value="3", because="test"))
    model = stored(work, linear_folder, "linear")
    forms(model, three, work=watched, settings=QUICK)
    forms(model, three, work=watched, settings=DeploymentSettings(threads=2, speed_rounds=1))
    assert asked == [3, 2]


@pytest.fixture
def a_form() -> Form:
    same = Parity(
        rows=1, min_cosine=1, max_difference=0, label_agreement=1, within=True, because=""
    )
    return Form(
        name="exact",
        engine="linear",
        address="",
        bytes=1,
        texts_per_s=1.0,
        parity=same,
        accepted=True,
        because="",
    )


@pytest.mark.parametrize(
    ("tier", "accepted", "chosen"),
    [
        ("exact", {"exact", "bf16", "light"}, "exact"),
        ("default", {"exact", "light"}, "exact"),
        ("light", {"exact", "bf16"}, "bf16"),
        ("light", {"exact"}, "exact"),
    ],
)
def test_a_refused_form_leaves_the_choice_to_the_nearest_more_exact_one(
    a_form: Form, tier: Tier, accepted: set[str], chosen: str
) -> None:
    tried = [replace(a_form, name=n, accepted=n in accepted) for n in ("exact", "bf16", "light")]
    assert module._chosen(tried, tier, {}) == chosen


def test_the_exact_tier_is_never_served_by_a_less_exact_form(a_form: Form) -> None:
    tried = [replace(a_form, accepted=False), replace(a_form, name="bf16")]
    with pytest.raises(RefusedError, match="tier 'exact'"):
        module._chosen(tried, "exact", {})
