"""Word vectors in the formats that other tools read.

Enters a `WordVectors`, leaves a file:

===========  ==================================================================================
format        is
===========  ==================================================================================
``text``      word2vec's text: a line ``20000 100``, then ``马 0.12 -0.4 …`` a word
``binary``    word2vec's binary: the same head, then word, space, little-endian floats, line end
``glove``     GloVe's text: no head line
===========  ==================================================================================

gensim reads them with `KeyedVectors.load_word2vec_format` (`binary=True`, or `no_header=True`).
Numbers are written with nine digits, so that the same 32-bit number is read again.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal, get_args

import numpy as np

from chainring.contracts.errors import UnknownNameError
from chainring.data.words.vectors import WordVectors
from chainring.store.files import beside, full_disk_explained

Form = Literal["text", "binary", "glove"]
ENDINGS = {"text": ".txt", "binary": ".bin", "glove": ".glove.txt"}


def export(vectors: WordVectors, path: Path, *, form: Form = "text") -> Path:
    """Write the vectors of all words to a file and return it; an older file is replaced.

    Raises
    ------
    UnknownNameError
        The format is none of the three.
    """
    if form not in get_args(Form):
        raise UnknownNameError("format", form, get_args(Form))
    with full_disk_explained(path.parent):
        temporary = beside(path)
        try:
            with temporary.open("wb") as out:
                out.writelines(_head(vectors, form))
                out.writelines(_lines(vectors, form))
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    return path


def _head(vectors: WordVectors, form: Form) -> Iterator[bytes]:
    if form != "glove":
        yield b"%d %d\n" % vectors.vectors.shape


def _lines(vectors: WordVectors, form: Form) -> Iterator[bytes]:
    for word, vector in zip(vectors.words, vectors.vectors, strict=True):
        if form == "binary":
            yield word.encode() + b" " + vector.astype(np.dtype("<f4")).tobytes() + b"\n"
        else:
            numbers = " ".join(f"{value:.9g}" for value in vector.tolist())
            yield f"{word} {numbers}\n".encode()
