"""The trainings of preferences of the library TRL, fed with token ids that are made here.

Enter a network, its tokeniser and rows of ids, leave the network trained in place and what it
says: its curve, and what had to be cut.

    learnt = by_pairs(
        network, tokeniser, rows, options=settings.preference, craft=settings.craft, work=work,
        seed=0, minutes=2.5,
    )

TRL would tokenise texts by itself; prompts would then be cut otherwise than they are in service.
Of `[training.craft]` holds here what TRL has as well; `left_out` says what it has not.
"""

from __future__ import annotations

import copy
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from chainring.contracts.errors import RefusedError
from chainring.contracts.work import Work
from chainring.training.budget import sample
from chainring.training.craft.batches import steps_of
from chainring.training.craft.gradients import is_memory
from chainring.training.craft.progress import Curve
from chainring.training.craft.schedules import warmup_steps
from chainring.training.craft.settings import CraftSettings
from chainring.training.generators.bounds import Method, in_time, require_room
from chainring.training.generators.rates import preference_peak
from chainring.training.generators.settings import PreferenceSettings
from chainring.training.generators.writer import Learnt
from chainring.training.sentences import say

PLAIN_OUTPUT = ("gpt2", "llama", "mistral", "qwen2", "qwen3", "gemma", "phi", "gpt_neox")
"""Networks whose output is the last hidden state times one matrix, as TRL computes it."""

SCHEDULES = {
    "linear": "linear",
    "cosine": "cosine",
    "constant": "constant_with_warmup",
    "plateau": "constant_with_warmup",
}
NOT_HERE = ("ema", "trackers", "checkpoint_minutes", "tokens_a_batch", "compile")
"""Settings of `[training.craft]` that TRL has not."""


def by_pairs(
    network: Any,
    tokeniser: Any,
    rows: Sequence[dict[str, Any]],
    *,
    options: PreferenceSettings,
    craft: CraftSettings,
    work: Work,
    seed: int,
    minutes: float,
) -> Learnt:
    """Train by DPO; rows have `prompt_ids`, `chosen_ids` and `rejected_ids`.

    Raises
    ------
    RefusedError
        TRL does not know the network, it does not fit in memory, or the loss is no number any more.
    """
    from trl import DPOConfig

    from chainring.training.generators.pairwise import Pairs

    cut = _cut("dpo", network, rows, options, minutes=minutes, work=work, seed=seed)
    with _unwarned():
        config = DPOConfig(**_arguments("dpo", cut, craft, work, seed))
        curve = _train("dpo", Pairs, config, network, tokeniser, cut, craft=craft, work=work)
    return Learnt(curve=curve, notes=cut.notes)


def by_ratings(
    network: Any,
    tokeniser: Any,
    rows: Sequence[dict[str, Any]],
    *,
    options: PreferenceSettings,
    craft: CraftSettings,
    work: Work,
    seed: int,
    minutes: float,
) -> Learnt:
    """Train by KTO; rows have `prompt_ids`, `completion_ids` and `label`, in a random order.

    Likes and dislikes weigh alike in all, however many there are of each (equation 8 there). Raises
    as `by_pairs` does.
    """
    from trl import KTOConfig, KTOTrainer

    class Trainer(KTOTrainer):  # type: ignore[misc]
        def _prepare_dataset(self, dataset: Any, *_: Any, **__: Any) -> Any:
            return dataset

    cut = _cut("kto", network, rows, options, minutes=minutes, work=work, seed=seed)
    likes = max(1, sum(row["label"] for row in cut.rows))
    dislikes = max(1, len(cut.rows) - likes)
    weights = {
        "desirable_weight": max(1.0, dislikes / likes),
        "undesirable_weight": max(1.0, likes / dislikes),
    }
    with _unwarned():
        config = KTOConfig(**_arguments("kto", cut, craft, work, seed), **weights)
        curve = _train("kto", Trainer, config, network, tokeniser, cut, craft=craft, work=work)
    return Learnt(curve=curve, notes=cut.notes)


