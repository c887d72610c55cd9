"""The reader of passages as torch runs it: two scores for each token of each passage.

Imports torch and transformers: load it only where the training extra is at hand.
Axes: B passages, T tokens, H hidden size.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from chainring.deployment.engines.encoder import Ids
from chainring.deployment.engines.encoder_module import load_encoder
from chainring.deployment.engines.span import Score
from chainring.deployment.model_folder import Floats


def torch_score(folder: Path, *, threads: int = 0) -> Score:
    """Return what scores the tokens of padded questions and passages."""
    if threads:
        torch.set_num_threads(threads)
    module: Any = load_encoder(folder)

    def score(ids_bt: Ids, mask_bt: Ids, types_bt: Ids) -> Floats:
        with torch.inference_mode():
            given = (torch.from_numpy(each) for each in (ids_bt, mask_bt, types_bt))
            scores_bt2: Floats = module(*given)[0].numpy()
        return scores_bt2

    return score
