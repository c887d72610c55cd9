"""Vectors of texts from the offline encoder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from tests.bert import tiny_bert

from chainring.contracts.checks import EmbedderExample, check_part
from chainring.training.embedding import encoder_embedder

TEXTS = (
    "Where is my parcel?",
    "Has the package that I ordered arrived yet?",
    "The cathedral was built in the twelfth century.",
    "我的包裹到哪里了，为什么还没有送到我的家门口？",
)


def test_it_keeps_the_rules_of_embedders() -> None:
    check_part(
        "embedder",
        "encoder.v1",
        EmbedderExample(source="minilm", texts=TEXTS[:3], alike=(0, 1), unlike=(0, 2)),
    )


def test_what_the_encoder_cannot_read_is_like_nothing() -> None:
    vectors = encoder_embedder("minilm")(TEXTS)
    assert np.any(vectors[0])
    assert not np.any(vectors[3])


def test_short_texts_are_padded_as_the_base_says(tmp_path: Path) -> None:
    embed = encoder_embedder(str(tiny_bert(tmp_path / "base", TEXTS * 2, pad_token_id=3)))
    embed(TEXTS[:1])
    asked: list[Any] = []
    embed._opened[0].encoder.register_forward_pre_hook(
        lambda _, __, given: asked.append(given["input_ids"]), with_kwargs=True
    )
    embed([TEXTS[0], "Where?"])
    (ids_bt,) = asked
    shorter = min(ids_bt.tolist(), key=lambda row: -row.count(3))
    assert shorter[-1] == 3
    assert 0 not in ids_bt
