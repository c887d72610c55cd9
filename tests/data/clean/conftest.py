"""Prose that passes every rule, made by chance, in English and Chinese; and corpora of it."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest

from chainring.contracts.checks import StageExample
from chainring.contracts.work import Executor
from chainring.data.clean import boilerplate, decontaminate
from chainring.data.clean.batch import Batch
from chainring.data.clean.first import Run
from chainring.data.clean.pipeline import CleanReport, clean
from chainring.data.clean.settings import CleanSettings
from chainring.data.clean.shards import shards_of
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
        profile: str = "documents",
        **options: Any,
    ) -> CleanReport:
        return clean(
            inputs,
            out=tmp_path / out,
            settings=CleanSettings.model_validate({"profile": profile, **options}),
            executor=executor or LocalExecutor(1),
            say=(said if said is not None else []).append,
        )

    return run


_RNG = random.Random(0)
GOOD = [english(_RNG), chinese(_RNG), english(_RNG, words=120)]
MENU = "Home | Shop | Contact | Imprint"
TEXTS = [
    *GOOD,
    "too short",
    "Ｗｉｄｅ  letters " + GOOD[0],
    GOOD[0] + " mail bob@example.com or call 13912345678",
    GOOD[1] + "电话13912345678",
    f"{MENU}\n{GOOD[2]}",
    " ".join([GOOD[0]] * 4),
    "\n".join(["The same line of some words again."] * 12),
    "# # # ... { } " * 30,
    "Le colis est arrivé avec une semaine de retard et les enfants sont très contents.",
]
SETTINGS = CleanSettings(
    profile="documents", languages=("en", "zh"), licences=("CC0-1.0",), min_boilerplate=1
)


def stage_example(folder: Path) -> StageExample:
    """Return texts that every built-in stage drops, changes or leaves, and a maker of batches."""
    held = write(folder / "held.jsonl", [GOOD[0]])
    settings = SETTINGS.model_copy(update={"evaluation": (str(held),)})
    run = Run(folder=str(folder), settings=settings)
    decontaminate.prepare(run)
    menus = write(folder / "menus.jsonl", [MENU])
    boilerplate.prepare(run, shards_of([menus], size=1 << 20), map)

    def make(texts: Sequence[str]) -> Batch:
        rows = [{"licence": "CC0-1.0" if "the" in text else ""} for text in texts]
        made = Batch(
            rows=list(rows),
            texts=list(texts),
            places=[0] * len(texts),
            settings=settings,
            prepared=folder,
        )
        made.languages = ["zh" if "的" in text else "en" for text in texts]
        return made

    return StageExample(texts=TEXTS, make=make)
