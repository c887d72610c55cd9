"""Candidate qa.v1: passages of the project's texts are looked up, an answer is read off one.

With `answers = "written"` the answer is worded instead: see `chainring.training.generators.worded`.

Enters rows with a question, an answer as target and, where it is known, the passage as pair; the
articles are the unlabelled texts and the passages of the rows. Leaves a folder with the passages,
each with the id of its record, and an encoder that marks where the answer begins and ends.

    trained = qa(
        train, validation, unlabelled=articles, labels=(), work=work, settings=settings,
        task="question-answering",
    )

An answer says where it was read: its `pair` is the passage, its `scores` name the records.

See Also
--------
chainring.training.generators.seq2seq : where an answer stands in no text that could be looked up.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from chainring.contracts.dataset import Row, Task
from chainring.contracts.errors import RefusedError
from chainring.contracts.work import Work
from chainring.text.passages import Held, Passage, Passages, characters_held, cut, passage_tokens
from chainring.training.base import Base
from chainring.training.candidate import Trained
from chainring.training.craft.progress import write_curves
from chainring.training.encoder import chosen_base
from chainring.training.generators.articles import known_passages, reading_facts, write_passages
from chainring.training.generators.settings import AnsweringSettings
from chainring.training.generators.worded import worded
from chainring.training.generators.writer import (
    Learnt,
    answering,
    require,
    with_target,
    write_card,
)
from chainring.training.sentences import say
from chainring.training.settings import TrainingSettings

TASKS: tuple[Task, ...] = ("question-answering",)
ENCODER, HEAD_FILE = "encoder", "span.safetensors"
RUN = "qa"
OTHERS = 2
"""Passages without the answer that are read beside each one with it."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question beside a passage, and where its answer stands there, if it does."""

    question: str
    passage: str
    span: tuple[int, int] | None
    weight: float = 1.0

    @property
    def texts(self) -> tuple[str, str]:
        """What the network reads."""
        return self.question, self.passage


"""Question, passage, and where in it the answer stands."""


def qa(
    train: Sequence[Row],
    validation: Sequence[Row],
    *,
    unlabelled: Sequence[Row],
    labels: Sequence[str],
    work: Work,
    settings: TrainingSettings,
    task: Task = "question-answering",
) -> Trained:
    """Train a reader on passages that hold the answer and, beside them, some that do not.

    Where answers are written, a decoder is trained on the same.

    Raises
    ------
    RefusedError
        No answer stands word for word in any passage.
    InputError
        The base that the recipe names cannot be had.
    """
    del labels
    require(task, TASKS, part="qa.v1")
    from chainring.training.trainer import prepare_torch

    started = time.process_time()
    prepare_torch(work.placement)
    options = settings.answering
    if options.answers == "written":
        return worded(train, validation, unlabelled=unlabelled, work=work, settings=settings)
    train = with_target(train)
    articles = [*train, *validation], unlabelled
    whole = known_passages(*articles, options=options)
    _require_answers(_asked(train, whole, options))
    base_settings = settings.model_copy(
        update={"encoder": settings.encoder.model_copy(update={"base": options.base})}
    )
    base, minutes, because = chosen_base(train, unlabelled, work=work, settings=base_settings)
    network, tokenizer, most = _opened(base, settings)
    options = options.model_copy(update={"max_tokens": most})
    room = passage_tokens(most)

    def held(text: str) -> int:
        return characters_held(text, tokenizer.encode(text), tokens=room)

    known = known_passages(*articles, options=options, held=held)
    asked = list(_asked(train, known, options, held=held))
    _require_answers(asked)
    folder = work.folder("qa")
    judged = list(_asked(validation, known, options, held=held))
    found, learnt = _read(
        base, network, tokenizer, asked, judged, folder,
        minutes=minutes, work=work, settings=settings,
    )  # fmt: skip
    write_passages(folder, known)
    facts = reading_facts(options, written=False)
    write_card(folder, task=task, facts=facts)
    return Trained(
        folder=folder,
        kind="generator",
        answers=answering(folder, work),
        max_tokens=options.max_tokens,
        ancestors=(base.ancestor,),
        cpu_s=time.process_time() - started,
        notes=(*because, *learnt.notes, say("in a passage", found=found, rows=len(train))),
        facts=facts,
    )


