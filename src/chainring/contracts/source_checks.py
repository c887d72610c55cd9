"""What every part of kind `source` must do, for `chainring.contracts.checks`.

Enters a part and an example of it, leaves the faults: that it brings what it should, that a second
time nothing changes, and that a cut anywhere leaves what an unbroken run leaves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_CUTS = (1, 2, 3)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceExample:
    """Settings of a source that stands still, its texts, and where harvests may be opened.

    `open` opens the harvest of a folder (`chainring.data.harvest.Harvest.open`), `folder` is empty.
    """

    settings: Any
    texts: Sequence[str]
    open: Callable[[Path], AbstractContextManager[Any]]
    folder: Path


class _Cut(BaseException):
    """Ends a part where a kill would."""


def source_faults(_: str, part: Any, example: SourceExample) -> Iterator[str]:
    """Yield what a source does not keep."""
    whole = _brought(part, example, "whole")
    if sorted(row["text"] for row in whole.values()) != sorted(example.texts):
        yield f"texts {sorted(example.texts)!r} expected; found {whole!r}"
    if any(not row.get("locator") for row in whole.values()):
        yield "a row needs a locator, by which a person finds it"
    with example.open(example.folder / "whole") as harvest:
        part(example.settings, harvest=harvest, say=_silent)
        if harvest.changes or _timeless(harvest) != whole:
            yield "a second time something changes, although nothing did"
    for method in ("put", "commit"):
        for number in _CUTS:
            if _after_cut(part, example, method, number) != whole:
                yield f"cut at {method} {number} and begun again, it ends with other rows"


def _brought(part: Any, example: SourceExample, name: str) -> dict[str, dict[str, str]]:
    with example.open(example.folder / name) as harvest:
        part(example.settings, harvest=harvest, say=_silent)
        harvest.commit()
        return _timeless(harvest)


def _timeless(harvest: Any) -> dict[str, dict[str, str]]:
    """Return the rows without when they came: that differs from run to run."""
    return {
        identifier: {key: value for key, value in row.items() if key != "at"}
        for identifier, row in harvest.rows()
    }


def _after_cut(
    part: Any, example: SourceExample, method: str, number: int
) -> dict[str, dict[str, str]]:
    name = f"cut-{method}-{number}"
    with example.open(example.folder / name) as harvest:
        setattr(harvest, method, _cutting(getattr(harvest, method), number))
        try:
            part(example.settings, harvest=harvest, say=_silent)
        except _Cut:
            pass  # what was not committed is lost with the harvest
    return _brought(part, example, name)


def _cutting(called: Callable[..., Any], number: int) -> Callable[..., Any]:
    left = iter(range(1, number))

    def cut(*values: Any, **named: Any) -> Any:
        if next(left, None) is None:
            raise _Cut
        return called(*values, **named)

    return cut


def _silent(_: str) -> None:
    """Say nothing."""
