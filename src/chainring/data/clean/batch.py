"""A batch: some hundred documents at a time, and what stages do to them.

A stage (part of kind `stage`) is a function `stage(batch) -> None`: it reads `batch.page`, drops
documents with a reason, or puts other texts in their places. It depends on nothing but the batch,
its settings and files that were made before the pass, so a shard gives the same bytes wherever it
runs.

    @part("stage", "shouting.v1")
    def shouting(batch: Batch) -> None:
        "Drop what is written in capitals."
        for index in batch.alive():
            if batch.texts[index].isupper():
                batch.drop(index, "shouting")

=========  =============================================  ====================================
a row has  English                                        Chinese
=========  =============================================  ====================================
``id``     help-17                                        帮助-17
``text``   Where is my parcel?                            我的包裹到哪了？
``...``    language, source, licence, consent, if known   anything else stays as it is
=========  =============================================  ====================================
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from chainring.data.clean.characters import Page
from chainring.data.clean.settings import CleanSettings

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Stage(Protocol):
    """The signature of a stage part."""

    def __call__(self, batch: Batch) -> None:
        """Drop documents of the batch, or change their texts."""
        ...


@dataclass(slots=True)
class Batch:
    """Documents in order; `places` are their bytes in the file, `prepared` holds made files."""

    rows: list[dict[str, Any]]
    texts: list[str]
    places: list[int]
    settings: CleanSettings
    prepared: Path = Path()
    reasons: list[str] = field(default_factory=list)
    languages: list[str] = field(default_factory=list)
    changes: Counter[str] = field(default_factory=Counter)
    _page: Page | None = None

    def __post_init__(self) -> None:
        """Make room for reasons and languages."""
        self.opened()

    def opened(self) -> None:
        """Nothing is dropped yet, and no language known: rows may have been added."""
        self.reasons = [""] * len(self.rows)
        self.languages = [""] * len(self.rows)

    @property
    def page(self) -> Page:
        """The texts as they stand now, in arrays."""
        if self._page is None:
            self._page = Page.of(self.texts)
        return self._page

    def alive(self) -> Iterator[int]:
        """Yield the indices of what is not dropped."""
        return (index for index, reason in enumerate(self.reasons) if not reason)

    def marks(self) -> NDArray[np.bool_]:
        """Return an array that is true for what is not dropped."""
        import numpy as np

        return np.array([not reason for reason in self.reasons], dtype=bool)

    def drop(self, index: int, reason: str) -> None:
        """Drop one document; the first reason stands."""
        if not self.reasons[index]:
            self.reasons[index] = reason

    def drop_all(self, marked: Any, reason: str) -> None:
        """Drop every marked document."""
        for index in marked.nonzero()[0].tolist():
            self.drop(index, reason)

    def replace(self, texts: Iterable[tuple[int, str]], change: str) -> None:
        """Put other texts in place and count those that differ as `change`."""
        for index, text in texts:
            if text != self.texts[index]:
                self.texts[index] = text
                self.changes[change] += 1
                self._page = None

    def kept(self) -> Batch:
        """Return a batch of what is not dropped (itself when nothing is)."""
        chosen = list(self.alive())
        if len(chosen) == len(self.rows):
            return self
        kept = Batch(
            rows=[self.rows[i] for i in chosen],
            texts=[self.texts[i] for i in chosen],
            places=[self.places[i] for i in chosen],
            settings=self.settings,
            prepared=self.prepared,
        )
        kept.languages = [self.languages[i] for i in chosen]
        kept.changes = self.changes
        return kept
