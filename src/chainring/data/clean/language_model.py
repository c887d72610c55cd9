"""The language model of py3langid, unpacked into the run's folder, where all processes share it.

Enters the run's folder, leaves what `identify` asks. The model takes 75 MB when a process loads it
for itself, and half a second to unpack; mapped from files, all processes of a machine hold its
pages once. The first process that needs it unpacks it.
"""

from __future__ import annotations

import fcntl
import mmap
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

from chainring.contracts.errors import MissingPackageError
from chainring.contracts.said import Said
from chainring.data.clean.keep import keep_array

FOLDER = "languages"
_ARRAYS = ("features", "prior", "classes", "rows", "outputs", "moves")
_LAST = _ARRAYS[-1]


@lru_cache(maxsize=2)
def language_model(run: str) -> Any:
    """Return the model of a run's folder, with probabilities; unpacked there if it is not yet."""
    import numpy as np

    try:
        from py3langid.langid import LanguageIdentifier
    except ImportError as error:
        raise MissingPackageError(
            "py3langid", extra="data", needed_for=Said("telling languages apart", zh="辨别语言")
        ) from error
    folder = Path(run) / FOLDER
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("wb") as lock:
        with suppress(OSError):  # some network file systems lock nothing: then each unpacks
            fcntl.flock(lock, fcntl.LOCK_EX)  # one unpacks, the others wait: it takes memory
        if not _file(folder, _LAST).exists():
            _unpack(folder)
    features, prior, classes, rows, outputs = (
        np.load(_file(folder, name), mmap_mode="r" if name == "features" else None)
        for name in _ARRAYS[:-1]
    )
    return LanguageIdentifier(
        np.asarray(features),
        prior,
        classes.tolist(),
        _mapped(_file(folder, _LAST)),
        outputs.tolist(),
        norm_probs=True,
        tk_row=rows.tolist(),
    )


def _file(folder: Path, name: str) -> Path:
    return folder / f"{name}.npy"


def _unpack(folder: Path) -> None:
    import numpy as np
    from py3langid.langid import MODEL_DIR, MODEL_FILE
    from py3langid.modelio import load_model

    features, prior, classes, moves, rows, outputs = load_model(MODEL_DIR / MODEL_FILE)
    for name, found in zip(_ARRAYS, (features, prior, classes, rows, outputs, moves), strict=True):
        keep_array(_file(folder, name), np.asarray(found))


def _mapped(path: Path) -> Any:
    """Return the numbers of an array in a file, which answers an index as fast as a list."""
    import numpy as np

    array = np.load(path, mmap_mode="r")
    with path.open("rb") as file:
        view = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    return view[-array.nbytes :].cast(array.dtype.char)
