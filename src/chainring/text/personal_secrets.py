r"""Accounts, keys, tokens and passwords in a text: what opens something, or names who does.

Enters a `View`, leaves sorted, disjoint spans:

=============================================  =================================================
``AKIAIOSFODNN7EXAMPLE``, ``ghp_…``, a JWT       secret: by the form that its issuer gives it
``postgres://bob:hunter2@db.example.com``      secret: the password of an address
``密码是abc123!``, ``api_key = "9f8e…"``         secret: after a label, with a digit and more
``密码：123456``, ``592013 是您的验证码``            secret: six digits, or a code, beside a label
``密码：QWEasd!@#``, ``"password": "openit"``     secret: with a sign within, quoted, or alone
``-----BEGIN PRIVATE KEY-----`` …                secret: the whole block
``QQ：10001``, ``微信号 zhang_san88``            account: labelled names and numbers
=============================================  =================================================
"""

from __future__ import annotations

import re

from chainring.text.characters import HAN
from chainring.text.personal_codes import ENDS, LINKS, is_day, labelled
from chainring.text.places import Spans, View, disjoint, labels, matches, occurrences, values

# -- secrets -------------------------------------------------------------------------------------

_PREFIXES = (
    "sk-|sk_|pk_|rk_|ghp_|gho_|ghs_|ghu_|github_pat_|xoxa-|xoxb-|xoxe-|xoxo-|xoxp-|xoxr-"
    "|xoxs-|aiza|glpat-|npm_|eyj|ya29.|dop_v1_|sg."
).split("|")
_ISSUED = re.compile(
    r"(?<![0-9A-Za-z_-])(?:sk-(?:proj-|ant-|or-)?[0-9A-Za-z_-]{20,200}"
    r"|[spr]k_(?:live|test)_[0-9A-Za-z]{16,99}|(?:AKIA|ASIA)[0-9A-Z]{16}|gh[opsu]_[0-9A-Za-z]{36,99}"
    r"|github_pat_[0-9A-Za-z_]{40,99}|xox[abeoprs]-[0-9A-Za-z-]{10,99}|AIza[0-9A-Za-z_-]{35}"
    r"|glpat-[0-9A-Za-z_-]{20,60}|npm_[0-9A-Za-z]{36}|hf_[A-Za-z]{30,40}|ya29\.[0-9A-Za-z_-]{20,200}"
    r"|dop_v1_[0-9a-f]{64}|SG\.[0-9A-Za-z_-]{16,32}\.[0-9A-Za-z_-]{32,64}"
    r"|eyJ[0-9A-Za-z_-]{8,4000}\.[0-9A-Za-z_-]{8,4000}\.[0-9A-Za-z_-]{0,4000})(?![0-9A-Za-z_])"
)
_IN_URL = re.compile(r"://[^\s:/@\x02\x1f]{1,64}:(?P<whole>[^\s:/@\x02\x1f]{1,64})@")
_BLOCK = re.compile(
    r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[^\x02\x1f]{0,9000}?"
    r"-----END [A-Z ]{0,30}PRIVATE KEY-----"
)
_LABEL = labelled(
    "密码|口令|密钥|passw|passphrase|passcode|pwd|secret|api|access|auth|private|client|bearer|token"
    "|refresh",
    r"密码|口令|密钥|(?<![a-z])(?:pass(?:word|wd|phrase|code)|pwd"
    r"|secret(?:[ _-]?(?:access[ _-]?)?key)?|(?:api|access|auth|private|client)[ _-]?(?:key|token"
    r"|secret)|(?:bearer|refresh)[ _-]?token|bearer|token)",
    links=r"[\"'”]?(?P<said>[ ]{0,3}[:=]{1,2}[ ]{0,3}|[ ]?(?:是|为|is|was)[ :]{0,2}| )[\"'“]?",
)
_SECRET = re.compile(r"[!#-&(-+./0-9:;=?-~-]{4,200}")  # signs but quotes, commas and < >
_TRAILING = re.compile(r"[.;:?)\]}]+$")
_PASSWORD_WORDS = "密码|口令|passw|passphrase|passcode|pwd"
_PASSWORD_LABEL = labelled(
    _PASSWORD_WORDS,
    "(?:密码|口令|(?<![a-z])(?:pass(?:word|wd|phrase|code)|pwd))",
    links=r"[\"'”]?[ ]{0,3}(?P<said>[:=]{1,2}>?|[都还就也]?是|[设改]?[为成]|is\b|was\b)[ ]{0,3}"
    r"(?P<quote>[\"'“]?)",
)
_QUOTED = re.compile(r"([!#-&(-;=?-~]{4,200})[\"'”]")
_SIGN_WITHIN = re.compile(r"[0-9A-Za-z][^!@#$%^*~]{0,200}[!@#$%^*~]")
_FRAME = re.compile(r"^[*_`(\[{]+|[*_`.;:!?)\]}]+$")  # of a sentence or of Markdown
_LETTERS_ALONE = re.compile(  # and nothing further in their clause
    r"([A-Za-z]{6,32})(?=\s*(?:$|[\n,;.)\]}，。；、！？）」】]|账号|帐号|用户|手机|邮箱))"
)
_LETTERS_IN_CODE = re.compile(r"([A-Za-z]{6,32})(?=[&;\s]|$)")
_TEMPLATE = re.compile(  # a variable, a call, an address, a key of translations, a row of stars
    r"[$%]?[{(<]|\$[A-Z_]+$|%[sd]$|[A-Za-z_]+[.(\[][A-Za-z_]|[a-z]+://|[^0-9A-Za-z]*$|[xX]+$",
    re.ASCII,
)
_MAIL = re.compile(r"[^@]+@[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)+")
_NO_PASSWORDS = frozenset(  # what a form, a type or a complaint says in the place of one
    "string text required optional null none true false undefined boolean integer number object"
    " varchar hidden visible masked redacted removed omitted secret password passwords passwort"
    " passwd passcode username invalid incorrect wrong expired missing empty blank weak strong"
    " short unknown correct changed change reset resetting forgot forgotten forget recover recovery"
    " confirm confirmed confirmation update updated please nothing problem problems issue issues"
    " urgent error errors failed failure failing locked blocked disabled enabled protected"
    " encrypted hashed plain plaintext default anything something random retype repeat verify"
    " verified manager protection policy example sample placeholder thanks attached provided"
    " available numbers letters characters minimum maximum length unlock security support service"
    " windows iphone android outlook google facebook wechat account button screen keyboard login"
    " logout generated rejected accepted denied unchanged below above inside enter entered".split()
)
_CODE_LABEL = labelled(
    "验证码|校验码|动态码|取件码|支付密码|取款密码|开门密码|门锁密码|门禁密码|锁屏密码|解锁密码"
    "|verification|security code|one-time|one time|otp|passcode|pin",
    "验证码|校验码|动态码|取件码|(?:支付|取款|开门|门锁|门禁|锁屏|解锁)密码"
    "|(?<![a-z])(?:verification code|security code"
    r"|one[- ]time (?:code|password)|otp|passcode|pin(?: code| number)?)(?![a-z])",
    links=r"(?:[\s:=\"'“]|是|为|is\b|was\b){0,6}",
)
_CODE = re.compile(r"[0-9]{4,8}(?![0-9a-z]|[位个次年月日天%])")
_CARD_CODE_LABEL = labelled(
    "cvv|cvc|安全码|security code",
    "安全码|(?<![a-z])(?:cvv2?|cvc2?|security code)(?![a-z])",
    links=r"(?:[\s:=\"'“]|是|为|码|is\b|was\b|code\b){0,6}",
)
_CARD_CODE = re.compile(r"[0-9]{3,4}(?![0-9a-z.-]|[位个次年月日天种%]| (?:digit|char))")
_DIGITS_LABEL = labelled(
    "密码|口令|passw|passphrase|pwd",
    "(?P<zh>密码|口令)|(?<![a-z])(?:pass(?:word|wd|phrase)|pwd)",
    links=r"[\"'”]?(?:(?P<said>[ ]{0,3}[:=]{1,2}[ ]{0,3}"
    r"|[ ]?(?:[都还就也]?是|[设改]?[为成]|is|was)[ :]{0,2})| |(?(zh)|(?!)))[\"'“]?",
)
_DIGITS = re.compile(
    r"[0-9]{6,64}(?![0-9a-z]|[-./,][0-9]| ?[元块次年月日个位分万千百亿条件人名种组遍倍%]"
    r"| (?:digit|char|letter|bit|time|attempt|user|people|guess|possib|combin))"
)
_MAX_BARE_DIGITS = 12
_MIN_WORDY = 6
_NO_PASSWORD = re.compile(r"1[3-9][0-9]{9}|20[0-9]{2}(?:0[1-9]|1[0-2])[0-3][0-9]")
_CODE_AHEAD = re.compile(
    r"(?<![0-9a-z$¥€£#])(?<![0-9][.-])(?P<whole>[0-9]{4,8}) ?(?:"
    rf"(?:就?是|作?为) ?(?:(?![不非没单])[{HAN}]){{0,10}}?"
    r"(?:验证码|校验码|动态码|动态密码|确认码|安全码)(?!的)"
    r"|(?:is|was|as) (?:(?:your|my) code"
    r"|(?:the|our|(?:your|my)(?: (?!not |no )[a-z'-]{1,16}){0,2}?) (?:passcode|otp|pin"
    r"|one[- ]time (?:code|password)|(?:verification|security|access|confirmation|log-?in|sign-in"
    r"|authentication|sms|2fa) code))(?![a-z]))"
)


