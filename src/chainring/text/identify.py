"""The language of a text among many, and how sure that is.

Enters any text, of which the first 1,000 characters are read; leaves an ISO 639-1 code and a
confidence from 0 to 1:

=====================================  ==================
``我的包裹三天了还没有到，请帮忙查一下``       ``("zh", 1.0)``
``I have been waiting for it and …``    ``("en", 0.99)``
``Où est mon colis, s'il vous plaît``    ``("fr", 0.9…)``
``12345 ???``                           ``("und", 0.0)``
=====================================  ==================

Scripts that one language writes settle it at once, and so do the small words of English; the rest
is asked of py3langid (Lui and Baldwin 2012, langid.py: naive Bayes over byte n-grams; 139 and more
languages). `chainring.text.language` tells Chinese from English in one sentence, without a model.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from chainring.contracts.errors import MissingPackageError
from chainring.contracts.said import Said
from chainring.text.characters import HAN
from chainring.text.language import language

MAX_CHARACTERS = 1000
"""What stands beyond is not read."""
MIN_CONFIDENCE = 0.5
"""Below it the answer is ``und``."""

_LETTER = re.compile(r"[^\W\d_]")
_HAN = re.compile(f"[{HAN}]")
_KANA = re.compile("[\u3041-\u30ff\u31f0-\u31ff\uff66-\uff9f]")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_ONLY_HERE = {  # scripts in which one language is written by far the most
    "ko": re.compile("[\u1100-\u11ff\u3131-\u318e\uac00-\ud7a3]"),
    "th": re.compile("[\u0e01-\u0e3a\u0e40-\u0e5b]"),
    "el": re.compile("[\u0370-\u03ff\u1f00-\u1fff]"),
    "ka": re.compile("[\u10a0-\u10ff]"),
    "hy": re.compile("[\u0531-\u0587]"),
    "ta": re.compile("[\u0b80-\u0bff]"),
    "te": re.compile("[\u0c00-\u0c7f]"),
}
_CHINESE = frozenset("zh cmn wuu yue nan lzh gan hak hsn cdo".split())
_ENGLISH = frozenset(
    "the and of to that with for you this have are is it was not my i they which from she he be"
    " your would there their what".split()
)
_MIN_ENGLISH_WORDS = 12
_MIN_ENGLISH_SHARE = 0.2
_ENGLISH_CONFIDENCE = 0.99


def identify(text: str, *, model: Any = None) -> tuple[str, float]:
    """Return the ISO 639-1 code of the language of `text` and the confidence in it.

    Parameters
    ----------
    model
        What to ask where no rule settles it, with `classify(text)`; py3langid's own without it.

    Raises
    ------
    MissingPackageError
        When neither scripts nor small words settle it and py3langid is not installed.

    >>> identify("我的包裹三天了还没有到，请帮忙查一下"), identify("12345 ???")
    (('zh', 1.0), ('und', 0.0))
    """
    head = text[:MAX_CHARACTERS]
    found = _english(head) if head.isascii() else _by_script(head) or _english(head)
    if found:
        return found
    if not _LETTER.search(head):
        return "und", 0.0
    code, confidence = (model or _model()).classify(head)
    if confidence >= MIN_CONFIDENCE:
        return ("zh" if code in _CHINESE else code), round(confidence, 4)
    if _is_chinese(head):  # readings and names beside it: WBC 12.3
        return "zh", MIN_CONFIDENCE
    return "und", round(confidence, 4)


def _by_script(head: str) -> tuple[str, float] | None:
    """Return Chinese, Japanese or a language with a script of its own, where it has the most.

    A Chinese character weighs as much as a word of other letters, as in `chainring.text.language`.
    """
    han, kana = len(_HAN.findall(head)), len(_KANA.findall(head))
    if han or kana:
        words = len(_WORD.findall(_HAN.sub(" ", _KANA.sub(" ", head))))
        share = (han + kana) / (han + kana + words)
        if share > 0.5:
            return ("ja" if 20 * kana >= han + kana else "zh"), round(share, 4)
    letters = len(_LETTER.findall(head))
    for code, script in _ONLY_HERE.items():
        if letters and 2 * len(script.findall(head)) > letters:
            return code, round(len(script.findall(head)) / letters, 4)
    return None


def _is_chinese(head: str) -> bool:
    return language(head) == "zh" and not _KANA.search(head)


def _english(head: str) -> tuple[str, float] | None:
    """Return English where a fifth of the words are its small words; others have few of them."""
    words = head.lower().split()
    if len(words) < _MIN_ENGLISH_WORDS:
        return None
    small = sum(map(_ENGLISH.__contains__, words))
    return ("en", _ENGLISH_CONFIDENCE) if small >= _MIN_ENGLISH_SHARE * len(words) else None


@lru_cache(maxsize=1)
def _model() -> Any:
    try:
        from py3langid.langid import MODEL_FILE, LanguageIdentifier
    except ImportError as error:
        raise MissingPackageError(
            "py3langid", extra="data", needed_for=Said("telling languages apart", zh="辨别语言")
        ) from error
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
