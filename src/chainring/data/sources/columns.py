"""Which column of a source means what, and its values as a row of a harvest.

Enters the columns found and the recipe's mapping, leaves role → column and rows of texts. What lies
inside of a column has a name with a dot.

>>> roles_of(["ticket_id", "body"], {"text": "body", "id": "ticket_id"})
{'text': 'body', 'id': 'ticket_id'}
>>> row_of({"ticket_id": 17, "body": "退款"}, {"text": "body", "id": "ticket_id"})
{'text': '退款', 'id': '17'}
>>> flat({"translation": {"en": "refund", "zh": "退款"}})["translation.zh"]
'退款'
"""

from __future__ import annotations

import datetime
import json
import math
from collections.abc import Collection, Mapping
from typing import Any, get_args

from chainring.contracts.errors import InputError, nearest
from chainring.contracts.values import joined
from chainring.data.columns import OFTEN, expected
from chainring.data.sources.settings import RowRole

ROW_ROLES: tuple[RowRole, ...] = get_args(RowRole)
Columns = dict[RowRole, str]


def roles_of(found: Collection[str], mapping: Mapping[RowRole, str]) -> Columns:
    """Return role → column.

    Raises
    ------
    InputError
        When there is no text, or a column that the recipe names is not there.
    """
    columns = expected(ROW_ROLES, mapping)
    there: Columns = {role: column for role, column in columns.items() if column in found}
    missing = [role for role in mapping if role not in there]
    if "text" not in there and "text" not in missing:
        missing.insert(0, "text")
    if missing:
        listed = ", ".join(f"`{name}`" for name in found)
        raise InputError(
            f"the columns do not fit; found {listed}",
            faults=[_fault(role, mapping, found) for role in missing],
        )
    return there


def _fault(role: RowRole, mapping: Mapping[RowRole, str], found: Collection[str]) -> str:
    wanted = mapping.get(role, role)
    by_habit = next((name for name in found if name.lower() in OFTEN.get(role, ())), None)
    offer = nearest(wanted, found) or by_habit
    example = f' = {{ {role} = "{offer}" }}' if offer else ""
    return f"no column `{wanted}` for the {role}; map it with columns{example}"


def row_of(values: Mapping[str, Any], columns: Columns) -> dict[str, str]:
    """Return a row of a harvest: texts by role; what is absent has no key."""
    found = {role: _said(role, values.get(column)) for role, column in columns.items()}
    return {role: text for role, text in found.items() if text or role == "text"}


def _said(role: RowRole, value: Any) -> str:
    """Return a value as a text; of several labels each stands there."""
    if role == "label" and isinstance(value, list):
        return joined(told(one) for one in value)
    return told(value)


def flat(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns of a row, and those that lie inside of them."""
    inner = {
        f"{column}.{name}": one
        for column, value in values.items()
        if isinstance(value, Mapping)
        for name, one in value.items()
    }
    return {**inner, **values}


def told(value: Any) -> str:
    """Return a value as a text: a whole number without `.0`, a time as ISO 8601, a gap as empty.

    >>> told(3.0), told(True), told(None), told(datetime.date(2026, 11, 25)), told([[0, 4, "城市"]])
    ('3', 'true', '', '2026-11-25', '[[0, 4, "城市"]]')
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime.datetime | datetime.date):
        return value.isoformat()
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).decode("utf-8", "replace")
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)