def secrets(view: View) -> Spans:
    """Return keys, tokens, passwords and one-time codes, without their labels and quotes."""
    plain, text = view.plain, view.text
    spans = [
        m.span()
        for m in matches(
            _ISSUED, text, labels(_PREFIXES, view) + occurrences(["hf_", "akia", "asia"], plain)
        )
    ]
    spans += [m.span() for m in matches(_BLOCK, text, occurrences(["-----begin "], plain))]
    if "@" in plain:
        found = matches(_IN_URL, text, occurrences(["://"], plain))
        spans += [match.span("whole") for match in found]
    spans += _passwords(view)
    spans += _wordy_passwords(view)
    spans += [match.span() for match in values(_CODE_LABEL, _CODE, view)]
    spans += [match.span() for match in values(_CARD_CODE_LABEL, _CARD_CODE, view)]
    spans += [match.span("whole") for match in matches(_CODE_AHEAD, plain, view.runs)]
    return disjoint(spans)


def _passwords(view: View) -> Spans:
    spans: Spans = []
    for label in matches(_LABEL.pattern, view.plain, labels(_LABEL.words, view)):
        match = _SECRET.match(view.text, label.end())
        value = _TRAILING.sub("", match[0]) if match else ""
        if _opens(value, is_said=label["said"] != " "):
            spans.append((label.end(), label.end() + len(value)))
    for label in matches(_DIGITS_LABEL.pattern, view.plain, labels(_DIGITS_LABEL.words, view)):
        digits = _DIGITS.match(view.plain, label.end())
        if digits and (label["said"] or _may_open(digits[0])):
            spans.append(digits.span())
    return spans


