"""What is wrong with the sources of a recipe is told at once, each with its source and key."""

from __future__ import annotations

from typing import Any

import pytest

from chainring.contracts import parts
from chainring.contracts.errors import RecipeError
from chainring.ring.recipe import Recipe, parse_recipe
from chainring.text.errors import error_in_chinese

TICKETS = {"name": "tickets", "use": "sql.v1", "url": "env:SHOP_DB", "query": "SELECT 1 AS text"}
CLINIC = {**TICKETS, "name": "notes", "clinical": True, "consent": "research"}


def recipe(*sources: Any, **sections: Any) -> Recipe:
    return parse_recipe(
        {"project": {"name": "shop"}, "data": {"sources": list(sources)}} | sections
    )


def faults(*sources: Any, **sections: Any) -> tuple[str, ...]:
    with pytest.raises(RecipeError) as caught:
        recipe(*sources, **sections)
    return caught.value.faults


def test_a_source_keeps_the_keys_of_its_part() -> None:
    (source,) = recipe({**TICKETS, "licence": "CC0", "key": "id"}).data.sources
    assert (source.name, source.licence, source.consent) == ("tickets", "CC0", "owner")
    assert source.own == {"url": "env:SHOP_DB", "query": "SELECT 1 AS text", "key": "id"}


def test_every_fault_of_every_source_is_told_at_once_with_its_path() -> None:
    assert faults(
        {"name": "tickets", "use": "sqll.v1"},
        {"name": "Chats!", "use": "dialogue.v1", "licnece": "CC0", "context_turns": -1},
        {"use": "sql.v1", "url": "postgresql://ann:secret@db/shop", "query": "SELECT 1"},
        3,
        training={"epochs": 1},
    ) == (
        "training.epochs: unknown key; known: answering, budget_minutes, candidates, craft, "
        "decoder, encoder, linear, pass_on_below, preference, pretrain, seed, seq2seq, tokeniser",
        "data.sources[tickets].use: 'sqll.v1' is no known source; did you mean 'sql.v1'?",
        "data.sources[Chats!].name: 'Chats!' found; expected name of the source: small letters, "
        "digits, - and _",
        "data.sources[Chats!].path: missing; JSONL files, folders, globs or fsspec urls: one, or a "
        "list of them",
        "data.sources[Chats!].context_turns: -1 found; expected greater than or equal to 0 "
        "(earlier turns kept with a question)",
        "data.sources[Chats!].licnece: unknown key; did you mean 'licence'?",
        "data.sources[3].name: missing; name of the source: small letters, digits, - and _",
        "data.sources[3].url: the url holds a password, which would stand in the recipe; put the "
        'whole url into an environment variable and write url = "env:NAME_OF_IT"',
        "data.sources[4]: 3 found; expected a table [[data.sources]]",
    )


def test_a_part_without_settings_is_a_fault_among_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(parts, "_registered", dict(parts._registered))

    @parts.part("source", "bare.v1")
    def bare(settings: Any, *, harvest: Any, say: Any) -> None:
        """Bring nothing."""

    bad, broken = faults({"name": "shop", "use": "bare.v1"}, {"name": "x", "use": "sqll.v1"})
    assert bad == (
        "data.sources[shop].use: the source part bare.v1 has no `settings`, a pydantic model of "
        "its keys; mend its package, or choose another source"
    )
    assert "sqll.v1" in broken
    assert "没有 `settings`" in error_in_chinese(bad)


def test_a_fault_of_a_whole_source_names_the_source() -> None:
    (fault,) = faults({"name": "memory", "use": "parallel.v1", "source": "a.en"})
    assert fault == ("data.sources[memory]: aligned files come in pairs; name source and target")


def test_two_sources_of_one_name_are_told() -> None:
    (fault,) = faults(TICKETS, TICKETS)
    assert "2 sources are named 'tickets'" in fault


def test_one_table_in_single_brackets_is_told() -> None:
    with pytest.raises(RecipeError) as caught:
        parse_recipe({"project": {"name": "shop"}, "data": {"sources": TICKETS}})
    (fault,) = caught.value.faults
    assert "expected tables [[data.sources]]" in fault


@pytest.mark.parametrize(
    ("change", "privacy", "fault"),
    [
        ({}, {}, "add 'research' to privacy.allowed_consents"),
        ({}, {"allowed_consents": ["training"]}, "add 'research' to privacy.allowed_consents"),
        ({"consent": None}, {"allowed_consents": ["owner"]}, "need a consent of their own"),
        ({}, {"allowed_consents": ["research"], "redact": False}, "with redaction only"),
    ],
)
def test_clinical_notes_need_a_consent_that_is_allowed_and_redaction(
    change: dict[str, Any], privacy: dict[str, Any], fault: str
) -> None:
    source = {key: value for key, value in (CLINIC | change).items() if value is not None}
    (found,) = faults(source, privacy=privacy)
    assert found.startswith("data.sources[notes]: clinical notes")
    assert fault in found


@pytest.mark.parametrize("stated", ["research", " Research"])
def test_clinical_notes_under_a_stated_policy_are_read(stated: str) -> None:
    found = recipe(CLINIC, privacy={"allowed_consents": [stated]})
    assert found.data.sources[0].clinical
