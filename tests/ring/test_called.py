"""Names of labels that nothing carries are told, with the nearest label."""

from __future__ import annotations

from pathlib import Path

import pytest

from chainring.ring.called import uncalled
from chainring.software.api import Project

LABELS = ("refund", "parcel")


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("refund", []),
        ("out_of_scope", []),
        ("refnd", ["project.labels.refnd", "did you mean refund?"]),
        ("礼品卡", ["project.labels.礼品卡", "has this label (yet)"]),
    ],
)
def test_a_name_of_a_label_that_is_not_there_is_told_with_the_nearest(
    name: str, told: list[str]
) -> None:
    lines = list(uncalled([name], LABELS))
    assert len(lines) == bool(told)
    assert all(part in line for line in lines for part in told)
    assert all("想写 refund" in line.zh for line in lines if "mean" in line)


def test_a_turn_tells_it_until_a_row_or_a_person_says_that_label(folder: Path) -> None:
    recipe = folder / "chainring.toml"
    names = '[project.labels]\nrefund = { en = "Money back" }\nrefnd = { zh = "退款" }\n'
    recipe.write_text(f"{recipe.read_text()}\n{names}gift_card = {{ zh = '礼品卡' }}\n")
    said: list[str] = []
    project = Project.open(folder, say=said.append)
    try:
        assert project.turn().outcome == "nothing changed"
        told = [line.partition(":")[0] for line in said if line.startswith("project.labels.")]
        assert told == ["project.labels.refnd", "project.labels.gift_card"]
        (answer,) = project.predict(["do you sell gift cards"])
        project.decide(answer.id, decision="change", value="gift_card")
        said.clear()
        project.turn()
    finally:
        project.close()
    told = [line.partition(":")[0] for line in said if line.startswith("project.labels.")]
    assert told == ["project.labels.refnd"]
