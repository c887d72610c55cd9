"""Each candidate is loaded, trained and judged; one that cannot compete stands aside.

Enter the rows and the names of candidates, leave the standings of those that competed, and the
others as rivals with the reason.

    standings, unfit = entrants(
        dataset, splits, (), labels, work=work, settings=settings, measure=ACCURACY
    )

A candidate of another package that crashes is no reason to do without the others: it is told, and
its traceback logged. One of ours that crashes has a fault that must be seen: it ends the turn.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from chainring.contracts.dataset import Dataset, Row
from chainring.contracts.errors import (
    ChainringError,
    InputError,
    MissingPackageError,
    RefusedError,
    UnknownNameError,
)
from chainring.contracts.measure import Measure
from chainring.contracts.model import Rival
from chainring.contracts.parts import load_part, part_module
from chainring.contracts.said import joined
from chainring.contracts.work import Work
from chainring.store.litter import files_below
from chainring.text.errors import in_both
from chainring.training.candidate import Trained
from chainring.training.compete import Standing, judge
from chainring.training.progress_sentences import progress
from chainring.training.sentences import say
from chainring.training.settings import TrainingSettings

SHOWN = 300
"""Characters shown of an error that a candidate raised."""

log = logging.getLogger("chainring.training")


def entrants(
    dataset: Dataset,
    splits: dict[str, list[Row]],
    unlabelled: Sequence[Row],
    labels: Sequence[str],
    *,
    work: Work,
    settings: TrainingSettings,
    measure: Measure,
) -> tuple[list[Standing], list[Rival]]:
    """Train and judge each candidate; one that cannot serve becomes a rival with the reason.

    Raises
    ------
    RefusedError
        No candidate could be trained; every reason is listed.
    InputError
        A candidate of another package met what may pass: a host, a disk, memory.
    """
    standings, unfit = [], []
    settings = _unweighted(settings) if measure.name == "cost" else settings
    for name in settings.competing(dataset.task):
        try:
            standing = _entered(
                name,
                dataset,
                splits,
                unlabelled,
                labels,
                work=work,
                settings=settings,
                measure=measure,
            )
        except Exception as error:  # noqa: BLE001 - a foreign part; what must be seen is raised again
            because, told = _aside(name, error)
            work.say(progress("does not compete", part=name, because=told))
            unfit.append(_unfit(name, because))
        else:
            standings.append(standing)
    if not standings:
        reasons = [joined([one.part, one.because], en=": ", zh="：") for one in unfit]
        raise RefusedError(say("none trained", reasons=joined(reasons or [say("none named")])))
    return standings, unfit


def _unweighted(settings: TrainingSettings) -> TrainingSettings:
    """Return the settings with rare labels as rare as they are: costs say what they are worth.

    Weights would make them likelier than they are, and the least expected cost be no such.
    """
    if settings.encoder.class_weights != "auto":
        return settings
    encoder = settings.encoder.model_copy(update={"class_weights": "none"})
    return settings.model_copy(update={"encoder": encoder})


def _entered(
    name: str,
    dataset: Dataset,
    splits: dict[str, list[Row]],
    unlabelled: Sequence[Row],
    labels: Sequence[str],
    *,
    work: Work,
    settings: TrainingSettings,
    measure: Measure,
) -> Standing:
    trained = _loaded(name)(
        splits["train"],
        splits["validation"],
        unlabelled=unlabelled,
        labels=labels,
        work=work,
        settings=settings,
        **({} if dataset.task == "classification" else {"task": dataset.task}),
    )
    if not isinstance(trained, Trained):
        raise RefusedError(f"it gave a {type(trained).__name__}, and no Trained")
    if not any(files_below(trained.folder)):
        raise RefusedError("it left no file in its folder, so that nothing could be served")
    return judge(
        name,
        trained,
        splits["validation"],
        labels,
        task=dataset.task,
        spread=dataset.spread,
        pass_on_below=settings.pass_on_below,
        measure=measure,
    )


def _loaded(name: str) -> Any:
    try:
        return load_part("candidate", name)
    except UnknownNameError:
        raise
    except InputError as error:  # it names the package, and the next step
        log.exception("candidate.unloaded part=%s", name)
        raise RefusedError(in_both(error)) from error


def _aside(name: str, error: Exception) -> tuple[str, str]:
    """Return why a candidate stands aside, as it is kept and as it is told; or raise.

    What a foreign error says may quote a row: it is told now, and kept nowhere.
    """
    if isinstance(error, RefusedError | MissingPackageError):
        return in_both(error), in_both(error)
    if isinstance(error, UnknownNameError):
        raise error
    if part_module("candidate", name).startswith("chainring."):
        error.add_note(f"raised by the candidate {name}")
        raise error
    if isinstance(error, ChainringError) and not isinstance(error, InputError):
        raise error
    log.error("candidate.failed part=%s", name, exc_info=error)
    line = " ".join(f"{type(error).__name__}: {error}".split())[:SHOWN]
    if isinstance(error, OSError | MemoryError):  # what may pass must not stand in the memo
        raise InputError(
            f"the candidate {name} failed: {line}; mend that, or take it out of training.candidates"
        ) from error
    return say("failed", error=type(error).__name__), say("failed", error=line)


def _unfit(part: str, because: str) -> Rival:
    return Rival(
        part=part,
        accuracy=0.0,
        low=0.0,
        high=0.0,
        rows=0,
        because=say("did not compete", because=because),
    )
