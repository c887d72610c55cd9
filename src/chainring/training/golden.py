"""The yardstick of parity: what the trained model answered to a few texts.

Enter validation rows and the trained candidate, leaves `golden.jsonl`, one line a text:

    {"text": "物流太久了", "probabilities": [0.01, 0.97, 0.02]}
    {"text": "where is my parcel", "probabilities": [0.02, 0.95, 0.03]}

Every form that is built later must answer these texts like the model that was trained. A line of a
pair has the key `pair` too; of tagging, its probabilities are a row a token; where a model writes,
`output` stands in their place.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from chainring.contracts.dataset import Row, Task
from chainring.contracts.tasks import TASKS
from chainring.contracts.values import Input
from chainring.training.candidate import prepare

MAX_TEXTS = 200
MAX_TAGGED = 60
MAX_WRITTEN = 24
"""Of tags each token has a row of numbers; what is written takes a hundred times as long."""

GOLDEN_FILE = "golden.jsonl"
EDGES = (
    " ",
    "?",
    "。",
    "My number is 020 7946 0958, write to jane.doe@example.com",
    "我的手机是13912345678，邮箱zhang@example.com",
    "ＰＯＳ机 refund 退款 £12.50 👍",
)
"""Texts no validation set is sure to hold: nearly empty, with personal data, of mixed script."""


def write_golden(
    folder: Path,
    validation: Sequence[Row],
    answer: Callable[[Sequence[Input]], Any],
    *,
    task: Task = "classification",
    kind: str = "probabilities",
) -> int:
    """Write the golden texts and the model's answers; return their number.

    Parameters
    ----------
    folder
        The model folder.
    validation
        Rows to choose from; none of them was trained on.
    answer
        Answers of the trained model to prepared texts or pairs: probabilities of shape (texts,
        labels), one table of such rows a text where each token has one, or what was written.
    kind
        The key that an answer stands under: `probabilities`, or `output` where it is a text.
    """
    texts = golden_inputs(validation, task=task)
    answers = answer([_prepared(text) for text in texts])
    with (folder / GOLDEN_FILE).open("w", encoding="utf-8", newline="\n") as out:
        for text, said in zip(texts, answers, strict=True):
            first, second = text if isinstance(text, tuple) else (text, "")
            plain = said if isinstance(said, str) else said.tolist()
            line = {"text": first, **({"pair": second} if second else {}), kind: plain}
            out.write(json.dumps(line, ensure_ascii=False) + "\n")
    return len(texts)


def golden_inputs(validation: Sequence[Row], *, task: Task) -> list[Input]:
    """Return golden texts, or pairs: edge cases beside each other, then validation rows."""
    facts = TASKS[task]
    most = MAX_TAGGED if facts.form == "tags" else MAX_WRITTEN if facts.form == "text" else None
    if not facts.takes_pair or not any(row.pair for row in validation):
        return list(golden_texts(validation)[:most])
    edges: list[Input] = list(zip(EDGES, (*EDGES[1:], EDGES[0]), strict=True))
    pairs = {(row.text, row.pair) for row in validation}
    longest = max(pairs, key=lambda pair: (len(pair[0]) + len(pair[1]), pair))
    inputs = {(row.text, row.label, row.language): (row.text, row.pair) for row in validation}
    turns = [inputs[key] for key in _keys_in_turn(validation)]
    return list(dict.fromkeys([*edges, longest, *turns]))[: most or MAX_TEXTS]


def _prepared(text: Input) -> Input:
    return (prepare(text[0]), prepare(text[1])) if isinstance(text, tuple) else prepare(text)


def golden_texts(validation: Sequence[Row]) -> list[str]:
    """Return up to 200 texts: edge cases, the longest, then all labels and languages in turn."""
    longest = max((row.text for row in validation), key=len, default="")
    chosen = dict.fromkeys([*EDGES, longest] if longest else EDGES)
    for text, _, _ in _keys_in_turn(validation):
        if len(chosen) == MAX_TEXTS:
            break
        chosen.setdefault(text)
    return list(chosen)


def _keys_in_turn(validation: Sequence[Row]) -> list[tuple[str, str, str]]:
    """Return (text, label, language): the first of each label and language, then the second."""
    groups: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in validation:
        groups[row.language, row.label].append(row.text)
    ranked = [
        (place, (language, label), text)
        for (language, label), texts in groups.items()
        for place, text in enumerate(sorted(texts))
    ]
    return [(text, label, language) for _, (language, label), text in sorted(ranked)]
