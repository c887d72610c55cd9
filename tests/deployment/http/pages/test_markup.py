from __future__ import annotations

import json
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from chainring.deployment.http.pages.markup import data, group, tag


class Reader(HTMLParser):
    """Reads what a browser would: tags, attributes, texts."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data


def _read(markup: str) -> Reader:
    reader = Reader()
    reader.feed(markup)
    reader.close()
    return reader


_texts = st.text(st.characters(exclude_characters="\r\x00", exclude_categories=["Cs"]))


@given(_texts, _texts)
def test_no_text_becomes_markup(text: str, value: str) -> None:
    reader = _read(tag("p", text, title=value))
    assert reader.tags == ["p"]
    assert reader.text == text
    assert reader.attributes == [("title", value)]


@given(st.recursive(_texts, lambda inner: st.lists(inner) | st.dictionaries(_texts, inner)))
def test_data_for_scripts_survives_and_never_ends_its_element(value: object) -> None:
    markup = data(value, id_="x")
    assert markup.count("<") == 2
    inner = markup.partition(">")[2].rpartition("</script>")[0]
    assert json.loads(inner) == value


def test_markup_is_not_escaped_twice() -> None:
    assert tag("p", tag("b", "<"), None, " & ") == "<p><b>&lt;</b> &amp; </p>"
    assert group() == ""


def test_true_is_a_bare_attribute_and_false_and_none_are_none() -> None:
    assert tag("input", checked=True, hidden=False, title=None) == "<input checked>"
