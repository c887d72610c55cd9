"""Reads what a model or form folder says of itself; a damaged folder is refused by name.

Enters a folder with `model.json` (and `golden.jsonl`, safetensors, JSON lists), leaves checked
values. Every reader raises DamagedError with the file and the next step.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainring.contracts.errors import DamagedError, MissingPackageError
from chainring.text.redact import OLDEST_RULES, rule_sets

Floats = NDArray[np.float32]

FORMAT = 1
MODEL_FILE = "model.json"
GOLDEN_FILE = "golden.jsonl"
TOKENIZER_FILE = "tokenizer.json"
ONNX_FILE = "model.onnx"
NEXT_STEP = "make the model again with `chainring turn`, or go back with `chainring rollback`"


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What `model.json` says: kind, labels in the order of the logits, and how to answer.

    `max_tokens` is 0 for a model that reads no tokens. `rules` are those of redaction by which its
    texts were prepared; a card without them is of the time when there was one set.
    """

    kind: str
    labels: tuple[str, ...]
    threshold: float
    temperature: float
    redact: bool
    rules: str = OLDEST_RULES
    max_tokens: int = 0
    languages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Golden:
    """Texts and what the trained model answered to them, float32 of shape (texts, labels)."""

    texts: tuple[str, ...]
    probabilities: Floats


def damaged(path: Path, found: str) -> DamagedError:
    """Return the error that says what is wrong with the file `path` and what to do."""
    return DamagedError(f"{path}: {found}; {NEXT_STEP}")


def existing(path: Path) -> Path:
    """Return `path`, or raise DamagedError when no file is there."""
    if not path.is_file():
        raise damaged(path, "the file is missing")
    return path


def read_json(path: Path) -> Any:
    """Return the content of a JSON file; raise DamagedError when it is none."""
    try:
        return json.loads(existing(path).read_bytes())
    except ValueError as error:
        raise damaged(path, f"not readable as JSON ({error})") from error


def read_card(folder: Path) -> Card:
    """Return what `model.json` of a model or form folder says.

    Raises
    ------
    DamagedError
        With all faults at once when a key is missing or of a wrong kind.
    """
    path = folder / MODEL_FILE
    data = read_json(path)
    faults = _card_faults(data)
    if faults:
        raise damaged(path, "; ".join(faults))
    return Card(
        kind=data["kind"],
        labels=tuple(data["labels"]),
        threshold=float(data["threshold"]),
        temperature=float(data["temperature"]),
        redact=bool(data["preparation"]["redact"]),
        rules=data["preparation"].get("rules", OLDEST_RULES),
        max_tokens=int(data.get("max_tokens") or 0),
        languages=tuple(data.get("languages", ())),
    )


def _card_faults(data: Any) -> list[str]:
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        return [f"expected format {FORMAT}"]
    labels, temperature = data.get("labels"), data.get("temperature")
    preparation = data.get("preparation") or {}
    checks = {
        "kind is not a text": isinstance(data.get("kind"), str),
        "labels is not a list of two texts or more": isinstance(labels, list)
        and len(labels) >= 2
        and all(isinstance(label, str) for label in labels),
        "threshold is not a number": isinstance(data.get("threshold"), int | float),
        "temperature is not above 0": isinstance(temperature, int | float) and temperature > 0,
        "preparation.redact is missing": "redact" in preparation,
        f"preparation.rules is none of {', '.join(rule_sets())}": preparation.get(
            "rules", OLDEST_RULES
        )
        in rule_sets(),
        **(_encoder_checks(data) if data.get("kind") == "encoder" else {}),
    }
    return [fault for fault, holds in checks.items() if not holds]


def _encoder_checks(data: dict[str, Any]) -> dict[str, bool]:
    max_tokens = data.get("max_tokens")
    return {
        "max_tokens is not a whole number of 3 or more": isinstance(max_tokens, int)
        and max_tokens >= 3,
        "pooling is not mean": data.get("pooling") == "mean",
    }


def read_golden(folder: Path) -> Golden:
    """Return the golden texts of a folder and the trained model's probabilities for them."""
    path, labels = folder / GOLDEN_FILE, len(read_card(folder).labels)
    lines = existing(path).read_bytes().splitlines()
    try:
        rows = [json.loads(line) for line in lines if line]
        texts = tuple(str(row["text"]) for row in rows)
        values = np.array([row["probabilities"] for row in rows], dtype=np.float32)
    except (ValueError, KeyError, TypeError) as error:
        raise damaged(path, f"a line is not as expected ({error!r})") from error
    if values.shape != (len(texts), labels) or not texts:
        raise damaged(path, f"expected rows of {labels} probabilities, found {values.shape}")
    return Golden(texts=texts, probabilities=values)


def read_tensors(path: Path, axes: Mapping[str, str], sizes: Mapping[str, int]) -> list[Floats]:
    """Return the named float32 arrays of a safetensors file, in the order of `axes`.

    Parameters
    ----------
    path
        The file.
    axes
        For each array its axes, a letter each, such as `{"weight": "CH", "bias": "C"}`.
    sizes
        Known sizes by letter; a letter that is not there is free but must agree everywhere.
    """
    arrays = _load_safetensors(path)
    found = dict(sizes)
    faults = []
    for name, letters in axes.items():
        shape = arrays[name].shape if name in arrays else None
        wanted = tuple(found.setdefault(a, n) for a, n in zip(letters, shape or (), strict=False))
        if shape is None or shape != wanted or len(shape) != len(letters):
            faults.append(f"{name} should have axes {letters} {found}, found {shape}")
    if faults:
        raise damaged(path, "; ".join(faults))
    return [np.ascontiguousarray(arrays[name], dtype=np.float32) for name in axes]


def _load_safetensors(path: Path) -> dict[str, NDArray[Any]]:
    try:
        from safetensors import SafetensorError
        from safetensors.numpy import load_file
    except ImportError as error:
        raise MissingPackageError(
            "safetensors", extra="serve", needed_for="serving a model"
        ) from error
    try:
        return dict(load_file(existing(path)))
    except SafetensorError as error:
        raise damaged(path, f"not readable as safetensors ({error})") from error
