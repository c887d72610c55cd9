from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from tests.litter import littered

from chainring.contracts.errors import InputError
from chainring.training.base import find_base, folder_digest
from chainring.training.bases.fitting import embedding_rows, faults


@pytest.fixture
def folder(tiny_base: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_base, tmp_path / "base"))


def test_a_whole_base_has_no_faults_and_its_rows_are_read_from_the_file(folder: Path) -> None:
    assert faults(folder) == []
    assert embedding_rows(folder) == json.loads((folder / "config.json").read_text())["vocab_size"]


def test_a_tokeniser_of_another_model_is_told_before_any_training(folder: Path) -> None:
    told = json.loads((folder / "tokenizer.json").read_text("utf-8"))
    told["model"]["vocab"] |= {f"word{n}": n for n in range(2000, 2010)}
    (folder / "tokenizer.json").write_text(json.dumps(told))
    with pytest.raises(InputError, match="ids up to 2009") as caught:
        find_base(str(folder))
    assert "rows" in str(caught.value)


def test_code_of_a_models_own_is_not_run(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    config |= {"model_type": "mine", "auto_map": {"AutoModel": "modeling_mine.Mine"}}
    (folder / "config.json").write_text(json.dumps(config))
    assert "'mine'" in faults(folder)[0]


def test_pickled_weights_are_named_and_not_opened(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    assert "pytorch_model.bin" in faults(folder)[0]


def test_what_a_system_lays_beside_weights_is_no_weight(folder: Path) -> None:
    before = folder_digest(folder)
    littered(folder)
    assert (faults(folder), folder_digest(folder)) == ([], before)
    assert embedding_rows(folder)
