"""Candidate decoder.v1: a causal Transformer that continues a prompt or a conversation.

Enters rows with a prompt, or a conversation as JSON, and the completion as target; leaves a folder
that `AutoModelForCausalLM` opens, its template of conversations included. The loss counts the
tokens of the completion only. It starts from random weights with a byte-pair vocabulary of the
rows, from a GPT-2 or Llama folder, or from an encoder, which is then read from left to right.

    trained = decoder(
        train, validation, unlabelled=(), labels=(), work=work, settings=settings, task="dialogue"
    )

See Also
--------
chainring.training.generators.seq2seq : better where a text is turned into another of like content.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from chainring.contracts.dataset import Row, Task
from chainring.contracts.work import Work
from chainring.training.base import overlooked
from chainring.training.candidate import Trained
from chainring.training.generators.settings import DecoderSettings
from chainring.training.generators.writer import (
    Learnt,
    Start,
    fitted,
    readable_base,
    require,
    texts_of,
    trained,
    with_target,
)
from chainring.training.settings import TrainingSettings

TASKS: tuple[Task, ...] = ("generation", "dialogue", "question-answering", "translation")


def decoder(
    train: Sequence[Row],
    validation: Sequence[Row],
    *,
    unlabelled: Sequence[Row],
    labels: Sequence[str],
    work: Work,
    settings: TrainingSettings,
    task: Task = "generation",
) -> Trained:
    """Train a decoder on completions; raises as seq2seq.v1 does."""
    del unlabelled, labels
    require(task, TASKS, part="decoder.v1")
    from chainring.training.trainer import prepare_torch

    started = time.process_time()
    prepare_torch(work.placement)
    options = settings.decoder
    train, validation = with_target(train), with_target(validation)
    start = starting(train, options, work=work, seed=settings.seed)
    found = taught(start, train, validation, name="decoder", work=work, settings=settings)
    return trained(
        start,
        work.folder("decoder"),
        task=task,
        work=work,
        started=started,
        curves={"decoder": found.curve},
        notes=found.notes,
        limits=found.limits,
    )


def starting(train: Sequence[Row], options: DecoderSettings, *, work: Work, seed: int) -> Start:
    """Return the network that the recipe asks for, before training.

    Raises
    ------
    InputError
        The base has too few places for texts.
    """
    from transformers import set_seed

    from chainring.training.generators import networks, tokens
    from chainring.training.generators.places import told, within

    set_seed(seed)
    if not options.base:
        own = work.folder("decoder-vocabulary")
        known = tokens.own_vocabulary(texts_of(train), options, own, seed=seed)
        network = networks.decoder_network(options, tokens=len(known))
        return Start(network=network, reading=known, writing=known, options=options)
    base = readable_base(options.base, train, options=options, home=work.home)
    known = tokens.open_conversing(base.folder)
    network = networks.open_writer(base.folder, dropout=options.dropout_of_a_base)
    network.resize_token_embeddings(len(known))
    networks.end_with(network, known)
    fitting = within(options, network)
    return Start(
        network=network,
        reading=known,
        writing=known,
        options=fitting,
        ancestors=(base.ancestor,),
        notes=(
            *overlooked(base, train, max_tokens=options.max_input_tokens),
            *told(options, fitting),
        ),
    )


def taught(
    start: Start,
    train: Sequence[Row],
    validation: Sequence[Row],
    *,
    name: str,
    work: Work,
    settings: TrainingSettings,
) -> Learnt:
    """Teach the network the completions of the rows.

    `name` is that of the run: another network of the same turn needs another one, or it would go
    on from the checkpoints of the first.
    """
    from chainring.training.generators.tokens import decoder_items

    items, judged = (
        decoder_items(rows, tokeniser=start.writing, settings=start.options)
        for rows in (train, validation)
    )
    return fitted(start, items, judged, name=name, work=work, settings=settings)
