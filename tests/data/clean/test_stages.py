"""Every stage keeps what stages promise, on texts that it drops, changes and leaves."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.data.clean.conftest import stage_example

from chainring.contracts.checks import check_part
from chainring.contracts.errors import InputError
from chainring.contracts.parts import part, part_names
from chainring.data.clean.batch import Batch
from chainring.data.clean.settings import STAGES


@pytest.mark.parametrize("name", STAGES)
def test_a_stage_keeps_the_rules_of_stages(name: str, tmp_path: Path) -> None:
    check_part("stage", name, stage_example(tmp_path))


def test_every_built_in_stage_is_a_part() -> None:
    assert set(STAGES) <= set(part_names("stage"))


def jealous(batch: Batch) -> None:
    """Drop the second text, whatever it is."""
    if len(batch.texts) > 1:
        batch.drop(1, "not the first")


def test_a_stage_that_looks_at_the_neighbours_of_a_text_is_found_out(tmp_path: Path) -> None:
    part("stage", "jealous.v1")(jealous)  # here, or the suite over all parts would find it
    with pytest.raises(InputError, match="treated otherwise alone"):
        check_part("stage", "jealous.v1", stage_example(tmp_path))
