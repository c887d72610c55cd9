from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Sequence
from types import FrameType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chainring.contracts.errors import InputError
from chainring.text.near import jaccard, near_groups, shingles
from chainring.text.normalise import fold

ENGLISH = (
    "card parcel refund late order where please help lost price account change open now".split()
)
CHINESE = "的一是了我不人在他有这上们来到时大地为子中你说生国年着就那和要她出也得里后自以会"


def string_shingles(text: str) -> set[str]:
    skeleton = fold(text)
    return {skeleton[i : i + 3] for i in range(len(skeleton) - 2)} or set(
        skeleton[:1] and [skeleton]
    )


def true_jaccard(a: str, b: str) -> float:
    left, right = string_shingles(a), string_shingles(b)
    return len(left & right) / len(left | right) if left | right else 1.0


def brute_force(texts: Sequence[str], min_jaccard: float) -> list[int]:
    """Compare all pairs, spread labels until nothing changes."""
    labels = list(range(len(texts)))
    folded = [fold(text) for text in texts]
    strings = [string_shingles(text) for text in texts]
    near = [
        (i, j)
        for i in range(len(texts))
        for j in range(i)
        if folded[i] == folded[j]
        or (
            min(len(folded[i]), len(folded[j])) >= 8
            and len(strings[i] & strings[j]) / len(strings[i] | strings[j]) >= min_jaccard
        )
    ]
    changed = True
    while changed:
        changed = False
        for i, j in near:
            low = min(labels[i], labels[j])
            changed = changed or labels[i] != labels[j]
            labels[i] = labels[j] = low
    numbers: dict[int, int] = {}
    return [numbers.setdefault(label, len(numbers)) for label in labels]


def corpus(rng: random.Random, *, language: str, size: int) -> list[str]:
    """Return random sentences, half of them slightly changed copies of others."""
    texts: list[str] = []
    while len(texts) < size:
        if language == "en":
            sentence = " ".join(rng.choices(ENGLISH, k=rng.randint(1, 14)))
        else:
            sentence = "".join(rng.choices(CHINESE, k=rng.randint(1, 40)))
        texts.append(sentence)
        if rng.random() < 0.5:
            at = rng.randrange(len(sentence) + 1)
            texts.append(sentence[:at] + rng.choice(["", "!", "x", "好", " 12"]) + sentence[at:])
    return texts[:size]


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("min_jaccard", [0.6, 0.8, 0.95])
def test_groups_equal_those_of_comparing_all_pairs(language: str, min_jaccard: float) -> None:
    for seed in range(4):
        texts = corpus(random.Random(seed), language=language, size=120)
        expected = brute_force(texts, min_jaccard)
        assert len(set(expected)) < len(texts) - 10
        assert near_groups(texts, min_jaccard=min_jaccard) == expected


@given(st.lists(st.text(alphabet="ab退货1 !", max_size=14), max_size=12))
@settings(max_examples=60, deadline=None)
def test_groups_of_tiny_texts_equal_those_of_comparing_all_pairs(texts: list[str]) -> None:
    assert near_groups(texts) == brute_force(texts, 0.8)


def test_pairs_at_the_threshold_are_found_in_more_than_995_of_1000() -> None:
    rng = random.Random(5)
    missed = 0
    for seed in range(10):
        pairs = [threshold_pair(rng) for _ in range(200)]
        groups = near_groups([text for pair in pairs for text in pair], seed=seed)
        missed += sum(groups[2 * i] != groups[2 * i + 1] for i in range(200))
    assert missed <= 10


def threshold_pair(rng: random.Random) -> tuple[str, str]:
    """Return two texts of random Chinese characters whose Jaccard index is exactly 0.8."""
    common = "".join(chr(rng.randrange(0x4E00, 0x9F00)) for _ in range(42))
    tails = ["".join(chr(rng.randrange(0x4E00, 0x9F00)) for _ in range(5)) for _ in "ab"]
    pair = common + tails[0], common + tails[1]
    assert true_jaccard(*pair) == 0.8
    return pair


@given(st.text(max_size=20), st.text(max_size=20))
def test_packed_shingles_overlap_like_the_three_letter_strings(a: str, b: str) -> None:
    assert len(shingles(a)) == len(string_shingles(a))
    assert jaccard(shingles(a), shingles(b)) == pytest.approx(true_jaccard(a, b))


def test_shingles_are_the_same_numbers_in_every_process() -> None:
    assert shingles("abc") == {97 << 42 | 98 << 21 | 99}
    assert shingles("退货") == {0x9000 | 0x8D27 << 21}


