"""Candidates dpo.v1 and kto.v1: a decoder learns which of two texts people like better.

Enters rows with a prompt, the chosen text as target and, as `rejected`, the one that people did not
want (of the task preference the pair, of others what feedback says); kto.v1 also rows that have one
of them only, as ratings give them. The decoder first learns to write the chosen texts, then moves
away from that start as far as the preferences are worth it. Both trainings of preferences are those
of the library TRL. Questions are asked with the passage that they are answered from.

    trained = dpo(
        train, validation, unlabelled=(), labels=(), work=work, settings=settings, task="preference"
    )

R. Rafailov and others 2023, "Direct preference optimization", equation 7; K. Ethayarajh and others
2024, "KTO: Model alignment as prospect theoretic optimization", equation 7.

See Also
--------
kto : where people rate single texts, or pairs are few; dpo where they compare two.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import Any

from chainring.contracts.dataset import Row, Task
from chainring.contracts.errors import RefusedError
from chainring.contracts.work import Work
from chainring.text.chat import prompt_ids
from chainring.training.candidate import Trained
from chainring.training.generators.articles import (
    known_passages,
    prompted,
    reading_facts,
    write_passages,
)
from chainring.training.generators.bounds import Method
from chainring.training.generators.decoder import starting, taught
from chainring.training.generators.writer import (
    Learnt,
    Start,
    rejected_of,
    require,
    trained,
    with_target,
)
from chainring.training.progress_sentences import progress
from chainring.training.sentences import say
from chainring.training.settings import TrainingSettings

TASKS: tuple[Task, ...] = (
    "preference", "generation", "dialogue", "translation", "question-answering",
)  # fmt: skip
RUN = "preference"
"""The run that both start from: the same rows and sizes, so that the second need not repeat it."""
SHARE = 0.5
"""Of the budget that learning to write may take; what it leaves is the preferences'."""


def dpo(
    train: Sequence[Row],
    validation: Sequence[Row],
    *,
    unlabelled: Sequence[Row],
    labels: Sequence[str],
    work: Work,
    settings: TrainingSettings,
    task: Task = "preference",
) -> Trained:
    """Train a decoder on pairs of texts.

    Raises
    ------
    RefusedError
        No row has both a chosen and a rejected text.
    """
    del labels
    rows = (train, validation, unlabelled)
    return _preferring("dpo", *rows, work=work, settings=settings, task=task)


def kto(
    train: Sequence[Row],
    validation: Sequence[Row],
    *,
    unlabelled: Sequence[Row],
    labels: Sequence[str],
    work: Work,
    settings: TrainingSettings,
    task: Task = "preference",
) -> Trained:
    """Train a decoder on texts that are liked and texts that are not.

    Raises
    ------
    RefusedError
        All rows are liked, or none is.
    """
    del labels
    rows = (train, validation, unlabelled)
    return _preferring("kto", *rows, work=work, settings=settings, task=task)


def _preferring(
    method: Method,
    train: Sequence[Row],
    validation: Sequence[Row],
    unlabelled: Sequence[Row],
    *,
    work: Work,
    settings: TrainingSettings,
    task: Task,
) -> Trained:
    require(task, TASKS, part=f"{method}.v1", packages=("trl", "datasets"))
    from chainring.training.generators import trl
    from chainring.training.trainer import prepare_torch

    started = time.process_time()
    trl.rule(settings.craft)  # what cannot be had is refused before anything is trained
    prepare_torch(work.placement)
    folder = work.folder(method)
    facts: dict[str, Any] = {}
    if task == "question-answering":
        reading = settings.answering
        known = known_passages([*train, *validation], unlabelled, options=reading)
        train, validation = (prompted(some, known, options=reading) for some in (train, validation))
        write_passages(folder, known)
        facts = reading_facts(reading, written=True)
    start, written = begun(train, validation, work=work, settings=settings)
    before = share_preferred(start, validation)
    left = minutes_left(written, settings)
    found = learnt(method, start, train, work=work, settings=settings, minutes=left)
    after = share_preferred(start, validation)
    told = [
        *written.notes,
        *found.notes,
        *trl.left_out(settings.craft, work),
        *_alike(train),
        _said(train, before, after),
    ]
    work.say(progress("of", name=method, told=told[-1]))
    return trained(
        start,
        folder,
        task=task,
        work=work,
        started=started,
        curves={RUN: written.curve, method: found.curve},
        notes=told,
        limits=written.limits,
        more=facts,
    )


