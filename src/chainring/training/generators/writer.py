"""What every writing candidate does alike: train a network, leave its folder, answer from it.

The folder holds `writer/` (safetensors, configuration and tokeniser as transformers opens them) and
`reading/` where texts are read by another tokeniser than they are written by. Answers come from
the engine that will serve them, so that what is judged is what is served.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from chainring.contracts.dataset import Row, Task
from chainring.contracts.errors import MissingPackageError, RefusedError
from chainring.contracts.model import Ancestor
from chainring.contracts.prediction import Answer
from chainring.contracts.request import Request
from chainring.contracts.work import Work
from chainring.training.base import Base, find_base, shares_of, unreadable
from chainring.training.budget import fit, rows_a_step, sample
from chainring.training.candidate import Trained
from chainring.training.craft.progress import Curve, write_curves
from chainring.training.generators.settings import WriterSettings
from chainring.training.progress_sentences import progress
from chainring.training.sentences import say
from chainring.training.settings import TrainingSettings

PACKAGES = ("torch", "transformers", "tokenizers", "safetensors", "jinja2")
ENGINE = "generator"
WRITER, READING = "writer", "reading"
Items = list[dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """A network before its training, how it reads and writes, and where it came from.

    `options` are those of the recipe, with lengths that the network has places for.
    """

    network: Any
    reading: Any
    writing: Any
    options: WriterSettings
    ancestors: tuple[Ancestor, ...] = ()
    notes: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Learnt:
    """What a training leaves besides weights: its curve, what had to be cut, what it cannot do.

    The epochs that it made should have taken so many `minutes`, by counts and never by a clock.
    """

    curve: Curve
    notes: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()
    minutes: float = 0.0


def require(task: Task, tasks: Sequence[Task], *, part: str, packages: Sequence[str] = ()) -> None:
    """Raise where a part cannot do a task, or its packages are not installed."""
    if task not in tasks:
        raise RefusedError(say("other task", part=part, tasks=", ".join(tasks), task=task))
    for name in (*PACKAGES, *packages):
        if find_spec(name) is None:
            needing = say("candidate", part=part)
            raise MissingPackageError(name, extra="train", needed_for=needing)


def readable_base(name: str, rows: Sequence[Row], *, options: WriterSettings, home: Path) -> Base:
    """Return the base that the recipe of a project, whose folder is `home`, names.

    Raises
    ------
    RefusedError
        It does not know over 5 % of the tokens of a language of the rows.
    """
    base = find_base(name, home=home)
    unread = unreadable(base, rows, max_tokens=options.max_input_tokens)
    if unread:
        raise RefusedError(say("writer unread", base=name, shares=shares_of(unread)))
    return base


def fitted(
    start: Start,
    items: Items,
    validation: Items,
    *,
    name: str,
    work: Work,
    settings: TrainingSettings,
) -> Learnt:
    """Train the network in place within the budget."""
    from chainring.training.generators.modules import Writing, collate, weighed
    from chainring.training.generators.rates import peak, size_of_rate
    from chainring.training.trainer import Run, train

    options = start.options
    limits = cut_told(items, options)
    for limit in limits:
        work.say(progress("of", name=name, told=limit))
    fitting = fit(
        options.epochs,
        parameters=passed_parameters(start.network, items),
        tokens=sum(tokens_of(start.network, item) for item in items),
        minutes=settings.budget_minutes,
        placement=work.placement,
    )
    seen = sample(items, fitting.share, seed=settings.seed)
    curve = train(
        Writing(start.network, smoothing=options.label_smoothing),
        weighed(seen),
        [{**item, "weight": 1.0} for item in validation],  # whoever judges, each row counts alike
        run=Run(
            name=name,
            epochs=fitting.epochs,
            learning_rate=peak(
                options, kind=start.network.config.model_type, has_base=bool(options.base)
            ),
            by_size=size_of_rate(start.network.config, has_base=bool(options.base)),
            batch_size=rows_a_step(
                options.batch_size,
                rows=len(seen),
                fitting=fitting,
                accumulation=settings.craft.accumulation,
            ),
            warmup_fraction=options.warmup_fraction,
            weight_decay=options.weight_decay,
            seed=settings.seed,
            patience=options.patience,
            craft=settings.craft,
        ),
        collate=partial(collate, pad=start.reading.pad_token_id or 0),
        work=work,
        length=partial(tokens_of, start.network),
    )
    notes = (fitting.because,) if fitting.because else ()
    made = curve[-1]["epoch"] if curve else 0.0
    return Learnt(curve=curve, notes=notes, limits=limits, minutes=fitting.minutes(made))


def cut_told(items: Items, options: WriterSettings) -> tuple[str, ...]:
    """Return of how many texts only a part is read, or taught; nothing where all are whole."""
    read, written = (sum(item["cut"][side] for item in items) for side in (0, 1))
    told = (
        ("inputs cut", read, options.max_input_tokens),
        ("targets cut", written, options.max_output_tokens),
    )
    return tuple(
        say(name, cut=f"{cut:,}", rows=f"{len(items):,}", tokens=tokens)
        for name, cut, tokens in told
        if cut
    )


def tokens_of(network: Any, item: Mapping[str, Any]) -> int:
    """Return the tokens that an item costs; a decoder reads and writes in one."""
    read = len(item["input_ids"])
    return read + len(item["labels"]) if network.config.is_encoder_decoder else read


def passed_parameters(network: Any, items: Items) -> int:
    """Return how many weights a token passes on average; the output only where it counts."""
    import torch

    from chainring.training.generators.loss import IGNORED

    tables = {
        id(module.weight): module.weight.numel()
        for module in network.modules()
        if isinstance(module, torch.nn.Embedding)
    }
    weights = {id(weight): weight.numel() for weight in network.parameters()}
    inside = sum(count for key, count in weights.items() if key not in tables)
    output = network.get_output_embeddings().weight.numel()
    tokens = max(1, sum(tokens_of(network, item) for item in items))
    share = sum(one != IGNORED for item in items for one in item["labels"]) / tokens
    halves = 2 if network.config.is_encoder_decoder else 1
    return int(inside / halves + share * output)


def trained(
    start: Start,
    folder: Path,
    *,
    task: Task,
    work: Work,
    started: float,
    curves: Mapping[str, Curve],
    notes: Sequence[str] = (),
    limits: Sequence[str] = (),
    more: Mapping[str, Any] | None = None,
) -> Trained:
    """Write the folder and return the candidate that answers from it; `more` goes into its card."""
    network, options = start.network, start.options
    network.config._name_or_path = start.ancestors[0].name if start.ancestors else ""
    network.save_pretrained(folder / WRITER)
    start.writing.save_pretrained(folder / WRITER)
    if start.reading is not start.writing:
        start.reading.save_pretrained(folder / READING)
    write_curves(folder, curves)
    facts = {"generator": how_to_write(options), **(more or {})}
    write_card(folder, task=task, facts=facts)
    return Trained(
        folder=folder,
        kind=ENGINE,
        answers=answering(folder, work),
        max_tokens=options.max_input_tokens,
        ancestors=start.ancestors,
        cpu_s=time.process_time() - started,
        notes=(*start.notes, *notes),
        limits=tuple(limits),
        facts=facts,
    )


def how_to_write(options: WriterSettings) -> dict[str, Any]:
    """Return what the engine has to know."""
    names = (
        "max_input_tokens", "max_output_tokens", "beams", "length_penalty", "no_repeat_tokens",
    )  # fmt: skip
    return {name: getattr(options, name) for name in names}


def texts_of(rows: Sequence[Row]) -> list[str]:
    """Return all texts of rows, read and written."""
    return [text for row in rows for text in (row.text, row.target) if text]


def rejected_of(row: Row) -> str:
    """Return the text that people did not want: of the task preference it is the pair."""
    return row.rejected or row.pair


def with_target(rows: Sequence[Row]) -> list[Row]:
    """Return the rows that say what to write; others only say what was not wanted."""
    return [row for row in rows if row.target]


def write_card(folder: Path, *, task: Task, facts: Mapping[str, Any]) -> None:
    """Write what the engine needs to answer before the model's own card is written."""
    card = {
        "format": 1, "kind": ENGINE, "task": task, "labels": [], "threshold": 0.0,
        "temperature": 1.0, "preparation": {"redact": False}, **facts,
    }  # fmt: skip
    (folder / "model.json").write_text(json.dumps(card), encoding="utf-8")


def answering(folder: Path, work: Work) -> Callable[[Sequence[Row]], list[Answer]]:
    """Return what answers rows from a folder, with the engine that will serve it."""

    def answers(rows: Sequence[Row]) -> list[Answer]:
        threads = int(work.placement.threads.value)
        with work.open_predictor(folder, engine=ENGINE, threads=threads) as predictor:
            return predictor.predict([Request(text=row.text, pair=row.pair) for row in rows])

    return answers
