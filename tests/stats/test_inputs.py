"""What enters the room is checked with all faults at once."""

from __future__ import annotations

import math
import subprocess
import sys

import pytest

from chainring.contracts.errors import InputError
from chainring.stats.inputs import at_least, at_most, inside, numbers, require, same_length


def test_require_raises_all_faults_together_and_nothing_without_one() -> None:
    require("fine", None, None)
    with pytest.raises(InputError) as caught:
        require("not fine", "first", None, "second")
    assert caught.value.faults == ("first", "second")
    assert str(caught.value).splitlines() == ["not fine", "  - first", "  - second"]


@pytest.mark.parametrize("value", [0.0, 1.0, -0.2, 1.2, math.nan])
def test_a_share_that_is_not_inside_is_a_fault(value: float) -> None:
    assert inside("level", value) is not None
    assert inside("level", 0.5) is None


def test_limits_are_included_and_nan_is_never_within() -> None:
    assert at_least("n", 1, 1) is None
    assert at_most("n", 1, 1) is None
    assert at_least("n", math.nan, 1) is not None
    assert at_most("n", math.nan, 1) is not None


def test_columns_that_are_left_out_are_not_compared() -> None:
    assert same_length(a=[1], b=None, c=[2]) is None
    assert same_length(a=[1], c=[2, 3]) == "one entry per row expected; found 1 a, 2 c"


def test_numbers_gathers_shape_and_finiteness() -> None:
    assert numbers("gains", [1, True]).tolist() == [1.0, 1.0]
    with pytest.raises(InputError) as caught:
        numbers("gains", [[math.nan]])
    assert len(caught.value.faults) == 2


def test_importing_the_whole_room_loads_no_numpy_and_no_torch() -> None:
    rooms = "binomial calibration charts classification intervals multiple paired power"
    code = (
        "import importlib, sys\n"
        f"for room in {rooms!r}.split(): importlib.import_module('chainring.stats.' + room)\n"
        "assert not {'numpy', 'scipy', 'torch'} & set(sys.modules), 'heavy import'\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": ":".join(sys.path)})
