"""Asking and reacting on the command line, with slips."""

from __future__ import annotations

from pathlib import Path

from tests.software.conftest import invoke, opened, refused


def test_a_reaction_to_an_answer_that_nobody_knows_is_kept_and_said_so(shop: Path) -> None:
    found = invoke("react", "nope", "confirmation", "-p", str(shop))
    assert found.exit_code == 1
    assert "no answer 'nope' is known (yet)" in found.output
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
