"""The outer sources: where a ring begins. They are used by steps and made by none."""

from __future__ import annotations

from dataclasses import dataclass, field

from chainring.contracts.access import Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The user's own text as it stood: `digest` covers every file of `path` and every harvest.

    `path` is a folder or file, or several, one a line; `harvests` are the folders of what came from
    elsewhere, each named as its source is.
    """

    app: str
    path: str
    digest: str
    role: str = "data"
    harvests: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What this computer has, as found; no decision is in it.

    `cores` are the processors this process may use; `physical_cores` counts siblings of one core
    (hyper-threads) once, 0 when unknown.
    """

    cores: int
    memory_mib: int
    instruction_sets: tuple[str, ...] = ()
    gpus: tuple[str, ...] = ()
    system: str = ""
    processor: str = ""
    free_disk_mib: int = 0
    physical_cores: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What the owner of the project allows; read from the recipe's `[privacy]` and `[access]`.

    `forgotten` are the marks of what must not come back (`chainring.contracts.forgotten`). `rules`
    say which records may teach and judge, `purpose` what the models are for.
    """

    redact: bool = True
    log: str = "redacted"
    retention_days: int = 90
    allowed_consents: tuple[str, ...] = field(default_factory=tuple)
    forgotten: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()
    purpose: str = "service"
