"""The networks of writers: transformers' own configurations, from random weights or from a base.

Enter settings and the size of a vocabulary, or a folder, leaves a network of transformers:

    seq2seq_network(settings, tokens=4000)
    open_writer(folder)                                    # T5, Marian, BART, GPT-2, Llama, ...
    started_encoder(folder, settings, tokens=4000)         # a pre-trained encoder, a new decoder

The last is S. Rothe and others 2020, "Leveraging pre-trained checkpoints for sequence generation
tasks", section 3 (BERT2RND): the decoder starts from random weights, since its vocabulary is that
of what is written and not the encoder's.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from chainring.contracts.errors import InputError
from chainring.training.dropouts import set_dropouts
from chainring.training.generators.settings import DecoderSettings, Seq2SeqSettings, WriterSettings
from chainring.training.tokenisers.special import CLS, PAD, SEP

_IDS = {"pad_token_id": PAD, "bos_token_id": CLS, "eos_token_id": SEP}


def seq2seq_network(settings: Seq2SeqSettings, *, tokens: int) -> Any:
    """Return an encoder–decoder of random weights with one embedding for all tokens.

    `m2m100` has its norms before each sublayer, `marian` after it, as the first Transformer had:
    R. Xiong and others 2020, "On layer normalization in the Transformer architecture", figure 1.
    """
    from transformers import (
        M2M100Config,
        M2M100ForConditionalGeneration,
        MarianConfig,
        MarianMTModel,
        T5Config,
        T5ForConditionalGeneration,
    )

    _divides(settings)
    if settings.architecture == "t5":
        return T5ForConditionalGeneration(
            T5Config(
                vocab_size=tokens,
                d_model=settings.hidden,
                d_kv=settings.hidden // settings.heads,
                d_ff=settings.inner,
                num_layers=settings.layers,
                num_heads=settings.heads,
                dropout_rate=settings.dropout,
                decoder_start_token_id=PAD,
                **_IDS,
            )
        )
    shared: dict[str, Any] = {
        "vocab_size": tokens,
        "d_model": settings.hidden,
        "encoder_layers": settings.layers,
        "decoder_layers": settings.layers,
        "encoder_attention_heads": settings.heads,
        "decoder_attention_heads": settings.heads,
        "encoder_ffn_dim": settings.inner,
        "decoder_ffn_dim": settings.inner,
        "activation_function": "relu",
        "dropout": settings.dropout,
        "attention_dropout": 0.0,
        "activation_dropout": 0.0,
        "init_std": settings.hidden**-0.5,
        "scale_embedding": True,
        "max_position_embeddings": _places(settings),
        "forced_eos_token_id": SEP,
        **_IDS,
    }
    if settings.architecture == "marian":
        return MarianMTModel(MarianConfig(decoder_start_token_id=PAD, **shared))
    return M2M100ForConditionalGeneration(
        M2M100Config(  # padding has no place in a text here, so that it cannot start one
            decoder_start_token_id=CLS,
            encoder_layerdrop=0.0,
            decoder_layerdrop=0.0,
            **shared,
        )
    )


def decoder_network(settings: DecoderSettings, *, tokens: int) -> Any:
    """Return a causal Transformer of random weights."""
    from transformers import GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM

    _divides(settings)
    if settings.architecture == "llama":
        return LlamaForCausalLM(
            LlamaConfig(
                vocab_size=tokens,
                hidden_size=settings.hidden,
                intermediate_size=settings.inner,
                num_hidden_layers=settings.layers,
                num_attention_heads=settings.heads,
                max_position_embeddings=_places(settings),
                attention_dropout=settings.dropout,
                tie_word_embeddings=True,
                **_IDS,
            )
        )
    return GPT2LMHeadModel(
        GPT2Config(
            vocab_size=tokens,
            n_embd=settings.hidden,
            n_inner=settings.inner,
            n_layer=settings.layers,
            n_head=settings.heads,
            n_positions=_places(settings),
            resid_pdrop=settings.dropout,
            embd_pdrop=settings.dropout,
            attn_pdrop=settings.dropout,
            **_IDS,
        )
    )


def open_writer(folder: Path, *, dropout: float | None = None) -> Any:
    """Return the encoder–decoder or the decoder of a folder, in float32.

    An encoder that stands alone becomes a decoder: it is read from left to right from now on, and
    what it learnt of words stays. Without `dropout` the folder's own stays, too.
    """
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForSeq2SeqLM

    family = AutoModelForSeq2SeqLM if is_encoder_decoder(folder) else AutoModelForCausalLM
    config = AutoConfig.from_pretrained(str(folder), trust_remote_code=False)
    if dropout is not None:
        set_dropouts(config, dropout)
    if family is AutoModelForCausalLM and config.model_type == "bert":
        config.is_decoder = True
    network = family.from_pretrained(
        str(folder), config=config, dtype=torch.float32, use_safetensors=True,
        trust_remote_code=False,
    )  # fmt: skip
    return network


def end_with(network: Any, tokeniser: Any) -> None:
    """Tell a network which marks its tokeniser ends and pads with."""
    for config in (network.config, network.generation_config):
        config.eos_token_id = tokeniser.eos_token_id
        config.pad_token_id = tokeniser.pad_token_id


def started_encoder(folder: Path, settings: Seq2SeqSettings, *, tokens: int) -> Any:
    """Return an encoder–decoder whose encoder is the folder's and whose decoder is new.

    The encoder keeps its own dropout unless the recipe gives one.
    """
    import torch
    from transformers import (
        AutoConfig,
        AutoModel,
        BertConfig,
        BertLMHeadModel,
        EncoderDecoderModel,
    )

    _divides(settings)
    config = AutoConfig.from_pretrained(str(folder), trust_remote_code=False)
    if settings.dropout_of_a_base is not None:
        set_dropouts(config, settings.dropout_of_a_base)
    encoder = AutoModel.from_pretrained(
        str(folder), config=config, dtype=torch.float32, use_safetensors=True,
        trust_remote_code=False,
    )  # fmt: skip
    decoder = BertLMHeadModel(
        BertConfig(
            vocab_size=tokens,
            hidden_size=settings.hidden,
            num_hidden_layers=settings.layers,
            num_attention_heads=settings.heads,
            intermediate_size=settings.inner,
            hidden_dropout_prob=settings.dropout,
            attention_probs_dropout_prob=0.0,
            max_position_embeddings=_places(settings),
            is_decoder=True,
            add_cross_attention=True,
            **_IDS,
        )
    )
    network = EncoderDecoderModel(encoder=encoder, decoder=decoder)
    for config in (network.config, network.generation_config):
        config.decoder_start_token_id, config.pad_token_id, config.eos_token_id = CLS, PAD, SEP
        config.bos_token_id = CLS
    return network


def is_encoder_decoder(folder: Path) -> bool:
    """Whether a folder holds both halves."""
    found = config_of(folder)
    if "is_encoder_decoder" in found:
        return bool(found["is_encoder_decoder"])
    return found.get("model_type") in ("t5", "mt5", "marian", "bart", "mbart", "encoder-decoder")


def is_encoder(folder: Path) -> bool:
    """Whether a folder holds an encoder alone, as `AutoModel` opens it for features."""
    names = config_of(folder).get("architectures") or [""]
    return not is_encoder_decoder(folder) and not any("LM" in name for name in names)


def config_of(folder: Path) -> dict[str, Any]:
    """Return what `config.json` of a folder says."""
    found: dict[str, Any] = json.loads((folder / "config.json").read_text("utf-8"))
    return found


def _places(settings: WriterSettings) -> int:
    return settings.max_input_tokens + settings.max_output_tokens + 8


def _divides(settings: WriterSettings) -> None:
    if settings.hidden % settings.heads or (settings.hidden // settings.heads) % 2:
        raise InputError(
            f"hidden {settings.hidden} must be an even multiple of heads {settings.heads}; "
            "take hidden = 128 and heads = 4, say"
        )
