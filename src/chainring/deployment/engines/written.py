"""What a writer hands over of one text: what it wrote, how sure it is, and how that ended.

Enters nothing, leaves the tuple that the engines of texts share.

    Written("Two dogs are", 0.4, LENGTH)
"""

from __future__ import annotations

from typing import NamedTuple


class Written(NamedTuple):
    """A text; `sure` is 0 to 1, `finish` is STOP or LENGTH (see `Answer.finish`).

    `read_tokens` of the prompt went into the network, `written_tokens` came out of it, the mark of
    the end left out.
    """

    text: str
    sure: float
    finish: str
    read_tokens: int = 0
    written_tokens: int = 0
