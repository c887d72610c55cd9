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
APART = frozenset(
    "system developer tool function observation ipython code_interpreter notification notice "
    "系统 旁白 工具 提示 通知 公告".split()
)
_NOTICE = re.compile(
    "(?:系统|平台|服务|官方|温馨|友情|安全|自动|会话|聊天|订单|物流|发货)(?:提示|通知|消息|公告|信息|状态)"
    "|system[ _](?:message|notice|notification|info)"
    "|(?:tool|function)[ _-]?(?:calls?|results?|responses?|outputs?)"
)
_NUMBER = re.compile(r"(?<=\w\w)[\s_#-]*\d+$")  # a8888 is a nickname, agent-7 is none
_LONG_FORM = re.compile("(?:客户|用户)服务(?:中心|部)?(?:客服)?")
_POST = "(?:专员|代表|经理|主管|组长|顾问|人员)"
_BADGE = r"(?:[(（\[【].{0,12}[)）\]】])"
_SERVICE = re.compile(
    r"(?:\S{0,8}(?:店|商城|超市|平台|公司|中心|部))?(?:在线|人工|智能|专属|售[前中后]|ai)?客服"
    rf"{_POST}?[\s_-]?(?:\S{{0,4}}|[a-z]{{0,12}}){_BADGE}?|\S{{0,8}}客服"
)
_POOR = "[太很真好](?:差|慢|烂|坑)"
_CALLS = (  # 问客服, not 问界客服 nor 蚕丝被旗舰店客服
    "^[我想要去来先再又还快就别请]*(?:[请问催怼骂被给叫喊转想要]|呼叫|讨厌|联系|需要|没有?|不[满是要理想]|在[吗哪]"
    f"|[你您]好|骗子?|垃圾|黑心|差评|{_POOR})"
    "(?:一?下|个|到|了|的|你们)*(?:官方|旗舰|专卖|专营)*店?(?:人工|在线)?客服"
)
_SAYS = (  # 客服没人, not 客服问答组
    "客服(?:[我请骂怼骗没被给]|在(?!线(?!吗))|问(?!答)|想(?!想)|催(?!收)|转(?!接|运)|联系(?!人)|不[满理回是要在]|需要|[你您]好"
    f"|人呢|[是都].*(?:垃圾|骗|黑心|差评))|客服.*{_POOR}"
)
_NO_SERVICE = re.compile(f"找|投诉|等|不想要|被[骗坑]|用户|客户|非|{_CALLS}|{_SAYS}")


def side_of(name: str, *, asks: Collection[str] = (), answers: Collection[str] = ()) -> Side:
    """Return on which side a speaker stands; empty when the name is not known.

    A number behind a common name is passed over (用户12, agent-7), and a name, a post, a badge or a
    shop beside 客服 (客服小王, 客服专员小王(工号12), 旗舰店客服).

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
    if common in ANSWERS or _is_service(_LONG_FORM.sub("客服", common)):
        return "answers"
    return "apart" if common in APART or _NOTICE.fullmatch(common) else ""


def _is_service(name: str) -> bool:
    return _SERVICE.fullmatch(name) is not None and not _NO_SERVICE.search(name)
