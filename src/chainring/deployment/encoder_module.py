"""The encoder with its head as one torch module: what engine `torch` runs and export traces.

Imports torch and transformers: load it only where the training extra is at hand.
Axes: B texts, T tokens, H hidden size, C labels.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from transformers import AutoModel
from transformers.utils import logging

from chainring.deployment.model_folder import damaged, existing, read_card, read_tensors

ENCODER_FOLDER = "encoder"
HEAD_FILE = "head.safetensors"


class EncoderModule(torch.nn.Module):  # type: ignore[misc, unused-ignore]
    """Mean of the last hidden states over the attention mask, then a linear head."""

    def __init__(self, encoder: Any, weight_ch: Any, bias_c: Any) -> None:
        super().__init__()
        self.encoder = encoder
        self.register_buffer("weight_ch", weight_ch)
        self.register_buffer("bias_c", bias_c)

    def forward(self, input_ids: Any, attention_mask: Any) -> tuple[Any, Any]:
        """Return logits of shape (B, C) and the pooled embedding of shape (B, H)."""
        states_bth = self.encoder(
            input_ids=input_ids, attention_mask=attention_mask
        ).last_hidden_state
        mask_bt1 = attention_mask.unsqueeze(-1).to(states_bth.dtype)
        pooled_bh = (states_bth * mask_bt1).sum(1) / mask_bt1.sum(1).clamp(min=1)
        return torch.nn.functional.linear(pooled_bh, self.weight_ch, self.bias_c), pooled_bh


def load_encoder(folder: Path, *, attention: str = "sdpa") -> EncoderModule:
    """Return the module of an encoder's model folder, ready to answer (dropout off)."""
    encoder_folder = folder / ENCODER_FOLDER
    for name in ("config.json", "model.safetensors"):
        existing(encoder_folder / name)
    try:
        encoder = _loaded(encoder_folder, attention)
    except (OSError, ValueError, SafetensorError) as error:
        raise damaged(encoder_folder, f"not loadable as an encoder ({error})") from error
    sizes = {"C": len(read_card(folder).labels), "H": int(encoder.config.hidden_size)}
    weight, bias = read_tensors(folder / HEAD_FILE, {"weight": "CH", "bias": "C"}, sizes)
    module = EncoderModule(encoder, torch.from_numpy(weight), torch.from_numpy(bias))
    module.eval()  # on the outermost module: export would put a wrapper back into training mode
    return module


def _loaded(folder: Path, attention: str) -> Any:
    with _quiet():
        encoder, found = AutoModel.from_pretrained(
            str(folder),
            attn_implementation=attention,
            local_files_only=True,
            trust_remote_code=False,
            dtype=torch.float32,
            output_loading_info=True,
        )
    missing = sorted(key for key in found["missing_keys"] if "pooler" not in key.split("."))
    if missing:  # transformers would draw them at random and only warn
        raise ValueError(f"weights are missing: {', '.join(missing)}")
    return encoder


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep transformers from drawing a bar and from reporting the pooler, which nobody uses."""
    had_progress_bar, verbosity = logging.is_progress_bar_enabled(), logging.get_verbosity()
    logging.disable_progress_bar()
    logging.set_verbosity_error()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if had_progress_bar:
            logging.enable_progress_bar()
