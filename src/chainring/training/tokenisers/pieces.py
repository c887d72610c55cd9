"""How a text is split before pieces are learnt, the same for every tokeniser: Chinese apart."""

from __future__ import annotations

from typing import Any

from chainring.text.characters import HAN


def chinese_apart(*, one_by_one: bool) -> Any:
    """Return a pre-tokeniser that parts Chinese from all else, or every Chinese character."""
    from tokenizers import Regex, pre_tokenizers

    pattern = f"[{HAN}]" + ("" if one_by_one else "+")
    return pre_tokenizers.Split(Regex(pattern), behavior="isolated")
