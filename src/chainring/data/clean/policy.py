"""Stage: only texts whose licence and consent are allowed; a text that states none is not.

A list that is empty allows everything. Names are compared without regard to case, width and space.

    CleanSettings(profile="documents", licences=("CC0-1.0", "CC-BY-4.0"), consents=("training",))
"""

from __future__ import annotations

from collections.abc import Sequence

from chainring.contracts.terms import plain
from chainring.data.clean.batch import Batch


def policy(batch: Batch) -> None:
    """Drop what may not be used, with the name of what it states."""
    for role, allowed in (
        ("licence", batch.settings.licences),
        ("consent", batch.settings.consents),
    ):
        if allowed:
            _require(batch, role, allowed)


def _require(batch: Batch, role: str, allowed: Sequence[str]) -> None:
    known = {plain(name) for name in allowed}
    for index in batch.alive():
        stated = batch.rows[index].get(role)
        if plain(str(stated or "")) not in known:
            batch.drop(index, f"{role} not allowed" if stated else f"no {role} stated")
