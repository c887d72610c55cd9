"""The Chinese of errors: found by template, and complete."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path
from string import Formatter
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chainring.contracts.errors import InputError, UnknownNameError
from chainring.contracts.said import Said, told_by
from chainring.text import errors
from chainring.text.errors import LOOKS, Teller, catalogue, error_in_chinese, found

HAN = re.compile("[\u4e00-\u9fff]")
TEMPLATES = {
    "{} is full; {} MiB are needed": "{0} 已满；需要 {1} MiB",
    "nothing was stored": "什么也没有存下",
    "cannot go on ({})": "无法继续（{}）",
    "from {} to {}": "到 {1}，自 {0}",
    "bad {}; nothing was stored": "{} 有误；未存下",
}


@pytest.fixture
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(errors, "_templates", errors._templates.__wrapped__)
    monkeypatch.setattr(errors, "catalogue", lambda: TEMPLATES)


@pytest.mark.usefixtures("_small")
@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("/tmp is full; 3 MiB are needed", "/tmp 已满；需要 3 MiB"),
        ("nothing was stored", "什么也没有存下"),
        ("from a to b", "到 b，自 a"),
        ("cannot go on (nothing was stored)", "无法继续（什么也没有存下）"),
        ("a.csv, line 3: nothing was stored", "a.csv, line 3：什么也没有存下"),
        ("a.toml: key: bad b; nothing was stored", "a.toml：key：b 有误；未存下"),
        (
            "3 x nothing was stored; 12 nothing was stored",
            "3 条：什么也没有存下；12 条：什么也没有存下",
        ),
        ("2024 sales.csv is full; 3 MiB are needed", "2024 sales.csv 已满；需要 3 MiB"),
        ("5 x a.csv is full; 3 MiB are needed", "5 条：a.csv 已满；需要 3 MiB"),
        ("7 x somebody wrote this", "7 x somebody wrote this"),
        (
            "a.csv: line 2, line 5 and 690 more: nothing was stored",
            "a.csv：第 2 行、第 5 行，另有 690 处：什么也没有存下",
        ),
        ("a.tmx: after unit 3: nothing was stored", "a.tmx：第 3 个单元之后：什么也没有存下"),
        ("nothing was stored; somebody wrote this", "什么也没有存下；somebody wrote this"),
        ("cannot go on (x)\n  - from a to b\n  - else here", None),
        ("somebody wrote this", "somebody wrote this"),
        ("", ""),
    ],
)
def test_the_chinese_is_found_by_the_template(english: str, chinese: str | None) -> None:
    lines = "无法继续（x）\n  - 到 b，自 a\n  - else here"
    assert error_in_chinese(english) == (lines if chinese is None else chinese)


@given(
    st.lists(st.sampled_from(["a", "b", "ab", " ", ""]), min_size=1, max_size=4),
    st.text("ab ", max_size=12),
)
@example(["a", "a"], "a")
@example(["", "b", ""], "abab")
def test_a_template_fits_where_a_pattern_would(pieces: list[str], text: str) -> None:
    pattern = re.compile("(.*?)".join(map(re.escape, pieces)), re.DOTALL)
    fits = pattern.fullmatch(text)
    values = found(pieces, text)
    assert (values is not None) == (fits is not None)
    if values is not None:
        parts = [part for pair in zip(pieces, [*values, ""], strict=True) for part in pair]
        assert "".join(parts) == text


@pytest.mark.parametrize("unit", ["a b. c: ", "x; y. z: w ", "1 x 2 x a: "])
def test_what_a_caller_wrote_into_a_value_costs_no_more_than_a_few_searches(
    unit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    searches, templates = [], errors._templates()

    def counted() -> Any:
        searches.append(1)
        return templates

    monkeypatch.setattr(errors, "_templates", counted)
    teller = Teller()
    for _ in range(20):
        teller.in_chinese(unit * 400)
    assert len(searches) <= LOOKS


def test_a_long_list_of_faults_is_chinese_to_its_end_and_costs_a_look_a_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    faults = [
        "columns `text`, `label` expected; found `sentence`; map them with [data.columns], for "
        'example text = "sentence"',
        "line 2: 3 fields, the header has 2; mind the quotes",
    ]
    lines = [f"data/f{number:04}.csv: {fault}" for number in range(500) for fault in faults]
    searches, templates = [], errors._templates()

    def counted() -> Any:
        searches.append(1)
        return templates

    monkeypatch.setattr(errors, "_templates", counted)
    told = error_in_chinese("\n".join(["nothing was stored", *(f"  - {one}" for one in lines)]))
    english = [line for line in told.split("\n")[1:] if not HAN.search(line)]
    assert english == []
    assert len(searches) < len(lines) + LOOKS


def test_causes_that_all_differ_are_chinese_too() -> None:
    lines = [
        f"  - a{number}.csv: line {number}: {number} fields, the header has 2; mind the quotes"
        for number in range(3, 203)
    ]
    told = error_in_chinese("\n".join(["mend it", *lines])).split("\n")
    assert all(HAN.search(line) for line in told[1:])


def test_an_error_of_thousands_of_lines_takes_a_bounded_number_of_searches(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    searches, templates = [], errors._templates()

    def counted() -> Any:
        searches.append(1)
        return templates

    monkeypatch.setattr(errors, "_templates", counted)
    lines = [f"  - file shop{n}.csv: row {n}: odd thing {n}. more: of {n}" for n in range(3000)]
    told = error_in_chinese("\n".join(["the project cannot be read", *lines])).split("\n")
    assert told[-1] == lines[-1]
    assert len(searches) <= errors.MOST_LOOKS


def test_every_template_has_its_values_in_chinese() -> None:
    for english, chinese in catalogue().items():
        values = english.count("{}")
        fields = [name for _, name, _, _ in Formatter().parse(chinese) if name is not None]
        places = sorted(int(name) for name in fields) if any(fields) else list(range(len(fields)))
        assert places == list(range(values)), english
        assert HAN.search(chinese), english


def test_every_error_of_the_source_has_its_chinese() -> None:
    place = Path(__file__).parents[2] / "scripts" / "errors.py"
    spec = importlib.util.spec_from_file_location("errors_of_the_source", place)
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    lacking = [f"{path.name}:{line} {template}" for path, line, template in script.missing()]
    assert lacking == [], "add it to src/chainring/text/errors_zh"


def test_no_template_has_two_chinese_ones() -> None:
    folder = Path(errors.__file__).parent / "errors_zh"
    floors = [json.loads(path.read_text(encoding="utf-8")) for path in folder.glob("*.json")]
    for told in floors:
        assert {english: catalogue()[english] for english in told} == told


def test_every_template_is_found_by_what_it_made_also_behind_a_place() -> None:
    for english, chinese in catalogue().items():
        values = [f"value{number}" for number in range(english.count("{}"))]
        made, told = english, chinese.format(*values)
        for value in values:
            made = made.replace("{}", value, 1)
        if " " in made:
            assert error_in_chinese(made) == told
            assert error_in_chinese(f"data/a.csv: {made}") == f"data/a.csv：{told}"


def test_an_error_keeps_both_languages_of_what_was_said_in_both() -> None:
    error = InputError("mend it", faults=[Said("no head", zh="没有表头"), "a note"])
    assert str(error) == "mend it\n  - no head\n  - a note"
    assert error_in_chinese(told_by(error)) == "mend it\n  - 没有表头\n  - a note"
    assert not isinstance(InputError("mend it", faults=["a note"]).args[0], Said)


def test_a_name_that_nothing_carries_is_told_with_the_nearest_one() -> None:
    told = error_in_chinese(str(UnknownNameError("language", "zhh", ["en", "zh"])))
    assert told == "未知的语言 'zhh'；您是否想写 'zh'？"
    told = error_in_chinese(str(UnknownNameError("language", "french", ["en", "zh"])))
    assert told == "未知的语言 'french'；已知：en, zh"
