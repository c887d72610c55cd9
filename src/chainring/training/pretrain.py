"""A model learns from bare text: from random weights, or a base goes on learning (a field's words).

Enter texts, leaves a base: a folder that transformers opens and that `training.encoder.base` may
name, with its tokeniser, licence, held-out figures and curve.

    found = pretrained(texts, licence="CC0-1.0", minutes=5, work=work, settings=settings)
    found.figures["bits_per_character"]

For a ring it is what an encoder starts from in a language that no base at hand can read:

    base, notes = pretrain([*train, *unlabelled], work=work, settings=settings)

Some texts, told by their digest alone, are never learnt from: they judge (`held_out`). What is
learnt, and how it is packed without padding: `chainring.training.objectives`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from torch import nn

from chainring.contracts.dataset import Row, licences_in
from chainring.contracts.errors import RefusedError
from chainring.contracts.work import Work
from chainring.training.base import Base, find_base
from chainring.training.budget import Fit, fit, nominal_gigaflops, sample
from chainring.training.candidate import texts_in
from chainring.training.craft.precision import autocast, precision
from chainring.training.craft.progress import Curve
from chainring.training.craft.randomness import seed_all
from chainring.training.objectives.attention import fit_attention, with_masks
from chainring.training.objectives.documents import Document, encoded, only_characters, segmenter
from chainring.training.objectives.folder import Pretrained, read_back, write_base
from chainring.training.objectives.heldout import heldout, split, unknown_share
from chainring.training.objectives.neighbours import begin
from chainring.training.objectives.objective import OBJECTIVES, Frame, Objective, sentinels_of
from chainring.training.objectives.packing import Item
from chainring.training.objectives.settings import PretrainSettings
from chainring.training.objectives.settled import Settled, by_neighbours, settled, size_of_rate
from chainring.training.objectives.shape import cost, new_model
from chainring.training.objectives.start import open_base, open_base_tokenizer
from chainring.training.progress_sentences import progress
from chainring.training.sentences import say
from chainring.training.settings import TrainingSettings
from chainring.training.tokenisers.make import tokeniser
from chainring.training.tokenisers.report import report
from chainring.training.tokenisers.special import marks_of, with_sentinels
from chainring.training.trainer import Run, train

RUN = "pretrain"
FOLDER = "pretrained"
CONTINUED = "training.pretrain.continue_from"
MIN_STEPS = 4000
"""Where a budget has few blocks, fewer make a step: a small BERT tells hidden words by how many
steps it made, hardly by how many tokens (docs/benchmarks/pretraining.md)."""
MIN_BATCH_SIZE = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class _Text:
    """Items to learn from and to judge by, and what both share."""

    tokenizer: Any
    frame: Frame
    items: list[Item]
    judged: list[Item]
    characters_a_token: float
    characters: int  # of the texts that judge
    tokens: int


def pretrain(
    rows: Sequence[Row], *, work: Work, settings: TrainingSettings
) -> tuple[Base, tuple[str, ...]]:
    """Return an encoder pre-trained on the texts of the rows, second ones too, and notes on cuts.

    What a killed try has finished is found again in scratch.

    Raises
    ------
    RefusedError
        The texts are too few to learn a vocabulary from.
    """
    found = pretrained(
        texts_in(rows, ("text", "pair")),
        licence=", ".join(sorted({one for row in rows for one in licences_in(row.licence)})),
        minutes=settings.budget_minutes * settings.pretrain.budget_share,
        work=work,
        settings=settings,
    )
    return found.base, found.notes


def pretrained(
    texts: Sequence[str],
    *,
    licence: str,
    minutes: float,
    work: Work,
    settings: TrainingSettings,
    judges: Sequence[str] | None = None,
) -> Pretrained:
    """Return the base that the texts taught within the minutes.

    Parameters
    ----------
    texts
        One document each; one that stands twice counts once.
    licence
        Of the texts; that of the base, if one goes on learning, is added.
    minutes
        Time that the nominal machine would take (`chainring.training.budget`).
    work
        `scratch` keeps checkpoints and the finished folder.
    settings
        Sections `pretrain` and `tokeniser`; `encoder.max_tokens` where no length is given.
    judges
        Texts that only judge; without them a share of the texts does (`pretrain.held_out`).

    Raises
    ------
    RefusedError
        There is no text to learn from.
    InputError
        The base, the tokeniser or the sizes do not fit together.
    """
    folder = work.scratch / FOLDER
    if (found := read_back(folder)) is not None:
        return found
    options = settings.pretrain
    objective = OBJECTIVES[options.objective]
    named = options.continue_from
    base = find_base(named, key=CONTINUED, home=work.home) if named else None
    share = options.held_out if judges is None else 0.0
    kept, held_out = split(list(dict.fromkeys(texts)), share=share)
    held_out = held_out if judges is None else list(judges)
    text = _text(kept, held_out, base, objective, settings)
    if _hides_words(options) and only_characters(kept):
        work.say(progress("no words", name=RUN))
    chosen = settled(
        options,
        flops=nominal_gigaflops(work.placement) * 1e9 * 60 * minutes,
        tokens=text.tokens,
        vocabulary=text.frame.vocabulary,
    )
    work.say(progress("of", name=RUN, told=chosen.told))
    settings = settings.model_copy(update={"pretrain": chosen.filled(options)})
    seed_all(settings.seed)
    model = _model(text, base, settings.pretrain, chosen)
    if by_neighbours(options):
        begun = begin(model, text.items, marks=text.frame.marks, seed=settings.seed)
        work.say(progress("neighbours", name=RUN, begun=begun, vocabulary=text.frame.vocabulary))
    fitting_ = _fit(model, text, options, minutes=minutes, work=work)
    learner, numbers = objective.learner(model), precision(work.placement, settings.craft.precision)
    attending = fit_attention(model, device=work.placement.device.value, chosen=numbers)
    work.say(progress("attention", name=RUN, way=attending.value, because=attending.because))
    judge = _judge(text, objective, settings, work=work)
    curve, figures = Curve(), dict[str, float]()
    if fitting_.epochs:
        curve = _learn(learner, text, objective, settings, chosen, fitting_, judge=judge, work=work)
        figures = dict(judge(learner)) if text.judged else {}
    with_masks(model.to("cpu"))
    licences = [one for one in (licence, base.licence if base else "") if one]
    return write_base(
        folder,
        model=model,
        tokenizer=text.tokenizer,
        base=base,
        name=chosen.name(base),
        licence=", ".join(dict.fromkeys(licences)),
        notes=(say("pre-training", because=fitting_.because),) if fitting_.because else (),
        figures=figures,
        readings=report(text.tokenizer, held_out or kept),
        curve=curve,
        settings=settings,
    )


def figures_of(
    base: Base, texts: Sequence[str], *, work: Work, settings: TrainingSettings
) -> dict[str, float]:
    """Return how a base of the recipe's objective tells texts that it has not seen."""
    objective = OBJECTIVES[settings.pretrain.objective]
    text = _text(texts, texts, base, objective, settings)
    model = open_base(base, text.tokenizer, settings.pretrain, max_tokens=text.frame.max_tokens)
    found: dict[str, float] = _judge(text, objective, settings, work=work)(objective.learner(model))
    return found


