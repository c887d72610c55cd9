"""Text becomes a folder of word vectors: whole, or not there at all.

Enter files of text and settings, leaves the folder that `WordVectors.open` reads:

    train([Path("help.jsonl")], out=Path("vectors"), settings=WordSettings(kind="fasttext"))

The command `chainring words train help.jsonl --out vectors --kind fasttext` does the same. The
folder says in `facts.json` what made it. It holds no text but the words, and no time of day, so
that the same text, settings, seed and versions give the same bytes (one worker; GloVe with any).
"""

from __future__ import annotations

import json
import platform
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from chainring.contracts.codec import digest
from chainring.contracts.errors import InputError
from chainring.data.sentences import progress
from chainring.data.words.cooccurrence import cooccurrence, numbered
from chainring.data.words.corpus import Corpus, corpus
from chainring.data.words.glove import Objective, glove
from chainring.data.words.neural import neural
from chainring.data.words.settings import WordSettings
from chainring.data.words.subwords import Subwords
from chainring.data.words.vectors import (
    BUCKETS,
    FACTS,
    FORMAT,
    NGRAMS,
    VECTORS,
    WORDS,
    WordVectors,
)
from chainring.store.files import full_disk_explained, make_folder, sync_file, sync_folder
from chainring.store.litter import is_bare, take_litter
from chainring.text.segment import segmenter_version

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    vectors: Any
    losses: tuple[float, ...] = ()
    subwords: Subwords | None = None


def train(
    paths: Sequence[Path],
    *,
    out: Path,
    settings: WordSettings,
    licence: str = "",
    say: Say = lambda _: None,
) -> WordVectors:
    """Train word vectors on the files at and below `paths` and open what was made.

    Parameters
    ----------
    paths
        Files or folders: JSONL, CSV, TSV, Parquet (one document a row) or plain text.
    out
        New folder to write.
    settings
        Which vectors, from which words, and how.
    licence
        Of the text; it is written down beside the vectors.
    say
        Told what was read, and the loss of each pass of GloVe.

    Raises
    ------
    InputError
        A path is not there, nothing can be read, fewer than two words are frequent enough, or
        `out` is not empty.
    MissingPackageError
        gensim (Word2Vec, fastText) or the segmenter is not installed.
    """
    if out.exists() and not is_bare(out):
        raise InputError(f"{out} is not empty; name a new folder with --out")
    make_folder(out.parent)
    with (
        full_disk_explained(out.parent),
        tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}-") as scratch,
    ):
        place = Path(scratch)
        read = corpus(paths, path=place / "corpus", settings=settings, say=say)
        vocabulary = read.vocabulary(min_count=settings.min_count, max_words=settings.max_words)
        say(
            progress(
                "words",
                documents=f"{read.documents:,}",
                words=f"{read.words:,}",
                different=f"{len(vocabulary):,}",
                least=settings.min_count,
            )
        )
        made = _made(read, vocabulary, settings, place, say)
        facts = _facts(read, vocabulary, settings, licence, made.losses)
        (place / "made").mkdir()
        _write(place / "made", list(vocabulary), made, facts)
        if out.exists():
            take_litter(out)
        (place / "made").replace(out)
    sync_folder(out.parent)
    return WordVectors.open(out)


def _made(
    read: Corpus, vocabulary: Mapping[str, int], settings: WordSettings, scratch: Path, say: Say
) -> _Made:
    if settings.kind != "glove":
        found = neural(read, vocabulary=vocabulary, settings=settings)
        return _Made(vectors=found.vectors, subwords=found.subwords)
    places = {word: place for place, word in enumerate(vocabulary)}
    counts = cooccurrence(
        numbered(read.path, places), words=len(places), window=settings.reach, folder=scratch
    )
    say(progress("pairs", count=f"{len(counts):,}"))
    trained = glove(
        counts,
        dimensions=settings.dimensions,
        epochs=settings.passes,
        seed=settings.seed,
        objective=Objective(x_max=settings.max_weight_count, alpha=settings.weight_power),
        learning_rate=settings.learning_rate,
        workers=settings.workers,
        say=say,
    )
    return _Made(vectors=trained.vectors, losses=trained.losses)


def _facts(
    read: Corpus,
    vocabulary: Mapping[str, int],
    settings: WordSettings,
    licence: str,
    losses: Sequence[float],
) -> dict[str, Any]:
    told = settings.model_dump(exclude={"user_words"})
    repeats = settings.workers == 1 or settings.kind == "glove"
    return {
        "format": FORMAT,
        "kind": settings.kind,
        "words": len(vocabulary),
        "dimensions": settings.dimensions,
        "settings": told | {"window": settings.reach, "epochs": settings.passes},
        "user_words": {"count": len(settings.user_words), "digest": digest(settings.user_words)},
        "segmenter": segmenter_version(settings.segmenter),
        "corpus": {
            "digest": read.digest,
            "documents": read.documents,
            "words": read.words,
            "in_vocabulary": sum(vocabulary.values()),
            "passed_over": read.unread,
        },
        "licence": licence,
        "seed": settings.seed,
        "same_every_run": repeats,
        "because": _because(settings, repeats=repeats),
        "losses": list(losses),
        "versions": {"python": platform.python_version()}
        | {name: _version(name) for name in ("chainring", "gensim", "numpy", "scipy")},
    }


def _because(settings: WordSettings, *, repeats: bool) -> str:
    if not repeats:
        return f"{settings.workers} workers race for the same weights; use --workers 1"
    return "one worker" if settings.kind != "glove" else "workers never share a vector"


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _write(folder: Path, words: Sequence[str], made: _Made, facts: dict[str, Any]) -> None:
    """Write the files of the artefact, each synced; the caller's rename makes them appear."""
    arrays = {VECTORS: made.vectors}
    if made.subwords is not None:
        arrays |= {NGRAMS: made.subwords.vectors, BUCKETS: made.subwords.buckets}
    for name, array in arrays.items():
        with (folder / name).open("wb") as out:
            np.save(out, array)
    (folder / WORDS).write_text("".join(f"{word}\n" for word in words), encoding="utf-8")
    text = json.dumps(facts, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    (folder / FACTS).write_text(text, encoding="utf-8")
    for path in folder.iterdir():
        sync_file(path)
    sync_folder(folder)
