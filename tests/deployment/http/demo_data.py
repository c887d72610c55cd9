"""What the demonstration knows: eight intents of a shop, and a past of four turns.

Every figure here is made up, so that pages and tests have something to show.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from chainring.contracts.evaluation import Share
from chainring.contracts.prediction import Prediction
from chainring.contracts.said import Said
from chainring.deployment.http.past import Champion, Day, History, TurnPoint
from chainring.deployment.http.verbs import ReviewItem

FIRST_DAY = datetime.date(2026, 11, 2)
NOW = 1_795_430_000.0
_BETTER = Said("better: p = 0.004 on 512 pooled rows", zh="更好：合并的 512 行上 p = 0.004")
_FIRST = Said("beats the majority class", zh="优于多数类")


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """A label, its names, the words that give it away and its help article (title, text)."""

    label: str
    en: str
    zh: str
    words: tuple[str, ...]
    article_en: tuple[str, str]
    article_zh: tuple[str, str]


INTENTS = (
    Intent(
        label="track_order",
        en="Where is my order",
        zh="查询物流",
        words=("where", "parcel", "track", "arrive", "late", "物流", "快递", "到哪", "包裹"),
        article_en=(
            "Following your parcel",
            "Open “My orders” and choose “Track”. The first scan appears within 24 hours.",
        ),
        article_zh=(
            "怎么查看包裹走到哪里",
            "打开“我的订单”，点“物流”。发货后 24 小时内会出现第一条记录。",
        ),
    ),
    Intent(
        label="return_item",
        en="Return an item",
        zh="退货",
        words=("return", "send back", "退货", "退回"),
        article_en=(
            "Returning an item",
            "You have 30 days. Print the label from “My orders” and hand the parcel in.",
        ),
        article_zh=("怎样退货", "收货后 30 天内可以退货。在“我的订单”打印退货单，寄回即可。"),
    ),
    Intent(
        label="refund_status",
        en="Refund status",
        zh="退款进度",
        words=("refund", "money back", "退款", "钱"),
        article_en=(
            "When a refund arrives",
            "Three to five working days after the item reaches us, to the card you paid with.",
        ),
        article_zh=("退款什么时候到账", "我们收到商品后 3 至 5 个工作日，退回原付款账户。"),
    ),
    Intent(
        label="cancel_order",
        en="Cancel an order",
        zh="取消订单",
        words=("cancel", "取消"),
        article_en=("Cancelling an order", "Possible until it is packed: “My orders”, “Cancel”."),
        article_zh=("取消订单", "打包之前可以取消：“我的订单”里点“取消”。"),
    ),
    Intent(
        label="change_address",
        en="Change the address",
        zh="修改地址",
        words=("address", "moved", "地址"),
        article_en=("Changing the address", "Until dispatch, under “My orders”, “Address”."),
        article_zh=("修改收货地址", "发货之前，在“我的订单”里点“地址”修改。"),
    ),
    Intent(
        label="payment_failed",
        en="Payment failed",
        zh="付款失败",
        words=("payment", "card", "declined", "付款", "支付"),
        article_en=("When a payment fails", "Check the card's limit, then try again once."),
        article_zh=("付款失败怎么办", "先检查银行卡限额，再试一次。"),
    ),
    Intent(
        label="invoice",
        en="Invoice",
        zh="发票",
        words=("invoice", "receipt", "发票"),
        article_en=("Your invoice", "It lies under “My orders” as a PDF."),
        article_zh=("开发票", "在“我的订单”里可以下载电子发票。"),
    ),
    Intent(
        label="damaged_item",
        en="Damaged item",
        zh="商品破损",
        words=("broken", "damaged", "crack", "破", "坏"),
        article_en=("Something arrived broken", "Send us a photo within 7 days; we replace it."),
        article_zh=("商品破损", "7 天内发照片给我们，我们免费更换。"),
    ),
)


def history() -> History:
    """Return the made-up past: four turns, of which one was held, and three weeks of traffic."""
    return History(
        champion=Champion(
            model="blake2b:4f1c9a7be2d05a31",
            form="bf16",
            engine="openvino",
            since=NOW - 86_400 * 2,
            by="gate",
            because=_BETTER,
        ),
        turns=_turns(),
        days=tuple(_day(i) for i in range(21)),
        waiting={"corrections": 17, "review": 4, "cases": 1},
    )


def _p(value: str, rows: int) -> Said:
    return Said(f"p = {value} on {rows} rows", zh=f"{rows} 行上 p = {value}")


def _turns() -> tuple[TurnPoint, ...]:
    rows = (
        (1, 0.782, None, "first", True, "linear.v1", _FIRST),
        (2, 0.801, 0.782, "no measurable difference", False, "encoder.v1", _p("0.21", 433)),
        (3, 0.846, 0.783, "better", True, "encoder.v1", _p("0.011", 470)),
        (4, 0.893, 0.845, "better", True, "encoder.v1", _p("0.004", 512)),
    )
    return tuple(
        TurnPoint(
            number=number,
            at=NOW - 86_400 * (22 - 5 * number),
            value=value,
            promoted=promoted,
            challenger=f"blake2b:{number}f1c9a7be2d05a31",
            part=part,
            accuracy=_share(accuracy),
            champion=None if champion is None else _share(champion),
            languages={"en": _share(accuracy + 0.01), "zh": _share(accuracy - 0.012)},
            because=because,
        )
        for number, accuracy, champion, value, promoted, part, because in rows
    )


def _share(estimate: float) -> Share:
    return Share(estimate=estimate, low=estimate - 0.03, high=estimate + 0.027, rows=500)


def _day(index: int) -> Day:
    busy = 120 + 37 * (index % 5) + 6 * index
    return Day(
        day=(FIRST_DAY + datetime.timedelta(days=index)).isoformat(),
        predictions=busy,
        passed_on=int(busy * (0.19 - 0.005 * index)),
        feedback={
            "confirmation": busy // 9,
            "correction": busy // (8 + index),
            "rating": busy // 12,
            "comment": busy // 30,
            "flag": (index * 7) % 3,
        },
        thumbs_up=busy // 20 + index,
        thumbs_down=busy // (22 + 2 * index),
    )


def review_items() -> list[ReviewItem]:
    """Return what waits for a person at the start, one item of each kind."""
    rows = (
        ("review_1", "flag", "这个回答对老年人很不友好", "zh", "payment_failed", "", 0.71),
        ("review_2", "correction", "card got declined", "en", "invoice", "payment_failed", 0.62),
        ("review_3", "holdout", "包裹显示已签收可我没收到", "zh", "track_order", "", 0.88),
        ("review_4", "unsure", "do you ship to the moon?", "en", "track_order", "", 0.31),
    )  # fmt: skip
    return [
        ReviewItem(
            id=id_,
            kind=kind,
            text=text,
            language=language,
            answer=answer,
            proposed=proposed,
            confidence=confidence,
            author="visitor-7",
            at=NOW,
            why="y" * 2000 if kind == "flag" else "",  # a comment without a blank
        )
        for id_, kind, text, language, answer, proposed, confidence in rows
    ]


def chain(prediction: Prediction) -> list[dict[str, object]]:
    """Return a made-up way from an answer back to its sources."""
    return [
        {"noun": "prediction", "id": prediction.id, "at": prediction.at},
        {
            "noun": "model",
            "id": prediction.model,
            "at": NOW - 86_400 * 2,
            "said": Said("turn 4", zh="第 4 轮"),
        },
        {"noun": "verdict", "said": _BETTER},
        {
            "noun": "dataset",
            "id": "blake2b:77aa0c21d94b3e60",
            "said": Said("1,843 rows", zh="1,843 行"),
        },
        {"noun": "record", "id": "data/help.jsonl", "said": "CC0-1.0"},
    ]
