"""The commands `predict` and `react`: ask the champion, and say what one thinks of its answer.

Each parses, calls its verb and says in plain sentences what happened.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chainring.contracts.said import in_language
from chainring.software.commands.folder import HERE, Folder, opened
from chainring.software.telling.speech import Speech, tell
from chainring.text.characters import visible

if TYPE_CHECKING:
    from chainring.contracts.prediction import Prediction
    from chainring.contracts.values import Input
    from chainring.software.api import Project


KINDS = "rating, confirmation, correction, comment, preference, outcome or flag"


def predict(
    text: Annotated[str | None, typer.Argument(help="one text")] = None,
    file: Annotated[
        Path | None, typer.Option(help="a text a line (a tab before a second); JSON lines back")
    ] = None,
    pair: Annotated[str, typer.Option(help="second text, where the task compares two")] = "",
    project: Folder = HERE,
    language: Speech = None,
) -> None:
    """Answer one text, or every line of a file."""
    import json

    from chainring.contracts.errors import InputError
    from chainring.contracts.values import input_of

    if (text is None) == (file is None):
        raise InputError("give one text, or a file with --file")
    if text is not None and not text.strip():
        raise InputError("the text is empty; give one with words in it")
    with opened(project, language) as api:
        asked = [input_of(text, pair)] if text is not None else _asked(file, api)
        answers = api.predict(asked)
    for prediction in answers:
        if file is None:
            tell([_answered(prediction)], language)
        else:
            named = ("id", "label", "confidence", "passed_on")
            shown = {name: getattr(prediction, name) for name in named}
            if prediction.output:
                shown["output"] = prediction.output
            if _is_number(prediction):
                shown |= prediction.scores
            typer.echo(json.dumps(shown, ensure_ascii=False))


def _answered(prediction: Prediction) -> str:
    """Return an answer with the interval of a number, the confidence of anything else."""
    from chainring.contracts.values import NO_LABELS
    from chainring.software.telling.command_words import own, say

    scores, sure = prediction.scores, f"{prediction.confidence:.0%}"
    if _is_number(prediction):
        sure = say("interval", low=f"{scores['low']:.4g}", high=f"{scores['high']:.4g}")
    if prediction.passed_on:
        return say("passed on", sure=sure, id=prediction.id)
    none = prediction.value == NO_LABELS
    value = say("no label") if none else own(visible(prediction.value))
    return say("answered", answer=value, sure=sure, id=prediction.id)


def _is_number(prediction: Prediction) -> bool:
    return bool(prediction.output) and set(prediction.scores) == {"low", "high"}


def react(
    prediction: Annotated[str, typer.Argument(help="id of an answer")],
    kind: Annotated[str, typer.Argument(help=KINDS)],
    value: Annotated[str, typer.Argument(help="up, down, the right label, or the flag")] = "",
    comment: Annotated[str, typer.Option(help="in words")] = "",
    author: Annotated[str, typer.Option(help="who says it")] = "",
    consent: Annotated[str, typer.Option(help="what the author allows: training, or none")] = "",
    project: Folder = HERE,
    language: Speech = None,
) -> None:
    """Say what you think of an answer; a correction becomes training text."""
    from typing import cast

    from chainring.contracts.feedback import FeedbackKind
    from chainring.contracts.reaction import Reaction
    from chainring.software.telling.command_words import say
    from chainring.software.telling.tongue import is_kept, remark_on

    reaction = Reaction(
        prediction=prediction,
        kind=cast(FeedbackKind, kind),
        value=value,
        comment=comment,
        author=author,
        consent=consent,
    )
    with opened(project, language) as api:
        stored = api.react(reaction)
        is_known = api.ring.traffic.prediction(prediction) is not None
        remark = remark_on(stored, has_text=is_kept(api.ring, stored))
    tell([say("stored", id=stored.id), *([remark] if remark else [])], language)
    if not is_known:  # the id may be mistyped
        message = say("orphan", prediction=repr(visible(prediction)))
        typer.secho(in_language(message, language or "en"), fg="red", err=True)
        raise typer.Exit(1)


def _asked(file: Path | None, project: Project) -> list[Input]:
    """Return the lines of a file; where the task reads pairs, a tab parts the two texts."""
    from chainring.contracts.values import input_of

    lines, facts = _lines(file), project.ring.recipe.data.facts
    if not facts.takes_pair:
        return list(lines)
    if facts.asks_pair:
        single = [n for n, line in enumerate(lines, start=1) if not line.partition("\t")[2].strip()]
        _refuse(
            f"{file} has lines without a second text; put it behind a tab",
            [f"line {n}: no second text" for n in single],
        )
    return [input_of(*line.split("\t", 1)) for line in lines]


def _lines(file: Path | None) -> list[str]:
    from chainring.contracts.errors import InputError

    assert file is not None
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{file} is no UTF-8: byte {error.start} cannot be read; save it as UTF-8"
        ) from error
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror}; name a text file") from error
    if not text.strip():
        raise InputError(f"{file} holds no text; one a line is expected")
    lines = text.removesuffix("\n").split("\n")
    empty = [f"line {n}: empty" for n, line in enumerate(lines, start=1) if not line.strip()]
    _refuse(f"{file} has lines without a text; take them out", empty)
    return lines


def _refuse(because: str, faults: list[str]) -> None:
    """Raise InputError where there are faults."""
    from chainring.contracts.errors import InputError
    from chainring.software.verbs.answering import MAX_FAULTS

    if faults:
        more = [f"and {len(faults) - MAX_FAULTS} more"] if len(faults) > MAX_FAULTS else []
        raise InputError(because, faults=faults[:MAX_FAULTS] + more)
