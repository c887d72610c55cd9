"""Which column means what: the recipe's mapping first, then our own names.

A conversation alone has no name of ours: a column `episode` may be of a podcast, and all rows of
one conversation share a split. It is one where the recipe says so.

Enters the columns found in a file, leaves role → column, or the fault with its remedy.

>>> columns_of(["text", "label", "label_name"], {}, unlabelled=False)
{'text': 'text', 'label': 'label_name'}
>>> print(fault_of(["sentence", "y"], {}, unlabelled=False))
columns `text`, `label` expected; found `sentence`, `y`; map them with [data.columns], for example \
text = "sentence", label = "y"
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TypeVar, get_args

from chainring.contracts.dataset import Task
from chainring.contracts.errors import nearest
from chainring.contracts.tasks import TASKS, TaskFacts
from chainring.data.settings import Role

R = TypeVar("R", bound=str)
ROLES: tuple[Role, ...] = get_args(Role)
_ONLY_MAPPED = ("episode",)

OFTEN = {  # names seen in the wild; offered in a message, never taken by themselves
    "text": ("sentence", "utterance", "query", "question", "content", "review", "message", "body",
             "input", "text_a", "sentence1", "text1", "question1", "premise", "prompt",
             "文本", "内容", "评论", "问题", "句子"),
    "label": ("y", "category", "intent", "class", "target", "labels", "tag", "topic", "sentiment",
              "标签", "类别", "分类", "意图"),
    "pair": ("text_b", "sentence2", "text2", "question2", "hypothesis", "passage", "context",
             "document", "rejected", "第二句", "句子2", "段落"),
    "target": ("y", "score", "value", "rating", "tags", "entities", "answer", "translation",
               "completion", "response", "reply", "chosen", "output",
               "目标", "分数", "答案", "译文"),
    "episode": ("episode", "episode_id", "conversation", "conversation_id", "session", "session_id",
                "chat", "chat_id", "dialogue_id", "thread", "thread_id",
                "会话", "会话编号", "会话id", "对话编号", "对话id"),
}  # fmt: skip


def expected(roles: Sequence[R], mapping: Mapping[R, str]) -> dict[R, str]:
    """Return role → the column that has it, where there is one.

    >>> expected(["text", "episode"], {}), expected(["episode"], {"episode": "chat"})
    ({'text': 'text'}, {'episode': 'chat'})
    """
    named = (role for role in roles if role in mapping or role not in _ONLY_MAPPED)
    return {role: mapping.get(role, role) for role in named}


def mapping_of(part: str, mapping: Mapping[R, str]) -> Mapping[R, str]:
    """Return what the recipe maps in files of a reader: none where the columns are our own.

    >>> mapping_of("text.v1", {"text": "客户留言"}), mapping_of("csv.v1", {"text": "客户留言"})
    ({}, {'text': '客户留言'})
    """
    return {} if part.startswith(("text.", "html.")) else mapping


def perhaps_conversation(found: Collection[str], mapping: Mapping[R, str]) -> str:
    """Return the column that may be the conversation and is mapped as nothing; else ''.

    >>> perhaps_conversation(["text", "会话"], {}), perhaps_conversation(["chat"], {"id": "chat"})
    ('会话', '')
    """
    free = (name for name in found if name not in mapping.values())
    names = (name for name in free if name.lower() in OFTEN["episode"])
    return "" if "episode" in mapping else next(names, "")


def columns_of(
    found: Collection[str],
    mapping: Mapping[Role, str],
    *,
    unlabelled: bool,
    task: Task = "classification",
) -> dict[Role, str]:
    """Return role → column. `label_name` beside a number `label` is taken, unless one is mapped.

    What the task does not read has no role: a column `target` of a classification is a stranger.
    """
    facts, mapping = TASKS[task], _mapped_here(found, mapping, unlabelled=unlabelled)
    unread = {"pair", "label", "target"} - {*facts.needs, *facts.allows}
    columns = expected([role for role in ROLES if role not in unread], mapping)
    if "label" not in mapping and "label_name" in found and "label" in columns:
        columns["label"] = "label_name"
    if unlabelled:
        del columns[facts.says]
    return {role: column for role, column in columns.items() if column in found}


def fault_of(
    found: Collection[str],
    mapping: Mapping[Role, str],
    *,
    unlabelled: bool,
    task: Task = "classification",
) -> str | None:
    """Return what is wrong with the columns of a file, or None.

    A file without the column of the values is a file of unlabelled text when all its columns are
    known; with unknown ones it is a fault, because one of them may be the value.
    """
    facts, mapping = TASKS[task], _mapped_here(found, mapping, unlabelled=unlabelled)
    columns = columns_of(found, mapping, unlabelled=unlabelled, task=task)
    missing: list[Role] = [
        role for role in ROLES if role in ("text", "pair") and _lacks(role, columns, facts)
    ]
    strangers = [name for name in found if name not in columns.values()]
    if not unlabelled and facts.says not in columns and (strangers or facts.says in mapping):
        missing.append(facts.says)
    if not missing:
        return None
    names = ", ".join(f"`{mapping.get(role, role)}`" for role in missing)
    noun, them = ("column", "it") if len(missing) == 1 else ("columns", "them")
    listed = ", ".join(f"`{name}`" for name in found)
    end = "" if "text" in missing else ", or name the file in data.unlabelled"
    if unlabelled and "text" in mapping:
        end = ", or call it `text` in this file"
    asked = "" if task == "classification" else f" by the task {task}"
    return (
        f"{noun} {names} expected{asked}; found {listed}; map {them} with [data.columns]"
        f"{_example(missing, strangers, mapping)}{end}"
    )


def _mapped_here(
    found: Collection[str], mapping: Mapping[Role, str], *, unlabelled: bool
) -> Mapping[Role, str]:
    """Return the mapping of a file: articles beside rows may have our own names for their columns.

    >>> _mapped_here(["text"], {"text": "question"}, unlabelled=True)
    {'text': 'text'}
    """
    if not unlabelled:
        return mapping
    return {
        role: role if column not in found and role in found else column
        for role, column in mapping.items()
    }


def _lacks(role: Role, columns: Mapping[Role, str], facts: TaskFacts) -> bool:
    return role in facts.needs and role not in columns


def _example(missing: Sequence[Role], strangers: Sequence[str], mapping: Mapping[Role, str]) -> str:
    offers: list[str] = []
    free = list(strangers)
    for role in missing:
        by_habit = next((name for name in free if name.lower() in OFTEN.get(role, ())), None)
        others = {name for other in missing if other != role for name in OFTEN.get(other, ())}
        own = [name for name in free if name.lower() not in others or name == by_habit]
        offer = nearest(mapping.get(role, role), own) or by_habit
        if offer is not None:
            offers.append(f'{role} = "{offer}"')
            free.remove(offer)
    return f", for example {', '.join(offers)}" if offers else ""
