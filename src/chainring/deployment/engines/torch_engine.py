"""Engine `torch.v1`: runs the model folder itself, as it was trained; needs the training extra.

It is the yardstick of parity and of tests, not what is served.
"""

from __future__ import annotations

from pathlib import Path

from chainring.contracts.errors import MissingPackageError
from chainring.contracts.said import Said
from chainring.deployment.engines.biencoder import encoder_predictor
from chainring.deployment.engines.encoder import Ids, Tokens
from chainring.deployment.engines.text_predictor import TextPredictor
from chainring.deployment.model_folder import TOKENIZER_FILE, Floats, read_card


def torch_predictor(folder: Path, *, threads: int = 0) -> TextPredictor:
    """Return the predictor of an encoder's model folder; `threads` above 0 is set process-wide."""
    try:
        import torch

        from chainring.deployment.engines.encoder_module import ENCODER_FOLDER, load_encoder
    except ImportError as error:
        raise MissingPackageError(
            "torch",
            extra="train",
            needed_for=Said("running a model as it was trained", zh="按训练时的原样运行模型"),
        ) from error
    card = read_card(folder)
    if threads:
        torch.set_num_threads(threads)
    module = load_encoder(folder)

    def run(*inputs: Ids) -> tuple[Floats, Floats]:
        with torch.inference_mode():
            outputs = module(*(torch.from_numpy(each) for each in inputs))
        logits_bc, embedding_bh = (output.numpy() for output in outputs)
        return logits_bc, embedding_bh

    path = folder / ENCODER_FOLDER / TOKENIZER_FILE
    return encoder_predictor(card, folder, Tokens(path, max_tokens=card.max_tokens), run)
