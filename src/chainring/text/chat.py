"""Conversations as text: JSON of messages, read the same way in training and in service.

>>> messages_of('[{"role": "user", "content": "物流太久了"}]')
[{'role': 'user', 'content': '物流太久了'}]
>>> messages_of("Where is my parcel?")
[{'role': 'user', 'content': 'Where is my parcel?'}]
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from typing import Any

Message = dict[str, str]
ROLES = ("system", "user", "assistant")
TEMPLATE = (
    "{% for message in messages %}{{ '<|' + message['role'] + '|>' + message['content'] }}"
    "{% if message['role'] == 'assistant' %}{{ '[SEP]' }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}"
)
"""How a conversation is written for a vocabulary of our own: a mark for each speaker."""
_BEGUN = re.compile(r"\s*\[\s*(?:\{|\]\s*$)")
_SPEAKS = re.compile(r"""["']role["']""")
_SAID = ({"role"}, {"content"}, {"from", "value"})
"""Keys by which a message is known, the last of another form; other lists are what users paste."""


def messages_of(text: str) -> list[Message]:
    """Return the messages of a conversation; any other text is what one user says."""
    found = _parsed(text)
    return found if found else [{"role": "user", "content": text}]


def is_conversation(text: str) -> bool:
    """Return whether a text is a conversation.

    >>> is_conversation('[{"role": "user", "content": "Hi"}]'), is_conversation("[sic]")
    (True, False)
    """
    return bool(_parsed(text))


def conversation_fault(text: str) -> str | None:
    """Return what is wrong with a text that begins as a conversation does, or None.

    A list of other things, `[{"id": 17}]`, is what one user says, as any other text. A prompt ends
    with the user: the reply to it is what is learnt.

    >>> conversation_fault("[sic]"), conversation_fault('[{"role": "user", "content": "Hi"}]')
    (None, None)
    >>> conversation_fault("[]")
    'the conversation has no messages'
    """
    if not _BEGUN.match(text):
        return None
    if messages := _parsed(text):
        return _last_fault(messages[-1]["role"])
    try:
        rows = json.loads(text)
    except (ValueError, RecursionError) as error:
        return (
            f"the conversation is broken JSON: {_broken(error)}" if _SPEAKS.search(text) else None
        )
    if not rows:
        return "the conversation has no messages"
    return _messages_fault(rows) if any(map(_is_meant, rows)) else None


def _broken(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} at character {error.pos + 1}"
    return "too deep" if isinstance(error, RecursionError) else "a number of too many digits"


def _is_meant(row: Any) -> bool:
    """Whether something in a list is meant as a message."""
    return isinstance(row, dict) and any(keys <= row.keys() for keys in _SAID)


def _last_fault(role: str) -> str | None:
    if role == "user":
        return None
    wanted = "the user's is expected there, and the reply to it in `target`"
    return f"the last message of the conversation is the {role}'s; {wanted}"


def _messages_fault(rows: Sequence[Any]) -> str:
    place = next(place for place, row in enumerate(rows, 1) if not _is_message(row))
    row = rows[place - 1]
    if isinstance(row, dict) and row.get("role", ROLES[0]) not in ROLES:
        known = f"known are {', '.join(ROLES)}"
        return f"message {place} of the conversation has the role {row['role']!r}; {known}"
    return f"message {place} of the conversation has no `role` with a text as `content`"


def is_own_template(template: object) -> bool:
    """Return whether a template of conversations is ours, and no base's.

    >>> is_own_template(TEMPLATE.replace("[SEP]", "</s>")), is_own_template("{{ messages }}")
    (True, False)
    """
    return isinstance(template, str) and template.startswith(TEMPLATE.partition("[SEP]")[0])


def in_each(text: str, change: Callable[[str], str]) -> str:
    r"""Return a conversation with each message changed, in one form of JSON; else the text changed.

    >>> in_each('[{"role":"user","content":"\\u9000\\u6b3e"}]', lambda said: said + "!")
    '[{"role": "user", "content": "退款!"}]'
    """
    messages = _parsed(text)
    if not messages:
        return change(text)
    return conversation([one | {"content": change(one["content"])} for one in messages])


def spoken(text: str) -> str:
    """Return what is said in a conversation, system messages aside; any other text as it is.

    >>> spoken('[{"role": "system", "content": "Be short."}, {"role": "user", "content": "退款"}]')
    '退款'
    """
    messages = _parsed(text)
    said = [one["content"] for one in messages if one["role"] != "system"]
    return "\n".join(said or [one["content"] for one in messages]) if messages else text


def conversation(messages: Sequence[Mapping[str, str]]) -> str:
    """Return messages as the text of a row.

    >>> conversation([{"role": "user", "content": "Hi"}])
    '[{"role": "user", "content": "Hi"}]'
    """
    plain = [{"role": one["role"], "content": one["content"]} for one in messages]
    return json.dumps(plain, ensure_ascii=False)


def prompt_ids(tokeniser: Any, text: str, *, limit: int) -> list[int]:
    """Return the ids of a prompt or a conversation, ready for the reply; the oldest are cut.

    `tokeniser` is one of transformers, or has its methods; without a template of conversations the
    text goes to it as it is.
    """
    if tokeniser.chat_template is None:
        ids = tokeniser(text)["input_ids"]
    else:
        from chainring.text.template import worded

        several = not isinstance(tokeniser.chat_template, str)
        template = tokeniser.get_chat_template() if several else tokeniser.chat_template
        marks = {name: str(mark) for name, mark in tokeniser.special_tokens_map.items()}
        said = worded(template, messages_of(text), marks=marks, base=str(tokeniser.name_or_path))
        ids = tokeniser(said, add_special_tokens=False)["input_ids"]
    return list(ids)[-limit:]


def recent(tokeniser: Any, text: str, *, limit: int) -> str:
    """Return a text as an encoder reads it: a conversation without its oldest turns, till it fits.

    The last turn stays, and any other text as it is: what is too long of them is cut at its end.
    """
    messages = _parsed(text)
    if len(messages) < 2 or _fits(tokeniser, text, limit):
        return text
    first = 1 + bisect_left(
        range(1, len(messages) - 1),
        True,
        key=lambda start: _fits(tokeniser, conversation(messages[start:]), limit),
    )
    return conversation(messages[first:])


def _fits(tokeniser: Any, text: str, limit: int) -> bool:
    return len(tokeniser(text)["input_ids"]) <= limit


def _parsed(text: str) -> list[Message]:
    if not text.lstrip().startswith("["):
        return []
    try:
        rows = json.loads(text)
    except (ValueError, RecursionError):  # the second of a thousand brackets
        return []
    messages = [
        {"role": row["role"], "content": row["content"]} for row in rows if _is_message(row)
    ]
    return messages if len(messages) == len(rows) else []


def _is_message(row: Any) -> bool:
    is_told = isinstance(row, dict) and isinstance(row.get("content"), str)
    return is_told and row.get("role") in ROLES
