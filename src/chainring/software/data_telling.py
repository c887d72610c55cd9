"""Plain lines of `chainring data show` and `chainring data trace`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from chainring.software.telling import short
from chainring.text.characters import visible

TEXT_CHARACTERS = 100


def tell_row(row: Mapping[str, Any]) -> str:
    """Return one row on one line: id, split, label, language, source, and its text cut short."""
    text = " ".join(str(row.get("text") or "(withheld by a rule of access)").split())
    cut = text if len(text) <= TEXT_CHARACTERS else text[: TEXT_CHARACTERS - 1] + "…"
    label = row["label"] or "–"
    told = f"{row['id']}  {row['split']:10}  {label}  {row['language']}  {row['source']}  {cut}"
    return visible(told)


def tell_trace(found: Mapping[str, Any]) -> Iterator[str]:
    """Yield the way of a row from its source to its models."""
    row = found["row"]
    if row is not None:
        yield f"row        {row['id']}  {row['split']}, {row['label'] or 'no label'}"
        if "text" in row:
            yield f"  text     {' '.join(row['text'].split())}"
    else:
        yield f"no row     {found['name']} is in no row of this data set"
    for one in found["records"]:
        yield from _record(one)
    for one in found["steps"]:
        yield f"step       {one['step']:12} {one['outcome']}  ({one['execution']}, {one['at']})"
    for one in found["labels"]:
        yield f"label      {one['value']}  {_who(one)}  {one['state']}"
    for one in found["reviews"]:
        yield f"review     {one['value'] or '–'}  {_who(one)}  {one['state']}  {one['at'] or ''}"
    for one in found["feedback"]:
        yield f"feedback   {one['id']}  {one['kind']} {one['value']}  {one['at']}"
    for one in found["datasets"]:
        label = one["label"] or "no label"
        yield f"data set   {short(one['address'])}  {one['split']}, {label}  {one['at']}"
        for model in one["models"]:
            served = "served" if model["served"] else "never served"
            yield f"  {model['verb']:8} {short(model['address'])}  {model['part']}, {served}"


def _record(one: Mapping[str, Any]) -> Iterator[str]:
    at = f", {one['at']}" if one.get("at") else ""
    yield f"from       {one['source']}  {one['locator']}{at}"
    if one.get("file"):
        yield f"  file     {one['file']}"
    if one.get("licence"):
        subject = f", subject {one['subject'][:12]}" if one["subject"] else ""
        yield f"  terms    licence {one['licence']}, consent {one['consent']}{subject}"


def _who(one: Mapping[str, Any]) -> str:
    return f"{one['kind']} {one['by']}" if one["by"] and one["by"] != one["kind"] else one["kind"]
