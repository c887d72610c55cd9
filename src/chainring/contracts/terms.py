"""Terms of use (a licence, a consent) in one spelling, and which consents say no.

Enters what a source or a user states, leaves it without regard to case, width and space.

>>> plain(" Ｃare  Only ")
'care only'
>>> is_refusal("No "), is_refusal("不同意使用"), is_refusal("none"), is_refusal("不限")
(True, True, False, False)
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

REFUSALS = frozenset(
    "refused refuse no n false 0 denied declined withdrawn revoked opt-out opt_out "
    "0.0 否 无 無 不 不可 不可以 不行 不同意 未同意 未授权 未授權 不允许 不允許 不得使用 禁止 "
    "拒绝 拒絕 已拒绝 已拒絕 撤回 已撤回".split()
) | {
    "opt out", "opted out", "no consent", "no training", "not given", "not granted",
    "not allowed", "not permitted", "do not train", "do not use", "x", "×", "✗", "✘", "✖", "❌",
}  # fmt: skip
"""How people and forms say no; `none` says nothing, as a reaction without a word does."""
_MARKS = " .!,;。、()[]【】「」\"'\ufe0f"
_WHO = (
    "(?:本人|我们?|我們|患者|病人|家[属屬]|用[户戶]|客[户戶]|监护人|監護人|同意[书書]?|授[权權]|[暂暫][时時]?"
    "|已[经經]?|尚|[从從]|[还還]|仍|明[确確]|[坚堅][决決]){0,3}"
)
_END = "拒[绝絕]|反[对對]|禁止|撤|取消|收回|作[废廢]|失效|[过過]期"
_NO = f"不|未|[没沒]|否|[无無]|非(?:授[权權]|同意|[许許]可)|{_END}"
_NO_NO = (  # begins like a no, and grants, names a matter, or says nothing
    "(?:不|未|[没沒]有?|[无無])(?:曾|[经經]|[会會]|再|被|可以?|能|得|想|打算|任何|人|(?:提出|表示)[过過]?"
    rf"|要求|[选選][择擇]|申[请請]|主[动動]|明[确確]){{0,2}}(?:{_END}|退出|不(?:同意|[愿願]))"
    r"|(?:[无無未]|[没沒]有?|不(?:受|[设設加作做]))[^,。;:!?()\s同授许許准签簽]{0,4}限[制定]"
    "|[不未](?:受|[设設])?限|[无無][期时時]?限"
    "|不介意|不[仅僅只光]|不良|不孕|不(?:署|具|[记記])名|不[详詳明]|不清楚|不[适適]用"
    "|不需|[无無](?:条件|條件|[偿償]|[异異][议議]|意[见見]|妨|所[谓謂]|需|[须須]|[监監]督|[创創]|痛)"
    "|[没沒]有?(?:[问問][题題]|意[见見]|[异異][议議]|[关關][系係])|未(?:成年|[满滿]|知|[说說]明|填|注明|[声聲]明)"
)
_WHO_EN = "(?:(?:i|we|user|patient|customer|client|subject|guardian|has|have|is|was) ){0,2}"
_END_EN = (
    "disagree|disallow|declin|refus|(?:withdr[ae]w|revok)(?!able)|reject|objects?\\b|forb[ia]d"
    "|prohibit|den(?:y|ied)|opt(?:s|ed)?[ -]out"
)
_NOT = (
    "(?:(?:do|does|did|has|have|had|was|is|are|may|must|can|should|shall|will|would)"
    "(?: not|n['’]?t)|cannot|not|never)\\b"
)
_NOT_NOT = (
    rf"{_NOT} (?:(?:yet|been|be|ever) )*(?:{_END_EN}|limited|restricted|only|applicable|specified"
    r"|stated|known|asked|required|recorded|mind|object|expired|for (?!train|learn|us|ml|ai))"
    r"|no (?:\w+ )?(?:limit|restriction|object)|no \w+ (?:is |are )?(?:needed|required)"
)
_SAYS_NO = re.compile(
    rf"{_WHO}(?:{_NO})|{_WHO_EN}(?:{_NOT}|{_END_EN}|no(?: ?[,;:(!–—]| -|\. (?!\d))"
    r"|no (?:us|training|learning|permission|agreement|approval|thank|way|sharing))"
)
_GRANTS = re.compile(rf"{_WHO}(?:{_NO_NO})|{_WHO_EN}(?:{_NOT_NOT})")
_NONE = re.compile(rf"{_NO_NO}|\b(?:{_NOT_NOT})")
_AFTER_ALL = re.compile(  # a no that follows what alone would be none
    "(?:不|未|[没沒]有?|[无無])(?:取得|[获獲]得|得到|[经經]|本人|[监監][护護]人|家[长長])?"
    "(?:同意(?![见見])|允[许許]|授[权權]|[愿願]|[许許]可|[签簽])|拒[绝絕]|禁止|反[对對]"
    rf"|\b(?:{_END_EN}|{_NOT} (?:agree|consent|allow|permit|train|for (?:train|learn|us|ml|ai)))"
)


@lru_cache(maxsize=4096)
def plain(term: str) -> str:
    """Return a term as it is compared: NFKC, no capitals, single spaces, nothing invisible."""
    seen = (char for char in unicodedata.normalize("NFKC", term) if _is_visible(char))
    return " ".join("".join(seen).casefold().split())


def is_refusal(consent: str) -> bool:
    """Whether a consent says, in whatever dress, that the text must not be used.

    What begins with a no is one, as far as it can be told: a refusal taken for granted harms, a
    consent taken for a refusal is counted among what was left out. A no to a no is none, unless
    another one follows.
    """
    said = plain(consent).strip(_MARKS)
    granted = None if said in REFUSALS else _GRANTS.match(said)
    if granted is not None:
        return _AFTER_ALL.search(_NONE.sub("", said[granted.end() :])) is not None
    return said in REFUSALS or _SAYS_NO.match(said) is not None


def _is_visible(char: str) -> bool:
    return unicodedata.category(char) != "Cf"
