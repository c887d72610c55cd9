"""Labels, languages, sources and groups of people, each for itself.

Enter pairs, leave a comparison per slice with enough rows, and the sizes of the smaller ones. Many
slices are many chances to err, so their p values are Holm's (1979) adjusted ones, both ways.

    large, small = slices(pairs, settings=settings)
    large["language:zh"].value
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from chainring.contracts.verdict import Comparison
from chainring.ring.gate.comparing import comparison
from chainring.ring.gate.pairs import Pair
from chainring.ring.gate.settings import GateSettings
from chainring.ring.gate.values import value
from chainring.ring.gate.weighing import loss_of, weighed
from chainring.stats.multiple import holm

KNOWN = "known labels"


def slices(
    pairs: Sequence[Pair],
    *,
    settings: GateSettings,
    new_labels: Collection[str] = (),
    seed: int = 0,
) -> tuple[dict[str, Comparison], dict[str, int]]:
    """Return the comparisons of slices, and the rows of those too small for one.

    Parameters
    ----------
    pairs
        Rows that both models answered.
    settings
        `min_slice_rows` decides what is small.
    new_labels
        Labels that the champion was never taught. Each is a slice of its own whatever its size, and
        the rows of all other labels are one too: else a gain on the new could hide a loss on them.
    seed
        Seed of the tests that draw at random.
    """
    members = _members(pairs, new_labels)
    small = {name: len(rows) for name, rows in members.items() if _is_small(name, rows, settings)}
    raw = {
        name: weighed(rows, settings=settings, seed=seed, labels_known=True)
        if is_told_only(name, settings)
        else comparison(rows, settings=settings, seed=seed)
        for name, rows in members.items()
        if name not in small
    }
    losses = {name: loss_of(found, members[name], settings) for name, found in raw.items()}
    told = {name for name in raw if is_told_only(name, settings)}
    adjusted = {
        **_adjusted({n: found for n, found in raw.items() if n not in told}, losses, settings),
        **_adjusted({n: found for n, found in raw.items() if n in told}, losses, settings),
    }
    return {name: adjusted[name] for name in raw}, small


def is_told_only(name: str, settings: GateSettings) -> bool:
    """Whether a slice is shown and no condition: a label, where the measure weighs labels.

    Half of the missed frauds found at the price of a few false alarms is a loss on the label of
    the alarms, and what such a measure asks for.
    """
    return settings.measure != "accuracy" and name.partition(":")[0] in ("label", "new label")


def _members(pairs: Sequence[Pair], new_labels: Collection[str]) -> dict[str, list[Pair]]:
    found: defaultdict[str, list[Pair]] = defaultdict(list)
    for pair in pairs:
        for name in _names(pair, new_labels):
            found[name].append(pair)
    return dict(sorted(found.items()))


def _names(pair: Pair, new_labels: Collection[str]) -> list[str]:
    row, labels = pair.now, pair.now.slice_labels
    named = {"language": row.language, "source": row.source, "protected": row.protected}
    names = [
        f"{'new label' if label in new_labels else 'label'}:{label}" for label in labels if label
    ]
    names += [f"{kind}:{name}" for kind, name in named.items() if name]
    is_new = any(label in new_labels for label in labels)
    return [*names, KNOWN] if new_labels and not is_new else names


def _is_small(name: str, rows: Sequence[Pair], settings: GateSettings) -> bool:
    return len(rows) < settings.min_slice_rows and not name.startswith("new label:")


def _adjusted(
    raw: Mapping[str, Comparison], losses: Mapping[str, float], settings: GateSettings
) -> dict[str, Comparison]:
    better = holm([found.p_better for found in raw.values()])
    worse = holm([found.p_worse for found in raw.values()])
    return {
        name: replace(
            found,
            p_better=p_better,
            p_worse=p_worse,
            test=f"{found.test}, Holm",
            value=value(p_better, p_worse, loss=losses[name], settings=settings),
        )
        for (name, found), p_better, p_worse in zip(raw.items(), better, worse, strict=True)
    }
