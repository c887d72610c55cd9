r"""Keys, tokens and passwords in a text: what opens something.

Enters a `View`, leaves sorted, disjoint spans:

=============================================  =================================================
``AKIAIOSFODNN7EXAMPLE``, ``ghp_…``, a JWT       by the form that its issuer gives it
``postgres://bob:hunter2@db.example.com``      the password of an address
``密码是abc123!``, ``api_key = "9f8e…"``         after a label, when it has a digit or a sign
``-----BEGIN PRIVATE KEY-----`` …                the whole block
=============================================  =================================================
"""

from __future__ import annotations

import re

from chainring.text.windows import Spans, View, disjoint

_SOME = re.compile(
    r"-----begin |://|sk[-_]|pk[-_]|rk[-_]|akia|asia|gh[opsu]_|github_pat|xox[abeoprs]-|aiza|glpat-|npm_|hf_|eyj|ya29"
    r"|dop_v1|sg\.|pass|pwd|secret|token|key|密码|口令|密钥|验证码|verification|otp|pin\b|code"
)
_ISSUED = re.compile(
    r"(?<![0-9A-Za-z_-])(?:sk-(?:proj-|ant-|or-)?[0-9A-Za-z_-]{20,200}|[spr]k_(?:live|test)_[0-9A-Za-z]{16,99}"
    r"|(?:AKIA|ASIA)[0-9A-Z]{16}|gh[opsu]_[0-9A-Za-z]{36,99}|github_pat_[0-9A-Za-z_]{40,99}"
    r"|xox[abeoprs]-[0-9A-Za-z-]{10,99}|AIza[0-9A-Za-z_-]{35}|glpat-[0-9A-Za-z_-]{20,60}|npm_[0-9A-Za-z]{36}"
    r"|hf_[A-Za-z]{30,40}|ya29\.[0-9A-Za-z_-]{20,200}|dop_v1_[0-9a-f]{64}"
    r"|SG\.[0-9A-Za-z_-]{16,32}\.[0-9A-Za-z_-]{32,64}"
    r"|eyJ[0-9A-Za-z_-]{8,4000}\.[0-9A-Za-z_-]{8,4000}\.[0-9A-Za-z_-]{0,4000})(?![0-9A-Za-z_])"
)
_IN_URL = re.compile(r"://[^\s:/@\x1f]{1,64}:(?P<whole>[^\s:/@\x1f]{1,64})@")
_BLOCK = re.compile(
    r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[^\x1f]{0,9000}?-----END [A-Z ]{0,30}PRIVATE KEY-----"
)
_LABEL = re.compile(
    r"(?:密码|口令|密钥|(?<![a-z])(?:pass(?:word|wd|phrase|code)|pwd|secret(?:[ _-]?(?:access[ _-]?)?key)?"
    r"|(?:api|access|auth|private|client)[ _-]?(?:key|token|secret)|(?:bearer|refresh)[ _-]?token|bearer|token))"
    r"[\"'”]?(?:[ ]{0,3}[:=]{1,2}[ ]{0,3}|[ ]?(?:是|为|is|was)[ :]{0,2}| )[\"'“]?"
)
_SECRET = re.compile(r"[!-~]{4,200}")
_TRAILING = re.compile(r"[\"',.;:!?)\]}>]+$")
_CODE_LABEL = re.compile(
    r"(?:验证码|校验码|动态码|支付密码|取款密码|(?<![a-z])(?:verification code|security code|one[- ]time (?:code|password)|otp"
    r"|passcode|pin(?: code| number)?))(?:[\s:=\"'“]|是|为|is\b|was\b){0,6}"
)
_CODE = re.compile(r"[0-9]{4,8}(?![0-9a-z]|[位个次年月日天%])")


def secrets(view: View) -> Spans:
    """Return keys, tokens, passwords and one-time codes, without their labels and quotes."""
    if not _SOME.search(view.plain):
        return []
    spans = [match.span() for match in _BLOCK.finditer(view.text)]
    spans += [match.span() for match in _ISSUED.finditer(view.text)]
    spans += [match.span("whole") for match in _IN_URL.finditer(view.text)]
    spans += _labelled(view)
    for label in _CODE_LABEL.finditer(view.plain):
        match = _CODE.match(view.plain, label.end())
        spans += [match.span()] if match else []
    return disjoint(spans)


def _labelled(view: View) -> Spans:
    spans: Spans = []
    for label in _LABEL.finditer(view.plain):
        match = _SECRET.match(view.text, label.end())
        if match:
            value = _TRAILING.sub("", match[0])
            if _opens(value, said=label[0]):
                spans.append((match.start(), match.start() + len(value)))
    return spans


def _opens(value: str, *, said: str) -> bool:
    """Return whether a labelled value looks chosen or drawn, and not like a word of a sentence."""
    kinds = sum(bool(re.search(kind, value)) for kind in ("[0-9]", "[a-zA-Z]", r"[^0-9A-Za-z]"))
    is_said = ":" in said or "=" in said or "是" in said or "为" in said or " is" in said
    least = 6 if is_said else 12
    return len(value) >= least and kinds >= 2 and bool(re.search("[0-9]", value))