def with_others(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return rows with the completion of another row, which the KL term needs.

    >>> rows = [{"completion_ids": [n]} for n in range(3)]
    >>> [row["KL_completion_ids"] for row in with_others(rows)]
    [[2], [0], [1]]
    """
    return [
        {**row, "KL_completion_ids": rows[place - 1]["completion_ids"]}
        for place, row in enumerate(rows)
    ]


def rule(craft: CraftSettings) -> tuple[Any, dict[str, Any]]:
    """Return the class of the optimiser and its arguments besides rate and decay.

    Raises
    ------
    RefusedError
        Neither torch nor transformers has this optimiser with this decay.
    """
    from torch.optim import SGD, Adam, AdamW
    from transformers.optimization import Adafactor

    usual = "l2" if craft.optimiser in ("adam", "sgd") else "decoupled"
    decay = usual if craft.decay == "auto" else craft.decay
    rules: dict[tuple[str, str], tuple[Any, dict[str, Any]]] = {
        ("adamw", "decoupled"): (AdamW, {}),
        ("adam", "decoupled"): (AdamW, {}),
        ("adam", "l2"): (Adam, {}),
        ("sgd", "l2"): (SGD, {"momentum": craft.momentum}),
        ("adafactor", "decoupled"): (
            Adafactor,
            {"scale_parameter": False, "relative_step": False},
        ),
    }
    found = rules.get((craft.optimiser, decay))
    if found is None:
        raise RefusedError(
            f"preferences cannot be learnt by {craft.optimiser} with {decay} decay; say "
            "decay = 'auto' in [training.craft], or optimiser = 'adamw'"
        )
    return found


def left_out(craft: CraftSettings, work: Work) -> tuple[str, ...]:
    """Return a sentence on what the recipe sets and TRL has not; none where there is nothing."""
    names = [
        name
        for name in NOT_HERE
        if getattr(craft, name) != CraftSettings.model_fields[name].default
    ]
    if craft.schedule == "plateau":
        names.append("schedule = 'plateau'")
    if craft.precision == "fp16" and _precision(craft, work) != "fp16":
        names.append("precision = 'fp16'")
    if not names:
        return ()
    return (say("without craft", names=", ".join(names)),)


def _precision(craft: CraftSettings, work: Work) -> str:
    """Return the number type: on a processor float32 unless the recipe asks for bfloat16."""
    from chainring.training.craft.precision import precision

    if work.placement.device.value == "cuda":
        return precision(work.placement, craft.precision).value
    return "bf16" if craft.precision == "bf16" else "fp32"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cut:
    """The rows and passes that fit the budget, and the reason where they are fewer than asked."""

    rows: Sequence[dict[str, Any]]
    options: PreferenceSettings
    notes: tuple[str, ...]


def _cut(
    method: Method,
    network: Any,
    rows: Sequence[dict[str, Any]],
    options: PreferenceSettings,
    *,
    minutes: float,
    work: Work,
    seed: int,
) -> _Cut:
    fitting = in_time(
        method, network, rows, options=options, minutes=minutes, placement=work.placement
    )
    return _Cut(
        rows=sample(rows, fitting.share, seed=seed),
        options=options.model_copy(update={"preference_epochs": int(fitting.epochs)}),
        notes=(say("preferences", because=fitting.because),) if fitting.because else (),
    )


def _train(
    method: Method,
    trainer: Any,
    config: Any,
    network: Any,
    tokeniser: Any,
    cut: _Cut,
    *,
    craft: CraftSettings,
    work: Work,
) -> Curve:
    """Train within the memory there is, watched; return the curve.

    Where memory runs out the training by pairs begins anew in smaller batches of the same steps.
    """
    import torch

    from chainring.training.generators.pairwise import smaller

    kind = network.config.model_type
    if kind not in PLAIN_OUTPUT:
        raise RefusedError(
            f"preferences cannot be learnt by a network of kind {kind}: TRL knows it not; start "
            "from a GPT-2 or Llama folder, or from random weights (base = '')"
        )
    chosen = _precision(craft, work)
    require_room(
        method, network, cut.rows, options=cut.options, craft=craft, chosen=chosen, work=work
    )
    torch.use_deterministic_algorithms(craft.deterministic)
    both = (network, copy.deepcopy(network).eval())
    while True:
        try:
            return _watched(method, trainer, config, both, tokeniser, cut, craft=craft, work=work)
        except (MemoryError, RuntimeError) as error:
            if not is_memory(error):
                raise
        finally:
            for one in both:
                vars(one).pop("forward", None)  # TRL lays its own over it
        config = smaller(method, config, both, work=work)


def _watched(
    method: Method,
    trainer: Any,
    config: Any,
    both: tuple[Any, Any],
    tokeniser: Any,
    cut: _Cut,
    *,
    craft: CraftSettings,
    work: Work,
) -> Curve:
    from datasets import Dataset
    from transformers import PrinterCallback

    from chainring.training.generators.watched import Watch

    rows = with_others(cut.rows) if method == "kto" else list(cut.rows)
    made = trainer(
        model=both[0],
        ref_model=both[1],
        args=config,
        train_dataset=Dataset.from_list(rows),
        processing_class=tokeniser,
    )
    kind, more = rule(craft)
    made.optimizer_cls_and_kwargs = (kind, {"lr": config.learning_rate, **more})
    rows_a_step = config.per_device_train_batch_size * config.gradient_accumulation_steps
    epochs = cut.options.preference_epochs
    watch = Watch(
        method,
        epochs=epochs,
        steps=epochs * steps_of(len(rows), rows_a_step=rows_a_step),
        rows_a_step=rows_a_step,
        say=work.say,
    )
    made.remove_callback(PrinterCallback)
    made.add_callback(watch)
    made.train()
    return watch.curve


@contextmanager
def _unwarned() -> Iterator[None]:
    """Keep to itself what TRL warns of: keys of transformers that it uses, and nobody here set."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        warnings.simplefilter("ignore", FutureWarning)
        yield


def _arguments(
    name: Method, cut: _Cut, craft: CraftSettings, work: Work, seed: int
) -> dict[str, Any]:
    chosen, options = _precision(craft, work), cut.options
    rows_a_step = options.preference_batch_size * craft.accumulation
    steps = options.preference_epochs * steps_of(len(cut.rows), rows_a_step=rows_a_step)
    return {
        "output_dir": str(work.scratch / f"{name}-trl"),
        "beta": options.beta,
        "num_train_epochs": options.preference_epochs,
        "learning_rate": preference_peak(options),
        "per_device_train_batch_size": options.preference_batch_size,
        "gradient_accumulation_steps": craft.accumulation,
        "lr_scheduler_type": SCHEDULES[craft.schedule],
        "warmup_steps": warmup_steps(options.warmup_fraction, steps),
        "weight_decay": options.weight_decay,
        "max_grad_norm": craft.clip_norm,
        "max_length": options.max_input_tokens + options.max_output_tokens,
        "gradient_checkpointing": craft.gradient_checkpointing,
        "gradient_checkpointing_kwargs": {"use_reentrant": False},
        "bf16": chosen == "bf16",
        "fp16": chosen == "fp16",
        "use_cpu": work.placement.device.value == "cpu",
        "seed": seed,
        "save_strategy": "no",
        "eval_strategy": "no",
        "logging_strategy": "steps",
        "logging_steps": 1,
        "logging_nan_inf_filter": False,  # what is no number is refused, not left out
        "report_to": [],
        "disable_tqdm": True,
        "dataloader_pin_memory": False,
    }
