"""`chainring package`: the champion becomes a folder that serves without the training extra.

    made = package(project, Path("out"))
    made.key, made.installed_bytes, made.memory_mib

    out/
      project/             chainring.toml and .chainring: the champion's form, its lineage, one key
      requirements.txt     exact versions of what this form needs to serve, and nothing else
      chainring-*.whl      this package
      Dockerfile, chainring.service, kubernetes.yaml, README.md, README.zh-CN.md

Before it is handed over the package is served once, in a process of its own, and must answer the
golden texts as the champion answers them here.
"""

from __future__ import annotations

import math
import shutil
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from chainring.contracts.codec import decode, digest, encode
from chainring.contracts.deployment import Deployment
from chainring.contracts.errors import ConflictError, InputError, RefusedError
from chainring.contracts.lineage import Lineage
from chainring.contracts.model import Model
from chainring.contracts.said import Said
from chainring.deployment.model_folder import GOLDEN_FILE
from chainring.ring.built import CHAMPION, current, forms_of
from chainring.ring.recipe import FILE, Recipe
from chainring.ring.why import ancestry
from chainring.software.package import origin
from chainring.software.package.origin import Package
from chainring.software.package.recipe import recipe_text
from chainring.software.package.texts import texts
from chainring.software.package.trial import tried
from chainring.software.package.wheel import (
    installed_bytes,
    pinned,
    requirements,
    write_wheel,
)
from chainring.software.project import require_folder
from chainring.software.telling.results import short
from chainring.software.verbs import auditing
from chainring.software.verbs.answering import Opened
from chainring.store.files import beside, is_orphan
from chainring.store.litter import is_litter

if TYPE_CHECKING:
    from chainring.software.api import Project

ENGINES = {
    "linear": ("safetensors",),
    "onnxruntime": ("onnxruntime", "safetensors", "tokenizers"),
    "openvino": ("openvino", "safetensors", "tokenizers"),
    "openvino-float32": ("openvino", "safetensors", "tokenizers"),
    "ctranslate2": ("ctranslate2", "jinja2", "tokenizers"),
}
"""What each engine needs that serves without the training extra."""
_OF_ENGINES = {name for needed in ENGINES.values() for name in needed}
_PROJECT = "project"
HEADROOM = 1.5
STOP_S, LEAST_STOP_S = 15, 30
"""Seconds beyond `drain_s` before a server is killed (workers take 10 of them), and in all."""
LEAVE_S = 5
"""How long a pod goes on as before, until the cluster sends it nobody any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Packaged:
    """What was made: its own id, where, for which form, how large, and the one key, told once.

    `memory_mib` is that of all the processes that serve.
    """

    id: str
    folder: Path
    form: str
    engine: str
    key: str
    packages: int
    form_bytes: int
    installed_bytes: int
    memory_mib: float
    processes: int
    answers: int


def package(project: Project, folder: Path) -> Packaged:
    """Write the champion and all it needs to serve into a new folder.

    Raises
    ------
    ConflictError
        When there is something in the folder already.
    NotAllowedError
        When a rule of access keeps some records from being exported: a linear model's vocabulary
        and the passages that answers are read off hold words of them.
    InputError
        When the path is a file, or in one.
    RefusedError
        When this is a package itself, the champion's form cannot be served without the training
        extra, or the packaged server does not become ready or answers otherwise than the champion
        does here.
    """
    require_folder(folder)
    if folder.exists() and not all(map(_is_nothing, folder.iterdir())):
        raise ConflictError(f"{folder} is not empty; name a new folder")
    if origin.brought(project.folder) is not None:  # its golden texts stayed where it was made
        raise RefusedError("this is a package; run `chainring package` in the project that made it")
    auditing.require_whole_export(project, "package")
    opened = project.champion()
    deployment = opened.deployment
    if deployment.engine not in ENGINES:
        raise RefusedError(
            f"the champion is served by engine {deployment.engine!r}, which needs the training "
            f"extra; {_other_forms(project, deployment)}"
        )
    server = _server(project.ring.recipe)
    versions = pinned([*requirements(), *server, *ENGINES[deployment.engine]])
    folder.mkdir(parents=True, exist_ok=True)
    for half in filter(_is_half, folder.iterdir()):
        shutil.rmtree(half)
    staging = beside(folder / _PROJECT)
    staging.mkdir()
    try:
        made, own = _made(project, opened, staging, versions)
        made, own = replace(made, folder=folder), replace(own, folder=str(folder.resolve()))
        # first: what is said where it serves comes home to who knows of it
        project.ring.ledger.add_fact(origin.KIND, own.id, own, about=own.model)
        auditing.record(project, "package", because=f"form {made.form}", about=deployment.model)
        _put_in_place(staging, folder)
        return made
    except BaseException:
        shutil.rmtree(folder)  # nobody may serve a half package, or one that was refused
        raise


def _is_nothing(path: Path) -> bool:
    return is_litter(path.name) or _is_half(path)


def _is_half(path: Path) -> bool:
    """Whether it is what a killed one left: nobody serves from there."""
    return path.name.startswith(f".{_PROJECT}.") and path.is_dir() and is_orphan(path)


def _put_in_place(staging: Path, folder: Path) -> None:
    """Rename what was made into its folder, what serves last."""
    for path in sorted(staging.iterdir(), key=lambda path: path.name == _PROJECT):
        path.rename(folder / path.name)
    staging.rmdir()


def _made(
    project: Project, opened: Opened, folder: Path, versions: Mapping[str, str]
) -> tuple[Packaged, Package]:
    """Fill the folder and serve it once."""
    deployment = opened.deployment
    wheel = write_wheel(folder)
    lines = [f"{name}=={version}" for name, version in versions.items()]
    (folder / "requirements.txt").write_text("\n".join([*lines, f"./{wheel.name}", ""]))
    key, own = _project(project, deployment, folder / _PROJECT, wheel=digest(wheel.read_bytes()))
    most = project.ring.recipe.deployment.max_characters
    trial = tried(folder / _PROJECT, opened, key=key, max_characters=most)
    processes = project.ring.recipe.deployment.workers
    size = sum(path.stat().st_size for path in opened.folder.rglob("*") if path.is_file())
    made = Packaged(
        id=own.id,
        folder=folder,
        form=deployment.form_name,
        engine=deployment.engine,
        key=key,
        packages=len(versions),
        form_bytes=size,
        installed_bytes=installed_bytes(versions),
        memory_mib=trial.memory_mib * processes,
        processes=processes,
        answers=trial.answers,
    )
    for name, text in texts(_facts(project, deployment, made)).items():
        (folder / name).write_text(text, encoding="utf-8")
    return made, own


def _server(recipe: Recipe) -> list[str]:
    """Return what the server needs, whatever engine serves."""
    names = [name for name in requirements("serve") if name.lower() not in _OF_ENGINES]
    return names + (requirements("otel") if recipe.observing.traces else [])


def _other_forms(project: Project, deployment: Deployment) -> str:
    made = forms_of(project.ring, deployment.model)
    if made is None:
        return "turn the ring again to see its other forms"
    told = {form.name: form.because for form in made.noun.forms} | made.noun.left_out
    told.pop(deployment.form_name, None)
    reasons = "; ".join(f"{name}: {because}" for name, because in told.items())
    return f"its other forms: {reasons or 'none'}"


def _project(
    project: Project, deployment: Deployment, folder: Path, *, wheel: str
) -> tuple[str, Package]:
    """Make the packaged project; return the secret of its one key, and what it is."""
    from chainring.software.api import Project as Opened

    folder.mkdir()
    (folder / FILE).write_text(recipe_text(project, folder), encoding="utf-8")
    packaged = Opened.open(folder)
    try:
        own = replace(deployment, form=_form(project, packaged, deployment))
        ledger = packaged.ring.ledger
        for row in _lineage(project, deployment):
            ledger.add_lineage(row)
        head, _ = current(project.ring)
        assert head is not None, "there is a champion"
        ledger.append_ref(CHAMPION, own, expected=0, by=head.by, reason=head.reason)
        secret, key = packaged.make_key("operate", "package")
        rules = digest((folder / FILE).read_bytes())
        made = Package(
            id=short(digest([wheel, rules, deployment.model, key.id])),
            app=project.app,
            at=time.time(),
            model=deployment.model,
            rules=rules,
        )
        origin.write(packaged, made)
    finally:
        packaged.close()
    return secret, made


def _form(project: Project, packaged: Project, deployment: Deployment) -> str:
    """Copy the form without its golden texts, which are the project's, and return its address."""
    copy = packaged.ring.runner.scratch / "form"
    source = project.ring.runner.trees.open(deployment.form)
    shutil.copytree(source, copy, ignore=shutil.ignore_patterns(GOLDEN_FILE))
    try:
        return packaged.ring.runner.trees.put(copy, kind="form")
    finally:
        shutil.rmtree(copy)


