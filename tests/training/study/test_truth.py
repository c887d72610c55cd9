"""A forecast against what truly came, on the texts of the built-in project."""

from __future__ import annotations

import json
import random
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from tests.training.conftest import make_row

from chainring.stats.learning_curve import learning_curve
from chainring.training.settings import LinearSettings
from chainring.training.study.crossed import crossed
from chainring.training.study.learners import TermLearner
from chainring.training.study.study import MAX_FEATURES


@pytest.mark.slow
def test_what_twice_the_rows_truly_brought_lies_in_the_interval() -> None:
    """Half of the rows are studied, then the other half is added; a sixth was put aside to judge.

    The interval is widened by the chance of the rows that judge, which the study cannot know.
    """
    folder = Path(str(files("chainring.software") / "projects" / "support" / "data"))
    rows = [
        make_row(found["text"], found["label"])
        for path in sorted(folder.glob("*.jsonl"))
        for found in map(json.loads, path.read_text(encoding="utf-8").splitlines())
    ]
    random.Random(1).shuffle(rows)
    cut, half = len(rows) // 6, (len(rows) - len(rows) // 6) // 2
    settings = LinearSettings(max_features=MAX_FEATURES)
    part = rows[cut : cut + half]
    told = crossed(part, TermLearner([r.text for r in part], settings=settings), seed=0)
    says = learning_curve(told.right_ns, told.sizes, at=(half, 2 * half), seed=0)
    learner = TermLearner([row.text for row in rows], settings=settings)
    labels = sorted({row.label for row in rows})
    truth = [labels.index(row.label) for row in rows]

    def right(upto: int) -> np.ndarray:
        shares = learner(range(cut, upto), range(cut), truth, labels=len(labels))
        return np.asarray(shares.argmax(axis=1) == truth[:cut], dtype=float)

    gained = right(cut + 2 * half) - right(cut + half)
    chance = 1.96 * gained.std() / cut**0.5
    assert says.gain.low - chance <= gained.mean() <= says.gain.high + chance
    assert gained.mean() > 0
