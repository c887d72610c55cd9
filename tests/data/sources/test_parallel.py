"""parallel.v1: pairs from every form, and no pair that is no translation."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import ValidationError

from chainring.contracts.errors import InputError
from chainring.data.harvest import DROPPED, Harvest
from chainring.data.sources import parallel
from chainring.data.sources.parallel import PARALLEL, ParallelSettings, reason_against

Bring = Callable[..., list[str]]
PAIRS = [("Where is my parcel?", "我的包裹到哪了？"), ("I want my money back.", "我要退款。")]
TMX = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE tmx SYSTEM "tmx14.dtd">
<tmx version="1.4"><header srclang="en"/><body>
<tu><tuv xml:lang="en-US">
<seg>Where is <bpt i="1">&lt;b&gt;</bpt>my <hi>parcel</hi><ept i="1"/>?</seg></tuv>
<tuv xml:lang="zh_CN"><seg>我的包裹到哪了？</seg></tuv><tuv xml:lang="de"><seg>Wo?</seg></tuv></tu>
<tu><tuv xml:lang="en"><seg>I want my money back.</seg></tuv>
<tuv xml:lang="zh"><seg>我要退款。</seg></tuv></tu>
<tu><tuv xml:lang="en"><seg>Alone.</seg></tuv></tu>
</body></tmx>
"""


def pairs(harvest: Harvest) -> set[tuple[str, str]]:
    return {(row["text"], row["answer"]) for _, row in harvest.rows()}


def dropped(harvest: Harvest) -> dict[str, int]:
    found: dict[str, int] = json.loads(harvest.state(DROPPED))
    return found


def test_aligned_files_tsv_and_tmx_give_the_same_pairs(
    tmp_path: Path, harvest: Harvest, bring: Bring
) -> None:
    (tmp_path / "a.en").write_text("".join(en + "\n" for en, _ in PAIRS), encoding="utf-8")
    (tmp_path / "a.zh.gz").write_bytes(gzip.compress("\n".join(zh for _, zh in PAIRS).encode()))
    (tmp_path / "a.tsv").write_text("".join(f"{en}\t{zh}\tx\n" for en, zh in PAIRS), "utf-8")
    (tmp_path / "a.tmx").write_text(TMX, encoding="utf-8")
    two = {"source": str(tmp_path / "a.en"), "target": str(tmp_path / "a.zh.gz")}
    for own in (two, {"path": str(tmp_path / "a.tsv")}, {"path": str(tmp_path / "a.tmx")}):
        assert bring(PARALLEL, **own) == []
        assert pairs(harvest) == set(PAIRS)
    row = next(row for _, row in harvest.rows() if row["answer"] == "我要退款。")
    assert (row["language"], row["answer_language"]) == ("en", "zh")
    assert row["locator"] == "a.tmx unit 2"
    assert dropped(harvest) == {"one side is empty": 1}


def test_an_unchanged_file_is_not_read_again_and_a_changed_setting_reads_it(
    tmp_path: Path, harvest: Harvest, bring: Bring
) -> None:
    (tmp_path / "a.tsv").write_text(
        "One two three\t一二三\nYes\t对，是的，没有错，就是这样，完全正确，毫无疑问\n", "utf-8"
    )
    bring(PARALLEL, path=str(tmp_path / "a.tsv"))
    assert len(harvest) == 1
    before = harvest.changes
    bring(PARALLEL, path=str(tmp_path / "a.tsv"))
    assert harvest.changes == before
    bring(PARALLEL, path=str(tmp_path / "a.tsv"), max_ratio=50)
    assert len(harvest) == 2


@pytest.mark.parametrize(
    ("source", "target", "reason"),
    [
        ("", "空", "one side is empty"),
        ("OK", "OK", "both sides are the same"),
        ("Yes.", "是的，我们已经把您的包裹交给了承运商，请耐心等待。", "times longer"),
        ("我的包裹到哪了？", "我的包裹在哪里？", "not en but zh"),
        ("Where is my parcel?", "Where is the parcel of mine?", "not zh but en"),
        (
            "Ich habe mein Paket noch nicht bekommen und möchte mein Geld zurück.",
            "我还没有收到我的包裹，我想把钱要回来。",
            "not en but de",
        ),
        ("Where is my parcel?", "我的包裹到哪了？", None),
        ("The iPhone 15 Pro Max is out of stock.", "iPhone 15 Pro Max 缺货。", None),
    ],
)
def test_a_pair_that_is_no_translation_has_its_reason(
    source: str, target: str, reason: str | None
) -> None:
    found = reason_against(source, target, ParallelSettings(path="a.tsv"))
    assert (found is None) if reason is None else (found is not None and reason in found)


