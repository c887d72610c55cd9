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
    """The names in the newest labels of a ledger, whose values have one form."""

    def __init__(self, ledger: Ledger, form: Form) -> None:
        self._newest, self._form = Newest(ledger, "label", Label), form
        self._kept: tuple[tuple[Label, ...], frozenset[str]] = ((), frozenset())

    def names(self) -> frozenset[str]:
        """Return the names; nothing is read again until a label is added."""
        told, (kept, names) = self._newest.all(), self._kept
        if told is not kept:
            names = frozenset(name for one in told for name in labels_in(self._form, one.value))
            self._kept = told, names
        return names
