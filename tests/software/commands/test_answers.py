"""Asking and reacting on the command line, with slips."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from tests.software.conftest import invoke, opened, refused, run

from chainring.contracts.ids import new_id
from chainring.contracts.tasks import TASKS
from chainring.data.settings import DataSettings
from chainring.software.api import Project


def test_a_reaction_to_an_answer_that_nobody_knows_is_kept_and_said_so(shop: Path) -> None:
    lost = f"pred_{26 * '0'}"
    found = invoke("react", lost, "confirmation", "-p", str(shop))
    assert found.exit_code == 1
    assert f"no answer '{lost}' is known (yet)" in found.output
    with opened(shop) as project:
        (row,) = project.ring.traffic.orphans()
    assert f"stored as {row.id}" in found.output


def test_an_empty_text_is_neither_answered_nor_logged(shop: Path) -> None:
    with opened(shop) as project:
        before = project.ring.traffic.counts()
    for text in ("", " \u3000\n"):
        assert refused("predict", text, "-p", str(shop)).startswith("the text is empty")
    with opened(shop) as project:
        assert project.ring.traffic.counts() == before


def test_lines_without_a_text_are_named_and_nothing_of_the_file_is_answered(
    shop: Path, tmp_path: Path
) -> None:
    file = tmp_path / "asked.txt"
    file.write_text("\n   \nwhere is my parcel?\n\u3000\n")
    said = refused("predict", "--file", str(file), "-p", str(shop))
    assert "lines without a text" in said
    assert [f"line {n}: empty" in said for n in (1, 2, 3, 4)] == [True, True, False, True]
    with opened(shop) as project:
        assert project.ring.traffic.counts().get("predictions", 0) == 0


def test_a_number_is_told_with_its_interval_and_not_as_certain(
    shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(shop) as project:
        (answer,) = project.predict(["where is my parcel?"])
    number = replace(answer, label="", output="8", scores={"low": 6.5, "high": 9.5}, confidence=1.0)
    monkeypatch.setattr(Project, "predict", lambda self, texts: [number])
    said = invoke("predict", "how long?", "-p", str(shop)).stdout
    assert said.startswith("8 (6.5 to 9.5)")


def test_a_file_of_numbers_has_their_intervals_and_no_label_is_said_in_words(
    shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(shop) as project:
        (answer,) = project.predict(["where is my parcel?"])
    number = replace(answer, label="", output="8", scores={"low": 6.5, "high": 9.5})
    none = replace(answer, label="|", scores={"|": 0.9})
    file = tmp_path / "asked.txt"
    file.write_text("how long?\n")
    monkeypatch.setattr(Project, "predict", lambda self, texts: [number])
    told = json.loads(
        invoke("predict", "--file", str(tmp_path / "asked.txt"), "-p", str(shop)).stdout
    )
    assert (told["output"], told["low"], told["high"]) == ("8", 6.5, 9.5)
    monkeypatch.setattr(Project, "predict", lambda self, texts: [none])
    assert invoke("predict", "hello", "-p", str(shop)).stdout.startswith("no label (")
    zh = invoke("predict", "hello", "-p", str(shop), "--language", "zh").stdout
    assert zh.startswith("无标签（")


def test_lines_without_their_second_text_are_named(
    shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "asked.txt"
    file.write_text("one\ttwo\nalone\nthree\tfour\nlast\t \n")
    monkeypatch.setattr(DataSettings, "facts", property(lambda self: TASKS["matching"]))
    said = refused("predict", "--file", str(file), "-p", str(shop))
    assert "lines without a second text" in said
    assert [f"line {n}: no second text" in said for n in (1, 2, 3, 4)] == [False, True, False, True]


def test_who_confirms_that_a_text_was_passed_on_hears_that_it_teaches_nothing(
    project: Project,
) -> None:
    answer = project.predict(["where is my parcel"])[0]
    prediction = replace(answer, id=new_id("pred"), passed_on=True)
    project.ring.traffic.commit([(prediction, "where is my parcel")], [])
    said = run("react", prediction.id, "confirmation", "-p", str(project.folder))
    assert "teaches no label" in said
    named = run("react", prediction.id, "confirmation", prediction.label, "--author", "ann",
                "-p", str(project.folder))  # fmt: skip
    assert "teaches no label" not in named
