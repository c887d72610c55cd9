"""huggingface.v1 on local folders in that form, read by the library itself."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from chainring.contracts.errors import InputError, MissingPackageError
from chainring.data.harvest import Harvest
from chainring.data.sources.huggingface import HUGGINGFACE, HuggingFaceSettings, licence_of

Bring = Callable[..., list[str]]
datasets = pytest.importorskip("datasets")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")

CARD = """---
license: cc-by-4.0
dataset_info:
  features:
  - name: text
    dtype: string
  - name: label
    dtype:
      class_label:
        names:
          '0': track
          '1': refund
---
# Help
"""
ROWS = {"text": ["Where is it?", "我要退货，谢谢", "money back"], "label": [0, 0, 1]}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a data set of two splits as the hub keeps one: Parquet files and a card."""
    place = tmp_path / "help"
    (place / "data").mkdir(parents=True)
    names = datasets.ClassLabel(names=["track", "refund"])
    features = datasets.Features({"text": datasets.Value("string"), "label": names})
    whole = datasets.Dataset.from_dict(ROWS, features=features)
    whole.to_parquet(place / "data" / "train-00000-of-00001.parquet")
    whole.select([2]).to_parquet(place / "data" / "test-00000-of-00001.parquet")
    (place / "README.md").write_text(CARD, encoding="utf-8")
    return place


def rows(harvest: Harvest) -> list[tuple[str, str, str]]:
    found = [(row["split"], row["text"], row["label"]) for _, row in harvest.rows()]
    return sorted(found)


EXPECTED = [
    ("test", "money back", "refund"),
    ("train", "Where is it?", "track"),
    ("train", "money back", "refund"),
    ("train", "我要退货，谢谢", "track"),
]


def test_rows_splits_label_names_and_the_licence_of_the_card_come_in(
    folder: Path, harvest: Harvest, bring: Bring
) -> None:
    (said,) = bring(HUGGINGFACE, id=str(folder))
    assert rows(harvest) == EXPECTED
    assert {row["licence"] for _, row in harvest.rows()} == {"cc-by-4.0"}
    assert "4 rows" in said
    assert "help train row 0" in {row["locator"] for _, row in harvest.rows()}


def test_a_folder_that_did_not_change_is_not_read_again(
    folder: Path, harvest: Harvest, bring: Bring
) -> None:
    bring(HUGGINGFACE, id=str(folder))
    before = harvest.digest()
    assert bring(HUGGINGFACE, id=str(folder)) == []
    assert harvest.digest() == before
    (folder / "data" / "test-00000-of-00001.parquet").unlink()
    bring(HUGGINGFACE, id=str(folder))
    assert rows(harvest) == EXPECTED[1:]


def test_one_split_can_be_chosen_and_one_that_is_not_there_is_told(
    folder: Path, harvest: Harvest, bring: Bring
) -> None:
    bring(HUGGINGFACE, id=str(folder), splits=("test",))
    assert rows(harvest) == EXPECTED[:1]
    with pytest.raises(InputError, match="no split dev; it has"):
        bring(HUGGINGFACE, id=str(folder), splits=("dev",))


def test_json_lines_without_a_card_and_a_saved_data_set_are_read(
    tmp_path: Path, harvest: Harvest, bring: Bring
) -> None:
    plain = tmp_path / "plain"
    plain.mkdir()
    (plain / "train.jsonl").write_text('{"sentence": "Hi", "y": "greet"}\n')
    bring(HUGGINGFACE, id=str(plain), columns={"text": "sentence", "label": "y"})
    assert rows(harvest) == [("train", "Hi", "greet")]
    saved = tmp_path / "saved"
    datasets.Dataset.from_dict({"text": ["Bye"], "label": ["leave"]}).save_to_disk(str(saved))
    bring(HUGGINGFACE, id=str(saved))
    assert [(row["text"], row["label"]) for _, row in harvest.rows()] == [("Bye", "leave")]


def test_translations_have_their_target(tmp_path: Path, harvest: Harvest, bring: Bring) -> None:
    pairs = [{"en": "my parcel", "zh": "我的包裹"}, {"en": "a refund", "zh": "退款"}]
    saved = tmp_path / "pairs"
    datasets.Dataset.from_dict({"translation": pairs}).save_to_disk(str(saved))
    columns = {"text": "translation.en", "target": "translation.zh"}
    bring(HUGGINGFACE, id=str(saved), columns=columns)
    found = {row["text"]: row["target"] for _, row in harvest.rows()}
    assert found == {"my parcel": "我的包裹", "a refund": "退款"}


def test_code_of_a_data_set_is_not_run(tmp_path: Path, bring: Bring) -> None:
    place = tmp_path / "scripted"
    place.mkdir()
    (place / "scripted.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    with pytest.raises(InputError):
        bring(HUGGINGFACE, id=str(place))
    assert not (tmp_path / "ran").exists()


def test_columns_that_do_not_fit_are_told(folder: Path, bring: Bring) -> None:
    with pytest.raises(InputError, match="the columns do not fit; found `text`, `label`"):
        bring(HUGGINGFACE, id=str(folder), columns={"text": "sentence"})


def test_a_folder_is_seen_from_the_project_and_an_id_stays_one(folder: Path) -> None:
    found = HuggingFaceSettings.model_validate({"id": "help"}, context={"root": folder.parent})
    assert found.id == str(folder)
    hub = HuggingFaceSettings.model_validate({"id": "owner/name"}, context={"root": folder})
    assert hub.id == "owner/name"
    with pytest.raises(ValidationError, match="no folder here and no id of the hub"):
        HuggingFaceSettings.model_validate({"id": "a/b/c"}, context={"root": folder})


def test_without_the_package_the_extra_is_named(
    folder: Path, bring: Bring, monkeypatch: Any
) -> None:
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(MissingPackageError, match=r"chainring\[huggingface\]"):
        bring(HUGGINGFACE, id=str(folder))


@pytest.mark.parametrize(
    ("card", "licence"),
    [
        (CARD, "cc-by-4.0"),
        ("---\r\nlicense:\r\n- mit\r\n- cc0-1.0\r\n---\r\n", "mit, cc0-1.0"),
        ("---\nlicense: [\n---\n", ""),
        ("# no header\nlicense: mit\n", ""),
        ("---\n- a list\n---\n", ""),
        ("", ""),
    ],
)
def test_the_licence_stands_in_the_header_of_the_card(card: str, licence: str) -> None:
    assert licence_of(card) == licence


def test_the_hub_without_a_network_is_unreachable(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom pathlib import Path\nfrom chainring.data.harvest import Harvest\n"
        "from chainring.data.sources.huggingface import HUGGINGFACE, HuggingFaceSettings\n"
        "from chainring.contracts.errors import UnreachableError\n"
        "with Harvest.open(Path(sys.argv[1])) as harvest:\n"
        "    try:\n"
        "        HUGGINGFACE(HuggingFaceSettings(id='owner/name'), harvest=harvest, say=print)\n"
        "    except UnreachableError as error:\n        print('unreachable', error)\n"
    )
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path),
                   "PYTHONPATH": os.pathsep.join(sys.path)}  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "h")],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout.startswith("unreachable owner/name does not answer"), done.stderr
