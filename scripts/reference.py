"""Write what the reference says of the code, from the code, so that it cannot lie.

    python scripts/reference.py            rewrite the generated blocks of docs/reference/*.md
    python scripts/reference.py --check    change nothing; exit 1 where a block is out of date

A page is written by hand around blocks that are not:

    <!-- generated: recipe en -->
    ...
    <!-- end -->
"""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import json
import re
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic import BaseModel

ROOT = Path(__file__).resolve().parent.parent
PAGES = ROOT / "docs" / "reference"
CHINESE = ROOT / "scripts" / "reference.zh.json"
BLOCK = re.compile(r"(<!-- generated: ([a-z]+) ?([^>]*?) -->\n).*?(<!-- end -->)", re.DOTALL)
NOUNS = (
    "source", "guard", "placement", "record", "label", "table", "dataset", "model", "forms",
    "evaluation", "verdict", "deployment", "request", "prediction", "reaction", "feedback", "case",
    "forgotten", "lineage", "predictor", "work",
)  # fmt: skip
HEADS = {
    "en": ("key", "default", "allowed", "meaning"),
    "zh": ("键", "默认值", "取值", "含义"),
}


def main(arguments: list[str]) -> int:
    """Write the pages, or check them; return the exit status."""
    stale = []
    for path in sorted(PAGES.glob("*.md")):
        before = path.read_text(encoding="utf-8")
        after = rendered(before)
        if before != after:
            stale.append(path.name)
            if "--check" not in arguments:
                path.write_text(after, encoding="utf-8")
    if stale:
        print(("out of date: " if "--check" in arguments else "wrote: ") + ", ".join(stale))
    return 1 if stale and "--check" in arguments else 0


def rendered(page: str) -> str:
    """Return the page with every block as the code has it now."""

    def filled(found: re.Match[str]) -> str:
        lines = "\n".join(BLOCKS[found[2]](found[3]))
        return f"{found[1]}\n{lines.strip()}\n\n{found[4]}"

    return BLOCK.sub(filled, page)


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
        yield f"## `[{path}{end}`\n\n{_said(_first(model), language)}\n"
    keys = [name for name in model.model_fields if name not in inner]
    if keys:
        yield _row(*HEADS[language])
        yield _row(*["---"] * 4)
    for name in keys:
        yield _row(*_key(model, name, schema[name], language))
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
        _default_of(field, language),
        ", ".join(dict.fromkeys(_allowed(field.annotation, schema, language))) or "—",
        _said(field.description or "", language),
    )


def _default_of(field: Any, language: str) -> str:
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


def _said(sentence: str, language: str) -> str:
    """Return a sentence of the code in a language; a new sentence has no Chinese yet: KeyError."""
    sentence = " ".join(sentence.split())
    if language == "zh":
        said = chinese()
        if sentence not in said:
            raise KeyError(f"{CHINESE.name} has no Chinese for {sentence!r}")
        sentence = said[sentence]
    return sentence.replace("|", "\\|")


@cache
def chinese() -> dict[str, str]:
    """Return the Chinese of the recipe's sentences, by the English sentence."""
    found: dict[str, str] = json.loads(CHINESE.read_text(encoding="utf-8"))
    return found


def command(name: str) -> Iterator[str]:
    """Yield usage, arguments and options of one command."""
    found = commands()[name]
    arguments = [one for one in found.params if one.param_type_name == "argument"]
    options = [one for one in found.params if one.param_type_name == "option"]
    usage = [one.name.upper() if one.required else f"[{one.name.upper()}]" for one in arguments]
    yield f"{found.help}\n"
    yield f"    chainring {name} {' '.join(usage)}{' [options]' if options else ''}".rstrip() + "\n"
    yield _row("argument or option", "default", "meaning")
    yield _row("---", "---", "---")
    for one in (*arguments, *options):
        label = one.name.upper() if one in arguments else ", ".join(one.opts)
        variable = f"; or the variable `{one.envvar}`" if getattr(one, "envvar", None) else ""
        yield _row(f"`{label}`", _default(one), (one.help or "") + variable)


def _default(option: Any) -> str:
    if option.required:
        return "needed"
    value = option.default
    if value in (None, "", False):
        return "—"
    return f"`{value}`"


def commands() -> dict[str, Any]:
    """Return the commands of the command line by name."""
    import typer.main

    from chainring.software.cli import app

    group: Any = typer.main.get_command(app)
    found = {}
    for name, one in group.commands.items():
        inner = getattr(one, "commands", None)
        found |= {name: one} if inner is None else {f"{name} {n}": c for n, c in inner.items()}
    return found


