"""The fields of all nouns, beside the migration that they belong to.

python -m tests.store.nouns     # writes nouns.json anew, after a migration was added
"""

from __future__ import annotations

import dataclasses
import importlib
import json
import pkgutil
from pathlib import Path
from typing import Any

from chainring import contracts
from chainring.store.schema import LEDGER_HEAD

FILE = Path(__file__).with_name("nouns.json")


def nouns() -> dict[str, Any]:
    """Return the head of the ledger, and of every dataclass of the contracts its fields."""
    fields = dict[str, list[str]]()
    for found in pkgutil.iter_modules(contracts.__path__):
        module = importlib.import_module(f"{contracts.__name__}.{found.name}")
        for name, one in vars(module).items():
            if dataclasses.is_dataclass(one) and one.__module__ == module.__name__:
                fields[name] = sorted(field.name for field in dataclasses.fields(one))
    return {"ledger": LEDGER_HEAD, "fields": dict(sorted(fields.items()))}


if __name__ == "__main__":
    FILE.write_text(json.dumps(nouns(), indent=1) + "\n", encoding="utf-8")
