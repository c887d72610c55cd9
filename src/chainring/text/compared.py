"""What of a row is compared with other rows: what people say, not how it is wrapped.

Enters the texts of a row, leaves those by which near-duplicates are told:

===============  ====================================================================
of               is compared
===============  ====================================================================
a conversation   what its messages say, without the JSON around them and without
                 system messages, which stand in all conversations of a shop alike
a preference     the prompt alone: what was not wanted there makes no other prompt
all others       the text, and the second one where there is one
===============  ====================================================================
"""

from __future__ import annotations

from chainring.contracts.tasks import TaskFacts
from chainring.contracts.values import both
from chainring.text.chat import spoken


def compared(text: str, pair: str = "", *, facts: TaskFacts) -> str:
    r"""Return what near-duplicates of a row are told by, as one text.

    >>> from chainring.contracts.tasks import TASKS
    >>> compared("a prompt", "not wanted", facts=TASKS["preference"])
    'a prompt'
    >>> compared("a premise", "what it says", facts=TASKS["inference"])
    'a premise\nwhat it says'
    """
    return both(said(text, facts=facts), "" if facts.pair_is_rejected else pair)


def said(text: str, *, facts: TaskFacts) -> str:
    """Return what is said in a text; only in tasks of written texts it may be a conversation.

    >>> from chainring.contracts.tasks import TASKS
    >>> said('[{"role": "user", "content": "退款"}]', facts=TASKS["dialogue"])
    '退款'
    """
    return spoken(text) if facts.form == "text" else text
