"""The tables of the recipe's keys, in English and in Chinese, as the settings' classes have them.

Enters the classes that read the recipe, leaves lines of a page; `scripts/reference.py` writes them.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic import BaseModel

CHINESE = Path(__file__).resolve().with_name("reference.zh.json")
SETTINGS = "chainring.text", "errors_zh/settings.json"
"""What settings mean: the faults of a recipe tell it, too."""
HELP = "chainring.software.commands", "help_zh.json"
"""What commands and their options mean: the command line tells it, too."""
HEADS = {
    "en": ("key", "default", "allowed", "meaning"),
    "zh": ("键", "默认值", "取值", "含义"),
}


def recipe(language: str) -> Iterator[str]:
    """Yield a table for each section of the recipe."""
    from chainring.ring.recipe import Recipe

    yield from _section(Recipe, "", language)
    yield from _rules(language)
    yield from _sources(language)


def _rules(language: str) -> Iterator[str]:
    """Yield the keys of a rule of access."""
    from chainring.trust.rules import RuleSettings

    for line in _section(RuleSettings, "[access.rules]", language):
        yield line.replace("[[access.rules].where]", "[access.rules.where]")


def _sources(language: str) -> Iterator[str]:
    """Yield the keys of every source, then those of each part's own."""
    from chainring.contracts.parts import load_part, part_names
    from chainring.data.sources.settings import SourceSettings

    yield from _section(SourceSettings, "[data.sources]", language)
    for name in part_names("source"):
        part = load_part("source", name)
        if part.settings.__module__.startswith("chainring."):
            yield from _section(part.settings, f'[data.sources]] use = "{name}"', language, end="")


def _section(model: type[BaseModel], path: str, language: str, *, end: str = "]") -> Iterator[str]:
    schema = model.model_json_schema()["properties"]
    inner = {n: f.annotation for n, f in model.model_fields.items() if _is_model(f.annotation)}
    if path:
        yield f"## `[{path}{end}`\n\n{said(first_paragraph(model), language)}\n"
    keys = [name for name in model.model_fields if name not in inner]
    if keys:
        yield row(*HEADS[language])
        yield row(*["---"] * 4)
    for name in keys:
        yield row(*_key(model, name, schema[name], language))
    yield ""
    for name, kind in inner.items():
        assert kind is not None
        yield from _section(kind, f"{path}.{name}" if path else name, language)


def _key(
    model: type[BaseModel], name: str, schema: dict[str, Any], language: str
) -> tuple[str, str, str, str]:
    field = model.model_fields[name]
    return (
        f"`{name}`",
        default_of(field, language),
        ", ".join(dict.fromkeys(_allowed(field.annotation, schema, language))) or "—",
        said(field.description or "", language),
    )


def default_of(field: Any, language: str) -> str:
    """Return the default of a setting as the recipe would write it."""
    if field.is_required():
        return "必填" if language == "zh" else "needed"
    value = field.get_default(call_default_factory=True)
    if value is None:
        return "无" if language == "zh" else "none"
    return f"`{_toml(value)}`"


def _allowed(annotation: Any, schema: dict[str, Any], language: str) -> Iterator[str]:
    """Yield what a value may be: names, bounds, or its kind."""
    zh = language == "zh"
    for choice in schema.get("anyOf", [schema]):
        if "enum" in choice or "const" in choice:
            yield from (f"`{one}`" for one in choice.get("enum", [choice.get("const")]))
        elif choice.get("type") in ("integer", "number"):
            yield _bounds(choice, zh=zh)
        elif choice.get("type") == "boolean":
            yield "`true`, `false`"
        elif choice.get("type") == "array":
            yield "列表" if zh else "a list"
        elif choice.get("type") == "object":
            names = _roles(annotation)
            yield ("表：" if zh else "a table of ") + names if names else "表" if zh else "a table"
        elif choice.get("type") == "string":
            yield "文本" if zh else "text"


def _roles(annotation: Any) -> str:
    if get_origin(annotation) is not dict:
        return ""
    return ", ".join(f"`{name}`" for name in get_args(get_args(annotation)[0]))


def _bounds(schema: dict[str, Any], *, zh: bool) -> str:
    signs = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
    limits = [f"{sign} {_number(schema[name])}" for name, sign in signs.items() if name in schema]
    kinds = ("整数", "数") if zh else ("whole number", "number")
    return f"{kinds[schema['type'] != 'integer']} " + (" 且 " if zh else " and ").join(limits)


def _number(value: float) -> str:
    return f"{int(value):,}" if value == int(value) else f"{value:g}"


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple | list):
        return "[" + ", ".join(_toml(one) for one in value) + "]"
    if isinstance(value, dict):
        return "{}"
    if isinstance(value, str):
        return '"' + value.replace("\n", "\\n") + '"'
    return f"{value:_}" if value >= 10_000 else str(value)


def said(sentence: str, language: str) -> str:
    """Return a sentence of the code in a language; a new sentence has no Chinese yet: KeyError."""
    sentence = " ".join(sentence.split())
    if language == "en" or not sentence:
        return sentence
    try:
        return chinese()[sentence]
    except KeyError:
        raise KeyError(
            f"{CHINESE.name}, settings.json and help_zh.json have no Chinese for {sentence!r}"
        ) from None


@cache
def chinese() -> dict[str, str]:
    """Return the Chinese of the code's sentences, by the English sentence."""
    settings, commands = (
        json.loads((files(package) / path).read_text(encoding="utf-8"))
        for package, path in (SETTINGS, HELP)
    )
    found: dict[str, str] = json.loads(CHINESE.read_text(encoding="utf-8"))
    return {english: told.format() for english, told in settings.items()} | commands | found


def first_paragraph(thing: object) -> str:
    """Return the first paragraph of a docstring on one line."""
    return (inspect.getdoc(thing) or "").split("\n\n")[0].replace("\n", " ")


def _is_model(annotation: Any) -> bool:
    return inspect.isclass(annotation) and issubclass(annotation, BaseModel)


def row(*cells: str) -> str:
    """Return a row of a table."""
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
