"""Extras as pyproject.toml states them, against what is asked of the installed metadata."""

import re
import sys
import tomllib
from pathlib import Path

import pytest

from chainring.hardware import packages
from chainring.hardware.packages import missing_packages, torch_can_use_cuda

PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"


def test_every_extra_of_pyproject_is_known_with_every_package(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stated = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]
    expected = {
        extra: {re.split(r"[\[><=~ ]", line)[0] for line in lines}
        for extra, lines in stated["optional-dependencies"].items()
        if extra not in ("dev", "all")
    }
    monkeypatch.setattr(packages, "is_installed", lambda name: False)
    assert {extra: set(names) for extra, names in missing_packages().items()} == expected


def test_an_extra_that_an_error_advises_asks_for_the_package_itself() -> None:
    stated = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]
    asked = {
        extra: {re.split(r"[\[><=~; ]", line)[0] for line in lines}
        for extra, lines in stated["optional-dependencies"].items()
    }
    error = re.compile(r'MissingPackageError\(\s*"([\w.-]+)[^"]*",\s*extra="([\w,-]+)"')
    sources = (PYPROJECT.parent / "src").rglob("*.py")
    advised = {one for path in sources for one in error.findall(path.read_text(encoding="utf-8"))}
    assert len(advised) > 20
    wrong = [
        (name, extras)
        for name, extras in sorted(advised)
        if not any(name.replace("_", "-") in asked[extra] for extra in extras.split(","))
    ]
    assert wrong == []


def test_only_what_is_absent_counts_as_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = ["numpy>=2", 'pytest>=9; extra == "x"', 'no-such-package-here[y]>=1; extra == "x"']
    monkeypatch.setattr(packages, "requires", lambda _: lines)
    assert missing_packages() == {"x": ("no-such-package-here",)}


def test_what_is_for_another_python_is_not_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [
        'no-such-package-here; python_version < "3.0" and extra == "x"',
        'nor-this; python_version >= "3.0" and extra == "x"',
    ]
    monkeypatch.setattr(packages, "requires", lambda _: lines)
    assert missing_packages() == {"x": ("nor-this",)}


def test_what_an_extra_of_a_package_wants_counts_too(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = {
        "chainring": ['pytest[y]>=9; extra == "x"'],
        "pytest": [
            'no-such-package-here>=1; extra == "y"',
            'nor-this; sys_platform == "none" and extra == "y"',
            'of-another-extra; extra == "z"',
            'coverage; extra == "y"',
        ],
    }
    monkeypatch.setattr(packages, "requires", wanted.__getitem__)
    assert missing_packages() == {"x": ("no-such-package-here",)}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("cuda: Optional[str] = '12.8'\nhip: Optional[str] = None", True),
        ("cuda: Optional[str] = None\nhip: Optional[str] = '6.3'", True),
        ("cuda: Optional[str] = None\nhip: Optional[str] = None", False),
        ("cuda = '12.8'", True),
    ],
)
def test_a_torch_for_processors_is_told_from_one_for_gpus(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str, expected: bool
) -> None:
    folder = tmp_path / "torch"
    folder.mkdir()
    (folder / "__init__.py").write_text("raise RuntimeError('it is not imported')", "utf-8")
    (folder / "version.py").write_text(f"__version__ = '2.13.0'\n{line}\n", encoding="utf-8")
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    assert torch_can_use_cuda() is expected


def test_without_torch_the_question_has_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "find_spec", lambda _: None)
    assert torch_can_use_cuda() is None
