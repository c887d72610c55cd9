from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pytest

from chainring.store import newest
from chainring.store.ledger import Ledger
from chainring.store.newest import Newest, versions


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    text: str
    made: ClassVar[list[str]] = []

    def __post_init__(self) -> None:
        self.made.append(self.text)


def test_the_newest_facts_are_those_of_the_ledger_whatever_was_changed_since(
    ledger: Ledger, ledger_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(newest, "_BATCH", 2)
    notes = Newest(ledger, "note", Note, said=lambda note: note.text)
    other = Ledger(ledger_url, app="shop")
    stranger = Ledger(ledger_url, app="bank")
    assert notes.all() == ()
    for by, identifier, text in [
        (ledger, "n1", "one"), (ledger, "n2", "two"), (other, "n3", "three"),
        (other, "n1", "one again"), (stranger, "n1", "not ours"), (ledger, "n4", "four"),
    ]:  # fmt: skip
        by.add_fact("note", identifier, Note(text=text))
        by.add_fact("other", identifier, Note(text="of another kind"))
        if identifier != "n2":
            assert list(notes.all()) == [one.text for one in ledger.facts("note", Note)]
    assert list(notes.all()) == ["two", "three", "one again", "four"]
    other.close()
    stranger.close()


def test_a_fact_is_decoded_once(ledger: Ledger) -> None:
    for number in range(5):
        ledger.add_fact("note", f"n{number}", Note(text=str(number)))
    notes = Newest(ledger, "note", Note, said=lambda note: note.text)
    before = notes.all()
    assert notes.all() is before
    ledger.add_fact("note", "n5", Note(text="5"))
    Note.made.clear()
    assert len(notes.all()) == 6
    assert Note.made == ["5"]


def test_each_version_of_a_fact_of_ours_counts(ledger: Ledger, ledger_url: str) -> None:
    stranger = Ledger(ledger_url, app="bank")
    for by, kind in [(ledger, "note"), (ledger, "note"), (ledger, "act"), (stranger, "note")]:
        by.add_fact(kind, "n1", Note(text="one"))
    assert (versions(ledger, "note"), versions(ledger, "note", "act", "none")) == (2, 3)
    stranger.close()
