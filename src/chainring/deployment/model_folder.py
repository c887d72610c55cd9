"""Reads what a model or form folder says of itself; a damaged folder is refused by name.

Enters a folder with `model.json` (and `golden.jsonl`, safetensors, JSON lists), leaves checked
values. Every reader raises DamagedError with the file and the next step.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainring.contracts.dataset import Task
from chainring.contracts.errors import DamagedError, InputError, MissingPackageError
from chainring.contracts.said import Said
from chainring.contracts.tasks import TASKS, Form
from chainring.contracts.values import Input
from chainring.stats.readout import Costs, Readout, Transitions, rows_read, token_classes
from chainring.text.redact import OLDEST_RULES, rule_sets

Floats = NDArray[np.float32]

FORMAT = 1
MODEL_FILE = "model.json"
GOLDEN_FILE = "golden.jsonl"
TOKENIZER_FILE = "tokenizer.json"
ONNX_FILE = "model.onnx"
MAX_TEXT_MIB = 128
"""Largest file of JSON that is opened: several times what the largest vocabularies take."""
_LEAST_LABELS: dict[Form, int] = {"one": 2, "several": 1, "tags": 1, "number": 0, "text": 0}
NEXT_STEP = "make the model again with `chainring turn`, or go back with `chainring rollback`"


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What `model.json` says: kind, labels in the order of the logits, and how to answer.

    `max_tokens` is 0 for a model that reads no tokens. `rules` are those of redaction by which its
    texts were prepared; a card without them is of the time when there was one set. `facts` is the
    whole file, for an engine that has keys of its own.
    """

    kind: str
    labels: tuple[str, ...]
    threshold: float
    temperature: float
    redact: bool
    rules: str = OLDEST_RULES
    max_tokens: int = 0
    languages: tuple[str, ...] = ()
    task: Task = "classification"
    cut: float = 0.5
    margin: float = 0.0
    sureness: float = 1.0
    transitions: Transitions = ()
    costs: Costs = ()
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def readout(self) -> Readout:
        """How the model's logits become values."""
        return Readout(
            task=self.task,
            labels=self.labels,
            temperature=self.temperature,
            cut=self.cut,
            margin=self.margin,
            sureness=self.sureness,
            transitions=self.transitions,
            costs=self.costs,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Golden:
    """Texts (or pairs) and what the trained model answered to them.

    `probabilities` are float32 of shape (texts, labels), of tagging a row a token, of regression
    the numbers; a model that writes has `outputs` instead. `readout` says what is answered by them.
    """

    texts: tuple[Input, ...]
    probabilities: Floats
    readout: Readout
    outputs: tuple[str, ...] = ()


def is_reader(card: Card) -> bool:
    """Whether the model reads answers off passages."""
    return "answering" in card.facts


def reads_tokens(card: Card) -> bool:
    """Whether the model says something of each token, and not of the text."""
    return is_reader(card) or card.readout.form == "tags"


def damaged(path: Path, found: str) -> DamagedError:
    """Return the error that says what is wrong with the file `path` and what to do."""
    return DamagedError(f"{path}: {found}; {NEXT_STEP}")


def existing(path: Path) -> Path:
    """Return `path`, or raise DamagedError when no file is there."""
    if not path.is_file():
        raise damaged(path, "the file is missing")
    return path


def read_text(path: Path) -> bytes:
    """Return a file of JSON as it is; raise DamagedError where it is missing or too large."""
    size_mib = existing(path).stat().st_size >> 20
    if size_mib >= MAX_TEXT_MIB:
        raise damaged(path, f"{size_mib:,} MiB; at most {MAX_TEXT_MIB} are opened")
    return path.read_bytes()


def read_json(path: Path) -> Any:
    """Return the content of a JSON file; raise DamagedError when it is none."""
    try:
        return json.loads(read_text(path))
    except (ValueError, RecursionError) as error:  # nested too deep: the latter
        raise damaged(path, f"not readable as JSON ({error})") from error


def read_card(folder: Path) -> Card:
    """Return what `model.json` of a model or form folder says.

    Raises
    ------
    InputError
        When a newer version wrote it in another form.
    DamagedError
        With all faults at once when a key is missing or of a wrong kind.
    """
    path = folder / MODEL_FILE
    data = read_json(path)
    _require_known(path, data)
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
        task=data.get("task", "classification"),
        cut=float(data.get("cut", 0.5)),
        margin=float(data.get("margin", 0.0)),
        sureness=float(data.get("sureness", 1.0)),
        transitions=rows_read(data.get("transitions", ())),
        costs=rows_read(data.get("costs", ())),
        facts=data,
    )


