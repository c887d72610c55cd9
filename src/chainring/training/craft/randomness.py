"""The state of every random generator that a training may draw from.

seed_all(0)
state = random_state()
restore(state)          # what was drawn since is drawn again
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch


def seed_all(seed: int) -> None:
    """Seed the generators of torch, numpy and Python."""
    random.seed(seed)
    np.random.seed(seed % 2**32)
    torch.manual_seed(seed)


def random_state() -> dict[str, Any]:
    """Return the states as tensors and plain values, so that a checkpoint can hold them."""
    numpy = np.random.get_state(legacy=False)
    words = numpy["state"]["key"]
    return {
        "torch": torch.get_rng_state(),
        "cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
        "python": random.getstate(),
        "numpy": {**numpy, "state": {**numpy["state"], "key": torch.tensor(words.tolist())}},
    }


def restore(state: dict[str, Any]) -> None:
    """Set every generator to a state."""
    torch.set_rng_state(state["torch"])
    if state["cuda"]:
        torch.cuda.set_rng_state_all(state["cuda"])
    version, words, gauss = state["python"]
    random.setstate((version, tuple(words), gauss))
    numpy = state["numpy"]
    key = np.asarray(numpy["state"]["key"].tolist(), dtype=np.uint32)
    np.random.set_state({**numpy, "state": {**numpy["state"], "key": key}})


@contextmanager
def same_draws(seed: int) -> Iterator[None]:
    """Draw from a seed in here, and go on outside as if nothing had been drawn."""
    before = random_state()
    seed_all(seed)
    try:
        yield
    finally:
        restore(before)
