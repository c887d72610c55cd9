"""The tour: the ring turns twice on the built-in project, told as it goes.

    python -m chainring.software.tour out/support
    CHAINRING_LANGUAGE=zh python -m chainring.software.tour out/support

It makes the project, turns, serves, lets simulated users ask over HTTP (they confirm half of the
right answers and correct wrong ones, a few of them wrongly), lets a reviewer answer the sample of
the hold-out, turns again, and walks from a wrong answer to the model that fixed it.
"""

from __future__ import annotations

import http.client
import json
import random
import shlex
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chainring.contracts.dataset import OUT_OF_SCOPE
from chainring.contracts.said import in_language, joined
from chainring.ring.asked import open_asks
from chainring.software.api import Project
from chainring.software.process import ready
from chainring.software.telling import command_words
from chainring.software.telling.results import tell_turn, tell_why
from chainring.software.telling.speech import spoken
from chainring.store.files import jsonl_files
from chainring.store.litter import is_bare

SEED = 20261123
WRONG_CORRECTIONS = 0.03
CONFIRMED = 0.5
AUTHORS = 240


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One simulated user's question: the answer it got, and what was really meant."""

    id: str
    text: str
    truth: str
    label: str
    passed_on: bool
    wording: str

    @property
    def right(self) -> bool:
        """Whether the answer was the one meant."""
        return self.passed_on if self.truth == OUT_OF_SCOPE else self.label == self.truth


def main(folder: Path) -> None:
    """Turn the ring twice in a new folder."""
    started = time.monotonic()
    place = fresh(folder)
    say("tour begins", place=place)
    project = Project.init(place, example="support")
    say("tour first turn")
    tell(project)
    secret = {role: project.make_key(role, f"tour {role}")[0] for role in ("ask", "operate")}
    with served(project) as port, closing(Client(port, secret)) as client:
        say("tour serves", port=port, count=len(later(place)))
        asked = replay(client, later(place))
        reviewed = review(client, {one.id: one.truth for one in asked})
        say("tour reviewed", count=reviewed)
        say("tour second turn")
        tell(project)
        if open_asks(project.ring):
            review(client, {one.id: one.truth for one in asked}, kinds=("deciding",))
            say("tour decided")
            tell(project)
        example = fixed_example(client, project, asked)
        if example is not None:
            say("tour why", id=example)
            for line in tell_why(project.why(example)):
                print(f"  {cut(in_language(line, spoken()))}")
    say("tour report", path=project.report(language=spoken()))
    named = shlex.quote(str(place))
    say("tour ends", seconds=f"{time.monotonic() - started:.0f}", place=named)


def say(name: str, /, **values: object) -> None:
    """Print one line of the tour, in the language of the environment."""
    print(in_language(command_words.say(name, **values), spoken()), flush=True)


def cut(line: str, *, most: int = 150) -> str:
    """Return a line of so many characters at most; the last one tells that there were more."""
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"


def tell(project: Project) -> None:
    """Turn and print what happened."""
    for line in tell_turn(project, project.turn()):
        print(f"  {in_language(line, spoken())}", flush=True)


def fresh(folder: Path) -> Path:
    """Return the folder, or the first free one numbered after it."""
    number, place = 1, folder
    while place.exists() and not is_bare(place):
        number += 1
        place = folder.with_name(f"{folder.name}-{number}")
    return place


