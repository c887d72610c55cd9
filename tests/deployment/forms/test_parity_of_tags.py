from __future__ import annotations

from itertools import pairwise, product

import numpy as np
import pytest

from chainring.deployment.forms.parity_of_tags import agreement
from chainring.deployment.model_folder import Floats
from chainring.stats.readout import Readout, token_classes

KINDS = ("city",)
OUT, BEGIN, INSIDE = range(3)
HABITS = ((0.5, 0.0, -9.0), (0.0, -2.0, 2.0), (0.0, -2.0, 1.0))
PLACES = [(0, 0), (0, 1), (1, 2), (2, 3), (3, 4), (0, 0)]
"""Four tokens between the marks of begin and end, which are no text."""


def reading(transitions: tuple[tuple[float, ...], ...] = HABITS, heat: float = 1.0) -> Readout:
    assert token_classes(KINDS) == ("O", "B-city", "I-city")
    return Readout(task="tagging", labels=KINDS, temperature=heat, transitions=transitions)


def shares(*rows: tuple[float, float, float]) -> Floats:
    """Return shares of four tokens, and of the marks beside them, which say nothing."""
    mark = (1 / 3, 1 / 3, 1 / 3)
    return np.array([mark, *rows, mark], dtype=np.float32)


NOTHING = (0.98, 0.01, 0.01)
GOLDEN = shares(NOTHING, (0.3, 0.69, 0.01), (0.55, 0.0, 0.45), NOTHING)


def agreed(found: Floats, golden: Floats, *, tie: float = 0.0, **read: object) -> float:
    return agreement([(found, PLACES)], golden, readout=reading(**read), tie=tie)  # type: ignore[arg-type]


def test_the_same_path_agrees_although_the_best_class_of_a_token_is_another() -> None:
    found = shares(NOTHING, (0.3, 0.69, 0.01), (0.45, 0.0, 0.55), NOTHING)
    assert found[3].argmax() != GOLDEN[3].argmax()
    assert agreed(found, GOLDEN) == 1.0
    assert agreed(found, GOLDEN, transitions=()) == 0.0  # where each token is read alone


def test_another_path_does_not_agree_although_the_best_class_of_each_token_is_the_same() -> None:
    golden = shares(NOTHING, (0.52, 0.48, 0.0), (0.45, 0.0, 0.55), NOTHING)
    found = shares(NOTHING, (0.70, 0.30, 0.0), (0.49, 0.0, 0.51), NOTHING)
    assert (found.argmax(axis=1) == golden.argmax(axis=1)).all()
    assert agreed(found, golden, tie=0.05) == 0.0


def test_what_the_marks_say_is_not_asked() -> None:
    found = GOLDEN.copy()
    found[0], found[-1] = (0.0, 0.0, 1.0), (0.0, 1.0, 0.0)
    assert agreed(found, GOLDEN) == 1.0


def likelihood(path: tuple[int, ...], golden: Floats, heat: float) -> float:
    """Return the share of a path among all there are, one by one."""

    def score(one: tuple[int, ...]) -> float:
        own = sum(np.log(max(float(golden[t + 1, c]), 1e-37)) for t, c in enumerate(one))
        links = sum(HABITS[a][b] for a, b in pairwise(one)) / heat
        return float(np.exp(own + links))

    return score(path) / sum(score(one) for one in product(range(3), repeat=4))


@pytest.mark.parametrize("heat", [1.0, 1.7])
@pytest.mark.parametrize("second", [0.1, 0.03, 0.005])
def test_paths_tie_where_their_shares_of_both_are_as_near_as_the_tie(
    heat: float, second: float
) -> None:
    golden = shares(NOTHING, (1 - second, second, 0.0), (0.3, 0.0, 0.7), NOTHING)
    city, none = (OUT, BEGIN, INSIDE, OUT), (OUT,) * 4
    paths = {path: likelihood(path, golden, heat) for path in (city, none)}
    best, other = sorted(paths, key=lambda path: -paths[path])
    apart = (paths[best] - paths[other]) / (paths[best] + paths[other])
    found = shares(*(tuple(np.eye(3)[c] * 0.97 + 0.01) for c in other))
    assert agreed(found, golden, tie=apart + 1e-4, heat=heat) == 1.0
    assert agreed(found, golden, tie=apart - 1e-4, heat=heat) == 0.0


def test_in_a_long_text_each_stretch_is_asked_for_itself() -> None:
    near, far = (0.501, 0.499, 0.0), (0.6, 0.4, 0.0)
    flat = ((0.0,) * 3,) * 3
    flipped = shares((0.4, 0.6, 0.0), NOTHING, (0.4, 0.6, 0.0), NOTHING)
    for second, agrees in ((near, 1.0), (far, 0.0)):
        golden = shares(near, NOTHING, second, NOTHING)
        assert agreed(flipped, golden, tie=0.0025, transitions=flat) == agrees


def test_texts_are_told_apart_and_an_empty_one_agrees() -> None:
    other = shares(NOTHING, NOTHING, NOTHING, (0.02, 0.97, 0.01))
    nothing = np.zeros((0, 3), dtype=np.float32)
    found = [(other, PLACES), (nothing, []), (GOLDEN[1:], PLACES[1:]), (GOLDEN, PLACES)]
    golden = np.concatenate([other, GOLDEN[1:], other])
    assert agreement(found, golden, readout=reading(), tie=0.01) == 0.75
