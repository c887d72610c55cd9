"""The reader of passages as torch runs it: two scores for each token of each passage.

Imports torch and transformers: load it only where the training extra is at hand.
Axes: B passages, T tokens, H hidden size.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError

from chainring.deployment.batches import token_batches
from chainring.deployment.encoder import Tokens
from chainring.deployment.encoder_module import ENCODER_FOLDER, open_encoder
from chainring.deployment.model_folder import Floats, damaged, existing, read_tensors

HEAD_FILE = "span.safetensors"
Place = tuple[int, int]


class Reader:
    """Scores where an answer begins and ends."""

    def __init__(self, folder: Path, tokens: Tokens, *, threads: int = 0) -> None:
        if threads:
            torch.set_num_threads(threads)
        inner = folder / ENCODER_FOLDER
        for name in ("config.json", "model.safetensors"):
            existing(inner / name)
        try:
            self.encoder: Any = open_encoder(inner, "sdpa").eval()
        except (OSError, ValueError, SafetensorError) as error:
            raise damaged(inner, f"not loadable as an encoder ({error})") from error
        sizes = {"C": 2, "H": int(self.encoder.config.hidden_size)}
        weight, bias = read_tensors(folder / HEAD_FILE, {"weight": "CH", "bias": "C"}, sizes)
        self.weight_2h, self.bias_2 = torch.from_numpy(weight), torch.from_numpy(bias)
        self.tokens = tokens

    def spans(self, asked: Sequence[tuple[str, str]]) -> list[tuple[Floats, list[Place | None]]]:
        """Return for each question and passage the scores of its tokens, shape (T, 2).

        Beside them where each token stands in the passage; None for one that is not of it.
        """
        found = self.tokens.read(list(asked))
        scores: list[Any] = [None] * len(found)
        for batch in token_batches([len(one.ids) for one in found]):
            ids_bt, mask_bt = self.tokens.padded([found[i].ids for i in batch])
            types_bt = self.tokens.segments([found[i].type_ids for i in batch])
            for place, table in zip(batch, self._scores(ids_bt, mask_bt, types_bt), strict=True):
                scores[place] = table[: len(found[place].ids)]
        return [(table, _places(one)) for table, one in zip(scores, found, strict=True)]

    def close(self) -> None:
        """Let go of the network; it cannot be used afterwards."""
        self.encoder = None

    def _scores(self, ids_bt: Any, mask_bt: Any, types_bt: Any) -> Any:
        with torch.inference_mode():
            states_bth = self.encoder(
                input_ids=torch.from_numpy(ids_bt),
                attention_mask=torch.from_numpy(mask_bt),
                token_type_ids=torch.from_numpy(types_bt),
            ).last_hidden_state
            return torch.nn.functional.linear(states_bth, self.weight_2h, self.bias_2).numpy()


def _places(encoding: Any) -> list[Place | None]:
    return [
        place if sequence == 1 and place[1] > place[0] else None
        for place, sequence in zip(encoding.offsets, encoding.sequence_ids, strict=True)
    ]
