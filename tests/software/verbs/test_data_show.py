from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from tests.software.conftest import copy, opened
from tests.training.conftest import make_row

from chainring.software.verbs import data_show

RULE = """
[[access.rules]]
action = "read"
where = { language = "zh" }
allow = false
"""
MORE = {"pair": "second", "target": "written", "rejected": "not wanted"}


def test_where_a_text_is_kept_back_the_other_texts_of_its_row_are_too(
    turned: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = copy(turned, tmp_path / "shop")
    with (folder / "chainring.toml").open("a", encoding="utf-8") as recipe:
        recipe.write(RULE)
    rows = [
        dataclasses.asdict(make_row("first", "label", language, "train", language)) | MORE
        for language in ("zh", "en")
    ]
    monkeypatch.setattr(data_show, "chosen", lambda *_: iter(rows))
    with opened(folder) as project:
        withheld, shown = project.data.show()
    assert {name: withheld[name] for name in ("text", *MORE)} == dict.fromkeys(("text", *MORE))
    assert (withheld["label"], withheld["language"]) == ("label", "zh")
    assert {name: shown[name] for name in ("text", *MORE)} == {"text": "first"} | MORE
