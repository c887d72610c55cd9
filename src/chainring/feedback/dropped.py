"""What was left out of the corrections, each row with its reason, no text."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from chainring.contracts.feedback import Feedback


@dataclass(slots=True)
class Dropped:
    """What was left out, each with its reason."""

    rows: list[tuple[str, Feedback]] = field(default_factory=list)
    unknown: int = 0

    def add(self, reason: str, row: Feedback) -> None:
        """Note one row that was left out."""
        self.rows.append((reason, row))

    @property
    def counts(self) -> Counter[str]:
        """The number of rows per reason."""
        found = Counter(reason for reason, _ in self.rows)
        found["reviewed answer not in the snapshot"] = self.unknown
        return +found

    def write(self, path: Path) -> None:
        """Write a line for each row: reason and ids, no text."""
        with path.open("w", encoding="utf-8", newline="\n") as out:
            for reason, row in self.rows:
                place = {"reason": reason, "feedback": row.id, "prediction": row.prediction}
                out.write(json.dumps(place, ensure_ascii=False) + "\n")
