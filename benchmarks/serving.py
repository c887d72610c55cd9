"""The server beside its peers: throughput, overload, memory, with everything of ours on.

    python benchmarks/serving.py PROJECT --peers ../shared/bench/serving \
        --python /tmp/peers/serving/bin/python --parts speed,overload,memory

PROJECT is a turned project whose champion is an encoder. Each server has the machine to itself, the
load generator beside it (wrk, Debian's package; the open-loop generator of this file). LitServe
runs the same ONNX file as ours; FastAPI calls a transformers pipeline with the weights of the base
`minilm` and a head of as many labels, which costs the same whatever it answers. Keys, the log of
predictions and measures are on; a second run of ours without the log shows what that costs.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import psutil

from chainring.software.api import Project

SHORT = ["how do I reset the password of my account today",
         "the parcel arrived late and the box was torn",
         "please cancel my order and refund the money",
         "my card was charged twice for one purchase"]  # fmt: skip
WORDS = (
    "please tell me why my transfer to the other account has not arrived although it left on "
    "monday and the card was charged"
).split()
LONG = " ".join(WORDS[i % len(WORDS)] for i in range(187))
"""189 tokens, the marks of its ends included, for the tokeniser of MiniLM."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """What a load generator found; times in milliseconds, `cpu_ms` of the server for a request."""

    per_s: float
    p50_ms: float
    p99_ms: float
    failed: int = 0
    cpu_ms: float = 0.0


def main() -> None:
    """Measure and print one line a finding."""
    read = argparse.ArgumentParser(description=__doc__)
    read.add_argument("project", type=Path)
    read.add_argument("--peers", type=Path, required=True)
    read.add_argument("--python", default=sys.executable, help="Python that has the peers")
    read.add_argument("--parts", default="speed,overload,memory")
    read.add_argument("--seconds", type=int, default=8)
    read.add_argument("--rounds", type=int, default=3, help="of the part speed")
    read.add_argument("--workers", type=int, default=2, help="of the second run of ours")
    read.add_argument("--texts", type=int, default=100_000, help="requests of the part memory")
    options = read.parse_args()
    parts = options.parts.split(",")
    with tempfile.TemporaryDirectory() as place:
        project = Path(place) / "bank"
        shutil.copytree(options.project, project, symlinks=True)
        key = _key(project)
        if "speed" in parts:
            speed(project, key, options)
        if "overload" in parts:
            overload(project, key, options.seconds)
        if "memory" in parts:
            memory(project, key, options.texts)


def speed(project: Path, key: str, options: argparse.Namespace) -> None:
    """Ours, by several workers, without the log, and the peers, in turns; ratios by round."""
    rounds: list[dict[str, Rate]] = []
    with tempfile.TemporaryDirectory() as place:
        folder = _onnx_folder(project, Path(place))
        lit = [options.python, str(options.peers / "peer_litserve.py"), str(folder)]
        fast = [sys.executable, str(options.peers / "peer_fastapi.py"), str(_pipeline(Path(place)))]
        for _ in range(options.rounds):
            found: dict[str, Rate] = {}
            for name, log, workers in (
                ("ours", "redacted", 1),
                ("ours, workers", "redacted", options.workers),
                ("ours, no log", "none", 1),
            ):
                _set_log(project, log)
                with served(project, "--workers", str(workers)) as url:
                    found[name], alone = _wrk(url, "/v1/predict", options, key=key)
                    tell(name, found[name], alone)
            for name, command, ready in (("LitServe", lit, "/health"), ("FastAPI", fast, "/docs")):
                with peer(command, ready) as url:
                    found[name], alone = _wrk(url, "/predict", options)
                    tell(name, found[name], alone)
            rounds.append(found)
    _set_log(project, "redacted")
    print(
        f"{options.workers} workers over LitServe: "
        f"{_ratio(rounds, 'LitServe', ours='ours, workers'):.2f} times, "
        f"p99 {_ratio(rounds, 'LitServe', 'p99_ms', ours='ours, workers'):.2f}, "
        f"CPU a request {_ratio(rounds, 'LitServe', 'cpu_ms', ours='ours, workers'):.2f}; "
        f"over FastAPI with a pipeline: {_ratio(rounds, 'FastAPI', ours='ours, workers'):.2f} times"
    )
    print(
        f"over LitServe: {_ratio(rounds, 'LitServe'):.2f} times, "
        f"p99 {_ratio(rounds, 'LitServe', 'p99_ms'):.2f}, "
        f"CPU a request {_ratio(rounds, 'LitServe', 'cpu_ms'):.2f}; "
        f"over FastAPI with a pipeline: {_ratio(rounds, 'FastAPI'):.2f} times, "
        f"p99 {_ratio(rounds, 'FastAPI', 'p99_ms'):.2f}; "
        f"the log costs {100 * (1 - _ratio(rounds, 'ours, no log')):.1f} %"
    )


def _pipeline(place: Path) -> Path:
    """Return a folder that a transformers pipeline opens: the base, and a head of 77 labels."""
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    from chainring.training.base import find_base

    base, folder = find_base("minilm").folder, place / "pipeline"
    model = AutoModelForSequenceClassification.from_pretrained(base, num_labels=77)
    model.save_pretrained(folder)
    AutoTokenizer.from_pretrained(base).save_pretrained(folder)
    return folder


def _ratio(
    rounds: list[dict[str, Rate]], other: str, what: str = "per_s", *, ours: str = "ours"
) -> float:
    """Return ours over another, the median of the rounds."""
    return statistics.median(getattr(r[ours], what) / getattr(r[other], what) for r in rounds)


def overload(project: Path, key: str, seconds: int) -> None:
    """Long texts at 10 times and short ones at 3 times what 64 waiting clients get."""
    for name, texts, times in (("189 tokens", [LONG], 10.0), ("short", SHORT, 3.0)):
        with served(project) as url:
            process = _process_at(url)
            asyncio.run(closed_loop(url, key, texts, clients=64, seconds=3))
            peak = asyncio.run(closed_loop(url, key, texts, clients=64, seconds=seconds))
            before = process.memory_info().rss
            accepted, refused = asyncio.run(
                open_loop(url, key, texts, per_s=times * peak.per_s, seconds=seconds + 4, skip_s=4)
            )
            grown = process.memory_info().rss - before
        print(
            f"overload, {name}: peak {peak.per_s:.0f}/s p99 {peak.p99_ms:.0f} ms "
            f"({peak.failed} refused); at {times:g} "
            f"times {accepted.per_s:.0f}/s ({100 * accepted.per_s / peak.per_s:.0f} %), p99 "
            f"{accepted.p99_ms:.0f} ms ({accepted.p99_ms / peak.p99_ms:.2f} times); refused "
            f"{refused.per_s:.0f}/s, p99 {refused.p99_ms:.0f} ms, unanswered {accepted.failed}; "
            f"memory +{grown / 2**20:.0f} MiB"
        )


def memory(project: Path, key: str, count: int) -> None:
    """So many requests of mixed length; memory after a tenth and at the end."""
    lengths = [1, 3, 8, 20, 47, 90, 140, 187]
    texts = [
        " ".join(WORDS[(i + j) % len(WORDS)] for j in range(lengths[i % 8])) for i in range(64)
    ]
    with served(project) as url:
        process = _process_at(url)
        asyncio.run(counted_loop(url, key, texts, clients=32, count=count // 10))
        first = process.memory_info().rss
        asyncio.run(counted_loop(url, key, texts, clients=32, count=count - count // 10))
        last = process.memory_info().rss
    share = 100 * (last - first) / first
    print(f"memory: {first / 2**20:.0f} MiB after {count // 10}, {share:+.1f} % after {count}")


def tell(name: str, many: Rate, alone: Rate) -> None:
    """Print a server's line."""
    print(
        f"{name}: {many.per_s:.0f}/s p50 {many.p50_ms:.1f} p99 {many.p99_ms:.1f} ms "
        f"({many.failed} failed), {many.cpu_ms:.2f} CPU ms each; "
        f"one client {alone.per_s:.0f}/s p50 {alone.p50_ms:.1f} ms",
        flush=True,
    )