def _require_known(path: Path, data: Any) -> None:
    found = data.get("format") if isinstance(data, dict) else None
    if isinstance(found, int) and found > FORMAT:
        raise InputError(
            f"{path} cannot be read; a newer chainring may have written it: install that one",
            faults=[f"format {found}, here {FORMAT}"],
        )


def _card_faults(data: Any) -> list[str]:
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        return [f"expected format {FORMAT}"]
    labels, temperature = data.get("labels"), data.get("temperature")
    preparation = data.get("preparation") or {}
    task = data.get("task", "classification")
    if task not in TASKS:
        return [f"task {task!r} is none of {', '.join(TASKS)}"]
    least = _LEAST_LABELS[TASKS[task].form]
    checks = {
        "kind is not a text": isinstance(data.get("kind"), str),
        f"labels is not a list of {least} texts or more": isinstance(labels, list)
        and len(labels) >= least
        and all(isinstance(label, str) for label in labels),
        "threshold is not a number": isinstance(data.get("threshold"), int | float),
        "temperature is not above 0": isinstance(temperature, int | float) and temperature > 0,
        "preparation.redact is missing": "redact" in preparation,
        f"preparation.rules is none of {', '.join(rule_sets())}": preparation.get(
            "rules", OLDEST_RULES
        )
        in rule_sets(),
        "cut, margin or sureness is not a number": all(
            isinstance(data.get(name, 0.0), int | float) for name in ("cut", "margin", "sureness")
        ),
        "transitions is not a table of numbers, a row and a column for each class": _is_chain(data),
        "costs is not a table of numbers, a row and a column for each label": _are_costs(data),
        **(_encoder_checks(data) if data.get("kind") in ("encoder", "biencoder") else {}),
    }
    return [fault for fault, holds in checks.items() if not holds]


def _is_chain(data: dict[str, Any]) -> bool:
    """Whether there are no transitions, or as many as the classes of a token ask for."""
    return _is_table(data, "transitions", lambda labels: {len(token_classes(labels))})


def _are_costs(data: dict[str, Any]) -> bool:
    """Whether there are no costs, or a row a label, of a number a label and one for passing on."""
    return _is_table(data, "costs", lambda labels: {len(labels), len(labels) + 1})


def _is_table(
    data: dict[str, Any], name: str, wide: Callable[[Sequence[str]], Container[int]]
) -> bool:
    if name not in data:
        return True
    try:
        table, widths = rows_read(data[name]), wide(data["labels"])
        rows = len(token_classes(data["labels"]) if name == "transitions" else data["labels"])
    except (AttributeError, KeyError, TypeError, ValueError):
        return False
    is_finite = all(math.isfinite(one) for row in table for one in row)
    alike = len({len(row) for row in table}) == 1
    return is_finite and alike and len(table) == rows and len(table[0]) in widths


def _encoder_checks(data: dict[str, Any]) -> dict[str, bool]:
    max_tokens = data.get("max_tokens")
    return {
        "max_tokens is not a whole number of 3 or more": isinstance(max_tokens, int)
        and max_tokens >= 3,
        "pooling is not mean": data.get("pooling") == "mean",
    }


def read_golden(folder: Path) -> Golden:
    """Return the golden texts of a folder and what the trained model answered to them."""
    path, readout = folder / GOLDEN_FILE, read_card(folder).readout
    lines = read_text(path).splitlines()
    try:
        rows = [json.loads(line) for line in lines if line]
        texts = tuple(_asked(row) for row in rows)
        if readout.form == "text":
            outputs = tuple(str(row["output"]) for row in rows)
            nothing = np.zeros((len(rows), 0), dtype=np.float32)
            return Golden(texts=texts, probabilities=nothing, readout=readout, outputs=outputs)
        tables = [np.atleast_2d(np.array(row["probabilities"], dtype=np.float32)) for row in rows]
        values = np.concatenate(tables) if tables else np.zeros((0, 0), dtype=np.float32)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise damaged(path, f"a line is not as expected ({error!r})") from error
    each = readout.form != "tags"
    if values.ndim != 2 or values.shape[1] != readout.classes or not texts:
        raise damaged(
            path, f"expected rows of {readout.classes} probabilities, found {values.shape}"
        )
    if each and len(values) != len(texts):
        raise damaged(path, f"expected one row a text, found {len(values)} of {len(texts)} texts")
    return Golden(texts=texts, probabilities=values, readout=readout)


def _asked(row: Mapping[str, Any]) -> Input:
    text, pair = str(row["text"]), str(row.get("pair") or "")
    return (text, pair) if pair else text


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
            "safetensors", extra="serve", needed_for=Said("serving a model", zh="部署模型")
        ) from error
    try:
        return dict(load_file(existing(path)))
    except SafetensorError as error:
        raise damaged(path, f"not readable as safetensors ({error})") from error
