"""Tags keep their place when a text is normalised and redacted, or their row is left out.

Enters a raw text with tags and the prepared text, leaves the tags at their new places; None where
the words of one do not stand there any more.

>>> moved("to  Rome now", "to Rome now", [(4, 8, "city")], lambda text: " ".join(text.split()))
[(3, 7, 'city')]
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from chainring.contracts.values import Tag


def moved(
    raw: str, prepared: str, tags: Sequence[Tag], prepare: Callable[[str], str]
) -> list[Tag] | None:
    """Return tags at their places in the prepared text.

    A tag begins where what stood before it ends once that is prepared, one space aside, and its own
    words have to be there: where something larger was hidden or joined, they are not.

    Parameters
    ----------
    prepare
        What was done to the text.
    """
    if raw == prepared:
        return list(tags)
    found: list[Tag] = []
    for start, end, kind in tags:
        words, before = prepare(raw[start:end]), len(prepare(raw[:start]))
        place = next((at for at in (before, before + 1) if _stands(prepared, words, at)), None)
        if place is None or (found and place < found[-1][1]):
            return None
        found.append((place, place + len(words), kind))
    return found


def _stands(prepared: str, words: str, at: int) -> bool:
    return bool(words) and prepared.startswith(words, at)
