"""The command line: each command parses, calls its verb and says in plain sentences what happened.

chainring init shop --example support && cd shop && chainring turn && chainring serve
"""

from __future__ import annotations

import atexit
import gc
import os
import shlex
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from chainring.contracts.errors import ChainringError
from chainring.contracts.said import in_language
from chainring.software.commands import answers as answer_commands
from chainring.software.commands import audit as audit_commands
from chainring.software.commands import bases as base_commands
from chainring.software.commands import data as data_commands
from chainring.software.commands import forget as forget_commands
from chainring.software.commands import keys as key_commands
from chainring.software.commands import releases as release_commands
from chainring.software.commands import review as review_commands
from chainring.software.commands import upkeep as upkeep_commands
from chainring.software.commands import words as word_commands
from chainring.software.commands.alone import verb_alone
from chainring.software.commands.folder import HERE, Folder, before_the_verb, opened
from chainring.software.process import ready
from chainring.software.telling.speech import Speech, asked_for, in_words, tell

app = typer.Typer(
    help="From raw text to a served model, and from its users' feedback to a better one.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

app.callback()(before_the_verb)
app.add_typer(data_commands.app, name="data")
app.add_typer(word_commands.app, name="words")


def main() -> None:
    """Run the command line; a known error ends it with its message and exit status 1."""
    # Looking for plugins of pydantic reads the papers of every installed package: 5 % of a turn
    # that has nothing to do. Who wants them sets the variable to nothing.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    # Looking for cycles after every 700 objects takes 6 %, in all of them as the process ends 15 %.
    gc.set_threshold(50_000)
    atexit.register(gc.freeze)
    try:
        ready()
        _command(sys.argv[1:])()
    except ChainringError as error:
        typer.secho(f"chainring: {in_words(error, sys.argv[1:])}", fg="red", err=True)
        sys.exit(1)
    except KeyboardInterrupt:
        from chainring.software.telling.command_words import say

        typer.secho(in_language(say("stopped"), asked_for(sys.argv[1:])), err=True)
        sys.exit(130)


def _command(words: Sequence[str]) -> Callable[[], object]:
    """Return the command line with the verb that is named, in the language that is asked for."""
    alone = verb_alone(app, words)
    if asked_for(words) == "en":
        return alone
    from chainring.software.commands.help_words import run_in_chinese

    return partial(run_in_chinese, typer.main.get_command(alone))


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(help="new folder of the project")],
    example: Annotated[str | None, typer.Option(help="built-in project: support")] = None,
    language: Speech = None,
) -> None:
    """Make a project in a new folder."""
    from chainring.software.project import create
    from chainring.software.telling.command_words import say

    create(folder, example=example, language=language or "en")
    lines = [say("made project", folder=folder)]
    if example is None:
        lines.append(say("put text", folder=folder / "data"))
    tell([*lines, f"  cd {shlex.quote(str(folder))} && chainring turn"], language)


@app.command()
def turn(
    project: Folder = HERE,
    force: Annotated[bool, typer.Option(help="run every step again")] = False,
    language: Speech = None,
) -> None:
    """Turn the ring once: text and feedback to a model, and the gate's verdict on it."""
    from chainring.software.telling.results import tell_turn

    with opened(project, language) as api:
        tell(tell_turn(api, api.turn(force=force)), language)


@app.command()
def watch(
    project: Folder = HERE,
    once: Annotated[bool, typer.Option(help="look once and end (for cron)")] = False,
    language: Speech = None,
) -> None:
    """Turn whenever it is due: new corrections, a labelled drop, or the timetable."""
    with opened(project, language) as api:
        api.watch(rounds=1 if once else None, say=lambda line: tell([line], language))


