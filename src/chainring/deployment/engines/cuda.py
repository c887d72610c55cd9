"""Engine `cuda.v1`: an encoder in bfloat16 on a GPU, each shape of a batch recorded once.

Enters an encoder's model folder, leaves a Predictor; needs the training extra and a GPU. Launching
the kernels of a small encoder one by one takes the processor longer than the GPU needs to run
them; a CUDA graph launches them all at once, but only for the shape it was recorded with. Batches
are therefore padded to few shapes: texts to a power of two, tokens to a multiple of 16.

Attention is the eager one: the others look at the mask while a graph is recorded, which fails.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from chainring.contracts.errors import InputError, MissingPackageError
from chainring.contracts.said import Said
from chainring.deployment.engines.biencoder import encoder_predictor
from chainring.deployment.engines.encoder import Ids, Tokens
from chainring.deployment.engines.text_predictor import TextPredictor
from chainring.deployment.model_folder import TOKENIZER_FILE, Floats, read_card

GRAPHS = 96
"""Recorded shapes that are kept; each holds the activations of its batch."""
TOKENS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """Fixed inputs, fixed outputs, and what computes the ones from the others."""

    inputs: Sequence[Any]
    outputs: Sequence[Any]
    replay: Callable[[], None]


Record = Callable[[Sequence[Any]], Recorded]


def cuda_predictor(folder: Path, *, threads: int = 0) -> TextPredictor:
    """Return the predictor of an encoder's model folder on the first GPU.

    Raises
    ------
    InputError
        When there is no GPU that torch can use.
    """
    try:
        import torch

        from chainring.deployment.engines.encoder_module import ENCODER_FOLDER, load_encoder
    except ImportError as error:
        raise MissingPackageError(
            "torch", extra="train", needed_for=Said("serving on a GPU", zh="在 GPU 上部署")
        ) from error
    if not torch.cuda.is_available():
        raise InputError(
            "this form is served on a GPU and torch finds none here; turn again on this machine, "
            "or set hardware.device to 'cpu'"
        )
    card = read_card(folder)
    module = load_encoder(folder, attention="eager").to("cuda", torch.bfloat16)
    run = Graphs(lambda inputs: _recorded(module, inputs), most_tokens=card.max_tokens)
    path = folder / ENCODER_FOLDER / TOKENIZER_FILE
    return encoder_predictor(card, folder, Tokens(path, max_tokens=card.max_tokens), run)


class Graphs:
    """Runs batches by the recording of their padded shape; the least used recordings go first."""

    def __init__(self, record: Record, *, most_tokens: int, device: str = "cuda") -> None:
        self._record, self._most, self._device = record, most_tokens, device
        self._known: OrderedDict[tuple[int, int, int], Recorded] = OrderedDict()

    def __call__(self, *inputs: Ids) -> tuple[Floats, Floats]:
        """Return logits and embeddings of input ids, mask and, of pairs, segments."""
        texts, tokens = inputs[0].shape
        shape = padded_shape(texts, tokens, most_tokens=self._most)
        recorded = self._recorded((*shape, len(inputs)))
        for place, (fixed, given) in enumerate(zip(recorded.inputs, inputs, strict=True)):
            fixed.copy_(_from(_widened(given, shape, fill=int(place == 1))))
        recorded.replay()
        logits, embedding = (one[:texts].float().cpu().numpy().copy() for one in recorded.outputs)
        return (logits[:, :tokens] if logits.ndim == 3 else logits), embedding

    def _recorded(self, key: tuple[int, int, int]) -> Recorded:
        if key not in self._known:
            texts, tokens, count = key
            blank = [np.ones((texts, tokens), dtype=np.int64) for _ in range(count)]
            self._known[key] = self._record([_from(one).to(self._device) for one in blank])
            while len(self._known) > GRAPHS:
                self._known.popitem(last=False)
        self._known.move_to_end(key)
        return self._known[key]


def padded_shape(texts: int, tokens: int, *, most_tokens: int) -> tuple[int, int]:
    """Return the shape that a batch is padded to.

    >>> padded_shape(5, 17, most_tokens=128), padded_shape(1, 120, most_tokens=120)
    ((8, 32), (1, 120))
    """
    wide = -(-tokens // TOKENS) * TOKENS
    return 1 << (texts - 1).bit_length(), max(tokens, min(wide, most_tokens))


def _widened(table: Ids, shape: tuple[int, int], *, fill: int) -> Ids:
    """Return a table with rows and columns of padding.

    A row of padding is filled: one without any attended token would divide by zero.
    """
    wide = np.zeros(shape, dtype=np.int64)
    wide[len(table) :] = fill
    wide[: table.shape[0], : table.shape[1]] = table
    return wide


def _from(table: Ids) -> Any:
    import torch

    return torch.from_numpy(table)


def _recorded(module: Any, inputs: Sequence[Any]) -> Recorded:
    import torch

    with torch.inference_mode():
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):  # what is chosen at a first run must not be recorded
            for _ in range(3):
                module(*inputs)
        torch.cuda.current_stream().wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            outputs = module(*inputs)
    return Recorded(inputs=inputs, outputs=outputs, replay=graph.replay)
