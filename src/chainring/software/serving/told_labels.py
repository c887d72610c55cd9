"""The labels that people gave, which a server asks for every second and at each reaction.

ToldLabels(ledger, "one").names()  # frozenset({"refund", "track_order"})
"""

from __future__ import annotations

from chainring.contracts.label import Label
from chainring.contracts.tasks import Form
from chainring.contracts.values import labels_in
from chainring.store.ledger import Ledger
from chainring.store.newest import Newest


class ToldLabels:
    """The names in the newest labels of a ledger, whose values have one form.

    Values that are somebody's own text name nothing and are not kept: they may be forgotten.
    """

    def __init__(self, ledger: Ledger, form: Form) -> None:
        def named(label: Label) -> tuple[str, ...]:
            return () if label.private else labels_in(form, label.value)

        self._newest = Newest(ledger, "label", Label, said=named)
        self._kept: tuple[tuple[tuple[str, ...], ...], frozenset[str]] = ((), frozenset())

    def names(self) -> frozenset[str]:
        """Return the names; nothing is read again until a label is added."""
        told, (kept, names) = self._newest.all(), self._kept
        if told is not kept:
            names = frozenset(name for one in told for name in one)
            self._kept = told, names
        return names
