"""The commands `chainring data …`: what comes in, what was cleaned away, and where a row came from.

Each parses, calls its verb and says in plain sentences what happened.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from chainring.contracts.said import in_language
from chainring.software.commands.folder import HERE, Folder, opened
from chainring.software.telling.speech import Speech, aloud, spoken, tell

app = typer.Typer(
    help="Look at the text: fetch it, clean it, report on it, trace a row to its source.",
    no_args_is_help=True,
)


@app.command()
def fetch(
    name: Annotated[str | None, typer.Argument(help="one source; without it, all")] = None,
    project: Folder = HERE,
    language: Speech = None,
) -> None:
    """Bring the sources of the recipe up to date: pages, databases, files, data sets."""
    with opened(project, language) as api:
        tell([one.told for one in api.data.fetch(name)], language)


@app.command()
def clean(
    inputs: Annotated[list[Path], typer.Argument(help="files or folders of JSON lines")],
    out: Annotated[Path, typer.Option(help="new folder for what stays")],
    profile: Annotated[str, typer.Option(help="documents or messages")] = "documents",
    language: Annotated[
        list[str] | None, typer.Option(help="keep this language, as en or zh; may be repeated")
    ] = None,
    licence: Annotated[
        list[str] | None, typer.Option(help="allowed licence; may be repeated; none: every one")
    ] = None,
    consent: Annotated[
        list[str] | None, typer.Option(help="allowed consent; may be repeated; none: every one")
    ] = None,
    evaluation: Annotated[
        list[Path] | None, typer.Option(help="evaluation texts that must not stand in the result")
    ] = None,
    boilerplate: Annotated[
        int, typer.Option(help="cut lines that stand in so many texts; 0: none", min=0)
    ] = 0,
    meaning: Annotated[
        str,
        typer.Option(help="embedder by which texts of one meaning go; empty: none"),
    ] = "",
    meaning_from: Annotated[
        str, typer.Option(help="encoder, or folder of word vectors, for --meaning")
    ] = "minilm",
    redact: Annotated[bool, typer.Option(help="take personal numbers and addresses out")] = True,
    workers: Annotated[int, typer.Option(help="processes; 0: one a processor", min=0)] = 0,
    executor: Annotated[str, typer.Option(help="what spreads the work")] = "local.v1",
) -> None:
    """Clean documents: poor ones, copies and personal data go, each drop with its reason."""
    from chainring.software.verbs.cleaning import clean_files, tell_clean

    made = clean_files(
        inputs, out=out, profile=profile, languages=tuple(language or ()),
        licences=tuple(licence or ()), consents=tuple(consent or ()),
        evaluation=tuple(map(str, evaluation or ())), min_boilerplate=boilerplate, redact=redact,
        meaning=meaning, meaning_from=meaning_from,
        workers=workers, executor=executor, say=aloud(None),
    )  # fmt: skip
    tell(tell_clean(made), spoken())


@app.command()
def report(
    project: Folder = HERE,
    out: Annotated[Path | None, typer.Option(help="file to write")] = None,
    language: Speech = None,
    card: Annotated[
        Path | None, typer.Option(help="also write the data card to this file, as Markdown")
    ] = None,
    texts: Annotated[bool, typer.Option(help="show samples of what was dropped, redacted")] = True,
) -> None:
    """Write one self-contained HTML page about the data set: what is in it, what changed."""
    from chainring.software.telling.data_words import say

    with opened(project, language) as api:
        path = api.data.report(out, language=language or "en", texts=texts, card=card)
    tell([say("wrote", path=one) for one in (path, card) if one is not None], language)


@app.command()
def show(
    project: Folder = HERE,
    split: Annotated[str, typer.Option(help="train, validation, test, holdout, ...")] = "",
    label: Annotated[str, typer.Option(help="rows of this label")] = "",
    language: Annotated[str, typer.Option(help="rows of this language: en, zh, und")] = "",
    source: Annotated[str, typer.Option(help="rows of this file or source")] = "",
    search: Annotated[str, typer.Option(help="text that the row contains, in any case")] = "",
    limit: Annotated[int, typer.Option(help="how many at most; 0: all", min=0)] = 20,
    dataset: Annotated[str, typer.Option(help="first 12 digits of a data set; the newest")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="as JSON lines, every column")] = False,
) -> None:
    """Show rows of the data set: those of a split, label, language or source, or with a text."""
    import json

    from chainring.software.telling.data import tell_row
    from chainring.software.telling.data_words import say

    shown, speech = 0, spoken()
    with opened(project, language) as api:
        rows = api.data.show(
            split=split, label=label, language=language, source=source, search=search,
            dataset=dataset, limit=limit,
        )  # fmt: skip
        for row in rows:
            shown += 1
            told = json.dumps(row, ensure_ascii=False) if as_json else tell_row(row)
            typer.echo(in_language(told, speech))
    if limit and shown == limit:
        typer.echo(in_language(say("the first", limit=limit), speech), err=True)
    if not shown:
        typer.echo(in_language(say("no row fits"), speech), err=True)


@app.command()
def trace(
    row: Annotated[str, typer.Argument(help="id of a row, record or answer; or SOURCE LOCATOR")],
    project: Folder = HERE,
    dataset: Annotated[str, typer.Option(help="first 12 digits of a data set; the newest")] = "",
    texts: Annotated[bool, typer.Option(help="tell the text itself")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="as JSON")] = False,
    language: Speech = None,
) -> None:
    """Show where a row came from: its page, database row or line, and every step since."""
    import json

    from chainring.software.telling.data import tell_trace

    with opened(project, language) as api:
        found = api.data.trace(row, dataset=dataset, texts=texts)
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False, indent=2))
        return
    tell(tell_trace(found), language)
