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

from chainring.deployment.engines.biencoder import HEAD_FILE, KIND
from chainring.deployment.model_folder import (
    damaged,
    existing,
    is_reader,
    read_card,
    read_tensors,
    reads_tokens,
)

ENCODER_FOLDER = "encoder"
SPAN_FILE = "span.safetensors"


class EncoderModule(torch.nn.Module):  # type: ignore[misc, unused-ignore]
    """Mean of the last hidden states over the attention mask, then a linear head.

    With `each` the head reads the states of the tokens instead of their mean; without a weight the
    logits are the embedding itself, which a bi-encoder's own head compares.
    """

    def __init__(self, encoder: Any, weight_ch: Any, bias_c: Any, *, each: bool = False) -> None:
        super().__init__()
        self.encoder, self.each = encoder, each
        self.register_buffer("weight_ch", weight_ch)
        self.register_buffer("bias_c", bias_c)

    def forward(
        self, input_ids: Any, attention_mask: Any, token_type_ids: Any = None
    ) -> tuple[Any, Any]:
        """Return logits of shape (B, C), or (B, T, C), and the pooled embedding of shape (B, H)."""
        segments = {} if token_type_ids is None else {"token_type_ids": token_type_ids}
        states_bth = self.encoder(
            input_ids=input_ids, attention_mask=attention_mask, **segments
        ).last_hidden_state
        mask_bt1 = attention_mask.unsqueeze(-1).to(states_bth.dtype)
        pooled_bh = (states_bth * mask_bt1).sum(1) / mask_bt1.sum(1).clamp(min=1)
        if self.weight_ch is None:
            return pooled_bh * 1.0, pooled_bh
        read = states_bth if self.each else pooled_bh
        return torch.nn.functional.linear(read, self.weight_ch, self.bias_c), pooled_bh


def load_encoder(folder: Path, *, attention: str = "sdpa") -> EncoderModule:
    """Return the module of an encoder's model folder, ready to answer (dropout off)."""
    encoder_folder = folder / ENCODER_FOLDER
    for name in ("config.json", "model.safetensors"):
        existing(encoder_folder / name)
    try:
        encoder = open_encoder(encoder_folder, attention)
    except (OSError, ValueError, SafetensorError) as error:
        raise damaged(encoder_folder, f"not loadable as an encoder ({error})") from error
    card = read_card(folder)
    if card.kind == KIND:
        module = EncoderModule(encoder, None, None)
    else:
        classes = 2 if is_reader(card) else card.readout.classes
        sizes = {"C": classes, "H": int(encoder.config.hidden_size)}
        path = folder / (SPAN_FILE if is_reader(card) else HEAD_FILE)
        weight, bias = read_tensors(path, {"weight": "CH", "bias": "C"}, sizes)
        tensors = torch.from_numpy(weight), torch.from_numpy(bias)
        module = EncoderModule(encoder, *tensors, each=reads_tokens(card))
    module.eval()  # on the outermost module: export would put a wrapper back into training mode
    return module


def open_encoder(folder: Path, attention: str) -> Any:
    """Return the encoder of a folder in float32; raise ValueError where weights are missing."""
    with quiet():
        encoder, found = AutoModel.from_pretrained(
            str(folder),
            attn_implementation=attention,
            local_files_only=True,
            use_safetensors=True,
            trust_remote_code=False,
            dtype=torch.float32,
            output_loading_info=True,
        )
    missing = sorted(key for key in found["missing_keys"] if "pooler" not in key.split("."))
    if missing:  # transformers would draw them at random and only warn
        raise ValueError(f"weights are missing: {', '.join(missing)}")
    return encoder


@contextmanager
def quiet() -> Iterator[None]:
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
