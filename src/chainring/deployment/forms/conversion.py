"""A model that writes becomes a folder for CTranslate2; needs the training extra and ctranslate2.

Enters the model folder, leaves `ctranslate2/` (weights), the tokenisers and `writing.json`:

| key | what it is |
|---|---|
| pair | whether an encoder reads and a decoder writes |
| start, end, pad | ids of tokens |
| forced_end | whether what is cut at its longest ends with the mark of the end |
| banned | sequences of ids that are never written |
| template, marks | how a conversation is worded, and the marks it may name |

CTranslate2 is told ids instead of tokens as its vocabulary, so that no tokeniser has to agree with
it. Its own converter for Marian takes the last row of the vocabulary for padding and starts from a
zero embedding; ours pads with the first and starts from its embedding, as training did. Its own
for M2M100 takes the number of padding for 1, and so the first place of a text for 2.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from chainring.contracts.errors import MissingPackageError, RefusedError
from chainring.deployment.forms.sentences import say
from chainring.deployment.model_folder import TOKENIZER_FILE

WEIGHTS_FOLDER, FACTS_FILE = "ctranslate2", "writing.json"
READING, WRITING = "reading", "writing"
FAMILIES = {
    "bart": "BartLoader",
    "mbart": "MBartLoader",
    "m2m_100": "M2M100Loader",
    "t5": "T5Loader",
    "mt5": "MT5Loader",
    "gpt2": "GPT2Loader",
    "llama": "LlamaLoader",
    "mistral": "MistralLoader",
    "qwen2": "Qwen2Loader",
    "qwen3": "Qwen3Loader",
}
"""Loaders of CTranslate2 by the `model_type` of a network; marian has one of our own."""


def convert(source: Path, folder: Path, *, quantization: str) -> None:
    """Write the network of a model folder for CTranslate2, with `float32` or `int8` weights.

    Raises
    ------
    RefusedError
        CTranslate2 has no such network, or the tokeniser is none that serves without transformers.
    MissingPackageError
        Without ctranslate2 or the training extra.
    """
    try:
        from ctranslate2.converters import transformers as families
        from transformers import AutoTokenizer

        from chainring.deployment.engines.writer import open_network
    except ImportError as error:
        raise MissingPackageError(
            str(error.name), extra="train,writers", needed_for=say("converted form")
        ) from error
    network = open_network(source / "writer")
    writing = AutoTokenizer.from_pretrained(str(source / "writer"), trust_remote_code=False)
    spec_of = _family(families, network.config)
    facts = _facts(network, writing)
    _copy_tokenisers(source, folder)
    (folder / FACTS_FILE).write_text(json.dumps(facts, ensure_ascii=False), encoding="utf-8")
    try:
        spec = spec_of(network)
        _say_ids(spec, network, facts)
        spec.validate()
        spec.optimize(quantization=quantization)
    except (ValueError, NotImplementedError, KeyError, AttributeError) as error:
        told = f"{type(error).__name__}: {error}"
        raise RefusedError(say("not converted", error=told)) from error
    target = folder / WEIGHTS_FOLDER
    target.mkdir()
    spec.save(str(target))


def _family(families: Any, config: Any) -> Callable[[Any], Any]:
    """Return what makes a specification of CTranslate2 from a network of this kind."""
    kind = str(config.model_type)
    if kind == "marian":
        config.normalize_before = config.normalize_embedding = False
        kind = "bart"
    if kind not in FAMILIES:
        known = ", ".join(sorted([*FAMILIES, "marian"]))
        raise RefusedError(say("other network", known=known, kind=kind))
    loader = getattr(families, FAMILIES[kind])()
    if kind == "m2m_100":
        loader.set_position_encodings = _places_after_padding
    made: Callable[[Any], Any] = loader.get_model_spec
    return made


def _places_after_padding(spec: Any, module: Any) -> None:
    spec.encodings = module.weights[module.padding_idx + 1 :]


def _say_ids(spec: Any, network: Any, facts: dict[str, Any]) -> None:
    ids = [str(number) for number in range(int(network.config.vocab_size))]
    if facts["pair"]:
        spec.register_source_vocabulary(ids)
        spec.register_target_vocabulary(ids)
        spec.config.decoder_start_token = str(facts["start"])
    else:
        spec.register_vocabulary(ids)
    spec.config.bos_token = spec.config.unk_token = str(facts["pad"])
    spec.config.eos_token = str(facts["end"])
    epsilon = getattr(network.config, "rms_norm_eps", None)
    if epsilon is not None:
        spec.config.layer_norm_epsilon = epsilon


def _facts(network: Any, writing: Any) -> dict[str, Any]:
    how, config = network.generation_config, network.config
    pad = how.pad_token_id if how.pad_token_id is not None else writing.pad_token_id
    ends = how.eos_token_id if how.eos_token_id is not None else writing.eos_token_id
    if isinstance(ends, list):
        raise RefusedError(say("several ends"))
    if how.forced_bos_token_id is not None:
        raise RefusedError(say("forced begin"))
    return {
        "pair": bool(config.is_encoder_decoder),
        "start": how.decoder_start_token_id,
        "end": int(ends),
        "pad": int(pad or 0),
        "forced_end": how.forced_eos_token_id is not None,
        "banned": list(how.bad_words_ids or []),
        "template": writing.chat_template,
        "marks": {name: str(mark) for name, mark in writing.special_tokens_map.items()},
    }


def _copy_tokenisers(source: Path, folder: Path) -> None:
    """Copy both tokenisers; what is read by the one it is written with is not copied twice."""
    for name, place in ((WRITING, source / "writer"), (READING, source / READING)):
        if not place.is_dir():
            continue
        file = place / TOKENIZER_FILE
        if not file.is_file():
            raise RefusedError(say("no tokeniser", file=TOKENIZER_FILE))
        (folder / name).mkdir()
        shutil.copyfile(file, folder / name / TOKENIZER_FILE)
