"""The budgets of the design: whole processes, median of five, CPU seconds beside.

    python benchmarks/budgets.py --project out/support

Measures: `import chainring` (over the bare interpreter), `chainring --help`, an unchanged turn, and
`why` in the ledger at a million predictions (a traffic log filled for it in a temporary folder).
Limits (seconds): import 0.1, help 0.3, unchanged turn 0.6, why 0.05. A miss is printed as one.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

ROUNDS = 5
MILLION = 1_000_000


def process(command: Sequence[str]) -> tuple[float, float]:
    """Run a command whose modules stay compiled, as users' do; return its wall and CPU seconds."""
    env = {name: text for name, text in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    subprocess.run(
        command, check=True, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def median(command: Sequence[str]) -> tuple[float, float]:
    process(command)  # files come into the cache
    runs = [process(command) for _ in range(ROUNDS)]
    return statistics.median(w for w, _ in runs), statistics.median(c for _, c in runs)


def why_at_a_million(folder: Path) -> tuple[float, float]:
    """Fill a traffic log, then ask for the facts of answers spread over it."""
    from chainring.contracts.ids import new_id
    from chainring.ring.why import facts
    from chainring.software.api import Project
    from chainring.store.traffic import Traffic

    project = Project.open(folder)
    (first,) = project.predict(["Where is my parcel?"])
    with tempfile.TemporaryDirectory() as place:
        traffic = Traffic(Path(place), app=project.app)
        asked = []
        for start in range(0, MILLION, 10_000):
            rows = [
                (replace(first, id=new_id("pred")), "Where is my parcel?") for _ in range(10_000)
            ]
            traffic.commit(rows, [])
            if start % 100_000 == 0:
                asked.append(rows[0][0].id)
        ring = replace(project.ring, traffic=traffic)
        times = []
        cpu = time.process_time()
        for identifier in asked:
            begin = time.perf_counter()
            found = ring.traffic.prediction(identifier)
            assert found is not None
            facts(ring, found)
            ring.traffic.feedback_on(identifier)
            times.append(time.perf_counter() - begin)
        cpu = (time.process_time() - cpu) / len(asked)
        traffic.close()
    project.close()
    return statistics.median(times), cpu


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--project", type=Path, required=True, help="a project that has turned")
    parser.add_argument("--skip-million", action="store_true")
    args = parser.parse_args()
    os.environ.setdefault("CHAINRING_PROJECT", str(args.project))
    cli = [sys.executable, "-m", "chainring.software.cli"]
    bare = median([sys.executable, "-c", "pass"])
    imported = median([sys.executable, "-c", "import chainring"])
    rows = [
        ("import chainring", imported[0] - bare[0], imported[1] - bare[1], 0.1),
        ("chainring --help", *median([*cli, "--help"]), 0.3),
        ("unchanged turn", *median([*cli, "turn"]), 0.6),
    ]
    if not args.skip_million:
        rows.append(("why at a million predictions", *why_at_a_million(args.project), 0.05))
    print("| what | median s | CPU s | limit s | |")
    print("|---|---|---|---|---|")
    for name, wall, cpu, limit in rows:
        verdict = "holds" if wall <= limit else "MISSED"
        print(f"| {name} | {wall:.3f} | {cpu:.3f} | {limit} | {verdict} |")


if __name__ == "__main__":
    main()
