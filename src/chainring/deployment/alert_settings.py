"""Settings of alerts: the recipe's `[alerts]` section.

Enters a mapping from the recipe, leaves a frozen model.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class AlertSettings(BaseModel):
    """Where a person is told that a case was opened."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str = Field(
        default="",
        pattern=r"^$|^https?://",
        description="address that gets a signed POST for each new case; empty: nobody is told",
    )
    secret_env: str = Field(
        default="CHAINRING_ALERT_SECRET",
        min_length=1,
        description="environment variable with the secret that signs what is sent",
    )
    kinds: tuple[str, ...] = Field(
        default=("drift", "release"),
        description="kinds of cases that are told: drift, release, wrong, harmful, unfair, private",
    )
    allow_private: tuple[str, ...] = Field(
        default=(),
        description="hosts, or hosts with port, whose address may be private or this machine's",
    )
    tries: int = Field(
        default=16,
        ge=1,
        le=50,
        description="tries before an alert is given up; 16 take six hours and a half",
    )
    timeout_s: float = Field(default=10.0, gt=0, le=120, description="how long one try may take")
