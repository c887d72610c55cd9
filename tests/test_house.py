"""The rules of the house that a program can check: rooms, files, tests, dependencies, recipe.

What imports what is checked by import-linter (`make check`), what a function may do by ruff and
mypy; that the ring closes by tests/ring/test_closed.py; the verbs by tests/software/test_surfaces.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import chainring

HOUSE = Path(chainring.__file__).parent
TESTS = Path(__file__).parent
ROOMS = {
    "contracts", "store", "text", "stats", "data", "training", "hardware", "deployment",
    "feedback", "trust", "ring", "software",
}  # fmt: skip
NO_NAMES = {"utils", "util", "helpers", "helper", "common", "misc", "tools", "lib", "shared"}
MAX_LINES = 350
AVOIDED = {
    "krippendorff", "zhconv",  # GPL
    "semhash", "spacy-pkuseg",  # download at first use
    "opencc-python-reimplemented",  # overwrites OpenCC's module
    "adapters", "optimum-onnx",  # hold transformers below 5
}  # fmt: skip


def modules() -> Iterator[Path]:
    """Return the source files of the house."""
    return (path for path in sorted(HOUSE.rglob("*.py")) if path.name != "__init__.py")


def test_the_rooms_are_those_of_the_design() -> None:
    folders = {path.name for path in HOUSE.iterdir() if path.is_dir()} - {"__pycache__"}
    assert folders == ROOMS
    assert {path.name for path in HOUSE.glob("*.py")} == {"__init__.py"}


def test_no_module_is_a_drawer_for_what_has_no_home() -> None:
    assert not [path for path in modules() if NO_NAMES & {path.stem, *path.parts}]


def test_no_source_file_is_longer_than_one_can_read_at_once() -> None:
    lines = {str(p.relative_to(HOUSE)): len(p.read_text().splitlines()) for p in modules()}
    assert not {name: count for name, count in lines.items() if count > MAX_LINES}


def test_every_module_says_its_one_task() -> None:
    assert not [
        str(path.relative_to(HOUSE))
        for path in modules()
        if "migrations" not in path.parts and not ast.get_docstring(ast.parse(path.read_text()))
    ]


def test_every_folder_of_tests_is_named_for_the_folder_whose_source_it_tries() -> None:
    own = {TESTS, TESTS / "browser", TESTS / "recipes"}  # what lies in no room of the house
    places = {path.parent for path in TESTS.rglob("test_*.py")} - own
    assert not [str(place) for place in places if not (HOUSE / place.relative_to(TESTS)).is_dir()]


def test_every_room_and_every_folder_in_it_has_tests() -> None:
    folders = {path.parent.relative_to(HOUSE) for path in modules() if path.parent != HOUSE}
    untested = [
        str(folder)
        for folder in sorted(folders)
        if "migrations" not in folder.parts and not list((TESTS / folder).glob("test_*.py"))
    ]
    assert not untested


def test_nothing_that_the_design_avoids_is_asked_for_or_pinned() -> None:
    assert not AVOIDED & {*asked_for(), *pinned()}


def test_everything_that_is_asked_for_has_an_exact_version() -> None:
    assert not set(asked_for()) - set(pinned()) - {"chainring"}


def test_a_new_users_recipe_has_under_thirty_keys(tmp_path: Path) -> None:
    from chainring.software.project import create

    made = tomllib.loads((create(tmp_path / "own", example=None) / "chainring.toml").read_text())
    assert 1 <= len(list(keys(made))) < 30


def asked_for() -> list[str]:
    """Return the names of all packages that the project or one of its extras asks for."""
    project = tomllib.loads((TESTS.parent / "pyproject.toml").read_text())["project"]
    lists = [project["dependencies"], *project["optional-dependencies"].values()]
    return [re.split(r"[\[<>=!~; ]", one)[0].lower() for wanted in lists for one in wanted]


def pinned() -> list[str]:
    """Return the names in the constraints file, each of which names one version."""
    lines = (TESTS.parent / "constraints.txt").read_text().splitlines()
    stated = [line for line in lines if line.strip() and not line.lstrip().startswith("#")]
    assert not [line for line in stated if "==" not in line]
    return [line.partition("==")[0].strip().lower().replace("_", "-") for line in stated]


def keys(table: dict[str, object]) -> Iterator[str]:
    """Yield the keys of a table and of the tables in it, sections left out."""
    for name, value in table.items():
        if isinstance(value, dict):
            yield from keys(value)
        else:
            yield name


GUARDS = ("allow_pickle", "trust_remote_code", "weights_only")
"""What a call says of whether it runs what it reads."""


def calls() -> Iterator[tuple[str, str, dict[str, str]]]:
    """Yield every call of the house: its file, what is called, and its guards as written."""
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                guards = (one for one in node.keywords if one.arg in GUARDS)
                named = {str(one.arg): ast.unparse(one.value) for one in guards}
                yield str(path.relative_to(HOUSE)), ast.unparse(node.func), named


def test_nothing_is_unpickled_and_no_model_brings_code_of_its_own() -> None:
    unpickling = {"pickle.load", "pickle.loads", "joblib.load", "dill.load", "cloudpickle.load"}
    faults, own = [], ("hardware/ray_executor.py", "pickle.loads")  # what it just pickled itself
    found = list(calls())
    for path, called, named in found:
        loads = called.endswith(("torch.load", "hub.load"))
        automatic = re.fullmatch(r"(.*\.)?Auto\w+\.from_pretrained", called)
        if (
            called in unpickling
            or named.get("allow_pickle", "False") != "False"
            or named.get("trust_remote_code", "False") != "False"
            or (loads and named.get("weights_only") != "True")
            or (automatic and "trust_remote_code" not in named)
        ) and (path, called) != own:
            faults.append(f"{path}: {called}")
    assert not faults
    assert [path for path, called, _ in found if called.endswith("torch.load")], "else not seen"
