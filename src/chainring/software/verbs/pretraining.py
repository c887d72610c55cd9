"""The verbs `pretrain` and `tokeniser`: text of a project or of files becomes either.

Enter files or a project, leaves a new folder, whole or not at all:

    pretrain_files([Path("books")], out=Path("my-gpt"), pretrain={"objective": "causal"})

A training that was killed goes on when it is asked for again with the same text and settings: what
it had learnt lies beside the folder under a name that begins with a dot.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from chainring.contracts.codec import digest
from chainring.contracts.errors import (
    InputError,
    MissingPackageError,
    NotAllowedError,
    UnknownNameError,
)
from chainring.contracts.said import Said
from chainring.data.sentences import progress
from chainring.software.telling.data_words import say as told
from chainring.store.litter import is_bare, take_litter
from chainring.text.errors import in_both
from chainring.training.settings import TrainingSettings

if TYPE_CHECKING:
    from chainring.contracts.dataset import Row
    from chainring.contracts.work import Work
    from chainring.software.api import Project
    from chainring.training.objectives.folder import Pretrained
    from chainring.training.tokenisers.report import Reading

Say = Callable[[str], None]
SPLITS = ("train", "unlabelled")
"""What a project's model may learn from; the rest judges it later."""


def pretrain_files(
    paths: Sequence[Path],
    *,
    out: Path,
    minutes: float = 5.0,
    licence: str = "",
    column: str = "text",
    say: Say = lambda _: None,
    **sections: Mapping[str, Any],
) -> Pretrained:
    """Pre-train a base on files of text.

    Parameters
    ----------
    paths
        Files or folders: JSONL, CSV, TSV, Parquet (a document a row, from its column), plain text
        (a document a paragraph).
    out
        New folder.
    minutes
        The budget, on a nominal machine: the work is counted, not timed.
    licence
        Of the text; kept with the base.
    sections
        `pretrain` and `tokeniser`, as in `[training]` of a recipe.

    Raises
    ------
    InputError
        The settings cannot be, nothing can be read, or `out` is not empty.
    RefusedError
        There is too little text.
    """
    settings = with_sections(TrainingSettings(), sections)
    texts = file_texts(paths, column=column, say=say)
    return _pretrained(texts, out=out, minutes=minutes, licence=licence, settings=settings, say=say)


def pretrain_project(
    project: Project,
    *,
    out: Path,
    minutes: float | None = None,
    say: Say = lambda _: None,
    **sections: Mapping[str, Any],
) -> Pretrained:
    """Pre-train a base on the texts that a project's model may learn from, as its recipe says.

    Second texts of pairs and written answers are learnt as well, rejected answers are not.
    `minutes` and `sections` stand before what the recipe says.

    Raises
    ------
    NotAllowedError
        The rules of access let no text be read and trained on.
    """
    from chainring.contracts.dataset import licences_in
    from chainring.training.candidate import learnt_fields, texts_in

    recipe = project.ring.recipe.training
    rows = _rows(project, say)
    return _pretrained(
        texts_in(rows, learnt_fields(project.ring.recipe.data.task)),
        out=out,
        minutes=minutes or recipe.budget_minutes,
        licence=", ".join(sorted({one for row in rows for one in licences_in(row.licence) if one})),
        settings=with_sections(recipe, sections),
        say=say,
        home=project.folder,
    )


def tokeniser_files(
    paths: Sequence[Path],
    *,
    out: Path,
    column: str = "text",
    form: Any = "encoder",
    say: Say = lambda _: None,
    **options: Any,
) -> tuple[Reading, ...]:
    """Learn a tokeniser from files, write its folder, and return how it reads each language."""
    _require("tokenizers", "transformers")
    from chainring.training.tokenisers.make import tokeniser
    from chainring.training.tokenisers.report import report
    from chainring.training.tokenisers.special import save_tokeniser

    settings = with_sections(TrainingSettings(), {"tokeniser": options}).tokeniser
    _require_new(out)
    texts = file_texts(paths, column=column, say=say)
    made = tokeniser(texts, settings=settings, form=form)
    out.mkdir(parents=True, exist_ok=True)
    save_tokeniser(made, out)
    return report(made, texts)