def surfaces(_: str) -> Iterator[str]:
    """Yield on which surfaces each verb stands."""
    from chainring.software.surfaces import SURFACES

    yield _row("verb", "Python", "command line", "HTTP", "role over HTTP")
    yield _row(*["---"] * 5)
    for one in SURFACES:
        routes = "<br>".join(f"`{route}`" for route in one.routes)
        yield _row(
            one.verb,
            f"`Project.{one.api}`" if one.api else "—",
            f"[`chainring {one.command}`](command-line.md#{one.command.replace(' ', '-')})",
            routes or "—",
            f"`{one.role}`" if routes else "—",
        )


def routes(_: str) -> Iterator[str]:
    """Yield the routes of the server."""
    from chainring.contracts.roles import VERB_ROLES
    from chainring.deployment.http.routes import ROUTES

    yield _row("route", "what it does", "role", "query")
    yield _row(*["---"] * 4)
    for one in ROUTES:
        roles = " or ".join(f"`{role}`" for role in VERB_ROLES.get(one.verb or "", ())) or "open"
        query = ", ".join(f"`{name}`" for name in one.query) or "—"
        yield _row(f"`{one.method} {one.path}`", one.summary, roles, query)


def bodies(_: str) -> Iterator[str]:
    """Yield the keys of every request's body."""
    from chainring.deployment.http.routes import ROUTES

    for one in ROUTES:
        if one.body is None:
            continue
        yield f"### `{one.method} {one.path}`\n"
        yield _row("key", "default", "meaning")
        yield _row(*["---"] * 3)
        for name, field in one.body.model_fields.items():
            yield _row(f"`{name}`", _default_of(field, "en"), field.description or "")
        yield ""


def failures(_: str) -> Iterator[str]:
    """Yield the codes of refusals over HTTP."""
    from chainring.deployment.http.faults import WORDINGS

    yield _row("code", "status", "message", "next step")
    yield _row(*["---"] * 4)
    for code, words in WORDINGS.items():
        yield _row(f"`{code}`", str(words.status), words.en, words.en_next)


def nouns(_: str) -> Iterator[str]:
    """Yield every noun with its fields."""
    for name in NOUNS:
        module = importlib.import_module(f"chainring.contracts.{name}")
        for noun in _made_in(module):
            yield f"### {noun.__name__}\n\n{_prose(noun)}\n"
            yield "```python"
            yield from _fields(noun)
            yield "```\n"


def _made_in(module: Any) -> list[type]:
    found = [one for _, one in inspect.getmembers(module, inspect.isclass)]
    own = [one for one in found if one.__module__ == module.__name__]
    return sorted(own, key=lambda one: inspect.getsourcelines(one)[1])


def _fields(noun: type) -> list[str]:
    if dataclasses.is_dataclass(noun):
        return [_field(one) for one in dataclasses.fields(noun)]
    methods = [n for n in vars(noun) if not n.startswith("_") and callable(getattr(noun, n))]
    return [f"{name}{inspect.signature(getattr(noun, name))}" for name in methods]


def _field(field: Any) -> str:
    if field.default is not dataclasses.MISSING:
        return f"{field.name}: {field.type} = {field.default!r}"
    if field.default_factory is not dataclasses.MISSING:
        return f"{field.name}: {field.type} = {field.default_factory()!r}"
    return f"{field.name}: {field.type}"


def _prose(noun: type) -> str:
    """Return the paragraphs of a docstring, its tables left out."""
    paragraphs = (inspect.getdoc(noun) or "").split("\n\n")
    return "\n\n".join(one for one in paragraphs if not one.startswith("==="))


def errors(_: str) -> Iterator[str]:
    """Yield the error tree."""
    from chainring.contracts import errors as tree

    yield _row("error", "also a", "when")
    yield _row(*["---"] * 3)
    for one in _made_in(tree):
        builtin = [b for b in one.__mro__ if b.__module__ == "builtins" and b is not object]
        nearest = [b for b in builtin if not any(issubclass(c, b) for c in builtin if c is not b)]
        named = ", ".join(f"`{b.__name__}`" for b in nearest)
        yield _row(f"`{one.__name__}`", named, _first(one))


def parts(_: str) -> Iterator[str]:
    """Yield the parts that are shipped."""
    from chainring.contracts.parts import KINDS, part_module, part_names

    yield _row("kind", "part", "module")
    yield _row(*["---"] * 3)
    for kind in KINDS:
        for name in part_names(kind):
            if part_module(kind, name).startswith("chainring."):
                yield _row(kind, f"`{name}`", f"`{part_module(kind, name)}`")


def _first(thing: object) -> str:
    return (inspect.getdoc(thing) or "").split("\n\n")[0].replace("\n", " ")


def _is_model(annotation: Any) -> bool:
    return inspect.isclass(annotation) and issubclass(annotation, BaseModel)


def _row(*cells: str) -> str:
    return "| " + " | ".join(cells) + " |"


BLOCKS: dict[str, Callable[[str], Iterator[str]]] = {
    one.__name__: one
    for one in (recipe, command, surfaces, routes, bodies, failures, nouns, errors, parts)
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
