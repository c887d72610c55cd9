"""A random BERT of a few thousand weights, as a base folder that transformers opens."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any


def tiny_bert(
    folder: Path,
    texts: Sequence[str],
    *,
    layers: int = 2,
    vocabulary: int = 400,
    positions: int = 64,
    dropout: float = 0.1,
    **config: Any,
) -> Path:
    """Write a BERT, 32 wide with two heads, and a tokeniser that reads the texts."""
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast, set_seed

    from chainring.training.vocabulary import SPECIAL, own_tokenizer

    tokenizer = own_tokenizer(list(texts), size=vocabulary)
    set_seed(1)
    facts: dict[str, Any] = {
        "vocab_size": max(100, tokenizer.get_vocab_size()),
        "hidden_size": 32,
        "num_hidden_layers": layers,
        "num_attention_heads": 2,
        "intermediate_size": 64,
        "max_position_embeddings": positions,
        "hidden_dropout_prob": dropout,
        "attention_probs_dropout_prob": dropout,
        "pad_token_id": 0,
    }
    BertModel(BertConfig(**facts | config)).save_pretrained(folder)
    names: dict[str, Any] = {f"{name.strip('[]').lower()}_token": name for name in SPECIAL}
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, **names).save_pretrained(folder)
    return folder
