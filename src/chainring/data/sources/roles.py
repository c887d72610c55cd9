"""Who speaks in a dialogue: the names that logs give to the one who asks and the one who answers.

>>> side_of("user"), side_of("客服"), side_of("system"), side_of("Dr. Wu")
('asks', 'answers', 'apart', '')
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Literal

Side = Literal["asks", "answers", "apart", ""]

ASKS = frozenset(
    "user human customer client visitor buyer caller patient student learner prompter question "
    "questioner asker inquirer q usr "
    "用户 客户 顾客 买家 访客 来访者 "
    "咨询者 提问者 患者 病人 学生 学员 家长 问 提问 会员 乘客".split()
)
ANSWERS = frozenset(
    "assistant gpt chatgpt bot chatbot model ai agent operator support staff seller merchant "
    "doctor teacher tutor advisor helper answer answerer a system_answer "
    "客服 助手 助理 机器人 商家 卖家 店家 人工客服 智能客服 "
    "坐席 座席 医生 大夫 老师 教师 顾问 答 回答".split()
)
APART = frozenset("system developer tool function observation 系统 旁白 工具 提示".split())
_NUMBER = re.compile(r"(?<=\w\w)[\s_#-]*\d+$")  # a8888 is a nickname, agent-7 is none
_SERVICE = re.compile(r"(?:在线|人工|智能|售[前后])?客服\S{0,4}|\S{0,6}客服")
_NO_SERVICE = re.compile("找|投诉|等|用户|客户|非")  # 找客服 looks for one


def side_of(name: str, *, asks: Collection[str] = (), answers: Collection[str] = ()) -> Side:
    """Return on which side a speaker stands; empty when the name is not known.

    A number behind a common name is passed over (用户12, agent-7), and a name or a shop beside 客服
    (客服小王, 旗舰店客服).

    Parameters
    ----------
    asks, answers
        Further names; they go before the common ones.
    """
    plain = name.strip().strip(":：").lower()
    if plain in {one.lower() for one in asks}:
        return "asks"
    if plain in {one.lower() for one in answers}:
        return "answers"
    common = _NUMBER.sub("", plain)
    if common in ASKS:
        return "asks"
    if common in ANSWERS or (_SERVICE.fullmatch(common) and not _NO_SERVICE.search(common)):
        return "answers"
    return "apart" if common in APART else ""
