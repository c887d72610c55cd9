"""The one other speaker: a customer asks, whatever it speaks of; a colleague does not."""

from __future__ import annotations

from collections import Counter

import pytest

from chainring.data.sources.turns import exchanges


@pytest.mark.parametrize(
    "said",
    [
        "你工号多少，我要投诉",
        "工号12345，密码忘了",
        "你好，我是张三，工号12345，VPN连不上",
        "你好，我是你们客服加的",
        "我是客服推荐来的",
        "这里是客服吗",
        "我这里是客服吗",
        "刚才那个说为您服务的人呢",
        "请问有什么需要注意的？",
        "请问有什么可以帮助睡眠的？",
        "How can I help my son to log in?",
        "Thanks for reaching out, where is it?",
        "Thank you for contacting me back",
    ],
)
def test_a_customer_who_speaks_of_those_who_serve_asks(said: str) -> None:
    (found,) = exchanges(["客服：您好", f"小明88：{said}", "客服：好"], dropped=Counter())
    assert (found.question, found.answer) == (said, "好")


def test_what_a_customer_says_later_makes_nobody_a_colleague() -> None:
    turns = ["小明88：在吗", "客服小王：在", "小明88：你是说“很高兴为您服务”吗", "客服小王：是"]
    assert len(list(exchanges(turns, dropped=Counter()))) == 2


@pytest.mark.parametrize(
    "greeting",
    [
        "您好！如需人工服务请说“转人工”，我会为您转人工。",
        "您好，人工客服正在为您服务",
        "正在为您转接人工",
        "Hi! Connecting you with support...",
    ],
)
def test_who_greets_with_a_hand_over_and_goes_on_answering_has_a_customer(greeting: str) -> None:
    turns = [f"智能客服：{greeting}", "小明88：快递到哪了", "智能客服：在途"]
    (found,) = exchanges(turns, dropped=Counter())
    assert (found.question, found.answer) == ("快递到哪了", "在途")


@pytest.mark.parametrize(
    "said",
    [
        "您好，很高兴为您服务",
        "为您服务的是小美",
        "这里是人工客服小美",
        "我是您的专属客服小美",
        "我是小米客服，工号12",
        "请问有什么需要帮助的吗",
        "请问您有什么需要？",
        "有什么可以帮到您的",
        "Hi, how may I assist you today?",
        "How can I help?",
        "Thank you for contacting Acme",
    ],
)
def test_a_colleague_who_takes_over_does_not_ask(said: str) -> None:
    turns = ["机器人：您好", f"小美：{said}", "小美：已发出", "机器人：好的"]
    assert not list(exchanges(turns, dropped=Counter()))


@pytest.mark.parametrize(
    "end", ["会话已结束", "请对本次服务进行评价", "再见", "Goodbye", "This chat has ended."]
)
def test_a_hand_over_after_which_the_bot_only_ends_leaves_no_customer(end: str) -> None:
    turns = ["机器人：正在为您转接人工", "小美：亲，已发出", f"机器人：{end}"]
    assert not list(exchanges(turns, dropped=Counter()))


