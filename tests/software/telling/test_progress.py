"""Work in progress is told in both languages: each line comes from a table of sentences."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.text.sentence_tables import require_complete

from chainring.contracts.said import Said
from chainring.data import sentences as of_data
from chainring.software.telling.speech import aloud
from chainring.training import progress_sentences as of_training

SOURCE = Path(__file__).resolve().parents[3] / "src" / "chainring"
SPEAKERS = {"work", "self", "runner"}
"""`work.say(…)`, `self.say(…)`, `ring.runner.say(…)`; `say(…)`, too, where a function is handed it.
"""
PAGES = "http"
"""There a `say` that is handed on looks words of a page up."""
TABLES = ("sentences", "words")
"""How the modules end whose tables sentences come from."""


@pytest.mark.parametrize("table", [of_data.SENTENCES, of_training.SENTENCES])
def test_every_sentence_has_a_chinese_one_with_the_same_values(table: object) -> None:
    require_complete(table)  # type: ignore[arg-type]


def test_every_line_of_progress_comes_from_a_table_of_sentences() -> None:
    found = list(_lines())
    assert len(found) > 40
    assert [place for place, told in found if not told] == []


def test_a_line_is_printed_in_the_language_that_is_asked_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    line = of_data.progress("records", count=3, left=of_data.progress("dropped", count=0))
    for language in ("en", "zh"):
        aloud(language)(line)
    assert capsys.readouterr().err == "  records: 3 rows, 0 dropped\n  记录：3 行，剔除 0 行\n"


def _lines() -> Iterator[tuple[str, bool]]:
    """Yield where each line is said, and whether it comes from a table."""
    for path in sorted(SOURCE.rglob("*.py")):
        if PAGES in path.parts:
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        tables = set(_tables(tree))
        for function in ast.walk(tree):
            if isinstance(function, ast.FunctionDef):
                handed = {one.arg for one in [*function.args.args, *function.args.kwonlyargs]}
                for call in ast.walk(function):
                    if isinstance(call, ast.Call) and call.args and _speaks(call.func, handed):
                        place = f"{path.relative_to(SOURCE)}:{call.lineno}"
                        yield place, _is_told(call.args[0], tables)


def _speaks(called: ast.expr, handed: set[str]) -> bool:
    if isinstance(called, ast.Name):
        return called.id == "say" and "say" in handed
    if not isinstance(called, ast.Attribute) or called.attr not in ("say", "_say"):
        return False
    owner = called.value
    name = owner.id if isinstance(owner, ast.Name) else getattr(owner, "attr", "")
    return name in SPEAKERS


def _is_told(line: ast.expr, tables: set[str]) -> bool:
    """Return whether it is a call of a table, or a sentence made before."""
    if isinstance(line, ast.Call):
        return isinstance(line.func, ast.Name) and line.func.id in tables
    return isinstance(line, ast.Name | ast.Attribute)


def _tables(tree: ast.Module) -> Iterator[str]:
    """Yield what says sentences here: imports from a table, and functions that return one."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").endswith(TABLES):
            yield from (one.asname or one.name for one in node.names)
        elif isinstance(node, ast.FunctionDef) and isinstance(node.returns, ast.Name):
            if node.returns.id == Said.__name__:
                yield node.name
