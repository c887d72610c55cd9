"""Settings of what a server tells of itself: the recipe's `[observing]` section.

Enters a mapping from the recipe, leaves a frozen model.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class ObservingSettings(BaseModel):
    """How a server tells what it does; never a user's text, and never to anybody unasked."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    logs: Literal["text", "json"] = Field(
        default="text", description="lines for people, or one JSON object a line"
    )
    requests: bool = Field(default=False, description="log one line for each request")
    traces: bool = Field(
        default=False,
        description="OpenTelemetry traces, sent where the OTEL_ environment variables say; "
        "needs the extra otel",
    )
