"""Steps and their memo: a step whose key stands in the ledger is not called again.

The key covers the inputs' identities, the settings, the step's version, the source of its module
and of the parts it uses, and of the placement what changes results. A step that is called writes
one lineage row: what went in, what came out, what it cost. Scratch survives a kill.
"""

from __future__ import annotations

import importlib
import logging
import re
import shutil
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import BaseModel

from chainring.contracts.codec import decode, digest, encode, identity
from chainring.contracts.errors import RefusedError
from chainring.contracts.guard import Guard
from chainring.contracts.ids import new_id
from chainring.contracts.lineage import Lineage
from chainring.contracts.placement import Choice, Placement
from chainring.contracts.source import Source
from chainring.contracts.work import Executor, OpenPredictor, Work
from chainring.ring.cost import Meter
from chainring.ring.sentences import say
from chainring.ring.sources import part_digest, source_digest, versions
from chainring.store.files import FullDiskTold, require_free
from chainring.store.ledger import Lease, Ledger
from chainring.store.trees import TreeStore

log = logging.getLogger("chainring.ring")

N = TypeVar("N")
_ADDRESS = re.compile(r"blake2b:[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Where a step's function is, what it makes, and the version to raise when that changes.

    `memo` is False for the fast half, which is neither memoised nor given a lineage row each.
    With `measures` its result depends on the processor besides what `Placement.key` tells; with
    `obeys` the rules of access change it. An `optional` step runs where the recipe asks for it.
    """

    name: str
    target: str
    makes: str
    version: int = 1
    memo: bool = True
    measures: bool = False
    obeys: bool = False
    optional: bool = False

    @property
    def module(self) -> str:
        """The module that holds the function."""
        return self.target.partition(":")[0]

    def function(self) -> Callable[..., Any]:
        """Import and return the function."""
        module, _, name = self.target.partition(":")
        return getattr(importlib.import_module(module), name)  # type: ignore[no-any-return]


_HOUSE = (
    ("placement", "hardware.placement", "placement"),
    ("guard", "trust.guard", "guard"),
    ("records", "data.records", "table"),
    ("cleaned", "data.cleaned", "table"),
    ("corrections", "feedback.corrections", "table"),
    ("labels", "data.labels", "table"),
    ("dataset", "data.dataset", "dataset"),
    ("model", "training.model", "model"),
    ("forms", "deployment.forms.step", "forms"),
    ("evaluation", "training.evaluation", "evaluation"),
    ("verdict", "ring.gate.verdict", "verdict"),
    ("deployment", "deployment.deploy", "deployment"),
    ("prediction", "deployment.answers", ""),
    ("feedback", "feedback.collect", ""),
    ("case", "feedback.cases", ""),
)
_VERSIONS = {  # rules of redaction: redact.v2 for a model; what they find today for the others
    "records": 8,  # and what a refusal is
    "cleaned": 7,
    "corrections": 8,
    "model": 2,
    "evaluation": 3,  # numbers and dates are words of an answer; graded intervals have width
}
STEPS = {
    name: Step(
        name=name,
        target=f"chainring.{module}:{name}",
        makes=makes or name,
        version=_VERSIONS.get(name, 1),
        memo=bool(makes),
        measures=name == "forms",
        obeys=name == "dataset",
        optional=name == "cleaned",
    )
    for name, module, makes in _HOUSE
}
"""Every step of the ring in its order; the tests of kills and of the closed ring read this list."""

_NOUNS = {
    "placement": "chainring.contracts.placement:Placement",
    "guard": "chainring.contracts.guard:Guard",
    "table": "chainring.contracts.table:Table",
    "dataset": "chainring.contracts.dataset:Dataset",
    "model": "chainring.contracts.model:Model",
    "forms": "chainring.contracts.forms:Forms",
    "evaluation": "chainring.contracts.evaluation:Evaluation",
    "verdict": "chainring.contracts.verdict:Verdict",
    "deployment": "chainring.contracts.deployment:Deployment",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Made(Generic[N]):
    """A noun with the execution that made it; `fresh` when that was just now."""

    noun: N
    execution: str
    fresh: bool = False


UNPLACED = Placement(
    device=Choice(value="cpu", because="not placed yet"),
    precision=Choice(value="fp32", because="not placed yet"),
    threads=Choice(value="1", because="not placed yet"),
    executor=Choice(value="local.v1", because="not placed yet"),
)


@dataclass(slots=True, kw_only=True)
class Runner:
    """Runs steps for one turn: looks in the ledger, else calls, stores and writes lineage."""

    app: str
    ledger: Ledger
    trees: TreeStore
    scratch: Path
    secret: bytes
    executor: Executor
    open_predictor: OpenPredictor
    say: Callable[[str], None]
    lease: Lease | None = None
    turn: str = ""
    force: bool = False
    min_free_mib: int = 0
    home: Path = Path()
    placement: Placement = UNPLACED
    placed: Made[Placement] | None = None
    called: list[str] | None = None

    def run(
        self,
        name: str,
        *inputs: Any,
        settings: BaseModel | None = None,
        parts: Sequence[tuple[str, str]] = (),
        seed: int = 0,
        needs_work: bool = True,
        keyed: Collection[str] | None = None,
        **facts: Any,
    ) -> Made[Any]:
        """Return what the step makes of the inputs, from the ledger when it stands there.

        Parameters
        ----------
        inputs
            Nouns, tuples of nouns, or `Made` results of earlier steps, in the function's order.
        settings
            The settings that the step is handed (and that its key covers).
        parts
            (kind, name) of the parts it will use; their module's source enters the key.
        keyed
            The settings that change results, where not all do; None: all enter the key.
        facts
            Further keyword arguments of the function that enter the key.
        """
        step = STEPS[name]
        plain = tuple(_bare(item) for item in inputs)
        told = None if settings is None else settings.model_dump(mode="json", include=_set(keyed))
        key = self._key(step, plain, settings=told, parts=parts, seed=seed, facts=facts)
        found = None if self.force else self.ledger.lineage_by_key(key)
        if found is not None and all(self.trees.has(address) for address in found.trees):
            return Made(noun=decode(noun_of(step), found.result), execution=found.id)
        if found is not None:
            log.warning("step.lost step=%s because=its tree is gone; made again", name)
        made = self._call(step, key, plain, settings, seed, needs_work, facts)
        before = self.ledger.lineage_by_key(key)
        row = self._lineage(step, key, inputs, settings, seed, made)
        if before is not None and before.result_digest != row.result_digest:
            log.warning("step.changed step=%s was=%s", name, before.result_digest)
            self.say(say("made again", step=name))
        self.ledger.add_lineage(row, lease=self.lease)
        shutil.rmtree(self._scratch(key), ignore_errors=True)
        return Made(noun=made[0], execution=row.id, fresh=True)

    def _call(
        self,
        step: Step,
        key: str,
        inputs: tuple[Any, ...],
        settings: BaseModel | None,
        seed: int,
        needs_work: bool,
        facts: dict[str, Any],
    ) -> tuple[Any, dict[str, float]]:
        scratch = self._scratch(key)
        scratch.mkdir(parents=True, exist_ok=True)
        require_free(scratch, mib=self.min_free_mib)
        if self.called is not None:
            self.called.append(step.name)
        handed: dict[str, Any] = dict(facts)
        if settings is not None:
            handed["settings"] = settings
        if needs_work:
            handed["work"] = Work(
                app=self.app,
                trees=self.trees,
                scratch=scratch,
                secret=self.secret,
                seed=seed,
                placement=self.placement,
                executor=self.executor,
                open_predictor=self.open_predictor,
                say=self.say,
                home=self.home,
            )
        meter = Meter()
        with FullDiskTold(self.scratch):
            noun = step.function()(*inputs, **handed)
        if not isinstance(noun, noun_of(step)):
            raise RefusedError(f"step {step.name} made a {type(noun).__name__}, not a {step.makes}")
        return noun, meter.cost()

    def _lineage(
        self,
        step: Step,
        key: str,
        inputs: tuple[Any, ...],
        settings: BaseModel | None,
        seed: int,
        made: tuple[Any, dict[str, float]],
    ) -> Lineage:
        noun, cost = made
        result = encode(noun)
        named = _ADDRESS.findall(result) + _ADDRESS.findall(
            encode([_bare(item) for item in inputs])
        )
        return Lineage(
            id=new_id("run"),
            app=self.app,
            step=step.name,
            key=key,
            inputs=tuple(_executions(inputs)),
            settings="" if settings is None else encode(settings.model_dump(mode="json")),
            seed=seed,
            placement=self.placement.key,
            result=result,
            result_digest=identity(noun),
            trees=tuple(a for a in dict.fromkeys(named) if self.trees.surely_has(a)),
            versions=versions(),
            turn=self.turn,
            **cost,
        )

    def _key(
        self,
        step: Step,
        inputs: tuple[Any, ...],
        *,
        settings: dict[str, Any] | None,
        parts: Sequence[tuple[str, str]],
        seed: int,
        facts: dict[str, Any],
    ) -> str:
        return digest(
            [
                self.app,
                step.name,
                step.version,
                source_digest(step.module),
                [_input_identity(step, item) for item in inputs],
                settings,
                [(kind, name, part_digest(kind, name)) for kind, name in parts],
                self.placement.key,
                seed,
                {name: identity(value) for name, value in sorted(facts.items())},
            ],
            size=32,
        )

    def _scratch(self, key: str) -> Path:
        return self.scratch / key.partition(":")[2][:32]


def noun_of(step: Step) -> type[Any]:
    """Return the class of the noun that a step makes."""
    module, _, name = _NOUNS[step.makes].partition(":")
    return getattr(importlib.import_module(module), name)  # type: ignore[no-any-return]


def _input_identity(step: Step, item: Any) -> str:
    """Of a placement only what changes results enters a key: not threads, not memory.

    Of a source its files count, not the folder: a project may be moved. Of a guard the rules of
    access count only where they are obeyed: another rule reads no file again.
    """
    if isinstance(item, Guard) and not step.obeys:
        return identity(replace(item, rules=(), purpose=""))
    if isinstance(item, Source):
        return identity([item.app, item.role, item.digest])
    if not isinstance(item, Placement):
        return identity(item)
    return identity([item.key, *(item.instruction_sets if step.measures else ())])


def _set(names: Collection[str] | None) -> set[str] | None:
    return None if names is None else set(names)


def _bare(item: Any) -> Any:
    if isinstance(item, Made):
        return item.noun
    if isinstance(item, tuple):
        return tuple(_bare(part) for part in item)
    return item


def _executions(items: Sequence[Any]) -> list[str]:
    found = []
    for item in items:
        if isinstance(item, Made) and item.execution:
            found.append(item.execution)
        elif isinstance(item, tuple):
            found += _executions(item)
    return found