def later(place: Path) -> list[dict[str, str]]:
    """Return what users will ask, both languages mixed, in a fixed order."""
    rows = [
        json.loads(line)
        for path in jsonl_files(place / "later")
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    random.Random(SEED).shuffle(rows)
    return rows


@contextmanager
def served(project: Project) -> Iterator[int]:
    """Run `chainring serve` as its own process until the block ends."""
    port = free_port()
    command = [sys.executable, "-m", "chainring.software.cli", "serve"]
    command += ["-p", str(project.folder), "--port", str(port)]
    with (project.folder / "server.log").open("w") as log:
        server = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
        try:
            wait_ready(port, server)
            yield port
        finally:
            server.terminate()
            server.wait(timeout=30)


def free_port() -> int:
    """Return a port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_ready(port: int, server: subprocess.Popen[bytes], *, limit_s: float = 60.0) -> None:
    """Wait until the server says that it is ready."""
    end = time.monotonic() + limit_s
    while time.monotonic() < end and server.poll() is None:
        asking = closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5))
        with suppress(OSError), asking as connection:
            connection.request("GET", "/health/ready")
            if connection.getresponse().status == 200:
                return
        time.sleep(0.2)
    raise RuntimeError("the server did not become ready; see server.log in the project's folder")


class Client:
    """A plain HTTP client with a key for asking and one for operating."""

    def __init__(self, port: int, secret: dict[str, str]) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self._secret = secret

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def call(
        self, method: str, path: str, body: dict[str, Any] | None = None, *, role: str = "ask"
    ) -> Any:
        """Send one request and return the JSON answer; anything but 2xx is an error."""
        headers = {
            "Authorization": f"Bearer {self._secret[role]}",
            "Content-Type": "application/json",
        }
        data = None if body is None else json.dumps(body).encode()
        try:
            self._connection.request(method, path, data, headers)
            response = self._connection.getresponse()
        except (BrokenPipeError, ConnectionResetError, http.client.RemoteDisconnected):
            self._connection.close()  # the server closed an idle connection
            self._connection.request(method, path, data, headers)
            response = self._connection.getresponse()
        answer = json.loads(response.read() or b"null")
        if response.status // 100 != 2:
            raise RuntimeError(f"{method} {path}: {response.status} {answer}")
        return answer


def replay(client: Client, rows: list[dict[str, str]]) -> list[Asked]:
    """Let every simulated user ask and react; print how it went."""
    dice = random.Random(SEED)
    labels = [row["label"] for row in client.call("GET", "/v1/labels")["labels"]]
    done, reactions = [], Counter[str]()
    for number, row in enumerate(rows):
        author = f"user-{dice.randrange(AUTHORS)}"
        body = {"text": row["text"], "author": author, "episode": f"visit-{number}"}
        answer = client.call("POST", "/v1/predict", body)
        asked = Asked(
            id=answer["id"],
            text=row["text"],
            truth=row["label"],
            label=answer["label"],
            passed_on=answer["passed_on"],
            wording=row["wording"],
        )
        done.append(asked)
        reaction = reaction_to(asked, labels, dice)
        if reaction is not None:
            client.call("POST", "/v1/react", {**reaction, "prediction": asked.id, "author": author})
            reactions[reaction["kind"]] += 1
    right = Counter(one.wording for one in done if one.right)
    asked_by = Counter(one.wording for one in done)
    shares = (
        command_words.say("tour share", wording=w, share=f"{right[w] / n:.1%}")
        for w, n in sorted(asked_by.items())
    )
    passed = sum(one.passed_on for one in done)
    share = f"{sum(one.right for one in done) / len(done):.1%}"
    say("tour right", share=share, shares=joined(shares, en=", ", zh="，"), passed=passed)
    counted = (
        command_words.say("tour reaction", count=count, kind=kind)
        for kind, count in sorted(reactions.items())
    )
    say("tour reactions", counted=joined(counted, en=", ", zh="，"))
    return done


def reaction_to(asked: Asked, labels: list[str], dice: random.Random) -> dict[str, Any] | None:
    """Return what a simulated user does about an answer: confirm, correct, or nothing."""
    if asked.right:
        return (
            {"kind": "confirmation", "consent": "training"} if dice.random() < CONFIRMED else None
        )
    value = asked.truth
    if dice.random() < WRONG_CORRECTIONS:
        value = dice.choice([label for label in labels if label != asked.truth])
    return {"kind": "correction", "value": value, "consent": "training"}


def review(client: Client, truth: dict[str, str], *, kinds: Collection[str] = ()) -> int:
    """Answer what waits, all or of some kinds, as a person who knows the truth.

    Return how many were of the hold-out's sample.
    """
    count = 0
    for item in client.call("GET", "/v1/review?limit=400", role="operate")["items"]:
        known = truth.get(item["id"]) or truth.get(item.get("prediction", ""))
        if known is None or (kinds and item["kind"] not in kinds):
            continue
        accepted = known == (item["proposed"] or item["answer"])
        body = {
            "item": item["id"],
            "decision": "accept" if accepted else "change",
            "value": known,
        }
        client.call("POST", "/v1/review", body, role="operate")
        count += item["kind"] == "holdout"
    return count


def fixed_example(client: Client, project: Project, asked: list[Asked]) -> str | None:
    """Return a wrong answer that taught the new champion and that it now gets right."""
    time.sleep(2 * project.ring.recipe.deployment.reload_s)
    for one in asked:
        if one.right or one.passed_on or one.truth == OUT_OF_SCOPE:
            continue
        said = project.ring.traffic.feedback_on(one.id)
        if not said or said[0].holdout or said[0].value != one.truth:
            continue
        answer = client.call("POST", "/v1/predict", {"text": one.text})
        if answer["label"] == one.truth and not answer["passed_on"]:
            return one.id
    return None


if __name__ == "__main__":
    ready()
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "out/support"))
