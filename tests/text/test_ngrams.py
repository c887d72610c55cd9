from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainring.text.language import is_han
from chainring.text.ngrams import MAX_WORD_LENGTH, features
from chainring.text.normalise import normalise


def by_hand(text: str) -> Counter[str]:
    """Spell the features out, one character at a time, without a regular expression."""
    found: Counter[str] = Counter()
    for stretch in stretches(normalise(text).casefold()):
        if is_han(stretch[0]):
            sizes = (1, 2, 3)
            found.update(
                "h:" + stretch[i : i + n] for n in sizes for i in range(len(stretch) - n + 1)
            )
            continue
        words = stretch.split(" ")
        found.update("w:" + word for word in words)
        found.update(f"w:{a} {b}" for a, b in pairwise(words))
        for word in words:
            edged = f" {word} "
            found.update(
                "c:" + edged[i : i + n] for n in (2, 3, 4, 5) for i in range(len(edged) - n + 1)
            )
    return found


def stretches(text: str) -> list[str]:
    kinds = ["h" if is_han(c) else "l" if c.isalnum() or c in "_ " else "-" for c in text]
    parts: list[str] = []
    last = "-"
    for char, kind in zip(text, kinds, strict=True):
        if kind == last and kind != "-":
            parts[-1] += char
        elif kind != "-":
            parts.append(char)
        last = kind
    return [part.strip() for part in parts if part.strip()]


def test_english_gives_words_pairs_and_pieces() -> None:
    hi = ["w:hi", "c: h", "c:hi", "c:i ", "c: hi", "c:hi ", "c: hi "]
    my = ["w:my", "c: m", "c:my", "c:y ", "c: my", "c:my ", "c: my "]
    old = ["w:old", "c: o", "c:ol", "c:ld", "c:d ", "c: ol", "c:old", "c:ld "]
    old += ["c: old", "c:old ", "c: old "]
    assert Counter(features("Hi, my old")) == Counter([*hi, *my, *old, "w:my old"])


def test_chinese_gives_runs_of_one_to_three_characters() -> None:
    assert Counter(features("我要退货，谢")) == Counter(
        [
            "h:我",
            "h:要",
            "h:退",
            "h:货",
            "h:我要",
            "h:要退",
            "h:退货",
            "h:我要退",
            "h:要退货",
            "h:谢",
        ]
    )


def test_mixed_text_gives_both_kinds() -> None:
    found = features("我的iPhone坏了")
    assert {"h:我的", "h:坏了", "w:iphone", "c:phone"} <= set(found)
    assert not any(feature.startswith("h:的坏") for feature in found)


@given(st.text(alphabet="ab C1_,.!？，退货了\n ", max_size=40))
def test_features_equal_those_spelt_out_by_hand(text: str) -> None:
    assert Counter(features(text)) == by_hand(text)


@given(st.text(max_size=60))
def test_any_text_has_features_of_known_kinds_only(text: str) -> None:
    assert {feature[:2] for feature in features(text)} <= {"w:", "c:", "h:"}


def test_spelling_and_case_do_not_change_the_features() -> None:
    assert features("ＭＹ　Card") == features("my card")
    assert features("don’t") == features("don't")


def test_no_feature_crosses_punctuation_or_a_line_end() -> None:
    for text in ("lost. card", "lost\ncard", "lost, card"):
        assert "w:lost card" not in features(text)
    assert "h:好我" not in features("好。我")


@pytest.mark.parametrize("text", ["", "?!", "👍", " \n"])
def test_text_without_letters_has_no_features(text: str) -> None:
    assert features(text) == []


def test_a_word_is_looked_at_for_its_first_forty_characters() -> None:
    word = "ab" * 50_000
    assert features(word) == features(word[:MAX_WORD_LENGTH])


def test_long_chinese_text_has_three_features_a_character() -> None:
    assert len(features("退货" * 50_000)) == 3 * 100_000 - 3


def test_features_are_the_same_list_in_another_process() -> None:
    text = "My card 卡丢了 isn't here"
    program = f"from chainring.text.ngrams import features; print(ascii(features({text!r})))"
    environment = {**os.environ, "PYTHONHASHSEED": "7", "PYTHONPATH": os.pathsep.join(sys.path)}
    out = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", program],
        capture_output=True, text=True, check=True, env=environment,
    )  # fmt: skip
    assert out.stdout.strip() == ascii(features(text))
