"""Rows of a harvest for the `records` step, and the digest by which a turn sees a change.

Enters the folder of a harvest and what the recipe says of its source, leaves rows in a stream.

    for row in harvest_rows(folder, settings=recipe.data, skipped=counts): ...

=============  =======================================================
a raw row      has from the harvest
=============  =======================================================
``source``     help (the name of the source)
``locator``    https://shop.example/returns / ticket_id 17
``licence``    what the row states, else the recipe's for this source
=============  =======================================================
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from chainring.data.harvest import DROPPED, Harvest
from chainring.data.rows import SPLIT_WORDS, RawRow
from chainring.data.settings import DataSettings
from chainring.data.sources.settings import SourceSettings

_APART = ("locator", "split")


def harvest_digest(folder: Path, source: SourceSettings) -> list[str]:
    """Return what of a source changes records: its name, its papers, and every row."""
    with Harvest.open(folder) as harvest:
        return [source.name, source.licence, source.consent, harvest.digest()]


def harvest_rows(
    folder: Path, *, settings: DataSettings, skipped: Counter[str]
) -> Iterator[RawRow]:
    """Yield the rows of a harvest; what its part passed over is counted in `skipped`."""
    source = next(one for one in settings.sources if one.name == folder.name)
    papers = {"licence": source.licence, "consent": source.consent}
    with Harvest.open(folder) as harvest:
        for reason, count in json.loads(harvest.state(DROPPED) or "{}").items():
            skipped[f"{source.name}: {reason}"] += count
        for identifier, row in harvest.rows():
            told = row.get("split", "").strip().lower()
            values = {name: value for name, value in row.items() if value and name not in _APART}
            yield RawRow(
                source=source.name,
                locator=row.get("locator") or identifier,
                split=SPLIT_WORDS.get(told, ""),
                values=papers | values,
                key=identifier,
            )
