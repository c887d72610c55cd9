"""Trees are brought to the remote, or it is told why it takes none.

because = mirrored(trees, ledger.trees())       # '' where nothing is to be told
"""

from __future__ import annotations

import logging
from collections.abc import Iterable

from chainring.contracts.errors import InputError
from chainring.contracts.said import told_by
from chainring.store.trees import TreeStore

log = logging.getLogger("chainring.store")


def mirrored(trees: TreeStore, addresses: Iterable[str]) -> str:
    """Bring those trees to the remote that it lacks; return why it refuses, or an empty text."""
    try:
        trees.mirror(addresses)
    except InputError as error:
        log.warning("trees.unmirrored remote=refuses because=%s", error)
        return told_by(error)
    return ""
