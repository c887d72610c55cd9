"""List the error messages of the source that have no Chinese yet.

    python scripts/errors.py            # file:line and the template to translate
    python scripts/errors.py data       # of one floor

A message is the first argument of an error of the tree, an element of its `faults`, or what is
appended to a list of faults. Templates stand in src/chainring/text/errors_zh/FLOOR.json.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from chainring.contracts import errors
from chainring.contracts.errors import ChainringError
from chainring.text.errors import catalogue

SOURCE = Path(__file__).resolve().parents[1] / "src" / "chainring"
OWN_WORDS = {"MissingPackageError"}
"""It says both languages itself."""
NO_WORDS = re.compile(r"\{\}|^[\w.]+: (?=\{\}$)")
"""Values, and the name of what a fault is of."""
WORDS = 3
"""Letters that a template needs beside its values to be a message."""


def main() -> None:
    """Print what has no Chinese yet."""
    floors = sys.argv[1:]
    for path, line, template in missing():
        if not floors or path.relative_to(SOURCE).parts[0] in floors:
            print(f"{path.relative_to(SOURCE)}:{line}\t{template}")


def missing() -> list[tuple[Path, int, str]]:
    """Return file, line and template of each message without a Chinese one."""
    known = catalogue()
    return [one for one in messages() if one[2] not in known]


def messages() -> Iterator[tuple[Path, int, str]]:
    """Yield every line of the messages of the source as a template with `{}` for values."""
    for path in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                for line in "\n".join(_told(node)).split("\n"):
                    if " " in line and sum(map(str.isalpha, NO_WORDS.sub("", line))) > WORDS:
                        yield path, node.lineno, line


def _told(call: ast.Call) -> Iterator[str]:
    name = call.func.id if isinstance(call.func, ast.Name) else ""
    first = [one for argument in call.args[:1] for one in _templates(argument)]
    if name == "UnknownNameError":
        yield from (f"unknown {kind} {{}}" for kind in first)
    elif name in _tree() - OWN_WORDS:
        yield from first
        for keyword in call.keywords:
            if keyword.arg == "faults":
                yield from _templates(keyword.value)
    elif isinstance(call.func, ast.Attribute) and call.func.attr == "append":
        owner = call.func.value
        if isinstance(owner, ast.Name) and owner.id == "faults":
            yield from first


def _tree() -> set[str]:
    kinds = {name for name, one in vars(errors).items() if _is_error(one)}
    return kinds | {"CutShortError"}


def _is_error(one: object) -> bool:
    return isinstance(one, type) and issubclass(one, ChainringError)


def _templates(node: ast.expr) -> list[str]:
    """Return the templates that an expression may come to; one without text of its own is none."""
    match node:
        case ast.Constant(value=str(text)):
            return [text]
        case ast.JoinedStr(values=parts):
            return [
                "".join(
                    str(part.value) if isinstance(part, ast.Constant) else "{}" for part in parts
                )
            ]
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            ways = [(_templates(left) or ["{}"]), (_templates(right) or ["{}"])]
            return [first + second for first in ways[0] for second in ways[1]]
        case ast.IfExp(body=body, orelse=other):
            return _templates(body) + _templates(other)
        case ast.List(elts=parts) | ast.Tuple(elts=parts):
            return [one for part in parts for one in _templates(part)]
        case ast.ListComp(elt=part) | ast.GeneratorExp(elt=part):
            return _templates(part)
    return []


if __name__ == "__main__":
    main()
