from __future__ import annotations

import itertools
import json
import random
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.data.clean.conftest import chinese, english

from chainring.contracts.dataset import SPLITS, Dataset, Row
from chainring.contracts.errors import InputError
from chainring.contracts.label import Label
from chainring.contracts.record import Record
from chainring.data.settings import DataSettings
from chainring.text.near import MIN_FOLDED_LENGTH, jaccard, shingles
from chainring.text.normalise import fold

THINGS = (
    "coat shoes lamp skirt kettle towel boots belt gloves blanket pillow mirror carpet curtain "
    "saucepan umbrella backpack sandals jumper scarf"
).split()
ZH = (
    "外套 鞋子 台灯 裙子 水壶 毛巾 靴子 皮带 手套 毯子 "
    "枕头 镜子 地毯 窗帘 炒锅 雨伞 背包 凉鞋 毛衣 围巾"
).split()
ROWS = (
    [(f"where on earth is the {thing} that I ordered", "track") for thing in THINGS]
    + [(f"我买的{thing}到底什么时候才能送到我家", "track") for thing in ZH]
    + [(f"please take back this {thing}, it does not suit me", "return") for thing in THINGS]
    + [(f"这个{thing}不合适，我想办理退货退款", "return") for thing in ZH]
)


def by_split(rows: list[Row]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {split: set() for split in SPLITS}
    for row in rows:
        found[row.split].add(row.text)
    return found


def test_every_row_is_in_one_split_and_traces_to_its_record_and_label(workshop: Any) -> None:
    workshop.write_rows("help.jsonl", ROWS)
    made = workshop.records()
    data = workshop.dataset()
    rows = workshop.rows(data)
    records = {one.id: one for one in workshop.read(Record, made)}
    labels = {one.id: one for one in workshop.read(Label, workshop.labels(made))}
    assert Counter(row.split for row in rows) == {k: n for k, n in data.splits.items() if n}
    assert len(rows) + sum(data.counts.values()) == len(ROWS)
    for row in rows:
        assert records[row.records[0]].text == row.text
        assert {labels[name].value for name in row.labels} == {row.label}
    assert data.labels == ("return", "track")
    assert data.languages == ("en", "zh")
    assert data.licences == ("unstated",)


def test_the_same_input_gives_the_same_tree(workshop: Any) -> None:
    workshop.write_rows("help.jsonl", ROWS)
    assert workshop.dataset() == workshop.dataset()


def test_the_suite_changes_with_its_rows_and_not_with_the_training_rows(
    workshop: Any, correction: Any
) -> None:
    workshop.write_rows("test.jsonl", ROWS[::4])
    workshop.write_rows("train.jsonl", ROWS[1::4] + ROWS[2::4])
    before = workshop.dataset()
    more = [correction(1, "kindly tell me where my delivery has gone", "track")]
    trained = workshop.dataset(more)
    assert (trained.suite, trained.training != before.training) == (before.suite, True)
    judged = workshop.dataset([correction(2, "is it lost or what", "track", part="holdout")])
    assert judged.suite != before.suite
    assert judged.training == before.training


def test_given_splits_are_respected_and_the_missing_one_is_drawn_from_training(
    workshop: Any,
) -> None:
    workshop.write_rows("test.jsonl", ROWS[::4])
    workshop.write_rows("train.jsonl", ROWS[1::4] + ROWS[2::4] + ROWS[3::4])
    data = workshop.dataset()
    found = by_split(workshop.rows(data))
    assert found["test"] == {text for text, _ in ROWS[::4]}
    assert data.splits["validation"] > 0


def test_a_frozen_test_is_never_thinned(workshop: Any) -> None:
    twice = [("Where is it?", "track"), ("where is it", "track"), ("where is it", "return")]
    workshop.write_rows("test.jsonl", twice)
    workshop.write_rows("train.jsonl", [*ROWS, ("Where is it??", "track")])
    data = workshop.dataset()
    assert data.splits["test"] == 3
    assert data.counts["near-duplicate of a test row"] == 1


def test_a_correction_is_trained_on_and_neither_chosen_nor_judged_by(
    workshop: Any, correction: Any
) -> None:
    workshop.write_rows("help.jsonl", ROWS)
    said = [
        correction(
            i,
            f"my {thing} has not turned up yet, why",
            "track",
            author=f"user {i}",
            episode=f"e{i}",
        )
        for i, thing in enumerate(THINGS)
    ]
    workshop.settings = DataSettings(feedback_weight=2.5, min_jaccard=0.99)
    rows = [row for row in workshop.rows(workshop.dataset(said)) if row.source == "feedback"]
    assert len(rows) == len(said)
    assert {row.split for row in rows} == {"train"}
    assert {row.weight for row in rows} == {2.5}
    assert rows[0].feedback == ("pred_0", "fb_0")
    assert (rows[0].author, rows[0].episode) == ("user 0", "e0")


@pytest.mark.parametrize("part", ["holdout", "reacted"])
def test_rows_of_the_holdout_are_kept_apart(workshop: Any, correction: Any, part: str) -> None:
    workshop.write_rows("help.jsonl", ROWS)
    said = [
        correction(i, f"问题{thing}没收到怎么回事", "track", part=part)
        for i, thing in enumerate(ZH)
    ]
    rows = [row for row in workshop.rows(workshop.dataset(said)) if row.source == "feedback"]
    assert rows
    assert {row.split for row in rows} == {part}


def test_a_label_seen_once_is_left_out_with_a_sentence_and_the_turn_goes_on(workshop: Any) -> None:
    workshop.write_rows("help.jsonl", [*ROWS, ("do you sell gift cards", "gift_card")])
    data = workshop.dataset()
    assert data.counts["label 'gift_card' has 1 row; at least 2 needed"] == 1
    assert data.labels == ("return", "track")
    (dropped,) = [one for one in workshop.dropped(data.address) if "gift_card" in one["reason"]]
    assert dropped["locator"] == f"line {len(ROWS) + 1}"


def test_very_many_rare_labels_are_told_in_one_reason(workshop: Any) -> None:
    rare = [
        (f"{thing}{word}", f"{word} {thing}") for word in ("洗法", "材质", "产地") for thing in ZH
    ]
    workshop.write_rows("help.jsonl", [*ROWS, *rare])
    data = workshop.dataset()
    assert data.counts["a label with fewer than 2 rows"] == len(rare)


def test_every_label_that_stays_has_a_row_to_train_on(workshop: Any) -> None:
    few = [(f"{thing} of label {i // 2}, {text}", f"label {i // 2}")
           for i, (thing, text) in enumerate(zip(THINGS * 2, ZH * 2, strict=True))]  # fmt: skip
    workshop.write_rows("help.jsonl", [*ROWS, *few])
    data = workshop.dataset()
    rows = workshop.rows(data)
    learnt = {row.label for row in rows if row.split == "train"}
    assert {row.label for row in rows} == learnt == set(data.labels)
    fallen = [reason for reason in data.counts if "fell to the test alone" in reason]
    assert len(learnt) + len(fallen) == 2 + len({label for _, label in few})


def test_a_given_test_row_of_an_unknown_label_stays_and_is_told(workshop: Any) -> None:
    workshop.write_rows("test.jsonl", [("can I pay by cheque", "payment"), *ROWS[:4]])
    workshop.write_rows("train.jsonl", ROWS[4:])
    data = workshop.dataset()
    assert "payment" in {row.label for row in workshop.rows(data, "test")}
    assert "payment" not in data.labels
    card = (workshop.trees.open(data.address) / "card.md").read_text(encoding="utf-8")
    assert "judged and never learnt: payment" in card


def test_a_handful_of_rows_still_has_some_to_choose_by(workshop: Any) -> None:
    workshop.write_rows("help.jsonl", ROWS[:6] + ROWS[40:46])
    workshop.settings = DataSettings(validation_share=0.001, test_share=0.0)
    data = workshop.dataset()
    assert data.splits["validation"] == 1
    assert {row.label for row in workshop.rows(data, "train")} == {"track", "return"}


def test_out_of_scope_goes_through_like_any_label(workshop: Any) -> None:
    chat = [(f"今天{thing}的天气怎么样呀朋友", "out_of_scope") for thing in ZH]
    workshop.write_rows("help.jsonl", [*ROWS, *chat])
    assert "out_of_scope" in workshop.dataset().labels


def test_unlabelled_text_stands_apart_and_none_of_it_is_near_to_a_judge(workshop: Any) -> None:
    workshop.write_rows("test.jsonl", ROWS[::4])
    workshop.write_rows("train.jsonl", ROWS[1::4] + ROWS[2::4])
    workshop.write("notes.txt", f"{ROWS[0][0]}!\nOur shop is open on Sundays\n我们周日也营业\n")
    data = workshop.dataset()
    assert by_split(workshop.rows(data))["unlabelled"] == {
        "Our shop is open on Sundays",
        "我们周日也营业",
    }
    assert data.counts["near-duplicate of a test row"] == 1


def test_without_any_label_a_person_is_told_where_to_begin(workshop: Any) -> None:
    workshop.write("notes.txt", "Where is it?\n我要退货\n")
    with pytest.raises(InputError, match="chainring review"):
        workshop.dataset()


def test_with_one_label_there_is_nothing_to_learn(workshop: Any) -> None:
    workshop.write_rows("help.jsonl", [row for row in ROWS if row[1] == "track"])
    with pytest.raises(InputError, match=r"at least two labels .* found \['track'\]"):
        workshop.dataset()


def test_feedback_that_was_dropped_is_named_so_that_none_is_unaccounted_for(
    workshop: Any, correction: Any
) -> None:
    workshop.write_rows("help.jsonl", ROWS)
    said = [
        correction(1, "where has it gone, tell me now", "track"),
        correction(2, "Where has it gone, tell me now!", "track"),
        correction(3, "what is this", "track", state="pending"),
    ]
    data = workshop.dataset(said)
    named = {name for row in workshop.rows(data) for name in row.feedback}
    named |= {n for one in workshop.dropped(data.address) for n in one.get("feedback", ())}
    assert {"fb_1", "fb_2", "fb_3"} <= named


WORDS = st.sampled_from(
    "where is my big red parcel 我的 包裹 到底 在哪 里呢 now please return it 5 1 👍 👎 +".split()
)
SENTENCES = st.lists(WORDS, min_size=2, max_size=9).map(" ".join)
LABELS = st.sampled_from(["track", "return"])
GIVEN = st.sampled_from(["", "train", "validation", "test"])
PARTS = st.sampled_from(["train", "holdout", "reacted"])


def _made(folder: Path, new_workshop: Any, rows: list[Any], said: list[Record]) -> list[Row]:
    workshop = new_workshop(folder)
    workshop.settings = DataSettings(review_doubtful=False, min_rows_per_label=1)
    more = [dict(zip(("text", "label", "split"), row, strict=False)) for row in rows]
    workshop.write_rows("help.jsonl", [*ROWS, *more])
    found: list[Row] = workshop.rows(workshop.dataset(said))
    return found


@settings(max_examples=25)
@given(
    rows=st.lists(st.tuples(SENTENCES, LABELS, GIVEN), max_size=25),
    said=st.lists(st.tuples(SENTENCES, LABELS, PARTS), max_size=12),
)
def test_no_near_duplicate_ever_stands_in_two_splits(
    rows: list[tuple[str, str, str]],
    said: list[tuple[str, str, str]],
    new_workshop: Any,
    correction: Any,
) -> None:
    feedback = [correction(i, text, value, part=part) for i, (text, value, part) in enumerate(said)]
    with tempfile.TemporaryDirectory() as folder:
        found = _made(Path(folder), new_workshop, rows, feedback)
    seen = [(row.split, fold(row.text), shingles(row.text)) for row in found]
    for (split, one, of_one), (another, other, of_other) in itertools.combinations(seen, 2):
        if split == another:
            continue
        assert one != other
        if min(len(one), len(other)) >= MIN_FOLDED_LENGTH:
            assert jaccard(of_one, of_other) < 0.8
    in_test = Counter(row.text for row in found if row.split == "test")
    assert in_test >= Counter(text for text, _, split in rows if split == "test")
    assert not [row for row in found if row.source == "feedback" and row.split == "test"]


def test_no_conversation_of_the_files_ever_stands_in_two_splits(workshop: Any) -> None:
    """Also where one of its turns is near to what is said in all the others."""
    workshop.settings = DataSettings(test_share=0.4, columns={"episode": "episode"})
    rows = [
        {"text": text, "label": label, "episode": f"chat {n}"}
        for n, (own, label) in enumerate(ROWS)
        for text in (own, f"thank you, I will be at home on day {n} of this month")
    ]
    workshop.write_rows("help.jsonl", rows)
    data = workshop.dataset()
    splits: dict[str, set[str]] = {}
    for row in workshop.rows(data):
        splits.setdefault(row.episode, set()).add(row.split)
    assert len(splits) == len(ROWS)
    assert {len(one) for one in splits.values()} == {1}
    assert 0.2 < data.splits["test"] / sum(data.splits.values()) < 0.6


@settings(max_examples=15)
@given(
    rows=st.lists(st.tuples(SENTENCES, LABELS), max_size=15),
    more=st.lists(st.tuples(SENTENCES, LABELS), max_size=15),
)
def test_a_row_once_drawn_for_the_test_is_never_trained_on_when_rows_are_added(
    rows: list[tuple[str, str]], more: list[tuple[str, str]], new_workshop: Any
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        before = _made(Path(folder), new_workshop, rows, [])
    with tempfile.TemporaryDirectory() as folder:
        after = _made(Path(folder), new_workshop, [*rows, *more], [])
    judged = {row.text for row in before if row.split == "test"}
    assert judged.isdisjoint(row.text for row in after if row.split in ("train", "validation"))


@pytest.mark.shared
def test_banking77_keeps_its_test_whole_and_loses_few_rows(shared: Path, new_workshop: Any) -> None:
    with tempfile.TemporaryDirectory() as folder:
        workshop = new_workshop(Path(folder))
        workshop.settings = DataSettings(path=str(shared / "banking77"))
        data: Dataset = workshop.dataset()
        rows = workshop.rows(data)
    assert len(data.labels) == 77
    assert data.splits["test"] == 3080
    assert sum(data.splits.values()) + sum(data.counts.values()) == 13083
    assert data.splits["validation"] / data.splits["train"] == pytest.approx(0.11, abs=0.015)
    assert sum(data.counts.values()) < 600
    judged = {fold(row.text) for row in rows if row.split == "test"}
    assert judged.isdisjoint(fold(row.text) for row in rows if row.split != "test")


def test_what_users_did_not_want_stands_beside_what_they_did(
    workshop: Any, correction: Any
) -> None:
    workshop.settings = DataSettings.model_validate({"task": "generation", "min_jaccard": 1.0})
    lines = [{"text": f"写给{thing}的信", "target": f"{thing}，您好"} for thing in ZH]
    workshop.write_rows("letters.jsonl", lines)
    written = {"author_kind": "user", "part": "train"}
    said = [
        correction(1, "a letter to Ann", "", **written, target="Dear Ann", rejected="go away"),
        correction(2, "a letter to Bob", "", **written, rejected="go away"),
        correction(3, "写给小王的信", "", **written, target="小王，您好"),
        correction(4, "a letter to Cid", "", **written, rejected="no", state="pending"),
        correction(5, "a letter to Dan", "", **written, target="Dear Dan", rejected="Dear Dan"),
    ]
    data = workshop.dataset(said)
    found = {row.text: row for row in workshop.rows(data, "train") if row.feedback}
    assert {text: (row.target, row.rejected) for text, row in found.items()} == {
        "a letter to Ann": ("Dear Ann", "go away"),
        "a letter to Bob": ("", "go away"),
        "写给小王的信": ("小王，您好", ""),
        "a letter to Dan": ("Dear Dan", ""),
    }
    assert found["a letter to Bob"].feedback == ("pred_2", "fb_2")
    assert data.counts["waits for a review"] == 1
    without = workshop.dataset(said[:1])
    assert without.training != data.training


def test_two_unwanted_answers_to_one_text_are_two_rows(workshop: Any, correction: Any) -> None:
    workshop.settings = DataSettings.model_validate({"task": "generation", "min_jaccard": 1.0})
    lines = [{"text": f"写给{thing}的信", "target": f"{thing}，您好"} for thing in ZH]
    workshop.write_rows("letters.jsonl", lines)
    written = {"author_kind": "user", "part": "train", "target": "Dear Ann"}
    said = [
        correction(n, "a letter to Ann", "", **written, rejected=text)
        for n, text in enumerate(("go away", "走开", "go away"))
    ]
    rows = [row for row in workshop.rows(workshop.dataset(said), "train") if row.feedback]
    assert sorted((row.rejected, len(row.records)) for row in rows) == [("go away", 2), ("走开", 1)]


RULES = {
    "en": "You are the friendly assistant of a shop of bicycles. Answer briefly, politely, never "
    "promise a refund, never ask for a password, and pass every complaint on to a person.",
    "zh": "你是一家自行车商店的客服助手。请简短礼貌地回答，不要承诺退款，不要索要密码，"
    "所有投诉都转给人工客服。办公时间是工作日九点到五点，节假日不上班，请耐心等待。",
}


def _spoken(text: str, *, system: str = "") -> str:
    first = [{"role": "system", "content": system}] if system else []
    said = [*first, {"role": "user", "content": text}]
    return json.dumps(said, ensure_ascii=False)


def test_conversations_are_compared_by_what_is_said_in_them_and_not_by_their_beginning(
    workshop: Any,
) -> None:
    workshop.settings = DataSettings(task="dialogue")
    said = [
        (_spoken(text, system=RULES["zh" if "我" in text or "这" in text else "en"]), text)
        for text, _ in ROWS
    ]
    said += [(_spoken("退款"), "好的。"), (_spoken("退货"), "好的。")]
    workshop.write_rows(
        "talks.jsonl", [{"text": text, "target": f"reply to {n // 2}: {words}"}
                        for n, (text, words) in enumerate(said)]
    )  # fmt: skip
    plain = [{"text": text, "target": f"reply to {n}"} for n, (text, _) in enumerate(ROWS)]
    data = workshop.dataset()
    assert sum(data.splits.values()) == len(said)
    assert data.splits["train"] > len(said) / 2
    assert min(data.splits["test"], data.splits["validation"]) > 0
    groups = Counter(row.group for row in workshop.rows(data))
    workshop.write_rows("talks.jsonl", plain)
    alone = Counter(row.group for row in workshop.rows(workshop.dataset()))
    assert sorted(groups.values()) == sorted([*alone.values(), 1, 1])


NOTES = [" ".join(english(random.Random(n), words=120).split()) for n in range(30)] + [
    chinese(random.Random(n), characters=300) for n in range(30)
]
FOUND = ("diabetes", "asthma", "a fever", "a cough", "no pain", "anaemia")


def test_what_is_said_of_one_long_text_stays_whole_and_in_one_split(workshop: Any) -> None:
    workshop.settings = DataSettings(task="inference")
    rows = [
        {"text": note, "pair": f"The patient has {what}.", "label": ("yes", "no")[n % 2]}
        for n, note in enumerate(NOTES)
        for what in FOUND
    ]
    workshop.write_rows("notes.jsonl", rows)
    data = workshop.dataset()
    assert data.counts == {}
    found = workshop.rows(data)
    splits = {note: {row.split for row in found if row.text == note} for note in NOTES}
    assert {len(one) for one in splits.values()} == {1}
    assert 0.02 <= data.splits["test"] / len(rows) <= 0.35


def test_of_pairs_one_goes_only_where_both_texts_are_near(workshop: Any) -> None:
    workshop.settings = DataSettings(task="matching", min_rows_per_label=1)
    asked = "would you please tell me where on earth the parcel that I ordered is by now"
    rows = [
        {"text": NOTES[0], "pair": asked, "label": "same"},
        {"text": NOTES[0], "pair": f"{asked}?!", "label": "same"},
        {"text": NOTES[0], "pair": f"{asked} please", "label": "same"},
        {"text": f"{NOTES[0]} and so on", "pair": f"{asked} then", "label": "same"},
        {"text": NOTES[0], "pair": "short", "label": "same"},
        {"text": f"{NOTES[0]} and so on", "pair": "shirt", "label": "same"},
        {"text": NOTES[1], "pair": NOTES[2], "label": "other"},
    ]
    workshop.write_rows("pairs.jsonl", rows)
    data = workshop.dataset()
    assert data.counts == {"exact duplicate": 1, "near-duplicate": 2}
    assert {row.pair for row in workshop.rows(data)} == {asked, "short", "shirt", NOTES[2]}


@pytest.mark.parametrize("part", ["train", "holdout", "reacted"])
@pytest.mark.parametrize("task", ["question-answering", "classification"])
def test_what_a_user_asked_is_no_article_and_no_unlabelled_text(
    workshop: Any, correction: Any, part: str, task: Any
) -> None:
    """A person accepted that nothing was answered: the question must reach no other user."""
    workshop.settings = DataSettings(task=task, min_rows_per_label=1, review_doubtful=False)
    says = "target" if task == "question-answering" else "label"
    rows = [
        {"text": f"what does {note}", "pair": note, says: f"answer {n}"}
        for n, note in enumerate(NOTES)
    ]
    if says == "label":
        rows = [{"text": one["text"], says: f"l{n % 2}"} for n, one in enumerate(rows)]
    workshop.write_rows("rows.jsonl", rows)
    accepted = Label(
        id="lab_1", app="shop", record="pred_1", value="", author="kim", author_kind="person",
        state="accepted", at=1.0,
    )  # fmt: skip
    data = workshop.dataset(
        [correction(1, "who discovered penicillin", "", part=part)], (accepted,)
    )
    found = workshop.rows(data)
    assert not [row for row in found if row.source == "feedback"]
    assert data.counts["says no label"] == 1


def test_articles_stay_however_near_they_are_to_a_question_or_to_each_other(
    workshop: Any,
) -> None:
    workshop.settings = DataSettings(task="question-answering")
    articles = [f"{note} That costs {n} euros." for n, note in enumerate(NOTES[:20] + NOTES[30:])]
    prices = [f"On Monday the boat to the island leaves at {n} and costs 5." for n in range(10, 15)]
    rows = [{"text": one} for one in (*articles, *prices, f"{articles[0]}!")]
    rows += [
        {"text": f"what does {what} cost in article {n}", "pair": one, "target": f"{n} euros"}
        for n, one in enumerate(articles)
        for what in ("the first thing", "delivery")
    ]
    rows.append({"text": "what is said in full", "target": articles[1]})
    workshop.write_rows("articles.jsonl", rows)
    data = workshop.dataset()
    found = workshop.rows(data)
    assert {row.text for row in found if row.split == "unlabelled"} == {*articles, *prices}
    assert data.counts == {"exact duplicate": 1}
    assert len(found) == len(rows) - 1
    for one in articles:
        assert len({row.split for row in found if row.pair == one}) == 1
    asked = len(rows) - len(articles) - len(prices) - 1
    assert 0.02 <= data.splits["test"] / asked <= 0.35


def test_all_preferences_about_one_prompt_stand_in_one_split(workshop: Any) -> None:
    workshop.settings = DataSettings(task="preference")
    rows = [
        {"text": text, "target": f"good {n}: {text}", "pair": f"{FOUND[n]}: {other}"}
        for (text, _), (other, _) in zip(ROWS, reversed(ROWS), strict=True)
        for n in range(4)
    ]
    rows += [{**row, "pair": "not wanted either"} for row in rows[::8]]
    workshop.write_rows("liked.jsonl", rows)
    data = workshop.dataset()
    found = workshop.rows(data)
    assert data.counts == {}
    assert len(found) == len(rows)
    for text, _ in ROWS:
        same = [row for row in found if row.text == text]
        assert len({(row.split, row.group) for row in same}) == 1
    assert 0 < data.splits["test"] / len(rows) <= 0.35
