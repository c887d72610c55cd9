"""A base that goes on learning: its network under the objective, and its tokeniser.

Enters a base, leaves both opened:

    tokenizer = open_base_tokenizer(base)
    model = open_base(base, tokenizer, options, max_tokens=128)
"""

from __future__ import annotations

from typing import Any

from chainring.contracts.errors import InputError
from chainring.training.base import Base
from chainring.training.dropouts import set_dropouts
from chainring.training.objectives.objective import OBJECTIVES, sentinels_of
from chainring.training.objectives.settings import PretrainSettings
from chainring.training.tokenisers.special import marks_of

KEY = "training.pretrain.continue_from"


def open_base_tokenizer(base: Base) -> Any:
    """Return the base's tokeniser, cutting and padding nothing."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(base.folder / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def open_base(base: Base, tokenizer: Any, options: PretrainSettings, *, max_tokens: int) -> Any:
    """Return the base's network with the objective's head, in float32.

    Raises
    ------
    InputError
        The objective cannot go on with this kind of network, with so many tokens, or with this
        tokeniser; all faults at once.
    """
    import torch
    import transformers as hf

    objective = OBJECTIVES[options.objective]
    config = hf.AutoConfig.from_pretrained(str(base.folder), trust_remote_code=False)
    faults = []
    if config.model_type not in objective.kinds:
        faults.append(
            f"objective {options.objective!r} goes on with {', '.join(objective.kinds)}; "
            f"found {config.model_type}"
        )
    places = getattr(config, "max_position_embeddings", None) or max_tokens
    if max_tokens > places:
        faults.append(f"training.pretrain.max_tokens: {max_tokens} is over its {places} places")
    if options.objective in ("masked", "denoising") and marks_of(tokenizer).mask is None:
        faults.append("its tokeniser has no [MASK]")
    if options.objective == "spans" and not sentinels_of(tokenizer):
        faults.append("its tokeniser has no <extra_id_0>")
    if faults:
        raise InputError(f"{KEY}: {base.name!r} cannot go on learning like this", faults=faults)
    opens = "BertForPreTraining" if options.next_sentence else objective.opens
    set_dropouts(config, options.dropout or 0.0)
    return getattr(hf, opens).from_pretrained(
        str(base.folder),
        config=config,
        dtype=torch.float32,
        use_safetensors=True,
        trust_remote_code=False,
    )
