"""What cannot go on with a text is told with its folder and the command that makes one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from chainring.contracts.errors import InputError
from chainring.training.objectives.sample import sample


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"my-gpt holds no model; .*--objective causal"):
        sample(tmp_path / "my-gpt", "To be")


def test_a_network_of_another_kind_is_told(tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_text("{}")
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "bert"}))
    with pytest.raises(InputError, match="is a bert"):
        sample(tmp_path, "To be")
