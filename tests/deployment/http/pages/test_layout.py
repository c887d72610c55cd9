"""What pages share."""

from __future__ import annotations

import json
import re

import pytest

from chainring.deployment.http.language import Language
from chainring.deployment.http.pages.layout import label_data, name_of
from chainring.deployment.http.pages.strings import Strings
from chainring.deployment.http.verbs import LabelName

LABELS = [
    LabelName(label="stock", names={"en": "In stock?", "zh": "库存"}),
    LabelName(label="change_order"),
    LabelName(label="cancel_order", names={"en": "change order"}),
]


@pytest.mark.parametrize(
    ("label", "language", "name"),
    [
        ("stock", "zh", "库存"),
        ("stock", "en", "In stock?"),
        ("change_order", "en", "change order (change_order)"),
        ("cancel_order", "en", "change order (cancel_order)"),
        ("cancel_order", "zh", "cancel order"),
        ("not_listed", "en", "not listed"),
    ],
)
def test_labels_of_one_name_can_be_told_apart(label: str, language: Language, name: str) -> None:
    say = Strings(language)
    assert name_of(label, LABELS, say) == name
    found = re.search(r">(\[.*\])<", str(label_data(LABELS, say)))
    assert found is not None
    listed = json.loads(found[1])
    assert label == "not_listed" or name in [one["name"] for one in listed]
