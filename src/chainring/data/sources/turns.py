"""One dialogue of a log, in any common form, becomes questions with their answers.

=======================================================  ==============================
a form of a log                                          who, what
=======================================================  ==============================
``{"messages": [{"role": "user", "content": "Hi"}]}``     role, content
``{"conversations": [{"from": "human", "value": …}]}``   from, value
``{"turns": [{"speaker": "客服", "text": "您好"}]}``        speaker, text
``{"dialogue": [["用户", "到哪了？"], ["客服", "在途"]]}``    a pair
``{"turns": ["用户：到哪了？", "客服：在途"]}``               before the colon
=======================================================  ==============================

Customers go by nicknames: where all who are known answer, a single other speaker asks, unless it
begins as one who serves (a bot handed over). Who answers is never guessed, for that is what a
model learns.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from chainring.data.sources.roles import Side, side_of

TURNS = ("messages", "conversations", "conversation", "turns", "dialogue", "dialog", "utterances",
         "对话", "会话", "聊天记录", "消息", "消息列表")  # fmt: skip
UNKNOWN = "a speaker that is not known"
_WHO = ("role", "from", "speaker", "sender", "author", "who", "角色", "发言人", "说话人", "发送人",
        "发送者", "昵称")  # fmt: skip
_WHAT = ("content", "value", "text", "utterance", "message", "内容", "文本", "话语", "消息")
_TIME = (
    r"[\[(（【]?(?:\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?[ T]*)?(?:[上下]午)?"
    r"\d{1,2}[:：]\d{2}(?:[:：]\d{2})?(?: ?[ap]m)?[\])）】]?"
)
_SPOKEN = re.compile(
    rf"(?:{_TIME}\s{{0,4}})?([^:：\n]{{1,24}}?)\s{{0,4}}(?:{_TIME}(?:\s{{0,4}}[:：]|\s)|[:：])(.*)",
    re.DOTALL | re.IGNORECASE,
)
"""A name, a time before or behind it, and what was said."""
_NO_SPEAKER = re.compile(
    r"(?=.*\d)(?!\+?1?\d{10}$|.*\*)[\W\d_年月日时上下午]+|https?|备注|注|时间|日期|(?:订单|运|快递|物流)?单?号码?|订单(?:编号)?"
    "|(?:收货)?地址|电话|手机号?|姓名|主题|商品|金额|链接|附件|note|time|date|subject|re|from|to|cc"
    r"|order(?: ?(?:id|no\.?|number))?|tracking(?: ?(?:id|no\.?|number))?|address|phone|e-?mail"
    "|link|url|attachment",
    re.IGNORECASE,
)
"""What stands before a colon in other lines of a log: 10:30, https://…, 备注：…, Order ID: …

