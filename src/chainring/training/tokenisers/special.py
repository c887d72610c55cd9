"""The special tokens that every tokeniser of ours begins with, and the marks each model wants.

Enters a bare tokeniser, leaves it as a model of some form reads texts:

=================  ==========================  =================================
form               one text                    two texts
=================  ==========================  =================================
encoder            ``[CLS] text [SEP]``        ``[CLS] a [SEP] b [SEP]``
decoder            ``[CLS] text``              –
encoder-decoder    ``text [SEP]``              ``a [SEP] b [SEP]``
=================  ==========================  =================================

`[CLS]` begins a text and `[SEP]` ends it, in every form: one vocabulary serves them all.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from chainring.contracts.errors import InputError

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
PAD, UNK, CLS, SEP, MASK = range(len(SPECIAL))
SENTINELS = 100
Form = Literal["encoder", "decoder", "encoder-decoder"]

_TEMPLATES: dict[Form, tuple[str, str]] = {
    "encoder": ("[CLS] $A [SEP]", "[CLS] $A [SEP] $B:1 [SEP]:1"),
    "decoder": ("[CLS] $A", "[CLS] $A $B"),
    "encoder-decoder": ("$A [SEP]", "$A [SEP] $B [SEP]"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """The ids of a tokeniser's special tokens, whatever it calls them; None where it has none."""

    pad: int
    start: int
    end: int
    mask: int | None
    special: tuple[int, ...]


def marks_of(tokenizer: Any) -> Marks:
    """Return the marks of a tokeniser of ours, of BERT, RoBERTa, GPT-2 or T5."""
    end = _first(tokenizer, "[SEP]", "</s>", "<|endoftext|>")
    if end is None:
        raise InputError(
            "the tokeniser has no token that ends a text ([SEP], </s> or <|endoftext|>); "
            "give a base that has one"
        )
    pad, start = _first(tokenizer, "[PAD]", "<pad>"), _first(tokenizer, "[CLS]", "<s>")
    mask, unknown = _first(tokenizer, "[MASK]", "<mask>"), _first(tokenizer, "[UNK]", "<unk>")
    special = {number for number in (pad, start, end, mask, unknown) if number is not None}
    return Marks(
        pad=end if pad is None else pad,
        start=end if start is None else start,
        end=end,
        mask=mask,
        special=tuple(sorted(special)),
    )


def _first(tokenizer: Any, *names: str) -> int | None:
    return next((n for name in names if (n := tokenizer.token_to_id(name)) is not None), None)


def sentinel(number: int) -> str:
    """Return the token that stands for the `number`-th hidden span, as T5 writes it.

    >>> sentinel(0)
    '<extra_id_0>'
    """
    return f"<extra_id_{number}>"


def marked(tokenizer: Any, *, form: Form) -> Any:
    """Return the tokeniser, putting the marks of the form around each text."""
    from tokenizers import processors

    single, pair = _TEMPLATES[form]
    tokenizer.post_processor = processors.TemplateProcessing(
        single=single, pair=pair, special_tokens=[("[CLS]", CLS), ("[SEP]", SEP)]
    )
    return tokenizer


def with_sentinels(tokenizer: Any, *, count: int = SENTINELS) -> Any:
    """Return the tokeniser with sentinels added after its vocabulary, for span corruption."""
    tokenizer.add_special_tokens([sentinel(number) for number in range(count)])
    return tokenizer


def save_tokeniser(tokenizer: Any, folder: Path) -> None:
    """Write `tokenizer.json` and what AutoTokenizer needs beside it."""
    from transformers import PreTrainedTokenizerFast

    known = tokenizer.get_vocab()
    names = {f"{name.strip('[]').lower()}_token": name for name in SPECIAL}
    extra = [token for number in range(SENTINELS) if (token := sentinel(number)) in known]
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token="[CLS]",
        eos_token="[SEP]",
        extra_special_tokens=extra or None,
        **names,
    ).save_pretrained(folder)
