"""The files of a package, without the model."""

from __future__ import annotations

import re

from tests.text.english import english_in

from chainring.contracts.said import Said
from chainring.software.package.readme_zh import README_ZH
from chainring.software.package.texts import README, texts

VALUE = re.compile(r"\$\{\w+\}")
FACTS = {name[2:-1]: f"<{name[2:-1]}>" for name in VALUE.findall(README)}


def test_both_readmes_have_the_same_sections_values_and_commands() -> None:
    for piece in (r"(?m)^#+ ", r"(?m)^ *- ", r"(?m)^ {4,}\S.*$"):
        english, chinese = (re.findall(piece, text) for text in (README, README_ZH))
        assert [one.replace("...", "……") for one in english] == chinese
    assert set(VALUE.findall(README)) == set(VALUE.findall(README_ZH))


def test_the_chinese_readme_is_chinese() -> None:
    more = {name: name for name in ("request_mib", "limit_mib", "leave_s", "leave_stop_s")}
    facts = FACTS | more | {"memory": Said("96 MiB on it", zh="96 MiB（测得）")}
    made = texts(facts)
    assert "96 MiB（测得）" in made["README.zh-CN.md"]
    assert "96 MiB on it" in made["README.md"]
    prose = re.sub(r"(?m)^ {4,}.*$", "", made["README.zh-CN.md"])
    assert english_in(prose) == []
