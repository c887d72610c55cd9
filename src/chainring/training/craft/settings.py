"""What a recipe can say about how weights are trained; a user should need none of it.

Enters the section `[training.craft]`, which every training of the recipe shares.

    CraftSettings.model_validate({"optimiser": "sgd", "schedule": "cosine", "ema": 0.999})
"""

from __future__ import annotations

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class CraftSettings(BaseModel):
    """How weights are trained: optimiser, schedule, precision, checkpoints, trackers."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    optimiser: Literal["adamw", "adam", "sgd", "adafactor"] = Field(
        default="adamw", description="rule by which weights move"
    )
    schedule: Literal["linear", "cosine", "constant", "plateau"] = Field(
        default="linear",
        description="learning rate after warm-up: falls to 0, stays, or halves at a plateau "
        "(where patience is at least 5)",
    )
    decay: Literal["auto", "decoupled", "l2"] = Field(
        default="auto",
        description="weight decay beside the gradient or as its L2 term; auto: l2 for adam and sgd",
    )
    momentum: float = Field(default=0.9, ge=0, lt=1, description="momentum of sgd")
    clip_norm: float = Field(
        default=1.0, ge=0, description="norm that the gradient may have, at most; 0: any"
    )
    accumulation: int = Field(
        default=1,
        ge=1,
        le=4096,
        description="batches whose gradients make one step; biencoder.v1 takes 1 alone",
    )
    tokens_a_batch: int = Field(
        default=0,
        ge=0,
        description="tokens computed at once, more are split as one step; 0: what the device holds",
    )
    ema: float = Field(
        default=0.0, ge=0, lt=1, description="decay of the moving average of weights; 0: none"
    )
    precision: Literal["auto", "fp32", "bf16", "fp16"] = Field(
        default="auto", description="number type of products; auto: what the hardware has"
    )
    compile: Literal["auto", "never", "always"] = Field(
        default="auto", description="compile the layers; auto: on a GPU, where it earns its time"
    )
    gradient_checkpointing: bool = Field(
        default=False, description="compute layers twice to save memory"
    )
    deterministic: bool = Field(
        default=False, description="refuse operations whose results vary on a GPU"
    )
    checkpoint_minutes: float = Field(
        default=1.0, ge=0, description="work that a kill may cost, at most; 0: one step"
    )
    trackers: tuple[str, ...] = Field(
        default=(), description="tensorboard.v1, wandb.v1, mlflow.v1, or parts of your own"
    )
    tracking_folder: str = Field(
        default="tracking", min_length=1, description="folder that trackers write to"
    )

    @model_validator(mode="after")
    def _decay_of_adamw(self) -> Self:
        if (self.optimiser, self.decay) == ("adamw", "l2"):
            raise ValueError(
                "adamw is Adam with decoupled decay; for the L2 term say optimiser = 'adam'"
            )
        return self
