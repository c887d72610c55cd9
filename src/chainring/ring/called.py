"""What is wrong with the names of `[project.labels]` and of costs: labels that nothing carries.

A label may come later, so that such a name is told and no fault.

    list(uncalled(["refnd"], ["refund"]))
    # ["project.labels.refnd: no row and no decision has this label (yet); did you mean refund?"]
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from chainring.contracts.dataset import OUT_OF_SCOPE
from chainring.contracts.errors import nearest
from chainring.contracts.measure import Measure
from chainring.contracts.said import Said
from chainring.ring.gate.costs import is_slip, uncosted
from chainring.ring.sentences import say


def uncalled(named: Iterable[str], labels: Collection[str]) -> Iterator[Said]:
    """Yield a sentence for each named label that is none of `labels`, with the nearest of them."""
    for name in named:
        if name == OUT_OF_SCOPE or name in labels:
            continue
        near = nearest(name, labels)
        if near is None:
            yield say("no such label", label=name)
        else:
            yield say("no such label, nearest", label=name, near=near)


def uncharged(measure: Measure, labels: Collection[str]) -> Iterator[Said]:
    """Yield a sentence for each label of the costs that no row teaches and that is no slip."""
    for name, near in uncosted(measure, labels):
        if not is_slip(name, near, measure):
            yield say("no such label of costs", label=name)
