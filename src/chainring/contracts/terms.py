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
from functools import cache, lru_cache

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
    "|(?:退出|[终終停]止)(?:[对對]?(?:我们?|我們|本人)的?|本|[该該此]|所有|一切|任何|[参參][与與加]|[继繼][续續])*"
    "(?=$|[ ,;.:!?。()了]|使?用|授[权權]|同意|[数數][据據]|[资資]料|信息|[训訓][练練]"
    "|[学學][习習]|[计計][划劃]|[项項]目|研究|[收采採]集|[处處]理)(?![^,;]{0,4}[后後])"
)
_DO_NOT = (  # but 识别, 判别, 性别
    "(?<![^ ,;.:!?。、()[请請但也就都们們您你而])"
    "[别別](?=用|使|再|拿|把|[将將]|[训訓]|[让讓]|[给給])"
)
_NEVER = f"勿|[严嚴]禁|{_DO_NOT}"
_NO = f"不|未|[没沒]|否|[无無]|非(?:授[权權]|同意|[许許]可)|{_NEVER}|{_END}"
_NO_NO = (  # begins like a no, and grants, names a matter, or says nothing
    "(?:不|未|[没沒]有?|[无無])(?:曾|[经經]|[会會]|再|被|可以?|能|得|想|打算|任何|人|(?:提出|表示)[过過]?"
    rf"|要求|[选選][择擇]|申[请請]|主[动動]|明[确確]){{0,2}}(?:{_END}|退出|[终終停]止|不(?:同意|[愿願]))"
    r"|(?:[无無未]|[没沒]有?|不(?:受|[设設加作做]))[^,。;:!?()\s同授许許准签簽]{0,4}限[制定]"
    "|[不未](?:受|[设設])?限|[无無][期时時]?限"
    "|不[得能可]用[于於](?:模型)?[训訓][练練](?:目的|用途)?[以之]?外"
    "|不介意|不[仅僅只光]|不良|不孕|不(?:署|具|[记記])名|不[详詳明]|不清楚|不[适適]用"
    "|(?:直到|直至|除非)(?:我|本人)?(?:撤[回销銷]|[终終]止|停止)(?:使?用)?"
    "|不需|[无無](?:条件|條件|[偿償]|[异異][议議]|意[见見]|妨|所[谓謂]|需|[须須]|[监監]督|[创創]|痛)"
    "|[没沒]有?(?:[问問][题題]|意[见見]|[异異][议議]|[关關][系係])|未(?:成年|[满滿]|知|[说說]明|填|注明|[声聲]明)"
)
_MAY_NOT = (
    "(?:不(?:得|能|可以?|要(?!求)|[会會]|[应應该該]|想|希望|[愿願]意?|允[许許]|[许許]|准(?![确確备備])"
    f"|同意|授[权權])|勿|[严嚴]?禁止?|{_DO_NOT}|[拒谢謝][绝絕])"
)
_LESSON = "(?:[训訓][练練]|(?:机器|機器|深度|用[于於])[学學][习習]|建模)"
_LEARN = (  # but a model that remembers or says a name, or calls
    f"{_LESSON}(?![时時中][^,;.:。]{{0,8}}名)|(?:模型|人工智能|ai(?!\\w)|ml(?!\\w))"
    "(?![^,;.:。]{0,2}(?:[记記]住|[输輸]出|[说說]|泄|透露|[显顯]示|打|[电電]|外呼|名))"
)
_GIVES = (
    "[转轉](?:售|[让讓]|[发發]|[卖賣])|出售|外[传傳泄]|公[开開布佈]|泄露|披露|分享|[发發][布表]"
)
_OUT = "(?![^,;.:。、]{0,6}外)"
_NO_LEARNING = (  # wherever it stands
    f"{_MAY_NOT}(?:(?!(?:{_GIVES})(?![^,;]{{0,4}}(?:用[于於作來来]|[进進]行|[或和与與及])))"
    f"[^,;.:!?。、除影可仅僅只]){{0,10}}?(?:{_LEARN}){_OUT}"
    f"|不(?:[再会會被])?(?:用[于於作来來]|[参參][与與加]|包[括含]|含|[做作]|[进進]行)[^,;.:。外除]{{0,4}}{_LESSON}"
    f"(?![^,;]{{0,4}}的(?!用途|目的)){_OUT}"
    f"|{_LESSON}(?:用途|目的|使用)?(?:除外|[:=(]?[也均都则則还還是已]?"
    "(?:否|拒[绝絕]|不(?:[可能]以?|行|得|允[许許]|[许許]|同意)|禁止)"
    "(?:[进進]行)?(?:使?用)?(?:(?:我|本人)的?)?(?:[数數][据據]|[资資]料)?(?=$|[ ,;.:!?。、()]))"
    f"|(?<!用[于於])除了?(?:用[于於作])?[^,;.:。]{{0,4}}?{_LESSON}(?:用途|目的)?[以之]?外"
    "(?!,?[^,;]{0,4}[不未無无禁勿还還也另])"
)
_WHO_EN = (
    "(?:(?:please|i|we|user|patient|customer|client|subject|guardian|consent|permission|agreement"
    "|approval|authori[sz]ation|has|have|is|was|been) ){0,3}"
)
_END_EN = (
    "disagree|disallow|declin|refus|(?:withdr[ae]w|revok)(?!able)|reject|objects?\\b|forb[ia]d"
    "|prohibit|den(?:y|ied)|opt(?:s|ed)?[ -]out|(?:withheld|expired|lapsed|terminated)"
    "(?=$|[,;.:!?()]| (?:by|on|in|since|at|from|for|consent|permission|authori|approval|us|train"
    "|[0-9]))"
)
_SAID_EN = r"(?<!may )(?<!can )(?<!could )(?<!free to )(?<!right to )\b"
_NOT = (
    "(?:(?:do|does|did|has|have|had|was|is|are|may|must|can|should|shall|will|would)"
    "(?: not|n['’]?t)|cannot|not|never)\\b"
)
_LEARN_EN = (
    r"(?:(?:an?|any|ai|ml|llm|model|machine|the) )*"
    r"(?:train(?!\w* (?:course|session|class))|learn(?:ing)?\b"
    r"|ai\b(?! (?:calls?|phone|chat|bot|voice|assist|agent))|ml\b|llm)"
)
_NOT_NOT = (
    rf"{_NOT} (?:(?:yet|been|be|ever) )*(?:{_END_EN}|limited|restricted|only|applicable|specified"
    rf"|stated|known|asked|required|recorded|mind|object|against|expired"
    rf"|for (?!us|{_LEARN_EN}))"
    rf"|no longer (?:{_END_EN})|no (?:(?:further|other|more|longer) )?(?:\w+ )?"
    r"(?:limit|restrict|object|issue|problem|concern)"
    r"|no (?:further |other |separate )?\w+ (?:form )?(?:(?:is|are|was|were|has|been|ever) )*"
    rf"(?:needed|required|necessary|{_END_EN})"
    r"|objections? (?:to|against) (?:the )?us(?:e|ing)(?: of (?:\w+ ){1,2}| it | )"
    "(?:(?:is|are|was|were|has|have|been) )*(?:withdrawn|revoked|dropped)"
    r"|(?:until|unless) (?:(?:i|we|it is|consent is) )?(?:withdr[ae]w|revoke)\w*"
    r"|without (?:\w+ ){0,2}(?:consent|permission|authori[sz]ation|agreement|approval) (?:the )?use"
    " (?:is|are) (?:allowed|permitted|ok|fine|free|granted)"
)
_THING_EN = (
    "(?: (?:use|purposes?|of|on|with|by|my|our|the|this|data|texts?|ai|models?|is|are|was))*"
)
_NO_LEARNING_EN = (
    rf"{_NOT} (?:train|(?:to|be|want|wish|like|used?|using|for|in|as|by)"
    rf"(?: (?:to|be|it|this|them|my|our|the|data|texts?|used?|using|for|in|as|by))* {_LEARN_EN})"
    r"|\bno (?:(?:ai|ml|llm|model|machine) )*(?:training\b|machine learning)"
    rf"|\b(?:training|learning)\b{_THING_EN}(?: ?(?::|=|-|\()? ?(?:no|false)(?=$|[,;.!?)])"
    r"|:? (?:not|never|n['’]t|isn['’]t|aren['’]t)(?= (?:allowed|permitted|ok(?:ay)?|included"
    r"|granted|agreed|consented|authori[sz]ed|wanted|accepted|acceptable)\b|$|[,;.!?)])"
    r"|(?: |: (?=\w+(?:$|[,;.!?)])))"
    r"(?:prohibited|forbidden|denied|refused|declined|disallowed|excluded|withdrawn|revoked)\b)"
    rf"|{_SAID_EN}(?:{_END_EN})\w*"
    rf"(?: (?:(?:to|of|from|for|in|as|my|our|any|the|us|use|using|consent|permission|be|it) )*)"
    rf"{_LEARN_EN}"
    rf"|(?:^|[,;.:!?(])(?:(?!\bno|\bnever|n['’]t|\bonly)[^,;.:!?()])*"
    rf"\b(?:except|excluding|other than|anything but|but not)(?: for| in)?:? {_LEARN_EN}"
)
_SAYS_NO = (
    rf"{_WHO}(?:{_NO})|{_WHO_EN}(?:{_NOT}|{_END_EN}|no(?: ?[,;:(!–—]| -|\. (?!\d))"
    r"|no (?:(?:further|more|other|such|any|data|valid|explicit|written|ai|ml|llm|model|machine) )*"
    r"(?:us(?!\w* (?:(?:other|except|beyond) )?(?:than |for )?train)|training|learning|permission"
    r"|agreement|approval|consent|authori|thank|way|ai\b|ml\b)|no sharing"
    r"|no longer (?:(?:to|be|may|is|the|an?) ){0,2}(?:consent|agree|permi|allow|authori|valid|us"
    r"|wish|want|willing|in force|in effect|grant|approv|train|learn)"
    r"|without (?:\w+ )?(?:consent|permission|authori|agreement|approval)"
    r"|non-?consent|stop (?:us|train))"
)
_GRANTS = rf"{_WHO}(?:{_NO_NO})|{_WHO_EN}(?:{_NOT_NOT})"
_NONE = rf"{_NO_NO}|\b(?:{_NOT_NOT})"
_FORBIDS = f"{_NO_LEARNING}|{_NO_LEARNING_EN}"
_AFTER_ALL = (  # a no that follows what alone would be none
    "(?:不|未|[没沒]有?|[无無])(?:取得|[获獲]得|得到|[经經]|本人|[监監][护護]人|家[长長])?"
    "(?:同意(?![见見])|允[许許]|授[权權]|[愿願]|[许許]可|[签簽])|[拒谢謝][绝絕]|禁止|反[对對]"
    f"|(?<!外){_MAY_NOT}(?:再|被|[继繼][续續]|任何人)*使?用(?=$|[,;.:!?。()]|我|本人|[数數][据據]|[资資]料"
    "|[于於]任何)"
    "|[学學][习習]除外"
    "|已[经經]?(?:撤|取消|退出|[终終]止|失效|[过過]期|作[废廢])"
    rf"|{_SAID_EN}(?:{_END_EN}|{_NOT} (?:agree|consent|allow|permit|for us"
    r"|(?:(?:to|be|ever) )*us(?:ed?|ing)(?:$|[^\w ]| at all| any| it| my (?:data|text))))"
    rf"|{_NO_LEARNING}|{_NO_LEARNING_EN}"
)
_OF_WHAT = (
    r"(?:$|[^\w ]| (?:of|it|me|this|any|anything|all|at all|my|our|the|these|is|are)\b| but| and"
    r"| [^\x00-\x7f])"
)
_SEAM = "(?<=[a-z])(?=[^\\x00-\\x7f])|(?<=[^\\x00-\\x7f])(?=[a-z])"
_DATA = "(?:[数數][据據]|[资資]料|文[本字]|[内內]容)"
_DATA_EN = "(?:data|texts?|messages?|contents?|chats?)"
_ELSE = (
    f"[營营][销銷]|推[销銷广廣]|[广廣]告|[电電][话話]|短信|[邮郵]件|外呼|商[业業用]|[姓真]名|[实實]名|名字"
    "|照片|相片|[头頭]像|肖像|人[脸臉]|面部|[声聲]音|嗓音|手[机機][号號]|[号號][码碼]|身份[证證]|微信"
    f"|地址|住址|[账帳賬帐][号號]|{_GIVES}"
    r"|market|newsletter|phone|\bcall(?:s|ing)?\b|e-?mail|\bads?\b|advert|\bre(?:sale|sell)"
    r"|\bs[eo]l[ld]\b|commercial|publish|\bnames?\b|\bsharing\b|\bphotos?\b|photograph"
    r"|\b(?:picture|portrait|avatar|face|voice|number|address|signature|logo|trademark)(?:e?s)?\b|\blikeness"
)
_NO_USE = (  # wherever it stands
    f"(?:(?<!外){_MAY_NOT}|反[对對]|停止|不再|[终終]止|撤[回销銷]|未(?:同意|授[权權]|[经經][^,;]{{0,4}}))"
    "(?:再|被|[继繼][续續]|任何人|[对對])*(?:我|本人)?的?使?用"
    f"(?=$|[ ,;.:!?。()]|但|而|我|本人|[于於]?任何|{_DATA}"
    f"|[^,;.:!?。()]{{0,10}}?[外里裡中和或与與及、]的?我?的?(?:其[他它])?{_DATA})"
    rf"|\b{_NOT} (?:(?:to|be|ever|want|wish|agree|consent|allow|permit|you|us|it|the|my|any|data"
    rf"|texts?) )*us(?:ed?|ing){_OF_WHAT}"
    rf"|(?:\b(?:stop|without (?:\w+ )?(?:consent|permission|authori\w+|agreement|approval)|against)"
    rf"|{_SAID_EN}(?:{_END_EN})\w*)(?: (?:all|any|the|my|our|to|of|for|further|consent|you))*"
    rf" (?:\w+ (?:and|or) )?us(?:e|ing|age){_OF_WHAT}"
    rf"|\buse(?: of (?:my|our|the|this|these) \w+)? (?:(?:is|was|be|been) )*(?:{_END_EN}"
    "|not (?:allowed|permitted|granted|ok|agreed))"
    f"|除了?(?:{_ELSE})[以之]?外,?{_MAY_NOT}(?:再|被)?使?用"
)
_YES_FIRST = (
    "(?:本人|我)?(?:已|均)?(?:同意(?![书書是过過])|允[许許]|授[权權]期限|可以?[使用训訓])"
    r"|(?:i |we |user |patient )?(?:yes|ok|agreed?|consents?(?: \w+){0,3} (?:given|granted)"
    r"|allow(?:ed)?|use for \w+ allowed)\b(?! (?:by mistake|before))"
)
_LATER = (  # what a consent says of its end, or of a use that it does not grant
    "(?:至|到)[^,;。]{1,12},?[之此][后後](?:停止|不再|[终終]止)使?用"
    "|(?<!已)(?:到期|期[满滿]|届[满滿])[之以]?[后後]?,?(?:停止|不再|[终終]止)(?:[继繼][续續])?使?用"
    "|(?:(?:合同|[协協][议議]|[项項]目|研究)(?:[终終]止|[结結]束)|(?<![现現]已)[离離][职職]|[毕畢][业業]|[解退][约約出])"
    "[之以]?[后後],?(?:停止|不再|[终終]止)(?:[继繼][续續])?使?用(?!.*(?:[现現]|已[经經]?)(?:[离離]|[终終]|[结結]))"
    r"|\b(?:until|till) [^,;.]{1,30},? then stop us(?:e|ing)\b"
    r"|\b(?:after (?!today|now|this)|at the end of )[^,;.]{1,40},?"
    r" (?:(?:we|you|they|will|must) ){0,2}stop us(?:e|ing)\b"
    r"|\bstop us(?:e|ing)(?: (?:it|them))? (?:(?:when|if) (?:i|we) ask|(?:up)?on request)\b"
    r"|\bwithout (?:\w+ )?(?:consent|permission|authori\w+) (?:the |any )?use\b"
)
_OTHER = (  # a clause that says no to something else than use and training
    rf"(?!.*(?:{_LESSON}|模型|人工智能|\btrain|\blearn|\b(?:ai|ml|llm)|任何(?!{_ELSE})|一切"
    rf"|所有|其[他它]|\bany(?:thing)?\b(?! (?:{_ELSE}))|\b(?:all|other|except)\b"
    rf"|{_DATA}[和或与與及、/]|[和或与與及、/]我?的?{_DATA}|\b{_DATA_EN} (?:and|or|in)\b"
    rf"|\b(?:and|or|nor) (?:(?:my|the|our) )?{_DATA_EN}\b"
    r"|使?用[和或与與及/]|[和或与與及/]使?用|\bus(?:e|ing) (?:and|or)\b|\b(?:and|or) us))"
    rf"(?:.*(?:{_NO}|{_MAY_NOT}|\b(?:{_NOT}|{_END_EN}|no\b|stop|withheld)).{{0,30}}(?:{_ELSE})"
    r"(?![中里裡]|[以之]?外(?![传傳泄呼]))(?<!by phone)(?<!by email)(?<!by e-mail)"
    rf"|.*(?:{_ELSE}) (?:(?:is|are|was|were) )?(?:{_END_EN}|not (?:allowed|permitted))"
    rf"| ?(?:(?:my|our|the|我|本人|的) ?)*(?:{_ELSE})(?: {_NOT} (?:to )?be us|{_MAY_NOT}被?使?用))"
)
_LISTED = rf"(?:{_ELSE}),(?: \w+,)*(?: \w+ (?:and|or))? (?:my )?{_DATA_EN}(?=$|[,;.]| (?:and|or)\b)"
"""Clauses that are one list: my name, texts and photos."""
_CLAUSE = r"[,;.!?()。]|\bbut\b|但是?"
_YES = (
    "(?:同意|允[许許]|授[权權]|可以?)(?:$|[,;]|[^,;]{0,8}(?:[训訓][练練]|[学學][习習]|使用|用[于於]模型))"
    "|[训訓][练練][^,;]{0,4}(?:可|同意|行|ok)"
    r"|\b(?:agree|consent|allow|permi|ok\b|fine|opt\w* in|given|granted)[^,;]{0,20}"
    r"(?:train|learn|\bus(?:e|ing)\b)"
    r"|(?:train|learn|\buse\b)[^,;]{0,20}(?:ok\b|fine|allow|permit|agree|given|granted|welcome)"
    r"|(?:consent|permission) (?:(?:is|was) )?(?:given|granted)"
)
_ANY_NO = rf"{_NO}|禁|拒|{_END_EN}|\bno|n['’]t\b|never|\bwithout|\bstop|\bobject|withh[eo]ld"
_QUESTION = (
    "(?:(?:是否|有[无無]|本人|患者|用[户戶]|客[户戶]|[监監][护護]人|已|可否|能否|可以?|用[于於]){0,3}"
    "(?:同意|授[权權]|允[许許]|[许許]可|使用|[训訓][练練])[书書]?(?:使用|用[于於](?:模型)?[训訓][练練]|[训訓][练練])?"
    "|(?:(?:user|patient|customer|subject|data|training|has|is)[ _])?(?:consent(?:ed|s)?|agree[ds]?"
    "|agreement|permission|permitted|allow(?:ed)?|authori[sz](?:ed|ation)|opt(?:ed)?[ _-]in)"
    "(?:[ _](?:to|for|given|granted|training|use)){0,3})"
)
_ASKED = (  # a question and its answer: `consent: no`, `consent to training withdrawn`
    _QUESTION + "(?: ?[:=?(] ?| - ?|-)(.+)",
    _QUESTION + f" ([^ ]+|(?:(?:has|was|is|been) )*(?:{_END_EN})\\w*(?:[,;.!?)].*)?)",
)


