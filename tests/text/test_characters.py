from __future__ import annotations

from chainring.text.characters import CharacterMap


def test_a_character_map_asks_once_for_each_character() -> None:
    asked: list[str] = []

    def decide(char: str) -> str:
        asked.append(char)
        return char * 2

    table = CharacterMap(decide)
    assert "退aa退".translate(table) == "退退aaaa退退"
    assert sorted(asked) == ["a", "退"]