def _wordy_passwords(view: View) -> Spans:
    """Return passwords that need no digit: quoted, with a sign within, or alone in their clause."""
    spans: Spans = []
    places = occurrences(_PASSWORD_LABEL.words, view.plain)
    for label in matches(_PASSWORD_LABEL.pattern, view.plain, places):
        value = _wordy_password(view.text, label)
        if value:
            spans.append((label.end(), label.end() + len(value)))
    return spans


def _wordy_password(text: str, label: re.Match[str]) -> str:
    at, said = label.end(), label["said"]
    quoted = _QUOTED.match(text, at) if label["quote"] else None
    if quoted:
        return quoted[1] if _may_be_chosen(quoted[1]) else ""
    signs = _SECRET.match(text, at)
    value = _TRAILING.sub("", signs[0]) if signs else ""
    if len(value) >= _MIN_WORDY and _SIGN_WITHIN.search(_FRAME.sub("", value)):
        return value if _may_be_chosen(value) else ""
    if said in ("is", "was"):
        return ""
    letters = (_LETTERS_IN_CODE if "=" in said else _LETTERS_ALONE).match(text, at)
    return letters[1] if letters and _may_be_chosen(letters[1]) else ""


def _may_be_chosen(value: str) -> bool:
    """Return whether somebody may have chosen `value`: no word of a form, template or address."""
    return not (value.lower() in _NO_PASSWORDS or _TEMPLATE.match(value) or _MAIL.fullmatch(value))


