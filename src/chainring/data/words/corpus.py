r"""Files become a corpus: lines of words separated by spaces, counted, with a digest.

Enter files or folders, leaves one text file that is read again in every pass, so that memory holds
the counts alone:

=============================  ==============================================
a file                         is read as
=============================  ==============================================
``pages.jsonl``, ``.csv`` …     a document a row, from its column ``text``
``novel.txt``, ``novel.md``     a document a paragraph (up to an empty line)
=============================  ==============================================

A line of the corpus is at most 1,000 words of one document: no window reaches from one document
into the next.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from chainring.contracts.errors import InputError, did_you_mean
from chainring.data import readers
from chainring.data.faults import Faults
from chainring.data.readers import Reader
from chainring.data.sentences import progress
from chainring.data.words.settings import WordSettings
from chainring.data.words.tokens import splitter
from chainring.store.litter import files_below
from chainring.text.errors import in_both

TABLES: dict[str, Reader] = {
    ".jsonl": readers.jsonl,
    ".ndjson": readers.jsonl,
    ".csv": readers.csv_,
    ".tsv": readers.tsv,
    ".parquet": readers.parquet,
}
TEXTS = (".txt", ".md", ".text")
LINE_WORDS = 1_000
MAX_LINE_BYTES = 16 << 20
MAX_PARAGRAPH = 1 << 20
_SHOWN = 3

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """Words in lines at `path`; how often each word stands there; what it was made from."""

    path: Path
    counts: Counter[str]
    documents: int
    words: int
    digest: str
    unread: int = 0

    def vocabulary(self, *, min_count: int, max_words: int) -> dict[str, int]:
        """Return word → count of the words that get a vector, the most frequent first."""
        kept = [(word, count) for word, count in self.counts.items() if count >= min_count]
        kept.sort(key=lambda one: (-one[1], one[0]))
        if len(kept) < 2:
            raise InputError(
                f"only {len(kept)} of {len(self.counts)} words stand {min_count} times or more in "
                f"{self.documents} documents; lower --min-count, or give more text"
            )
        return dict(kept[:max_words])


def corpus(
    paths: Sequence[Path], *, path: Path, settings: WordSettings, say: Say = lambda _: None
) -> Corpus:
    """Write the words of all documents of `paths` to the file `path` and return what stands there.

    Rows that cannot be read are passed over and said. Raises InputError when a path is not there,
    or when nothing can be read.
    """
    faults = Faults()
    split = splitter(settings)
    counts = Counter[str]()
    digest = hashlib.blake2b(digest_size=16)
    documents = words = 0
    with path.open("w", encoding="utf-8", newline="\n") as out:
        for text in file_documents(files(paths), column=settings.column, faults=faults):
            documents += 1
            digest.update(_framed(text))
            found = split(text)
            words += len(found)
            counts.update(found)
            out.writelines(_lines(found))
    unread = _tell(faults, documents, say)
    return Corpus(
        path=path,
        counts=counts,
        documents=documents,
        words=words,
        digest="blake2b:" + digest.hexdigest(),
        unread=unread,
    )


def _lines(words: Sequence[str]) -> Iterator[str]:
    for start in range(0, len(words), LINE_WORDS):
        yield " ".join(words[start : start + LINE_WORDS]) + "\n"


def files(paths: Sequence[Path]) -> list[Path]:
    """Return the readable files at and below `paths`, each once; hidden ones are passed over."""
    faults: list[str] = []
    found: dict[Path, None] = {}
    for path in paths:
        below = [path] if path.is_file() else list(_below(path))
        found |= dict.fromkeys(one.resolve() for one in below)
        if not below:
            faults.append(f"{path}: {_why_none(path)}")
    if faults:
        raise InputError("no text to read", faults=faults)
    return list(found)


def _below(folder: Path) -> Iterator[Path]:
    for path in files_below(folder):
        if _ending(path) in (*TABLES, *TEXTS):
            yield path


def _why_none(path: Path) -> str:
    if path.is_dir():
        return "no file in it ends in " + ", ".join(sorted((*TABLES, *TEXTS)))
    beside = [one.name for one in path.parent.iterdir()] if path.parent.is_dir() else []
    return "not there" + (did_you_mean(path.name, beside) if beside else "")


def _ending(path: Path) -> str:
    return Path(path.name.removesuffix(".gz")).suffix.lower()


def file_documents(paths: Iterable[Path], *, column: str, faults: Faults) -> Iterator[str]:
    """Yield the documents of files in their order; what cannot be read is added to `faults`."""
    for path in paths:
        report = partial(_report, faults, str(path))
        reader = TABLES.get(_ending(path))
        if reader is None:
            yield from _paragraphs(path, report)
            continue
        for locator, row in reader(path, report=report, max_bytes=MAX_LINE_BYTES):
            value = row.get(column)
            if isinstance(value, str):
                yield value
            else:
                named = ", ".join(f"`{name}`" for name in row) or "none"
                report(locator, f"column `{column}` expected; found {named}; name it with --column")


def _report(faults: Faults, name: str, locator: str, cause: str) -> None:
    faults.add(name, cause, at=locator)


def _paragraphs(path: Path, report: Callable[[str, str], None]) -> Iterator[str]:
    """Yield the paragraphs of a plain text; one without an empty line comes in pieces."""
    from chainring.data.lines import lines

    held: list[str] = []
    size = 0
    for _, line in lines(path, report=report, max_bytes=MAX_LINE_BYTES):
        if line.strip():
            held.append(line)
            size += len(line)
        if held and (not line.strip() or size >= MAX_PARAGRAPH):
            yield "".join(held)
            held, size = [], 0
    if held:
        yield "".join(held)


def _framed(text: str) -> bytes:
    data = text.encode("utf-8", "surrogatepass")
    return len(data).to_bytes(8, "big") + data


def _tell(faults: Faults, documents: int, say: Say) -> int:
    """Say what could not be read and return how many faults there were; none read is an error."""
    said = faults.said()
    if not documents:
        raise InputError("no document could be read", faults=said or ["the files are empty"])
    for fault in said[:_SHOWN]:
        say(progress("passed over", fault=in_both(fault)))
    if len(said) > _SHOWN:
        say(progress("passed over more", count=len(said) - _SHOWN))
    return len(said)
