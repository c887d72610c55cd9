from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from chainring.contracts.dataset import Task
from chainring.contracts.values import Tag
from chainring.stats.chain import marginals
from chainring.stats.readout import Readout, classes_of, sigmoid, softmax, tags_from, token_classes

TEXT = "Anna lives in Bad Aibling 安娜住北京"
TOKENS = [
    (0, 0),
    (0, 4),
    (5, 10),
    (11, 13),
    (14, 17),
    (18, 25),
    (26, 28),
    (28, 29),
    (29, 31),
    (0, 0),
]
TAGS: list[Tag] = [(0, 4, "name"), (14, 25, "city"), (26, 28, "name"), (29, 31, "city")]


def test_softmax_is_the_closed_form_and_stands_large_logits() -> None:
    found = softmax(np.array([[0.0, math.log(3)], [1e4, -1e4]], dtype=np.float32))
    np.testing.assert_allclose(found, [[0.25, 0.75], [1.0, 0.0]], atol=1e-7)
    warm = softmax(np.array([[0.0, 2 * math.log(3)]], dtype=np.float32), temperature=2.0)
    np.testing.assert_allclose(warm, [[0.25, 0.75]], atol=1e-7)


def test_a_sigmoid_is_the_softmax_of_nothing_and_itself() -> None:
    logits = np.array([-1e4, -2.0, 0.0, 0.7, 1e4])
    pairs = softmax(np.stack([np.zeros(5), logits], axis=1), temperature=1.7)
    np.testing.assert_allclose(sigmoid(logits, temperature=1.7), pairs[:, 1], atol=1e-7)


def test_tags_go_to_tokens_and_back_in_both_languages() -> None:
    kinds = ["city", "name"]
    numbers = classes_of(TAGS, TOKENS, kinds)
    assert [n for n, (start, end) in zip(numbers, TOKENS, strict=True) if end == start] == [-1, -1]
    names = [token_classes(kinds)[n] for n in numbers[1:-1]]
    assert names[3:5] == ["B-city", "I-city"]
    assert tags_from(names, TOKENS[1:-1]) == TAGS
    assert TEXT[14:25] == "Bad Aibling"


@pytest.mark.parametrize(
    ("names", "tags"),
    [
        (["I-city", "I-city", "O"], [(0, 3, "city")]),  # no begin: it starts all the same
        (["B-city", "I-name", "O"], [(0, 1, "city"), (2, 3, "name")]),
        (["B-city", "B-city", "I-city"], [(0, 1, "city"), (2, 5, "city")]),
        (["O", "O", "O"], []),
    ],
)
def test_odd_sequences_of_token_classes_are_read_as_conlleval_does(
    names: list[str], tags: list[Tag]
) -> None:
    assert tags_from(names, [(0, 1), (2, 3), (4, 5)]) == tags


def test_several_labels_are_those_from_the_cut_and_the_nearest_one_says_how_sure() -> None:
    readout = Readout(task="multi-label", labels=("delivery", "refund", "size"), cut=0.4)
    shares = np.array([[0.9, 0.45, 0.1], [0.1, 0.2, 0.05]], dtype=np.float32)
    some, none = readout.said(shares)
    assert some.value == "delivery|refund"
    assert some.confidence == pytest.approx(0.45)
    assert none.value == "|"
    assert none.confidence == pytest.approx(0.8)
    assert list(some.scores) == ["delivery", "refund", "size"]


def test_a_number_carries_its_interval() -> None:
    readout = Readout(task="regression", labels=(), margin=0.5, sureness=0.8)
    (said,) = readout.said(readout.shares(np.array([[3.25]])))
    assert (said.value, said.confidence) == ("3.25", 0.8)
    assert said.scores == {"low": 2.75, "high": 3.75}


def test_tags_are_as_sure_as_their_least_sure_token() -> None:
    readout = Readout(task="tagging", labels=("city",))
    shares = np.array([[0.3, 0.4, 0.3], [0.1, 0.8, 0.1], [0.05, 0.0, 0.95]], dtype=np.float32)
    said = readout.tagged(shares, [(0, 0), (0, 3), (4, 6)])
    assert said.value == '[[0,6,"city"]]'
    assert said.confidence == pytest.approx(0.8)


def test_tags_leave_no_hole_where_the_chain_of_classes_knows_better() -> None:
    """By itself the middle token is no text of the name, by a little; its neighbours say it is."""
    shares = np.array(
        [[0.1, 0.8, 0.1], [0.5, 0.05, 0.45], [0.1, 0.1, 0.8], [0.8, 0.1, 0.1]], dtype=np.float32
    )
    places = [(0, 1), (1, 2), (2, 3), (3, 4)]
    alone = Readout(task="tagging", labels=("song",))
    assert alone.tagged(shares, places).value == '[[0,1,"song"],[2,3,"song"]]'
    never = ((0.0, 0.0, -9.0), (0.0, -9.0, 1.0), (0.0, 0.0, 1.0))
    said = replace(alone, transitions=never).tagged(shares, places)
    assert said.value == '[[0,3,"song"]]'
    own = marginals(np.log(shares.astype(np.float64)), np.array(never))
    assert said.confidence == pytest.approx(own[[0, 1, 2, 3], [1, 2, 2, 0]].min(), abs=1e-6)


def test_tokens_that_are_no_text_stand_outside_the_chain() -> None:
    readout = Readout(
        task="tagging", labels=("song",), transitions=((0, 0, -9), (0, -9, 1), (0, 0, 1))
    )
    shares = np.array([[0.1, 0.8, 0.1], [0.99, 0.0, 0.01], [0.5, 0.0, 0.5]], dtype=np.float32)
    said = readout.tagged(shares, [(0, 1), (1, 1), (2, 3)])
    assert said.value == '[[0,3,"song"]]'


@pytest.mark.parametrize(
    ("task", "labels", "classes"),
    [
        ("classification", ("a", "b"), 2),
        ("multi-label", ("a",), 1),
        ("regression", (), 1),
        ("tagging", ("a", "b"), 5),
    ],
)
def test_the_number_of_logits_follows_the_form(
    task: Task, labels: tuple[str, ...], classes: int
) -> None:
    assert Readout(task=task, labels=labels).classes == classes