def _alike(train: Sequence[Row]) -> tuple[str, ...]:
    """Return a sentence where rows have weights: TRL knows none."""
    if all(row.weight == 1 for row in train):
        return ()
    return (say("alike"),)


def _said(train: Sequence[Row], before: float | None, after: float | None) -> str:
    """Return a sentence on what was learnt."""
    if before is None or after is None:
        unwanted = sum(bool(rejected_of(row)) for row in train)
        return say("unwanted", count=unwanted)
    return say("preferred", before=f"{before:.1%}", after=f"{after:.1%}")


def begun(
    train: Sequence[Row], validation: Sequence[Row], *, work: Work, settings: TrainingSettings
) -> tuple[Start, Learnt]:
    """Return a decoder that has learnt to write the chosen texts: where preferences start from."""
    options = settings.preference
    both = [*train, *(replace(row, target=rejected_of(row)) for row in train)]
    start = starting(both, options, work=work, seed=settings.seed)
    liked, judged = with_target(train), with_target(validation)
    half = settings.model_copy(update={"budget_minutes": SHARE * settings.budget_minutes})
    return start, taught(start, liked, judged, name=RUN, work=work, settings=half)


def minutes_left(written: Learnt, settings: TrainingSettings) -> float:
    """Return the budget of the preferences: their half, and what is left of the other."""
    half = SHARE * settings.budget_minutes
    return settings.budget_minutes - min(written.minutes, half)


def share_preferred(start: Start, rows: Sequence[Row]) -> float | None:
    """Return the share of pairs whose chosen text is likelier a token; None: no pairs."""
    from chainring.training.generators.preferring import preferred

    both = [row for row in rows if rejected_of(row) and row.target]
    if not both:
        return None
    likely = preferred(start.network, start.writing, both, settings=start.options, mean=True)
    return float((likely[:, 0] > likely[:, 1]).mean())


def learnt(
    method: Method,
    start: Start,
    rows: Sequence[Row],
    *,
    work: Work,
    settings: TrainingSettings,
    minutes: float,
) -> Learnt:
    """Train the start's network in place with TRL; the reference is what it was before."""
    from chainring.training.generators import trl

    options = settings.preference
    run = trl.by_pairs if method == "dpo" else trl.by_ratings
    made = paired(rows, start) if method == "dpo" else rated(rows, start, seed=settings.seed)
    found = run(
        start.network,
        start.writing,
        made,
        options=options,
        craft=settings.craft,
        work=work,
        seed=settings.seed,
        minutes=minutes,
    )
    start.network.to("cpu").eval()
    return found


def paired(rows: Sequence[Row], start: Start) -> list[dict[str, Any]]:
    """Return token ids of prompts with a chosen and a rejected text."""
    both = [row for row in rows if rejected_of(row) and row.target]
    if not both:
        raise RefusedError(say("no pairs"))
    return [
        {
            "prompt_ids": _prompt(row, start),
            "chosen_ids": _written(row.target, start),
            "rejected_ids": _written(rejected_of(row), start),
        }
        for row in both
    ]


def rated(rows: Sequence[Row], start: Start, *, seed: int) -> list[dict[str, Any]]:
    """Return token ids of prompts with one text and whether it was liked, in a random order."""
    found: list[dict[str, Any]] = [
        {
            "prompt_ids": _prompt(row, start),
            "completion_ids": _written(text, start),
            "label": liked,
        }
        for row in rows
        for text, liked in ((row.target, True), (rejected_of(row), False))
        if text
    ]
    likes = sum(row["label"] for row in found)
    if not 0 < likes < len(found):
        raise RefusedError(say("no likes", likes=likes, count=len(found)))
    Random(seed).shuffle(found)
    return found


def _prompt(row: Row, start: Start) -> list[int]:
    return prompt_ids(start.writing, row.text, limit=start.options.max_input_tokens)


def _written(text: str, start: Start) -> list[int]:
    from chainring.training.generators.tokens import completion_ids

    return completion_ids(start.writing, text, limit=start.options.max_output_tokens)
