"""A process that swaps the champion for the other one and may be killed in the middle of it.

python tests/software/serving/swapping.py FOLDER      # prints `ready`, swaps on each line it reads
"""

from __future__ import annotations

import sys
from pathlib import Path

from chainring.contracts.codec import decode
from chainring.contracts.deployment import Deployment
from chainring.software.api import Project


def main(folder: str) -> None:
    """Swap between the first two versions, once for each line of standard input."""
    project = Project.open(Path(folder))
    print("ready", flush=True)
    for line in sys.stdin:
        if not line.strip():
            break
        now = project.champion().deployment.model
        first = decode(Deployment, project.ring.ledger.ref_history("champion")[-1].body)
        number = 2 if now == first.model else 1
        print(project.rollback(to=number, by="swapper", reason="another swap").model, flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
