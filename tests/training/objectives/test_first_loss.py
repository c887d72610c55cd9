"""Networks of random weights begin to learn where nothing is known yet: at the logarithm of V."""

from __future__ import annotations

import math
from typing import get_args

import pytest
import torch

from chainring.training.objectives.settings import ObjectiveName
from chainring.training.objectives.shape import new_model, shaped
from chainring.training.tokenisers.special import Marks

TOKENS = 4000
IDS_BT = torch.randint(5, TOKENS, (8, 32), generator=torch.Generator().manual_seed(0))
MARKS = Marks(pad=0, start=2, end=3, mask=4, special=(0, 1, 2, 3, 4))


@pytest.mark.parametrize("size", [(2, 64), (4, 256)])
@pytest.mark.parametrize("objective", get_args(ObjectiveName))
def test_a_new_network_begins_as_if_every_token_were_as_likely(
    objective: ObjectiveName, size: tuple[int, int]
) -> None:
    torch.manual_seed(0)
    shape = shaped(*size, None)
    model = new_model(objective, shape, vocabulary=TOKENS, max_tokens=32, dropout=0.0, marks=MARKS)
    with torch.no_grad():
        loss = float(model.eval()(input_ids=IDS_BT, labels=IDS_BT).loss)
    assert loss == pytest.approx(math.log(TOKENS), abs=1.0)
