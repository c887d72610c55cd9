"""Terms of use (a licence, a consent) in one spelling, and which consents say no.

Enters what a source or a user states, leaves it without regard to case, width and space.

>>> plain(" Ｃare  Only ")
'care only'
>>> is_refusal("No "), is_refusal("不同意"), is_refusal("none")
(True, True, False)
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

REFUSALS = frozenset(
    "refused refuse no n false 0 denied declined withdrawn revoked opt-out opt_out "
    "0.0 否 无 無 不 不可 不可以 不行 不同意 未同意 未授权 未授權 不允许 不允許 不得使用 禁止 "
    "拒绝 拒絕 已拒绝 已拒絕 撤回 已撤回".split()
) | {
    "opt out", "opted out", "no consent", "no training", "not given", "not granted",
    "not allowed", "not permitted", "do not train", "do not use",
}  # fmt: skip
"""How people and forms say no; `none` says nothing, as a reaction without a word does."""
_MARKS = " .!,;。、"


@lru_cache(maxsize=4096)
def plain(term: str) -> str:
    """Return a term as it is compared: NFKC, no capitals, single spaces, nothing invisible."""
    seen = (char for char in unicodedata.normalize("NFKC", term) if _is_visible(char))
    return " ".join("".join(seen).casefold().split())


def is_refusal(consent: str) -> bool:
    """Whether a consent says, in whatever dress, that the text must not be used."""
    return plain(consent).strip(_MARKS) in REFUSALS


def _is_visible(char: str) -> bool:
    return unicodedata.category(char) != "Cf"