def file_texts(paths: Sequence[Path], *, column: str, say: Say) -> list[str]:
    """Return the documents of files, prepared as a model will see texts: redacted."""
    from chainring.data.faults import Faults
    from chainring.data.words.corpus import file_documents, files
    from chainring.training.candidate import prepare

    faults = Faults()
    texts = [prepare(text) for text in file_documents(files(paths), column=column, faults=faults)]
    for fault in faults.said()[:3]:
        say(progress("passed over", fault=in_both(fault)))
    if not any(texts):
        raise InputError("no document could be read", faults=faults.said())
    count, characters = f"{len(texts):,}", f"{sum(map(len, texts)):,}"
    say(progress("documents", count=count, characters=characters))
    return texts


def with_sections(
    settings: TrainingSettings, sections: Mapping[str, Mapping[str, Any]]
) -> TrainingSettings:
    """Return the settings with some of their sections' keys replaced, all faults at once."""
    told = settings.model_dump()
    for name, keys in sections.items():
        told[name] |= {key: value for key, value in keys.items() if value is not None}
    try:
        return TrainingSettings.model_validate(told)
    except ValidationError as error:
        faults = [
            f"training.{'.'.join(map(str, one['loc']))}: {one['input']!r}: {told}"
            for one in error.errors(include_url=False)
            for told in [one["msg"].removeprefix("Value error, ")]
        ]
        raise InputError("it cannot be trained like this", faults=faults) from error


def _rows(project: Project, say: Say) -> list[Row]:
    """Return the rows that the caller may read and that the rules of today let a model learn from.

    The data set was made under the rules of its turn: one that came since holds here, too.
    """
    from chainring.data.looking.rows import facts_of, row_of
    from chainring.software.verbs.auditing import training

    shown = [row for split in SPLITS for row in _shown(project, split)]
    read = [row for row in shown if row["text"] is not None]
    with training(project, "pretrain") as sight:
        taught = [row_of(row) for row in read if sight.may(facts_of(row))]
    if len(taught) < len(shown):
        unread, untaught = len(shown) - len(read), len(read) - len(taught)
        say(told("not allowed", unread=unread, untaught=untaught))
    if not taught:
        raise NotAllowedError(
            f"pretrain: the rules of [access] let none of {len(shown)} texts be read and trained "
            "on; name files instead, or change the rules"
        )
    return taught


def _shown(project: Project, split: str) -> list[dict[str, Any]]:
    try:
        return list(project.data.show(split=split))
    except UnknownNameError:
        return []  # most projects have no text without labels


def _pretrained(
    texts: Sequence[str],
    *,
    out: Path,
    minutes: float,
    licence: str,
    settings: TrainingSettings,
    say: Say,
    home: Path = Path(),
) -> Pretrained:
    _require("torch", "transformers", "tokenizers", "safetensors")
    from chainring.training.objectives.folder import moved
    from chainring.training.pretrain import pretrained
    from chainring.training.trainer import prepare_torch

    _require_new(out)
    key = digest([list(texts), settings.model_dump(mode="json"), minutes, licence])
    scratch = out.parent / f".{out.name}-pretraining" / key.rpartition(":")[2][:16]
    scratch.mkdir(parents=True, exist_ok=True)
    work = _work(scratch, seed=settings.seed, say=say, home=home.resolve())
    prepare_torch(work.placement)
    made = pretrained(texts, licence=licence, minutes=minutes, work=work, settings=settings)
    if out.exists():
        take_litter(out)
        out.rmdir()
    made.base.folder.rename(out)
    shutil.rmtree(scratch.parent)
    return moved(made, out)


def _work(scratch: Path, *, seed: int, say: Say, home: Path) -> Work:
    """Return what a training outside of a turn works with: it stores nothing and serves nothing."""
    from chainring.contracts.work import Work
    from chainring.hardware.executor import LocalExecutor
    from chainring.hardware.machine import machine
    from chainring.hardware.placement import placement
    from chainring.hardware.settings import HardwareSettings

    nothing: Any = None
    return Work(
        app="",
        trees=nothing,
        scratch=scratch,
        secret=b"",
        seed=seed,
        placement=placement(machine(folder=scratch), settings=HardwareSettings()),
        executor=LocalExecutor(workers=1),
        open_predictor=nothing,
        say=say,
        home=home,
    )


def _require_new(out: Path) -> None:
    if out.exists() and not is_bare(out):
        raise InputError(f"{out} is not empty; name a new folder with --out")


def _require(*packages: str) -> None:
    from importlib.util import find_spec

    for package in packages:
        if find_spec(package) is None:
            raise MissingPackageError(
                package, extra="train", needed_for=Said("pre-training", zh="预训练")
            )
