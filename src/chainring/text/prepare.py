r"""A text as a model sees it and a store keeps it: normalised, then without personal data.

Rows of files and live requests pass here alike. Of a conversation each message is prepared by
itself, so that no escape of JSON hides a word:

>>> prepare('[{"role":"user","content":"\\u5bc6\\u7801\\uff1ahunter2"}]')
'[{"role": "user", "content": "密码：[secret]"}]'
>>> prepare("ｃａｌｌ  me: 13912345678")
'call me: [phone]'
"""

from __future__ import annotations

from chainring.text.chat import in_each, is_conversation
from chainring.text.normalise import normalise
from chainring.text.redact import RULES, redact


def prepare(text: str, *, redacted: bool = True, rules: str = RULES, as_one: bool = False) -> str:
    """Return a text in one spelling, and without personal data if `redacted`.

    Parameters
    ----------
    rules
        The set of rules of redaction: a model's own, so that it is served as it was trained.
    as_one
        Whether a conversation is taken as any other text, so that places in it can be counted.
    """

    def clean(part: str) -> str:
        plain = normalise(part)
        return redact(plain, rules=rules).text if redacted else plain

    if as_one:
        return clean(text)
    return in_each(text if is_conversation(text) else normalise(text), clean)
