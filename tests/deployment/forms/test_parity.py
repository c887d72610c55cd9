from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from chainring.contracts.forms import Parity
from chainring.contracts.prediction import Answer
from chainring.contracts.predictor import Predictor
from chainring.contracts.request import Request
from chainring.contracts.values import Input
from chainring.deployment.forms.parity import Tolerances, parity
from chainring.deployment.model_folder import Golden
from chainring.stats.readout import Costs, Readout

LABELS = Readout(task="classification", labels=("a", "b", "c"))
LOOSE = Tolerances(because="test", tie=0.0, min_agreement=0.0)


class Fixed:
    """Answers with the given table, whatever it is asked."""

    labels: tuple[str, ...] = ("a", "b", "c")
    threshold = 0.5
    capabilities: frozenset[str] = frozenset()

    def __init__(self, table: object) -> None:
        self.table = np.array(table, dtype=np.float32)

    def predict(self, requests: object, *, settings: object = None) -> list[Answer]:
        raise NotImplementedError

    def probabilities(self, texts: Sequence[Input]) -> NDArray[np.float32]:
        return self.table

    def close(self) -> None: ...


def compared(found: object, golden: object, tolerances: Tolerances = LOOSE) -> Parity:
    table = np.array(golden, dtype=np.float32)
    predictor: Predictor = Fixed(found)
    texts = tuple(str(n) for n in range(len(table)))
    asked = Golden(texts=texts, probabilities=table, readout=LABELS)
    return parity(predictor, asked, tolerances=tolerances)


def test_a_form_that_answers_the_same_has_full_parity() -> None:
    table = [[0.7, 0.2, 0.1], [0.1, 0.1, 0.8]]
    found = compared(table, table, Tolerances(because="same", tie=0, max_difference=0))
    assert (found.rows, found.min_cosine, found.max_difference) == (2, 1.0, 0.0)
    assert (found.label_agreement, found.within) == (1.0, True)


COSTS = ((0.0, 20.0, 20.0), (1.0, 0.0, 1.0), (1.0, 1.0, 0.0))


@pytest.mark.parametrize(
    ("golden", "found", "costs", "agrees"),
    [
        ([0.06, 0.9, 0.04], [0.03, 0.93, 0.04], COSTS, 0.0),  # another label is the cheapest
        ([0.06, 0.9, 0.04], [0.03, 0.93, 0.04], (), 1.0),
        ([0.3, 0.36, 0.34], [0.3, 0.33, 0.37], COSTS, 1.0),  # likelier, and no cheaper
        ([0.3, 0.36, 0.34], [0.3, 0.33, 0.37], (), 0.0),
        ([0.0485, 0.9, 0.0515], [0.0475, 0.9, 0.0525], COSTS, 1.0),  # hardly dearer
        ([0.01, 0.52, 0.47], [0.01, 0.47, 0.52], COSTS, 0.0),  # cheap mistakes beside a dear one
    ],
)
def test_by_cost_forms_agree_where_the_same_label_is_the_cheapest(
    golden: list[float], found: list[float], costs: Costs, agrees: float
) -> None:
    table = np.array([golden], dtype=np.float32)
    asked = Golden(texts=("1",), probabilities=table, readout=replace(LABELS, costs=costs))
    near = Tolerances(because="test", tie=0.005, min_agreement=0.0)
    assert parity(Fixed([found]), asked, tolerances=near).label_agreement == agrees


ONES = Tolerances(because="test", tie=0.05, min_agreement=0.98)


@pytest.mark.parametrize(
    ("cut", "golden", "found", "agrees"),
    [
        (0.2, 0.40, 0.10, False),  # a label is lost, on one side of one half
        (0.8, 0.60, 0.40, True),  # no label comes or goes
        (0.5, 0.90, 0.10, False),  # one label among fifty
        (0.3, 0.34, 0.20, True),  # as near to the cut as rounding
    ],
)
def test_several_labels_agree_where_a_text_gets_the_same_ones(
    cut: float, golden: float, found: float, agrees: bool
) -> None:
    tables = []
    for value in (golden, found):
        table = np.full((60, 50), 0.01, dtype=np.float32)
        table[:, 0], table[:, 1] = 0.95, value
        tables.append(table)
    texts = tuple(map(str, range(60)))
    several = Readout(task="multi-label", labels=texts[:50], cut=cut)
    asked = Golden(texts=texts, probabilities=tables[0], readout=several)
    predictor: Predictor = Fixed(tables[1])
    made = parity(predictor, asked, tolerances=ONES)
    assert (made.label_agreement, made.within) == (float(agrees), agrees)


