from __future__ import annotations

import json
from pathlib import Path

import pytest

from chainring.data.dropped import Dropped
from chainring.data.looking.drops import Drop, Place, drops, place_of


def test_reasons_are_counted_and_a_few_places_kept(tmp_path: Path) -> None:
    with Dropped(tmp_path) as dropped:
        for line in range(1, 101):
            dropped.add("empty text", source="data/help.csv", locator=f"line {line}")
        dropped.add("near-duplicate", record="rec_1", source="data/帮助.csv", locator="line 3")
    first, second = drops(tmp_path, step="records")
    assert (first.reason, first.rows, len(first.places)) == ("empty text", 100, 3)
    assert [one.source for one in first.places] == ["data/help.csv"] * 3
    assert second.places == (Place(source="data/帮助.csv", locator="line 3", record="rec_1"),)
    assert (first.is_duplicate, second.is_duplicate) == (False, True)


def test_the_places_are_the_same_whatever_the_order_and_not_only_the_first(tmp_path: Path) -> None:
    chosen = []
    for name, order in (("a", range(200)), ("b", reversed(range(200)))):
        folder = tmp_path / name
        folder.mkdir()
        with Dropped(folder) as dropped:
            for line in order:
                dropped.add("empty text", source="a.csv", locator=f"line {line}")
        chosen.append(drops(folder, step="records")[0].places)
    assert chosen[0] == chosen[1]
    assert any(int(one.locator.removeprefix("line ")) > 50 for one in chosen[0])


def test_a_place_that_stands_twice_is_kept_once(tmp_path: Path) -> None:
    line = json.dumps({"reason": "x", "source": "a"}) + "\n"
    (tmp_path / "dropped.jsonl").write_text(line * 5)
    assert drops(tmp_path, step="s") == [
        Drop(step="s", reason="x", rows=5, places=(Place(source="a"),))
    ]


@pytest.mark.parametrize(
    ("reason", "shown"),
    [
        ("empty text", True),
        ("consent not allowed: none", False),
        ("licence not allowed: CC-BY-NC", False),
        ("forgotten", False),
        ("near-duplicate", True),
    ],
)
def test_what_nobody_allowed_is_not_shown(reason: str, shown: bool) -> None:
    assert Drop(step="records", reason=reason, rows=1).may_be_shown is shown


def test_feedback_names_the_answer_that_it_is_about() -> None:
    place = place_of({"reason": "x", "feedback": "fb_1", "prediction": "pred_1"})
    assert place == Place(source="feedback", locator="fb_1", answer="pred_1")


def test_a_document_is_known_by_its_id(tmp_path: Path) -> None:
    assert place_of({"id": "doc 1", "sample": "text"}) == Place(record="doc 1", sample="text")
    assert drops(tmp_path, step="nothing here") == []


def test_places_with_a_sample_of_their_stage_come_first(tmp_path: Path) -> None:
    lines = [{"id": str(i), "reason": "short", "source": "a", "place": i} for i in range(50)]
    lines[33]["sample"] = "too short"
    (tmp_path / "dropped.jsonl").write_text("".join(json.dumps(one) + "\n" for one in lines))
    (found,) = drops(tmp_path, step="cleaned", most=1)
    assert found.places == (Place(source="a", locator="33", record="33", sample="too short"),)