def _text(
    kept: Sequence[str],
    judges: Sequence[str],
    base: Base | None,
    objective: Objective,
    settings: TrainingSettings,
) -> _Text:
    tokenizer = (
        _own_tokenizer(kept, objective, settings) if base is None else open_base_tokenizer(base)
    )
    frame = frame_of(tokenizer, settings)
    words = segmenter() if _hides_words(settings.pretrain) else ""
    documents = encoded(tokenizer, kept, words=words)
    judging = encoded(tokenizer, judges, words=words)
    items = objective.items(documents, frame)
    if not items:
        raise RefusedError(
            "there is no text to pre-train from"
            + (" in which two documents have two sentences" if frame.next_sentence else "")
        )
    return _Text(
        tokenizer=tokenizer,
        frame=frame,
        items=items,
        judged=objective.items(judging, frame),
        characters_a_token=_characters_a_token(judging or documents),
        characters=sum(one.characters for one in judging),
        tokens=sum(len(item["input_ids"]) for item in items),
    )


def _hides_words(options: PretrainSettings) -> bool:
    return options.objective == "masked" and options.whole_words


def frame_of(tokenizer: Any, settings: TrainingSettings) -> Frame:
    """Return what all items of a training share."""
    return Frame(
        marks=marks_of(tokenizer),
        vocabulary=tokenizer.get_vocab_size(),
        max_tokens=settings.pretrain.max_tokens or settings.encoder.max_tokens,
        sentinels=sentinels_of(tokenizer),
        next_sentence=settings.pretrain.next_sentence,
        seed=settings.seed,
    )


