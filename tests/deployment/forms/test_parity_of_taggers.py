from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from chainring.contracts.prediction import Answer
from chainring.contracts.values import Input
from chainring.deployment.forms.parity import Tolerances, parity
from chainring.deployment.model_folder import Floats, Golden
from chainring.stats.readout import Places, Readout

READOUT = Readout(
    task="tagging", labels=("city",), transitions=((0.5, 0.0, -9.0), (0, -2.0, 2.0), (0, -2.0, 1.0))
)
GOLDEN = np.array(
    [[0.98, 0.01, 0.01], [0.52, 0.48, 0.0], [0.45, 0.0, 0.55], [0.98, 0.01, 0.01]], dtype=np.float32
)
OTHER = np.array(
    [[0.98, 0.01, 0.01], [0.70, 0.30, 0.0], [0.49, 0.0, 0.51], [0.98, 0.01, 0.01]], dtype=np.float32
)


class Tagger:
    """Says of each token what it was told to say."""

    labels: tuple[str, ...] = ("city",)
    threshold = 0.5
    capabilities: frozenset[str] = frozenset()

    def __init__(self, *tables: Floats) -> None:
        self.tables = tables

    def predict(self, requests: object, *, settings: object = None) -> list[Answer]:
        raise NotImplementedError

    def probabilities(self, texts: Sequence[Input]) -> Floats:
        return np.concatenate(self.tables)

    def tokens(self, texts: Sequence[Input]) -> list[tuple[Floats, Places]]:
        return [(one, [(t, t + 1) for t in range(len(one))]) for one in self.tables]

    def close(self) -> None: ...


@pytest.mark.parametrize(("second", "agree"), [(GOLDEN, 1.0), (OTHER, 0.5)])
def test_forms_agree_on_tags_by_what_a_text_is_answered_and_not_by_tokens(
    second: Floats, agree: float
) -> None:
    table = np.concatenate([GOLDEN, GOLDEN])
    golden = Golden(texts=("a", "b"), probabilities=table, readout=READOUT)
    near = Tolerances(because="test", tie=0.05, min_agreement=0.9)
    found = parity(Tagger(GOLDEN, second), golden, tolerances=near)
    assert (found.label_agreement, found.within) == (agree, agree == 1.0)
