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
    "not allowed", "not permitted", "do not train", "do not use", "nope", "nah",
    "x", "×", "✗", "✘", "✖", "❌",
}  # fmt: skip
"""How people and forms say no; `none` says nothing, as a reaction without a word does."""
_MARKS = " .!,;。、()[]【】「」\"'\ufe0f"
_WHO = (
    "(?:[请請]|本人|我们?|我們|患者|病人|家[属屬]|用[户戶]|客[户戶]|监护人|監護人|同意[书書]?|授[权權]"
    "|[暂暫][时時]?|已[经經]?|尚|[从從]|[还還]|仍|明[确確]|[坚堅][决決]){0,3}"
)
_END = (
    "[拒谢謝][绝絕]|婉拒|反[对對]|禁止|撤|取消|收回|作[废廢]|失效|[过過]期"
    "|(?:退出|[终終停]止)(?![前期日时時权權机機条條])"
)
_NEVER = "勿|[严嚴]禁|[别別](?=用|使|再|拿|把|[将將]|[训訓])"
_NO = f"不|未|[没沒]|否|[无無]|非(?:授[权權]|同意|[许許]可)|{_NEVER}|{_END}"
_NO_NO = (  # begins like a no, and grants, names a matter, or says nothing
    "(?:不|未|[没沒]有?|[无無])(?:曾|[经經]|[会會]|再|被|可以?|能|得|想|打算|任何|人|(?:提出|表示)[过過]?"
    rf"|要求|[选選][择擇]|申[请請]|主[动動]|明[确確]){{0,2}}(?:{_END}|退出|不(?:同意|[愿願]))"
    r"|(?:[无無未]|[没沒]有?|不(?:受|[设設加作做]))[^,。;:!?()\s同授许許准签簽]{0,4}限[制定]"
    "|[不未](?:受|[设設])?限|[无無][期时時]?限"
    "|不[得能可]用[于於](?:模型)?[训訓][练練](?:目的|用途)?[以之]?外"
    "|不介意|不[仅僅只光]|不良|不孕|不(?:署|具|[记記])名|不[详詳明]|不清楚|不[适適]用"
    "|不需|[无無](?:条件|條件|[偿償]|[异異][议議]|意[见見]|妨|所[谓謂]|需|[须須]|[监監]督|[创創]|痛)"
    "|[没沒]有?(?:[问問][题題]|意[见見]|[异異][议議]|[关關][系係])|未(?:成年|[满滿]|知|[说說]明|填|注明|[声聲]明)"
)
_MAY_NOT = (
    "(?:不(?:得|能|可以?|要(?!求)|[会會]|[应應该該]|想|希望|[愿願]意?|允[许許]|[许許]|准(?![确確备備])"
    "|同意|授[权權])|勿|[严嚴]?禁止?|(?<![个個分区區各差性特类類级級])[别別]|[拒谢謝][绝絕])"
)
_LEARN = (
    "[训訓][练練]|(?:机器|機器|深度|用[于於])[学學][习習]|建模|模型|人工智能|ai(?!\\w)|ml(?!\\w)"
)
_NO_LEARNING = (  # wherever it stands
    f"{_MAY_NOT}[^,;.:!?。、除影可仅僅只]{{0,10}}?(?:{_LEARN})(?![^,;.:。、]{{0,6}}外)"
)
_WHO_EN = (
    "(?:(?:please|i|we|user|patient|customer|client|subject|guardian|consent|permission|agreement"
    "|approval|authori[sz]ation|has|have|is|was|been) ){0,3}"
)
_END_EN = (
    "disagree|disallow|declin|refus|(?:withdr[ae]w|revok)(?!able)|reject|objects?\\b|forb[ia]d"
    "|prohibit|den(?:y|ied)|opt(?:s|ed)?[ -]out|withheld|(?:expired|lapsed|terminated)\\b"
)
_NOT = (
    "(?:(?:do|does|did|has|have|had|was|is|are|may|must|can|should|shall|will|would)"
    "(?: not|n['’]?t)|cannot|not|never)\\b"
)
_NOT_NOT = (
    rf"{_NOT} (?:(?:yet|been|be|ever) )*(?:{_END_EN}|limited|restricted|only|applicable|specified"
    r"|stated|known|asked|required|recorded|mind|object|expired|for (?!train|learn|us|ml|ai))"
    r"|no (?:(?:further|other|more|longer) )?(?:\w+ )?(?:limit|restrict|object|issue"
    r"|problem|concern)"
    r"|no (?:further |other |separate )?\w+ (?:form )?(?:(?:is|are|was|were|has|been|ever) )*"
    rf"(?:needed|required|necessary|{_END_EN})"
)
_LEARN_EN = r"(?:(?:an?|any|ai|ml|llm|model|machine|the) )*(?:train|learn(?:ing)?\b|ai\b|ml\b|llm)"
_NO_LEARNING_EN = (
    rf"{_NOT} (?:train|(?:to|be|want|wish|like|used?|using|for|in|as|by)"
    rf"(?: (?:to|be|it|this|them|my|our|the|data|texts?|used?|using|for|in|as|by))* {_LEARN_EN})"
    r"|\bno (?:(?:ai|ml|llm|model|machine) )*(?:training\b|machine learning)"
)
_SAYS_NO = re.compile(
    rf"{_WHO}(?:{_NO})|{_WHO_EN}(?:{_NOT}|{_END_EN}|no(?: ?[,;:(!–—]| -|\. (?!\d))"
    r"|no (?:(?:further|more|other|such|any|data|valid|explicit|written|ai|ml|llm|model|machine) )*"
    r"(?:us|training|learning|permission|agreement|approval|consent|authori|thank|way|sharing"
    r"|longer|ai\b|ml\b)|without (?:\w+ )?(?:consent|permission|authori|agreement|approval)"
    r"|non-?consent|stop (?:us|train))"
)
_GRANTS = re.compile(rf"{_WHO}(?:{_NO_NO})|{_WHO_EN}(?:{_NOT_NOT})")
_NONE = re.compile(rf"{_NO_NO}|\b(?:{_NOT_NOT})")
_FORBIDS = re.compile(f"{_NO_LEARNING}|{_NO_LEARNING_EN}")
_AFTER_ALL = re.compile(  # a no that follows what alone would be none
    "(?:不|未|[没沒]有?|[无無])(?:取得|[获獲]得|得到|[经經]|本人|[监監][护護]人|家[长長])?"
    "(?:同意(?![见見])|允[许許]|授[权權]|[愿願]|[许許]可|[签簽])|[拒谢謝][绝絕]|禁止|反[对對]"
    f"|{_MAY_NOT}(?:再|被|[继繼][续續]|任何人)*使?用(?=$|[,;.:!?。()]|我|本人|[数數][据據]|[资資]料"
    "|[于於]任何)"
    "|(?:[训訓][练練]|[学學][习習])除外|除了?(?:模型)?[训訓][练練][以之]?外(?![^,;]{0,4}[不未無无禁勿])"
    "|已[经經]?(?:撤|取消|退出|[终終]止|失效|[过過]期|作[废廢])"
    rf"|\b(?:{_END_EN}|{_NOT} (?:agree|consent|allow|permit|for us"
    r"|(?:(?:to|be|ever) )*us(?:ed?|ing)(?:$|[^\w ]| at all| any| it| my (?:data|text))))"
    rf"|\b(?:except|excluding)(?: for| in)?:? {_LEARN_EN}|{_NO_LEARNING}|{_NO_LEARNING_EN}"
)
_ASKED = re.compile(  # a question and its answer: `consent: no`
    "(?:(?:是否|有[无無]|本人|患者|用[户戶]|客[户戶]|[监監][护護]人|已|可否|能否|可以?|用[于於]){0,3}"
    "(?:同意|授[权權]|允[许許]|[许許]可|使用|[训訓][练練])[书書]?(?:使用|用[于於](?:模型)?[训訓][练練]|[训訓][练練])?"
    "|(?:(?:user|patient|customer|subject|data|training|has|is)[ _])?(?:consent(?:ed|s)?|agree[ds]?"
    "|agreement|permission|permitted|allow(?:ed)?|authori[sz](?:ed|ation)|opt(?:ed)?[ _-]in)"
    "(?:[ _](?:to|for|given|granted|training|use)){0,3})"
    "(?: ?[:=?(] ?| -? ?)(.+)"
)


