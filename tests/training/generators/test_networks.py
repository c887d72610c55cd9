from __future__ import annotations

import math

import pytest
import torch

from chainring.training.generators import networks
from chainring.training.generators.settings import DecoderSettings, Seq2SeqSettings

TOKENS = 4000
IDS_BT = torch.randint(5, TOKENS, (8, 32), generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("hidden", [64, 256])
@pytest.mark.parametrize("architecture", ["m2m100", "marian", "t5", "gpt2", "llama"])
def test_a_new_network_begins_as_if_every_token_were_as_likely(
    architecture: str, hidden: int
) -> None:
    torch.manual_seed(0)
    size = {"architecture": architecture, "layers": 3, "hidden": hidden, "heads": 4, "dropout": 0.0}
    if architecture in ("gpt2", "llama"):
        network = networks.decoder_network(DecoderSettings.model_validate(size), tokens=TOKENS)
    else:
        network = networks.seq2seq_network(Seq2SeqSettings.model_validate(size), tokens=TOKENS)
    with torch.no_grad():
        loss = float(network.eval()(input_ids=IDS_BT, labels=IDS_BT).loss)
    assert loss == pytest.approx(math.log(TOKENS), abs=1.0)
