"""How a network stands on validation items: by its labels, by its loss, or as the caller measures.

    by_items(network, items, batches)    # {"accuracy": 0.91, "loss": 0.3}

A measure is a mapping of names to numbers, the first of which decides which weights are kept; a
name that ends in `loss` or `perplexity` is the better the lower. Few rows give many equal
accuracies: between equals the lower `loss` decides, and where none is measured the later one is
kept, whose learning rate had fallen further.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

import torch
from torch import nn

from chainring.contracts.said import Said
from chainring.training.progress_sentences import progress

Judge: TypeAlias = Callable[[nn.Module], Mapping[str, float]]
_LOWER_IS_BETTER = ("loss", "perplexity")


def by_items(
    module: nn.Module, batches: Iterable[tuple[int, Mapping[str, torch.Tensor]]]
) -> dict[str, float]:
    """Return accuracy, where the network gives one row of logits an item, and the mean loss.

    A batch's loss counts by the `units` that it is the mean of, by its items where none are said.

    Parameters
    ----------
    batches
        Pairs of a batch's number of items and the batch.
    """
    seen, single = 0, True
    right: Any = 0
    loss: Any = 0.0
    units: Any = 0
    for rows, batch in batches:
        answer: Any = module(**batch)
        weight = answer.get("units", rows)
        loss += answer["loss"].double() * weight  # stays on the device: none of them is waited for
        units += weight
        seen += rows
        single = single and _one_label_each(answer.get("logits"), batch.get("labels"))
        right += (answer["logits"].argmax(-1) == batch["labels"]).sum() if single else 0
    measures = {"accuracy": int(right) / seen} if single else {}
    return measures | {"loss": float(loss) / max(1.0, float(units))}


def _one_label_each(logits: Any, labels: Any) -> bool:
    if logits is None or labels is None:
        return False
    return bool(logits.ndim == 2 and labels.ndim == 1 and not labels.is_floating_point())


def score(measures: Mapping[str, float]) -> float:
    """Return the deciding measure so that higher is better.

    >>> score({"perplexity": 12.0})
    -12.0
    """
    name, value = next(iter(measures.items()))
    return -value if name.endswith(_LOWER_IS_BETTER) else value


def rank(measures: Mapping[str, float], *, step: int) -> tuple[float, float]:
    """Return the deciding measure and what decides between equals, each so that higher is better.

    >>> rank({"accuracy": 0.9, "loss": 0.3}, step=40), rank({"accuracy": 0.9}, step=40)
    ((0.9, -0.3), (0.9, 40))
    """
    return score(measures), -measures["loss"] if "loss" in measures else step


def rank_in(curve: Iterable[Mapping[str, float]], *, step: int) -> tuple[float, float]:
    """Return the rank of the validation after a step, off the curve; the lowest where is none.

    >>> rank_in([{"step": 4, "loss": 2.0}, {"step": 4, "validation_f1": 0.5}], step=4)
    (0.5, 4)
    """
    mark = "validation_"
    for point in curve:
        found = {key.removeprefix(mark): point[key] for key in point if key.startswith(mark)}
        if found and point["step"] == step:
            return rank(found, step=step)
    return -math.inf, -math.inf


def told(measures: Mapping[str, float]) -> Said:
    """Return the deciding measure in words.

    >>> told({"accuracy": 0.912, "loss": 0.3})
    '91.2% right on validation'
    """
    name, value = next(iter(measures.items()))
    if name == "accuracy":
        return progress("right", share=f"{value:.1%}")
    return progress("measure", measure=name, value=f"{value:.4g}")
