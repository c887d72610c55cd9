from __future__ import annotations

import gc
from types import FunctionType, ModuleType

from chainring.contracts.label import Label
from chainring.contracts.tasks import Form
from chainring.software.serving.told_labels import ToldLabels
from chainring.store.ledger import Ledger


def texts_held(root: object) -> list[str]:
    """Return every text that an object leads to in memory, but not through code."""
    seen: dict[int, object] = {}
    left = [root]
    while left:
        one = left.pop()
        if id(one) not in seen and not isinstance(one, type | ModuleType | FunctionType):
            seen[id(one)] = one
            left += gc.get_referents(one)
    return [one for one in seen.values() if isinstance(one, str)]


def labelled(ledger: Ledger, name: str, value: str, *, private: bool = False) -> None:
    label = Label(
        id=name, app="shop", record=f"rec_{name}", value=value, author="a reviewer called Cy",
        author_kind="person", private=private,
    )  # fmt: skip
    writing = Ledger(ledger.url, app="shop")  # of another process
    writing.add_fact("label", name, label, about=label.record)
    writing.close()


def told(ledger: Ledger, form: Form) -> tuple[frozenset[str], list[str]]:
    """Return the names, and every text that is then in memory."""
    labels = ToldLabels(ledger, form)
    return labels.names(), texts_held(labels)


def test_of_labels_a_server_keeps_names_and_neither_texts_nor_who_gave_them(
    ledger: Ledger,
) -> None:
    labelled(ledger, "lab_1", "refund")
    labelled(ledger, "lab_2", "Ann's own words, written anew", private=True)
    names, held = told(ledger, "one")
    assert names == {"refund"}
    assert "refund" in held
    assert not [text for text in held if "own words" in text or "Cy" in text]


def test_where_values_are_texts_nothing_of_them_is_kept(ledger: Ledger) -> None:
    labelled(ledger, "lab_1", "Ann's own words, written anew", private=True)
    names, held = told(ledger, "text")
    assert names == frozenset()
    assert not [text for text in held if "own words" in text]
