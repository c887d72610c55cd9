"""The step `model`: candidates are trained on a data set, compete, and the winner is written.

Enters a data set with splits `train` and `validation` (and `unlabelled`, for pre-training), leaves
a model folder that serves by itself, and the model noun with every candidate's standing.

    model(dataset, parents, placement, work=work, settings=TrainingSettings())

| text | label | language | split |
|---|---|---|---|
| 物流太久了，我的包裹呢 | delivery_late | zh | train |
| where is my parcel | delivery_status | en | validation |
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from chainring.contracts.codec import encode
from chainring.contracts.dataset import Dataset, Row, Task
from chainring.contracts.errors import InputError
from chainring.contracts.measure import ACCURACY, Measure
from chainring.contracts.model import Model, Rival
from chainring.contracts.placement import Placement
from chainring.contracts.tasks import TASKS
from chainring.contracts.values import Input, labels_in
from chainring.contracts.work import Work
from chainring.stats.readout import rows_told
from chainring.store.tables import read_rows
from chainring.training.answered import value_of
from chainring.training.card import FILE as CARD
from chainring.training.card import card
from chainring.training.compete import Standing, compete
from chainring.training.entrants import entrants
from chainring.training.golden import write_golden
from chainring.training.settings import TrainingSettings
from chainring.training.winner_line import winner_line

EMBEDDING = ("encoder", "biencoder")
"""Kinds of model whose forms can embed texts."""

PACKAGES = (
    "chainring",
    "numpy",
    "safetensors",
    "scikit-learn",
    "tokenizers",
    "torch",
    "transformers",
)


def model(
    dataset: Dataset,
    parents: tuple[Model, ...],
    placement: Placement,
    *,
    work: Work,
    settings: TrainingSettings,
    measure: Measure = ACCURACY,
) -> Model:
    """Train every candidate, let them compete on validation, store the winner.

    Parameters
    ----------
    dataset
        Splits `train` and `validation` are needed; `unlabelled` is used when it is there.
    parents
        Earlier models. Their weights are not continued from: each turn learns from all rows anew,
        so that a lesson which a person took back is gone with its row.
    placement
        Device, precision and threads of training; the same as `work.placement`.
    work
        `scratch` keeps checkpoints: a killed training goes on from its last epoch.
    settings
        Which candidates compete, and the budget.
    measure
        What the gate will judge by: candidates compete by it, and by cost they answer by it, too.

    Raises
    ------
    InputError
        The data set has no rows to learn from or to choose by, or a single label.
    RefusedError
        No candidate could be trained; every reason is listed.
    """
    del parents
    started = time.process_time()
    rows = read_rows(work.trees.open(dataset.address), "train", "validation", "unlabelled")
    splits = {name: [r for r in rows if r.split == name] for name in ("train", "validation")}
    labels = _labels(splits["train"], splits["validation"], dataset.task)
    unlabelled = [row for row in rows if row.split == "unlabelled"]
    standings, unfit = entrants(
        dataset, splits, unlabelled, labels, work=work, settings=settings, measure=measure
    )
    rivals = _in_order((*compete(standings), *unfit), settings.competing(dataset.task))
    winner = next(s for s in standings for r in rivals if r.won and r.part == s.part)
    chosen = winner_line(rivals, standings)
    work.say(chosen)
    for sentence in winner.kept:
        work.say(sentence)
    folder = winner.trained.folder
    languages = tuple(sorted({row.language for row in splits["train"]}))
    _write(folder, winner, splits["validation"], dataset.task, languages)
    train, validation = splits["train"], splits["validation"]
    text = card(
        dataset,
        train,
        validation,
        winner=winner,
        rivals=rivals,
        labels=labels,
        settings=settings,
    )
    (folder / CARD).write_text(text, encoding="utf-8")
    return Model(
        app=dataset.app,
        address=work.trees.put(folder, kind="model"),
        task=dataset.task,
        kind=winner.trained.kind,
        part=winner.part,
        labels=tuple(labels),
        languages=languages,
        threshold=winner.threshold.value,
        dataset=dataset.address,
        training=dataset.training,
        settings=encode(settings.model_dump(mode="json")),
        seed=settings.seed,
        rivals=rivals,
        ancestors=winner.trained.ancestors,
        capabilities=("embed",) if winner.trained.kind in EMBEDDING else (),
        versions=_versions(),
        cpu_s=time.process_time() - started,
        limits=winner.limits,
    )


def _labels(train: Sequence[Row], validation: Sequence[Row], task: Task) -> list[str]:
    """Return the sorted labels of the training rows; raise with everything that is missing."""
    form = TASKS[task].form
    values = {value for row in train if (value := value_of(row, task)) or form != "text"}
    labels = sorted({label for value in values for label in labels_in(form, value)})
    faults = []
    if form == "one" and len(labels) < 2:
        faults.append(f"train: rows of at least two labels expected; found {labels or 'no rows'}")
    if form in ("several", "tags") and not labels:
        faults.append(f"train: rows with labels expected; found none in {len(train)} rows")
    if form in ("number", "text") and len(values) < 2:
        faults.append(f"train: at least two different targets expected; found {len(values)}")
    if not validation:
        faults.append("validation: at least one row expected to choose by; found none")
    if faults:
        raise InputError(
            "nothing can be trained; label more texts (`chainring review`) or change the split",
            faults=faults,
        )
    return labels


def _in_order(rivals: Sequence[Rival], candidates: Sequence[str]) -> tuple[Rival, ...]:
    return tuple(sorted(rivals, key=lambda rival: candidates.index(rival.part)))


def _write(
    folder: Path,
    winner: Standing,
    validation: Sequence[Row],
    task: Task,
    languages: Sequence[str],
) -> None:
    """Write `model.json` and `golden.jsonl` beside the weights."""
    from chainring.text.redact import RULES

    readout, trained = winner.readout, winner.trained
    tables = {"transitions": readout.transitions, "costs": readout.costs}
    facts: dict[str, Any] = {
        "format": 1,
        "task": task,
        "kind": trained.kind,
        "labels": list(readout.labels),
        "threshold": winner.threshold.value,
        "temperature": readout.temperature,
        "cut": readout.cut,
        "margin": readout.margin,
        "sureness": readout.sureness,
        **{name: rows_told(table) for name, table in tables.items() if table},
        "preparation": {"redact": True, "rules": RULES},
        "max_tokens": trained.max_tokens,
        "pooling": "mean",
        "languages": list(languages),
        **trained.facts,
    }
    text = json.dumps(facts, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    (folder / "model.json").write_text(text, encoding="utf-8")
    kind = "output" if readout.form == "text" else "probabilities"
    write_golden(folder, validation, lambda asked: _told(winner, asked), task=task, kind=kind)


def _told(winner: Standing, inputs: Sequence[Input]) -> Sequence[Any]:
    """Return what the winner answers to prepared inputs, as parity compares it."""
    readout, trained = winner.readout, winner.trained
    if trained.answers is not None:
        return [answer.output for answer in trained.answers([_row(one) for one in inputs])]
    if trained.tokens is not None:
        return [readout.shares(logits_tc) for logits_tc, _ in trained.tokens(inputs)]
    return list(readout.shares(trained.logits(inputs)))


def _row(one: Input) -> Row:
    """Return a row that asks, and says nothing itself."""
    text, pair = one if isinstance(one, tuple) else (one, "")
    return Row(
        id="",
        text=text,
        pair=pair,
        label="",
        language="",
        split="",
        source="",
        licence="",
        group="",
    )


def _versions() -> dict[str, str]:
    found = {}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue  # an extra that this candidate did without
    return found
