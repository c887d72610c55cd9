"""A packaged project is served once in its own process, and must answer as the champion does."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from chainring.contracts.errors import RefusedError
from chainring.contracts.prediction import Answer
from chainring.contracts.request import Request
from chainring.contracts.tasks import TASKS, TaskFacts
from chainring.contracts.values import Input
from chainring.deployment.answers import as_kept, as_sent
from chainring.deployment.model_folder import read_golden
from chainring.deployment.predictors import open_predictor
from chainring.software.tour import Client, free_port, wait_ready
from chainring.software.verbs.answering import Opened

ASKED = 16
TOLD_LINES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """How many texts were answered alike, and what one process held then (0: not to be had)."""

    answers: int
    memory_mib: float


def tried(folder: Path, opened: Opened, *, key: str, max_characters: int) -> Trial:
    """Serve a copy of the packaged project and ask it golden texts, of those that it takes.

    Raises
    ------
    RefusedError
        When no golden text is short enough to be asked, it does not become ready, or it answers
        otherwise than the champion does in this process.
    """
    task = TASKS[opened.deployment.task]
    known = [_request(text, task) for text in read_golden(opened.folder).texts]
    taken = [one for one in known if max(len(one.text), len(one.pair)) <= max_characters]
    asked = [one for one in taken if one.text.strip()][:ASKED]
    if not asked:
        raise RefusedError(
            f"no golden text is within deployment.max_characters = {max_characters}, so that the "
            "package cannot be tried; raise it"
        )
    engine = opened.deployment.engine
    with open_predictor(opened.folder, engine=engine, threads=opened.threads) as predictor:
        expected = [_served(answer, task) for answer in predictor.predict(asked)]
    with TemporaryDirectory() as place:  # what is asked now must not stand in its log
        copy = shutil.copytree(folder, Path(place) / folder.name)
        with serving(copy) as (port, process), closing(Client(port, {"ask": key})) as client:
            try:
                told = [_answer(client, request) for request in asked]
            except RuntimeError as error:
                raise RefusedError(
                    f"the packaged server did not answer a golden text ({error}); package again, "
                    "and report it if it stays so"
                ) from error
            memory_mib = resident_mib(process)
    unlike = sum(a != b for a, b in zip(told, expected, strict=True))
    if unlike:
        raise RefusedError(
            f"the packaged server answered {unlike} of {len(told)} golden texts otherwise than the "
            "champion does here; turn the ring again, and report it if it stays so"
        )
    return Trial(answers=len(told), memory_mib=memory_mib)


@contextmanager
def serving(
    folder: Path, *, python: str = sys.executable
) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """Serve a project by a Python until the block ends; yield port and process.

    It is one process on this machine's own address, whatever the recipe says: the memory of one is
    what is measured.

    Raises
    ------
    RefusedError
        When it does not become ready, with the end of its log.
    """
    port = free_port()
    command = [python, "-m", "chainring.software.cli", "serve", "-p", str(folder)]
    command += ["--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    log = folder / "server.log"
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out)
        try:
            _await(port, process, log)
            yield port, process
        finally:
            process.terminate()
            process.wait(timeout=30)
    log.unlink()


def _await(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    try:
        wait_ready(port, process)
    except RuntimeError as error:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-TOLD_LINES:]
        raise RefusedError(
            "the packaged server did not become ready; mend what its log ends with, and package "
            f"again:\n{chr(10).join(lines) or '(it said nothing)'}"
        ) from error


def resident_mib(process: subprocess.Popen[bytes]) -> float:
    """Return the memory that a process holds, in MiB; 0 where the system does not tell."""
    path = Path(f"/proc/{process.pid}/status")
    if not path.is_file():
        return 0.0
    lines = path.read_text(encoding="ascii").splitlines()
    told = next((line for line in lines if line.startswith("VmRSS:")), "VmRSS: 0 kB")
    return int(told.split()[1]) / 1024


def _request(text: Input, task: TaskFacts) -> Request:
    """Return what is asked; a text that people did not want is no second text of a request."""
    first, second = text if isinstance(text, tuple) else (text, "")
    return Request(text=first, pair=second if task.takes_pair else "")


def _served(answer: Answer, task: TaskFacts) -> str:
    """Return the value of an answer as a server tells it: tags count in the text as sent."""
    kept = as_kept(answer, form=task.form)
    return as_sent(kept.value, kept)


def _answer(client: Client, request: Request) -> str:
    body: dict[str, Any] = {"text": request.text} | ({"pair": request.pair} if request.pair else {})
    found = client.call("POST", "/v1/predict", body)
    return str(found.get("output") or found["label"])
