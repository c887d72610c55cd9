"""Candidate qa.v1 where answers are written: a decoder words them, reading a passage.

Enters rows with a question and an answer, leaves a folder with the passages and a decoder. A
question is answered passage by passage, of those that are looked up; where a passage does not say
it, the decoder has learnt to write nothing. The loss counts the tokens of the answer only.

    trained = worded(train, validation, unlabelled=articles, work=work, settings=settings)

P. Lewis and others 2020, "Retrieval-augmented generation", section 2: here passages are looked up
by their words, and of the answers to each the likeliest stands; they are not summed over.

See Also
--------
chainring.training.generators.answering : answers that stand word for word in a passage.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from chainring.contracts.dataset import Row
from chainring.contracts.errors import RefusedError
from chainring.contracts.work import Work
from chainring.training.candidate import Trained
from chainring.training.generators.articles import (
    known_passages,
    prompted,
    reading_facts,
    write_passages,
)
from chainring.training.generators.decoder import starting, taught
from chainring.training.generators.writer import trained, with_target
from chainring.training.sentences import say
from chainring.training.settings import TrainingSettings

OTHERS = 1
"""Passages without the answer that are asked about beside each one with it."""


def worded(
    train: Sequence[Row],
    validation: Sequence[Row],
    *,
    unlabelled: Sequence[Row],
    work: Work,
    settings: TrainingSettings,
) -> Trained:
    """Train a decoder to answer questions from passages; its size is that of `[training.decoder]`.

    Raises
    ------
    RefusedError
        No question shares a word with any passage.
    """
    started = time.process_time()
    options, reading = settings.decoder, settings.answering
    rows = with_target(train)
    known = known_passages([*rows, *validation], unlabelled, options=reading)
    asked = prompted(rows, known, options=reading, others=OTHERS)
    judged = prompted(with_target(validation), known, options=reading)
    if not with_target(asked):
        raise RefusedError(say("no shared word"))
    start = starting(asked, options, work=work, seed=settings.seed)
    found = taught(start, asked, judged, name="worded", work=work, settings=settings)
    folder = work.folder("worded")
    write_passages(folder, known)
    told = say("with a passage", asked=len(with_target(asked)), rows=len(rows))
    return trained(
        start,
        folder,
        task="question-answering",
        work=work,
        started=started,
        curves={"worded": found.curve},
        notes=(*found.notes, told),
        limits=found.limits,
        more=reading_facts(reading, written=True),
    )