@lru_cache(maxsize=4096)
def plain(term: str) -> str:
    """Return a term as it is compared: NFKC, no capitals, single spaces, nothing invisible."""
    seen = (char for char in unicodedata.normalize("NFKC", term) if _is_visible(char))
    return " ".join("".join(seen).casefold().split())


def is_refusal(consent: str) -> bool:
    """Whether a consent says, in whatever dress, that the text must not be used.

    What begins with a no is one, as far as it can be told, and what forbids to train, wherever it
    says so: a refusal taken for granted harms, a consent taken for a refusal is counted among what
    was left out. A no to a no is none, unless another one follows.
    """
    said = plain(consent).strip(_MARKS)
    granted = None if said in REFUSALS else _GRANTS.match(said)
    if granted is not None:
        return _has(_AFTER_ALL, said[granted.end() :])
    asked = _ASKED.fullmatch(said)
    if asked is not None and (asked[1] in REFUSALS or _has(_AFTER_ALL, asked[1])):
        return True
    return said in REFUSALS or _SAYS_NO.match(said) is not None or _has(_FORBIDS, said)


def _has(no: re.Pattern[str], said: str) -> bool:
    return no.search(_NONE.sub("", said)) is not None


def _is_visible(char: str) -> bool:
    return unicodedata.category(char) != "Cf"
