"""Names of labels, known and new, English and Chinese."""

import pytest

from chainring.feedback.label_names import label_fault
from chainring.feedback.value_rules import ValueRules
from chainring.text.errors import error_in_chinese

KNOWN = ("track_order", "退款", "reverted_card_payment?")


@pytest.mark.parametrize("value", [*KNOWN, "out_of_scope"])
def test_a_known_label_is_right_whatever_it_looks_like(value: str) -> None:
    assert label_fault(value, KNOWN, new_labels=False) is None


@pytest.mark.parametrize(
    "value",
    ["gift_card", "礼品卡", "Card & PIN", "a", "退款（部分）", "退货（七天内）", "投诉·快递",
     "《隐私》咨询", "“假货”举报", "80%以上", "【加急】催单", "投诉—物流", "售后：换货"],
)  # fmt: skip
def test_a_sane_new_label_is_right_where_new_ones_are_allowed(value: str) -> None:
    assert label_fault(value, KNOWN, new_labels=True) is None
    assert "unknown label" in str(label_fault(value, KNOWN, new_labels=False))


@pytest.mark.parametrize(
    "value",
    ["", " ", "-x", "<script>", "a\nb", "x" * 65, "{}", "a;b", "\x00", "？", "（）", "）退款", "%"],
)
def test_what_is_no_name_is_refused(value: str) -> None:
    assert label_fault(value, KNOWN, new_labels=True) is not None


@pytest.mark.parametrize(
    ("value", "told", "chinese"),
    [
        ("售后<客服>;", "'<' '>' ';' cannot stand in one", "其中不能有 '<' '>' ';'"),
        ("x" * 65, "it has 65 characters, at most 64 are allowed", "它有 65 个字符，最多 64 个"),
        ("-x", "it begins with a letter or a digit, or with", "应以文字或数字开头"),
        ("（）", "it begins with a letter or a digit, or with", "应以文字或数字开头"),
    ],
)
def test_a_name_that_is_refused_is_told_what_is_refused(
    value: str, told: str, chinese: str
) -> None:
    fault = str(label_fault(value, KNOWN, new_labels=True))
    assert told in fault
    assert chinese in error_in_chinese(fault)


@pytest.mark.parametrize("value", ["Track order", "TRACK_ORDER", "trackorder", "Out of scope"])
def test_a_slip_of_the_pen_gets_the_right_spelling(value: str) -> None:
    fault = label_fault(value, KNOWN, new_labels=True)
    assert fault is not None
    assert "track_order" in fault or "out_of_scope" in fault


def test_without_new_labels_the_nearest_one_is_offered() -> None:
    fault = label_fault("track_oder", KNOWN, new_labels=False)
    assert fault == "unknown label 'track_oder'; did you mean 'track_order'?"


@pytest.mark.parametrize("mark", ["、", "，", ",", "; ", "；"])
@pytest.mark.parametrize("new_labels", [True, False])
def test_known_labels_joined_by_another_mark_get_the_right_one(mark: str, new_labels: bool) -> None:
    rules = ValueRules(task="multi-label", labels=["refund", "物流"], new_labels=new_labels)
    fault = rules.fault(f"物流{mark}Refund")
    assert fault is not None
    assert fault.endswith("is 2 labels, which are written '物流|refund'")
    assert rules.fault("物流|refund") is None


def test_a_mark_within_a_name_of_its_own_stays() -> None:
    rules = ValueRules(task="multi-label", labels=["退款", "退款、物流", "物流"])
    assert rules.fault("退款、物流|物流") is None
    assert rules.fault("礼品卡、退款") is None