@lru_cache(maxsize=4096)
def plain(term: str) -> str:
    """Return a term as it is compared: NFKC, no capitals, single spaces, nothing invisible."""
    seen = (char for char in unicodedata.normalize("NFKC", term) if _is_visible(char))
    return " ".join("".join(seen).casefold().split())


@lru_cache(maxsize=4096)
def is_refusal(consent: str) -> bool:
    """Whether a consent says, in whatever dress, that the text must not be used.

    What begins with a no is one, as far as it can be told, and what forbids to train or to use it,
    wherever it says so: a refusal taken for granted harms, a consent taken for a refusal is counted
    among what was left out. A no to a no is none, unless another one follows, nor is a no to
    something else (marketing, resale, a name, a photo, a number) beside a consent, nor the end that
    a consent has: whether it has come is not read.
    """
    said = plain(consent).strip(_MARKS)
    granted = None if said in REFUSALS else _read(_GRANTS).match(said)
    if granted is not None:
        return _has(_AFTER_ALL, said[granted.end() :])
    if (
        said in REFUSALS
        or _has(_FORBIDS, said)
        or _has(_NO_USE, _read(_SEAM).sub(" ", _ending(said)))
    ):
        return True
    answers = [asked[1] for form in _ASKED if (asked := _read(form).fullmatch(said)) is not None]
    if any(answer in REFUSALS or _has(_AFTER_ALL, answer) for answer in answers):
        return True
    return _read(_SAYS_NO).match(said) is not None and not _grants_use(said)


def _has(no: str, said: str) -> bool:
    return _read(no).search(_read(_NONE).sub("", _of_use(said))) is not None


def _ending(said: str) -> str:
    """What is said without how long it holds, where it begins with a yes."""
    return said if _read(_YES_FIRST).match(said) is None else _read(_LATER).sub(" ", said)


def _of_use(said: str) -> str:
    """What is said without the clauses that say no to something else."""
    clauses = _read(_CLAUSE).split(said)
    kept = [clause for clause in clauses if _read(_OTHER).match(clause) is None]
    if len(kept) == len(clauses) or _read(_LISTED).search(said) is not None:
        return said
    return ",".join(kept)


def _grants_use(said: str) -> bool:
    """Whether beside a no to something else only a consent is left."""
    left = _of_use(said)
    return (
        _read(_YES).search(left) is not None
        and _read(_ANY_NO).search(_read(_NONE).sub("", left)) is None
    )


def _is_visible(char: str) -> bool:
    return unicodedata.category(char) != "Cf"


@cache
def _read(pattern: str) -> re.Pattern[str]:
    """Compile at first use: all take a tenth of a second, and few commands read a consent."""
    return re.compile(pattern)
