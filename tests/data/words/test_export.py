"""What is exported is what gensim reads: the same words, the same 32-bit numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from chainring.contracts.errors import UnknownNameError
from chainring.data.words.export import Form, export
from chainring.data.words.vectors import WordVectors

keyedvectors = pytest.importorskip("gensim.models.keyedvectors")


@pytest.mark.filterwarnings("default::ResourceWarning")  # gensim leaves its file open
@pytest.mark.parametrize(
    ("form", "how"), [("text", {}), ("binary", {"binary": True}), ("glove", {"no_header": True})]
)
def test_gensim_reads_each_format(
    by_hand: WordVectors, tmp_path: Path, form: Form, how: dict[str, Any]
) -> None:
    rng = np.random.default_rng(0)
    exact = rng.normal(size=(7, 3)).astype(np.float32) * np.float32(1e-4)
    vectors = WordVectors(by_hand.words, exact, facts=by_hand.facts)
    path = export(vectors, tmp_path / "v", form=form)
    read = keyedvectors.KeyedVectors.load_word2vec_format(str(path), **how)
    assert read.index_to_key == list(by_hand.words)
    np.testing.assert_array_equal(read.vectors, exact)
    assert [one.name for one in tmp_path.iterdir()] == ["v"]


def test_the_head_line_tells_words_and_numbers_where_the_format_has_one(
    by_hand: WordVectors, tmp_path: Path
) -> None:
    first = {
        form: export(by_hand, tmp_path / form, form=form).read_bytes().split(b"\n")[0]
        for form in cast(tuple[Form, ...], ("text", "binary", "glove"))
    }
    assert first == {"text": b"7 3", "binary": b"7 3", "glove": b"man 1 0 0"}


def test_an_unknown_format_is_refused_with_the_nearest(
    by_hand: WordVectors, tmp_path: Path
) -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'glove'"):
        export(by_hand, tmp_path / "v", form=cast(Form, "glov"))
