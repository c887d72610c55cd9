"""What bounds a training of preferences: the budget's time, and the memory of two networks.

    fitting = in_time("dpo", network, rows, options=options, minutes=2.5, placement=work.placement)
    require_room("dpo", network, rows, options=options, craft=craft, chosen="fp32", work=work)

The copy that the network is compared with is as large as the network, and reads every text as well.
A batch is not split: TRL counts no row by itself. It makes no table of logits either: it goes
through them in tiles (TRL 1.16, `add_fused_lm_head`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal

from chainring.contracts.placement import Placement
from chainring.contracts.work import Work
from chainring.training.budget import Fit, fit
from chainring.training.craft.memory import Need, limit_mib, require_batch
from chainring.training.craft.settings import CraftSettings
from chainring.training.generators.settings import PreferenceSettings
from chainring.training.generators.writer import passed_parameters

Method = Literal["dpo", "kto"]
PASSES = {"dpo": 4 / 3, "kto": 2.0}
"""Of what a training of the same texts computes: the reference reads them (2 of 6 operations a
weight), and of kto.v1 both networks read another row's completion besides (2 and 2 more)."""
WRITTEN = ("chosen_ids", "rejected_ids", "completion_ids")


def in_time(
    method: Method,
    network: Any,
    rows: Sequence[dict[str, Any]],
    *,
    options: PreferenceSettings,
    minutes: float,
    placement: Placement,
) -> Fit:
    """Return how many passes over the preferences fit the minutes, or which share of one."""
    every_token = [{"input_ids": [0], "labels": [0]}]  # the output is computed of each
    return fit(
        options.preference_epochs,
        parameters=int(PASSES[method] * passed_parameters(network, every_token)),
        tokens=sum(sum(texts_of(row)) for row in rows),
        minutes=minutes,
        placement=placement,
    )


def require_room(
    method: Method,
    network: Any,
    rows: Sequence[dict[str, Any]],
    *,
    options: PreferenceSettings,
    craft: CraftSettings,
    chosen: str,
    work: Work,
) -> None:
    """Raise RefusedError where network, reference and a batch of preferences do not fit."""
    longest = max(max(texts_of(row)) for row in rows)
    bits = 32 if chosen == "fp32" else 16
    one = Need.of(network, craft, longest=longest, bits=bits, judged=False)
    require_batch(
        replace(one, weights=2 * one.weights),
        rows=min(options.preference_batch_size, len(rows)),
        texts=len(texts_of(rows[0])),
        setting="[training.preference] preference_batch_size",
        name=method,
        limit_mib=limit_mib(work.placement),
    )


def texts_of(row: dict[str, Any]) -> list[int]:
    """Return the tokens of each text that a row has the network read, its prompt included.

    >>> texts_of({"prompt_ids": [7, 8], "chosen_ids": [11, 3], "rejected_ids": [3]})
    [4, 3]
    """
    return [len(row["prompt_ids"]) + len(row[name]) for name in WRITTEN if name in row]
