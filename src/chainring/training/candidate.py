"""What every candidate takes and gives back.

A candidate is a part of kind `candidate`: it takes rows, leaves a model folder without
`model.json`, and can be asked for logits. One that cannot serve these rows raises `RefusedError`
with the reason; it then stands among the rivals as one that did not compete.

    trained = linear(train, validation, unlabelled=(), labels=labels, work=work, settings=settings)
    trained.logits(["物流太久了", "where is my parcel"])   # float32, shape (2, labels)

Axes: N rows, C labels.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

from chainring.contracts.dataset import Row
from chainring.contracts.model import Ancestor
from chainring.contracts.work import Work
from chainring.training.settings import TrainingSettings

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """A trained candidate; `logits` answers prepared texts from the files in `folder`."""

    folder: Path
    kind: Literal["linear", "encoder"]
    logits: Callable[[Sequence[str]], Floats]
    max_tokens: int = 0
    ancestors: tuple[Ancestor, ...] = ()
    cpu_s: float = 0.0
    notes: tuple[str, ...] = ()


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
    ) -> Trained:
        """Train on `train`, look at `validation` only to stop and to choose."""
        ...


def prepare(text: str) -> str:
    """Return a raw text as the model sees it: normalised, then redacted.

    >>> prepare("ｃａｌｌ  me: 13912345678")
    'call me: [phone]'
    """
    from chainring.text.normalise import normalise
    from chainring.text.redact import redact

    return redact(normalise(text)).text


def softmax(logits_nc: Floats, *, temperature: float = 1.0) -> Floats:
    """Return float32 probabilities of shape (N, C)."""
    import numpy as np

    scaled_nc = np.asarray(logits_nc, dtype=np.float64) / temperature
    raised_nc = np.exp(scaled_nc - scaled_nc.max(axis=1, keepdims=True))
    shares_nc: Floats = (raised_nc / raised_nc.sum(axis=1, keepdims=True)).astype(np.float32)
    return shares_nc
