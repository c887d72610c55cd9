"""Texts of one meaning, when there are so many that they are compared within cells."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from chainring.data.clean import semantic
from chainring.data.clean.copies import MEANING, NEAR
from chainring.data.clean.semantic import same_meaning
from chainring.data.clean.settings import CleanSettings

MIN_COSINE = 0.95
TOPICS, PAIRS, WIDTH = 24, 300, 32


def vectors() -> Any:
    """Return pairs that say nearly the same (one after the other), around some topics."""
    rng = np.random.default_rng(3)
    topics = rng.normal(size=(TOPICS, WIDTH))
    one = topics[rng.integers(TOPICS, size=PAIRS)] + rng.normal(size=(PAIRS, WIDTH)) * 0.6
    other = one + rng.normal(size=one.shape) * 0.02
    return np.stack([one, other], axis=1).reshape(2 * PAIRS, WIDTH)


def compared(folder: Path, given: Any, *, gone: tuple[int, ...] = ()) -> tuple[Any, Any, int]:
    """Return fate and kind of each text, and how many went."""
    settings = CleanSettings(min_cosine=MIN_COSINE)
    texts: Any = SimpleNamespace(
        read=lambda numbers: [str(number) for number in numbers],
        run=SimpleNamespace(folder=str(folder), settings=settings),
    )
    fate = np.full(len(given), -1, dtype=np.int64)
    kind = np.zeros(len(given), dtype=np.uint8)
    for number in gone:
        fate[number], kind[number] = 0, NEAR

    def embed(asked: list[str]) -> Any:
        return given[[int(text) for text in asked]]

    embed.digest = ""  # type: ignore[attr-defined]
    count = same_meaning(texts, fate, kind, embed=embed)  # type: ignore[arg-type]
    return fate, kind, count


@pytest.mark.parametrize("per_cell", [50, 10_000])
def test_what_goes_is_like_an_earlier_text_that_stays_and_nearly_no_pair_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, per_cell: int
) -> None:
    monkeypatch.setattr(semantic, "PER_CELL", per_cell)
    given = vectors()
    unit = given / np.linalg.norm(given, axis=1, keepdims=True)
    fate, kind, count = compared(tmp_path, given)
    gone = np.flatnonzero(fate >= 0)
    assert count == len(gone) == int((kind == MEANING).sum())
    for number in gone:
        stays = fate[number]
        assert stays < number
        assert fate[stays] < 0
        assert unit[number] @ unit[stays] >= MIN_COSINE - 1e-6
    left = [n for n in range(0, len(given), 2) if fate[n] < 0 and fate[n + 1] < 0]
    assert len(left) <= 0.02 * PAIRS


def test_texts_that_went_before_and_texts_without_a_vector_are_not_compared(tmp_path: Path) -> None:
    given = vectors()[:6]
    given[2:4] = 0.0
    fate, kind, count = compared(tmp_path, given, gone=(1,))
    assert fate.tolist() == [-1, 0, -1, -1, -1, 4]
    assert kind.tolist() == [0, NEAR, 0, 0, 0, MEANING]
    assert count == 1


def test_a_text_that_went_takes_no_other_along(tmp_path: Path) -> None:
    angles = np.deg2rad([0.0, 15.0, 30.0])  # neighbours are like enough, the first and last are not
    fate, _, count = compared(tmp_path, np.stack([np.cos(angles), np.sin(angles)], axis=1))
    assert fate.tolist() == [-1, 0, -1]
    assert count == 1
