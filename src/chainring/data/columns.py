"""Which column means what: the recipe's mapping first, then our own names.

Enters the columns found in a file, leaves role → column, or the fault with its remedy.

>>> columns_of(["text", "label", "label_name"], {}, unlabelled=False)
{'text': 'text', 'label': 'label_name'}
>>> print(fault_of(["sentence", "y"], {}, unlabelled=False))
columns `text`, `label` expected; found `sentence`, `y`; map them with [data.columns], for example \
text = "sentence", label = "y"
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import get_args

from chainring.contracts.errors import nearest
from chainring.data.settings import Role

ROLES: tuple[Role, ...] = get_args(Role)

OFTEN = {  # names seen in the wild; offered in a message, never taken by themselves
    "text": ("sentence", "utterance", "query", "question", "content", "review", "message", "body",
             "input", "文本", "内容", "评论", "问题", "句子"),
    "label": ("y", "category", "intent", "class", "target", "labels", "tag", "topic", "sentiment",
              "标签", "类别", "分类", "意图"),
}  # fmt: skip


def columns_of(
    found: Sequence[str], mapping: Mapping[Role, str], *, unlabelled: bool
) -> dict[Role, str]:
    """Return role → column. `label_name` beside a number `label` is taken, unless one is mapped."""
    columns = {role: mapping.get(role, role) for role in ROLES}
    if "label" not in mapping and "label_name" in found:
        columns["label"] = "label_name"
    if unlabelled:
        del columns["label"]
    return {role: column for role, column in columns.items() if column in found}


def fault_of(found: Sequence[str], mapping: Mapping[Role, str], *, unlabelled: bool) -> str | None:
    """Return what is wrong with the columns of a file, or None.

    A file without a label column is a file of unlabelled text when all its columns are known; with
    unknown ones it is a fault, because one of them may be the label.
    """
    columns = columns_of(found, mapping, unlabelled=unlabelled)
    missing: list[Role] = ["text"] if "text" not in columns else []
    strangers = [name for name in found if name not in columns.values()]
    if not unlabelled and "label" not in columns and (strangers or "label" in mapping):
        missing.append("label")
    if not missing:
        return None
    names = ", ".join(f"`{mapping.get(role, role)}`" for role in missing)
    noun, them = ("column", "it") if len(missing) == 1 else ("columns", "them")
    listed = ", ".join(f"`{name}`" for name in found)
    end = "" if "text" in missing else ", or name the file in data.unlabelled"
    return (
        f"{noun} {names} expected; found {listed}; map {them} with [data.columns]"
        f"{_example(missing, strangers, mapping)}{end}"
    )


def _example(missing: Sequence[Role], strangers: Sequence[str], mapping: Mapping[Role, str]) -> str:
    offers = []
    for role in missing:
        by_habit = next((name for name in strangers if name.lower() in OFTEN[role]), None)
        offer = nearest(mapping.get(role, role), strangers) or by_habit
        if offer is not None:
            offers.append(f'{role} = "{offer}"')
    return f", for example {', '.join(offers)}" if offers else ""