def _lineage(project: Project, deployment: Deployment) -> Iterator[Lineage]:
    """Yield the executions that the champion came from, oldest first; `why` tells of them.

    Their settings stay at home: those of the data may hold the address of a database, those of a
    model paths and prompts; so do the figures of its rivals.
    """
    ledger = project.ring.ledger
    made, forms = ledger.lineage_of_tree(deployment.model), forms_of(project.ring, deployment.model)
    if made is None or forms is None:
        raise InputError(f"no lineage of model {deployment.model}; turn the ring again")
    own = ledger.lineage_by_id(forms.execution)
    rows = [*([own] if own else []), *ancestry(project.ring, made)]
    yield from map(_told_elsewhere, reversed(rows))


def _told_elsewhere(row: Lineage) -> Lineage:
    """Return an execution without settings."""
    if row.step == "model":
        model = replace(decode(Model, row.result), settings="{}", rivals=())
        row = replace(row, result=encode(model))
    return replace(row, settings="")


def _memory(made: Packaged) -> Said:
    from chainring.software.telling.command_words import say

    if not made.memory_mib:
        return say("not measured")
    measured = "measured by many" if made.processes > 1 else "measured"
    return say(measured, mib=f"{made.memory_mib:.0f}", count=made.processes)


def _facts(project: Project, deployment: Deployment, made: Packaged) -> dict[str, str]:
    memory = made.memory_mib
    planned = (memory or 512 * made.processes) * HEADROOM
    stop_s = project.ring.recipe.deployment.drain_s + STOP_S
    whole_s = max(LEAST_STOP_S, math.ceil(stop_s))
    return {
        "app": project.app,
        "cluster": project.app.replace("_", "-").strip("-"),
        "model": short(deployment.model),
        "package": made.id,
        "task": deployment.task,
        "form": made.form,
        "engine": made.engine,
        "python": f"{sys.version_info.major}.{sys.version_info.minor}",
        "form_mb": f"{made.form_bytes / 1e6:.1f}",
        "installed_mb": f"{made.installed_bytes / 1e6:.0f}",
        "packages": str(made.packages),
        "memory": _memory(made),
        "request_mib": str(round(planned)),
        "limit_mib": str(round(planned * 2)),
        "stop_s": str(whole_s),
        "leave_s": str(LEAVE_S),
        "leave_stop_s": str(whole_s + LEAVE_S),
    }
