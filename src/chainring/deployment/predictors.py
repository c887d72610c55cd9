"""Opens a form (or a bare model folder) for prediction, whatever engine runs it.

Enters a folder and an engine's name, leaves a context with a Predictor:

    with open_predictor(folder, engine="onnxruntime") as predictor:
        predictor.predict([Request(text="Where is my parcel?")])

Engines are parts of kind `engine`; a short name such as `linear` stands for `linear.v1`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from chainring.contracts.errors import InputError
from chainring.contracts.parts import load_part
from chainring.contracts.predictor import Predictor


def load_predictor(folder: Path, *, engine: str, threads: int = 0) -> Predictor:
    """Return a loaded predictor; the caller closes it.

    Parameters
    ----------
    folder
        A form folder, or the model folder itself for the engines `linear` and `torch`.
    engine
        `linear`, `onnxruntime`, `openvino`, `torch`, or the full name of an engine part.
    threads
        Threads of inference; 0 lets the engine decide.

    Raises
    ------
    UnknownNameError
        When there is no such engine.
    DamagedError
        When a file is missing, unreadable or of the wrong shape.
    MissingPackageError
        When the engine's package is not installed.
    """
    if threads < 0:
        raise InputError(f"threads: {threads} is not >= 0")
    name = engine if ".v" in engine else f"{engine}.v1"
    predictor: Predictor = load_part("engine", name)(folder, threads=threads)
    return predictor


@contextmanager
def open_predictor(folder: Path, *, engine: str, threads: int = 0) -> Iterator[Predictor]:
    """Yield the predictor of `load_predictor` and close it at the end."""
    predictor = load_predictor(folder, engine=engine, threads=threads)
    try:
        yield predictor
    finally:
        predictor.close()
