from __future__ import annotations

import os
from typing import Any

from tests.data.conftest import Workshop

from chainring.data.looking.drops import Place
from chainring.data.looking.records import named, records_of, terms
from chainring.data.looking.samples import SHOWN_CHARACTERS, shown, source_texts

LATER = 4e9


def read(workshop: Workshop, places: list[Place], **facts: Any) -> dict[Place, str]:
    usual: dict[str, Any] = {"allows": lambda facts: facts.consent != "none", "made": LATER}
    return source_texts(workshop.source(), places, settings=workshop.settings, **{**usual, **facts})


def test_a_text_is_read_back_from_its_line_redacted(workshop: Workshop) -> None:
    workshop.write_rows("help.jsonl", [("first", "a"), ("mail bob@example.com now", "b")])
    workshop.write("帮助.csv", "text,label\n手机13912345678已停机,c\n")
    english = Place(source="data/help.jsonl", locator="line 2")
    chinese = Place(source="data/帮助.csv", locator="line 2")
    assert read(workshop, [english, chinese]) == {
        english: "mail [email] now",
        chinese: "手机[phone]已停机",
    }


def test_what_changed_since_or_is_gone_is_not_shown(workshop: Workshop) -> None:
    path = workshop.write_rows("help.jsonl", [("first", "a")])
    place = Place(source="data/help.jsonl", locator="line 1")
    os.utime(path, (1000, 1000))
    assert read(workshop, [place], made=1001.0) == {place: "first"}
    assert read(workshop, [place], made=999.0) == {}
    assert read(workshop, [Place(source="data/help.jsonl", locator="line 9")]) == {}
    source = workshop.source()
    path.unlink()
    facts: dict[str, Any] = {"settings": workshop.settings, "allows": bool, "made": LATER}
    assert source_texts(source, [place], **facts) == {}


def test_a_text_without_consent_is_not_shown(workshop: Workshop) -> None:
    workshop.write_rows("help.jsonl", [{"text": "mine", "label": "a", "consent": "none"}])
    assert read(workshop, [Place(source="data/help.jsonl", locator="line 1")]) == {}


def test_a_long_text_is_cut() -> None:
    assert len(shown("长" * 5000)) == SHOWN_CHARACTERS
    assert shown(" a \n\n b ") == "a b"


def test_records_are_counted_by_their_terms_and_found_by_id_place_or_url(
    workshop: Workshop,
) -> None:
    workshop.write_rows(
        "help.jsonl",
        [
            {"text": "one", "label": "a", "licence": "CC0"},
            {"text": "two", "label": "a", "consent": "research"},
            {"text": "三", "label": "b", "licence": "CC0"},
        ],
    )
    table = workshop.records()
    folder = workshop.trees.open(table.address)
    assert terms(folder) == {
        ("data/help.jsonl", "CC0", "owner"): 2,
        ("data/help.jsonl", "unstated", "research"): 1,
    }
    (third,) = named(folder, "data/help.jsonl line 3")
    assert third.text == "三"
    assert named(folder, third.id) == [third]
    assert named(folder, "line 3") == [third]
    assert named(folder, "line 33") == []
    assert records_of(folder, {third.id, "rec_nobody"}) == {third.id: third}
