"""What may be said about cleaning; a profile says most of it.

Enters `[data.clean]` of chainring.toml or the options of `chainring data clean`, leaves frozen
settings.

    CleanSettings(profile="documents", languages=("en", "zh"), licences=("CC0-1.0",))

=============  ==================================================================================
profile        for
=============  ==================================================================================
``documents``  pages, articles, chapters: text to pre-train on
``messages``   questions, reviews, chats: short texts, no rules on length or repetition of words
``none``       nothing is cleaned
=============  ==================================================================================
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Name = Annotated[str, Field(min_length=1)]

STAGES = (
    "policy.v1", "unicode.v1", "boilerplate.v1", "length.v1", "language.v1", "quality.v1",
    "redaction.v1", "repetition.v1", "decontaminate.v1",
)  # fmt: skip
"""Our stages in their order: what is cheap and drops much comes first."""

MIN_NGRAM = {"en": 13, "zh": 24}
"""Words (Chinese characters) in a row that make an overlap with an evaluation text: Brown et al.
2020, appendix C, for words; about as much text in Chinese."""


class CleanSettings(BaseModel):
    """How text is cleaned before it becomes rows."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    profile: Literal["none", "documents", "messages"] = Field(
        "none",
        description="what kind of text it is; none: it is not cleaned, and of these keys only "
        "licences, consents and evaluation hold",
    )
    languages: tuple[Name, ...] = Field(
        (), description="languages to keep, as en or zh; none named: every one"
    )
    licences: tuple[Name, ...] = Field(
        (), description="licences whose texts may be used; none named: every one"
    )
    consents: tuple[Name, ...] = Field(
        (), description="consents under which a text is cleaned and kept; none named: every one"
    )
    evaluation: tuple[Name, ...] = Field(
        (), description="files of evaluation texts; a text that overlaps with one is dropped"
    )
    min_jaccard: float = Field(
        0.7, ge=0.5, le=1, description="shared five-word sequences that make near copies, as share"
    )
    meaning: str = Field(
        "", description="embedder that tells texts of one meaning, encoder.v1 or words.v1; or none"
    )
    meaning_from: str = Field(
        "minilm", min_length=1, description="encoder, or folder of word vectors, that it opens"
    )
    min_cosine: float = Field(
        0.95, ge=0.5, le=1, description="likeness of two vectors that makes two texts say the same"
    )
    min_boilerplate: int = Field(
        0, ge=0, description="a line in so many texts is boilerplate and is cut out; 0: no line"
    )
    redact: bool = Field(True, description="personal numbers and addresses are taken out")
    stages: tuple[Name, ...] = Field(
        (), description="further stages of your own, after the built-in ones"
    )
    max_characters: int = Field(
        600_000, ge=100, le=10_000_000, description="a longer text is set aside"
    )
    max_bytes_per_line: int = Field(
        16 << 20, ge=1 << 10, le=1 << 30, description="a longer line is set aside, never loaded"
    )
    shard_mib: int = Field(16, ge=1, le=4096, description="size of a piece of work, MiB")

    @property
    def drops(self) -> bool:
        """Whether anything is asked of a text: a profile, terms, or no evaluation text."""
        asked = self.licences or self.consents or self.evaluation
        return self.profile != "none" or bool(asked)

    @property
    def chosen(self) -> tuple[str, ...]:
        """The stages that run, in their order."""
        off = {
            "policy.v1": not (self.licences or self.consents),
            "boilerplate.v1": not self.min_boilerplate,
            "redaction.v1": not self.redact,
            "decontaminate.v1": not self.evaluation,
            "repetition.v1": self.profile == "messages",
        }
        return (*(name for name in STAGES if not off.get(name)), *self.stages)

    @property
    def parts(self) -> list[tuple[str, str]]:
        """Kind and name of every part that is used."""
        embedders = [("embedder", self.meaning)] if self.meaning else []
        return [*(("stage", name) for name in self.chosen), *embedders]


class Rules(BaseModel):
    """Limits of one language in one profile; a token is a word or a Chinese character.

    With `counts_signs` letters are a share of all signs; else they, and numbers, count as tokens.

    Rae et al. 2021 (Gopher, table A1), Raffel et al. 2020 (C4, §2.2), Penedo et al. 2024 (FineWeb,
    §3.6), with English defaults as published. What each means for Chinese stands in `quality`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    min_tokens: int = 50
    max_tokens: int = 100_000
    min_mean_word: float = 3.0
    max_mean_word: float = 10.0
    max_symbol_ratio: float = 0.1
    max_bullet_lines: float = 0.9
    max_ellipsis_lines: float = 0.3
    min_letter_share: float = 0.8
    counts_signs: bool = False
    min_stop_words: int = 2
    min_sentences: int = 2
    min_lines: int = 5
    min_ended_lines: float = 0.12
    max_short_lines: float = 0.67
    short_line: int = 30
    max_braces: float = 0.02


CHINESE = Rules(
    min_tokens=40,
    max_tokens=200_000,
    min_mean_word=0.0,
    max_mean_word=1e9,
    min_letter_share=0.5,
    counts_signs=True,
    min_sentences=0,
    short_line=10,
)
ANY = Rules(
    min_tokens=1,
    min_mean_word=0.0,
    max_mean_word=40.0,
    max_symbol_ratio=1.0,
    max_bullet_lines=1.0,
    max_ellipsis_lines=1.0,
    min_letter_share=0.3,
    min_stop_words=0,
    min_sentences=0,
    min_ended_lines=0.0,
    max_short_lines=1.0,
    max_braces=0.2,
)
OTHER = Rules(min_stop_words=0, min_mean_word=0.0, max_mean_word=1e9, min_letter_share=0.5)


def rules_of(profile: str, language: str) -> Rules:
    """Return the limits for a language: those of other languages ask for no stop words."""
    if profile == "messages":
        return ANY
    return {"en": Rules(), "zh": CHINESE}.get(language, OTHER)


def least_tokens(profile: str) -> int:
    """Return the length under which a text of any language is too short."""
    return ANY.min_tokens if profile == "messages" else CHINESE.min_tokens
