"""An objective by its name: how it cuts documents, hides, and which network learns it.

Enters a name, leaves its functions:

    objective = OBJECTIVES["causal"]
    items = objective.items(documents, frame)
    batch = objective.batch(items[:8], frame)
    learner = objective.learner(model)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from chainring.training.objectives.causal import CausalLearner, following
from chainring.training.objectives.denoising import infilled
from chainring.training.objectives.documents import Document
from chainring.training.objectives.learner import Learner
from chainring.training.objectives.masked import MaskedLearner, hidden
from chainring.training.objectives.packing import Item, blocks
from chainring.training.objectives.pairs import pairs
from chainring.training.objectives.settings import ObjectiveName
from chainring.training.objectives.spans import SpanLearner, corrupted, stretches
from chainring.training.tokenisers.special import SENTINELS, Form, Marks, sentinel


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What all items of a training share."""

    marks: Marks
    vocabulary: int
    max_tokens: int
    sentinels: tuple[int, ...] = ()
    next_sentence: bool = False
    seed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """One way to learn from bare text."""

    form: Form
    learner: Callable[[Any], Learner]
    items: Callable[[Sequence[Document], Frame], list[Item]]
    batch: Callable[[Sequence[Item], Frame], dict[str, torch.Tensor]]
    opens: str
    """The class of transformers that opens such a base with its head."""
    kinds: tuple[str, ...]
    """The kinds of networks (`model_type`) that it can go on with."""


def _masked_items(documents: Sequence[Document], frame: Frame) -> list[Item]:
    found = (
        pairs(documents, max_tokens=frame.max_tokens, seed=frame.seed, marks=frame.marks)
        if frame.next_sentence
        else blocks(documents, max_tokens=frame.max_tokens, marks=frame.marks)
    )
    special = set(frame.marks.special)
    return [item for item in found if not special.issuperset(item["input_ids"])]


OBJECTIVES: dict[ObjectiveName, Objective] = {
    "masked": Objective(
        form="encoder",
        learner=MaskedLearner,
        items=_masked_items,
        batch=lambda items, frame: hidden(items, vocabulary=frame.vocabulary, marks=frame.marks),
        opens="AutoModelForMaskedLM",
        kinds=("bert",),
    ),
    "causal": Objective(
        form="decoder",
        learner=CausalLearner,
        items=lambda documents, frame: blocks(
            documents, max_tokens=frame.max_tokens, marks=frame.marks
        ),
        batch=lambda items, frame: following(items, pad=frame.marks.pad),
        opens="AutoModelForCausalLM",
        kinds=("gpt2", "llama", "qwen2"),
    ),
    "spans": Objective(
        form="encoder-decoder",
        learner=SpanLearner,
        items=lambda documents, frame: stretches(
            documents, max_tokens=frame.max_tokens, end=frame.marks.end
        ),
        batch=lambda items, frame: corrupted(items, sentinels=frame.sentinels, marks=frame.marks),
        opens="AutoModelForSeq2SeqLM",
        kinds=("t5",),
    ),
    "denoising": Objective(
        form="encoder-decoder",
        learner=SpanLearner,
        items=lambda documents, frame: stretches(
            documents,
            max_tokens=frame.max_tokens - 1,
            end=frame.marks.end,  # one more ends it
        ),
        batch=lambda items, frame: infilled(items, marks=frame.marks),
        opens="AutoModelForSeq2SeqLM",
        kinds=("bart",),
    ),
}


def sentinels_of(tokenizer: Any) -> tuple[int, ...]:
    """Return the ids of T5's sentinels in their order; none where there are none."""
    found = (tokenizer.token_to_id(sentinel(number)) for number in range(SENTINELS))
    return tuple(number for number in found if number is not None)
