"""The faults of `[[data.sources]]`: each source is held against its part's own settings.

Enters the tables as the file has them, leaves sentences that name the source:

    data.sources[tickets].url: missing; where the database is
    data.sources[2].use: 'sqll.v1' is no known source; did you mean 'sql.v1'?
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from chainring.contracts.errors import InputError, did_you_mean
from chainring.contracts.parts import part_names
from chainring.contracts.terms import plain
from chainring.data.sources.part import settings_of
from chainring.data.sources.settings import SourceSettings
from chainring.ring.recipe_faults import faults_of

SECTION = "data.sources"


def source_faults(data: Mapping[str, Any]) -> list[str]:
    """Return every fault of the sources of a parsed recipe."""
    tables = _tables(data)
    if not isinstance(tables, list):
        return [f"{SECTION}: {tables!r} found; expected tables [[{SECTION}]]"] if tables else []
    found: list[str] = []
    for number, table in enumerate(tables, 1):
        named = f"{SECTION}[{_name(table, number)}]"
        if isinstance(table, Mapping):
            found += _faults(table, named)
            found += [f"{named}: {one}" for one in _clinical_faults(table, data)]
        else:
            found.append(f"{named}: {table!r} found; expected a table [[{SECTION}]]")
    return found + list(_twice(tables))


def _tables(data: Mapping[str, Any]) -> Any:
    section = data.get("data")
    return section.get("sources", []) if isinstance(section, Mapping) else []


def _name(table: Any, number: int) -> str:
    name = table.get("name") if isinstance(table, Mapping) else None
    return name if isinstance(name, str) and name else str(number)


def _faults(table: Mapping[str, Any], named: str) -> Iterator[str]:
    shared = {key: value for key, value in table.items() if key in SourceSettings.model_fields}
    own = {key: value for key, value in table.items() if key not in shared}
    try:
        SourceSettings.model_validate(shared)
    except ValidationError as error:
        yield from faults_of(error, SourceSettings, prefix=named)
    use = table.get("use")
    if not isinstance(use, str):
        return
    if use not in part_names("source"):
        yield f"{named}.use: {use!r} is no known source{did_you_mean(use, part_names('source'))}"
        return
    try:
        settings = settings_of(use)
    except InputError as error:
        yield f"{named}.use: {error}"
        return
    try:
        settings.model_validate(own)
    except ValidationError as error:
        shared_keys = list(SourceSettings.model_fields)
        yield from faults_of(error, settings, prefix=named, known=shared_keys)


def _clinical_faults(table: Mapping[str, Any], data: Mapping[str, Any]) -> Iterator[str]:
    """Notes about patients need a consent that the policy names, and redaction."""
    if table.get("clinical") is not True:
        return
    privacy = data.get("privacy")
    stated: Mapping[str, Any] = privacy if isinstance(privacy, Mapping) else {}
    allowed, consent = stated.get("allowed_consents", ()), table.get("consent")
    if consent is None:
        yield "clinical notes need a consent of their own: write `consent`"
    elif not isinstance(allowed, Sequence) or plain(str(consent)) not in {
        plain(str(one)) for one in allowed
    }:
        yield (
            f"clinical notes need a consent that the policy allows; add {consent!r} to "
            "privacy.allowed_consents"
        )
    if stated.get("redact", True) is not True:
        yield "clinical notes are read with redaction only; take privacy.redact = false out"


def _twice(tables: Sequence[Any]) -> Iterator[str]:
    names = [table.get("name") for table in tables if isinstance(table, Mapping)]
    for name in sorted({name for name in names if isinstance(name, str)}):
        if names.count(name) > 1:
            yield f"{SECTION}: {names.count(name)} sources are named {name!r}; give each its own"
