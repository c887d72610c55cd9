"""Logs of a server: lines for people, or one JSON object a line; never a user's text.

    configure("json")
    {"at": "2026-11-27T00:12:03.511Z", "level": "INFO", "logger": "chainring.service",
     "event": "service.serves", "model": "blake2b:3f2a…", "form": "bf16"}

Our log lines are an event with fields (`service.serves model=… form=…`); in JSON each field has its
own key. Of an exception only its class and places are written: its message might hold a text.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from datetime import UTC, datetime
from typing import Any

from chainring.deployment.http.server import LogForm, PlacesOnly

_FIELD = re.compile(r"(\w+)=%[sdrf]")
_OWN = frozenset({"at", "level", "logger", "event", "exception"})
MARK = "chainring"


class JsonLines(PlacesOnly):
    """Writes a record as JSON: its event, its fields, where an exception came from."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        moment = datetime.fromtimestamp(record.created, UTC)
        line: dict[str, Any] = {
            "at": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname,
            "logger": record.name,
        }
        fields = _fields(record)
        line["event"] = str(record.msg).partition(" ")[0] if fields else record.getMessage()
        line |= {name: value for name, value in fields.items() if name not in _OWN}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    """Return the fields of an event, or nothing where the message is written otherwise."""
    names = _FIELD.findall(str(record.msg))
    values = record.args if isinstance(record.args, tuple) else ()
    plain = len(names) == len(values) and str(record.msg).count("%") == len(values)
    return dict(zip(names, values, strict=True)) if plain and names else {}


def configure(form: LogForm) -> None:
    """Send the logs of the library to standard error; done twice, the last form stands.

    So go the warnings of other libraries where nobody else handles them: Python alone would write
    them as text, with the messages of exceptions.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.set_name(MARK)
    pattern = "%(asctime)s %(levelname)s %(name)s %(message)s"
    handler.setFormatter(JsonLines() if form == "json" else PlacesOnly(pattern))
    ours = logging.getLogger("chainring")
    ours.handlers = [one for one in ours.handlers if one.get_name() != MARK] + [handler]
    ours.setLevel(logging.INFO)
    ours.propagate = False
    root = logging.getLogger()
    if all(one.get_name() == MARK for one in root.handlers):
        root.handlers = [handler]