def _asked(
    rows: Sequence[Row], known: Sequence[Passage], options: AnsweringSettings, *, held: Held = len
) -> Iterator[Asked]:
    """Yield for each question a passage that holds its answer, and some like it that do not.

    Where a row names its passage, the answer is looked for there, else in the best passages.
    """
    index = Passages(known)
    for row in rows:
        own = cut(row.pair, characters=options.passage_characters, held=held)
        found = [one.text for one, _ in index.find(row.text, most=options.passages + 1)]
        holding = next((text for text in (own or found) if row.target in text), None)
        if holding is not None:
            start = holding.index(row.target)
            span = (start, start + len(row.target))
            yield Asked(row.text, holding, span, row.weight)
        for other in [text for text in found if row.target not in text][:OTHERS]:
            yield Asked(row.text, other, None, row.weight)


def _require_answers(asked: Iterable[Asked]) -> None:
    if not any(one.span for one in asked):
        raise RefusedError(say("no passage"))


def _opened(base: Base, settings: TrainingSettings) -> tuple[Any, Any, int]:
    """Return network and tokeniser of a reader, and how many tokens it reads at once."""
    from transformers import set_seed

    from chainring.training.finetune import open_encoder, readable_tokens
    from chainring.training.generators.span import SpanNetwork
    from chainring.training.tokens import open_tokenizer

    set_seed(settings.seed)
    network = SpanNetwork(open_encoder(base.folder, dropout=settings.encoder.dropout))
    most = readable_tokens(network.encoder, settings.answering.max_tokens)
    return network, open_tokenizer(base.folder, max_tokens=most), most


def _read(
    base: Base,
    network: Any,
    tokenizer: Any,
    asked: Sequence[Asked],
    judged: Sequence[Asked],
    folder: Path,
    *,
    minutes: float,
    work: Work,
    settings: TrainingSettings,
) -> tuple[int, Learnt]:
    """Train the reader and write it; return how many answers it was shown, and what it says."""
    from safetensors.torch import save_file

    from chainring.training.budget import fit, rows_a_step, sample
    from chainring.training.finetune import passed_parameters
    from chainring.training.generators.modules import weighed
    from chainring.training.generators.span import collate, items_of
    from chainring.training.objectives.folder import curves_of
    from chainring.training.trainer import Run, train

    options = settings.answering
    items = items_of(
        tokenizer,
        [one.texts for one in asked],
        [one.span for one in asked],
        weights=[one.weight for one in asked],
    )
    checked = items_of(tokenizer, [one.texts for one in judged], [one.span for one in judged])
    left = len(asked) - len(items)
    found = sum(one.span is not None for one in asked) - left
    if not found:
        raise RefusedError(say("no answer read"))
    fitting = fit(
        options.epochs,
        parameters=passed_parameters(network.encoder),
        tokens=sum(len(item["input_ids"]) for item in items),
        minutes=minutes,
        placement=work.placement,
    )
    pad = int(getattr(network.encoder.config, "pad_token_id", 0) or 0)
    seen = sample(items, fitting.share, seed=settings.seed)
    curve = train(
        network,
        weighed(seen),
        checked,
        run=Run(
            name=RUN,
            epochs=fitting.epochs,
            learning_rate=options.learning_rate,
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
        collate=partial(collate, pad=pad),
        work=work,
    )
    inner: Any = network.encoder
    inner.save_pretrained(folder / ENCODER)
    tokenizer.save(str(folder / ENCODER / "tokenizer.json"))
    head = {name: value.detach().contiguous() for name, value in network.head.state_dict().items()}
    save_file(head, str(folder / HEAD_FILE))
    write_curves(folder, {**curves_of(base, work=work), RUN: curve})
    cut_off = say("cut off", left=left, count=found + left)
    notes = tuple(note for note in (fitting.because, cut_off if left else "") if note)
    return found, Learnt(curve=curve, notes=notes)
