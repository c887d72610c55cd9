"""dialogue.v1: every common form of a log gives the same questions and answers."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chainring.contracts.errors import InputError
from chainring.data.harvest import DROPPED, FILE, Harvest
from chainring.data.sources.dialogue import DIALOGUE
from chainring.data.sources.roles import side_of
from chainring.data.sources.turns import exchanges

Bring = Callable[..., list[str]]
FORMS: dict[str, dict[str, Any]] = {
    "messages": {
        "messages": [
            {"role": "system", "content": "be kind"},
            {"role": "user", "content": "到哪了？"},
            {"role": "assistant", "content": [{"type": "text", "text": "在途"}]},
        ]
    },
    "conversations": {
        "conversations": [{"from": "human", "value": "到哪了？"}, {"from": "gpt", "value": "在途"}]
    },
    "turns": {
        "turns": [{"speaker": "用户", "text": "到哪了？"}, {"speaker": "客服", "text": "在途"}]
    },
    "dialogue": {"dialogue": [["买家", "到哪了？"], ["卖家", "在途"]]},
    "spoken": {"turns": ["用户：到哪了？", "客服: 在途"]},
}


def write(path: Path, *dialogues: dict[str, Any]) -> Path:
    lines = (json.dumps(one, ensure_ascii=False) + "\n" for one in dialogues)
    path.write_text("".join(lines), encoding="utf-8")
    return path


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_a_log_gives_the_same_pair(
    tmp_path: Path, harvest: Harvest, bring: Bring, form: str
) -> None:
    assert bring(DIALOGUE, path=str(write(tmp_path / "a.jsonl", FORMS[form]))) == []
    ((_, row),) = harvest.rows()
    assert (row["text"], row["answer"]) == ("到哪了？", "在途")
    assert "label" not in row


def test_what_the_dialogue_says_of_itself_goes_to_every_pair(
    tmp_path: Path, harvest: Harvest, bring: Bring
) -> None:
    turns = [
        {"role": who, "content": text}
        for who, text in (
            ("user", "Hi, I am on 13912345678"),
            ("bot", "Hello"),
            ("user", "Where?"),
            ("bot", "Here"),
        )
    ]
    path = write(
        tmp_path / "a.jsonl",
        {
            "messages": turns,
            "customer": "c7",
            "session": "s1",
            "label": "track",
            "at": "2026-11-25",
        },
    )
    bring(DIALOGUE, path=str(path), context_turns=2,
          columns={"subject": "customer", "id": "session"})  # fmt: skip
    rows = dict(harvest.rows())
    shared = {"subject": "c7", "label": "track", "at": "2026-11-25", "episode": "a.jsonl:s1"}
    assert rows == {
        "a.jsonl:s1:1": {"text": "Hi, I am on [phone]", "answer": "Hello",
                          "locator": "a.jsonl line 1, turn 1", **shared},
        "a.jsonl:s1:3": {"text": "Where?", "answer": "Here",
                          "context": "Hi, I am on [phone]\nHello",
                          "locator": "a.jsonl line 1, turn 3", **shared},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("columns", "episodes"),
    [({}, {"a.jsonl:1", "a.jsonl:2"}), ({"episode": "episode"}, {"season 1"})],
)
def test_dialogues_are_one_conversation_where_a_key_is_mapped_as_it_alone(
    tmp_path: Path, harvest: Harvest, bring: Bring, columns: dict[str, str], episodes: set[str]
) -> None:
    """A key `episode` may be of a podcast."""
    both = [{"id": n, "episode": "season 1", **FORMS["spoken"]} for n in (1, 2)]
    other = write(tmp_path / "b.jsonl", {"episode": "season 2", "turns": []})
    paths = (str(write(tmp_path / "a.jsonl", *both)), str(other))
    said = bring(DIALOGUE, path=paths, columns=columns)
    assert [one.endswith('write columns = { episode = "episode" }') for one in said] == [True] * (
        not columns
    )
    assert {row["episode"] for _, row in harvest.rows()} == episodes


def test_a_dialogue_put_in_before_others_changes_none_of_them(
    tmp_path: Path, harvest: Harvest, bring: Bring
) -> None:
    path = tmp_path / "a.jsonl"
    other = {"turns": ["用户：怎么退货", "客服：点这里"]}
    bring(DIALOGUE, path=str(write(path, FORMS["spoken"], other)))
    before = dict(harvest.rows())
    third = {"turns": ["用户：新的", "客服：好"]}
    bring(DIALOGUE, path=str(write(path, third, FORMS["spoken"], other)))
    after = dict(harvest.rows())
    assert after.keys() > before.keys()
    assert len(after) == 3
    assert len({row["episode"] for row in after.values()}) == 3
    bring(DIALOGUE, path=str(write(path, other)))
    assert [row["text"] for _, row in harvest.rows()] == ["怎么退货"]


def test_what_one_side_says_in_several_turns_is_one_and_the_rest_is_counted() -> None:
    turns = [
        "客服：您好",
        "用户：在吗",
        "用户：到哪了",
        "客服：稍等",
        "客服：在途",
        "店长：？",
        3,
        "用户：谢谢",
    ]
    dropped = Counter[str]()
    (found,) = exchanges(turns, dropped=dropped)
    assert (found.question, found.answer, found.turn) == ("在吗\n到哪了", "稍等\n在途", 2)
    assert +dropped == {
        "an answer without a question": 1,
        "a speaker that is not known": 1,
        "a turn of a form that is not known": 1,
        "a question without an answer": 1,
    }


@pytest.mark.parametrize(
    ("customer", "own"),
    [("买家昵称7", "客服"), ("小王子", "小蜜"), ("tb_8723", "售后客服小王"),
     ("sunny day", "Agent 7"), ("13号楼小李", "客服"), ("Timea", "Agent")],
)  # fmt: skip
def test_the_other_of_two_speakers_is_the_one_who_asks(customer: str, own: str) -> None:
    turns = [f"{customer}：到哪了？", "系统：已读", f"{own}：在途"]
    dropped = Counter[str]()
    (found,) = exchanges(turns, answers=["小蜜"], dropped=dropped)
    assert (found.question, found.answer) == ("到哪了？", "在途")
    assert not +dropped


@pytest.mark.parametrize("turns", [
    ["用户：到哪了", "10:30", "用户：在吗"],
    [["客户", "快递到哪了"], ["备注", "客户情绪差, 勿承诺赔偿"], ["客户", "人呢"]],
    ["用户：快递到哪了", "注：客户为VIP"],
    [["user", "Q"], ["critic", "Bad answer"]],
    ["客服：您好", "10:30", "客服：在吗"],
    ["2026-11-23 10:30", "客服：您好"],
    ["2026年11月23日 上午10:30", "客服：您好"],
    ["https://shop.example/1", "客服：请看"],
    *([f"{name}：VIP", "客服：您好"] for name in ("备注", "注", "时间", "Note", "time")),
    *(["客服：在吗", f"{name}：用户已离开", "客服：那我先关闭了"]
      for name in ("系统提示", "系统通知", "温馨提示", "订单号", "快递单号", "地址", "subject",
                   "Order ID", "tool_result", "ipython", "System message")),
    ["智能客服：请问有什么可以帮您", "小美：您好，我是人工客服小美", "智能客服：请评价"],
    ["机器人：正在为您转接人工", "小美：亲，已发出", "机器人：会话已结束"],
    ["bot: Connecting you with a colleague.", "Amy: It left today.", "bot: Goodbye"],
    ["bot: Hi", "Amy: Hello, how may I help you?", "bot: Goodbye"],
])  # fmt: skip
def test_an_answer_is_never_guessed_and_no_time_or_note_asks(turns: list[Any]) -> None:
    assert not list(exchanges(turns, dropped=Counter()))


@pytest.mark.parametrize("turns", [
    ["机器人：您好，可以为您转人工，请问有什么可以帮您", "小王子：转人工", "机器人：好的"],
    ["bot: Hi, how can I help?", "sunny day: I want a human agent", "bot: Sure"],
    ["机器人：正在为您转接人工", "小王子：在吗", "客服小美：在的"],
    ["客服：您好", "138****1234：请问有什么优惠", "客服：有的"],
    ["客服：您好", "等通知的猫：我要找人工客服", "客服：在的"],
])  # fmt: skip
def test_a_customer_with_a_nickname_asks_also_where_a_bot_or_we_speak_first(
    turns: list[str],
) -> None:
    (found,) = exchanges(turns, dropped=Counter())
    assert found.question == turns[1].partition(":" if ": " in turns[1] else "：")[2].strip()


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        ("小王子 10:30：到哪了？", "客服 10:31：在途"),
        ("小王子 10：30：到哪了？", "客服 10：31：在途"),
        ("10:30 小王子：到哪了？", "10:31 客服：在途"),
        ("[10:30] 小王子：到哪了？", "[10:31] 客服：在途"),
        ("2026-11-23 10:30:05 小王子：到哪了？", "2026-11-23 10:31:00 客服：在途"),
        ("小王子 2026/11/23 10:30:05\n到哪了？", "客服 2026/11/23 10:31:00\n在途"),
        ("小王子(10:30)：到哪了？", "客服(10:31)：在途"),
        ("小王子：到哪了？", "客服 上午10:31：在途"),
    ],
)
def test_a_time_beside_the_name_is_no_part_of_what_was_said(asked: str, answered: str) -> None:
    (found,) = exchanges([asked, answered], dropped=Counter())
    assert (found.question, found.answer) == ("到哪了？", "在途")


def test_a_time_that_was_said_stays() -> None:
    (found,) = exchanges(["用户：10:30：能到吗", "客服: 10:45前到"], dropped=Counter())
    assert (found.question, found.answer) == ("10:30：能到吗", "10:45前到")


def test_turns_of_a_colleague_whose_name_is_not_known_are_told(
    tmp_path: Path, harvest: Harvest, bring: Bring
) -> None:
    turns = [
        "用户：到哪了",
        "机器人：正在为您转接人工",
        "小美：已发出",
        "用户：能改吗",
        "小美：可以",
    ]
    path = write(tmp_path / "a.jsonl", {"id": "1", "turns": turns}, {"id": "2", "turns": turns})
    assert bring(DIALOGUE, path=str(path)) == [
        "a.jsonl: 4 of 10 turns beside questions and answers are left out, for who speaks is not "
        "known; most often 小美 (4); name your own side under `answers`"
    ]
    assert bring(DIALOGUE, path=str(path), answers=["小美"]) == []
    assert [row["answer"] for _, row in harvest.rows()][:2] == ["正在为您转接人工\n已发出", "可以"]


def test_a_bystander_or_a_note_now_and_then_is_not_told(tmp_path: Path, bring: Bring) -> None:
    turns = [f"{who}：{number}号到了吗" for number in range(6) for who in ("用户", "客服")]
    path = write(tmp_path / "a.jsonl", {"turns": [*turns, "订单号：7", "订单号：8", "店长：？"]})
    assert bring(DIALOGUE, path=str(path)) == []


def test_times_and_notes_keep_nobody_from_being_the_other_speaker() -> None:
    turns = ["10:30", "小王子：到哪了？", "备注：VIP", "客服：在途"]
    (found,) = exchanges(turns, dropped=Counter())
    assert (found.question, found.answer) == ("到哪了？", "在途")


def test_speakers_who_are_not_known_are_told_and_their_names_are_not_kept(
    tmp_path: Path, harvest: Harvest, bring: Bring
) -> None:
    dialogues = [
        {"turns": [f"张三{number}：到哪了？", "小蜜：在途", "13912345678：嗯"]}
        for number in range(3)
    ]
    path = write(tmp_path / "a.jsonl", *dialogues, FORMS["spoken"])
    (said,) = bring(DIALOGUE, path=str(path))
    assert said == (
        "a.jsonl: 3 of 4 dialogues give nothing, for who speaks is not known; most often "
        "小蜜 (3), [phone] (3); name your own side under `answers`"
    )
    assert json.loads(harvest.state(DROPPED)) == {"a speaker that is not known": 9}
    harvest.commit()
    kept = b"".join(file.read_bytes() for file in harvest.folder.glob(f"{FILE}*"))
    assert "张三".encode() not in kept
    assert bring(DIALOGUE, path=str(path), answers=["小蜜"], asks=["13912345678"]) == [
        "a.jsonl: 3 of 4 dialogues give nothing, for who speaks is not known; name your own side "
        "under `answers`"
    ]


@pytest.mark.parametrize("form", [
    {"聊天记录": [{"说话人": "用户", "话语": "到哪了？"}, {"说话人": "客服", "话语": "在途"}]},
    {"消息": [{"发送人": "买家", "消息": "到哪了？"}, {"发送人": "客服01", "消息": "在途"}]},
])  # fmt: skip
def test_further_chinese_keys_are_known(
    tmp_path: Path, harvest: Harvest, bring: Bring, form: dict[str, Any]
) -> None:
    assert bring(DIALOGUE, path=str(write(tmp_path / "a.jsonl", form))) == []
    ((_, row),) = harvest.rows()
    assert (row["text"], row["answer"]) == ("到哪了？", "在途")


def test_names_of_ones_own_go_before_the_common_ones() -> None:
    assert side_of("Agent") == "answers"
    assert side_of("Agent", asks=["agent"]) == "asks"
    assert side_of("小蜜", answers=["小蜜"]) == "answers"
    told = {"顾客": "asks", "客服：": "answers", "系统": "apart", "路人": "", "用户12": "asks",
            "在线客服小李": "answers", "客户经理": "", "agent-7": "answers",
            "a8888": ""}  # fmt: skip
    assert {one: side_of(one) for one in told} == told


@pytest.mark.parametrize(
    "name",
    [
        "客服投诉者",
        "找客服",
        "用户客服",
        "客户客服",
        "非客服",
        "等待客服的张三",
        "被客服气到的小李",
        "骂客服",
        "转客服",
        "客服太差",
        "请问客服",
        "客服在吗",
        "不满客服",
        "呼叫客服",
    ],
)
def test_who_speaks_of_those_who_answer_is_none_of_them(name: str) -> None:
    assert side_of(name) == ""


@pytest.mark.parametrize(
    "name",
    [
        "客服",
        "客服01",
        "客服小王",
        "客服-小王",
        "在线客服",
        "售前客服小李",
        "官方旗舰店客服",
        "人工客服3号",
        "客服专员张晓明",
        "客服小李(工号1024)",
        "小米官方旗舰店客服",
        "客户服务中心客服",
        "用户服务客服",
        "京东客户服务",
        "华为商城在线客服小华",
        "联想客服",
        "转转客服",
    ],
)
def test_who_answers_may_add_a_name_or_a_shop(name: str) -> None:
    assert side_of(name) == "answers"


def test_a_file_without_any_dialogue_is_told_with_what_it_has(tmp_path: Path, bring: Bring) -> None:
    path = write(tmp_path / "a.jsonl", {"text": "Hi", "label": "x"})
    with pytest.raises(
        InputError, match=r"found `text`, `label`; the turns are expected as a list"
    ):
        bring(DIALOGUE, path=str(path))


def test_broken_lines_are_told_and_the_others_read(
    tmp_path: Path, harvest: Harvest, bring: Bring
) -> None:
    path = write(tmp_path / "a.jsonl", FORMS["turns"])
    path.write_bytes(b'{"turns": \n' + path.read_bytes() + b"\xff\xff\n")
    (said,) = bring(DIALOGUE, path=str(path))
    assert said.startswith("a.jsonl: 2 x could not be read, the first: line 1: no JSON")
    assert len(harvest) == 1