def _own_tokenizer(texts: Sequence[str], objective: Objective, settings: TrainingSettings) -> Any:
    size = settings.pretrain.vocabulary or settings.tokeniser.size
    options = settings.tokeniser.model_copy(update={"size": size})
    tokenizer = tokeniser(texts, settings=options, form=objective.form, seed=settings.seed)
    spans = settings.pretrain.objective == "spans"
    return with_sentinels(tokenizer) if spans else tokenizer


def _characters_a_token(documents: Sequence[Document]) -> float:
    tokens = sum(len(one.ids) for one in documents)
    return sum(one.characters for one in documents) / max(1, tokens)


def _model(text: _Text, base: Base | None, options: PretrainSettings, chosen: Settled) -> Any:
    """Return the network to teach, the base's or a new one."""
    if base is not None:
        return open_base(base, text.tokenizer, options, max_tokens=text.frame.max_tokens)
    assert chosen.shape is not None  # only a base brings its own
    return new_model(
        options.objective,
        chosen.shape,
        vocabulary=text.frame.vocabulary,
        max_tokens=text.frame.max_tokens,
        dropout=chosen.dropout,
        marks=text.frame.marks,
        pairs=options.next_sentence,
    )


def _fit(
    model: nn.Module, text: _Text, options: PretrainSettings, *, minutes: float, work: Work
) -> Fit:
    return fit(
        options.epochs,
        parameters=int(cost(model, options.objective)),
        tokens=text.tokens,
        minutes=minutes,
        placement=work.placement,
        packed=True,
    )


def _judge(text: _Text, objective: Objective, settings: TrainingSettings, *, work: Work) -> Any:
    """Return what measures a learner on the held-out items."""
    device = work.placement.device.value
    chosen = precision(work.placement, settings.craft.precision)
    unknown = unknown_share(text.judged, text.tokenizer)

    def judge(learner: Any) -> dict[str, float]:
        with autocast(device, chosen):
            return heldout(
                learner.to(device),
                text.judged,
                batch=lambda items: objective.batch(items, text.frame),
                characters_a_token=text.characters_a_token,
                characters=text.characters if objective.form == "decoder" else None,
                unknown=unknown,
                device=device,
            )

    return judge


def _learn(
    learner: nn.Module,
    text: _Text,
    objective: Objective,
    settings: TrainingSettings,
    chosen: Settled,
    fitting_: Fit,
    *,
    judge: Any,
    work: Work,
) -> Curve:
    options = settings.pretrain
    seen = sample(text.items, fitting_.share, seed=settings.seed)
    blocks = int(fitting_.epochs * len(seen))
    batch_size = min(options.batch_size, max(MIN_BATCH_SIZE, blocks // MIN_STEPS))
    steps = math.ceil(fitting_.epochs * math.ceil(len(seen) / batch_size))
    run = Run(
        name=RUN,
        epochs=fitting_.epochs,
        learning_rate=chosen.learning_rate,
        by_size=size_of_rate(options, chosen.shape),
        batch_size=batch_size,
        warmup_fraction=options.warmup_fraction,
        weight_decay=options.weight_decay,
        seed=settings.seed,
        judge_every=max(1, steps // options.looks),
        craft=settings.craft,
    )
    return train(
        learner,
        seen,
        (),
        run=run,
        collate=lambda items: objective.batch(items, text.frame),
        work=work,
        judge=judge if text.judged else None,
    )
