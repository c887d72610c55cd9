"""The commands `chainring words …`: word vectors from text, asked, exported and drawn.

Each parses, calls its verb and says in plain sentences what happened. None needs a project.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chainring.software.telling.speech import Speech, aloud, spoken, tell

if TYPE_CHECKING:
    from chainring.data.words.settings import WordSettings

app = typer.Typer(
    help="Word vectors from your own text: train, near words, analogies, export, a map.",
    no_args_is_help=True,
)

Vectors = Annotated[Path, typer.Argument(help="folder of word vectors")]
Count = Annotated[int, typer.Option(help="how many words", min=1, max=1_000)]
UserWords = Annotated[Path | None, typer.Option(help="file of words never split, one a line")]


@app.command()
def train(
    text: Annotated[list[Path], typer.Argument(help="files or folders of text")],
    out: Annotated[Path, typer.Option(help="new folder for the vectors")],
    kind: Annotated[str, typer.Option(help="word2vec, fasttext or glove")] = "word2vec",
    language: Annotated[str, typer.Option(help="keep the words of: auto (both), en, zh")] = "auto",
    dimensions: Annotated[int, typer.Option(help="numbers a vector")] = 100,
    window: Annotated[
        int | None, typer.Option(help="words to each side: 5, for GloVe 10", show_default=False)
    ] = None,
    min_count: Annotated[int, typer.Option(help="a rarer word gets no vector")] = 5,
    max_words: Annotated[int, typer.Option(help="of more words the most frequent")] = 200_000,
    epochs: Annotated[
        int | None, typer.Option(help="passes: 10, for GloVe 25", show_default=False)
    ] = None,
    seed: Annotated[int, typer.Option(help="the same seed gives the same vectors")] = 0,
    workers: Annotated[int, typer.Option(help="threads; above 1 only GloVe repeats itself")] = 1,
    segmenter: Annotated[
        str, typer.Option(help="for Chinese: rjieba.v1, jieba.v1, characters.v1")
    ] = "rjieba.v1",
    user_words: UserWords = None,
    simplified: Annotated[bool, typer.Option(help="write traditional as simplified")] = False,
    drop_stop_words: Annotated[bool, typer.Option(help="leave out words like `the`, 的")] = False,
    column: Annotated[str, typer.Option(help="column of tables that holds the text")] = "text",
    licence: Annotated[str, typer.Option(help="of the text; kept with the vectors")] = "",
) -> None:
    """Train word vectors on text: Word2Vec, fastText or GloVe."""
    from chainring.data.words.train import train as make
    from chainring.software.telling.data_words import say

    settings = _settings(
        kind=kind, language=language, dimensions=dimensions, window=window, min_count=min_count,
        max_words=max_words, epochs=epochs, seed=seed, workers=workers, segmenter=segmenter,
        user_words=_listed(user_words), simplified=simplified, drop_stop_words=drop_stop_words,
        column=column,
    )  # fmt: skip
    made = make(text, out=out, settings=settings, licence=licence, say=aloud(None))
    lines = [say("made words", out=out, words=f"{len(made):,}", dimensions=dimensions)]
    if not made.facts["same_every_run"]:
        lines.append(say("other vectors", because=say("workers race", workers=workers)))
    tell([*lines, f"  chainring words near {out} {_example(made.words)}"], spoken())


@app.command()
def near(
    folder: Vectors,
    word: Annotated[str, typer.Argument(help="a word")],
    count: Count = 10,
) -> None:
    """List the words that keep the company of a word."""
    from chainring.data.words.vectors import WordVectors

    for one in WordVectors.open(folder).near(word, count=count):
        typer.echo(f"{one.similarity:.3f}  {one.word}")


@app.command()
def analogy(
    folder: Vectors,
    a: Annotated[str, typer.Argument(help="a word: man")],
    b: Annotated[str, typer.Argument(help="what goes with it: king")],
    c: Annotated[str, typer.Argument(help="another word: woman")],
    count: Count = 5,
) -> None:
    """List what goes with the third word as the second goes with the first."""
    from chainring.data.words.vectors import WordVectors

    for one in WordVectors.open(folder).analogy(a, b, c, count=count):
        typer.echo(f"{one.similarity:.3f}  {one.word}")


@app.command()
def export(
    folder: Vectors,
    form: Annotated[str, typer.Option("--format", help="text, binary or glove")] = "text",
    out: Annotated[
        Path | None, typer.Option(help="file; by default beside the folder", show_default=False)
    ] = None,
    language: Speech = None,
) -> None:
    """Write the vectors in a format that other tools read."""
    from typing import cast

    from chainring.data.words.export import ENDINGS, Form
    from chainring.data.words.export import export as write
    from chainring.data.words.vectors import WordVectors
    from chainring.software.telling.data_words import say

    vectors = WordVectors.open(folder)
    path = out or folder.resolve().with_name(folder.resolve().name + ENDINGS.get(form, ""))
    written = write(vectors, path, form=cast(Form, form))
    tell([say("wrote words", path=written, words=f"{len(vectors):,}")], language)


@app.command("map")
def map_(
    folder: Vectors,
    out: Annotated[Path, typer.Option(help="file to write: .html or .svg")] = Path("map.html"),
    count: Count = 150,
    method: Annotated[str, typer.Option(help="tsne or pca")] = "tsne",
    language: Speech = None,
) -> None:
    """Draw the most frequent content words on a plane, like ones near each other."""
    from typing import cast

    from chainring.data.words.map import Method, word_map
    from chainring.data.words.picture import page, picture
    from chainring.data.words.vectors import WordVectors
    from chainring.software.telling.data_words import say
    from chainring.stats.charts import in_a_file
    from chainring.store.files import write_durably

    vectors = WordVectors.open(folder)
    places = word_map(vectors, count=count, method=cast(Method, method))
    if out.suffix == ".svg":
        drawn = in_a_file(picture(places, language=language or "en"))
    else:
        drawn = page(places, facts=vectors.facts, language=language or "en")
    write_durably(out, drawn.encode())
    tell([say("wrote words", path=out, words=len(places))], language)


@app.command()
def segment(
    text: Annotated[str, typer.Argument(help="a text")],
    by: Annotated[
        str | None, typer.Option(help="one segmenter; by default all of them", show_default=False)
    ] = None,
    user_words: UserWords = None,
) -> None:
    """Show how each segmenter splits a text into words."""
    from typing import get_args

    from chainring.data.words.settings import Segmenter
    from chainring.data.words.tokens import words_of

    for name in [by] if by else get_args(Segmenter):
        settings = _settings(segmenter=name, user_words=_listed(user_words))
        typer.echo(f"{name:14} {' / '.join(words_of(text, settings=settings))}")


def _example(words: Sequence[str]) -> str:
    """Return a frequent word that is longer than those that only join others."""
    long = (word for word in words if len(word) > (4 if word.isascii() else 1))
    return next(long, words[0])


def _listed(path: Path | None) -> tuple[str, ...]:
    from chainring.contracts.errors import InputError

    if path is None:
        return ()
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read ({error}); one word a line is expected") from error
    return tuple(word.strip() for word in lines if word.strip())


def _settings(**given: object) -> WordSettings:
    from pydantic import ValidationError

    from chainring.contracts.errors import InputError
    from chainring.data.words.settings import WordSettings as Settings

    try:
        return Settings.model_validate(given)
    except ValidationError as error:
        faults = [
            f"--{'-'.join(map(str, one['loc'])).replace('_', '-')}: {one['input']!r}: {told}"
            for one in error.errors()
            for told in [one["msg"].removeprefix("Value error, ")]
        ]
        raise InputError("word vectors cannot be trained like this", faults=faults) from error
