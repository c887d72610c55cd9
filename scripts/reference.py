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
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from reference_recipe import default_of, first_paragraph, recipe, row

ROOT = Path(__file__).resolve().parent.parent
PAGES = ROOT / "docs" / "reference"
BLOCK = re.compile(r"(<!-- generated: ([a-z]+) ?([^>]*?) -->\n).*?(<!-- end -->)", re.DOTALL)
NOUNS = (
    "source", "guard", "placement", "record", "label", "table", "dataset", "model", "forms",
    "evaluation", "verdict", "deployment", "release", "request", "prediction", "reaction",
    "feedback", "case", "forgotten", "lineage", "predictor", "work",
)  # fmt: skip


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


def command(name: str) -> Iterator[str]:
    """Yield usage, arguments and options of one command."""
    found = commands()[name]
    arguments = [one for one in found.params if one.param_type_name == "argument"]
    options = [one for one in found.params if one.param_type_name == "option"]
    usage = [one.name.upper() if one.required else f"[{one.name.upper()}]" for one in arguments]
    yield f"{found.help}\n"
    yield f"    chainring {name} {' '.join(usage)}{' [options]' if options else ''}".rstrip() + "\n"
    yield row("argument or option", "default", "meaning")
    yield row("---", "---", "---")
    for one in (*arguments, *options):
        label = one.name.upper() if one in arguments else ", ".join(one.opts)
        variable = f"; or the variable `{one.envvar}`" if getattr(one, "envvar", None) else ""
        yield row(f"`{label}`", _default(one), (one.help or "") + variable)


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

    yield row("verb", "Python", "command line", "HTTP", "role over HTTP")
    yield row(*["---"] * 5)
    for one in SURFACES:
        routes = "<br>".join(f"`{route}`" for route in one.routes)
        yield row(
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

    yield row("route", "what it does", "role", "query")
    yield row(*["---"] * 4)
    for one in ROUTES:
        roles = " or ".join(f"`{role}`" for role in VERB_ROLES.get(one.verb or "", ())) or "open"
        query = ", ".join(f"`{name}`" for name in one.query) or "—"
        yield row(f"`{one.method} {one.path}`", one.summary, roles, query)


def bodies(_: str) -> Iterator[str]:
    """Yield the keys of every request's body."""
    from chainring.deployment.http.routes import ROUTES

    for one in ROUTES:
        if one.body is None:
            continue
        yield f"### `{one.method} {one.path}`\n"
        yield row("key", "default", "meaning")
        yield row(*["---"] * 3)
        for name, field in one.body.model_fields.items():
            yield row(f"`{name}`", default_of(field, "en"), field.description or "")
        yield ""


def failures(_: str) -> Iterator[str]:
    """Yield the codes of refusals over HTTP."""
    from chainring.deployment.http.faults import WORDINGS

    yield row("code", "status", "message", "next step")
    yield row(*["---"] * 4)
    for code, words in WORDINGS.items():
        yield row(f"`{code}`", str(words.status), words.en, words.en_next)


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

    yield row("error", "also a", "when")
    yield row(*["---"] * 3)
    for one in _made_in(tree):
        builtin = [b for b in one.__mro__ if b.__module__ == "builtins" and b is not object]
        nearest = [b for b in builtin if not any(issubclass(c, b) for c in builtin if c is not b)]
        named = ", ".join(f"`{b.__name__}`" for b in nearest)
        yield row(f"`{one.__name__}`", named, first_paragraph(one))


def parts(_: str) -> Iterator[str]:
    """Yield the parts that are shipped."""
    from chainring.contracts.parts import KINDS, part_module, part_names

    yield row("kind", "part", "module")
    yield row(*["---"] * 3)
    for kind in KINDS:
        for name in part_names(kind):
            if part_module(kind, name).startswith("chainring."):
                yield row(kind, f"`{name}`", f"`{part_module(kind, name)}`")


BLOCKS: dict[str, Callable[[str], Iterator[str]]] = {
    one.__name__: one
    for one in (recipe, command, surfaces, routes, bodies, failures, nouns, errors, parts)
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
