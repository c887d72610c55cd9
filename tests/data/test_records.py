from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chainring.contracts.errors import InputError
from chainring.contracts.forgotten import author_mark, record_mark, subject_mark
from chainring.contracts.ids import keyed
from chainring.contracts.record import Record
from chainring.data.records import _seconds
from chainring.data.settings import DataSettings
from chainring.text.prepare import prepare


def made(workshop: Any) -> list[Record]:
    return list(workshop.read(Record, workshop.records()))


def test_a_row_becomes_a_record_with_its_papers(workshop: Any) -> None:
    workshop.write_rows(
        "help.jsonl", [("Where is my parcel?", "track"), ("我的包裹到哪了？", "track")]
    )
    english, chinese = made(workshop)
    assert (english.text, english.language) == ("Where is my parcel?", "en")
    assert (chinese.text, chinese.language) == ("我的包裹到哪了？", "zh")
    assert chinese.source == "data/help.jsonl"
    assert chinese.locator == "line 2"
    assert (chinese.licence, chinese.consent) == ("unstated", "owner")
    assert chinese.fields == {"label": "track"}
    assert english.id != chinese.id
    assert english.subject is None


def test_columns_of_a_row_stand_in_its_record(workshop: Any) -> None:
    row = {
        "text": "Wo ist mein Paket?",
        "label": "track",
        "language": "de-DE",
        "licence": "CC-BY-4.0",
        "consent": "training",
        "subject": "customer 7",
        "author": "eva",
        "protected": "65+",
        "split": "dev",
        "id": "q-17",
    }
    workshop.write_rows("help.jsonl", [row])
    (record,) = made(workshop)
    assert (record.language, record.licence, record.consent) == ("de", "CC-BY-4.0", "training")
    assert record.locator == "id q-17"
    assert record.fields == {
        "label": "track",
        "split": "validation",
        "author": "eva",
        "protected": "65+",
    }
    assert record.subject is not None
    assert "customer" not in record.subject


def test_rows_of_one_conversation_share_a_key_that_tells_nothing_of_its_name(
    workshop: Any,
) -> None:
    named = [("13912345678", 1), (" 13912345678", 2), ("13912345679", 3), ("", 4)]
    rows = [{"text": f"row {n}", "label": "a", "chat": name} for name, n in named]
    workshop.settings = DataSettings.model_validate({"columns": {"episode": "chat"}})
    workshop.write_rows("help.jsonl", rows)
    workshop.write_rows("more.jsonl", [{**rows[0], "text": "it goes on"}])
    first, second, other, none, further = made(workshop)
    assert first.episode == second.episode == further.episode != other.episode
    assert (none.episode, none.fields) == ("", {"label": "a"})
    assert not [one for one in (first, other) if "1391234567" in str(one.fields)]


def test_text_is_normalised_and_personal_data_never_reaches_the_store(
    workshop: Any, tmp_path: Path
) -> None:
    workshop.write_rows(
        "help.jsonl",
        [
            {
                "text": "Ｃall　me: 13912345678，邮箱zhang@qq.com谢谢",
                "label": "track",
                "author": "zhang@qq.com",
                "id": "13912345678",
                "subject": "zhang@qq.com",
            },
            {"text": "", "label": "x", "id": "li@qq.com"},
        ],
    )
    record, *_ = made(workshop)
    assert record.text == "Call me: [phone]，邮箱[email]谢谢"
    kept = b"".join(p.read_bytes() for p in (tmp_path / "store").rglob("*") if p.is_file())
    assert b"13912345678" not in kept
    assert b"zhang@qq.com" not in kept


CHINESE = "包裹到哪里了，身份证110101199003074477，密码：abc0xyz9"
CLEAN = '[{"role": "user", "content": "包裹到哪里了，身份证[id]，密码：[secret]"}]'


def chat(content: str, **spelling: Any) -> str:
    return json.dumps([{"role": "user", "content": content}], **spelling)


