"""The recipe: `chainring.toml`, one section a link; most projects need five lines of it.

Enters the file, leaves a `Recipe` of frozen settings, or one RecipeError that lists every fault
with its path, the value found, what is allowed and the nearest name.

    [project]
    name = "support"

    [data.columns]
    text = "sentence"
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from chainring.contracts.errors import ProjectNotFoundError, RecipeError, did_you_mean
from chainring.contracts.parts import part_names
from chainring.data.settings import DataSettings
from chainring.deployment.alert_settings import AlertSettings
from chainring.deployment.drift.settings import DriftSettings
from chainring.deployment.observing_settings import ObservingSettings
from chainring.deployment.release_settings import ReleaseSettings
from chainring.deployment.settings import DeploymentSettings
from chainring.feedback.settings import FeedbackSettings
from chainring.hardware.settings import HardwareSettings
from chainring.ring.gate.costs import cost_faults
from chainring.ring.gate.settings import GateSettings
from chainring.ring.recipe_access import rule_faults
from chainring.ring.recipe_faults import faults_of
from chainring.ring.recipe_sources import source_faults
from chainring.training.settings import EvaluationSettings, TrainingSettings
from chainring.trust.rules import AccessSettings
from chainring.trust.settings import PrivacySettings

FILE = "chainring.toml"
_TOLD_APART = (("data", "sources"), ("access", "rules"), ("gate", "costs"))


class _Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LabelNames(_Settings):
    """How people call a label, by language; where nothing is said it stands for itself."""

    en: str = Field(default="", max_length=60)
    zh: str = Field(default="", max_length=60)


class ProjectSettings(_Settings):
    """Who this is."""

    name: str = Field(
        pattern=r"^[a-z][a-z0-9_-]{0,62}$",
        description="name of the application: small letters, digits, - and _",
    )
    labels: dict[str, LabelNames] = Field(
        default_factory=dict,
        description="how pages call each label: its `en` and its `zh`",
    )

    def called(self, label: str) -> dict[str, str]:
        """Return how people call a label, by the languages in which it has a name."""
        found = self.labels.get(label, LabelNames())
        return found.model_dump(exclude_defaults=True)


class StoreSettings(_Settings):
    """Where nouns rest; nothing needs to be said on one machine."""

    ledger: str = Field(
        default="",
        pattern=r"^$|^postgresql://|^sqlite:///",
        description="postgresql://user@host/database; empty: SQLite in the project's folder",
    )
    remote: str = Field(default="", description="fsspec url that mirrors the trees; empty: none")
    cache_gib: float = Field(default=20.0, gt=0, description="with a remote: local bytes kept, GiB")
    min_free_mib: int = Field(default=500, ge=0, description="free disk that a step needs, MiB")


class WatchSettings(_Settings):
    """When `chainring watch` (or one line of cron) turns the ring."""

    min_corrections: int = Field(default=50, ge=1, description="new usable corrections")
    max_days: float = Field(default=0.0, ge=0, description="turn after so many days; 0: never")
    max_drop_points: float = Field(
        default=5.0,
        gt=0,
        le=100,
        description="points that reviewed accuracy, or the measure of the gate, may fall below; by"
        " cost hundredths of what the cheapest answer to everything costs",
    )
    cooldown_hours: float = Field(default=6.0, ge=0, description="rest between two turns")
    poll_s: float = Field(default=60.0, gt=0, description="how often it looks, in seconds")


class Recipe(_Settings):
    """A whole project's settings; every section but `project` may be left out."""

    project: ProjectSettings
    store: StoreSettings = StoreSettings()
    data: DataSettings = DataSettings()
    training: TrainingSettings = TrainingSettings()
    evaluation: EvaluationSettings = EvaluationSettings()
    hardware: HardwareSettings = HardwareSettings()
    deployment: DeploymentSettings = DeploymentSettings()
    release: ReleaseSettings = ReleaseSettings()
    drift: DriftSettings = DriftSettings()
    alerts: AlertSettings = AlertSettings()
    observing: ObservingSettings = ObservingSettings()
    feedback: FeedbackSettings = FeedbackSettings()
    gate: GateSettings = GateSettings()
    watch: WatchSettings = WatchSettings()
    privacy: PrivacySettings = PrivacySettings()
    access: AccessSettings = AccessSettings()


def load_recipe(folder: Path) -> Recipe:
    """Return the recipe of a project's folder.

    Raises
    ------
    ProjectNotFoundError
        When there is no `chainring.toml`.
    RecipeError
        With every fault of the file.
    """
    path = folder / FILE
    if not path.is_file():
        raise ProjectNotFoundError(
            f"no {FILE} in {folder.resolve()}; make a project with `chainring init NAME`, or go "
            "into the folder of one"
        )
    try:
        data = tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise RecipeError(f"{path} cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RecipeError(f"{path} is no TOML", faults=[str(error)]) from error
    return parse_recipe(data, where=str(path))


def parse_recipe(data: Mapping[str, Any], *, where: str = FILE) -> Recipe:
    """Return the recipe of parsed TOML; raises RecipeError with every fault."""
    faults: list[str] = []
    recipe = None
    try:
        recipe = Recipe.model_validate(data)
    except ValidationError as error:
        faults = faults_of(error, Recipe, without=_TOLD_APART)
    faults += _part_faults(data)
    faults += [*source_faults(data), *rule_faults(data), *cost_faults(data)]
    if faults or recipe is None:
        raise RecipeError(f"{where} has {len(faults)} fault(s)", faults=faults)
    return recipe


def _part_faults(data: Mapping[str, Any]) -> list[str]:
    chosen = {
        "training.candidates": ("candidate", _at(data, "training", "candidates")),
        "training.craft.trackers": ("tracker", _at(data.get("training"), "craft", "trackers")),
        "training.tokeniser.use": ("tokeniser", _use(data.get("training"))),
        "hardware.executor": ("executor", [_at(data, "hardware", "executor")]),
    }
    return [
        f"{path}: {name!r} is no known {kind}{did_you_mean(name, part_names(kind))}"
        for path, (kind, names) in chosen.items()
        if isinstance(names, list)
        for name in names
        if isinstance(name, str) and name not in part_names(kind)
    ]


def _use(training: Any) -> list[Any]:
    return [name for name in [_at(training, "tokeniser", "use")] if name != "auto"]


def _at(data: Any, section: str, key: str) -> Any:
    found = data.get(section) if isinstance(data, Mapping) else None
    return found.get(key) if isinstance(found, Mapping) else None
