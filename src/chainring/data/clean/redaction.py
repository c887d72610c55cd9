"""Stage: personal numbers and addresses out of the texts, placeholders in.

`text.redact` does it. It is asked only for texts that may hold something: a digit, an @, or a word
beside which a name without digits is personal (微信, WeChat …), so that prose costs nothing.
"""

from __future__ import annotations

from chainring.data.clean.batch import Batch
from chainring.data.clean.characters import DIGIT
from chainring.text.redact import HINTS, redact

_SIGNS = (0x40, 0xFF20)  # @ and ＠


def redaction(batch: Batch) -> None:
    """Redact the texts that may hold something personal."""
    import numpy as np

    page = batch.page
    marked = (page.count(DIGIT) > 0) | (page.sums(np.isin(page.codes, _SIGNS)) > 0)
    worth = np.flatnonzero(marked).tolist()
    worth += _hinted(batch, np.flatnonzero(~marked).tolist())
    batch.replace(((index, redact(batch.texts[index]).text) for index in worth), "redacted")


def _hinted(batch: Batch, indices: list[int]) -> list[int]:
    """Return those of the texts in which a hint stands; most batches are passed over at once."""
    joined = "\n".join(batch.texts[index] for index in indices).lower()
    hints = [hint for hint in HINTS if hint in joined]
    return [i for i in indices if any(hint in batch.texts[i].lower() for hint in hints)]
