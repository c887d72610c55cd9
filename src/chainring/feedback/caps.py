"""How much of one author counts before a person looks at it.

author_limit({"ann": 300, "bo": 10}, settings=FeedbackSettings())       # 50
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chainring.feedback.settings import FeedbackSettings

MIN_PER_AUTHOR = 10


def author_limit(counts: Mapping[Any, int], *, settings: FeedbackSettings) -> int:
    """Return how many undecided statements of one author count before a review.

    The share takes hold only where every author could keep to it: with five authors or fewer one
    of them always gives a fifth or more.

    >>> author_limit({"ann": 300, "bo": 10}, settings=FeedbackSettings())
    50
    >>> author_limit({str(i): 10 for i in range(12)}, settings=FeedbackSettings())
    24
    """
    cap, share = settings.max_rows_per_author, settings.author_share_for_review
    if len(counts) * share <= 1:
        return cap
    return min(cap, max(MIN_PER_AUTHOR, int(share * sum(counts.values()))))
