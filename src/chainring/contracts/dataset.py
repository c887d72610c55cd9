"""Dataset: a query with a manifest; for every row the records, labels and feedback that made it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Task = Literal[
    "classification",
    "multi-label",
    "regression",
    "matching",
    "tagging",
    "question-answering",
    "inference",
    "translation",
    "generation",
    "dialogue",
    "preference",
    "recommendation",
]

SPLITS = ("train", "validation", "test", "holdout", "reacted", "unlabelled")
"""`test` is the frozen suite; `holdout` its reviewed sample of traffic; `reacted` the confirmed and
corrected rows of the hold-out (fix rate only); `unlabelled` serves pre-training and labelling."""

OUT_OF_SCOPE = "out_of_scope"
"""Label of texts that the model should pass on to a person."""

LABEL_SEPARATOR = "|"
"""Between the labels of one row where a row may have several, and between its licences."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of a data set; `text` is prepared (normalised, redacted) as the model will see it.

    What a row says depends on the task; a field that the task does not use is empty.

    =====================  =========  =======================  ====================================
    task                   text       pair                     label, target
    =====================  =========  =======================  ====================================
    classification         text                                label: one label
    multi-label            text                                label: labels joined by `|`, sorted
    regression             text                                target: a decimal number
    matching, inference    one text   the other text           label: one label
    tagging                text                                target: JSON [[start, end, kind], …]
    question-answering     question   passage, where given     target: the answer
    translation            source                              target: the translation
    generation             prompt                              target: the completion
    dialogue               JSON [{"role": …, "content": …}]    target: the next reply
    preference             prompt     the rejected completion  target: the chosen completion
    =====================  =========  =======================  ====================================

    `rejected` is a written answer that people did not want to this text, as feedback tells; such a
    row may have no target, where nobody said what would have been better.
    The ids in `records`, `labels` and `feedback` name what made the row. `weight` counts in
    training. `group` is the near-duplicate group, `episode` a keyed digest that the turns of one
    conversation share. Places of tags count characters of `text`.
    """

    id: str
    text: str
    label: str
    language: str
    split: str
    source: str
    licence: str
    group: str
    records: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    feedback: tuple[str, ...] = ()
    author: str = ""
    weight: float = 1.0
    must: bool = False
    protected: str = ""
    consent: str = ""
    pair: str = ""
    target: str = ""
    rejected: str = ""
    episode: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """A light handle: facts and the address of a tree with `rows.parquet` and `dropped.jsonl`.

    `suite` is the digest of the rows that judge (test and holdout), `frozen` that of the test rows
    alone, empty where there are none; `training` the digest of the rows that teach (train and
    validation); `counts` has the rows per split and each drop reason.
    `spread` is the mean distance of training targets from their median, where they are numbers;
    those that lie far from all others do not count.
    """

    app: str
    address: str
    task: Task
    labels: tuple[str, ...]
    languages: tuple[str, ...]
    splits: dict[str, int]
    suite: str
    training: str
    licences: tuple[str, ...] = ()
    counts: dict[str, int] = field(default_factory=dict)
    spread: float = 0.0
    frozen: str = ""


def licences_in(value: str) -> list[str]:
    """Return the licences of a row: copies of one text may come on several terms.

    >>> licences_in("CC-BY-NC-4.0|CC0")
    ['CC-BY-NC-4.0', 'CC0']
    """
    return [one.strip() for one in value.split(LABEL_SEPARATOR)]
