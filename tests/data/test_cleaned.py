"""The step: unlabelled records are cleaned, labelled ones only kept within their terms."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.data.clean.conftest import changed, chinese, english, write

from chainring.contracts.errors import InputError
from chainring.contracts.record import Record
from chainring.data.clean.settings import CleanSettings
from chainring.data.cleaned import cleaned
from chainring.data.settings import DataSettings

MESSAGES = CleanSettings(profile="messages")


def run(workshop: Any, settings: CleanSettings) -> tuple[list[str], dict[str, int]]:
    table = cleaned(workshop.records(), work=workshop.work, settings=settings)
    return [row.text for row in workshop.read(Record, table)], table.counts


def test_unlabelled_texts_are_cleaned_and_labelled_ones_stay(workshop: Any) -> None:
    rng = random.Random(1)
    one, other = english(rng), chinese(rng)
    near = changed(one, rng, count=1)
    workshop.write("labelled.csv", "text,label\nwhere is it,track\nwhere is it now,track\n")
    workshop.write("texts.txt", "\n".join([one, near, other, other, "!!!"]) + "\n")
    texts, counts = run(workshop, MESSAGES)
    assert texts == ["where is it", "where is it now", one, other]
    assert counts == {"exact copy": 1, "near copy": 1, "too short": 1}


def test_a_labelled_text_goes_when_the_same_was_said_or_its_terms_are_not_allowed(
    workshop: Any, tmp_path: Path
) -> None:
    rng = random.Random(2)
    held = english(rng, words=20)
    rows = [
        {"text": "退款", "label": "refund", "licence": "CC0-1.0"},
        {"text": "退款", "label": "refund", "licence": "CC0-1.0"},
        {"text": "退款", "label": "track", "licence": "CC0-1.0"},
        {"text": "查物流", "label": "track", "licence": "proprietary"},
        {"text": held, "label": "track", "licence": "CC0-1.0"},
    ]
    workshop.write_rows("rows.jsonl", rows)
    test = write(tmp_path / "held.jsonl", [held])
    settings = MESSAGES.model_copy(update={"licences": ("CC0-1.0",), "evaluation": (str(test),)})
    texts, counts = run(workshop, settings)
    assert texts == ["退款", "退款"]
    assert counts == {
        "exact copy": 1, "licence not allowed": 1, "overlaps with an evaluation text": 1,
    }  # fmt: skip


@pytest.mark.parametrize("profile", ["none", "messages"])
def test_terms_and_evaluation_texts_count_with_any_profile_and_with_none(
    workshop: Any, tmp_path: Path, profile: str
) -> None:
    rng = random.Random(4)
    free, ours, held = english(rng), chinese(rng), english(rng, words=20)
    rows: list[dict[str, object]] = [
        {"text": free, "licence": "CC0-1.0", "consent": "training"},
        {"text": ours, "licence": "proprietary", "consent": "training"},
        {"text": "退款", "label": "refund", "licence": "cc0-1.0", "consent": "owner"},
        {"text": held, "label": "track", "licence": "CC0-1.0", "consent": "training"},
    ]
    workshop.write_rows("rows.jsonl", rows)
    settings = CleanSettings.model_validate({
        "profile": profile, "licences": ["CC0-1.0"], "consents": ["training"],
        "evaluation": [str(write(tmp_path / "held.jsonl", [held]))],
    })  # fmt: skip
    texts, counts = run(workshop, settings)
    assert texts == [free]
    assert counts == {
        "licence not allowed": 1, "consent not allowed": 1, "overlaps with an evaluation text": 1,
    }  # fmt: skip


def test_without_a_profile_copies_and_short_texts_stay(workshop: Any) -> None:
    workshop.write_rows("rows.jsonl", [("退款", "refund"), ("退款", "refund"), {"text": "!!!"}])
    texts, counts = run(workshop, CleanSettings(licences=("unstated",)))
    assert (texts, counts) == (["退款", "退款", "!!!"], {})


@pytest.mark.parametrize("profile", ["documents", "messages"])
def test_pairs_of_a_text_and_its_translation_are_no_unlabelled_pages(
    workshop: Any, profile: str
) -> None:
    workshop.settings = DataSettings(task="translation")
    pairs = [
        ("Where is it?", "它在哪里？"),
        ("Where is it?", "在哪儿？"),
        ("Where is it?", "在哪儿？"),
    ]
    rows = [{"text": text, "target": target} for text, target in [*pairs, ("OK!", "好！")]]
    workshop.write_rows("rows.jsonl", rows)
    table = cleaned(workshop.records(), work=workshop.work, settings=CleanSettings(profile=profile))
    kept = [row.fields["target"] for row in workshop.read(Record, table)]
    assert (kept, table.counts) == (["它在哪里？", "在哪儿？", "好！"], {"exact copy": 1})


def test_a_reply_to_another_context_is_no_copy(workshop: Any) -> None:
    workshop.settings = DataSettings(task="dialogue")
    workshop.write_rows("rows.jsonl", [{"text": "Yes.", "target": "Done."}])
    (record,) = workshop.read(Record, workshop.records())
    given = [
        replace(record, id=f"rec_{n}", fields={**record.fields, "context": said})
        for n, said in enumerate(["Tea?", "Milk?", "Milk?"])
    ]
    table = cleaned(workshop.table(given), work=workshop.work, settings=MESSAGES)
    assert (table.rows, table.counts) == (2, {"exact copy": 1})


def test_the_same_records_give_the_same_table(workshop: Any) -> None:
    rng = random.Random(3)
    workshop.write("texts.txt", "\n".join(english(rng) for _ in range(20)))
    tables = [cleaned(workshop.records(), work=workshop.work, settings=MESSAGES) for _ in range(2)]
    assert tables[0] == tables[1]


def test_nothing_left_is_an_error_with_the_reasons(workshop: Any) -> None:
    workshop.write("texts.txt", "Where is my parcel?\n我要退货\n")
    with pytest.raises(InputError, match="left no record") as error:
        run(workshop, CleanSettings(profile="documents"))
    assert error.value.faults == ("too short: 2",)
