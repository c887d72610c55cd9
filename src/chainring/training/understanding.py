"""An encoder is tuned for a task whose answers are no single label of one text.

Enters a base, rows and the task, leaves a `Headed` encoder that answers inputs and writes its
folder: several labels, a number, tags, or one label of a pair (a cross-encoder, which reads both
texts at once).

    tuned = understand(base, rows, validation, labels=labels, task="matching", ...)
    tuned.write(folder)

Axes: N rows, T tokens, C classes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from chainring.contracts.dataset import Row, Task
from chainring.contracts.tasks import TASKS
from chainring.contracts.values import Input, labels_in, tags_of
from chainring.contracts.work import Work
from chainring.stats.grades import grade_of
from chainring.stats.readout import (
    Places,
    Readout,
    Transitions,
    classes,
    classes_of,
    token_places,
)
from chainring.training.answered import value_of
from chainring.training.base import Base
from chainring.training.budget import fit, sample
from chainring.training.candidate import asked
from chainring.training.chain import NO_TEXT, habits
from chainring.training.craft.progress import Curve
from chainring.training.finetune import (
    RUN,
    of_mean_one,
    open_encoder,
    passed_parameters,
    readable_tokens,
    row_weights,
    write_tuned,
)
from chainring.training.heads import Headed, Item, collate, in_batches, items_of
from chainring.training.passes import PASSES, PASSES_OF_TAGS, passes, run_of
from chainring.training.settings import TrainingSettings
from chainring.training.tokens import open_tokenizer
from chainring.training.trainer import train

if TYPE_CHECKING:
    from chainring.training.candidate import Floats

TINY = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Understood:
    """A tuned encoder with its tokeniser; numbers are given back in the target's own units."""

    base: Base
    network: Headed
    tokenizer: Any
    pad: int
    max_tokens: int
    segments: bool
    notes: tuple[str, ...]
    curve: Curve

    def logits(self, texts: Sequence[Input]) -> Floats:
        """Return float32 logits of prepared texts or pairs, shape (N, C)."""
        found: Floats = np.stack(self._answers(texts))
        return found

    def tokens(self, texts: Sequence[Input]) -> list[tuple[Floats, Places]]:
        """Return of each text its tokens' logits, shape (T, C), and their places."""
        return list(zip(self._answers(texts), _places(self.tokenizer, texts), strict=True))

    def _answers(self, texts: Sequence[Input]) -> list[Any]:
        items = items_of(self.tokenizer, texts, segments=self.segments)
        return in_batches(self.network.logits, items, pad=self.pad)

    @property
    def transitions(self) -> Transitions:
        """How well one class of a token follows another; none where no tags are answered."""
        return self.network.transitions

    def write(self, folder: Path) -> None:
        """Write `encoder/` and `head.safetensors`."""
        write_tuned(self.network, self.tokenizer, self.base, folder)


