"""Prose that passes every rule, made by chance, in English and Chinese; and corpora of it."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from chainring.contracts.work import Executor
from chainring.data.clean.pipeline import CleanReport, clean
from chainring.data.clean.settings import CleanSettings
from chainring.hardware.executor import LocalExecutor

_SMALL = "the of and that have with was for his not but from they this".split()
_SYLLABLES = "ba den fir gol hum jat kel lor mip nus pra quil ros tam ven wil".split()
_HAN = "山水风云花月春秋天地人心书画琴棋江河湖海日光星雨雪松竹梅兰菊东西南北前后左右高低远近"
_FUNCTION = "的了是在不我有他这也就"


def english(rng: random.Random, *, words: int = 80) -> str:
    found = []
    for number in range(words):
        small = rng.random() < 0.4
        word = rng.choice(_SMALL) if small else "".join(rng.choices(_SYLLABLES, k=2))
        found.append(word + ("." if number % 12 == 11 else ""))
    return " ".join(found) + "."


def chinese(rng: random.Random, *, characters: int = 150) -> str:
    found = []
    for number in range(characters):
        pool = _FUNCTION if rng.random() < 0.25 else _HAN
        found.append(rng.choice(pool) + ("，" if number % 9 == 8 else ""))
    return "".join(found) + "。"


def changed(text: str, rng: random.Random, *, count: int) -> str:
    """Return the text with some of its words replaced."""
    words = text.split(" ")
    for place in rng.sample(range(len(words)), count):
        words[place] = "".join(rng.choices(_SYLLABLES, k=3))
    return " ".join(words)


def write(path: Path, rows: Iterable[dict[str, Any] | str]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="\n") as out:
        for number, row in enumerate(rows):
            said = {"id": f"{path.stem}-{number}", "text": row} if isinstance(row, str) else row
            out.write(json.dumps(said, ensure_ascii=False) + "\n")
    return path


def lines(folder: Path, pattern: str = "rows-*.jsonl") -> list[dict[str, Any]]:
    found = []
    for path in sorted(folder.glob(pattern)):
        found += [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    return found


def texts(folder: Path) -> list[str]:
    return [row["text"] for row in lines(folder)]


def reasons(folder: Path) -> dict[str, str]:
    return {row["id"]: row["reason"] for row in lines(folder, "dropped.jsonl")}


def tree(folder: Path) -> dict[str, bytes]:
    """Return the bytes of every file of a result."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}


Cleaner = Callable[..., CleanReport]


@pytest.fixture
def cleaned(tmp_path: Path) -> Cleaner:
    """Return a function that cleans files into `tmp_path/out` in this process."""

    def run(
        *inputs: Path,
        out: str = "out",
        executor: Executor | None = None,
        said: list[str] | None = None,
        embed: Any = None,
        profile: str = "documents",
        **options: Any,
    ) -> CleanReport:
        return clean(
            inputs,
            out=tmp_path / out,
            settings=CleanSettings.model_validate({"profile": profile, **options}),
            executor=executor or LocalExecutor(1),
            say=(said if said is not None else []).append,
            embed=embed,
        )

    return run
