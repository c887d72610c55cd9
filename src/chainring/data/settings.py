"""What a recipe can say about data; most projects need `path`, some `columns`.

Enters the section `[data]` of chainring.toml, leave frozen settings.

    DataSettings.model_validate({"path": "data", "columns": {"text": "sentence", "label": "y"}})
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from chainring.contracts.dataset import Task
from chainring.contracts.tasks import TASKS, TaskFacts
from chainring.data.clean.settings import CleanSettings
from chainring.data.looking.population import PopulationSettings
from chainring.data.sources.settings import SourceSettings

Role = Literal[
    "text",
    "pair",
    "label",
    "target",
    "language",
    "split",
    "subject",
    "licence",
    "consent",
    "author",
    "protected",
    "episode",
    "id",
]
Name = Annotated[str, Field(min_length=1)]
_GONE = "max_rows_per_author"


class DataSettings(BaseModel):
    """What is learnt, where the text lies, what its columns mean, and how it is split."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    task: Task = Field(
        "classification", description="what is learnt, and with it which columns are read"
    )
    path: Name | tuple[Name, ...] = Field(
        "data", description="folder, file or glob of labelled text; or a list of them"
    )
    unlabelled: tuple[Name, ...] = Field(
        (), description="folders, files or globs whose rows have no label, whatever columns stand"
    )
    sources: tuple[SourceSettings, ...] = Field(
        (), description="text from elsewhere: a table [[data.sources]] each"
    )
    columns: dict[Role, Name] = Field(
        default_factory=dict, description='meaning → column in the files: {"text": "sentence"}'
    )
    licence: Name = Field("unstated", description="licence of rows that name none")
    consent: Name = Field("owner", description="consent of rows that name none")
    validation_share: float = Field(
        0.1, ge=0, lt=0.5, description="share set apart for choosing, where the files give none"
    )
    test_share: float = Field(
        0.15, ge=0, lt=0.5, description="share set apart for judging, where the files give none"
    )
    min_jaccard: float = Field(
        0.8,
        ge=0.5,
        le=1,
        description="likeness from which two texts are near-duplicates; at 1 only copies are",
    )
    min_rows_per_label: int = Field(
        2, ge=1, le=1000, description="a label with fewer rows is left out, with a word"
    )
    max_characters: int = Field(
        100_000, ge=1, le=10_000_000, description="a longer text is dropped and counted"
    )
    max_bytes_per_line: int = Field(
        16 << 20, ge=1 << 10, le=1 << 30, description="a longer line is a fault; it is never loaded"
    )
    feedback_weight: float = Field(
        1.0, gt=0, le=100, description="weight of a corrected row in training; a source row has 1"
    )
    review_doubtful: bool = Field(
        True,
        description="users' corrections that contradict the data wait for a review, and numbers"
        " outside the range of the files' by more than it is wide",
    )
    out_of_scope: Name = Field(
        "out_of_scope", description="label in the files of texts that go to a person"
    )

    clean: CleanSettings = CleanSettings()
    population: PopulationSettings = PopulationSettings()

    @model_validator(mode="before")
    @classmethod
    def _without_what_is_gone(cls, data: Any) -> Any:
        if isinstance(data, dict) and _GONE in data:
            raise ValueError(
                f"{_GONE} is a setting of [feedback] alone now, which holds back what one author"
                " says; move the line there, or take it out"
            )
        return data

    @model_validator(mode="after")
    def _the_task_reads_the_columns(self) -> DataSettings:
        if self.task not in TASKS:
            raise ValueError(
                f"task: {self.task!r} cannot be trained yet; known: {', '.join(TASKS)}"
            )
        facts = TASKS[self.task]
        for role in ("pair", "label", "target"):
            if role in self.columns and role not in (*facts.needs, *facts.allows):
                raise ValueError(
                    f"columns.{role}: the task {self.task} reads {', '.join(facts.needs)}; map one "
                    "of these, or name another `task`"
                )
        return self

    @model_validator(mode="after")
    def _something_is_left_to_train_on(self) -> DataSettings:
        if self.validation_share + self.test_share > 0.8:
            raise ValueError("validation_share and test_share leave less than 20 % for training")
        return self

    @property
    def facts(self) -> TaskFacts:
        """What the house knows of the task."""
        return TASKS[self.task]

    @property
    def is_path_stated(self) -> bool:
        """Whether the recipe names a path, or leaves it at its default."""
        return bool({"path", "unlabelled"} & self.model_fields_set)

    @property
    def paths(self) -> tuple[str, ...]:
        """All paths to read, those of `unlabelled` last, none twice."""
        first = (self.path,) if isinstance(self.path, str) else self.path
        return tuple(dict.fromkeys((*first, *self.unlabelled)))


KEYED = frozenset(DataSettings.model_fields) - {"sources", "population", "clean"}
"""The settings that change records, labels and data sets. How a source is reached does not: what it
brought does, which the digest of its harvest tells. A population is only compared with, and
cleaning is a step of its own."""
