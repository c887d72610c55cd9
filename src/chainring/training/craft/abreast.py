"""The rows of a step are computed in halves side by side, each with half of the threads.

    halves = abreast(network, threads=2)        # None where its random numbers could not be kept
    for found in halves.map(gradient_of, batches): ...      # two at a time, in their order

The products of short texts are small: split over all cores, they wait for each other at the end of
every one, and wait long where another program has one of the cores. Halves meet once a step.
Measured with MiniLM on BANKING77, two cores of an AMD EPYC, float32, 2,048 rows, two runs each: 88
and 86 rows a second against 86 and 82 on the idle machine, 50 and 53 against 17 and 30 beside a
program that kept one core busy.

What is computed does not hang on which half is first: each has random numbers of its own, seeded
from torch's generator, and results are handed back in order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import islice
from threading import Barrier
from typing import Any, TypeVar

import torch
from torch import nn

from chainring.training.craft.dropout import draws_of, drops_by_torch

A = TypeVar("A")
B = TypeVar("B")
HALVES = 2
KINDS = ("bert", "roberta", "xlm-roberta")
"""Networks whose random numbers all come from `nn.Dropout` and from attention that can be told."""


class Abreast:
    """Two threads that compute at once, with half of torch's threads each.

    With a single thread the halves are computed one after the other, of the same random numbers.
    """

    def __init__(self, threads: int) -> None:
        self._pool: ThreadPoolExecutor | None = None
        if threads < HALVES:
            return
        each = threads // HALVES
        both = Barrier(HALVES)

        def begin(_: int) -> None:
            torch.get_num_threads()  # at its first word in a thread torch sets the common number
            torch.set_num_threads(each)
            both.wait()

        self._pool = ThreadPoolExecutor(HALVES, thread_name_prefix="chainring-half")
        list(self._pool.map(begin, range(HALVES)))
        torch.set_num_threads(threads)  # the number is also what threads to come begin with

    def map(self, function: Callable[[A], B], items: Iterable[A]) -> Iterator[B]:
        """Yield what the function makes of each item, two at a time, in the items' order."""
        left = iter(items)
        while pair := list(islice(left, HALVES)):
            seeds = torch.randint(2**62, (len(pair),)).tolist()
            at_once = self._pool.map if self._pool else map
            yield from at_once(_seeded, [function] * len(pair), pair, seeds)


def _seeded(function: Callable[[A], B], item: A, seed: int) -> B:
    with draws_of(torch.Generator().manual_seed(seed)):
        return function(item)


def abreast(module: nn.Module, *, threads: int) -> Abreast | None:
    """Return what computes halves of this module's steps side by side; None where it may not.

    It needs networks of known kinds, whose dropouts draw from the generator they are given
    (`quicken`), and layers that are computed once: a second time they would draw anew.
    """
    networks: list[Any] = [one for one in module.modules() if hasattr(one, "config")]
    kinds = {getattr(one.config, "model_type", "") for one in networks}
    if not kinds or not kinds <= set(KINDS) or any(map(drops_by_torch, networks)):
        return None
    if any(getattr(one, "gradient_checkpointing", False) for one in module.modules()):
        return None
    return _kept(threads)


@cache
def _kept(threads: int) -> Abreast:
    return Abreast(threads)
