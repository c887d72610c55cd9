"""Conversations are worded as transformers words them."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from tests.deployment.forms.test_conversion import FACTS, TALK, TEXTS, write_writer
from transformers import AutoTokenizer

from chainring.contracts.errors import InputError, RefusedError
from chainring.deployment.engines.speaking import Speaking
from chainring.deployment.engines.writer import Writer
from chainring.text.chat import prompt_ids
from chainring.training.tokenisers.make import tokeniser
from chainring.training.tokenisers.settings import TokeniserSettings
from chainring.training.tokenisers.special import save_tokeniser


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


CHINESE = {
    "退款什么时候到账，ok 吗？": "退款什么时候到账，ok 吗？",
    "“包裹”在2026年到；谢谢……": "“包裹”在2026年到；谢谢……",
    "我说：he said ok 了。": "我说：he said ok 了。",
    "two dogs, one cat": "two dogs, one cat",
}


def test_pieces_of_words_are_said_without_blanks_between_chinese(tmp_path: Path) -> None:
    made = tokeniser(
        list(CHINESE) * 2, settings=TokeniserSettings(use="wordpiece.v1"), form="decoder", seed=0
    )
    save_tokeniser(made, tmp_path)
    ours = Speaking(tmp_path / "tokenizer.json", template=None, marks={})
    for text, expected in CHINESE.items():
        ids = ours.ids(text)
        assert ours.text(ids) == expected
        assert ours.text(ids).startswith(ours.text(ids[:4])), "a stream only adds"


def test_a_writer_says_chinese_as_its_converted_form_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_writer(tmp_path, "gpt2")
    made = tokeniser(
        list(CHINESE) * 2, settings=TokeniserSettings(use="wordpiece.v1"), form="decoder", seed=0
    )
    save_tokeniser(made, folder / "writer")
    writer = Writer(folder, FACTS, threads=1)
    ours = Speaking(folder / "writer" / "tokenizer.json", template=None, marks={})
    text = next(iter(CHINESE))

    def generated(input_ids: torch.Tensor, **_: object) -> torch.Tensor:
        return torch.cat([input_ids, torch.tensor([ours.ids(text)])], dim=1)

    monkeypatch.setattr(writer.network, "generate", generated)
    assert [one.text for one in writer.write(["hi"])] == [text]


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


def test_a_template_without_end_is_stopped_in_training_and_in_service(inner: Path) -> None:
    endless = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"
    known = AutoTokenizer.from_pretrained(inner)
    known.chat_template = endless
    for one in (known, spoken(inner, endless)):
        with pytest.raises(RefusedError, match=f"conversations of {inner} does not come to an end"):
            prompt_ids(one, "hi", limit=9)


def test_a_template_may_refuse_and_may_not_reach_out(inner: Path) -> None:
    refusing = spoken(inner, "{{ raise_exception('roles must take turns') }}")
    with pytest.raises(InputError, match="roles must take turns"):
        prompt_ids(refusing, "hi", limit=9)
    with pytest.raises(RefusedError, match="is unsafe"):
        prompt_ids(spoken(inner, "{{ ''.__class__.__mro__[1].__subclasses__() }}"), "hi", limit=9)