def test_numbers_case_and_punctuation_do_not_part_texts() -> None:
    texts = ["Order 4471 is late!", "order 9023 is late", "我要退货！", "我要退货"]
    assert near_groups(texts) == [0, 0, 1, 1]


def test_at_1_only_copies_join_and_numbers_and_signs_part_texts() -> None:
    texts = ["付款 120 元", "付款 450 元", "付款120元！", "3+4", "3-4", "ab" * 9, "ab" * 10]
    assert near_groups(texts, min_jaccard=1.0) == [0, 1, 0, 2, 3, 4, 5]


def test_short_texts_join_only_with_their_equals() -> None:
    assert near_groups(["refund", "refunds", "Refund!", "退货", "退货啊"]) == [0, 1, 0, 2, 3]


def test_groups_are_transitive_and_numbered_by_first_appearance() -> None:
    base = "please tell me where the parcel that i ordered last week has gone"
    texts = ["something else entirely", base, base + " today", base + " today ok then"]
    assert near_groups(texts) == [0, 1, 1, 1]


@pytest.mark.parametrize("texts", [[], ["a"], ["", ""], ["a text long enough", ""]])
def test_few_texts_are_grouped_too(texts: list[str]) -> None:
    assert len(near_groups(texts)) == len(texts)


def test_a_template_with_many_fillings_is_grouped_whole() -> None:
    texts = [
        f"Thank you for asking about our {chr(97 + i % 26)}{chr(97 + i // 26)} offer, see you soon"
        for i in range(600)
    ]
    assert set(near_groups(texts, min_jaccard=0.75)) == {0}


FRAMES = {
    "en": "Dear customer, thank you for contacting our service desk about your recent order; we "
    "have received the message and a colleague will answer within two working days. ",
    "zh": "尊敬的客户您好，感谢您联系我们的售后服务中心，您反馈的问题我们已经收到并登记，"
    "工作人员会在两个工作日内与您联系处理，请保持电话畅通，祝您生活愉快。问题内容：",
}


def framed(rng: random.Random, *, language: str, size: int) -> list[str]:
    """Return letters of one frame, each with an end of its own, at an index of about 0.65."""
    letters = [chr(97 + i) for i in range(26)]
    if language == "zh":
        letters = [chr(i) for i in range(0x4E00, 0x8FFF)]
    length = {"en": 35, "zh": 16}[language]
    return [FRAMES[language] + "".join(rng.choices(letters, k=length)) for _ in range(size)]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_letters_of_one_frame_are_not_compared_pair_by_pair(language: str) -> None:
    texts = framed(random.Random(3), language=language, size=400)
    assert 0.6 < true_jaccard(texts[0], texts[1]) < 0.75
    calls = 0

    def count(frame: FrameType, event: str, argument: object) -> None:
        nonlocal calls
        calls += event == "call" and frame.f_code.co_name != "<genexpr>"

    near_groups(texts[:2])  # what is imported once is no work
    before = sys.getprofile()
    sys.setprofile(count)
    try:
        groups = near_groups(texts)
    finally:
        sys.setprofile(before)
    assert groups == list(range(400))
    assert calls < 400 * 399 / 2


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("batch", [7, 2048])
def test_letters_of_one_frame_are_grouped_as_by_comparing_all_pairs(
    monkeypatch: pytest.MonkeyPatch, language: str, batch: int
) -> None:
    monkeypatch.setattr("chainring.text.near._BATCH_TEXTS", batch)
    rng = random.Random(4)
    texts = framed(rng, language=language, size=60)
    texts += [text[:at] + "x" + text[at:] for text in texts[:30] for at in [rng.randrange(90)]]
    rng.shuffle(texts)
    for min_jaccard in (0.6, 0.8, 0.95):
        expected = brute_force(texts, min_jaccard)
        assert near_groups(texts, min_jaccard=min_jaccard) == expected


def test_long_texts_are_grouped() -> None:
    rng = random.Random(1)
    long = "".join(rng.choices(CHINESE, k=100_000))
    assert near_groups([long, "别的", long[:-10], long[50_000:]]) == [0, 1, 0, 2]


@pytest.mark.parametrize("min_jaccard", [0.2, 1.1, float("nan")])
def test_a_threshold_out_of_range_is_refused(min_jaccard: float) -> None:
    with pytest.raises(InputError, match="min_jaccard must be within"):
        near_groups(["a"], min_jaccard=min_jaccard)


def test_the_room_loads_no_numpy_before_it_is_needed() -> None:
    program = (
        "import sys; import chainring.text.near, chainring.text.redact, chainring.text.ngrams;"
        "import chainring.text.language; print('numpy' in sys.modules)"
    )
    out = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[:0] = {sys.path!r}; {program}"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert out.stdout.strip() == "False"
