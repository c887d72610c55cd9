from __future__ import annotations

from collections.abc import Callable

import pytest

from chainring.contracts.evaluation import Outcome
from chainring.ring.gate.pairs import paired
from chainring.ring.gate.settings import GateSettings
from chainring.ring.gate.slices import slices

MakeSheets = Callable[..., tuple[list[Outcome], list[Outcome]]]


Sheet = tuple[list[Outcome], list[Outcome]]


def joined(*sheets: Sheet) -> Sheet:
    return [r for now, _ in sheets for r in now], [r for _, before in sheets for r in before]


def test_slices_from_fifty_rows_are_compared_and_smaller_ones_listed(
    sheets: MakeSheets, settings: GateSettings
) -> None:
    fifty = sheets(gained=3, right=47, language="zh", truth="refund", name="zh")
    less = sheets(right=49, language="en", truth="stock", name="en")
    large, small = slices(paired(*joined(fifty, less)), settings=settings)
    assert set(large) == {"language:zh", "label:refund"}
    assert small == {"label:stock": 49, "language:en": 49}
    assert large["language:zh"].gained == 3


def test_label_language_source_and_protected_group_are_slices(
    sheets: MakeSheets, settings: GateSettings
) -> None:
    rows = sheets(right=60, language="zh", truth="refund", source="shop.csv", protected="women")
    large, _ = slices(paired(*rows), settings=settings)
    assert set(large) == {
        "label:refund",
        "language:zh",
        "source:shop.csv",
        "protected:women",
    }


def test_a_loss_that_is_measurable_alone_is_forgiven_among_many_slices(
    sheets: MakeSheets, settings: GateSettings
) -> None:
    # five lost and none gained: p = 1/32 alone, 10/32 as the smallest of ten
    falling = sheets(lost=5, right=55, truth="label 0", language="", name="0")
    others = [sheets(right=60, truth=f"label {i}", language="", name=f"{i}") for i in range(1, 10)]
    alone, _ = slices(paired(*falling), settings=settings)
    among, _ = slices(paired(*joined(falling, *others)), settings=settings)
    assert alone["label:label 0"].value == "worse"
    assert alone["label:label 0"].p_worse == pytest.approx(1 / 32)
    assert among["label:label 0"].value == "worse within noise"
    assert among["label:label 0"].p_worse == pytest.approx(10 / 32)
    assert among["label:label 0"].test == "exact McNemar, Holm"


def test_a_loss_that_survives_holm_is_worse(sheets: MakeSheets, settings: GateSettings) -> None:
    falling = sheets(lost=8, right=52, truth="label 0", language="", name="0")
    others = [sheets(right=60, truth=f"label {i}", language="", name=f"{i}") for i in range(1, 10)]
    among, _ = slices(paired(*joined(falling, *others)), settings=settings)
    assert among["label:label 0"].p_worse == pytest.approx(10 / 2**8)
    assert among["label:label 0"].value == "worse"


def test_a_label_new_to_the_champion_is_a_slice_of_its_own_whatever_its_size(
    sheets: MakeSheets, settings: GateSettings
) -> None:
    new = sheets(gained=20, truth="gift_card", language="", name="new")
    old = sheets(lost=8, right=60, truth="stock", language="", name="old")
    large, small = slices(paired(*joined(new, old)), settings=settings, new_labels={"gift_card"})
    assert set(large) == {"new label:gift_card", "label:stock", "known labels"}
    assert large["new label:gift_card"].rows == 20
    assert large["known labels"].value == "worse", "what is won on the new does not hide this"
    assert small == {}


def test_no_pairs_have_no_slices(settings: GateSettings) -> None:
    assert slices([], settings=settings) == ({}, {})


def test_a_row_of_several_labels_counts_in_each_and_one_without_labels_in_none(
    sheets: MakeSheets, settings: GateSettings
) -> None:
    both = sheets(right=60, truth="refund|stock", sliced=("refund", "stock"), name="both")
    none = sheets(right=60, truth="3.5", sliced=(), name="none")
    large, _ = slices(paired(*joined(both, none)), settings=settings)
    assert {name: found.rows for name, found in large.items()} == {
        "label:refund": 60,
        "label:stock": 60,
        "language:en": 120,
    }


def test_a_new_label_among_several_keeps_its_row_out_of_the_known_ones(
    sheets: MakeSheets, settings: GateSettings
) -> None:
    rows = sheets(right=55, truth="gift|stock", sliced=("gift", "stock"), name="new")
    old = sheets(right=55, truth="stock", name="old")
    large, _ = slices(paired(*joined(rows, old)), settings=settings, new_labels={"gift"})
    assert large["new label:gift"].rows == 55
    assert large["known labels"].rows == 55