@pytest.mark.parametrize("spelling", [{}, {"ensure_ascii": False}, {"separators": (",", ":")}])
def test_a_conversation_is_prepared_message_by_message_however_it_is_written(
    workshop: Any, spelling: dict[str, Any]
) -> None:
    workshop.settings = DataSettings(task="dialogue")
    workshop.write_rows("help.jsonl", [{"text": chat(CHINESE, **spelling), "target": "今天到"}])
    (record,) = made(workshop)
    assert (record.text, record.language) == (CLEAN, "zh")


def test_a_conversation_that_is_none_is_a_fault_of_its_line(workshop: Any) -> None:
    """It would be learnt as what one user says, brackets and all."""
    workshop.settings = DataSettings(task="dialogue")
    broken = {
        '[{"role":"user","content":"broken"': "broken JSON: Expecting ',' delimiter at character",
        '[{"role":"bot","content":"你好"}]': "message 1 of the conversation has the role 'bot'",
        '[{"role":"user","content":"a"},{"role":"user"}]': "message 2 of the conversation has no",
        '[{"content":"a"}, 1]': "message 1 of the conversation has no",
        " []": "the conversation has no messages",
        '[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]': "the assistant's",
        '[{"role":"system","content":"短"}]': "the system's",
    }
    pasted = ["[sic] 包裹呢？", "[1] see above", "[{order}] 呢？", '[{"id": 17}]', "[{}, 1]"]
    good = ['[{"role":"user","content":"Hi"}]', "物流", *pasted]
    rows: list[dict[str, object]] = [{"text": one, "target": "ok"} for one in (*good, *broken)]
    workshop.write_rows("chats.jsonl", rows)
    with pytest.raises(InputError) as caught:
        workshop.records()
    faults = caught.value.faults
    assert len(faults) == len(broken)
    for number, (said, fault) in enumerate(zip(broken.values(), faults, strict=True), 8):
        assert f"line {number}" in fault
        assert said in fault
    workshop.settings = DataSettings(task="generation")
    assert workshop.records().rows == len(rows)


