"""The commands `chainring pretrain` and `chainring tokeniser`: a base and a tokeniser from text.

Each parses, calls its verb and says in plain sentences what happened.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chainring.software.commands.folder import HERE, Folder, opened
from chainring.software.telling.speech import Speech, aloud, tell

if TYPE_CHECKING:
    from chainring.contracts.said import Said
    from chainring.training.tokenisers.report import Reading

Texts = Annotated[
    list[Path] | None,
    typer.Argument(help="files or folders of text; without, the project's", show_default=False),
]
Column = Annotated[str, typer.Option(help="column of tables that holds the text")]


def pretrain(
    out: Annotated[Path, typer.Option(help="new folder for the base")],
    text: Texts = None,
    objective: Annotated[
        str | None, typer.Option(help="masked (BERT), causal (GPT), spans (T5), denoising")
    ] = None,
    continue_from: Annotated[
        str | None, typer.Option(help="base to go on from: minilm, a folder, a hub id")
    ] = None,
    next_sentence: Annotated[
        bool | None, typer.Option(help="learn which text follows which, too (BERT)")
    ] = None,
    minutes: Annotated[
        float | None, typer.Option(help="budget; 5, or the recipe's", show_default=False)
    ] = None,
    epochs: Annotated[
        int | None,
        typer.Option(help="passes over the texts, at most; 0: the tokens' first vectors alone"),
    ] = None,
    tokeniser: Annotated[
        str | None, typer.Option(help="wordpiece.v1, bpe.v1, unigram.v1; by default as fits")
    ] = None,
    size: Annotated[int | None, typer.Option(help="tokens of the tokeniser, at most")] = None,
    column: Column = "text",
    licence: Annotated[str, typer.Option(help="of the text; kept with the base")] = "",
    project: Folder = HERE,
    language: Speech = None,
) -> None:
    """Pre-train a base on bare text: your files, or what the project's model may learn from."""
    from chainring.software.telling.data_words import own, reason, say
    from chainring.software.verbs.pretraining import pretrain_files, pretrain_project

    sections = {
        "pretrain": {
            "objective": objective, "continue_from": continue_from,
            "next_sentence": next_sentence, "epochs": epochs,
        },
        "tokeniser": {"use": tokeniser, "size": size},
    }  # fmt: skip
    if text:
        made = pretrain_files(
            text, out=out, minutes=minutes or 5.0, licence=licence, column=column,
            say=aloud(language), **sections,
        )  # fmt: skip
    else:
        with opened(project, language) as api:
            made = pretrain_project(api, out=out, minutes=minutes, say=aloud(language), **sections)
    terms = own(made.base.licence) if made.base.licence else say("unknown")
    lines = [say("made base", out=out, base=reason(made.base.name), licence=terms)]
    for name, value in made.figures.items():
        lines.append(say("figure", name=name.replace("_", " "), value=f"{value:.4g}"))
    lines += map(_reading, made.readings)
    lines += [say("note", note=reason(one)) for one in made.notes]
    if made.objective == "masked":
        lines.append(say("start from", out=out))
    tell(lines, language)


def tokeniser(
    text: Annotated[list[Path], typer.Argument(help="files or folders of text")],
    out: Annotated[Path, typer.Option(help="new folder for the tokeniser")],
    use: Annotated[str, typer.Option(help="wordpiece.v1, bpe.v1 or unigram.v1")] = "bpe.v1",
    size: Annotated[int, typer.Option(help="tokens, special ones included, at most")] = 8000,
    chinese: Annotated[
        str, typer.Option(help="characters, words, or auto: as fits the kind")
    ] = "auto",
    column: Column = "text",
    language: Speech = None,
) -> None:
    """Learn a tokeniser from text and say how it reads each language."""
    from chainring.software.telling.data_words import say
    from chainring.software.verbs.pretraining import tokeniser_files

    readings = tokeniser_files(
        text, out=out, column=column, say=aloud(language), use=use, size=size, chinese=chinese
    )
    tell([say("made", out=out), *map(_reading, readings)], language)


def _reading(one: Reading) -> Said:
    from chainring.software.telling.data_words import say

    return say(
        "reading",
        language=one.language,
        characters=f"{one.characters_a_token:.2f}",
        unknown=f"{one.unknown_share:.2%}",
        texts=f"{one.texts:,}",
    )
