"""What was forgotten here and undone by another machine in the shared remote is begun anew.

reopen(Stores(trees=trees, ledger=ledger, ...))     # then do every act again that is `begun`
if retention_undone(ledger): ...                    # and what went because its time was over
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace

from chainring.contracts.forgotten import ForgettingState, Forgotten
from chainring.contracts.guard import FORGOTTEN
from chainring.store.erasure import disputed, merged
from chainring.store.ledger import Ledger
from chainring.trust.forget import Stores

RETENTION = "retention"
"""Receipt of texts that went because their time was over: no act is written for them."""

log = logging.getLogger("chainring")


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """What retention took is to be taken again (`begun`), since another machine undid it."""

    state: ForgettingState


def reopen(stores: Stores) -> None:
    """Take what another machine forgot without knowing of this one; begin the acts here anew.

    The acts are begun before their bytes give way: after a kill they are still to be finished. So
    is what went because its time was over (`RETENTION`). Where an act is not known here, its tree
    stays as it is: nobody could do it again.
    """
    trees, ledger = stores.trees, stores.ledger
    trees.refresh()
    here = {address: trees.erasure(address) for address in trees.addresses()}
    apart = {
        address: (here[address], theirs)
        for address, theirs in trees.disputes.items()
        if address in here and disputed(here[address], theirs)
    }
    acts = {act.id: act for act in ledger.facts(FORGOTTEN, Forgotten)} if apart else {}
    mine = {one for ours, theirs in apart.values() for one in {*ours.receipts} - {*theirs.receipts}}
    unknown = mine - acts.keys() - {RETENTION}
    if unknown:
        log.warning(
            "forget.unknown acts=%s because=another machine undid them and the ledger does not "
            "know them; run `chainring forget --again RECEIPT` for each, then `--resume`",
            ",".join(sorted(unknown)),
        )
    apart = {name: both for name, both in apart.items() if unknown.isdisjoint(both[0].receipts)}
    undone = {receipt for ours, _ in apart.values() for receipt in ours.receipts}
    for name in undone & acts.keys():
        ledger.add_fact(FORGOTTEN, name, replace(acts[name], state="begun"))
    if RETENTION in undone:
        note_retention(ledger, "begun")
    for address, (ours, theirs) in apart.items():
        trees.put_erasure(merged(ours, theirs, yielding=True))
        del trees.disputes[address]


def retention_undone(ledger: Ledger) -> bool:
    """Return whether what went because its time was over is still to be taken again."""
    found = ledger.fact(RETENTION, RETENTION, Undone)
    return found is not None and found.state == "begun"


def note_retention(ledger: Ledger, state: ForgettingState) -> None:
    """Write down that what went because its time was over is to be taken again, or was."""
    ledger.add_fact(RETENTION, RETENTION, Undone(state=state))
