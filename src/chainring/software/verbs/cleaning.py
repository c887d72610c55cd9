"""The verb `data clean`: options become settings, the executor is made, and what happened is told.

Enters files or folders of JSON lines, leaves a folder; no project is needed.

    for line in tell_clean(clean_files(["corpus"], out=Path("clean"), profile="documents")):
        print(line)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from chainring.contracts.errors import InputError, UnknownNameError
from chainring.contracts.parts import part_names
from chainring.data.clean.pipeline import CleanReport, clean
from chainring.data.clean.settings import CleanSettings
from chainring.hardware.executors import executor as made_executor
from chainring.hardware.settings import MOST_WORKERS, HardwareSettings
from chainring.software.telling.data_words import own, reason, say

if TYPE_CHECKING:
    from chainring.contracts.work import Executor


def clean_files(
    inputs: Sequence[str | Path],
    *,
    out: Path,
    workers: int = 0,
    executor: str = "local.v1",
    say: Callable[[str], None] = lambda line: None,
    **options: Any,
) -> CleanReport:
    """Clean files into a folder.

    Parameters
    ----------
    workers
        Processes at once; 0: one for each processor this process may use.
    executor
        Part of kind `executor` that spreads the work.
    options
        Of `CleanSettings`.

    Raises
    ------
    InputError
        With every option that cannot be; or when nothing is left.
    """
    settings = _settings(options)
    made = _executor(executor, workers)
    try:
        return clean(inputs, out=out, settings=settings, executor=made, say=say)
    finally:
        getattr(made, "close", lambda: None)()


def _settings(options: dict[str, Any]) -> CleanSettings:
    try:
        return CleanSettings.model_validate(options)
    except ValidationError as error:
        faults = [
            f"{'.'.join(map(str, one['loc']))}: {one['input']!r} found; {told}"
            for one in error.errors(include_url=False)
            for told in [one["msg"].removeprefix("Value error, ")]
        ]
        raise InputError("these options cannot be", faults=faults) from error


def _executor(name: str, workers: int) -> Executor:
    import os

    if name not in part_names("executor"):
        raise UnknownNameError("executor", name, part_names("executor"))
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    count = min(workers or cores or 1, MOST_WORKERS)
    return made_executor(HardwareSettings(executor=name, workers=count))


def tell_clean(report: CleanReport) -> Iterator[str]:
    """Yield in sentences what a run did."""
    if not report.fresh:
        yield say("cleaned before")
    share = report.kept / max(report.read, 1)
    yield say("cleaned", kept=report.kept, read=report.read, share=f"{share:.1%}")
    for why, count in sorted(report.reasons.items(), key=lambda one: (-one[1], one[0])):
        yield say("dropped", reason=reason(why), count=count)
    for change, count in sorted(report.changes.items(), key=lambda one: (-one[1], one[0])):
        yield say("changed", change=change, count=count)
    languages = sorted(report.languages.items(), key=lambda one: (-one[1], one[0]))
    if languages:
        told = ", ".join(f"{name} {count}" for name, count in languages)
        yield say("languages", languages=own(told))
    for stage in () if report.fresh else report.idle:  # a fresh run has said so already
        yield say("idle", stage=own(stage))