A number of a phone, 138****1234, is a customer."""
_SERVES = re.compile(
    "请问(?:[您你]?还?有)?什么需要(?:帮[助忙]?|服务|咨询)?的?[吗呢]?(?:[,，。?？!！~]|$)"
    "|有?什么(?:可以|能|需要)(?:帮|为)(?:[助忙到]*[您你]|[助忙]的)|为您(?:服务(?!的(?!是))|解答)"
    "|(?:我|这里|这边)是(?:[您你]的)?[^找要想不被跟和问给让听你您]{0,4}(?:客服|专员)(?![的加让叫说推介联通吗么嘛])"
    r"|how (?:can|may) (?:i|we) (?:help|assist)(?: you| today|[?.!,]|$)"
    r"|(?:thanks|thank you) for (?:contacting|reaching out to) (?!me\b)",
    re.IGNORECASE,
)
"""What one who serves says first. A number of staff is none: who works there may ask, too."""
_HANDS_OVER = re.compile(
    "(?<![可能])(?<!可以)(?:正在|已经?|马上|即将|现在|[为帮给][您你])[^,，。;；!！?？]{0,4}转(?:接|到|至)?人工"
    "|人工(?:客服|坐席)?(?:已|正在)(?:接入|为您)"
    "|(?:transferr|connect|pass|hand)(?:ing|ed) you (?:over )?(?:to|with)",
    re.IGNORECASE,
)
_CLOSES = re.compile(
    "(?:会话|对话|服务|咨询|聊天)(?:已|即将|将|自动|被)*(?:结束|关闭)|评价|再见|祝您|感谢.{0,4}(?:咨询|来电|光临)"
    "|还在吗|(?:未|没有?)(?:收到.{0,6})?回[复应]|超时"
    "|anything else|still there|no (?:reply|response)|inactiv"
    "|good ?bye|(?:chat|conversation|session|ticket) (?:has |is |was )?(?:been )?(?:ended|closed)"
    "|rate (?:us|our|this|your)"
    r"|^\W*(?:温馨提示|小贴士|提示[:：]|tip\b|note[ds]?\b)"
    "|^(?:您好[,，!！]?|亲[,，]?|请问|您)*(?:还有(?:什么|其[他它]|别的)|对[^,，。]{0,10}满意)"
    "|^[^,，。]{0,10}(?:解决|帮到)[^,，。]{0,4}[吗没]"
    "|^(?:did|was|has|is) (?:that|this|it|we|i|your)[^.]{0,30}(?:solve|resolve|help|answer)",
    re.IGNORECASE,
)
"""How a bot ends what it handed over, asks whether anybody is still there, or puts in a notice."""
_HELPS = re.compile(
    "为[您你](?!们)|帮您|给您(?:补|退|换|查|安排|处理|登记|申请|发(?![了过的]))|我来(?:处理|帮[您你])"
    "|您的(?:订单|单号|退款|账[号户]|手机号|收货)|请您?(?:稍[等候]|耐心|放心)|您稍[等候]"
    "|抱歉[,，。!！]?(?:已|这边|[给让]您)"
    "|请您?(?:提供|出示)[一下您的]{0,4}(?:订单|单号|照片|图片|截图|凭证|视频)"
    "|(?<!我)还有(?:什么|别的|其[他它]的?)(?:问题|疑问|需要)[^,，。]{0,6}[吗呢]"
    r"|(?<!t )\blet me (?:just |quickly )?(?:help|look|see|pull|find|take|check(?! out)|assist)"
    r"|\bi(?:['’]ll| will)(?: gladly| just)? (?:help|look|check|see)\b(?! my\b)|\bi can help"
    r"|\byour (?:order|account|refund)\b(?! (?:page|form|system|policy|process|confirm|e-?mail))"
    r"|sorry (?:to hear|about (?:that|this|the (?:delay|trouble|inconvenience)))"
    r"|sorry for (?:the|any|your) (?:delay|trouble|inconvenience|wait)"
    r"|\b(?:i|we) (?:do |sincerely )?apologi[sz]e|our apologies"
    r"|for (?:waiting|holding|your patience)"
    r"|anything else (?:i|we) can|please (?:hold|wait|bear|allow)\b"
    "|please (?:provide|share|send)(?: me| us)? (?:an? (?:photo|picture|screen)|your order)",
    re.IGNORECASE,
)
"""What one says who helps, and hardly one who asks: "your order" is such a word, "you" is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What one side said before the other spoke."""

    side: Side
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A question, its answer, what stood before it, and the number of its turn from 1."""

    question: str
    answer: str
    context: str
    turn: int


def turns_of(dialogue: Mapping[str, Any]) -> Sequence[Any] | None:
    """Return the list of turns of a dialogue, or None when it holds none."""
    for name in TURNS:
        if isinstance(dialogue.get(name), list):
            return dialogue[name]  # type: ignore[no-any-return]
    return None


def sides_of(
    turns: Sequence[Any], *, asks: Sequence[str] = (), answers: Sequence[str] = ()
) -> dict[str, Side]:
    """Return the side of each speaker of a dialogue; empty where it is not known.

    >>> sides_of(["小王子：到哪了？", "客服：在途"]), sides_of(["用户：到哪了？", "注：客户为VIP"])
    ({'小王子': 'asks', '客服': 'answers'}, {'用户': 'asks', '注': ''})
    """
    names = [who for who, _ in map(_parts, turns) if who is not None]
    found = {who: side_of(who, asks=asks, answers=answers) for who in names}
    others = [who for who, side in found.items() if not side and not _is_no_speaker(who)]
    if len(others) == 1 and set(found.values()) & {"asks", "answers"} == {"answers"}:
        found[others[0]] = "" if _may_serve(others[0], turns, found) else "asks"
    return found


def unknown_in(turns: Sequence[Any], sides: Mapping[str, Side]) -> list[str]:
    """Return who speaks on a side that is not known, a name a turn; notes and times are nobody."""
    names = [who for who, _ in map(_parts, turns) if who is not None]
    return [who for who in names if not sides[who] and not _is_no_speaker(who)]


