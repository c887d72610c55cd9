"""The yardstick of parity: what the trained model answered to a few texts.

Enter validation rows and the trained candidate, leaves `golden.jsonl`, one line a text:

    {"text": "物流太久了", "probabilities": [0.01, 0.97, 0.02]}
    {"text": "where is my parcel", "probabilities": [0.02, 0.95, 0.03]}

Every form that is built later must answer these texts like the model that was trained.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from chainring.contracts.dataset import Row
from chainring.training.candidate import prepare

if TYPE_CHECKING:
    from chainring.training.candidate import Floats

MAX_TEXTS = 200
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
    folder: Path, validation: Sequence[Row], probabilities: Callable[[Sequence[str]], Floats]
) -> int:
    """Write the golden texts and the model's answers; return their number.

    Parameters
    ----------
    folder
        The model folder.
    validation
        Rows to choose from; none of them was trained on.
    probabilities
        Answers of the trained model to prepared texts, shape (texts, labels).
    """
    texts = golden_texts(validation)
    answers = probabilities([prepare(text) for text in texts])
    with (folder / GOLDEN_FILE).open("w", encoding="utf-8", newline="\n") as out:
        for text, answer in zip(texts, answers.tolist(), strict=True):
            line = json.dumps({"text": text, "probabilities": answer}, ensure_ascii=False)
            out.write(line + "\n")
    return len(texts)


def golden_texts(validation: Sequence[Row]) -> list[str]:
    """Return up to 200 texts: edge cases, the longest, then all labels and languages in turn."""
    longest = max((row.text for row in validation), key=len, default="")
    chosen = dict.fromkeys([*EDGES, longest] if longest else EDGES)
    for text in _in_turn(validation):
        if len(chosen) == MAX_TEXTS:
            break
        chosen.setdefault(text)
    return list(chosen)


def _in_turn(validation: Sequence[Row]) -> list[str]:
    """Return all texts: the first of each (language, label), then the second of each, and so on."""
    groups: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in validation:
        groups[row.language, row.label].append(row.text)
    ranked = [
        (place, key, text)
        for key, texts in groups.items()
        for place, text in enumerate(sorted(texts))
    ]
    return [text for _, _, text in sorted(ranked)]
