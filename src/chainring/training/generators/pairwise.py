"""TRL's training by pairs whose steps are the same however many batches they are split in.

    trainer = Pairs(model=network, ref_model=reference, args=config, ...)
    config = smaller("dpo", config, (network, reference), work=work)      # where memory ran out

The loss of DPO is a mean over pairs, each by itself (R. Rafailov and others 2023, equation 7), so
that batches may be added up to the same step; what transformers adds up is a mean of means, which
counts the pairs of a smaller last batch more. That of KTO is no such mean: its KL term is taken
over a whole batch (K. Ethayarajh and others 2024, section 4.1).
"""

from __future__ import annotations

import copy
import gc
from collections.abc import Iterator
from typing import Any

import torch
from trl import DPOTrainer

from chainring.contracts.work import Work
from chainring.training.craft.gradients import no_memory
from chainring.training.generators.bounds import Method
from chainring.training.progress_sentences import progress


class Pairs(DPOTrainer):  # type: ignore[misc]  # TRL is read without its types
    """DPO of token ids that are made elsewhere; every pair of a step counts alike."""

    _pairs_a_batch = 1.0

    def get_batch_samples(self, epoch_iterator: Iterator[Any], *args: Any) -> tuple[list[Any], Any]:
        """Return the batches of a step, and keep how many pairs they have on average."""
        batches, counted = super().get_batch_samples(epoch_iterator, *args)
        self._pairs_a_batch = sum(map(_pairs, batches)) / max(1, len(batches))
        return batches, counted

    def compute_loss(self, model: Any, inputs: Any, *args: Any, **named: Any) -> Any:
        """Return the mean loss of a batch, weighed by its pairs."""
        loss = super().compute_loss(model, inputs, *args, **named)
        return loss * (_pairs(inputs) / self._pairs_a_batch)

    def _prepare_dataset(self, dataset: Any, *_: Any, **__: Any) -> Any:
        return dataset


def smaller(method: Method, config: Any, both: tuple[Any, Any], *, work: Work) -> Any:
    """Return what makes the same steps in batches of half the rows, or fewer, where memory ran out.

    As many rows make up a step as before, so those of a batch divide them. Of `both` the network is
    as it began, which the reference still is.

    Raises
    ------
    RefusedError
        It is a single row already, or its loss is that of a whole batch.
    """
    rows = config.per_device_train_batch_size
    if method == "kto":
        whole = "kto.v1 takes its KL term over a whole batch (preference_batch_size)"
        raise no_memory(method, rows=rows, because=whole)
    if rows == 1:
        raise no_memory(method, rows=rows, because="it is a single row")
    rows_a_step = rows * config.gradient_accumulation_steps
    fewer = copy.copy(config)
    fewer.per_device_train_batch_size = max(
        n for n in range(1, rows // 2 + 1) if rows_a_step % n == 0
    )
    fewer.gradient_accumulation_steps = rows_a_step // fewer.per_device_train_batch_size
    network, reference = both
    network.zero_grad(set_to_none=True)
    network.load_state_dict(reference.state_dict())
    gc.collect()  # a trainer and what it kept know each other
    if work.placement.device.value == "cuda":
        torch.cuda.empty_cache()
    told = {"rows": rows, "fewer": fewer.per_device_train_batch_size}
    work.say(progress("smaller batches", name=method, **told))
    return fewer


def _pairs(batch: Any) -> int:
    """Return the pairs of a batch, whose chosen texts stand before its rejected ones."""
    return len(batch["input_ids"]) // 2
