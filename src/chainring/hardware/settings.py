"""What a recipe can say about the machine; a user should need none of it.

Enters the section `[hardware]` of chainring.toml, leave frozen settings.

    HardwareSettings.model_validate({"device": "cpu", "threads": 4})
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

MOST_WORKERS = 1024
_Count = Annotated[int, Field(ge=1, le=MOST_WORKERS)]


class HardwareSettings(BaseModel):
    """Where work runs; `auto` lets the machine decide, with the reason kept in lineage."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    device: Literal["auto", "cpu", "cuda"] = Field(
        "auto", description="'cuda' fails where no usable GPU is found; 'auto' falls back to cpu"
    )
    precision: Literal["auto", "fp32", "bf16"] = Field(
        "auto", description="number type of training; 'auto' takes bf16 where it is in hardware"
    )
    threads: Literal["auto"] | _Count = Field(
        "auto", description="threads of one process; 'auto' is one for each physical core"
    )
    workers: Literal["auto"] | _Count = Field(
        "auto",
        description="processes of the executor; 'auto' is one, and of ray.v1 every processor",
    )
    executor: str = Field(
        "local.v1", min_length=1, description="part of kind 'executor' that spreads work"
    )
    ray_address: str = Field(
        "",
        pattern=r"^$|^auto$|^local$|^[^/\s]+:\d{1,5}$",
        description="with 'ray.v1': host:port of a running cluster, or 'auto' for the one of this "
        "machine; empty: RAY_ADDRESS in the environment, else one is started here",
    )
