"""Texts as token ids, with the words and the sentences that the tokens belong to.

Enter a tokeniser and texts, leaves a document for each text that has tokens:

    encoded(tokenizer, ["我的包裹还没到。Where is it?"], words="rjieba.v1")

A word is what `chainring.text.segment` calls one: in Chinese it may hold several tokens (包裹), in
English, too (parcel ##s).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainring.contracts.errors import MissingPackageError
from chainring.stats.readout import token_places
from chainring.text.characters import HAN
from chainring.text.segment import segment

CHUNK = 256
WORDS_WITHOUT_PACKAGE = "characters.v1"
_CHINESE = re.compile(f"[{HAN}]")
_SENTENCE_END = re.compile(r"[。！？!?…]+[”’」』\"')）]*|\.[”’\"')]*(?=\s)|\n+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """Token ids of one text; `words` numbers each token's word, `starts` begins each sentence."""

    ids: list[int]
    characters: int
    words: list[int]
    starts: list[int]

    def sentences(self) -> list[slice]:
        """Return the tokens of each sentence, as slices."""
        ends = [*self.starts[1:], len(self.ids)]
        return [slice(a, b) for a, b in zip(self.starts, ends, strict=True) if b > a]


def encoded(tokenizer: Any, texts: Sequence[str], *, words: str = "") -> list[Document]:
    """Return the documents; without a segmenter each token is a word of its own."""
    found = []
    for start in range(0, len(texts), CHUNK):
        chunk = list(texts[start : start + CHUNK])
        for text, one in zip(
            chunk, tokenizer.encode_batch(chunk, add_special_tokens=False), strict=True
        ):
            if one.ids:
                begins = np.asarray([begin for begin, _ in one.offsets])
                found.append(
                    Document(
                        ids=one.ids,
                        characters=len(text),
                        words=_words(one.offsets, text, by=words) if words else [],
                        starts=_sentence_starts(begins, text),
                    )
                )
    return found


def segmenter() -> str:
    """Return the segmenter at hand: words where its package is there, else characters."""
    try:
        segment("分词", by="rjieba.v1")
    except MissingPackageError:
        return WORDS_WITHOUT_PACKAGE
    return "rjieba.v1"


def only_characters(texts: Iterable[str]) -> bool:
    """Return whether texts have Chinese, and the segmenter at hand knows none of its words."""
    return segmenter() == WORDS_WITHOUT_PACKAGE and any(_CHINESE.search(text) for text in texts)


def word_starts(text: str, *, by: str) -> list[int]:
    """Return where each word of the text begins.

    >>> word_starts("我的 parcels!", by="characters.v1")
    [0, 1, 3, 10]
    """
    starts, place = [], 0
    for word in segment(text, by=by, with_marks=True):
        place = text.index(word, place)
        starts.append(place)
        place += len(word)
    return starts


def _words(offsets: Sequence[tuple[int, int]], text: str, *, by: str) -> list[int]:
    """Return for each token the number of the word in which it begins.

    Byte pairs and unigrams keep the blank before a word in its first token.
    """
    begins = [begin for begin, _ in token_places(text, offsets)]
    words: list[int] = np.searchsorted(word_starts(text, by=by), begins, side="right").tolist()
    return words


def _sentence_starts(begins: Any, text: str) -> list[int]:
    ends = [match.end() for match in _SENTENCE_END.finditer(text)]
    tokens = np.searchsorted(begins, ends, side="left").tolist()
    return sorted({0, *(token for token in tokens if token < len(begins))})


def pieces(document: Document, size: int) -> Iterator[slice]:
    """Yield the whole document in slices of at most `size` tokens."""
    for start in range(0, len(document.ids), size):
        yield slice(start, start + size)
