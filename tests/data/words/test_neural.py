"""What is said where gensim is not installed."""

from __future__ import annotations

import importlib
from types import SimpleNamespace

import pytest

from chainring.contracts.errors import ChainringError
from chainring.data.words.settings import WordSettings

ROOM = importlib.import_module("chainring.data.words.neural")


@pytest.mark.parametrize(
    ("python", "step"), [((3, 13), r"pip install 'chainring\[data\]'"), ((3, 14), "--kind glove")]
)
@pytest.mark.parametrize("kind", ["word2vec", "fasttext"])
def test_without_gensim_the_next_step_is_one_that_this_python_has(
    monkeypatch: pytest.MonkeyPatch, kind: str, python: tuple[int, int], step: str
) -> None:
    monkeypatch.setattr(ROOM, "find_spec", lambda _: None)
    monkeypatch.setattr(ROOM, "sys", SimpleNamespace(version_info=python))
    with pytest.raises(ChainringError, match=step):
        ROOM._untrained(WordSettings.model_validate({"kind": kind}))
