from __future__ import annotations

from typing import Any

from chainring.data.columns import columns_of, fault_of
from chainring.data.settings import Role
from chainring.data.sources.columns import roles_of


def test_our_own_names_need_no_mapping() -> None:
    found = columns_of(["text", "label", "split", "extra"], {}, unlabelled=False)
    assert found == {"text": "text", "label": "label", "split": "split"}


def test_the_name_of_a_label_is_taken_before_its_number() -> None:
    assert (
        columns_of(["text", "label", "label_name"], {}, unlabelled=False)["label"] == "label_name"
    )


def test_a_column_is_the_conversation_of_its_row_where_the_recipe_says_so() -> None:
    """An `episode` may be of a podcast; all its rows would share a split."""
    names = ["text", "label", "episode"]
    assert "episode" not in columns_of(names, {}, unlabelled=False)
    assert columns_of(names, {"episode": "episode"}, unlabelled=False)["episode"] == "episode"
    assert "episode" not in roles_of(names, {})
    assert roles_of(names, {"episode": "episode"})["episode"] == "episode"


def test_a_mapped_label_is_taken_before_any_other() -> None:
    columns = columns_of(
        ["text", "label", "label_name", "category"], {"label": "category"}, unlabelled=False
    )
    assert columns["label"] == "category"


def test_an_unlabelled_file_has_no_label_whatever_columns_it_has() -> None:
    assert "label" not in columns_of(["text", "label"], {}, unlabelled=True)
    assert fault_of(["text", "y"], {}, unlabelled=True) is None


def test_articles_beside_rows_may_have_our_own_names_though_the_recipe_maps_them() -> None:
    mapping: dict[Role, str] = {"text": "question", "target": "answer", "consent": "同意"}
    common: dict[str, Any] = {"task": "question-answering", "unlabelled": True}
    assert fault_of(["text", "title"], mapping, **common) is None
    assert columns_of(["text", "consent"], mapping, **common) == {
        "text": "text", "consent": "consent",
    }  # fmt: skip
    assert columns_of(["text", "question"], mapping, **common) == {"text": "question"}
    fault = fault_of(["body"], mapping, **common)
    assert fault is not None
    assert fault.endswith('text = "body", or call it `text` in this file')
    fault = fault_of(["text", "answer"], mapping, task="question-answering", unlabelled=False)
    assert fault is not None
    assert "column `question` expected" in fault


def test_missing_columns_are_named_with_what_was_found_and_what_to_write() -> None:
    assert fault_of(["sentence", "y"], {}, unlabelled=False) == (
        "columns `text`, `label` expected; found `sentence`, `y`; map them with [data.columns], "
        'for example text = "sentence", label = "y"'
    )


def test_chinese_column_names_are_offered_too() -> None:
    fault = fault_of(["内容", "类别"], {}, unlabelled=False)
    assert fault is not None
    assert 'text = "内容", label = "类别"' in fault


def test_a_slip_in_a_column_name_is_offered() -> None:
    fault = fault_of(["txet", "label"], {}, unlabelled=False)
    assert fault is not None
    assert 'text = "txet"' in fault


def test_an_unknown_column_beside_the_text_may_be_the_label_and_is_a_fault() -> None:
    fault = fault_of(["text", "kind_of_thing"], {}, unlabelled=False)
    assert fault is not None
    assert fault.startswith("column `label` expected; found `text`, `kind_of_thing`")
    assert "data.unlabelled" in fault


def test_text_alone_is_unlabelled_text_and_no_fault() -> None:
    assert fault_of(["text", "id", "language"], {}, unlabelled=False) is None


def test_a_mapping_to_a_column_that_is_not_there_is_a_fault() -> None:
    fault = fault_of(["text", "label"], {"text": "sentense"}, unlabelled=False)
    assert fault is not None
    assert fault.startswith("column `sentense` expected; found `text`, `label`")
