from __future__ import annotations

import pytest

from chainring.text.characters import CharacterMap, in_cell, unlinked, visible


def test_a_character_map_asks_once_for_each_character() -> None:
    asked: list[str] = []

    def decide(char: str) -> str:
        asked.append(char)
        return char * 2

    table = CharacterMap(decide)
    assert "退aa退".translate(table) == "退退aaaa退退"
    assert sorted(asked) == ["a", "退"]


@pytest.mark.parametrize("char", ["\x00", "\x07", "\x1b", "\r", "\x7f", "\x9b", "\u202e", "\u2066"])
def test_what_would_steer_a_terminal_is_spelt_out(char: str) -> None:
    shown = visible(f"退款{char}[31m")
    assert char not in shown
    assert shown.isprintable()
    assert shown.startswith("退款\\")


def test_what_prints_stays_as_it_is() -> None:
    text = "Where is it?\n\t包裹在哪里？é–“”€"
    assert visible(text) == text


@pytest.mark.parametrize(
    "name",
    ["![a](http://x.example/y.png)", r"\[a](http://x.example)", "<http://x.example>", "[a][b]"],
)
def test_a_name_in_markdown_loads_and_links_nothing(name: str) -> None:
    from markdown_it import MarkdownIt

    page = MarkdownIt("commonmark").render(f"- {unlinked(name)}\n\n[b]: http://x.example")
    assert "src=" not in page
    assert "href=" not in page
    assert name.replace("<", "&lt;").replace(">", "&gt;") in page


def test_a_name_in_a_cell_of_a_table_neither_ends_it_nor_links() -> None:
    assert in_cell("a|[b](c)\nd") == r"a/\[b](c) d"
