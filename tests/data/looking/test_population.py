from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError
from scipy import stats

from chainring.contracts.errors import RecipeError
from chainring.data.looking.population import (
    Kind,
    PopulationSettings,
    Standing,
    representativeness,
)
from chainring.ring.recipe import parse_recipe


def by_name(
    counts: dict[str, int], shares: dict[str, float], kind: Kind = "language"
) -> dict[str, Standing]:
    return {one.name: one for one in representativeness({kind: counts}, {kind: shares})}


def test_a_share_that_is_short_says_how_many_rows_to_collect() -> None:
    found = by_name({"en": 900, "zh": 100}, {"en": 0.5, "zh": 0.5})
    assert (found["zh"].verdict, found["zh"].collect) == ("short", 800)
    assert (found["en"].verdict, found["en"].collect) == ("over", 0)
    assert found["zh"].interval.low < 0.1 < found["zh"].interval.high


def test_after_collecting_what_is_named_every_short_share_is_right() -> None:
    counts = {"a": 700, "b": 200, "c": 60, "d": 40}
    shares = {"a": 0.3, "b": 0.2, "c": 0.3, "d": 0.2}
    found = by_name(counts, shares)
    after = {name: counts[name] + found[name].collect for name in counts}
    total = sum(after.values())
    for name in ("c", "d"):
        assert after[name] / total == pytest.approx(shares[name], abs=0.002)


def test_the_p_value_is_that_of_an_exact_binomial_test() -> None:
    found = by_name({"en": 61, "zh": 39}, {"zh": 0.5})
    tail = stats.binom.cdf(39, 100, 0.5)
    assert found["zh"].p == pytest.approx(2 * tail, rel=1e-9)


def test_chance_alone_is_called_no_gap() -> None:
    rng = np.random.default_rng(9)
    shares = {"a": 0.5, "b": 0.3, "c": 0.15, "d": 0.05}
    wrong = 0
    for _ in range(200):
        drawn = rng.multinomial(400, list(shares.values())).tolist()
        found = by_name(dict(zip(shares, drawn, strict=True)), shares)
        wrong += any(one.verdict != "in line" for one in found.values())
    assert wrong <= 20  # 5 % of 200, and three standard errors


def test_a_sure_but_little_difference_is_in_line() -> None:
    found = by_name({"en": 48_000, "zh": 52_000}, {"en": 0.5, "zh": 0.5})
    assert found["en"].p < 0.001
    assert found["en"].verdict == "in line"


def test_a_group_without_a_row_is_short() -> None:
    found = by_name({"men": 400}, {"men": 0.5, "women": 0.5}, kind="group")
    assert (found["women"].rows, found["women"].verdict) == (0, "short")
    assert found["women"].collect == 400


def test_values_the_population_does_not_name_are_told_or_are_the_rest() -> None:
    closed = by_name({"en": 50, "zh": 50, "und": 30}, {"en": 0.5, "zh": 0.5})
    assert (closed["en"].interval.n, closed["en"].outside) == (100, 30)
    open_ = by_name({"en": 50, "zh": 50, "und": 30}, {"en": 0.5})
    assert (open_["en"].interval.n, open_["en"].outside) == (130, 0)


def test_a_kind_without_rows_is_left_out() -> None:
    assert representativeness({}, {"group": {"women": 0.5}}) == []


def test_every_fault_of_a_population_is_told_at_once() -> None:
    with pytest.raises(RecipeError) as told:
        parse_recipe(
            {
                "project": {"name": "shop"},
                "data": {
                    "population": {
                        "language": {"en": 0.7, "zh": 0.6},
                        "label": {"refund": -1, "track": "many"},
                        "gruop": {"women": 0.5},
                    }
                },
            }
        )
    said = str(told.value)
    assert "data.population.language" in said
    assert "add up to 1.3" in said
    assert "data.population.label.refund" in said
    assert "data.population.label.track" in said
    assert "data.population.gruop: unknown key; did you mean 'group'?" in said


def test_what_was_declared_is_what_is_compared() -> None:
    settings = PopulationSettings(language={"en": 1.0}, group={"women": 0.5})
    assert settings.shares() == {"language": {"en": 1.0}, "group": {"women": 0.5}}
    with pytest.raises(ValidationError, match="add up"):
        PopulationSettings(source={"a": 0.9, "b": 0.2})
