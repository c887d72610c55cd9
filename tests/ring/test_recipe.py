from __future__ import annotations

from pathlib import Path

import pytest

from chainring.contracts.errors import ProjectNotFoundError, RecipeError
from chainring.contracts.parts import part_names
from chainring.ring.recipe import FILE, Recipe, load_recipe, parse_recipe

SHORT = '[project]\nname = "shop"\n'


def written(folder: Path, text: str) -> Path:
    (folder / FILE).write_text(text, encoding="utf-8")
    return folder


def faults_of(folder: Path, text: str) -> tuple[str, ...]:
    with pytest.raises(RecipeError) as caught:
        load_recipe(written(folder, text))
    return caught.value.faults


def test_a_name_is_all_that_a_recipe_needs(tmp_path: Path) -> None:
    recipe = load_recipe(written(tmp_path, SHORT))
    assert recipe == Recipe.model_validate({"project": {"name": "shop"}})


def test_every_part_that_a_default_names_is_there() -> None:
    recipe = parse_recipe({"project": {"name": "shop"}})
    assert set(recipe.training.candidates) <= set(part_names("candidate"))
    assert recipe.hardware.executor in part_names("executor")


def test_six_faults_are_told_at_once_each_with_place_value_what_is_allowed_and_the_nearest_name(
    tmp_path: Path,
) -> None:
    faults = faults_of(
        tmp_path,
        """
        [project]
        name = "Bank Shop"
        [training]
        candidates = ["linaer.v1"]
        [training.encoder]
        learnng_rate = 0.1
        epochs = -3
        [training.craft]
        trackers = ["tensorbord.v1"]
        [training.tokeniser]
        use = "bpee.v1"
        [privacy]
        log = "redactd"
        """,
    )
    assert faults == (
        "project.name: 'Bank Shop' found; expected name of the application: small letters, "
        "digits, - and _",
        "training.encoder.epochs: -3 found; expected greater than or equal to 0 (passes over the "
        "rows; none: 4, of tags 12, more where rows are few; 0: head only)",
        "training.encoder.learnng_rate: unknown key; did you mean 'learning_rate'?",
        "privacy.log: 'redactd' found; expected 'redacted', 'digest' or 'none' (what is kept of a "
        "request: its redacted text, its keyed digest, or nothing; without the text its "
        "corrections cannot be learnt from); did you mean 'redacted'?",
        "training.candidates: 'linaer.v1' is no known candidate; did you mean 'linear.v1'?",
        "training.craft.trackers: 'tensorbord.v1' is no known tracker; did you mean "
        "'tensorboard.v1'?",
        "training.tokeniser.use: 'bpee.v1' is no known tokeniser; did you mean 'bpe.v1'?",
    )


@pytest.mark.parametrize("word", ["gpu", "GPU"])
def test_who_asks_for_a_gpu_is_told_of_cuda_and_not_of_cpu(tmp_path: Path, word: str) -> None:
    (fault,) = faults_of(tmp_path, f'{SHORT}[hardware]\ndevice = "{word}"\n')
    assert fault.startswith(f"hardware.device: {word!r} found; expected 'auto', 'cpu' or 'cuda'")
    assert fault.endswith("; did you mean 'cuda'?")


def test_the_number_of_faults_and_the_file_are_said_first(tmp_path: Path) -> None:
    written(tmp_path, "[project]\nname = 3\n[store]\nledger = 'mysql://x'\n")
    with pytest.raises(RecipeError, match=rf"^{tmp_path / FILE} has 2 fault\(s\)"):
        load_recipe(tmp_path)


def test_an_unknown_section_is_told_with_the_nearest(tmp_path: Path) -> None:
    assert faults_of(tmp_path, SHORT + "[traning]\nx = 1\n") == (
        "traning: unknown key; did you mean 'training'?",
    )


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "project: missing; the file needs a section [project]"),
        ("[project]\n", "project.name: missing; name of the application"),
        ("training = 3\n" + SHORT, "training: 3 found; expected a section [training]"),
        (SHORT + "[hardware]\nexecutor = 'locl.v1'\n", "'locl.v1' is no known executor; did you"),
        (SHORT + "[data]\npath = 3\n", "data.path: 3 found; expected a valid string or a valid"),
        (SHORT + "[data.columns]\ntxt = 'a'\n", "did you mean 'text'?"),
        (
            SHORT + "[hardware]\nthreads = 'many'\n",
            "hardware.threads: 'many' found; expected 'auto' or",
        ),
        (
            SHORT + "[data]\nvalidation_share = 0.45\ntest_share = 0.45\n",
            "data: validation_share and test_share leave less than 20 %",
        ),
        (
            SHORT + "[data]\nmax_rows_per_author = 200\n",
            "data: max_rows_per_author is a setting of [feedback] alone now, which holds back what"
            " one author says; move the line there, or take it out",
        ),
        (SHORT + "[training]\ncandidates = [3]\n", "training.candidates: 3 found"),
        (
            SHORT + "[training]\ncandidates = 'linear.v1'\n",
            "training.candidates: 'linear.v1' found",
        ),
    ],
)
def test_a_fault_is_one_sentence_that_names_its_place(
    tmp_path: Path, text: str, fault: str
) -> None:
    (found,) = faults_of(tmp_path, text)
    assert fault in found
    assert "constrained" not in found
    assert "[key]" not in found


@pytest.mark.parametrize("text", ["[project\n", "name: shop\n", "a = 1\na = 2\n"])
def test_what_is_no_toml_is_told_with_its_place_in_the_file(tmp_path: Path, text: str) -> None:
    (fault,) = faults_of(tmp_path, text)
    assert "line" in fault


def test_a_file_that_may_not_be_read_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refused)
    with pytest.raises(RecipeError, match="cannot be read: Permission denied"):
        load_recipe(written(tmp_path, SHORT))


def test_what_is_no_utf8_is_told(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes('[project]\nname = "店"\n'.encode("gb18030"))
    with pytest.raises(RecipeError, match="is no TOML"):
        load_recipe(tmp_path)


def test_a_byte_order_mark_of_an_editor_is_no_fault(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"\xef\xbb\xbf" + SHORT.encode())
    assert load_recipe(tmp_path).project.name == "shop"


def test_a_folder_without_a_recipe_is_told_what_makes_one(tmp_path: Path) -> None:
    with pytest.raises(ProjectNotFoundError, match="chainring init"):
        load_recipe(tmp_path)


def test_settings_cannot_be_changed_after_they_were_read() -> None:
    recipe = parse_recipe({"project": {"name": "shop"}})
    with pytest.raises(ValueError, match="frozen"):
        recipe.training.seed = 3  # type: ignore[misc]


def test_every_setting_says_what_it_is() -> None:
    """What is allowed is part of each fault, so each setting describes itself."""
    from pydantic import BaseModel

    def wordless(model: type[BaseModel], path: str) -> list[str]:
        found = []
        for name, field in model.model_fields.items():
            kind = field.annotation
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                found += wordless(kind, f"{path}{name}.")
            elif not field.description:
                found.append(f"{path}{name}")
        return found

    assert wordless(Recipe, "") == []
