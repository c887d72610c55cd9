"""A server's writer under load, to be killed: says each thing on standard output once it is safe.

    python under_load.py FOLDER [trees] [unsynced-trees] [unsynced-log]

Lines are `feedback ID PREDICTION`, `fact ID` and `tree ADDRESS`.
"""

from __future__ import annotations

import itertools
import os
import sys
import threading
import time
from pathlib import Path
from typing import Any

from chainring.contracts.feedback import Feedback
from chainring.contracts.ids import new_id
from chainring.contracts.prediction import Prediction
from chainring.store import migrations, schema
from chainring.store.ledger import Ledger
from chainring.store.traffic import Traffic
from chainring.store.trees import TreeStore
from chainring.store.writer import TrafficWriter


def tell(*words: str) -> None:
    os.write(1, (" ".join(words) + "\n").encode())  # one write: whole, or not there


def answer() -> Prediction:
    now = time.time()
    return Prediction(
        id=new_id("pred", now=now),
        app="shop",
        model="m",
        form="f",
        label="stock",
        confidence=0.9,
        passed_on=False,
        language="en",
        request="r",
        group="g",
        holdout=False,
        at=now,
    )


def react(writer: TrafficWriter) -> None:
    while True:
        row = answer()
        writer.log(row, "Where is my parcel? 我的包裹到哪了？")
        said = Feedback(
            id=new_id("fb"),
            app="shop",
            prediction=row.id,
            kind="rating",
            value="up",
            author="a",
            at=row.at,
            comment="gut",
        )
        tell("feedback", writer.store(said).result(), row.id)


def answer_only(writer: TrafficWriter) -> None:
    while True:
        writer.log(answer(), "nobody says anything about this one")
        time.sleep(0.0005)


def turn(folder: Path) -> None:
    ledger = Ledger(f"sqlite:///{folder / 'hidden' / 'ledger.db'}", app="shop")
    migrations.ready(ledger.engine)
    trees = TreeStore(folder / "hidden" / "store")
    source = folder.parent / f"source-{os.getpid()}"
    source.mkdir()
    for number in itertools.count():
        for name in ("model.json", "weights"):
            (source / name).write_text(f"{os.getpid()} {number} {name}\n" * 200)
        address = trees.put(source, kind="model")
        tell("tree", address)
        ledger.add_fact("tree", address, answer())
        tell("fact", address)


def never_sync_the_log() -> None:
    kept = schema._sqlite_pragmas

    def pragmas(connection: Any, record: object) -> None:
        kept(connection, record)
        connection.execute("PRAGMA synchronous=OFF").close()

    setattr(schema, "_sqlite_pragmas", pragmas)  # noqa: B010 - mypy knows it as a function


def main(folder: Path, options: list[str]) -> None:
    if "unsynced-log" in options:
        never_sync_the_log()
    if "unsynced-trees" in options:
        setattr(os, "fsync", lambda _: None)  # noqa: B010
    writer = TrafficWriter(Traffic(folder / "hidden" / "traffic", app="shop"))
    threads = [threading.Thread(target=react, args=(writer,)) for _ in range(6)]
    threads.append(threading.Thread(target=answer_only, args=(writer,)))
    if "trees" in options:
        threads.append(threading.Thread(target=turn, args=(folder,)))
    for thread in threads:
        thread.start()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
