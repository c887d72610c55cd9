"""Running text passes, in both languages; what is none goes, with the rule that says so."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from tests.data.clean.conftest import chinese, english

from chainring.data.clean.batch import Batch
from chainring.data.clean.languages import languages
from chainring.data.clean.quality import length, quality
from chainring.data.clean.settings import CleanSettings

SHARED = Path(__file__).resolve().parents[4] / "shared" / "data"


def judged(*texts: str, profile: str = "documents", language: str = "") -> list[str]:
    batch = Batch(
        rows=[{} for _ in texts],
        texts=list(texts),
        places=[0] * len(texts),
        settings=CleanSettings.model_validate({"profile": profile}),
    )
    length(batch)
    languages(batch)
    if language:
        batch.languages = [language] * len(texts)
    quality(batch)
    return batch.reasons


def test_running_text_of_both_languages_passes() -> None:
    rng = random.Random(0)
    assert judged(english(rng), chinese(rng), english(rng, words=400)) == ["", "", ""]


ENGLISH = english(random.Random(5), words=60)
LINES = [english(random.Random(n), words=10) for n in range(8)]
WORDS = english(random.Random(6), words=90).replace(".", "").split()
BAD = {
    "too short": "Where is my parcel? It was sent.",
    "words too short": "a b c d e f g h the of and i j " * 9 + ".",
    "words too long": ("donaudampfschifffahrtsgesellschaft of the " * 30) + ". And.",
    "symbols": ENGLISH.replace(" ", " # ", 20),
    "bullets": "\n".join("- " + line for line in LINES),
    "ellipses": "\n".join(line + " and..." for line in LINES),
    "few letters": ENGLISH + " 1234 5678" * 40,
    "no stop words": "Parcel number customer delivery office. " * 15,
    "lines without an end": "\n".join(line.replace(".", "") for line in LINES * 2) + ". And.",
    "short lines": "\n".join(" ".join(WORDS[i : i + 3]) + "." for i in range(0, 90, 3)),
    "code": ENGLISH + " { of } { and }" * 5,
    "filler text": ENGLISH + " Lorem ipsum dolor.",
}


@pytest.mark.parametrize("reason", BAD)
def test_each_rule_drops_what_it_is_made_for(reason: str) -> None:
    found = judged(BAD[reason], language="en")
    assert found == [reason]


def test_rules_on_lines_do_not_judge_a_message_of_one_line() -> None:
    text = english(random.Random(3), words=60).replace(".", "") + ". yes. and so it was"
    assert judged(text) == [""]


def test_messages_pass_however_short_but_not_symbols_alone() -> None:
    assert judged("退款", "Where is it?", "ok", "!!!", "？？？", profile="messages") == [
        "", "", "", "too short", "too short",
    ]  # fmt: skip


NUMBERS = {
    "金额￥1,280.00，手续费12.80元": "Amount $1,280.00, fee 12.80 dollars",
    "单价￥128.00×3=￥384.00，运费12.00": "Price $128.00 x 3 = $384.00, postage $12.00",
    "体温38.5，血压120/80，心率110": "Temp 38.5, BP 120/80, pulse 110",
    "体溫38.5，血壓120/80，心率110": "Fever 38.5, BP 120/80, pulse 110",
    "订单号20261123447100881234，谢谢": "Order number 20261123447100881234, thanks",
    "訂單號20261123447100881234，謝謝": "Order 20261123447100881234, thanks",
    "好！！！！！！！！": "good!!!!!!!!",
    "？？？？？？？？？？人呢": "?????????? anybody there",
}


@pytest.mark.parametrize(("chinese", "english"), NUMBERS.items())
def test_messages_with_numbers_are_kept_in_both_languages(chinese: str, english: str) -> None:
    assert judged(chinese, profile="messages", language="zh") == [""]
    assert judged(english, profile="messages", language="en") == [""]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_messages_of_numbers_alone_still_go(language: str) -> None:
    listed = ["12 34 56 78 90 见", "12:30 13:40 14:50 15:20", "123 456 789 12 34 a"]
    assert judged(*listed, profile="messages", language=language) == ["few letters"] * 3


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared data sets are not here")
@pytest.mark.parametrize(
    ("name", "least", "short"),
    [("chnsenticorp-hotel", 0.95, 60), ("online-shopping-10", 0.95, 60)],
)
def test_good_chinese_reviews_are_kept(name: str, least: float, short: int) -> None:
    found = []
    for path in sorted((SHARED / name).glob("*.jsonl")):
        found += [json.loads(line)["text"] for line in path.read_text("utf-8").splitlines()]
    long = [text for text in found if len(text) >= short][:3000]
    kept = judged(*long).count("")
    assert kept >= least * len(long)
