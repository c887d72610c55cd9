from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from chainring.contracts import parts
from chainring.contracts.errors import InputError, UnknownNameError
from chainring.contracts.parts import KINDS, load_part, part, part_module, part_names


@pytest.fixture(autouse=True)
def registry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave no part of a test behind."""
    monkeypatch.setattr(parts, "_registered", dict(parts._registered))


def test_a_part_registers_by_decorator_and_is_found_by_name() -> None:
    @part("reader", "letters.v1")
    def letters() -> None:
        """Read letters."""

    assert load_part("reader", "letters.v1") is letters
    assert "letters.v1" in part_names("reader")
    assert part_module("reader", "letters.v1") == __name__


@pytest.mark.parametrize(("kind", "name"), [("reader", "csv.v1"), ("candidate", "linear.v1")])
def test_ours_are_registered_by_entry_point_as_anybodys_are(kind: str, name: str) -> None:
    assert name in part_names(kind)
    assert part_module(kind, name).startswith("chainring.")
    assert load_part(kind, name) is load_part(kind, name)


def test_every_kind_has_a_part() -> None:
    for kind in KINDS:
        assert part_names(kind), kind
        assert part_names(kind) == sorted(set(part_names(kind)))


Install = Callable[[str, str], None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Yield what installs a package (name, entry points) before all others on the path."""

    def installed(package: str, entries: str) -> None:
        papers = tmp_path / package / f"{package}-1.0.dist-info"
        papers.mkdir(parents=True)
        (papers / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
        (papers / "entry_points.txt").write_text(entries)
        monkeypatch.syspath_prepend(str(tmp_path / package))
        parts._entries.cache_clear()

    yield installed
    parts._entries.cache_clear()


def test_a_part_of_another_package_is_found_beside_ours(install: Install) -> None:
    install(
        "letters",
        "[console_scripts]\nletters = letters:main\n"
        "[chainring.parts]\nreader.letters.v1 = letters.reading:rows\n",
    )
    assert {"csv.v1", "letters.v1"} <= set(part_names("reader"))
    assert part_module("reader", "letters.v1") == "letters.reading"
    assert "letters" not in part_names("reader")


@pytest.mark.parametrize("last", [False, True])
def test_a_part_of_another_package_never_takes_the_place_of_ours(
    install: Install, monkeypatch: pytest.MonkeyPatch, last: bool
) -> None:
    install("letters", "[chainring.parts]\nreader.csv.v1 = letters.reading:rows\n")
    if last:
        monkeypatch.setattr(sys, "path", [*sys.path[1:], sys.path[0]])
    assert part_module("reader", "csv.v1") == "chainring.data.readers"


def test_of_two_other_packages_the_first_on_the_path_counts(install: Install) -> None:
    install("later", "[chainring.parts]\nreader.letters.v1 = later:rows\n")
    install("first", "[chainring.parts]\nreader.letters.v1 = first:rows\n")
    assert part_module("reader", "letters.v1") == "first"


def test_an_entry_that_is_no_name_of_a_part_is_left_out_and_logged(
    install: Install, caplog: pytest.LogCaptureFixture
) -> None:
    install("letters", "[chainring.parts]\nreader.eml = letters:rows\nraeder.a.v1 = letters:rows\n")
    with caplog.at_level("WARNING", logger="chainring.parts"):
        assert "eml" not in part_names("reader")
    assert sorted(record.getMessage() for record in caplog.records) == [
        "part.unnamed entry=raeder.a.v1 value=letters:rows",
        "part.unnamed entry=reader.eml value=letters:rows",
    ]


@pytest.mark.parametrize("value", ["no_such_module_of_letters:rows", "json:rows"])
def test_a_package_that_cannot_be_loaded_is_named(install: Install, value: str) -> None:
    install("letters", f"[chainring.parts]\nreader.letters.v1 = {value}\n")
    with pytest.raises(InputError, match=f"reader letters.v1 of the package 'letters'.*{value}"):
        load_part("reader", "letters.v1")


def test_a_module_that_fails_when_it_is_imported_is_named(install: Install, tmp_path: Path) -> None:
    install("letters", "[chainring.parts]\nreader.letters.v1 = letters_failing:rows\n")
    (tmp_path / "letters" / "letters_failing.py").write_text("{}['letters']\n")
    with pytest.raises(InputError, match=r"reader letters\.v1 .*'letters'.*KeyError: 'letters'"):
        load_part("reader", "letters.v1")


@pytest.mark.parametrize(
    ("name", "said"),
    [("linaer.v1", "did you mean 'linear.v1'?"), ("xyz", "known: .*encoder.v1, .*linear.v1")],
)
def test_a_near_miss_is_offered(name: str, said: str) -> None:
    for look in (load_part, part_module):
        with pytest.raises(
            UnknownNameError, match=f"unknown candidate '{name}'; {said}".replace("?", r"\?")
        ):
            look("candidate", name)


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("raeder", "a.v1"),
        ("reader", "a"),
        ("reader", "a.v0"),
        ("reader", "A.v1"),
        ("reader", ".v1"),
    ],
)
def test_a_part_without_a_kind_or_a_version_is_refused(kind: str, name: str) -> None:
    with pytest.raises(InputError, match=r"minhash\.v1"):
        part(kind, name)


def test_asking_for_names_and_modules_imports_no_part() -> None:
    program = (
        "import sys; from chainring.contracts.parts import KINDS, part_module, part_names\n"
        "for kind in KINDS:\n"
        "    for name in part_names(kind): part_module(kind, name)\n"
        "print([m for m in sys.modules if m.startswith('chainring.') and 'contracts' not in m])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
