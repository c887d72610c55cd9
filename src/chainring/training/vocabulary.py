"""A WordPiece tokeniser from the project's own texts, Chinese by character.

Enter texts, leaves a tokeniser whose vocabulary is the same in every process. (The trainer of the
`tokenizers` library walks a hash map of random order: three runs on the same texts gave three
vocabularies, and so three models.)

    own_tokenizer(["物流太久了", "where is my parcel"], size=8000)

The pieces: every character seen twice; then the most frequent words, up to half of the room; then,
of the words left over, the beginnings and continuations that save the most tokens. Words are cut
greedily from the left: M. Schuster and K. Nakajima 2012, "Japanese and Korean voice search";
their choice of pieces by likelihood is replaced by the counts above.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from tokenizers import Tokenizer, decoders, normalizers, pre_tokenizers, processors
from tokenizers.models import WordPiece

from chainring.training.tokenisers.pieces import chinese_apart
from chainring.training.tokenisers.special import SPECIAL

__all__ = ["SPECIAL", "own_tokenizer", "pieces"]

MIN_COUNT = 2
MAX_PIECE = 8


def own_tokenizer(
    texts: Sequence[str], *, size: int, lowercase: bool = True, chinese_words: bool = False
) -> Any:
    """Return a tokeniser with at most `size` tokens, of which five are special.

    With `chinese_words` the pieces may reach across Chinese characters.
    """
    normalizer = normalizers.BertNormalizer(
        lowercase=lowercase, handle_chinese_chars=not chinese_words
    )
    splitter: Any = pre_tokenizers.BertPreTokenizer()
    if chinese_words:
        splitter = pre_tokenizers.Sequence([splitter, chinese_apart(one_by_one=False)])
    counts: Counter[str] = Counter()
    for text in texts:
        words = splitter.pre_tokenize_str(normalizer.normalize_str(text))
        counts.update(word for word, _ in words)
    tokens = [*SPECIAL, *pieces(counts, room=size - len(SPECIAL))]
    vocabulary = {token: place for place, token in enumerate(tokens)}
    tokenizer = Tokenizer(WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer, tokenizer.pre_tokenizer = normalizer, splitter
    tokenizer.decoder = decoders.WordPiece()
    marks = [(mark, vocabulary[mark]) for mark in ("[CLS]", "[SEP]")]
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=marks
    )
    return tokenizer


def pieces(counts: Counter[str], *, room: int) -> list[str]:
    """Return at most `room` pieces of the counted words, in a fixed order.

    >>> pieces(Counter({"物": 3, "流": 2, "card": 5}), room=7)
    ['a', '##a', 'c', '##c', 'd', '##d', 'r']
    """
    chosen = dict.fromkeys(_characters(counts)[:room])
    words = _best({w: n for w, n in counts.items() if len(w) > 1 and n >= MIN_COUNT})
    chosen.update(dict.fromkeys(words[: (room - len(chosen)) // 2]))
    left_over = {w: n for w, n in counts.items() if w not in chosen and len(w) > 1}
    for piece in _best(_parts(left_over.items())):
        if len(chosen) >= room:
            break
        chosen.setdefault(piece)
    return list(chosen)


def _characters(counts: Counter[str]) -> list[str]:
    """Return each character as a beginning and as a continuation, frequent ones first."""
    seen: Counter[str] = Counter()
    inside: set[str] = set()
    for word, count in counts.items():
        for character in word:
            seen[character] += count
        inside.update(word if len(word) > 1 else "")
    frequent = [c for c in _best(seen) if seen[c] >= MIN_COUNT]
    return [form for c in frequent for form in ((c, f"##{c}") if c in inside else (c,))]


def _parts(counts: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Return what each part of the words saves: its count times its length less one."""
    saved: Counter[str] = Counter()
    for word, count in counts:
        for start in range(len(word) - 1):
            for end in range(start + 2, min(len(word), start + MAX_PIECE) + 1):
                piece = word[start:end] if start == 0 else f"##{word[start:end]}"
                saved[piece] += count * (end - start - 1)
    return saved


def _best(scores: dict[str, int]) -> list[str]:
    return sorted(scores, key=lambda name: (-scores[name], name))
