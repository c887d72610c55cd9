"""Where the recipe names a profile, a turn cleans its records; where it names none, it does not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from chainring.contracts.codec import decode
from chainring.contracts.errors import InputError, RecipeError
from chainring.contracts.parts import part
from chainring.contracts.table import Table
from chainring.software.api import Project

Open = Callable[[Path], Project]


def ask(folder: Path, lines: str) -> None:
    with (folder / "chainring.toml").open("a", encoding="utf-8") as recipe:
        recipe.write(f"\n[data.clean]\n{lines}\n")


def steps(project: Project) -> list[str]:
    return list(project.turn().steps)


def test_without_a_profile_no_step_cleans(project: Project) -> None:
    assert "cleaned" not in {row.step for row in project.ring.ledger.all_lineage()}
    assert steps(project) == []


def test_terms_without_a_profile_are_held_all_the_same(folder: Path, opened: Open) -> None:
    ask(folder, 'consents = ["owner"]')
    assert steps(opened(folder))[:1] == ["cleaned"]
    text = (folder / "chainring.toml").read_text(encoding="utf-8")
    changed = text.replace('consents = ["owner"]', 'consents = ["training"]')
    (folder / "chainring.toml").write_text(changed, encoding="utf-8")
    with pytest.raises(InputError, match="cleaning left no record"):
        opened(folder).turn()


def test_a_profile_adds_one_step_whose_result_is_remembered(folder: Path, opened: Open) -> None:
    ask(folder, 'profile = "messages"')
    project = opened(folder)
    assert steps(project)[:1] == ["cleaned"]
    (row,) = [one for one in project.ring.ledger.all_lineage() if one.step == "cleaned"]
    (records,) = [one for one in project.ring.ledger.all_lineage() if one.step == "records"]
    assert row.inputs == (records.id,)
    assert steps(project) == []


def test_other_evaluation_texts_clean_again_and_the_same_elsewhere_do_not(
    folder: Path, opened: Open
) -> None:
    held = folder / "held.txt"
    held.write_text("nobody ever said this\n", encoding="utf-8")
    ask(folder, 'profile = "messages"\nevaluation = ["held.txt"]')
    project = opened(folder)
    assert "cleaned" in steps(project)
    assert steps(project) == []
    held.write_text("nor has anybody said that\n", encoding="utf-8")
    assert "cleaned" in steps(project)
    held.rename(folder / "moved.txt")
    with pytest.raises(InputError, match="evaluation texts"):
        project.turn()


class Alike:
    """An embedder to which all texts are alike."""

    digest = "blake2b:1"

    def __init__(self, source: str) -> None:
        self.source = source

    def __call__(self, texts: list[str]) -> list[list[float]]:
        return [[1.0, 0.0] for _ in texts]


def test_texts_of_one_meaning_go_and_other_vectors_clean_again(
    folder: Path, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    part("embedder", "alike.v1")(Alike)
    (folder / "data" / "more.txt").write_text("where is it\n我的包裹在哪里\n", encoding="utf-8")
    ask(folder, 'profile = "messages"\nmeaning = "alike.v1"')
    project = opened(folder)
    assert "cleaned" in steps(project)
    (row,) = [one for one in project.ring.ledger.all_lineage() if one.step == "cleaned"]
    assert decode(Table, row.result).counts["same meaning"] >= 1
    assert steps(project) == []
    monkeypatch.setattr(Alike, "digest", "blake2b:2")
    assert "cleaned" in steps(project)


def test_a_wrong_key_is_told_with_the_nearest_one(folder: Path, opened: Open) -> None:
    ask(folder, 'profil = "messages"')
    said = r"data\.clean\.profil: unknown key; did you mean 'profile'"
    with pytest.raises(RecipeError, match=said):
        opened(folder)
