"""Conversations are worded as transformers words them."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.deployment.test_conversion import TALK, TEXTS, write_writer
from transformers import AutoTokenizer

from chainring.contracts.errors import InputError
from chainring.deployment.speaking import Speaking
from chainring.text.chat import prompt_ids


@pytest.fixture(scope="module")
def inner(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_writer(tmp_path_factory.mktemp("speaking"), "gpt2") / "writer"


def spoken(inner: Path, template: str | None) -> Speaking:
    marks = {"eos_token": "[SEP]"}
    return Speaking(inner / "tokenizer.json", template=template, marks=marks)


@pytest.mark.parametrize("text", [*TEXTS, TALK, "", " x "])
@pytest.mark.parametrize("limit", [5, 400])
def test_a_prompt_has_the_ids_that_transformers_gives_it(
    inner: Path, text: str, limit: int
) -> None:
    known = AutoTokenizer.from_pretrained(inner)
    ours = spoken(inner, known.chat_template)
    assert prompt_ids(ours, text, limit=limit) == prompt_ids(known, text, limit=limit)
    known.chat_template = None
    assert prompt_ids(spoken(inner, None), text, limit=limit) == prompt_ids(
        known, text, limit=limit
    )


@pytest.mark.parametrize("text", [*TEXTS, ""])
@pytest.mark.parametrize("limit", [8, 400])
def test_what_is_read_is_cut_and_said_again_as_by_transformers(
    inner: Path, text: str, limit: int
) -> None:
    known = AutoTokenizer.from_pretrained(inner)
    ours = spoken(inner, None)
    ids = ours.read(text, limit=limit)
    assert ids == known(text, truncation=True, max_length=limit)["input_ids"]
    assert ours.text(ids) == known.decode(ids, skip_special_tokens=True).strip()
    assert len(ours.read(TEXTS[0], limit=400)) > 3, "what was cut before leaves no trace"


def test_a_template_may_refuse_and_may_not_reach_out(inner: Path) -> None:
    refusing = spoken(inner, "{{ raise_exception('roles must take turns') }}")
    with pytest.raises(InputError, match="roles must take turns"):
        prompt_ids(refusing, "hi", limit=9)
    from jinja2.exceptions import SecurityError

    with pytest.raises(SecurityError):
        prompt_ids(spoken(inner, "{{ ''.__class__.__mro__[1].__subclasses__() }}"), "hi", limit=9)