@pytest.mark.parametrize(
    "turns",
    [
        ["机器人：正在为您转接人工", "小美：亲，已为您查到，明天送达", "小美：还有别的问题吗",
         "机器人：您还在吗，长时间未回复"],
        ["智能客服：正在为您转人工", "小美：您好，我来处理您的退款", "智能客服：如需评价请回复1"],
        ["机器人：正在为您转接人工", "小美：请问您的订单号是多少",
         "机器人：温馨提示：本店今日有优惠"],
        ["机器人：正在为您转接人工", "小美：明天送达", "机器人：温馨提示：本店今日有优惠"],
        ["机器人：正在为您转接人工", "小美：哪个型号呢", "机器人：温馨提示：请勿泄露密码"],
        ["机器人：正在为您转接人工", "小美：已退款", "机器人：请问还有其他问题吗"],
        ["机器人：正在为您转接人工", "小美：已退款", "机器人：您对本次服务满意吗？"],
        ["机器人：正在为您转接人工", "小美：已退款"],
        ["机器人：正在为您转接人工", "小美：非常抱歉，已退款", "机器人：退款将原路退回"],
        ["机器人：正在为您转接人工", "小美：请提供订单号", "机器人：订单号在订单详情中"],
        ["bot: Connecting you with an agent", "Anna: I see it was delayed",
         "bot: Tip: try our app"],
        ["bot: Connecting you with an agent", "Anna: I am sorry about that",
         "bot: It is in transit"],
        ["bot: Connecting you with an agent", "Anna: Refunded", "bot: Did that solve it?"],
        ["bot: Connecting you with an agent", "Anna: Please send a photo of it",
         "bot: Photos may have 5 MB"],
        ["bot: Connecting you with an agent", "Anna: Hi there, let me look into your order",
         "Anna: it ships tomorrow", "bot: Is there anything else?"],
        ["bot: Connecting you with an agent", "Anna: It ships tomorrow", "bot: Tip: rate us"],
        ["bot: Connecting you with an agent", "Anna: Your order ships tomorrow", "bot: It is blue"],
        ["bot: Connecting you with an agent", "Anna: let me see", "bot: It is in transit"],
        ["bot: Connecting you with an agent", "Anna: I will look into it", "bot: In transit"],
        ["机器人：正在为您转接人工", "小美：好的，帮您查一下", "机器人：在途"],
        ["机器人：正在为您转接人工", "小美：您的退款已经处理", "机器人：退款将原路退回"],
        ["机器人：正在为您转接人工", "小美：请您稍等", "机器人：在途"],
        ["bot: Connecting you with an agent", "Anna: What is your order number?", "bot: Noted."],
    ],
)  # fmt: skip
def test_whatever_a_bot_says_into_a_hand_over_no_colleague_becomes_a_customer(
    turns: list[str],
) -> None:
    assert not list(exchanges(turns, dropped=Counter()))


@pytest.mark.parametrize(
    "asked",
    ["我的退款呢", "这个怎么用？", "密码忘了怎么办", "Where is my parcel?", "I lost my card",
     "快递还没到", "退款一直没到账", "东西坏了，要求退货", "收到的鞋子少一只", "订单12345678",
     "物流太久了", "申请退款", "发票开错了", "抱歉，地址填错了", "转人工", "你们发错货了",
     "给你们打过电话", "My order", "Parcel never arrived", "order 4711 arrived broken",
     "You sent me the wrong size", "Can you cancel my order?",
     "亲，在吗？我的快递呢", "您好，您的店铺发错货了", "我来看看我的订单到哪了", "还有什么优惠吗",
     "请问您什么时候给我发货", "请您尽快处理我的退款", "非常抱歉打扰，我的包裹没到",
     "我还有别的问题", "您的快递太慢了", "给您添麻烦了，我想退货", "给您发了照片", "请提供发票",
     "请问您的地址在哪",
     "Can you tell me where my parcel is? I need your help", "hi, are you there?",
     "I think you should refund me", "Is your price with tax?", "please provide an invoice",
     "What is your refund policy?", "Sorry for writing again, my parcel is lost",
     "The app won't let me see my order", "Please let me know", "I can see it was delivered"],
)  # fmt: skip
def test_who_asks_or_states_a_matter_after_a_hand_over_and_is_answered_is_a_customer(
    asked: str,
) -> None:
    turns = ["机器人：正在为您转接人工", f"小明88：{asked}", "机器人：在途"]
    (found,) = exchanges(turns, dropped=Counter())
    assert (found.question, found.answer) == (asked, "在途")


def test_a_statement_after_a_hand_over_loses_nothing_of_the_dialogue() -> None:
    turns = ["客服：您好，正在为您转接人工", "小王子：快递还没到", "客服：已为您查询，明天送达",
             "小王子：好的谢谢", "客服：不客气"]  # fmt: skip
    dropped = Counter[str]()
    found = [(one.question, one.answer) for one in exchanges(turns, dropped=dropped)]
    assert found == [("快递还没到", "已为您查询，明天送达"), ("好的谢谢", "不客气")]
    assert dropped["a speaker that is not known"] == 0
