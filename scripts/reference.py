"""Write what the reference says of the code, from the code, so that it cannot lie.

    python scripts/reference.py            rewrite the generated blocks of docs/reference/*.md
    python scripts/reference.py --check    change nothing; exit 1 where a block is out of date

A page is written by hand around blocks that are not:

    <!-- generated: recipe -->
    ...
    <!-- end -->

`recipe zh` writes it in Chinese, as does `command init zh`. The Chinese of what the code says in
English only stands in `reference.zh.json`, that of settings in `errors_zh/settings.json`, that of
commands in `software/commands/help_zh.json`.
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

from reference_recipe import default_of, first_paragraph, recipe, row, said

ROOT = Path(__file__).resolve().parent.parent
PAGES = ROOT / "docs" / "reference"
BLOCK = re.compile(r"(<!-- generated: ([a-z]+) ?([^>]*?) ?(zh)? -->\n).*?(<!-- end -->)", re.DOTALL)
NOUNS = (
    "source", "guard", "placement", "record", "label", "table", "dataset", "model", "forms",
    "evaluation", "measure", "worth", "verdict", "deployment", "release", "request", "prediction",
    "reaction", "feedback", "case", "forgotten", "lineage", "predictor", "work",
)  # fmt: skip
HEADS = {
    "command": {"en": "argument or option|default|meaning", "zh": "参数或选项|默认值|含义"},
    "surfaces": {
        "en": "verb|Python|command line|HTTP|role over HTTP",
        "zh": "动词|Python|命令行|HTTP|HTTP 所需角色",
    },
    "routes": {"en": "route|what it does|role|query", "zh": "地址|做什么|角色|查询参数"},
    "bodies": {"en": "key|default|meaning", "zh": "键|默认值|含义"},
    "failures": {"en": "code|status|message|next step", "zh": "代码|状态码|消息|下一步"},
    "errors": {"en": "error|also a|when", "zh": "错误|同时也是|何时"},
    "parts": {"en": "kind|part|module", "zh": "种类|部件|模块"},
}
WORDS = {
    "en": {"needed": "needed", "variable": "; or the variable `{}`", "options": "[options]",
           "or": " or ", "open": "open", "page": "command-line.md"},
    "zh": {"needed": "必填", "variable": "；也可用环境变量 `{}`", "options": "[选项]",
           "or": " 或 ", "open": "无需密钥", "page": "command-line.zh-CN.md"},
}  # fmt: skip


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
        lines = "\n".join(BLOCKS[found[2]](found[4] or "en", *found[3].split()))
        return f"{found[1]}\n{lines.strip()}\n\n{found[5]}"

    return BLOCK.sub(filled, page)


def _head(table: str, language: str) -> Iterator[str]:
    names = HEADS[table][language].split("|")
    yield row(*names)
    yield row(*["---"] * len(names))


def command(language: str, *words: str) -> Iterator[str]:
    """Yield usage, arguments and options of one command."""
    name, say = " ".join(words), WORDS[language]
    found = commands()[name]
    arguments = [one for one in found.params if one.param_type_name == "argument"]
    options = [one for one in found.params if one.param_type_name == "option"]
    usage = [one.name.upper() if one.required else f"[{one.name.upper()}]" for one in arguments]
    yield f"{said(found.help, language)}\n"
    yield f"    {' '.join(['chainring', name, *usage, *[say['options']] * bool(options)])}\n"
    yield from _head("command", language)
    for one in (*arguments, *options):
        label = one.name.upper() if one in arguments else ", ".join(_names(one))
        variable = getattr(one, "envvar", None)
        meaning = said(one.help or "", language)
        yield row(
            f"`{label}`",
            say["needed"] if one.required else _default(one.default),
            meaning + (say["variable"].format(variable) if variable else ""),
        )


def _names(option: Any) -> list[str]:
    """Return what can be written: of what is on by itself, also how to turn it off."""
    return [*option.opts, *(option.secondary_opts if option.default is True else ())]


def _default(value: object) -> str:
    return "—" if value in (None, "", False) else f"`{value}`"


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


def surfaces(language: str) -> Iterator[str]:
    """Yield on which surfaces each verb stands."""
    from chainring.software.surfaces import SURFACES

    page = WORDS[language]["page"]
    yield from _head("surfaces", language)
    for one in SURFACES:
        routes = "<br>".join(f"`{route}`" for route in one.routes)
        yield row(
            one.verb,
            f"`Project.{one.api}`" if one.api else "—",
            f"[`chainring {one.command}`]({page}#{one.command.replace(' ', '-')})",
            routes or "—",
            f"`{one.role}`" if routes else "—",
        )


def routes(language: str) -> Iterator[str]:
    """Yield the routes of the server."""
    from chainring.contracts.roles import VERB_ROLES
    from chainring.deployment.http.routes import ROUTES

    say = WORDS[language]
    yield from _head("routes", language)
    for one in ROUTES:
        roles = say["or"].join(f"`{role}`" for role in VERB_ROLES.get(one.verb or "", ()))
        query = ", ".join(f"`{name}`" for name in one.query) or "—"
        summary = said(one.summary, language)
        yield row(f"`{one.method} {one.path}`", summary, roles or say["open"], query)


def bodies(language: str) -> Iterator[str]:
    """Yield the keys of every request's body."""
    from chainring.deployment.http.routes import ROUTES

    for one in ROUTES:
        if one.body is None:
            continue
        yield f"### `{one.method} {one.path}`\n"
        yield from _head("bodies", language)
        for name, field in one.body.model_fields.items():
            meaning = said(field.description or "", language)
            yield row(f"`{name}`", default_of(field, language), meaning)
        yield ""


