"""Candidate encoder.v1: a transformer encoder, fine-tuned with a linear head for the task.

Enter rows, leaves a folder with `encoder/` (safetensors, configuration and tokeniser as AutoModel
opens them) and `head.safetensors`. The base is the one that the recipe names; where it cannot read
a language of the rows, a small one is pre-trained from the project's own text.

    trained = encoder(train, validation, unlabelled=(), labels=labels, work=work, settings=settings)

Of a text it reads the mean of the states, for tagging each state; a pair it reads as one sequence,
as a cross-encoder does.

For one label of a text the head starts as a logistic regression on the frozen encoder, then all
weights are tuned: A. Kumar and others 2022, "Fine-tuning can distort pretrained features and
underperform out-of-distribution", section 3.4 (LP-FT). With `epochs = 0` it stays at that; the
other tasks make one pass at least.

Axes: N rows, H width of the encoder, C labels.

See Also
--------
chainring.training.linear : as good where labels hang on words and rows are many; a second to train.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

from chainring.contracts.dataset import Row, Task
from chainring.contracts.errors import InputError, MissingPackageError, RefusedError
from chainring.contracts.tasks import TASKS
from chainring.contracts.work import Work
from chainring.training.base import Base, find_base, overlooked, shares_of, unreadable
from chainring.training.candidate import Trained, asked
from chainring.training.craft.progress import write_curves
from chainring.training.progress_sentences import progress
from chainring.training.sentences import say
from chainring.training.settings import TrainingSettings

RUN = "encoder"
PACKAGES = {
    "torch": "torch",
    "transformers": "transformers",
    "accelerate": "accelerate",
    "tokenizers": "tokenizers",
    "safetensors": "safetensors",
    "sklearn": "scikit-learn",
}


def encoder(
    train: Sequence[Row],
    validation: Sequence[Row],
    *,
    unlabelled: Sequence[Row],
    labels: Sequence[str],
    work: Work,
    settings: TrainingSettings,
    task: Task = "classification",
) -> Trained:
    """Fine-tune an encoder; validation rows tell when to stop, and no more.

    Raises
    ------
    InputError
        The base that the recipe names cannot be had.
    MissingPackageError
        A package of the training extra is not installed.
    RefusedError
        The task's answers are texts.
    """
    require_packages(say("candidate", part="encoder.v1"))
    if TASKS[task].form == "text":
        raise RefusedError(say("cannot write", task=task))
    from chainring.training.objectives.folder import curves_of
    from chainring.training.trainer import prepare_torch

    started = time.process_time()
    prepare_torch(work.placement)
    base, minutes, because = chosen_base(train, unlabelled, work=work, settings=settings)
    common: dict[str, Any] = {
        "labels": labels,
        "minutes": minutes,
        "work": work,
        "settings": settings,
    }
    tuned = _tuned(base, train, validation, task, common)
    folder = work.folder("encoder")
    tuned.write(folder)
    write_curves(folder, {**curves_of(base, work=work), RUN: tuned.curve})
    return Trained(
        folder=folder,
        kind="encoder",
        logits=tuned.logits,
        tokens=tuned.tokens if TASKS[task].form == "tags" else None,
        transitions=tuned.transitions if TASKS[task].form == "tags" else (),
        facts={"segments": True} if getattr(tuned, "segments", False) else {},
        max_tokens=tuned.max_tokens,
        ancestors=(base.ancestor,),
        cpu_s=time.process_time() - started,
        notes=(*because, *tuned.notes),
        limits=cut_told(
            tuned.tokenizer,
            [asked(row, task) for row in train],
            max_tokens=tuned.max_tokens,
            settings=settings,
            work=work,
        ),
    )


def cut_told(
    tokenizer: Any,
    texts: Sequence[str | tuple[str, str]],
    *,
    max_tokens: int,
    settings: TrainingSettings,
    work: Work,
) -> tuple[str, ...]:
    """Return of how many rows only the beginning is read, as a limit; none where all are read."""
    from chainring.training.tokens import count_cut

    cut = count_cut(tokenizer, texts)
    if not cut:
        return ()
    key = "cut by base" if max_tokens < settings.encoder.max_tokens else "cut"
    told = say(key, cut=f"{cut:,}", rows=f"{len(texts):,}", tokens=max_tokens)
    work.say(progress("of", name="encoder", told=told))
    return (told,)


def _tuned(
    base: Base, train: Sequence[Row], validation: Sequence[Row], task: Task, common: dict[str, Any]
) -> Any:
    """Tune for one label of a text by its own way (the probe first), for all else by the task."""
    if task == "classification":
        from chainring.training.finetune import finetune

        return finetune(base, train, validation, **common)
    from chainring.training.understanding import understand

    return understand(base, train, validation, task=task, **common)


def require_packages(needed_for: str) -> None:
    """Raise MissingPackageError where a package of the training extra is not installed."""
    for module, package in PACKAGES.items():
        if find_spec(module) is None:
            raise MissingPackageError(package, extra="train", needed_for=needed_for)


def chosen_base(
    train: Sequence[Row], unlabelled: Sequence[Row], *, work: Work, settings: TrainingSettings
) -> tuple[Base, float, tuple[str, ...]]:
    """Return the encoder to start from, the minutes left for tuning it, and why it is this one."""
    if settings.pretrain.continue_from:
        because = say("continued", base=settings.pretrain.continue_from)
        return _from_own_text(because, train, unlabelled, work=work, settings=settings)
    named = find_base(settings.encoder.base, home=work.home)
    unread = unreadable(named, train, max_tokens=settings.encoder.max_tokens)
    if not unread:
        left_out = overlooked(named, train, max_tokens=settings.encoder.max_tokens)
        for note in left_out:
            work.say(progress("of", name="encoder", told=note))
        return named, settings.budget_minutes, left_out
    because = say("own base", base=named.name, shares=shares_of(unread))
    return _from_own_text(because, train, unlabelled, work=work, settings=settings)


def _from_own_text(
    because: str,
    train: Sequence[Row],
    unlabelled: Sequence[Row],
    *,
    work: Work,
    settings: TrainingSettings,
) -> tuple[Base, float, tuple[str, ...]]:
    from chainring.training.objectives.folder import figures_told
    from chainring.training.pretrain import pretrain

    if settings.pretrain.objective != "masked":
        raise InputError(
            f"training.pretrain.objective: {settings.pretrain.objective!r} makes no encoder; a "
            "turn needs 'masked', the others are for `chainring pretrain`"
        )
    work.say(progress("of", name="encoder", told=because))
    own, cut = pretrain([*train, *unlabelled], work=work, settings=settings)
    left = settings.budget_minutes * (1 - settings.pretrain.budget_share)
    return own, left, (because, *cut, *figures_told(own))