def test_a_conversation_that_teaches_no_reply_may_be_whole(workshop: Any) -> None:
    workshop.settings = DataSettings(task="dialogue", unlabelled=("data/old",))
    whole = json.dumps([{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Yes"}])
    workshop.write_rows("a.jsonl", [{"text": "Where is it?", "target": "Soon"}, {"text": whole}])
    workshop.write_rows("old/b.jsonl", [{"text": whole.replace("Hi", "Hello")}])
    workshop.write("notes.txt", whole.replace("Hi", "你好") + "\n")
    assert len(made(workshop)) == 4


def test_an_instruction_in_english_makes_no_chinese_conversation_english(workshop: Any) -> None:
    workshop.settings = DataSettings(task="dialogue")
    system = {"role": "system", "content": "Answer in one short and friendly sentence."}
    for content in ("退款", "I want a refund"):
        turns = [system, {"role": "user", "content": content}]
        workshop.write_rows(
            f"{content}.jsonl", [{"text": json.dumps(turns), "target": "Certainly, 好的"}]
        )
    assert sorted(record.language for record in made(workshop)) == ["en", "zh"]


def test_a_conversation_forgotten_by_its_older_id_stays_away(workshop: Any) -> None:
    workshop.settings = DataSettings(task="dialogue")
    text = chat(CHINESE)
    rows = [{"text": text, "target": "今天到"}, {"text": chat("Hello"), "target": "Hi"}]
    workshop.write_rows("help.jsonl", rows)
    content = keyed(workshop.work.secret, "content", prepare(text, as_one=True))
    place = keyed(workshop.work.secret, "place", "data/help.jsonl", "", content)
    older = "rec_" + keyed(workshop.work.secret, "record", f"{place} 1")
    workshop.guard = replace(workshop.guard, forgotten=(record_mark(older, None),))
    assert [record.text for record in made(workshop)] == [chat("Hello")]


BY_OTHER_RULES = "meet me at 12 The Green, Oxford OX1 1AA"


@pytest.mark.parametrize("older", [{"redacted": False}, {"rules": "redact.v1"}])
def test_what_was_forgotten_by_older_rules_of_redaction_stays_away(
    workshop: Any, older: dict[str, Any]
) -> None:
    rows = [(BY_OTHER_RULES, "x"), ("Where is it?", "y")]
    workshop.write_rows("a.jsonl", rows)
    assert prepare(BY_OTHER_RULES, **older) != prepare(BY_OTHER_RULES)
    content = keyed(workshop.work.secret, "content", prepare(BY_OTHER_RULES, **older))
    place = keyed(workshop.work.secret, "place", "data/a.jsonl", "", content)
    mark = record_mark("rec_" + keyed(workshop.work.secret, "record", f"{place} 1"), None)
    kept = [record.id for record in made(workshop)]
    workshop.guard = replace(workshop.guard, forgotten=(mark,))
    assert [record.id for record in made(workshop)] == kept[1:]


@pytest.mark.parametrize("redacts", [True, False])
def test_a_conversation_forgotten_by_older_rules_stays_away_whether_or_not_texts_are_redacted_now(
    workshop: Any, redacts: bool
) -> None:
    workshop.settings = DataSettings(task="dialogue")
    text = chat(f"ann@x.org {BY_OTHER_RULES}")
    workshop.write_rows("a.jsonl", [{"text": text, "target": "Yes"}])
    older = prepare(text, as_one=True, rules="redact.v1")
    content = keyed(workshop.work.secret, "content", older)
    place = keyed(workshop.work.secret, "place", "data/a.jsonl", "", content)
    mark = record_mark("rec_" + keyed(workshop.work.secret, "record", f"{place} 1"), None)
    workshop.guard = replace(workshop.guard, redact=redacts, forgotten=(mark,))
    with pytest.raises(InputError, match="no row of the data can be used"):
        made(workshop)


def test_an_author_forgotten_by_either_form_of_the_name_stays_away(workshop: Any) -> None:
    """Which names hold personal data, and are kept as a hash, has changed with the rules."""
    rows = [{"text": "a", "label": "x", "author": "ann@x.org"}, {"text": "b", "label": "y"}]
    workshop.write_rows("a.jsonl", rows)
    mark = author_mark("ann@x.org", workshop.work.secret)
    workshop.guard = replace(workshop.guard, forgotten=(mark,))
    assert [record.text for record in made(workshop)] == ["b"]


def test_without_redaction_the_text_is_only_normalised(workshop: Any) -> None:
    workshop.guard = replace(workshop.guard, redact=False)
    workshop.write_rows("help.jsonl", [("write to　a@b.com", "x")])
    assert made(workshop)[0].text == "write to a@b.com"


def test_two_who_wrote_the_same_have_two_records_with_one_content_digest(workshop: Any) -> None:
    workshop.write_rows("a.jsonl", [("Where is it?", "track"), ("Where is it?", "track")])
    workshop.write_rows("b.jsonl", [("Where is it?", "track")])
    found = made(workshop)
    assert len({record.id for record in found}) == 3
    assert len({record.digest for record in found}) == 1
    assert len({record.group for record in found}) == 1


def test_a_row_put_in_at_the_top_changes_no_other_id(workshop: Any) -> None:
    rows = [("Where is it?", "track"), ("我要退货", "return"), ("Where is it?", "track")]
    workshop.write_rows("a.jsonl", rows)
    before = [record.id for record in made(workshop)]
    workshop.write_rows("a.jsonl", [("Hello", "hello"), *rows])
    assert [record.id for record in made(workshop)][1:] == before


def test_ids_and_digests_cannot_be_found_by_trial_without_the_key(workshop: Any) -> None:
    workshop.write_rows("a.jsonl", [("13912345678", "x")])
    before = made(workshop)[0]
    workshop.work = replace(workshop.work, secret=b"another key")
    after = made(workshop)[0]
    assert {before.id, before.digest, before.group}.isdisjoint(
        {after.id, after.digest, after.group}
    )


def test_the_same_source_gives_the_same_tree(workshop: Any) -> None:
    workshop.write_rows("a.jsonl", [("Where is it?", "track"), ("", "x")])
    assert workshop.records() == workshop.records()


def test_rows_that_cannot_be_used_are_dropped_with_reason_and_place(workshop: Any) -> None:
    workshop.settings = DataSettings(max_characters=20)
    workshop.guard = replace(workshop.guard, allowed_consents=("training", "owner"))
    workshop.write_rows(
        "a.jsonl",
        [
            ("fine", "x"),
            (" \u200b\n", "x"),
            {"label": "x"},
            ("长" * 21, "x"),
            {"text": "private", "label": "x", "consent": "none"},
        ],
    )
    table = workshop.records()
    assert table.rows == 1
    assert table.counts == {
        "consent not allowed: none": 1,
        "empty text": 2,
        "longer than 20 characters": 1,
    }
    dropped = workshop.dropped(table.address)
    assert [one["locator"] for one in dropped] == ["line 2", "line 3", "line 4", "line 5"]
    assert "private" not in json.dumps(dropped)


def test_a_refusal_in_any_dress_becomes_no_record(workshop: Any) -> None:
    refusals = ["refused", "Refused", "refused ", "no", False, "ＮＯ", "拒绝", "不同意"]
    rows = [{"text": f"mine {n}", "label": "x", "consent": one} for n, one in enumerate(refusals)]
    workshop.write_rows("a.jsonl", [*rows, ("free", "x")])
    assert [record.text for record in made(workshop)] == ["free"]


def test_a_consent_of_spaces_states_none(workshop: Any) -> None:
    row = {"text": "mine", "label": "x", "consent": " 　"}
    workshop.write_rows("a.jsonl", [row, {**row, "text": "yours", "consent": " training "}])
    assert [record.consent for record in made(workshop)] == ["owner", "training"]


def test_one_person_in_any_dress_is_one_subject(workshop: Any) -> None:
    names = ["Ann", "Ann ", "\u3000Ａｎｎ", "\u200bAnn", " "]
    rows = [{"text": f"mine {n}", "label": "x", "subject": one} for n, one in enumerate(names)]
    workshop.write_rows("a.jsonl", rows)
    *hers, nobody = [record.subject for record in made(workshop)]
    assert set(hers) == {subject_mark("Ann", workshop.work.secret).removeprefix("subject:")}
    assert nobody is None


@pytest.mark.parametrize("kind", ["subject", "record"])
def test_what_an_earlier_version_marked_by_a_name_as_written_stays_away(
    workshop: Any, kind: str
) -> None:
    row = {"text": "mine", "label": "x", "subject": "Ann "}
    workshop.write_rows("a.jsonl", [row, ("free", "x")])
    as_written = subject_mark("Ann ", workshop.work.secret)
    if kind == "record":
        first = made(workshop)[0].id
        as_written = record_mark(first, as_written.removeprefix("subject:"))
    workshop.guard = replace(workshop.guard, forgotten=(as_written,))
    assert [record.text for record in made(workshop)] == ["free"]


def test_a_text_of_a_hundred_thousand_characters_is_read(workshop: Any) -> None:
    workshop.write_rows("a.jsonl", [("物流太久了" * 20_000, "x")])
    assert len(made(workshop)[0].text) == 100_000


def test_a_lone_surrogate_in_json_is_replaced(workshop: Any) -> None:
    workshop.write("a.jsonl", '{"text": "a\\ud800b", "label": "x"}\n')
    assert made(workshop)[0].text == "a\ufffdb"


def test_the_banking77_form_is_read_as_it_is(workshop: Any) -> None:
    workshop.write_rows("test.jsonl", [{"text": "hi", "label": 3, "label_name": "greeting"}])
    assert made(workshop)[0].fields == {"label": "greeting", "split": "test"}


def test_the_projects_own_name_of_out_of_scope_becomes_ours(workshop: Any) -> None:
    workshop.settings = DataSettings(out_of_scope="其他")
    workshop.write_rows("a.jsonl", [("今天天气怎么样", "其他")])
    assert made(workshop)[0].fields["label"] == "out_of_scope"


def test_faults_leave_nothing_in_the_store(workshop: Any, tmp_path: Path) -> None:
    workshop.write_rows("a.jsonl", [("fine", "x")])
    workshop.write("b.jsonl", b'{"text": "\xff"}\n')
    workshop.write("c.csv", "sentence,y\na,b\n")
    with pytest.raises(InputError, match=r"2 faults in 2 file\(s\); nothing was stored") as caught:
        workshop.records()
    assert len(caught.value.faults) == 2
    assert not list((tmp_path / "store").rglob("*.jsonl"))
    assert not list((tmp_path / "store").glob("trees/*/*"))


def test_a_column_of_whole_sentences_is_no_label(workshop: Any) -> None:
    workshop.write_rows("a.jsonl", [("x", "a very long story " * 20)])
    with pytest.raises(InputError, match="name the right column"):
        workshop.records()


def test_data_of_which_nothing_can_be_used_is_an_error(workshop: Any) -> None:
    workshop.write_rows("a.jsonl", [(" ", "x"), ("", "y")])
    with pytest.raises(InputError, match="no row of the data can be used") as caught:
        workshop.records()
    assert caught.value.faults == ("2 x empty text",)


def test_a_language_named_in_words_is_the_language_of_requests(workshop: Any) -> None:
    told = ["english", "英文", "EN", "unknown", "中文", "Chinese"]
    texts = ["Where is it?"] * 4 + ["到了吗？"] * 2
    rows = [
        {"text": text, "label": "x", "language": name}
        for text, name in zip(texts, told, strict=True)
    ]
    workshop.write_rows("a.jsonl", rows)
    assert [record.language for record in made(workshop)] == ["en"] * 4 + ["zh"] * 2


def test_rows_that_hold_nan_are_unlabelled_or_empty(workshop: Any) -> None:
    rows = [{"text": "a", "label": float("nan")}, {"text": float("nan"), "label": "x"}]
    workshop.write_rows("a.jsonl", [*rows, {"text": "b", "label": "x"}])
    assert [record.fields for record in made(workshop)] == [{}, {"label": "x"}]


def test_what_was_dropped_and_what_was_not_read_is_said(workshop: Any) -> None:
    workshop.write_rows("a.jsonl", [("a", "x"), ("", "x"), ("b", "y")])
    for name in ("more.xlsx", "README.md", "old.doc", "b.pdf", "c.pdf"):
        workshop.write(name, "x")
    made(workshop)
    (said,) = workshop.said
    assert said == (
        "records: 2 rows, 1 dropped: empty text 1; "
        "not read: data/b.pdf, data/c.pdf, data/more.xlsx and 1 more"
    )


def test_at_1_numbers_and_signs_make_a_group_and_else_it_is_what_it_was(workshop: Any) -> None:
    texts = ["付款 120 元", "付款 450 元", "Where is it?"]
    workshop.write_rows("a.jsonl", [(text, "x") for text in texts])
    near = [record.group for record in made(workshop)]
    workshop.settings = DataSettings(min_jaccard=1.0)
    exact = [record.group for record in made(workshop)]
    assert near[0] == near[1]
    assert exact[0] != exact[1]
    assert exact[2] == near[2]


@pytest.mark.parametrize(
    ("at", "iso"),
    [("2026/11/23 10:05", "2026-11-23T10:05"), ("2026/1/3", "2026-01-03"),
     ("2026年11月23日", "2026-11-23"), ("2026年11月23日 10时05分", "2026-11-23T10:05"),
     ("2026年1月3日10:05:07", "2026-01-03T10:05:07")],
)  # fmt: skip
def test_times_as_they_are_written_in_china_are_times(at: str, iso: str) -> None:
    assert _seconds(at) == _seconds(iso) is not None
    assert _seconds("2026/13/23") is None
    assert _seconds("11/23/2026") is None
