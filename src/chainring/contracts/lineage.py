"""Lineage: one row a step execution; the chain from an answer back to its rows runs over these."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Lineage:
    """What was executed, on what, and what it cost.

    `inputs` are the ids of the executions whose results went in (never bare digests: a step that
    changes nothing returns its input's digest). `result` is the canonical JSON of the noun made.
    """

    id: str
    app: str
    step: str
    key: str
    inputs: tuple[str, ...]
    settings: str
    seed: int
    placement: str
    result: str
    result_digest: str
    trees: tuple[str, ...] = ()
    versions: dict[str, str] = field(default_factory=dict)
    started: float = 0.0
    duration_s: float = 0.0
    cpu_s: float = 0.0
    peak_memory_mib: float = 0.0
    turn: str = ""
