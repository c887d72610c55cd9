"""Vectors of texts from the offline encoder."""

from __future__ import annotations

import numpy as np

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
