from __future__ import annotations

import datetime
import random

import pytest

from chainring.text.personal import MASK, bank_cards, emails, identity_cards, is_luhn, phones


def with_check_digit(first_17: str) -> str:
    """Append the check digit of GB 11643 as ISO 7064 MOD 11-2 defines it, by Horner's rule."""
    rest = 0
    for digit in first_17:
        rest = (rest + int(digit)) * 2 % 11
    return first_17 + "0123456789x"[(12 - rest) % 11]


def with_luhn(payload: str) -> str:
    """Append the digit that makes the Luhn sum a multiple of ten, found by trying all ten."""

    def total(number: str) -> int:
        table = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)
        return sum(table[int(d)] if i % 2 else int(d) for i, d in enumerate(reversed(number)))

    return next(payload + d for d in "0123456789" if total(payload + d) % 10 == 0)


def random_digits(rng: random.Random, count: int) -> str:
    return rng.choice("123456789") + "".join(rng.choices("0123456789", k=count - 1))


def test_every_identity_card_with_a_right_check_digit_is_found() -> None:
    rng = random.Random(1)
    for _ in range(500):
        birth = datetime.date(1930, 1, 1) + datetime.timedelta(days=rng.randrange(34_000))
        province = rng.choice(["110105", "440308", "310115", "510104", "810000", "650102"])
        card = with_check_digit(f"{province}{birth:%Y%m%d}{rng.randrange(1000):03}")
        assert identity_cards(f"证{card}号") == [(1, 19)]


def test_an_identity_card_with_one_wrong_digit_is_not_found() -> None:
    card = with_check_digit("44030819990101001")
    for place in range(17):
        for digit in set("0123456789") - {card[place]}:
            assert identity_cards(card[:place] + digit + card[place + 1 :]) == []


@pytest.mark.parametrize("birth", ["19990229", "20000231", "19991301", "19990100", "18991231"])
def test_an_identity_card_needs_a_birth_date_that_was(birth: str) -> None:
    assert identity_cards(with_check_digit(f"440308{birth}001")) == []


@pytest.mark.parametrize("birth", ["20000229", "19960229", "19991231", "20240229"])
def test_leap_days_and_last_days_are_birth_dates(birth: str) -> None:
    assert identity_cards(with_check_digit(f"440308{birth}001")) == [(0, 18)]


def test_luhn_agrees_with_another_way_of_reckoning_it() -> None:
    rng = random.Random(2)
    for _ in range(500):
        payload = random_digits(rng, rng.randint(1, 20))
        right = with_luhn(payload)
        assert [d for d in "0123456789" if is_luhn(payload + d)] == [right[-1]]


@pytest.mark.parametrize(
    ("prefix", "size"),
    [
        ("4", 16), ("51", 16), ("55", 16), ("34", 15), ("37", 15), ("36", 14), ("6011", 16),
        ("65", 16), ("3528", 16), ("3589", 16), ("62", 16), ("62", 17), ("62", 18), ("62", 19),
        ("9558", 19), ("456351", 19), ("436742", 19), ("601382", 19), ("601428", 17),
    ],
)  # fmt: skip
def test_cards_of_every_known_issuer_are_found(prefix: str, size: int) -> None:
    rng = random.Random(3)
    for _ in range(50):
        payload = prefix + "".join(rng.choices("0123456789", k=size - 1 - len(prefix)))
        assert bank_cards(f"用{with_luhn(payload)}付") == [(1, 1 + size)]


def hits_per_thousand(kind: str, *, size: int, label: str = "") -> float:
    rng = random.Random(4)
    finder = {"id": identity_cards, "card": bank_cards, "phone": phones}[kind]
    return sum(bool(finder(label + random_digits(rng, size))) for _ in range(10_000)) / 10


@pytest.mark.parametrize(
    ("kind", "size", "label", "most_per_thousand"),
    [
        ("id", 18, "", 0.1),
        ("card", 13, "", 0.0),
        ("card", 16, "", 30.0),
        ("card", 17, "", 3.0),
        ("card", 18, "", 3.0),
        ("card", 19, "", 3.0),
        ("card", 16, "订单号", 0.0),
        ("card", 19, "tracking no ", 0.0),
        ("phone", 10, "", 0.0),
        ("phone", 11, "", 90.0),
        ("phone", 11, "订单号", 0.0),
        ("phone", 11, "order ", 0.0),
        ("phone", 12, "", 0.0),
    ],
)
def test_random_numbers_are_seldom_taken_for_personal_ones(
    kind: str, size: int, label: str, most_per_thousand: float
) -> None:
    assert hits_per_thousand(kind, size=size, label=label) <= most_per_thousand


def test_a_label_does_not_reach_across_another_number_or_a_placeholder() -> None:
    number = with_luhn("2611234567890")  # passes Luhn, and no issuer begins so
    assert bank_cards(f"卡号{number}") == [(2, 16)]
    assert bank_cards(f"卡号1号楼{number}") == []
    assert bank_cards(f"卡号{MASK * 6}，{number}") == []


def test_a_mail_address_takes_no_chinese_with_it() -> None:
    assert emails("邮箱zhang@qq.com谢谢") == [(2, 14)]
