"""The stand-ins against the candidate that one of them is, and against vectors made by hand."""

from __future__ import annotations

import numpy as np
import pytest
from tests.training.conftest import shop_rows

from chainring.contracts.work import Work
from chainring.training.candidate import softmax
from chainring.training.linear import linear
from chainring.training.settings import LinearSettings, TrainingSettings
from chainring.training.study.learners import TermLearner, VectorLearner


def test_the_term_learner_says_what_candidate_linear_says(work: Work) -> None:
    rows = shop_rows()
    labels = sorted({row.label for row in rows})
    truth = [labels.index(row.label) for row in rows]
    teaching = [i for i, row in enumerate(rows) if row.split == "train"]
    told = [i for i, row in enumerate(rows) if row.split == "test"]
    learner = TermLearner([row.text for row in rows], settings=LinearSettings())
    ours = learner(teaching, told, truth, labels=len(labels))
    trained = linear(
        [rows[i] for i in teaching],
        [],
        unlabelled=(),
        labels=labels,
        work=work,
        settings=TrainingSettings(),
    )
    theirs = softmax(trained.logits([rows[i].text for i in told]))
    assert np.abs(ours - theirs).max() < 0.02
    assert (ours.argmax(axis=1) == theirs.argmax(axis=1)).all()


def test_a_feature_that_only_told_rows_have_teaches_nothing() -> None:
    texts = ["red fish", "red bird", "blue fish", "blue bird", "blue unheard"]
    alone = TermLearner(texts[:4], settings=LinearSettings(min_df=1))
    beside = TermLearner(texts, settings=LinearSettings(min_df=1))
    truth = [0, 0, 1, 1, 1]
    assert alone([0, 2], [1, 3], truth, labels=2) == pytest.approx(
        beside([0, 2], [1, 3], truth, labels=2), abs=1e-6
    )


def test_the_vector_learner_tells_what_a_plane_parts() -> None:
    draw = np.random.default_rng(0)
    truth = draw.integers(0, 3, size=120)
    vectors = np.eye(3, dtype=np.float32)[truth] + 0.1 * draw.standard_normal((120, 3))
    learner = VectorLearner(vectors.astype(np.float32), name="three")
    told = learner(range(60), range(60, 120), truth.tolist(), labels=3)
    assert (told.argmax(axis=1) == truth[60:]).all()
    assert told.sum(axis=1) == pytest.approx(np.ones(60), abs=1e-5)


def test_a_label_that_nothing_taught_has_no_probability() -> None:
    learner = VectorLearner(np.eye(4, dtype=np.float32), name="four")
    told = learner([0, 1], [2, 3], [0, 1, 2, 2], labels=3)
    assert (told[:, 2] == 0).all()
    assert (learner([0], [1], [0, 0, 0, 0], labels=3) == [1, 0, 0]).all()


def test_texts_without_a_feature_are_told_by_their_shares() -> None:
    learner = TermLearner(["!", "?", "…", "!"], settings=LinearSettings())
    told = learner([0, 1, 2], [3], [0, 0, 1, 0], labels=2)
    assert told[0, 0] > told[0, 1]
