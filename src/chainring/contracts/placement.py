"""Placement: where work runs, and why there."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A value chosen for the user, with its reason."""

    value: str
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Device, number type of training, threads and processes, each with the reason.

    Only `device`, `precision` and `world_size` change results and enter a memo key.
    """

    device: Choice
    precision: Choice
    threads: Choice
    executor: Choice
    world_size: int = 1
    memory_mib: int = 0
    instruction_sets: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The part of the placement that changes results."""
        return f"{self.device.value}/{self.precision.value}/{self.world_size}"
