"""Plain lines of `chainring data show` and `chainring data trace`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from chainring.contracts.said import Said
from chainring.software.telling.data_words import own, reason, say, word
from chainring.software.telling.results import short, with_second
from chainring.software.telling.speech import padded
from chainring.text.characters import visible
from chainring.text.errors import place

TEXT_CHARACTERS = 100
_OF_SPLIT = "row of split "


def tell_row(row: Mapping[str, Any]) -> Said:
    """Return one row on one line: id, split, label, language, source, and its text cut short."""
    cut = _on_one_line(with_second(row.get("text") or "", row.get("pair")))
    split, shown = word(row["split"]), own(cut) if cut else say("withheld")
    value = _on_one_line(row["label"] or row.get("target") or "–")
    rest = (value, row["language"], row["source"])
    english = "  ".join([row["id"], f"{split:10}", *rest, shown])
    chinese = "  ".join([row["id"], padded(split.zh, 6), *rest, shown.zh])
    return Said(visible(english), zh=visible(chinese))


def tell_trace(found: Mapping[str, Any]) -> Iterator[str]:
    """Yield the way of a row from its source to its models."""
    row = found["row"]
    if row is not None:
        yield say("row", id=row["id"], split=row["split"], label=_value(row))
        if "text" in row:
            text = with_second(row["text"], row.get("pair"))
            yield say("row text", text=own(" ".join(text.split())))
    else:
        yield say("no row", name=own(found["name"]))
    for one in found["records"]:
        yield from _record(one)
    for one in found["steps"]:
        told = {"execution": one["execution"], "at": one["at"]}
        yield say("step", step=_wide(one["step"], 12), outcome=_outcome(one["outcome"]), **told)
    for one in found["labels"]:
        yield say("label", value=own(one["value"]), who=_who(one), state=one["state"])
    for one in found["reviews"]:
        value, at = own(one["value"] or "–"), one["at"] or ""
        yield say("review", value=value, who=_who(one), state=one["state"], at=at)
    for one in found["feedback"]:
        value = own(one["value"])
        yield say("feedback", id=one["id"], kind=one["kind"], value=value, at=one["at"])
    for one in found["datasets"]:
        told = {"dataset": short(one["address"]), "split": one["split"], "at": one["at"]}
        yield say("data set", label=_value(one), **told)
        for model in one["models"]:
            served = "served" if model["served"] else "never served"
            told = {"model": short(model["address"]), "part": model["part"], "served": served}
            yield say("data set model", verb=_wide(model["verb"], 8), **told)


def _value(one: Mapping[str, Any]) -> Said:
    """Return what a row says: a label, or a number, tags or a text where it may be shown."""
    if value := one["label"] or one.get("target"):
        return own(_on_one_line(value))
    return say("withheld" if one["has_value"] else "no label")


def _on_one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= TEXT_CHARACTERS else line[: TEXT_CHARACTERS - 1] + "…"


def _wide(name: str, width: int) -> Said:
    return Said(f"{name:{width}}", zh=padded(word(name).zh, width))


def _outcome(told: str) -> Said:
    """Return what a step did with a row, in both languages."""
    head, mark, rest = told.partition(": ")
    if head == "dropped" and mark:
        return say("dropped for", reason=reason(rest))
    if told.startswith(_OF_SPLIT):
        return say("row of split", split=told.removeprefix(_OF_SPLIT))
    count, _, what = told.partition(" ")
    if what in ("label", "labels"):
        return Said(told, zh=say("some labels", count=count).zh)
    return word(told)


def _record(one: Mapping[str, Any]) -> Iterator[str]:
    told = {"source": own(one["source"]), "locator": place(one["locator"])}
    at = one.get("at")
    yield say("from at", at=at, **told) if at else say("from", **told)
    if one.get("file"):
        yield say("file", file=own(one["file"]))
    if one.get("licence"):
        terms = {"licence": own(one["licence"]), "consent": own(one["consent"])}
        subject = one["subject"][:12] if one["subject"] else ""
        yield say("terms of", subject=own(subject), **terms) if subject else say("terms", **terms)


def _who(one: Mapping[str, Any]) -> Said:
    kind, by = one["kind"], one["by"]
    return say("who", kind=kind, by=own(by)) if by and by != kind else word(kind)
