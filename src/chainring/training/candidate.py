"""What every candidate takes and gives back.

A candidate is a part of kind `candidate`: it takes rows, leaves a model folder without
`model.json`, and can be asked for logits. One that cannot serve these rows raises `RefusedError`
with the reason; it then stands among the rivals as one that did not compete.

    trained = linear(train, validation, unlabelled=(), labels=labels, work=work, settings=settings)
    trained.logits(["物流太久了", "where is my parcel"])   # float32, shape (2, labels)

A candidate answers in one of three ways: by the logits of texts or of pairs of texts, by those of
each token (tagging), or, where it writes, by answers. Which tasks it can do it says itself, by
raising `RefusedError` for the others.

Axes: N rows, T tokens, C classes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from chainring.contracts.dataset import Row, Task
from chainring.contracts.errors import RefusedError
from chainring.contracts.model import Ancestor
from chainring.contracts.prediction import Answer
from chainring.contracts.tasks import TASKS
from chainring.contracts.values import Input, input_of
from chainring.contracts.work import Work
from chainring.stats.readout import Places, Transitions, softmax
from chainring.training.settings import TrainingSettings

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float32]


__all__ = ["Candidate", "Trained", "asked", "learnt_fields", "prepare", "softmax", "texts_in"]


def _without_logits(_: Sequence[Input]) -> Floats:
    raise RefusedError("this candidate gives no logits of texts; ask it for tokens or answers")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """A trained candidate, which answers prepared texts from the files in `folder`.

    Parameters
    ----------
    kind
        Of the model: `linear`, `encoder`, `biencoder`, `generator`, or one of your own that has
        forms (`chainring.deployment.forms.parts`).
    logits
        Of texts or pairs, float32 of shape (N, C); regression: the numbers, shape (N, 1).
    tokens
        For tagging: of each text its tokens' logits, shape (T, C), and where each token stands.
    transitions
        For tagging: C rows of C, how well one class of a token follows another; none: not at all.
    answers
        For a candidate that writes: an answer a row, whatever the row says itself. Only `text` and
        `pair` of a row may be read.
    limits
        What the model cannot do, in sentences: they stand in its card.
    facts
        What its engine has to know besides, written into `model.json` as it is.
    """

    folder: Path
    kind: str
    logits: Callable[[Sequence[Input]], Floats] = _without_logits
    tokens: Callable[[Sequence[Input]], list[tuple[Floats, Places]]] | None = None
    transitions: Transitions = ()
    answers: Callable[[Sequence[Row]], list[Answer]] | None = None
    max_tokens: int = 0
    ancestors: tuple[Ancestor, ...] = ()
    cpu_s: float = 0.0
    notes: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)


class Candidate(Protocol):
    """The signature of a candidate part."""

    def __call__(
        self,
        train: Sequence[Row],
        validation: Sequence[Row],
        *,
        unlabelled: Sequence[Row],
        labels: Sequence[str],
        work: Work,
        settings: TrainingSettings,
        task: Task = "classification",
    ) -> Trained:
        """Train on `train`, look at `validation` only to stop and to choose.

        `labels` are those of the training rows: of tagging the kinds, of numbers and texts none.
        Where answers are written, a training row may have no target but a `rejected` text.
        """
        ...


def prepare(text: str) -> str:
    """Return a raw text as the model sees it: normalised, then redacted.

    >>> prepare("ｃａｌｌ  me: 13912345678")
    'call me: [phone]'
    """
    from chainring.text.prepare import prepare as prepared  # rules take 0.1 s to compile

    return prepared(text)


def asked(row: Row, task: Task) -> Input:
    """Return what a model is asked of a row, in the task's own way."""
    return input_of(row.text, row.pair, pairs=TASKS[task].pairs)


def learnt_fields(task: Task) -> tuple[str, ...]:
    """Return the fields of a row whose texts a base may learn from, rejected ones never.

    >>> learnt_fields("question-answering"), learnt_fields("preference")
    (('text', 'pair', 'target'), ('text', 'target'))
    """
    facts = TASKS[task]
    second = ("pair",) if facts.takes_pair else ()
    return ("text", *second, *(("target",) if facts.form == "text" else ()))


def texts_in(rows: Sequence[Row], fields: Sequence[str]) -> list[str]:
    """Return the texts of rows, field by field; empty ones are left out."""
    return [text for name in fields for row in rows if (text := getattr(row, name))]