def _may_serve(other: str, turns: Sequence[Any], sides: Mapping[str, Side]) -> bool:
    """Whether the one other begins as a colleague does, or a bot may have handed over to it.

    Many greet with what a hand-over says: who is then answered is a customer, unless it says what
    only one who helps does. Bots put notices and tips into what they handed over: those answer
    nothing.
    """
    spoken = [
        (who, (_plain(what) or "").strip()) for who, what in map(_parts, turns) if who is not None
    ]
    first = next(place for place, (who, _) in enumerate(spoken) if who == other)
    begins = [text for _, text in takewhile(lambda one: one[0] == other, spoken[first:])]
    if any(map(_SERVES.search, begins)):
        return True
    alone = sum(side == "answers" for side in sides.values()) == 1
    before = " ".join(text for _, text in spoken[:first])
    if not alone or not _HANDS_OVER.search(before):
        return False
    later = [text for who, text in spoken[first:] if sides[who] == "answers"]
    helps = any(map(_HELPS.search, begins))
    return helps or not later or bool(_CLOSES.search(later[0]))


def _is_no_speaker(who: str) -> bool:
    return _NO_SPEAKER.fullmatch(who.strip()) is not None


def said(turn: Any, sides: Mapping[str, Side]) -> Said | None:
    """Return what was said, and by which side; None when the turn cannot be understood."""
    who, what = _parts(turn)
    text = _plain(what)
    if who is None or text is None:
        return None
    return Said(side=sides[who], text=text.strip())


def _parts(turn: Any) -> tuple[str | None, Any]:
    if isinstance(turn, Mapping):
        who = next((turn[name] for name in _WHO if isinstance(turn.get(name), str)), None)
        what = next((turn[name] for name in _WHAT if turn.get(name) is not None), None)
        return who, what
    if isinstance(turn, str):
        found = _SPOKEN.match(turn.strip())
        return (None, None) if found is None else (found[1], found[2])
    if isinstance(turn, list) and len(turn) == 2 and isinstance(turn[0], str):
        return turn[0], turn[1]
    return None, None


def _plain(what: Any) -> str | None:
    """Return the text of a turn; of a list of pieces those that are text."""
    if isinstance(what, str):
        return what
    if isinstance(what, list):
        pieces = [one.get("text") for one in what if isinstance(one, Mapping)]
        return "\n".join(one for one in pieces if isinstance(one, str))
    return None


def exchanges(
    turns: Sequence[Any],
    *,
    asks: Sequence[str] = (),
    answers: Sequence[str] = (),
    context_turns: int = 0,
    dropped: Counter[str],
) -> Iterator[Exchange]:
    """Yield the questions of a dialogue that were answered, in order.

    What one side says in several turns is one question or one answer. What cannot be used is
    counted in `dropped`.
    """
    before: list[str] = []
    question, start = "", 0
    for number, side, text in _blocks(turns, asks, answers, dropped):
        if side == "asks":
            dropped["a question without an answer"] += bool(question)
            question, start = text, number
        elif question:
            kept = "\n".join(before[-context_turns:]) if context_turns else ""
            yield Exchange(question=question, answer=text, context=kept, turn=start)
            before += [question, text]
            question = ""
        else:
            dropped["an answer without a question"] += 1
            before.append(text)
    dropped["a question without an answer"] += bool(question)


def _blocks(
    turns: Sequence[Any], asks: Sequence[str], answers: Sequence[str], dropped: Counter[str]
) -> Iterator[tuple[int, Side, str]]:
    """Yield number, side and text of what each side says before the other speaks."""
    sides = sides_of(turns, asks=asks, answers=answers)
    start, side, texts = 0, "", list[str]()
    for number, turn in enumerate(turns, 1):
        found = said(turn, sides)
        if found is None:
            dropped["a turn of a form that is not known"] += 1
        elif not found.side:
            dropped[UNKNOWN] += 1  # without the name: it may be a person's, and counts are kept
        elif found.side != "apart" and found.text:
            if found.side != side and texts:
                yield start, side, "\n".join(texts)  # type: ignore[misc]
                texts = []
            if not texts:
                start, side = number, found.side
            texts.append(found.text)
    if texts:
        yield start, side, "\n".join(texts)  # type: ignore[misc]
