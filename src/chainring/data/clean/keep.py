"""Files of a run: written beside, renamed when whole, so that a kill leaves none by halves.

Enters a path, leaves the file at it whole or not at all; what stands is done.

    with kept(folder / "00001.rows") as out:
        out.write(line)
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from chainring.store.files import beside, full_disk_explained, sync

if TYPE_CHECKING:
    from numpy.typing import NDArray


@contextmanager
def kept(path: Path, *, through: Path | None = None) -> Iterator[BinaryIO]:
    """Yield a file that takes its name when the block ends well.

    Until then it lies beside, or in the folder `through` where a kill may leave it.
    """
    temporary = beside(path if through is None else through / path.name)
    try:
        with full_disk_explained(path.parent):
            with temporary.open("wb", 1 << 20) as out:
                yield out
                out.flush()
                sync(out.fileno())
            temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def keep_array(path: Path, array: NDArray[Any]) -> None:
    """Write an array as `.npy`."""
    import numpy as np

    with kept(path) as out:
        np.save(out, array)


def keep_json(path: Path, value: Any, *, through: Path | None = None) -> None:
    """Write a value as JSON with sorted keys."""
    with kept(path, through=through) as out:
        text = json.dumps(value, ensure_ascii=False, sort_keys=True, indent=1)
        out.write(text.encode() + b"\n")


def read_json(path: Path) -> Any:
    """Return what `keep_json` wrote."""
    return json.loads(path.read_bytes())
