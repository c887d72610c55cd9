"""The language in which a service speaks to whoever asked.

Enters the language of a text, leaves `en` or `zh`: the text's own; of a text in none of them (👍,
12345) the one that its sender asks for, else the one of a model that learnt in one only.
"""

from __future__ import annotations

from chainring.contracts.codec import decode
from chainring.contracts.feedback import Feedback
from chainring.contracts.model import Model
from chainring.contracts.said import Said, in_language
from chainring.ring.built import Ring
from chainring.software.telling import sentences
from chainring.software.telling.command_words import say

PASSED_ON = {
    "en": "I am not sure about this one, so I am passing it on to a person.",
    "zh": "这个问题我没有把握，已为您转交人工处理。",
}

_TEACHING = ("correction", "confirmation", "rating", "preference")


def tongue(language: str, *, reads: str, learnt: str) -> str:
    """Return the language of an answer to a text.

    >>> tongue("en", reads="zh", learnt="zh"), tongue("und", reads="", learnt="zh")
    ('en', 'zh')
    """
    return language if language in PASSED_ON else reads or learnt


def told_of(said: Feedback, *, reads: str, learnt: str, has_text: bool) -> str:
    """Return what the sender of a reaction should know of it; mostly nothing."""
    found = remark_on(said, has_text=has_text)
    if found is None:
        return ""
    return in_language(found, tongue(said.language, reads=reads, learnt=learnt))


def is_kept(ring: Ring, said: Feedback) -> bool:
    """Return whether the text is kept that a reaction is about; of an unknown answer it may be."""
    found = next(iter(ring.traffic.answers([said.prediction])), None)
    return found is None or bool(found[1])


def remark_on(said: Feedback, *, has_text: bool) -> Said | None:
    """Return why a reaction teaches nothing, where whoever sends it would expect that it does."""
    if not has_text and said.kind in _TEACHING:
        return sentences.say("teaches not")
    return say("confirms passing on") if said.confirms_passing_on else None


def learnt_by(ring: Ring, model: str) -> str:
    """Return Chinese for a model that learnt in it and not in English, else English."""
    made = ring.ledger.lineage_of_tree(model)
    languages = () if made is None else decode(Model, made.result).languages
    return "zh" if "zh" in languages and "en" not in languages else "en"
