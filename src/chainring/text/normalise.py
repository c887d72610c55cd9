r"""Text in one spelling, and its skeleton for telling near-equal requests.

Enters any `str`, leaves a `str`:

=====================================  =====================================
``normalise("Ｉ ｗａｎｔ\u3000a refund")``  ``"I want a refund"``
``normalise("我的ＶＩＰ卡，退了吗？")``      ``"我的VIP卡，退了吗？"``
``fold("Where's my order #4471?!")``     ``"wheresmyorder00"``
=====================================  =====================================

Why NFC and not NFKC: NFKC writes 10² as 102, ½ as 1⁄2, ㎡ as m2 and the Chinese ， as an English
comma, so it changes what a text says and hides which language its punctuation is of. NFC keeps
meaning, and only those compatibility forms are opened that are one letter in another dress:
full-width Latin, ligatures, mathematical letters and Kangxi radicals. The full-width marks that
Chinese sets in running text (！，：；？（）～) stay as they are.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata

from chainring.contracts.errors import InputError
from chainring.text.characters import CharacterMap

_LINE_ENDS = "\n\v\f\r\x85\u2028\u2029"
_CHINESE_MARKS = "！，：；？（）～"
_INVISIBLE = "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"  # blank, yet a letter or a mark
_VISIBLE_FORMATS = frozenset(  # Arabic and Syriac number signs: class Cf, and yet drawn
    "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"
)
_DRESSED = (  # code ranges whose NFKC form is the same letter
    (0x2E80, 0x2FD5),  # CJK and Kangxi radicals, as PDF files give them
    (0xFB00, 0xFB06),  # Latin ligatures
    (0xFF01, 0xFF5E),  # full-width ASCII
    (0xFFE5, 0xFFE5),  # full-width yen
    (0x1D400, 0x1D7FF),  # mathematical letters and digits
)
_PLAIN = re.compile(  # characters that stay as they are, whatever stands beside them
    "[\n -~¡-¬®-ÿ–—‘’“”•…\u3001\u3002《》「」『』【】\u4e00-\u9fff，。！？：；（）]*+"
)
_SENTENCE_MARKS = frozenset(
    """!"'(),.:;?[]{}¡«»¿–—‘’“”…、。〈〉《》「」『』【】〔〕！（），：；？～~"""
)
_TELLING = re.compile(  # sentence marks that tell more than where a sentence ends
    rf"((?<=\d)[\s{re.escape(''.join(sorted(_SENTENCE_MARKS)))}]+(?=\d)"  # 1.5, 2:30, 3 4
    r"|(?<![\w.])\.(?=\d)"  # .5
    r"|[:;：；]-?(?:[)）]|[(（](?!\w)))"  # :) and :(
)
SPACES = re.compile(" {2,}")
LINES = re.compile(" ?\n ?")
PARAGRAPHS = re.compile("\n{3,}")
_REPEATS = re.compile(r"(.)\1{2,}", re.DOTALL)
_REPEATS_BUT_DIGITS = re.compile(r"(\D)\1{2,}", re.DOTALL)


def _is_zero_width(char: str, category: str) -> bool:
    if category in ("Cc", "Cf"):
        return char not in _VISIBLE_FORMATS
    code = ord(char)
    is_variation_selector = 0xFE00 <= code <= 0xFE0F or 0xE0100 <= code <= 0xE01EF
    return is_variation_selector or char in _INVISIBLE


def _clean(char: str) -> str:
    category = unicodedata.category(char)
    if char in _LINE_ENDS:
        return "\n"
    if category == "Zs" or char == "\t":
        return " "
    if category == "Cs":
        return "\ufffd"
    if _is_zero_width(char, category):
        return ""
    if char in _CHINESE_MARKS:
        return char
    is_dressed = any(low <= ord(char) <= high for low, high in _DRESSED)
    return unicodedata.normalize("NFKC", char) if is_dressed else char


def _skeleton(char: str) -> str:
    if char.isdigit():
        return "0"
    return char if unicodedata.category(char)[0] in "LMN" else ""


def _exact(char: str) -> str:
    is_kept = unicodedata.category(char)[0] in "LMNPS" and char not in _SENTENCE_MARKS
    return char if is_kept else ""


def _told(marks: str) -> str:
    """Return marks that tell something, half-width; a space where there is nothing else."""
    return unicodedata.normalize("NFKC", "".join(marks.split())) or " "


def _exactly(text: str) -> str:
    """Return what the exact skeleton keeps: signs, and sentence marks that are part of more."""
    parts = enumerate(_TELLING.split(text))
    return "".join(_told(part) if i % 2 else part.translate(_EXACT) for i, part in parts)


CLEAN = CharacterMap(_clean)
_SKELETON = CharacterMap(_skeleton)
_EXACT = CharacterMap(_exact)


def normalise(text: str) -> str:
    r"""Return `text` in one spelling: NFC, half-width letters, plain spaces and line ends.

    Control, zero-width and variation characters go; a lone surrogate becomes U+FFFD; every kind
    of space becomes one space; every kind of line end one ``\n``, of which at most two stand in
    a row. ``normalise(normalise(text)) == normalise(text)``. Emoji that are joined by a
    zero-width joiner fall apart into their members.

    >>> normalise(" ＡＢＣ１２３\u200b，你好！\r\n")
    'ABC123，你好！'
    """
    if text.isascii() or not _PLAIN.fullmatch(text):
        text = text.replace("\r\n", "\n").translate(CLEAN)
        text = unicodedata.normalize("NFC", text)
    if "  " in text:
        text = SPACES.sub(" ", text)
    if "\n" in text:
        text = PARAGRAPHS.sub("\n\n", LINES.sub("\n", text))
    return text.strip(" \n")


def fold(text: str, *, exact: bool = False) -> str:
    """Return the skeleton of `text`: letters and digits only, without case, every digit a 0.

    Characters that stand three or more times in a row are squeezed to two (gooood → good,
    哈哈哈哈 → 哈哈). Two texts with one skeleton are near-duplicates. A text of nothing but
    symbols is its own skeleton, so that 👍 and 👎 stay apart.

    The `exact` one keeps what may tell meanings apart: digits and what stands between them (1.5,
    2:30, 12 34), signs (3+4, C#, -5 %), emoji and faces; of a text that has none of them it is the
    same. Two texts with one exact skeleton are one text.

    >>> fold("Where is order 20261123?") == fold("where is order 20261124 !!")
    True
    >>> fold("Where is order 4?", exact=True), fold("给5分👍", exact=True)
    ('whereisorder4', '给5分👍')
    """
    cased = normalise(text).casefold()
    kept = (_exactly(cased) if exact else cased.translate(_SKELETON)) or "".join(cased.split())
    repeats = _REPEATS_BUT_DIGITS if exact else _REPEATS
    return repeats.sub(r"\1\1", unicodedata.normalize("NFC", kept))


def group_key(text: str, *, key: bytes, exact: bool = False) -> str:
    """Return 32 hex digits that are equal for texts of one skeleton: keyed BLAKE2b over `fold`.

    Parameters
    ----------
    text
        Any text.
    key
        The project's secret, 1 to 64 bytes: without it a short text could be found by trial.
    exact
        Whether the exact skeleton counts.

    Raises
    ------
    InputError
        When the key is empty or longer than 64 bytes.
    """
    if not 1 <= len(key) <= 64:
        raise InputError(
            f"group_key needs a key of 1 to 64 bytes, found {len(key)}; use the project's key"
        )
    return hashlib.blake2b(fold(text, exact=exact).encode(), key=key, digest_size=16).hexdigest()
