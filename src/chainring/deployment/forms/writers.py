"""The forms of a model that writes, and of one that reads answers off passages.

| form | engine | numbers | needs to serve |
|---|---|---|---|
| exact, of writers | transformers | float32 | torch |
| float32, of writers | CTranslate2 | float32 | ctranslate2 |
| int8, of writers | CTranslate2 | 8-bit weights, activations rounded at run time | ctranslate2 |
| exact, of readers | onnxruntime | float32 | onnxruntime |
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from chainring.deployment.engines.passages import PASSAGES_FILE
from chainring.deployment.forms.parity import Tolerances
from chainring.deployment.forms.parts import FormPart, Making, copy_files, copy_model
from chainring.deployment.forms.sentences import say
from chainring.deployment.settings import ParitySettings


def _write_converted(making: Making, *, quantization: str) -> None:
    from chainring.deployment.forms.conversion import convert

    passages = [PASSAGES_FILE] if (making.source / PASSAGES_FILE).is_file() else []
    copy_files(making.source, making.folder, *passages)
    convert(making.source, making.folder, quantization=quantization)


def _same(_: ParitySettings) -> Tolerances:
    return Tolerances(
        because=say("same weights"),
        tie=0.0,
        min_cosine=1.0,
        min_agreement=1.0,
    )


def _searched_alike(settings: ParitySettings) -> Tolerances:
    return Tolerances(
        because=say("beams"),
        tie=0.0,
        min_cosine=settings.written_float32_min_likeness,
        min_agreement=settings.written_float32_min_same,
    )


def _eight_bits(settings: ParitySettings) -> Tolerances:
    return Tolerances(
        because=say("eight bits"),
        tie=0.0,
        min_cosine=settings.written_int8_min_likeness,
        min_agreement=settings.written_int8_min_same,
    )


WRITING = FormPart(
    name="exact",
    engine="generator",
    write=copy_model,
    tolerances=_same,
    packages=("torch", "transformers"),
    extra="train",
    fallback=True,
)
FLOAT32 = FormPart(
    name="float32",
    engine="ctranslate2",
    write=partial(_write_converted, quantization="float32"),
    tolerances=_searched_alike,
    packages=("ctranslate2",),
    extra="writers",
)
INT8 = FormPart(
    name="int8",
    engine="ctranslate2",
    write=partial(_write_converted, quantization="int8"),
    tolerances=_eight_bits,
    packages=("ctranslate2",),
    extra="writers",
)
READING_TORCH = replace(WRITING, name="torch")
