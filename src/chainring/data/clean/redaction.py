"""Stage: personal numbers and addresses out of the texts, placeholders in.

`text.redact` does it; it is asked only for texts that hold an @ or as many digits as the shortest
number of a person has, so that prose costs nothing.
"""

from __future__ import annotations

from chainring.data.clean.batch import Batch
from chainring.data.clean.characters import DIGIT
from chainring.text.redact import redact

MIN_DIGITS = 4
"""Fewer digits make no number that is a person's."""

_SIGNS = (0x40, 0xFF20)  # @ and ＠


def redaction(batch: Batch) -> None:
    """Redact the texts that may hold something personal."""
    import numpy as np

    page = batch.page
    signs = page.sums(np.isin(page.codes, _SIGNS))
    worth = np.flatnonzero((page.count(DIGIT) >= MIN_DIGITS) | (signs > 0)).tolist()
    batch.replace(((index, redact(batch.texts[index]).text) for index in worth), "redacted")
