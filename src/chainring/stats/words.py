"""The words of a written answer, as exact match and F1 count them.

Enters a text, leaves its words without case, marks and English articles; Chinese by character. It
follows SQuAD (P. Rajpurkar and others 2016, section 6.1), which takes marks out of a word and does
not split it there: another number, date or time is another word, in Chinese, too.

======================  =====================================================================
one word is             example
======================  =====================================================================
a number                `3.5`, `1,000` as `1000`, `-5`, `.5` as `0.5`, 三十五, 3万5千
a date or a time        `2024-01-02` as `2024/01/02`, `10:30`, 1月2日 as two: 1月, 2日
letters with points     `U.S.A.` as `usa`
letters and apostrophe  `don't` as `dont`
======================  =====================================================================
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Any

_HAN = r"\u3400-\u4dbf\u4e00-\u9fff"
_LETTER = rf"[^\W\d_{_HAN}]"
_NUMERAL = "[〇零一二三四五六七八九十百千万亿两]"
_NUMBER = rf"(?:\d+|{_NUMERAL}+)"
_PIECE = re.compile(
    rf"""
    (?P<day>       \d+([-/.])\d+\2\d+(?!\w) )
  | (?P<initials>  (?<!\w){_LETTER}(?:\.{_LETTER})+(?!\w)\.? )
  | (?P<fraction>  (?<![\w.])-?\.\d+ )
  | (?P<chinese>   \d+(?:\.\d+)?(?:\s*[百千万亿]+(?:\d+(?:\.\d+)?)?)+ |
                   {_NUMBER}\s*月 | (?<=月)\s*{_NUMBER}\s*[日号] | {_NUMBER}[点时]{_NUMBER} )
  | (?P<word>
        (?:(?<!\w)-(?=\d))? [^\W{_HAN}]+
        (?: (?: (?<=\d)[.:/](?=\d) | (?<=\d),(?=\d{{3}}(?!\d)) | (?<={_LETTER})['’](?={_LETTER}) )
            [^\W{_HAN}]+ )* )
  | (?P<numeral>   {_NUMERAL}+ )
  | (?P<sign>      [{_HAN}] | [^\w\s] )
    """,
    re.VERBOSE,
)
_OUT: dict[str, dict[int, Any]] = {
    "day": str.maketrans("/.", "--"),
    "initials": str.maketrans("", "", "."),
    "fraction": str.maketrans({".": "0."}),
    "chinese": str.maketrans({"号": "日", " ": None, "\t": None, "\n": None}),
    "word": str.maketrans("", "", ",'’"),
}
_TYPED = frozenset("^`|~")
"""Symbols, in Unicode, that mark a text as punctuation does."""
_ARTICLES = frozenset({"a", "an", "the"})
_ARTICLE_ENDS = re.compile(r"[\s,.;:!?'\"()]")


def words(text: str) -> list[str]:
    """Return the words of an answer without case, marks and English articles; Chinese by character.

    Symbols are words (emoji, + and $), and so is a mark that stands alone. An article is none at
    the end of a text, or at a Chinese character: vitamin A, A股. SQuAD's own rule leaves out the
    symbols of ASCII, the minus of a number and every article.

    >>> words("The refund, 退款!"), words("-5 °C 👍"), words("A.")
    (['refund', '退', '款'], ['-5', '°', 'c', '👍'], ['a'])
    >>> words("$1,000.50 on 2024-01-02, 1月2日 10:30")
    ['$', '1000.50', 'on', '2024-01-02', '1月', '2日', '10:30']
    """
    plain = unicodedata.normalize("NFKC", text.replace("−", "-")).casefold()
    found = [(piece, end) for piece, end in _pieces(plain) if not _is_mark(piece)]
    if not found:
        return [plain.strip()] * bool(plain.strip())
    last = found[-1][1]
    return [
        piece
        for piece, end in found
        if piece not in _ARTICLES or end == last or not _ARTICLE_ENDS.match(plain, end)
    ]


def _pieces(plain: str) -> Iterator[tuple[str, int]]:
    for found in _PIECE.finditer(plain):
        kind = found.lastgroup or ""
        yield found[0].translate(_OUT[kind]) if kind in _OUT else found[0], found.end()


def _is_mark(piece: str) -> bool:
    is_symbol = unicodedata.category(piece[0])[0] == "S" and piece not in _TYPED
    return len(piece) == 1 and not piece.isalnum() and piece != "_" and not is_symbol