def test_files_of_different_lengths_are_refused_and_nothing_of_them_stays_hidden(
    tmp_path: Path, bring: Bring
) -> None:
    (tmp_path / "a.en").write_text("one\ntwo\nthree\n")
    (tmp_path / "a.zh").write_text("一\n二\n", "utf-8")
    with pytest.raises(InputError, match=r"a\.en has more lines.*ends after line 2"):
        bring(PARALLEL, source=str(tmp_path / "a.en"), target=str(tmp_path / "a.zh"))


def test_a_line_that_cannot_be_read_moves_no_other(
    tmp_path: Path, harvest: Harvest, bring: Bring
) -> None:
    (tmp_path / "a.en").write_bytes(b"Where is my parcel?\n\xff\xff\nI want my money back.\n")
    (tmp_path / "a.zh").write_text("我的包裹到哪了？\n二\n我要退款。\n", "utf-8")
    (said,) = bring(PARALLEL, source=str(tmp_path / "a.en"), target=str(tmp_path / "a.zh"))
    assert "line 2: broken UTF-8" in said
    assert pairs(harvest) == set(PAIRS)


@pytest.mark.parametrize(
    "declared",
    ['<!ENTITY a "aaaaaaaaaa">', '<!ENTITY a SYSTEM "file:///etc/passwd">', '<!ENTITY % p "x">'],
)
def test_a_translation_memory_that_declares_entities_is_refused(
    tmp_path: Path, harvest: Harvest, bring: Bring, declared: str
) -> None:
    text = TMX.replace('SYSTEM "tmx14.dtd"', f"[{declared}]").replace("Alone.", "&a;")
    (tmp_path / "a.tmx").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="declares an entity"):
        bring(PARALLEL, path=str(tmp_path / "a.tmx"))
    assert b"root:" not in b"".join(p.read_bytes() for p in harvest.folder.iterdir())


def test_a_cut_translation_memory_gives_what_is_whole(
    tmp_path: Path, harvest: Harvest, bring: Bring
) -> None:
    (tmp_path / "a.tmx").write_text(TMX.partition('<tu><tuv xml:lang="en"><seg>Alone')[0], "utf-8")
    (said,) = bring(PARALLEL, path=str(tmp_path / "a.tmx"))
    assert "no TMX that can be read" in said
    assert pairs(harvest) == set(PAIRS)


def test_a_file_of_which_every_pair_is_passed_over_is_an_error_with_the_reasons(
    tmp_path: Path, bring: Bring
) -> None:
    (tmp_path / "a.tsv").write_text("我的包裹\tparcel\n退款\trefund\n", "utf-8")
    with pytest.raises(InputError, match="every pair was passed over") as caught:
        bring(PARALLEL, path=str(tmp_path / "a.tsv"))
    assert caught.value.faults == ("2 x a side is not en but zh",)


@pytest.mark.parametrize(
    ("own", "fault"),
    [
        ({}, "either path, or source and target"),
        ({"path": "a.tsv", "source": "a.en", "target": "a.zh"}, "either path"),
        ({"source": "a.en"}, "come in pairs"),
        ({"path": "a.docx"}, "ends in .tsv or .tmx"),
    ],
)
def test_files_that_are_named_in_no_known_form_are_told(own: dict[str, str], fault: str) -> None:
    with pytest.raises(ValidationError, match=fault):
        ParallelSettings(**own)


@pytest.mark.shared
def test_of_true_translations_nearly_all_stay(shared: Path) -> None:
    """Tatoeba's pairs are people's translations: a filter that drops many of them is wrong."""
    path = shared / "tatoeba-en-zh" / "test.jsonl"
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    settings = ParallelSettings(path="a.tsv")
    kept = [reason_against(row["source"], row["target"], settings) is None for row in rows]
    assert sum(kept) / len(kept) > 0.97


@pytest.mark.parametrize(
    ("text", "stated", "found"),
    [
        ("Louis Vuitton Beijing 路", "en", ""),
        ("Wie kann ich meine Bestellung stornieren 退货", "de", ""),
        ("Galaxy Watch Ultra 退貨", "en", "zh"),
    ],
)
def test_a_chinese_word_in_a_text_makes_no_other_language(
    text: str, stated: str, found: str
) -> None:
    assert parallel._language_fault(text, stated) == found
