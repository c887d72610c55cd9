"""What can be said about training word vectors; the defaults suit some megabytes of text.

Enter options of the command line or keywords, leave frozen settings.

    WordSettings(kind="glove", dimensions=100, window=10)
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Kind = Literal["word2vec", "fasttext", "glove"]
Segmenter = Literal["rjieba.v1", "jieba.v1", "characters.v1"]

EPOCHS = {"word2vec": 10, "fasttext": 10, "glove": 25}
WINDOW = {"word2vec": 5, "fasttext": 5, "glove": 10}


class WordSettings(BaseModel):
    """Which vectors are trained, from which words, and how."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Kind = Field("word2vec", description="the method")
    language: Literal["auto", "en", "zh"] = Field(
        "auto", description="keep the words of one language alone; auto keeps both"
    )
    segmenter: Segmenter = Field("rjieba.v1", description="what splits Chinese into words")
    user_words: tuple[str, ...] = Field((), description="words that are never split")
    simplified: bool = Field(False, description="write traditional characters as simplified ones")
    drop_stop_words: bool = Field(False, description="leave out words like `the` and 的")
    column: str = Field("text", min_length=1, description="column of tables that holds the text")
    dimensions: int = Field(100, ge=2, le=2_000, description="numbers a vector")
    window: int | None = Field(
        None, ge=1, le=64, description="words to each side; by default 5, for GloVe 10"
    )
    min_count: int = Field(5, ge=1, description="a rarer word gets no vector")
    max_words: int = Field(
        200_000, ge=2, le=4_000_000, description="of more words the most frequent get a vector"
    )
    epochs: int | None = Field(
        None, ge=1, le=1_000, description="passes over the text; by default 10, for GloVe 25"
    )
    seed: int = Field(0, ge=0, lt=2**31, description="the same seed gives the same vectors")
    workers: int = Field(
        1, ge=1, le=256, description="threads; more than 1 makes all but GloVe differ by run"
    )
    cbow: bool = Field(False, description="Word2Vec and fastText: a word from its context")
    negative: int = Field(5, ge=1, le=100, description="Word2Vec and fastText: noise words a pair")
    min_ngram: int = Field(2, ge=1, le=10, description="fastText: shortest piece of a word")
    max_ngram: int = Field(5, ge=1, le=10, description="fastText: longest piece of a word")
    buckets: int = Field(
        200_000, ge=1_000, le=10_000_000, description="fastText: vectors that pieces share"
    )
    max_weight_count: float = Field(
        100.0, gt=0, description="GloVe: co-occurrences from which on a pair has full weight"
    )
    weight_power: float = Field(0.75, gt=0, le=1, description="GloVe: how fast weight grows")
    learning_rate: float = Field(0.15, gt=0, le=1, description="GloVe: first step of AdaGrad")

    @model_validator(mode="after")
    def _pieces_have_lengths(self) -> WordSettings:
        if self.min_ngram > self.max_ngram:
            raise ValueError(f"min_ngram {self.min_ngram} is longer than max_ngram")
        return self

    @property
    def passes(self) -> int:
        """Epochs, those of the kind where none is set."""
        return self.epochs or EPOCHS[self.kind]

    @property
    def reach(self) -> int:
        """Words to each side, those of the kind where none is set."""
        return self.window or WINDOW[self.kind]