def failures(language: str) -> Iterator[str]:
    """Yield the codes of refusals over HTTP."""
    from chainring.deployment.http.wordings import WORDINGS

    yield from _head("failures", language)
    for code, words in WORDINGS.items():
        told = (words.zh, words.zh_next) if language == "zh" else (words.en, words.en_next)
        yield row(f"`{code}`", str(words.status), *told)


def nouns(language: str) -> Iterator[str]:
    """Yield every noun with its fields."""
    for name in NOUNS:
        module = importlib.import_module(f"chainring.contracts.{name}")
        for noun in _made_in(module):
            yield f"### {noun.__name__}\n\n{_prose(noun, language)}\n"
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


def _prose(noun: type, language: str) -> str:
    """Return the paragraphs of a docstring, its tables left out."""
    paragraphs = (inspect.getdoc(noun) or "").split("\n\n")
    kept = [one for one in paragraphs if not one.startswith("===")]
    return "\n\n".join(kept if language == "en" else [said(one, language) for one in kept])


def errors(language: str) -> Iterator[str]:
    """Yield the error tree."""
    from chainring.contracts import errors as tree

    yield from _head("errors", language)
    for one in _made_in(tree):
        builtin = [b for b in one.__mro__ if b.__module__ == "builtins" and b is not object]
        nearest = [b for b in builtin if not any(issubclass(c, b) for c in builtin if c is not b)]
        named = ", ".join(f"`{b.__name__}`" for b in nearest)
        yield row(f"`{one.__name__}`", named, said(first_paragraph(one), language))


def parts(language: str) -> Iterator[str]:
    """Yield the parts that are shipped."""
    from chainring.contracts.parts import KINDS, part_module, part_names

    yield from _head("parts", language)
    for kind in KINDS:
        for name in part_names(kind):
            if part_module(kind, name).startswith("chainring."):
                yield row(kind, f"`{name}`", f"`{part_module(kind, name)}`")


BLOCKS: dict[str, Callable[..., Iterator[str]]] = {
    one.__name__: one
    for one in (recipe, command, surfaces, routes, bodies, failures, nouns, errors, parts)
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
