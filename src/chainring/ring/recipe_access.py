"""The faults of `[[access.rules]]`: each rule is held against the settings of a rule.

Enters the tables as the file has them, leaves sentences that name the rule:

    access.rules[2].action: 'trian' found; expected 'read', ...; did you mean 'train'?
    access.rules[3].wher: unknown key; did you mean 'where'?
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from chainring.ring.recipe_faults import faults_of
from chainring.trust.rules import RuleSettings

SECTION = "access.rules"


def rule_faults(data: Mapping[str, Any]) -> Iterator[str]:
    """Yield every fault of the rules of a parsed recipe."""
    section = data.get("access")
    tables = section.get("rules", []) if isinstance(section, Mapping) else []
    if not isinstance(tables, list):
        yield f"{SECTION}: {tables!r} found; expected tables [[{SECTION}]]"
        return
    for number, table in enumerate(tables, 1):
        named = f"{SECTION}[{number}]"
        if not isinstance(table, Mapping):
            yield f"{named}: {table!r} found; expected a table [[{SECTION}]]"
            continue
        try:
            RuleSettings.model_validate(table)
        except ValidationError as error:
            yield from faults_of(error, RuleSettings, prefix=named)
