from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from tests.training.conftest import make_row

from chainring.contracts.dataset import OUT_OF_SCOPE, Dataset, Row, Task
from chainring.contracts.model import Ancestor
from chainring.contracts.said import Said
from chainring.training.candidate import Trained
from chainring.training.card import card
from chainring.training.card_words import WORDS
from chainring.training.compete import compete, judge
from chainring.training.settings import TrainingSettings

SECTIONS = (
    "use", "data", "rivals", "ancestors", "figures", "limits", "privacy", "again",
)  # fmt: skip

DATASET = Dataset(
    app="shop",
    address="blake2b:1",
    task="classification",
    labels=("a", "b"),
    languages=("en",),
    splits={},
    suite="s",
    training="blake2b:2",
)


def card_of(
    rows: list[Row],
    labels: list[str],
    *,
    task: Task = "classification",
    limits: tuple[str, ...] = (),
) -> str:
    base = Ancestor(name="minilm", digest="blake2b:3", role="base", licence="apache-2.0")
    trained = Trained(
        folder=Path(),
        kind="encoder",
        logits=lambda texts: np.tile(2.0 * np.eye(1, len(labels), dtype="f4"), (len(texts), 1)),
        ancestors=(base,),
        cpu_s=123.0,
        limits=limits,
    )
    validation = [make_row("check me", "a", split="validation")]
    standing = judge("encoder.v1", trained, validation, labels)
    return card(
        dataclasses.replace(DATASET, task=task),
        rows,
        validation,
        winner=standing,
        rivals=compete([standing]),
        labels=labels,
        settings=TrainingSettings(),
    )


def test_the_card_names_data_licences_candidates_and_ancestors() -> None:
    rows = [make_row(f"text {i}", "ab"[i % 2]) for i in range(30)]
    text = card_of([*rows, dataclasses.replace(rows[0], licence="CC-BY-4.0")], ["a", "b"])
    for fact in (
        "31 rows",
        "CC0-1.0 30, CC-BY-4.0 1",
        "minilm",
        "apache-2.0",
        "100.0%",
        "blake2b:2",
    ):
        assert fact in text
    assert "123" not in text  # seconds differ from run to run, the folder must not


def test_rows_on_several_licences_name_each_of_them_once() -> None:
    row = make_row("text", "a")
    rows = [dataclasses.replace(row, licence=one) for one in ("unstated", "unstated|user feedback")]
    text = card_of(rows, ["a", "b"])
    head = text.split("---")[1]
    assert "unstated, user feedback" in head
    assert "unstated|user feedback" not in text
    assert "未说明 2, 用户反馈 1" in text.replace("、", ", ")


def test_names_that_become_one_chinese_word_keep_all_their_rows() -> None:
    row = make_row("text", "a")
    rows = [dataclasses.replace(row, consent=one) for one in ("none", "none", "未给出")]
    text = card_of([dataclasses.replace(one, source="training") for one in rows], ["a", "b"])
    assert "未给出 3" in text
    assert "可用于训练" not in text


def test_the_limits_name_rare_labels_and_a_missing_out_of_scope() -> None:
    rows = [make_row(f"text {i}", "a") for i in range(30)] + [make_row("lonely", "b")]
    text = card_of(rows, ["a", "b"])
    assert "under 10 rows to learn from: b" in text
    assert "no text out of scope" in text
    assert "no text out of scope" not in card_of(rows, ["a", OUT_OF_SCOPE])


def test_what_a_candidate_cannot_read_stands_in_its_line_and_in_the_limits_of_both_twins() -> None:
    rows = [make_row(f"text {i}", "ab"[i % 2]) for i in range(30)]
    text = card_of(rows, ["a", "b"], limits=(Said("only the first words", zh="只读开头"),))
    english, chinese = text.split(f"# {WORDS['zh']['title']}")
    assert english.count("only the first words") == 2
    assert chinese.count("只读开头") == 2


@pytest.mark.parametrize("language", ["en", "zh"])
def test_of_several_labels_each_is_counted_by_itself(language: str) -> None:
    say = WORDS[language]
    rows = [make_row(f"text {i}", "a|b" if i % 2 else "a|c") for i in range(36)]
    rows += [make_row("lonely", "b|d"), make_row("nothing", "|")]
    text = card_of(rows, ["a", "b", "c", "d"], task="multi-label")
    told = say["comma"].join(["a 36", "b 19", "c 18", "d 1"])
    assert f"- {say['labels'].format(found=told)}\n" in text
    assert f"- {say['rare'].format(rows=10, labels='d')}\n" in text


def test_of_tags_the_kinds_are_counted() -> None:
    tags = ['[[0, 2, "city"], [3, 5, "city"]]'] * 12 + ['[[0, 2, "date"]]'] * 3 + ["[]"]
    rows = [
        dataclasses.replace(make_row(f"text {i}", ""), target=target)
        for i, target in enumerate(tags)
    ]
    text = card_of(rows, ["city", "date"], task="tagging")
    assert "- labels: city 12, date 3\n" in text
    assert "- under 10 rows to learn from: date\n" in text


def test_the_front_matter_is_yaml_that_a_hub_reads() -> None:
    yaml = pytest.importorskip("yaml")
    rows = [make_row(f"text {i}", "ab"[i % 2]) for i in range(30)]
    text = card_of([*rows, make_row("中文", "a", "zh")], ["a", "b"])
    head = yaml.safe_load(text.split("---\n")[1])
    assert head["language"] == ["en", "zh"]
    assert (head["license"], head["license_name"]) == ("other", "apache-2.0, cc0-1.0")
    assert head["pipeline_tag"] == "text-classification"
    assert "base_model" not in head  # `minilm` is no address on a hub


def test_each_section_stands_in_both_languages() -> None:
    text = card_of([make_row(f"text {i}", "ab"[i % 2]) for i in range(30)], ["a", "b"])
    heads = [line for line in text.splitlines() if line.startswith("## ")]
    assert [head[3:] for head in heads[: len(heads) // 2]] == [WORDS["en"][key] for key in SECTIONS]
    assert [head[3:] for head in heads[len(heads) // 2 :]] == [WORDS["zh"][key] for key in SECTIONS]