def test_the_cosine_is_that_of_the_centred_logits_whatever_the_temperature() -> None:
    first, second = np.array([2.0, -1.0, 0.5]), np.array([1.0, -0.5, 1.5])
    rows = [np.exp(z / t) / np.exp(z / t).sum() for z, t in ((first, 1.0), (second, 2.5))]
    a, b = first - first.mean(), second - second.mean()
    expected = a @ b / np.linalg.norm(a) / np.linalg.norm(b)
    assert compared([rows[1]], [rows[0]]).min_cosine == pytest.approx(expected, abs=1e-5)


def test_the_worst_row_decides() -> None:
    golden = [[0.7, 0.2, 0.1], [0.6, 0.3, 0.1], [0.1, 0.8, 0.1]]
    found = compared([golden[0], [0.1, 0.3, 0.6], [0.1, 0.75, 0.15]], golden)
    assert found.max_difference == pytest.approx(0.5, abs=1e-6)
    assert found.min_cosine < 0
    assert found.label_agreement == pytest.approx(2 / 3)


@pytest.mark.parametrize(("tie", "agreement"), [(0.03, 1.0), (0.01, 0.0)])
def test_two_labels_within_a_tie_agree(tie: float, agreement: float) -> None:
    tolerances = Tolerances(because="test", tie=tie, min_agreement=0.0)
    found = compared([[0.49, 0.5, 0.01]], [[0.5, 0.48, 0.02]], tolerances)
    assert found.label_agreement == agreement


@pytest.mark.parametrize(
    ("bounds", "fault"),
    [
        ({"max_difference": 0.19}, "largest difference 0.2 is not <= 0.19"),
        ({"min_cosine": 0.999}, r"cosine 0\.9\d+ is not >= 0.999"),
        ({"min_agreement": 0.6}, "label agreement 0.5 is not >= 0.6"),
    ],
)
def test_each_bound_refuses_with_its_numbers(bounds: dict[str, float], fault: str) -> None:
    golden = [[0.55, 0.44, 0.01], [0.8, 0.1, 0.1]]
    form = [[0.35, 0.64, 0.01], [0.8, 0.1, 0.1]]
    values = {"min_agreement": 0.0} | bounds
    found = compared(form, golden, Tolerances(because="test", tie=0.0, **values))
    assert not found.within
    assert re.search(fault, found.because)
    assert compared(form, golden).within


@pytest.mark.parametrize("table", [[[np.nan, 0.5, 0.5]], [[0.5, 0.5]], [[0.2, 0.3, 0.5]] * 2])
def test_answers_that_are_no_probabilities_of_these_labels_are_refused(table: object) -> None:
    found = compared(table, [[0.2, 0.3, 0.5]])
    assert not found.within
    assert found.label_agreement == 0
    assert "expected finite probabilities" in found.because


def test_even_probabilities_equal_only_even_ones() -> None:
    even = [[1 / 3, 1 / 3, 1 / 3]]
    assert compared(even, even).min_cosine == 1.0
    assert compared([[0.5, 0.3, 0.2]], even).min_cosine == 0.0


class Says:
    """Writes what it is told to write to each text."""

    labels: tuple[str, ...] = ()
    threshold = 0.0
    capabilities: frozenset[str] = frozenset()

    def __init__(self, said: dict[str, str]) -> None:
        self.said = said

    def predict(self, requests: Sequence[Request], *, settings: object = None) -> list[Answer]:
        outputs = [self.said[one.text] for one in requests]
        return [
            Answer(label="", confidence=1.0, passed_on=False, text="", output=said)
            for said in outputs
        ]

    def probabilities(self, texts: Sequence[Input]) -> NDArray[np.float32]:
        raise NotImplementedError

    def close(self) -> None: ...


@pytest.mark.parametrize(("said", "within"), [("wo", True), ("", False)])
def test_what_is_written_to_a_blank_text_counts_for_nothing(said: str, within: bool) -> None:
    exactly = Tolerances(because="test", tie=0.0, min_cosine=1.0)
    predictor: Predictor = Says({" ": "", "where": said})
    golden = Golden(
        texts=(" ", "where"), probabilities=np.zeros((2, 0), np.float32), outputs=(".", "wo"),
        readout=Readout(task="translation", labels=()),
    )  # fmt: skip
    found = parity(predictor, golden, tolerances=exactly)
    assert (found.rows, found.within) == (1, within)