# Load


def _wrk(url: str, path: str, options: argparse.Namespace, *, key: str = "") -> tuple[Rate, Rate]:
    script = str(options.peers / "texts.lua")
    environment = {**os.environ, **({"KEY": key} if key else {})}

    def run(clients: int, seconds: int) -> Rate:
        command = ["wrk", "-t1", f"-c{clients}", f"-d{seconds}s", "--timeout", "10s", "-s", script]
        done = subprocess.run(
            [*command, url + path], capture_output=True, text=True, check=True, env=environment
        )
        said = dict(re.findall(r"(\w+)=([\d.]+)", done.stdout))
        return Rate(
            per_s=float(said["rps"]),
            p50_ms=float(said["p50_ms"]),
            p99_ms=float(said["p99_ms"]),
            failed=int(said["non2xx"]) + int(said["broken"]),
        )

    run(16, 3)
    before = _cpu_s(url)
    many = run(64, options.seconds)
    cpu_ms = 1e3 * (_cpu_s(url) - before) / (many.per_s * options.seconds)
    return replace(many, cpu_ms=cpu_ms), run(1, 3)


class Wire:
    """A keep-alive connection that sends one request and reads one answer: little of the cores."""

    def __init__(self, url: str, key: str, texts: list[str]) -> None:
        parts = httpx.URL(url)
        self.host, self.port = parts.host, parts.port
        self.sent = [self._request(text, key) for text in texts]
        self.idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    def _request(self, text: str, key: str) -> bytes:
        body = json.dumps({"text": text}).encode()
        head = (
            f"POST /v1/predict HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {key}\r\n"
            f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body

    async def ask(self, turn: int) -> tuple[int, float]:
        """Return status and seconds of one request."""
        begun = time.perf_counter()
        reader, writer = self.idle.pop() if self.idle else await self._opened()
        writer.write(self.sent[turn % len(self.sent)])
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(re.search(rb"content-length: (\d+)", head).group(1))  # type: ignore[union-attr]
        await reader.readexactly(length)
        self.idle.append((reader, writer))
        return int(head[9:12]), time.perf_counter() - begun

    async def _opened(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection(self.host, self.port)

    def close(self) -> None:
        """Close what is idle."""
        for _, writer in self.idle:
            writer.close()


async def closed_loop(
    url: str, key: str, texts: list[str], *, clients: int, seconds: float
) -> Rate:
    """Clients that each wait for their answer before they ask again; what ends late is no rate."""
    wire, times, failed = Wire(url, key, texts), [], 0
    end = time.perf_counter() + seconds

    async def client(turn: int) -> None:
        nonlocal failed
        while time.perf_counter() < end:
            status, spent = await wire.ask(turn)
            turn += 1
            if status != 200:
                failed += 1
            elif time.perf_counter() <= end:
                times.append(spent)

    await asyncio.gather(*(client(turn) for turn in range(clients)))
    wire.close()
    return _rate(times, seconds, failed)


async def counted_loop(url: str, key: str, texts: list[str], *, clients: int, count: int) -> None:
    """So many requests by clients that wait for their answers."""
    wire, left = Wire(url, key, texts), iter(range(count))

    async def client() -> None:
        for turn in left:
            status, _ = await wire.ask(turn)
            if status != 200:
                raise RuntimeError(f"a request of the soak was answered {status}")

    await asyncio.gather(*(client() for _ in range(clients)))
    wire.close()


async def open_loop(
    url: str, key: str, texts: list[str], *, per_s: float, seconds: float, skip_s: float
) -> tuple[Rate, Rate]:
    """Requests that come whatever becomes of those before; what was sent early is left out."""
    wire, accepted, refused, lost = Wire(url, key, texts), [], [], 0
    begun = time.perf_counter()

    async def one(turn: int, due: float) -> None:
        nonlocal lost
        try:
            status, spent = await asyncio.wait_for(wire.ask(turn), 30)
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            lost += 1
            return
        if due - begun >= skip_s:
            (accepted if status == 200 else refused).append(spent)

    tasks: set[asyncio.Task[None]] = set()
    turn = 0
    while (now := time.perf_counter()) - begun < seconds:
        while turn < (now - begun) * per_s:
            task = asyncio.create_task(one(turn, now))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
            turn += 1
        await asyncio.sleep(0.002)
    await asyncio.gather(*tasks)
    wire.close()
    return _rate(accepted, seconds - skip_s, lost), _rate(refused, seconds - skip_s, 0)


def _rate(times: list[float], seconds: float, failed: int) -> Rate:
    if len(times) < 2:
        return Rate(per_s=len(times) / seconds, p50_ms=0.0, p99_ms=0.0, failed=failed)
    cuts = statistics.quantiles(times, n=100)
    return Rate(
        per_s=len(times) / seconds, p50_ms=1e3 * cuts[49], p99_ms=1e3 * cuts[98], failed=failed
    )


# Servers


def _key(project: Path) -> str:
    opened = Project.open(project)
    try:
        return opened.make_key("ask", "benchmark")[0]
    finally:
        opened.close()


def _set_log(project: Path, log: str) -> None:
    recipe = project / "chainring.toml"
    kept = re.sub(r"\n\[privacy\]\nlog = \"\w+\"\n", "\n", recipe.read_text())
    recipe.write_text(f'{kept.rstrip()}\n\n[privacy]\nlog = "{log}"\n')


def _onnx_folder(project: Path, place: Path) -> Path:
    """Return a folder with the very file that ours serves, as the peers want it."""
    opened = Project.open(project)
    champion = opened.champion()
    for name in ("model.onnx", "tokenizer.json"):
        shutil.copy(champion.folder / name, place / name)
    print(f"form {champion.deployment.form_name}, engine {champion.deployment.engine}", flush=True)
    opened.close()
    return place


@contextmanager
def served(project: Path, *more: str) -> Iterator[str]:
    """Serve a project by its command, with more of its options, and yield the address."""
    port = _free_port()
    command = [sys.executable, "-m", "chainring.software.cli", "serve", "-p", str(project), *more]
    with _running([*command, "--port", str(port)], port, "/health/ready") as url:
        yield url


@contextmanager
def peer(command: list[str], ready: str) -> Iterator[str]:
    """Run a peer, which takes its port last and answers at `ready`, and yield the address."""
    port = _free_port()
    with _running([*command, str(port)], port, ready) as url:
        yield url


@contextmanager
def _running(command: list[str], port: int, path: str) -> Iterator[str]:
    url = f"http://127.0.0.1:{port}"
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True)
    try:
        _wait(url + path, child)
        yield url
    finally:
        os.killpg(child.pid, signal.SIGTERM)
        try:
            child.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()


def _wait(url: str, child: subprocess.Popen[Any]) -> None:
    for _ in range(600):
        if child.poll() is not None:
            raise SystemExit(f"{child.args!r} ended with {child.returncode}")
        try:
            if httpx.get(url).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise SystemExit(f"{url} did not answer within a minute")


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def _cpu_s(url: str) -> float:
    """Return the CPU seconds of a server with all its processes: its session's."""
    session = os.getsid(_process_at(url).pid)
    total = 0.0
    for process in psutil.process_iter():
        try:
            if os.getsid(process.pid) == session:
                times = process.cpu_times()
                total += times.user + times.system
        except (ProcessLookupError, psutil.NoSuchProcess):
            continue
    return total


def _process_at(url: str) -> psutil.Process:
    port = httpx.URL(url).port
    for connection in psutil.net_connections("tcp"):
        if connection.status == "LISTEN" and connection.laddr.port == port and connection.pid:
            return psutil.Process(connection.pid)
    raise SystemExit(f"nothing listens on {port}")


if __name__ == "__main__":
    main()
