from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from chainring.deployment.http.pages.strings import Strings
from chainring.deployment.http.pages.why import Drawing
from chainring.deployment.http.verbs import LabelName

DRAWING = Drawing(Strings("en"), [LabelName(label="invoice", names={"en": "An invoice"})])
_json = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(st.text(), _json, max_size=4))
def test_any_json_can_be_drawn(found: dict[str, object]) -> None:
    for section in DRAWING.sections(found):
        assert section.startswith("<section")


def test_a_label_is_called_by_its_name_and_a_share_is_in_per_cent() -> None:
    drawn = DRAWING.value({"label": "invoice", "confidence": 0.9134})
    assert "An invoice" in drawn
    assert "91%" in drawn


def test_what_judged_a_promotion_is_told_in_words() -> None:
    drawn = Drawing(Strings("zh")).value({"promotions": [{"by": "gate", "measure": "cost"}]})
    assert "按成本" in drawn
    assert "评判" in drawn


def test_a_chinese_page_has_no_word_of_ours_in_english() -> None:
    found = {
        "dataset": {"splits": {"train": 9, "reacted": 2}, "languages": ["en", "zh", "und"]},
        "steps": [{"step": step} for step in ("placement", "labels", "guard", "cleaned")],
        "promotions": [{"by": one} for one in ("gate", "release", "operator", "王经理")],
        "feedback": [{"kind": "flag", "value": "wrong"}, {"kind": "rating", "value": "down"}],
        "reviewed": [{"state": "accepted"}, {"state": "rejected"}],
    }
    drawn = str(Drawing(Strings("zh")).value(found))
    assert not re.findall(r">[^<]*[A-Za-z][^<]*<", drawn)
    for told in (
        "有反馈",
        "未知语言",
        "硬件分配",
        "关卡",
        "管理员",
        "王经理",
        "错误",
        "差",
        "已拒绝",
    ):
        assert told in drawn


def test_false_is_shown_and_nothing_is_left_out() -> None:
    drawn = DRAWING.value({"passed_on": False, "text": None, "notes": []})
    assert "no" in drawn
    assert drawn.count("<dt>") == 1


def test_links_of_a_chain_stand_in_order() -> None:
    links = [{"noun": "model", "id": "m", "said": "first"}, {"noun": "record", "said": "last"}]
    drawn = DRAWING.value(links)
    assert drawn.index("first") < drawn.index("last")
    assert 'class="chain"' in drawn


def test_a_moment_that_is_written_out_is_a_moment_as_on_every_page() -> None:
    drawn = DRAWING.value({"at": "2026-11-28 18:27:01Z", "since": "long ago"})
    assert '<time datetime="2026-11-28T18:27:01Z">2026-11-28 18:27 UTC</time>' in drawn
    assert "long ago" in drawn
