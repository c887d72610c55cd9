"""With how many threads answers are computed."""

from __future__ import annotations

import pytest

from chainring.ring.recipe import Recipe
from chainring.software.answering import stated_threads


@pytest.mark.parametrize(
    ("deployment", "hardware", "threads"),
    [(0, "auto", 0), (3, "auto", 3), (0, 2, 2), (3, 2, 3)],
)
def test_inference_takes_its_own_threads_then_the_machines_then_the_engines(
    deployment: int, hardware: int | str, threads: int
) -> None:
    recipe = Recipe.model_validate(
        {
            "project": {"name": "shop"},
            "deployment": {"threads": deployment},
            "hardware": {"threads": hardware},
        }
    )
    assert stated_threads(recipe) == threads
