"""The recipe of a package is TOML, whatever its texts hold."""

from __future__ import annotations

import tomllib

from hypothesis import example, given
from hypothesis import strategies as st

from chainring.software.package.recipe import _lines

TEXTS = st.text(alphabet=st.characters(codec="utf-8"), max_size=20)


@given(TEXTS, TEXTS)
@example("".join(map(chr, range(0xA0))), "\x7f")
@example("a.b", '"""\r\n\\u007f')
def test_any_text_is_read_as_it_was_written_as_a_name_of_a_table_a_key_and_a_value(
    name: str, value: str
) -> None:
    inner = {name: value, "list": [value, {name: value}], "number": 1e-7, "on": True}
    told = {"project": {name: value, f"{name}-": inner}}
    assert tomllib.loads("\n".join(_lines((), told))) == told
