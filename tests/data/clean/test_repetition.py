"""Repetition is what Gopher's table says, as a slow reading of single texts finds it."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from tests.data.clean.conftest import chinese, english

from chainring.data.clean.batch import Batch
from chainring.data.clean.characters import Page
from chainring.data.clean.repetition import MAX_REPEATED, MAX_TOP, covered, repetition
from chainring.data.clean.settings import CleanSettings


def dropped(*texts: str, language: str = "en") -> list[str]:
    batch = Batch(
        rows=[{} for _ in texts],
        texts=list(texts),
        places=[0] * len(texts),
        settings=CleanSettings(profile="documents"),
    )
    batch.languages = [language] * len(texts)
    repetition(batch)
    return batch.reasons


def slowly(text: str, *, scale: int) -> bool:
    """Return whether the words of a text repeat, by the rules written down as they are."""
    tokens = Page.of([text]).tokens
    words, lengths = tokens.hashes.tolist(), tokens.lengths.tolist()
    total = sum(lengths)
    for size, limit in MAX_TOP.items():
        n = size * scale
        seen = Counter(tuple(words[i : i + n]) for i in range(len(words) - n + 1))
        length = {tuple(words[i : i + n]): sum(lengths[i : i + n]) for i in range(len(words))}
        if any(c > 1 and c * length[gram] > limit * total for gram, c in seen.items()):
            return True
    return any(
        covered(words, lengths, size * scale) > limit * total
        for size, limit in MAX_REPEATED.items()
    )


@pytest.mark.parametrize(("language", "scale"), [("en", 1), ("zh", 2)])
def test_texts_go_exactly_when_a_slow_reading_finds_that_they_repeat(
    language: str, scale: int
) -> None:
    rng = random.Random(language)
    made = []
    for number in range(120):
        text = english(rng) if language == "en" else chinese(rng)
        joint = " " if language == "en" else ""
        part = text[: rng.randrange(8, len(text))]
        made.append(joint.join([text, *[part] * (number % 4)]))
    expected = [slowly(text, scale=scale) for text in made]
    assert 20 < sum(expected) < 100
    assert [bool(reason) for reason in dropped(*made, language=language)] == expected


def test_lines_that_repeat_are_told_apart_from_words_that_do() -> None:
    rng = random.Random(1)
    line = english(rng, words=12)
    assert dropped("\n".join([english(rng), *[line] * 9])) == ["repeated lines"]
    assert dropped(english(rng), english(rng)) == ["", ""]


def test_a_text_without_words_or_lines_is_no_fault() -> None:
    assert dropped("…", "", "我") == ["", "", ""]
