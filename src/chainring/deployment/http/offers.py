"""What a model offers beside whole answers: vectors, texts piece by piece, and its description."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from chainring.contracts.dataset import Task
from chainring.contracts.errors import BusyError
from chainring.contracts.measure import MeasureName
from chainring.contracts.prediction import Variant
from chainring.contracts.values import Input

if TYPE_CHECKING:
    from chainring.deployment.http.verbs import Caller, Served


@dataclass(frozen=True, slots=True, kw_only=True)
class Embedded:
    """A vector a text (float32), how many tokens were read, and the model that read them."""

    vectors: Sequence[Any]
    tokens: int
    model: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelInfo:
    """A model that answers here.

    `capabilities` are those beside answering: embed, stream, converse, prefer. `measure` is what
    the gate judged it by: accuracy, balanced_accuracy or cost.
    """

    id: str
    app: str
    task: Task
    form: str
    engine: str
    variant: Variant = "champion"
    since: float = 0.0
    labels: tuple[str, ...] = ()
    capabilities: tuple[str, ...] = ()
    measure: MeasureName = "accuracy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """An answer that is being written: its id, and the model that writes it."""

    id: str
    model: str


class Offers(Protocol):
    """What the lane can do beside answering, and whether it can take more."""

    async def embed(self, texts: Sequence[str], *, caller: Caller) -> Embedded:
        """Return a vector a text; InputError where the model gives none."""
        ...

    def stream(
        self, text: Input, *, episode: str, author: str, caller: Caller
    ) -> AsyncIterator[Begun | str | Served]:
        """Yield that it begins, then piece after piece, last the whole answer: its row is written.

        It begins with its first piece. What goes wrong until then (BusyError where there is no
        room) is raised before anything is yielded.
        """
        ...

    def models(self) -> list[ModelInfo]:
        """Return the models that answer now; from memory."""
        ...

    def full(self) -> BusyError | None:
        """Return why one text more would be refused now, or None; asked for every request."""
        ...
