from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from chainring.ring.built import CHAMPION, build, built_of, current
from chainring.ring.steps import Made
from chainring.software.api import Project
from chainring.store.ledger import Ledger


def test_a_new_ring_has_no_champion(tmp_path: Path, opened: Callable[[Path], Project]) -> None:
    (tmp_path / "chainring.toml").write_text('[project]\nname = "new"\n')
    assert current(opened(tmp_path).ring) == (None, None)


def test_what_was_built_is_found_again_from_the_address_of_its_model(project: Project) -> None:
    head, deployment = current(project.ring)
    assert head is not None
    assert deployment is not None
    found = built_of(project.ring, deployment.model)
    assert found.model.noun.address == deployment.model
    assert found.forms.noun.served.address == deployment.form
    assert found.dataset.noun.address == found.model.noun.dataset == deployment.dataset
    ledger: Ledger = project.ring.ledger
    for made, step in ((found.model, "model"), (found.forms, "forms"), (found.dataset, "dataset")):
        row = ledger.lineage_by_id(made.execution)
        assert row is not None
        assert row.step == step
    assert ledger.ref_history(CHAMPION) == [head]


def test_building_what_was_built_calls_nothing_and_another_seed_builds_a_placebo(
    project: Project,
) -> None:
    _, deployment = current(project.ring)
    assert deployment is not None
    found = built_of(project.ring, deployment.model)
    runner = project.ring.runner
    project.turn()  # places the runner as a turn does
    runner.called = []
    dataset = Made(noun=found.dataset.noun, execution=found.dataset.execution)
    seed = project.ring.recipe.training.seed
    assert build(project.ring, dataset, seed=seed).model.execution == found.model.execution
    assert runner.called == []
    placebo = build(project.ring, dataset, seed=seed + 1)
    assert runner.called == ["model", "forms"]
    assert placebo.model.noun.seed == seed + 1
    assert built_of(project.ring, deployment.model).model.execution == found.model.execution


def test_another_port_makes_no_form_again(project: Project, folder: Path) -> None:
    text = (folder / "chainring.toml").read_text()
    (folder / "chainring.toml").write_text(text.replace("[deployment]", "[deployment]\nport = 9"))
    again = Project.open(folder)
    assert again.ring.recipe.deployment.port == 9
    assert again.turn().steps == ()
    again.close()
