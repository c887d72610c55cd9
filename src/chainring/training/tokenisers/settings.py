"""What a recipe can say about its tokeniser, section `[training.tokeniser]`.

TokeniserSettings.model_validate({"use": "bpe.v1", "size": 16000})
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class TokeniserSettings(BaseModel):
    """The tokeniser of a model that starts from random weights; one with a base has the base's."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    use: str = Field(
        default="auto",
        min_length=1,
        description="'auto' (wordpiece.v1 for 'masked', else bpe.v1), or a tokeniser's name",
    )
    size: int = Field(
        default=8000, ge=100, le=200_000, description="tokens, special ones included, at most"
    )
    chinese: Literal["auto", "characters", "words"] = Field(
        default="auto",
        description="pieces within one Chinese character, or across characters; 'auto': characters "
        "for wordpiece.v1, else words",
    )
    lowercase: bool | None = Field(
        default=None, description="whether A is read as a; none: only by wordpiece.v1"
    )
    max_characters: int = Field(
        default=4_000_000, ge=1_000, description="characters of text it learns from, at most"
    )
