"""A row before it is a record: by role, with where it stands.

Enters what a reader or a harvest yields, leaves `RawRow`; both sides agree here on what a split is
called.
"""

from __future__ import annotations

from dataclasses import dataclass

ENGLISH_SPLITS = {
    "train": "train", "training": "train",
    "validation": "validation", "valid": "validation", "val": "validation", "dev": "validation",
    "test": "test", "unlabelled": "unlabelled", "unlabeled": "unlabelled",
}  # fmt: skip
_CHINESE_STEMS = {
    "训练": "train", "訓練": "train", "验证": "validation", "驗證": "validation",
    "测试": "test", "測試": "test", "未标注": "unlabelled", "未標註": "unlabelled",
    "无标注": "unlabelled", "無標註": "unlabelled", "无标签": "unlabelled", "無標籤": "unlabelled",
}  # fmt: skip
_SETS = ("", "集", "数据", "数据集", "數據", "數據集", "資料", "資料集")
CHINESE_SPLITS = {
    **{stem + ending: split for stem, split in _CHINESE_STEMS.items() for ending in _SETS},
    "开发集": "validation", "開發集": "validation", "评测集": "test", "評測集": "test",
}  # fmt: skip
SPLIT_WORDS = ENGLISH_SPLITS | CHINESE_SPLITS


@dataclass(frozen=True, slots=True, kw_only=True)
class RawRow:
    """One row by role. `split` is `train`, `validation`, `test`, or empty.

    `key` is an id that is stable over turns, of rows that came from elsewhere; a row of a file is
    known by its text and its `id` column.
    """

    source: str
    locator: str
    split: str
    values: dict[str, str]
    key: str = ""
