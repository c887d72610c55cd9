"""Candidate seq2seq.v1: an encoder–decoder Transformer that turns one text into another.

Enters rows with a text and a target, leaves a folder that `AutoModelForSeq2SeqLM` opens. It starts
from random weights with a byte-pair vocabulary of the rows, from a T5, Marian, M2M100 or BART
folder, or from a pre-trained encoder with a new decoder.

    trained = seq2seq(
        rows, validation, unlabelled=(), labels=(), work=work, settings=settings, task="translation"
    )

A. Vaswani and others 2017, "Attention is all you need"; one vocabulary for both languages, and one
embedding for input and output, as in section 3.4 there.

See Also
--------
chainring.training.generators.decoder : where a conversation goes on, or a prompt is completed.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from chainring.contracts.dataset import Row, Task
from chainring.contracts.work import Work
from chainring.training.base import overlooked
from chainring.training.candidate import Trained
from chainring.training.generators.writer import (
    Start,
    fitted,
    readable_base,
    require,
    texts_of,
    trained,
    with_target,
)
from chainring.training.sentences import say
from chainring.training.settings import TrainingSettings

TASKS: tuple[Task, ...] = ("translation", "generation", "dialogue", "question-answering")


def seq2seq(
    train: Sequence[Row],
    validation: Sequence[Row],
    *,
    unlabelled: Sequence[Row],
    labels: Sequence[str],
    work: Work,
    settings: TrainingSettings,
    task: Task = "translation",
) -> Trained:
    """Train an encoder–decoder; validation rows tell which weights to keep, and when to stop.

    Raises
    ------
    RefusedError
        The task is not one of texts, or the base cannot read the rows.
    InputError
        The base that the recipe names cannot be had, or has too few places for texts.
    MissingPackageError
        A package of the training extra is not installed.
    """
    del unlabelled, labels
    require(task, TASKS, part="seq2seq.v1")
    from chainring.training.generators.tokens import seq2seq_items
    from chainring.training.trainer import prepare_torch

    started = time.process_time()
    prepare_torch(work.placement)
    train, validation = with_target(train), with_target(validation)
    start = starting(train, work=work, settings=settings)
    items, judged = (
        seq2seq_items(rows, reading=start.reading, writing=start.writing, settings=start.options)
        for rows in (train, validation)
    )
    found = fitted(start, items, judged, name="seq2seq", work=work, settings=settings)
    return trained(
        start,
        work.folder("seq2seq"),
        task=task,
        work=work,
        started=started,
        curves={"seq2seq": found.curve},
        notes=found.notes,
        limits=found.limits,
    )


def starting(train: Sequence[Row], *, work: Work, settings: TrainingSettings) -> Start:
    """Return the network that the recipe asks for, before training.

    Raises
    ------
    InputError
        The base has too few places for texts.
    """
    from transformers import set_seed

    from chainring.training.generators import networks, tokens
    from chainring.training.generators.places import told, within

    options = settings.seq2seq
    set_seed(settings.seed)
    own = work.folder("seq2seq-vocabulary")
    if not options.base:
        known = tokens.own_vocabulary(texts_of(train), options, own, seed=settings.seed)
        network = networks.seq2seq_network(options, tokens=len(known))
        return Start(network=network, reading=known, writing=known, options=options)
    base = readable_base(options.base, train, options=options, home=work.home)
    notes = overlooked(base, train, max_tokens=options.max_input_tokens)
    reading = tokens.open_tokeniser(base.folder)
    if not networks.is_encoder(base.folder):
        network = networks.open_writer(base.folder, dropout=options.dropout_of_a_base)
        writing = reading
    else:
        targets = [row.target for row in train]
        writing = tokens.own_vocabulary(targets, options, own, seed=settings.seed)
        network = networks.started_encoder(base.folder, options, tokens=len(writing))
        notes = (say("new decoder", base=base.name), *notes)
    fitting = within(options, network)
    return Start(
        network=network,
        reading=reading,
        writing=writing,
        options=fitting,
        ancestors=(base.ancestor,),
        notes=(*notes, *told(options, fitting)),
    )
