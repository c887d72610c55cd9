"""Passages that belong to a question: texts are cut at sentences and found by their words (BM25).

Enter texts, leaves passages; enters a question, leaves the passages that share its rarer words. A
passage that shares nothing with it but the, of, what, 的, 什么 and their like speaks of something
else: it is not found.

    index = Passages([Passage(id="rec_1", text="A parcel takes three days.")])
    index.find("How long does a parcel take?", most=3)       # [(Passage(...), 1.7)]

S. Robertson and H. Zaragoza 2009, "The probabilistic relevance framework: BM25 and beyond", section
3.4. Words are what is between blanks and marks, of Chinese every two characters beside each other;
where no two of a run of Chinese are known, its single characters are looked for, at half the score.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeAlias

from chainring.text.stopwords import stopwords

K1, B = 1.2, 0.75
ALONE = 0.5
"""What a single Chinese character counts, beside two: it says less."""
QUESTION_PART, MARKS = 4, 4
"""Of a reader's tokens a question has the fourth part; two texts have as many marks at most."""
Held: TypeAlias = Callable[[str], int]
"""How many of a text's first characters a reader can hold; all of them: the length of the text."""
_ASKING = frozenset("what which who whom whose when where why how".split())
# what the lists, of simplified characters, say in traditional ones
_TRADITIONAL = """
    什麼 甚麼 怎麼 怎樣 為何 何時 哪裡 哪裏 幾個 我們 你們 他們 她們 它們 咱們 這個 那個 這些
    這裡 這裏 那裡 那裏 這樣 那樣 因為 所以 雖然 並且 一個 麼 誰 們 個 這 嗎 為 於 過 還 對 從 與
    給 讓 會 來 裡 裏 著 並 時候 過來 過去 上來 下來
"""
_ASKING_ZH = "什么 怎么 怎样 如何 为何 何时 哪里 多少 几个 时候 什 么 怎 哪 谁"
_LITTLE_ZH = stopwords("zh") | {*_ASKING_ZH.split(), *_TRADITIONAL.split()}
_EMPTY_ZH = frozenset(one for one in _LITTLE_ZH if len(one) == 1)
_PAIRS_ZH = frozenset(one for one in _LITTLE_ZH | stopwords("zh", wide=True) if len(one) == 2)
_OF_WORDS = frozenset("上下中里裡裏来來去和同对對等地过過向")
"""Little characters of which words are made, too: 中和, 上等, 地下."""
_EMPTY_WORDS_ZH = re.compile("|".join(sorted(one for one in _LITTLE_ZH if len(one) > 1)))
_NAMED = re.compile(r"\{(passage|question)\}")
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
_RUN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]+|[^\W\u3400-\u4dbf\u4e00-\u9fff]+")
_SENTENCE = re.compile(r".+?(?:[。！？!?；]+[”’」』\"]?|[.](?=\s)|\n|$)\s*", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A stretch of a text; `id` is that of the record it comes from."""

    id: str
    text: str


class Passages:
    """An index of passages; the same passages give the same index."""

    def __init__(self, passages: Sequence[Passage]) -> None:
        self.passages = tuple(passages)
        counts = [Counter(terms(one.text)) for one in self.passages]
        self._lengths = [found.total() for found in counts]
        self._mean = sum(self._lengths) / max(1, len(counts))
        self._places: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for place, found in enumerate(counts):
            for term, times in found.items():
                self._places[term].append((place, times))
        self._characters: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for place, one in enumerate(self.passages):
            for character, times in Counter(_HAN.findall(_plain(one.text))).items():
                self._characters[character].append((place, times))

    def find(self, question: str, *, most: int) -> list[tuple[Passage, float]]:
        """Return the best passages with their scores, highest first.

        All words rank; none is found that shares only such as say nothing of what is asked.
        """
        scores: dict[int, float] = defaultdict(float)
        told: set[int] = set()
        names = _names(question)
        for term in dict.fromkeys(terms(question)):
            found = self._places.get(term, ())
            self._add(scores, found, weight=1.0)
            if term in names or not _is_empty(term):
                told.update(place for place, _ in found)
        for character in self._alone(question):
            found = self._characters.get(character, ())
            self._add(scores, found, weight=ALONE)
            told.update(place for place, _ in found)
        best = sorted(told, key=lambda place: (-scores[place], place))[:most]
        return [(self.passages[place], scores[place]) for place in best]

    def _add(
        self, scores: dict[int, float], found: Sequence[tuple[int, int]], *, weight: float
    ) -> None:
        rare = math.log(1 + (len(self.passages) - len(found) + 0.5) / (len(found) + 0.5))
        for place, times in found:
            length = 1 - B + B * self._lengths[place] / self._mean
            scores[place] += weight * rare * times * (K1 + 1) / (times + K1 * length)

    def _alone(self, question: str) -> dict[str, None]:
        """Return the characters of the Chinese runs of which no two beside each other are known.

        Two that say nothing, 什么, tell nothing of the run either; their characters stand for none.
        """
        runs = (run for run in _RUN.findall(_plain(question)) if _HAN.match(run))
        lost = (_EMPTY_WORDS_ZH.sub("", run) for run in runs if not self._knows(run))
        return dict.fromkeys(one for run in lost for one in run if one not in _EMPTY_ZH)

    def _knows(self, run: str) -> bool:
        return any(pair in self._places and not _is_empty(pair) for pair in _terms(run))


@cache
def _empty_words() -> frozenset[str]:
    """Return the English words that say nothing of what is asked, what's and don't in pieces."""
    cut_up = (word.split("'") for word in stopwords("en", wide=True) if "'" in word)
    return stopwords("en") | _ASKING | {piece for pieces in cut_up for piece in pieces}


def _is_empty(term: str) -> bool:
    """Whether a term says nothing of what a text is about: the, who, 的, 什么, and pairs of such.

    >>> [_is_empty(one) for one in ("of", "sound", "是什", "几何", "中和")]
    [True, False, True, False, False]
    """
    if term in _empty_words() or term in _LITTLE_ZH:
        return True
    return _EMPTY_ZH.issuperset(term) and (term in _PAIRS_ZH or not _OF_WORDS.issuperset(term))


def _names(question: str) -> frozenset[str]:
    """Return the Latin words that are names in a question, however little they are elsewhere.

    They stand in a Chinese one, or in capitals where not all of it does.

    >>> sorted(_names("找it")), sorted(_names("What is WHO?")), sorted(_names("WHAT IS IT?"))
    (['it'], ['who'], [])
    """
    text = unicodedata.normalize("NFKC", question)
    words = [run for run in _RUN.findall(text) if not _HAN.match(run)]
    if len(_HAN.findall(text)) < len(words):  # no Chinese question
        words = [] if text.isupper() else [one for one in words if len(one) > 1 and one.isupper()]
    return frozenset(word.casefold() for word in words)


def terms(text: str) -> list[str]:
    """Return the words of a text by which it is found.

    >>> terms("Where is my parcel? 我的包裹")
    ['where', 'is', 'my', 'parcel', '我的', '的包', '包裹']
    """
    return list(_terms(_plain(text)))


def cut(text: str, *, characters: int, held: Held = len) -> list[str]:
    """Return a text in stretches of whole sentences, of about so many characters at most.

    A stretch of which a reader holds less than the whole is cut again, in like parts.

    >>> cut("物流很快。包裹三天到。Good.", characters=8)
    ['物流很快。', '包裹三天到。', 'Good.']
    """
    stretches: list[str] = []
    for sentence in _sentences(text, characters):
        if stretches and len(stretches[-1]) + len(sentence) <= characters:
            stretches[-1] += sentence
        else:
            stretches.append(sentence)
    stripped = [found for one in stretches if (found := one.strip())]
    return [part for one in stripped for part in _parts(one, held)]


def passage_tokens(max_tokens: int) -> int:
    """Return how many tokens of a passage a reader of so many takes with a question beside it."""
    return max_tokens - MARKS - max_tokens // QUESTION_PART


def characters_held(text: str, encoding: Any, *, tokens: int) -> int:
    """Return how many first characters of a text its first `tokens` tokens are.

    `encoding` is that of the text, of `tokens` + 1 tokens or more where the text has so many.
    """
    marked = zip(encoding.offsets, encoding.special_tokens_mask, strict=True)
    ends = [end for (_, end), special in marked if not special]
    return len(text) if len(ends) <= tokens else int(ends[tokens - 1])


def passages_of(
    texts: Iterable[tuple[str, str]], *, characters: int, held: Held = len
) -> list[Passage]:
    """Return the passages of (id, text) pairs, each stretch once."""
    found: dict[str, str] = {}
    for identity, text in texts:
        for stretch in cut(text, characters=characters, held=held):
            found.setdefault(stretch, identity)
    return [Passage(id=identity, text=stretch) for stretch, identity in found.items()]


def prompt_of(template: str, *, passage: str, question: str) -> str:
    """Return what a writer is asked about a passage.

    >>> prompt_of("{passage} | {question}", passage="退款需要五天。", question="要几天？")
    '退款需要五天。 | 要几天？'
    """
    known = {"passage": passage, "question": question}
    return _NAMED.sub(lambda found: known[found[1]], template)


def _parts(stretch: str, held: Held) -> list[str]:
    """Return a stretch in parts that a reader holds; a single character is never cut."""
    room = max(1, held(stretch))
    if room >= len(stretch):
        return [stretch]
    parts = math.ceil(len(stretch) / room)
    return cut(stretch, characters=math.ceil(len(stretch) / parts), held=held)


def _sentences(text: str, characters: int) -> Iterator[str]:
    for match in _SENTENCE.finditer(text):
        sentence = match.group()
        for start in range(0, len(sentence), characters):
            yield sentence[start : start + characters]


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _terms(plain: str) -> Iterator[str]:
    for run in _RUN.findall(plain):
        if "\u3400" <= run[0] <= "\u9fff" and len(run) > 1:
            yield from (run[i : i + 2] for i in range(len(run) - 1))
        else:
            yield run
