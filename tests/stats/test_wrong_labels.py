"""Suspects against the paper's rule worked by hand, and against labels that were flipped."""

from __future__ import annotations

import numpy as np
import pytest

from chainring.contracts.errors import InputError
from chainring.stats.wrong_labels import suspects


def told(rows: int, share: float, seed: int) -> tuple[np.ndarray, np.ndarray, set[int]]:
    """Return probabilities of a model that is right on 95 %, and labels some of which are wrong."""
    draw = np.random.default_rng(seed)
    truth = draw.integers(0, 5, size=rows)
    says = np.where(draw.random(rows) < 0.95, truth, draw.integers(0, 5, size=rows))
    table = np.full((rows, 5), 0.05) + 0.05 * draw.random((rows, 5))
    table[np.arange(rows), says] += 0.7
    table /= table.sum(axis=1, keepdims=True)
    wrong = set(draw.choice(rows, size=int(share * rows), replace=False).tolist())
    given = np.array([(t + 1) % 5 if i in wrong else t for i, t in enumerate(truth)])
    return table, given, wrong


def test_the_rule_of_the_paper_worked_by_hand() -> None:
    """Thresholds are 0.6 for a and 0.55 for b: only the third row reaches another label's."""
    table = [[0.9, 0.1], [0.7, 0.3], [0.2, 0.8], [0.4, 0.6], [0.5, 0.5]]
    found = suspects(table, [0, 0, 0, 1, 1])
    assert [(s.row, s.given, s.likely) for s in found] == [(2, 0, 1)]
    assert found[0].margin == pytest.approx(0.6)


def test_nearly_all_flipped_labels_are_found_and_few_others() -> None:
    table, given, wrong = told(2000, 0.05, 0)
    found = [s.row for s in suspects(table, given)]
    assert len(wrong & set(found)) >= 0.9 * len(wrong)
    # A model that errs on 4 % of the rows suspects those as well, and no more.
    assert len(set(found) - wrong) <= 0.05 * 2000


def test_a_likely_label_is_the_one_that_the_model_tells() -> None:
    table, given, _ = told(500, 0.1, 1)
    assert all(table[s.row].argmax() == s.likely for s in suspects(table, given))


def test_the_surest_come_first() -> None:
    table, given, _ = told(500, 0.1, 2)
    margins = [s.margin for s in suspects(table, given)]
    assert margins == sorted(margins, reverse=True)
    assert min(margins) > 0


def test_where_every_label_is_told_nobody_is_suspected() -> None:
    assert suspects(np.eye(4), [0, 1, 2, 3]) == []
    assert suspects(np.zeros((0, 3)), []) == []


def test_a_label_without_rows_is_never_the_likely_one() -> None:
    table = [[0.1, 0.2, 0.7], [0.2, 0.1, 0.7], [0.6, 0.3, 0.1]]
    assert all(s.likely != 2 for s in suspects(table, [0, 1, 0]))


def test_shapes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(InputError, match="1 labels are not among 2"):
        suspects([[0.5, 0.5]], [2])
    with pytest.raises(InputError, match="one entry per row"):
        suspects([[0.5, 0.5]], [0, 1])
