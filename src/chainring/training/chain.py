"""How likely a sequence of classes is: the loss of a linear-chain conditional random field.

    transitions_cc = habits(sequences, classes=5)               # to begin with, from the rows
    chain_loss_b(logits_btc, classes_bt, transitions_cc)        # -log p of each row

A softmax a token knows nothing of its neighbours: it begins a name in the middle of one, or leaves
a hole in it. Here the sum of all scores, of tokens and of one class after another, decides.
J. Lafferty, A. McCallum, F. Pereira 2001, "Conditional random fields", section 3. How the best
sequence is read off: `chainring.stats.chain`.

Axes: B rows, T tokens, C classes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import torch

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float32]

NO_TEXT = -100
"""Class of tokens that no loss counts and no chain has: special ones and padding."""
UNSEEN = 0.1
"""So often every pair of classes counts as seen."""
TINY = 1e-30


def habits(sequences: Iterable[Sequence[int]], *, classes: int) -> Floats:
    """Return log(p(b after a) / p(b)) of classes as they follow each other in the rows.

    What never follows begins far below zero. Small steps of training alone would not get there.
    """
    after_cc = np.full((classes, classes), UNSEEN)
    count_c = np.full(classes, UNSEEN * classes)
    for sequence in sequences:
        text = np.array([one for one in sequence if one != NO_TEXT], dtype=np.intp)
        np.add.at(count_c, text, 1.0)
        np.add.at(after_cc, (text[:-1], text[1:]), 1.0)
    share_cc = after_cc / after_cc.sum(axis=1, keepdims=True)
    found: Floats = np.log(share_cc / (count_c / count_c.sum())).astype(np.float32)
    return found


def chain_loss_b(
    logits_btc: torch.Tensor, classes_bt: torch.Tensor, transitions_cc: torch.Tensor
) -> torch.Tensor:
    """Return -log p of each row's classes; 0 for a row without text.

    In the number type of the scores, whatever autocast does around it: in 16 bits the sums over
    sequences lose their tails, and in fp16 their gradients are no numbers.
    """
    with torch.autocast(logits_btc.device.type, enabled=False):
        return _chain_loss_b(logits_btc, classes_bt, transitions_cc)


def _chain_loss_b(
    logits_btc: torch.Tensor, classes_bt: torch.Tensor, transitions_cc: torch.Tensor
) -> torch.Tensor:
    is_text_bt = classes_bt != NO_TEXT
    true_bt = classes_bt.clamp(min=0)
    own_bt = logits_btc.gather(2, true_bt.unsqueeze(2)).squeeze(2)
    reached_bc, said_b = torch.zeros_like(logits_btc[:, 0]), torch.zeros_like(own_bt[:, 0])
    begun_b, last_b = torch.zeros_like(is_text_bt[:, 0]), torch.zeros_like(true_bt[:, 0])
    leads_cc = transitions_cc.exp()
    for t in range(true_bt.shape[1]):
        text_b, true_b = is_text_bt[:, t], true_bt[:, t]
        stepped_bc = _stepped(reached_bc, leads_cc)
        came_bc = torch.where(begun_b.unsqueeze(1), stepped_bc, torch.zeros_like(stepped_bc))
        reached_bc = torch.where(text_b.unsqueeze(1), came_bc + logits_btc[:, t], reached_bc)
        step_b = transitions_cc[last_b, true_b] * begun_b + own_bt[:, t]
        said_b = said_b + torch.where(text_b, step_b, torch.zeros_like(step_b))
        last_b, begun_b = torch.where(text_b, true_b, last_b), begun_b | text_b
    all_b = torch.logsumexp(reached_bc, dim=1)
    return torch.where(begun_b, all_b - said_b, torch.zeros_like(said_b))


def _stepped(reached_bc: torch.Tensor, leads_cc: torch.Tensor) -> torch.Tensor:
    """Return the logarithm of the sums over all classes before, as one product of matrices."""
    most_b1 = reached_bc.detach().amax(dim=1, keepdim=True)
    return most_b1 + ((reached_bc - most_b1).exp() @ leads_cc + TINY).log()
