"""Small projects of every task, English and Chinese, written for these tests."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

from chainring.contracts.values import Input

RECIPE = """
[project]
name = "{name}"
[data]
task = "{task}"
min_jaccard = 1.0
test_share = 0.3
[evaluation]
min_jaccard = 1.0
[training]
candidates = {candidates}
{training}
[store]
min_free_mib = 0
[deployment]
speed_rounds = 1
"""
KEY = "07" * 32
LINEAR = '["linear.v1"]'


@dataclass(frozen=True, kw_only=True)
class Example:
    """Rows of a task, what to ask, the right answer to say, and what is no value of the task."""

    task: str
    rows: list[dict[str, Any]]
    asked: Input
    correction: str
    nonsense: str
    candidates: str = LINEAR
    training: str = ""
    unlabelled: tuple[str, ...] = field(default=())

    @property
    def pair(self) -> dict[str, str]:
        """The second text of a request, where there is one."""
        return {"pair": self.asked[1]} if isinstance(self.asked, tuple) else {}

    @property
    def text(self) -> str:
        """The text of a request."""
        return self.asked[0] if isinstance(self.asked, tuple) else self.asked

    def project(self, folder: Path) -> Path:
        """Write the project and return its folder."""
        (folder / "data").mkdir(parents=True)
        (folder / ".chainring").mkdir()
        (folder / ".chainring" / "key").write_text(KEY)
        recipe = RECIPE.format(
            name=self.task, task=self.task, candidates=self.candidates, training=self.training
        )
        (folder / "chainring.toml").write_text(recipe, encoding="utf-8")
        lines = (json.dumps(row, ensure_ascii=False) for row in self.rows)
        (folder / "data" / "a.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
        return folder


SAYS = {
    "delivery": ("the parcel is late", "nobody delivered it", "物流太慢了", "还没送到"),
    "refund": ("I want my money back", "please refund me", "我要退款", "把钱退给我"),
    "size": ("it is too small", "I need a larger one", "尺码偏小", "想换大一号"),
}
JOINTS = ("{}, and {}", "hello: {}; {}", "{}，而且{}", "你好，{}，{}")


def several_labels() -> Example:
    """Return messages that say one thing, or two at once."""
    rows: list[dict[str, Any]] = [
        {"text": frame.format(text), "label": label}
        for label, texts in SAYS.items()
        for text in texts
        for frame in ("{}", "hello, {}", "{}!", "请问{}")
    ]
    names = list(SAYS)
    for one, two in ((a, b) for a, b in product(names, names) if a < b):
        for place, joint in enumerate(JOINTS):
            language = slice(0, 2) if place < 2 else slice(2, 4)
            for first, second in product(SAYS[one][language], SAYS[two][language]):
                rows.append({"text": joint.format(first, second), "label": [two, one]})
    rows += [{"text": f"thank you {word}", "label": []} for word in ("all", "so much", "again")]
    return Example(
        task="multi-label",
        rows=rows,
        asked="my parcel is late, give me my money back",
        correction="refund | delivery",
        nonsense="|".join(["x" * 99]),
    )


def numbers() -> Example:
    """Return reviews with one to five stars."""
    words = {
        1: ("awful", "terrible", "太差了", "糟透了"),
        2: ("rather bad", "poor", "不太好", "有点差"),
        3: ("okay", "so-so", "一般", "还行"),
        4: ("good", "nice", "不错", "挺好"),
        5: ("wonderful", "excellent", "非常棒", "好极了"),
    }
    frames = ("the hotel is {}", "{} service", "I find it {}", "这家店{}", "服务{}", "感觉{}")
    rows = [
        {"text": frame.format(word), "target": stars}
        for stars, some in words.items()
        for word in some
        for frame in frames
    ]
    return Example(
        task="regression",
        rows=rows,
        asked="the food is wonderful",
        correction="5.0",
        nonsense="five",
    )


def matching_pairs() -> Example:
    """Return pairs of questions that ask the same, or not."""
    same = [
        ("where is my parcel", "when will my parcel come"),
        ("I want a refund", "give me my money back"),
        ("how do I reset my password", "I forgot my password"),
        ("do you ship abroad", "can you send it to another country"),
        ("我的包裹在哪", "包裹什么时候到"),
        ("我要退款", "把钱退给我"),
        ("怎么改密码", "密码忘了怎么办"),
        ("能寄到国外吗", "可以送到其他国家吗"),
    ]
    frames = ("{}", "hello, {}", "{} please", "请问 {}", "{}？")
    rows = []
    for n, (first, second) in enumerate(same):
        other = same[(n + 1) % 4 + 4 * (n // 4)]
        for frame in frames:
            rows.append({"text": frame.format(first), "pair": second, "label": "same"})
            rows.append({"text": frame.format(second), "pair": first, "label": "same"})
            rows.append({"text": frame.format(first), "pair": other[1], "label": "other"})
            rows.append({"text": frame.format(second), "pair": other[0], "label": "other"})
    return Example(
        task="matching",
        rows=rows,
        asked=("where is my parcel now", "when will my parcel come"),
        correction="other",
        nonsense="",
    )


def inference_pairs() -> Example:
    """Return premises with what follows, what cannot be, and what may be."""
    things = (("shirt", "衬衫"), ("bag", "包"), ("lamp", "灯"), ("chair", "椅子"))
    colours = (("red", "红"), ("blue", "蓝"), ("green", "绿"))
    rows = []
    for (thing, thing_zh), (n, (colour, colour_zh)) in product(things, enumerate(colours)):
        other, other_zh = colours[(n + 1) % 3]
        english = f"the {thing} is {colour}"
        chinese = f"这个{thing_zh}是{colour_zh}色的"
        for premise in (english, f"I think {english}", chinese, f"我觉得{chinese}"):
            told = [
                ("yes", f"its colour is {colour}", f"颜色是{colour_zh}"),
                ("no", f"its colour is {other}", f"颜色是{other_zh}"),
                ("maybe", "it was expensive", "它很贵"),
            ]
            for label, in_english, in_chinese in told:
                pair = in_chinese if "色" in premise else in_english
                rows.append({"text": premise, "pair": pair, "label": label})
    return Example(
        task="inference",
        rows=rows,
        asked=("the lamp is red", "its colour is blue"),
        correction="no",
        nonsense="",
    )


def tagged_texts() -> Example:
    """Return addresses and names, with their places in the text."""
    cities = ("Rome", "Oslo", "Cairo", "Lima", "北京", "上海", "广州", "杭州")
    names = ("Anna", "Ben", "Carla", "David", "小王", "小李", "老张", "小陈")
    frames = (
        "send it to {city}", "{name} lives in {city}", "ask {name}", "from {city} to {name}",
        "寄到{city}", "{name}住在{city}", "请找{name}", "从{city}寄给{name}",
    )  # fmt: skip
    rows = []
    for frame, n, m in product(frames, range(8), range(2)):
        chosen = {"city": cities[n], "name": names[(n + m) % 8]}
        text = frame.format(**chosen)
        tags = [
            [text.index(words), text.index(words) + len(words), kind]
            for kind, words in chosen.items()
            if "{" + kind + "}" in frame
        ]
        rows.append({"text": text, "target": sorted(tags)})
    return Example(
        task="tagging",
        rows=rows,
        asked="send it to Rome",
        correction='[[11, 15, "city"]]',
        nonsense='[[11, 99, "city"]]',
        candidates='["encoder.v1"]',
        training=(
            "[training.encoder]\nepochs = 8\nlearning_rate = 3e-3\nbatch_size = 16\n"
            "[training.pretrain]\nlayers = 2\nhidden = 64\nheads = 2\nepochs = 2"
        ),
    )


EXAMPLES = (several_labels, numbers, matching_pairs, inference_pairs, tagged_texts)