@app.command()
def serve(
    project: Folder = HERE,
    host: Annotated[str | None, typer.Option(help="address to listen on")] = None,
    port: Annotated[int | None, typer.Option(help="port to listen on", min=0, max=65535)] = None,
    workers: Annotated[
        int | None, typer.Option(help="processes behind the port", min=1, max=256)
    ] = None,
    replicas: Annotated[
        int, typer.Option(help="servers on a Ray cluster behind one port; 0: this process", min=0)
    ] = 0,
    language: Speech = None,
) -> None:
    """Serve the champion: API, pages, measures; takes up new champions by itself."""
    from chainring.software.serving.serve import serve_project

    def say(line: str) -> None:
        tell([line], language)

    if replicas:
        from chainring.software.serving.ray import serve_replicas

        serve_replicas(project, replicas=replicas, host=host, port=port, say=say)
        return
    with opened(project, language) as api:
        serve_project(api, host=host, port=port, workers=workers, say=say)


app.command()(answer_commands.predict)
app.command()(answer_commands.react)


app.command()(review_commands.review)
app.command()(review_commands.cases)


@app.command()
def why(
    prediction: Annotated[str, typer.Argument(help="id of an answer")],
    project: Folder = HERE,
    as_json: Annotated[bool, typer.Option("--json", help="as JSON")] = False,
    language: Speech = None,
) -> None:
    """Show where an answer came from, and the later model that learnt from it."""
    import json

    from chainring.software.telling.results import tell_why

    with opened(project, language) as api:
        found = api.why(prediction)
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False, indent=2))
        return
    tell(tell_why(found), language)


@app.command()
def status(
    project: Folder = HERE,
    as_json: Annotated[bool, typer.Option("--json", help="as JSON")] = False,
    language: Speech = None,
) -> None:
    """Show who serves, what traffic there was, and whether a turn is due."""
    import json

    from chainring.software.telling.results import tell_status

    with opened(project, language) as api:
        found = api.status()
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False, indent=2))
        return
    tell(tell_status(found), language)


@app.command()
def report(
    project: Folder = HERE,
    out: Annotated[Path | None, typer.Option(help="file to write")] = None,
    language: Speech = None,
    card: Annotated[
        Path | None, typer.Option(help="also write the model card to this file")
    ] = None,
    texts: Annotated[bool, typer.Option(help="show texts that it got wrong, redacted")] = True,
) -> None:
    """Write one self-contained HTML page about the ring, and what would make it better."""
    from chainring.software.telling.command_words import say

    with opened(project, language) as api:
        made = api.report(out, language=language or "en", texts=texts, card=card)
    tell([say("wrote", path=one) for one in (made, card) if one is not None], language)


@app.command()
def promote(
    model: Annotated[str, typer.Argument(help="first 12 digits of a judged model")],
    reason: Annotated[str, typer.Option(help="why, for the record")],
    by: Annotated[str, typer.Option(help="who decides")] = "operator",
    project: Folder = HERE,
    language: Speech = None,
) -> None:
    """Serve a judged model although the gate held it; the override is kept."""
    from chainring.software.telling.results import tell_champion

    with opened(project, language) as api:
        deployment = api.promote(model, by=by, reason=reason)
    tell(tell_champion(deployment.model), language)


@app.command()
def rollback(
    reason: Annotated[str, typer.Option(help="why, for the record")],
    to: Annotated[int | None, typer.Option(help="version to serve again")] = None,
    by: Annotated[str, typer.Option(help="who decides")] = "operator",
    project: Folder = HERE,
    language: Speech = None,
) -> None:
    """Serve an earlier version again; running servers take it up within seconds."""
    from chainring.software.telling.results import tell_champion

    with opened(project, language) as api:
        deployment = api.rollback(to=to, by=by, reason=reason)
    tell(tell_champion(deployment.model), language)


app.command()(key_commands.keys)
app.command()(release_commands.release)
app.command()(release_commands.drift)
app.command()(upkeep_commands.doctor)
app.command()(upkeep_commands.backup)
app.command()(upkeep_commands.restore)
app.command()(upkeep_commands.gc)
app.command()(upkeep_commands.package)
app.command()(upkeep_commands.collect)
app.command()(forget_commands.forget)
app.command()(audit_commands.audit)
app.command()(base_commands.pretrain)
app.command()(base_commands.tokeniser)
app.command()(upkeep_commands.upgrade)


if __name__ == "__main__":
    main()
