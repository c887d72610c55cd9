from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file
from tests.deployment.conftest import LABELS, write_card, write_golden

from chainring.contracts.errors import DamagedError, InputError
from chainring.deployment.model_folder import read_card, read_golden, read_tensors
from chainring.stats.readout import rows_told


def test_a_card_is_read_as_it_was_written(tmp_path: Path) -> None:
    write_card(tmp_path, "encoder", max_tokens=77)
    card = read_card(tmp_path)
    assert (card.kind, card.labels, card.max_tokens, card.redact) == ("encoder", LABELS, 77, True)
    assert (card.threshold, card.temperature, card.languages) == (0.3, 1.5, ("en", "zh"))


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"format": "1"}, "expected format 1"),
        ({"kind": 3}, "kind is not a text"),
        ({"labels": ["one"]}, "labels is not a list"),
        ({"labels": ["one", 2]}, "labels is not a list"),
        ({"threshold": "high"}, "threshold is not a number"),
        ({"temperature": 0}, "temperature is not above 0"),
        ({"preparation": {}}, "preparation.redact is missing"),
        ({"preparation": {"redact": True, "rules": "redact.v9"}}, "preparation.rules is none of"),
        ({"max_tokens": None}, "max_tokens is not a whole number"),
        ({"pooling": "cls"}, "pooling is not mean"),
        ({"transitions": ["0 1", "1 0"]}, "transitions is not a table"),
        ({"transitions": ["0 nan 0"] * 3, "labels": ["a"]}, "transitions is not a table"),
        ({"transitions": 3}, "transitions is not a table"),
        ({"costs": ["0 1", "1 0"], "labels": ["a", "b", "c"]}, "costs is not a table"),
        ({"costs": ["0 1", "inf 0"], "labels": ["a", "b"]}, "costs is not a table"),
        ({"costs": ["0 1", "1 0 2"], "labels": ["a", "b"]}, "costs is not a table"),
        ({"costs": [], "labels": ["a", "b"]}, "costs is not a table"),
    ],
)
def test_each_fault_of_a_card_is_named(
    tmp_path: Path, changes: dict[str, object], fault: str
) -> None:
    write_card(tmp_path, "encoder", **changes)
    with pytest.raises(DamagedError, match=fault):
        read_card(tmp_path)


def test_a_card_that_a_newer_version_wrote_says_so(tmp_path: Path) -> None:
    write_card(tmp_path, "linear", format=2)
    with pytest.raises(InputError, match=r"a newer chainring(?s:.)*format 2, here 1"):
        read_card(tmp_path)


def test_a_linear_model_needs_no_tokens(tmp_path: Path) -> None:
    write_card(tmp_path, "linear", max_tokens=None, pooling=None)
    assert read_card(tmp_path).max_tokens == 0


def test_all_faults_of_a_card_come_together(tmp_path: Path) -> None:
    write_card(tmp_path, "linear", temperature=-1, labels=[], threshold=None)
    with pytest.raises(DamagedError, match=r"labels.*threshold.*temperature"):
        read_card(tmp_path)


def test_how_classes_of_tags_follow_each_other_is_read(tmp_path: Path) -> None:
    lines = ["0.5 0 -9.25", "0 -9 1", "0 0 1"]
    write_card(tmp_path, "encoder", task="tagging", labels=["city"], transitions=lines)
    assert read_card(tmp_path).readout.transitions == ((0.5, 0, -9.25), (0, -9, 1), (0, 0, 1))


@pytest.mark.parametrize("lines", [["0 20", "1 0"], ["0 20 2", "1 0 2"]])
def test_costs_are_read_with_and_without_that_of_passing_on(
    tmp_path: Path, lines: list[str]
) -> None:
    write_card(tmp_path, "encoder", labels=["fraud", "ok"], costs=lines)
    assert rows_told(read_card(tmp_path).readout.costs) == [
        " ".join(repr(float(one)) for one in line.split()) for line in lines
    ]


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"\xff\xfe"])
def test_a_card_that_is_no_json_object_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "model.json").write_bytes(content)
    with pytest.raises(DamagedError, match=r"model\.json"):
        read_card(tmp_path)


def test_golden_texts_come_with_their_probabilities(tmp_path: Path) -> None:
    write_card(tmp_path, "linear")
    table = np.array([[0.1, 0.2, 0.3, 0.4], [1, 0, 0, 0]])
    write_golden(tmp_path, ["我要退款\u2028", ""], table)
    golden = read_golden(tmp_path)
    assert golden.texts == ("我要退款\u2028", "")
    np.testing.assert_allclose(golden.probabilities, table, atol=1e-7)


@pytest.mark.parametrize(
    "line", ["", "{", '{"text": "a"}', '{"text": "a", "probabilities": [1, 2]}', "[]"]
)
def test_a_damaged_golden_file_is_refused(tmp_path: Path, line: str) -> None:
    write_card(tmp_path, "linear")
    (tmp_path / "golden.jsonl").write_text(line + "\n", encoding="utf-8")
    with pytest.raises(DamagedError, match=r"golden\.jsonl"):
        read_golden(tmp_path)


def test_all_arrays_of_a_wrong_shape_are_named_at_once(tmp_path: Path) -> None:
    path = tmp_path / "head.safetensors"
    save_file({"weight": np.zeros((4, 3), dtype=np.float32)}, path)
    with pytest.raises(DamagedError, match=r"weight should.*bias should.*found None"):
        read_tensors(path, {"weight": "CH", "bias": "C"}, {"C": 5})


def test_axes_of_unknown_size_must_agree_between_arrays(tmp_path: Path) -> None:
    path = tmp_path / "head.safetensors"
    arrays = {"weight": np.zeros((4, 3)), "bias": np.zeros(5)}
    save_file(arrays, path)
    with pytest.raises(DamagedError, match="bias should"):
        read_tensors(path, {"weight": "CH", "bias": "C"}, {})


def test_json_lines_may_hold_line_separators_inside_a_text(tmp_path: Path) -> None:
    write_card(tmp_path, "linear")
    row = {"text": "one\u2028two\x85three", "probabilities": [1, 0, 0, 0]}
    content = json.dumps(row, ensure_ascii=False) + "\n"
    (tmp_path / "golden.jsonl").write_text(content, encoding="utf-8")
    assert read_golden(tmp_path).texts == ("one\u2028two\x85three",)