def understand(
    base: Base,
    train_rows: Sequence[Row],
    validation: Sequence[Row],
    *,
    labels: Sequence[str],
    task: Task,
    minutes: float,
    work: Work,
    settings: TrainingSettings,
) -> Understood:
    """Return the encoder tuned on the rows, from a checkpoint in scratch if there is one."""
    options, form = settings.encoder, TASKS[task].form
    torch.manual_seed(settings.seed)
    encoder = open_encoder(base.folder, dropout=options.dropout)
    max_tokens = readable_tokens(encoder, options.max_tokens)
    tokenizer = open_tokenizer(base.folder, max_tokens=max_tokens)
    segments = TASKS[task].pairs and int(getattr(encoder.config, "type_vocab_size", 0) or 0) > 1
    pad = int(getattr(encoder.config, "pad_token_id", 0) or 0)
    network = Headed(
        encoder,
        form=form,
        classes=classes(form, labels),
        dropout=options.dropout,
        smoothing=options.label_smoothing,
    )
    scale = _Scale.of(train_rows) if form == "number" else _Scale()
    items = _labelled(train_rows, tokenizer, labels, task, segments=segments, scale=scale)
    if form == "one":
        for item, weight in zip(items, row_weights(train_rows, options), strict=True):
            item["weights"] = weight
    if form == "tags":
        network.begin_chain(habits([item["labels"] for item in items], classes=network.classes))
    fitting = fit(
        passes(options, len(items), least=PASSES_OF_TAGS if form == "tags" else PASSES),
        parameters=passed_parameters(encoder),
        tokens=sum(len(item["input_ids"]) for item in items),
        minutes=minutes,
        placement=work.placement,
    )
    seen = sample(items, fitting.share, seed=settings.seed)
    judge = _Judge(validation, tokenizer, labels, task, segments=segments, scale=scale, pad=pad)
    curve = train(
        network,
        seen,
        (),
        run=run_of(
            settings,
            name=RUN,
            epochs=max(1, fitting.epochs),
            rows=len(seen),
            width=int(encoder.config.hidden_size),
        ),
        collate=partial(collate, pad=pad),
        work=work,
        judge=judge if validation else None,
    )
    scale.fold(network)
    return Understood(
        base=base,
        network=network.to("cpu").eval(),
        tokenizer=tokenizer,
        pad=pad,
        max_tokens=max_tokens,
        segments=segments,
        notes=(fitting.because,) if fitting.because else (),
        curve=curve,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scale:
    """Centre and spread of the targets: a network learns standardised numbers."""

    centre: float = 0.0
    spread: float = 1.0

    @classmethod
    def of(cls, rows: Sequence[Row]) -> _Scale:
        targets = np.array([float(row.target) for row in rows])
        return cls(centre=float(targets.mean()), spread=float(targets.std()) or 1.0)

    def fold(self, network: Headed) -> None:
        """Let the head give numbers in the target's own units."""
        if network.form == "number":
            with torch.no_grad():
                network.head.weight.mul_(self.spread)
                network.head.bias.mul_(self.spread).add_(self.centre)


def _labelled(
    rows: Sequence[Row],
    tokenizer: Any,
    labels: Sequence[str],
    task: Task,
    *,
    segments: bool,
    scale: _Scale,
) -> list[Item]:
    texts = [asked(row, task) for row in rows]
    items = items_of(tokenizer, texts, segments=segments)
    place = {label: i for i, label in enumerate(labels)}
    weights = of_mean_one([row.weight for row in rows])
    for item, row, text, weight in zip(items, rows, texts, weights, strict=True):
        item["labels"] = _label(row, text, tokenizer, place, task, scale)
        item["weights"] = weight
    return items


def _label(
    row: Row, text: Input, tokenizer: Any, place: Mapping[str, int], task: Task, scale: _Scale
) -> Any:
    form = TASKS[task].form
    if form == "number":
        return np.float32((float(row.target) - scale.centre) / scale.spread)
    if form == "several":
        hot = np.zeros(len(place), dtype=np.float32)
        hot[[place[one] for one in labels_in("several", row.label) if one in place]] = 1.0
        return hot
    if form == "one":
        return place[row.label]
    (places,) = _places(tokenizer, [text])
    return [NO_TEXT if c < 0 else c for c in classes_of(tags_of(row.target), places, list(place))]


def _places(tokenizer: Any, texts: Sequence[Input]) -> list[Places]:
    encodings = tokenizer.encode_batch(list(texts))
    return [token_places(text, one.offsets) for text, one in zip(texts, encodings, strict=True)]


class _Judge:
    """Measures a network on validation rows by the mean grade of the task.

    Labels are measured by their loss, too: it decides between epochs of the same grade.
    """

    def __init__(
        self,
        rows: Sequence[Row],
        tokenizer: Any,
        labels: Sequence[str],
        task: Task,
        *,
        segments: bool,
        scale: _Scale,
        pad: int,
    ) -> None:
        self._rows, self._task, self._scale, self._pad = rows, task, scale, pad
        self._readout = Readout(task=task, labels=tuple(labels))
        texts = [asked(row, task) for row in rows]
        self._items = items_of(tokenizer, texts, segments=segments)
        self._places: list[Places] = []
        self._true_nc = np.zeros((0, 0), dtype=bool)
        if self._readout.form == "tags":
            self._places = _places(tokenizer, texts)
        else:
            named = [labels_in(self._readout.form, row.label) for row in rows]
            self._true_nc = np.array([[label in some for label in labels] for some in named])

    def __call__(self, network: Any) -> dict[str, float]:
        device = str(next(network.parameters()).device)
        found = in_batches(network.logits, self._items, pad=self._pad, device=device)
        if self._readout.form == "number":
            return {"loss": self._error(np.stack(found)[:, 0])}
        marks = [
            grade_of(self._task, value_of(row, self._task), said)
            for row, said in zip(self._rows, self._said(found, network), strict=True)
        ]
        grade = sum(marks) / len(marks)
        if self._readout.form == "tags":
            return {"f1": grade}
        name = "accuracy" if self._readout.form == "one" else "f1"
        return {name: grade, "loss": self._loss(np.stack(found))}

    def _loss(self, logits_nc: Any) -> float:
        """Return the loss that training goes by, without smoothing and weights of rows."""
        shares_nc = np.clip(self._readout.shares(logits_nc), TINY, 1.0 - TINY)
        right_nc = -np.log(np.where(self._true_nc, shares_nc, 1.0 - shares_nc))
        if self._readout.form == "several":
            return float(right_nc.mean())
        return float((right_nc * self._true_nc).sum(axis=1).mean())

    def _error(self, found_n: Any) -> float:
        true_n = np.array([float(row.target) for row in self._rows])
        return float(np.abs(found_n * self._scale.spread + self._scale.centre - true_n).mean())

    def _said(self, found: Sequence[Any], network: Any) -> list[str]:
        read = self._readout
        if read.form == "tags":
            read = replace(read, transitions=network.transitions)
            return [
                read.tags(read.shares(table), places)[0]
                for table, places in zip(found, self._places, strict=True)
            ]
        return [one.value for one in read.said(read.shares(np.stack(found)))]
