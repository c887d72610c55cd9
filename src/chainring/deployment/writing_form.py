"""The form of a model that writes: the model folder as it is, run by engine `generator`."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from chainring.deployment.form_parts import FormPart
from chainring.deployment.parity import Tolerances
from chainring.deployment.settings import ParitySettings

LEFT_OUT = ("README.md",)


def _write(source: Path, folder: Path, earlier: Mapping[str, Path]) -> None:
    del earlier
    shutil.copytree(source, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns(*LEFT_OUT))


def _tolerances(_: ParitySettings) -> Tolerances:
    return Tolerances(
        because="the same weights, written token by token as in training",
        tie=0.0,
        min_cosine=1.0,
        min_agreement=1.0,
    )


WRITING = FormPart(
    name="exact",
    engine="generator",
    write=_write,
    tolerances=_tolerances,
    packages=("torch", "transformers"),
)
