"""How well held-out text is told: perplexity, bits per character, share of tokens right.

Enter a learner and items that it never learns from, leaves a figure that is the same at each look:
what is hidden is drawn from one seed.

    figure = heldout(learner, items, batch=..., characters_a_token=3.4, device="cpu")

Bits per character: a GPT's likelihood of the whole text, ends of its pieces included, over its
characters. For the others it is the likelihood of the hidden tokens, given the text around them,
over the characters that those hold on average; it is no likelihood of a text and stands beside a
GPT's as another thing. A GPT whose tokeniser does not know more than a thousandth of the tokens has
no such figure: to tell that something unknown follows is not to tell the text.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import torch

from chainring.training.craft.device import sent
from chainring.training.craft.halving import Halving
from chainring.training.objectives.learner import Learner, Sums, asked
from chainring.training.objectives.packing import Item, ends

ROWS, TOKENS = 32, 8192
"""At once: the same on every machine, since the draws hang on it."""
SEED = 20260101
MAX_UNKNOWN = 0.001
DIGEST_PARTS = 10_000


def split(texts: Sequence[str], *, share: float) -> tuple[list[str], list[str]]:
    """Return the texts to learn from and those that judge; which is which hangs on the text alone.

    >>> [len(part) for part in split([str(n) for n in range(1000)], share=0.1)]
    [911, 89]
    """
    limit, kept, judges = share * DIGEST_PARTS, list[str](), list[str]()
    for text in texts:
        digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
        judging = int.from_bytes(digest, "big") % DIGEST_PARTS < limit
        (judges if judging else kept).append(text)
    return (kept, judges) if kept else (judges, [])


def heldout(
    learner: Learner,
    items: Sequence[Item],
    *,
    batch: Callable[[Sequence[Item]], dict[str, torch.Tensor]],
    characters_a_token: float,
    characters: int | None = None,
    unknown: float = 0.0,
    device: str = "cpu",
) -> dict[str, float]:
    """Return `perplexity`, `bits_per_character`, `accuracy`; of pairs also `pair_accuracy`.

    Parameters
    ----------
    characters
        Of all texts, where every token of them is told; None: told tokens times characters a token.
    unknown
        Share of the tokens that the tokeniser does not know.
    """
    sums: dict[str, Any] = {}
    halving = Halving()
    longest = max((len(item["input_ids"]) for item in items), default=1)
    rows = max(1, min(ROWS, TOKENS // longest))
    was_training = learner.training
    learner.eval()
    with torch.no_grad(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        for start in range(0, len(items), rows):
            whole = batch(items[start : start + rows])
            for found in _sums(learner, whole, halving=halving, device=device):
                for name, value in found.items():
                    sums[name] = sums.get(name, 0.0) + torch.as_tensor(value).double()
    learner.train(was_training)
    sums = {name: float(value) for name, value in sums.items()}
    nats = sums["nll"] / sums["predicted"]
    told = sums["predicted"] * characters_a_token if characters is None else characters
    figures = {
        "perplexity": math.exp(min(nats, 100.0)),
        "bits_per_character": sums["nll"] / math.log(2) / told,
        "accuracy": sums["right"] / sums["predicted"],
    }
    if characters is not None and unknown > MAX_UNKNOWN:
        del figures["bits_per_character"]
    if "pairs" in sums:
        figures["pair_accuracy"] = sums["pairs_right"] / sums["pairs"]
    return figures


def _sums(
    learner: Learner, batch: dict[str, torch.Tensor], *, halving: Halving, device: str
) -> Iterator[Sums]:
    """Yield the sums of a batch's rows, at once or in parts; what is hidden is drawn already."""

    def answer(rows: Sequence[int]) -> Sums:
        some = batch if len(rows) == count else rows_of(batch, slice(rows[0], rows[-1] + 1))
        return learner.sums(**sent(some, device=device))

    count = len(batch["input_ids"])
    for _, found in halving.answered([range(count)], answer):
        yield found


def rows_of(batch: Mapping[str, torch.Tensor], rows: slice) -> dict[str, torch.Tensor]:
    """Return a stretch of a batch's rows; what counts through all rows is counted anew."""
    counted = ("places", "asked", "ends")
    found = {name: value[rows] for name, value in batch.items() if name not in counted}
    if "ends" in batch:
        found["ends"] = ends(found["segments"])
    return found | (asked(found["labels"]) if "labels" in found else {})


def unknown_share(items: Sequence[Item], tokenizer: Any) -> float:
    """Return the share of tokens that stand for what the tokeniser does not know."""
    names = ("[UNK]", "<unk>")
    unknown = {tokenizer.token_to_id(name) for name in names} - {None}
    ids = [number for item in items for number in item["input_ids"]]
    return sum(number in unknown for number in ids) / max(1, len(ids))
