"""One training run: rows in batches by length and tokens, resumed after a kill.

Enters a module whose `forward` returns a loss, and items with token ids, leaves the module trained.

    curve = train(network, items, validation, run=Run(...), collate=collate, work=work)

`module(**collate(items))` returns `{"loss": …}`, the mean over the batch's rows; where it is the
mean over something else (tokens), `"units"` beside it says of how many, so that batches which are
split by memory still make the same gradient. `"logits"` beside it are judged by accuracy. What was
learnt is in scratch after every minute: another try goes on from there and ends with the same
weights, to the last bit on a processor.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from torch import nn

from chainring.contracts.placement import Placement
from chainring.contracts.work import Work
from chainring.training.craft.batches import length
from chainring.training.craft.checkpoints import Checkpoints
from chainring.training.craft.judge import Judge
from chainring.training.craft.loop import Collate, Item, Loop
from chainring.training.craft.progress import Curve
from chainring.training.craft.run import Run

__all__ = ["Run", "checkpoints", "prepare_torch", "train"]

SECONDS_A_LINE = 10.0


def prepare_torch(placement: Placement) -> None:
    """Quieten transformers and give torch the threads of the placement."""
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    threads = int(placement.threads.value)
    if threads > 0:
        torch.set_num_threads(threads)


def train(
    module: nn.Module,
    items: Sequence[Item],
    validation: Sequence[Item],
    *,
    run: Run,
    collate: Collate,
    work: Work,
    judge: Judge | None = None,
    length: Callable[[Item], int] = length,
) -> Curve:
    """Train `module` in place and return its curve; where it is judged, the best weights stay.

    Parameters
    ----------
    validation
        Items that tell when to stop and which weights to keep; none: the last ones are kept.
    judge
        Measures the module in place of the validation items; the first measure decides, between
        equals the lower `loss`, or the later epoch where there is none.
    length
        Tokens that an item costs.

    Raises
    ------
    RefusedError
        The loss is no number any more, or a single row does not fit in memory.
    MissingPackageError
        A tracker that the recipe names is not installed.
    """
    kept = Checkpoints(checkpoints(work, run.name))
    finished = kept.finished()
    if finished is None:
        loop = Loop(
            module,
            items,
            validation,
            run=run,
            collate=collate,
            work=work,
            judge=judge,
            length=length,
            every_s=SECONDS_A_LINE,
        )
        finished = loop.finish(kept)
        kept.finish(finished)
    module.to("cpu").load_state_dict(finished["module"])
    module.eval()
    curve: Curve = finished["curve"]
    return curve


def checkpoints(work: Work, name: str) -> Path:
    """Return the folder of a run's checkpoints, which survives a kill."""
    return work.scratch / f"{name}-checkpoints"
