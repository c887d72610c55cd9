"""Names of labels, known and new, English and Chinese."""

import pytest

from chainring.feedback.label_names import label_fault

KNOWN = ("track_order", "退款", "reverted_card_payment?")


@pytest.mark.parametrize("value", [*KNOWN, "out_of_scope"])
def test_a_known_label_is_right_whatever_it_looks_like(value: str) -> None:
    assert label_fault(value, KNOWN, new_labels=False) is None


@pytest.mark.parametrize("value", ["gift_card", "礼品卡", "Card & PIN", "a"])
def test_a_sane_new_label_is_right_where_new_ones_are_allowed(value: str) -> None:
    assert label_fault(value, KNOWN, new_labels=True) is None
    assert "unknown label" in str(label_fault(value, KNOWN, new_labels=False))


@pytest.mark.parametrize(
    "value", ["", " ", "-x", "<script>", "a\nb", "x" * 65, "{}", "a;b", "\x00", "？"]
)
def test_what_is_no_name_is_refused(value: str) -> None:
    assert label_fault(value, KNOWN, new_labels=True) is not None


@pytest.mark.parametrize("value", ["Track order", "TRACK_ORDER", "trackorder", "Out of scope"])
def test_a_slip_of_the_pen_gets_the_right_spelling(value: str) -> None:
    fault = label_fault(value, KNOWN, new_labels=True)
    assert fault is not None
    assert "track_order" in fault or "out_of_scope" in fault


def test_without_new_labels_the_nearest_one_is_offered() -> None:
    fault = label_fault("track_oder", KNOWN, new_labels=False)
    assert fault == "unknown label 'track_oder'; did you mean 'track_order'?"