def _may_open(digits: str) -> bool:
    """Return whether digits close behind 密码 or password are no order, mobile phone or day."""
    return len(digits) <= _MAX_BARE_DIGITS and not _NO_PASSWORD.fullmatch(digits)


def _opens(value: str, *, is_said: bool) -> bool:
    """Return whether a labelled value looks chosen or drawn, and not like a word of a sentence."""
    kinds = sum(bool(re.search(kind, value)) for kind in ("[0-9]", "[a-zA-Z]", r"[^0-9A-Za-z]"))
    return len(value) >= (6 if is_said else 12) and kinds >= 2 and bool(re.search("[0-9]", value))


# -- accounts ------------------------------------------------------------------------------------

_QQ_LABEL = labelled("qq|扣扣|企鹅", "(?<![a-z])qq(?:号码?)?|扣扣|企鹅号?")
_QQ = re.compile(rf"[1-9][0-9]{{4,10}}{ENDS}")
_BANK_LABEL = labelled(
    "银行|收款|付款|转账|对公|工资|存款|开户|储蓄|bank acc|account n|acct|a/c|sort code|routing",
    "(?:银行|收款|付款|转账|对公|工资|存款|开户|储蓄)(?:卡|账|帐)?(?:号|户)"
    r"|(?<![a-z])(?:bank account|account (?:no|number|num)|acct\.?(?: no| number)?|a/c(?: no)?"
    r"|sort code|routing)(?![a-z])",
)
_BANK = re.compile(rf"[0-9](?:[ -]?[0-9]){{5,18}}{ENDS}")
_LONG_LABEL = labelled("账号|帐号|账户|帐户", "[账帐][号户]")
_LONG = re.compile(rf"[0-9](?:[ -]?[0-9]){{11,18}}{ENDS}")  # after 账号 alone: longer than a phone
_CHAT_WORDS = (
    "微信|薇信|威信|v信|支付宝|wechat|weixin|wx|vx|加v|+v|alipay|telegram|skype|snapchat|instagram"
)
_CHAT_LABEL = labelled(
    _CHAT_WORDS,
    "微信|薇信|威信|v信|支付宝|[加+]v(?=[: ])"
    "|(?<![0-9a-z/+])(?:(?:wechat|weixin|alipay|telegram|skype|snapchat|instagram)"
    "(?: account| user ?name)?|[wv]x(?=[: 号]))",
    links=f"(?P<links>{LINKS})",
)
_CHAT = re.compile(r"@?[a-z][0-9a-z_-]{4,30}[0-9a-z](?![0-9a-z@])")
_IS_NAMED = re.compile(r"[:号@]|id")


def accounts(view: View) -> Spans:
    """Return QQ and bank account numbers and the names of chat accounts, after their labels.

    A name needs a digit or an underscore, or a label that says more than the service: 微信号, id, a
    colon; so *wechat payments* stays.
    """
    spans = [match.span() for match in values(_QQ_LABEL, _QQ, view)]
    spans += [m.span() for m in values(_BANK_LABEL, _BANK, view) if not is_day(m[0])]
    spans += [match.span() for match in values(_LONG_LABEL, _LONG, view)]
    for label in matches(
        _CHAT_LABEL.pattern, view.plain, occurrences(_CHAT_LABEL.words, view.plain)
    ):
        match = _CHAT.match(view.plain, label.end())
        if match and (_IS_NAMED.search(label["links"]) or re.search("[0-9_]", match[0])):
            spans.append(match.span())
    return disjoint(spans)
