"""How unlike the usual a text is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.deployment.drift.test_monitors import usual

from chainring.deployment.drift.reference import Reference


def test_a_text_asked_before_is_as_far_from_the_others_as_if_it_were_new() -> None:
    chance = np.random.default_rng(0)
    rows = [usual(chance, number) for number in range(40)]
    without = [*rows[:10], replace(rows[10], vector=None), *rows[11:]]
    again = replace(rows[10], id="pred_again")
    found = Reference(rows).scores(again)["input"]
    assert found == pytest.approx(Reference(without).scores(again)["input"])
    assert found > 0.01


def test_where_nothing_but_one_question_is_known_it_has_no_distance() -> None:
    row = usual(np.random.default_rng(0), 1)
    same = [replace(row, id=f"pred_{number}") for number in range(4)]
    assert "input" not in Reference(same).scores(row)
    other = replace(row, group="another")
    assert Reference(same).scores(other)["input"] == pytest.approx(0.0, abs=1e-6)
