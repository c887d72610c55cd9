"""A base's template of conversations, in Jinja: it reaches nothing, and it ends.

Enters the template, the messages and the marks that it may name; leaves one text, as transformers
words it. A template is somebody else's program. Loops and calls count, and so does the size of what
they are given and what is made of it; beyond the budget it is refused.

    worded(template, messages, marks={"eos_token": "</s>"}, base="a-chat-base")
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from datetime import datetime
from functools import lru_cache
from string import Formatter
from typing import Any

from chainring.contracts.errors import InputError, MissingPackageError, RefusedError
from chainring.contracts.said import Said

BUDGET = 2_000_000
"""Characters, items and numbers, all together, that a template may handle: about a second."""
A_CHARACTER = 100
"""And so many more for each character of the conversation."""
STEP = 50
"""What one pass through a loop, or one call, counts."""
A_PAIR = STEP
"""And so many more for each message seen from each: some templates look ahead from every one."""
_LENT = frozenset(("length", "count", "first", "last"))
"""Filters that read nothing of what stands in their input."""
_STARRED = re.compile(r"%[^a-zA-Z%]*\*")
"""A format whose width stands elsewhere."""
_left: ContextVar[int] = ContextVar("left")


class _TooMuchError(Exception):
    """The budget is spent."""


def worded(
    template: str, messages: Sequence[Mapping[str, str]], *, marks: Mapping[str, str], base: str
) -> str:
    """Return a conversation as its template words it, ready for the reply.

    Raises
    ------
    InputError
        When the template refuses the conversation.
    RefusedError
        When the template fails, or is not at its end within its budget; `base` is named.
    """
    length = sum(len(text) for one in messages for text in one.values())
    told = _left.set(BUDGET + A_CHARACTER * length + A_PAIR * len(messages) ** 2)
    try:
        return str(
            compiled(template).render(
                messages=[dict(one) for one in messages],
                tools=None,
                documents=None,
                add_generation_prompt=True,
                **marks,
            )
        )
    except (_TooMuchError, RecursionError, MemoryError) as error:
        raise RefusedError(
            f"the template of conversations of {base} does not come to an end: it was stopped; "
            "give its folder another chat template, or train on another base"
        ) from error
    except InputError:
        raise
    except (_errors(), TypeError, ValueError, ArithmeticError, LookupError) as error:
        raise RefusedError(
            f"the template of conversations of {base} fails: {error}; give its folder another "
            "chat template, or train on another base"
        ) from error
    finally:
        _left.reset(told)


@lru_cache(maxsize=16)
def compiled(template: str) -> Any:
    """Return a template that counts what it does; raises MissingPackageError without Jinja."""
    try:
        environment = _environment()
    except ImportError as error:
        raise MissingPackageError(
            "jinja2",
            extra="writers",
            needed_for=Said("wording a conversation", zh="组织对话的措辞"),
        ) from error
    return environment.from_string(template)


def spent(value: Any) -> Any:
    """Count what a template handles, and return it."""
    _pay(_size(value, {}))
    return value


def _pay(cost: int) -> None:
    left = _left.get() - cost
    if left < 0:
        raise _TooMuchError
    _left.set(left)


def _size(value: Any, known: dict[int, int]) -> int:
    """Return how much is written where a value is; what stands in it twice counts twice."""
    if isinstance(value, str | bytes | range):
        return len(value)
    if isinstance(value, int):
        return abs(value) if abs(value) < BUDGET else value.bit_length() + BUDGET
    if not isinstance(value, list | tuple | set | dict):
        return 1
    if id(value) not in known:
        known[id(value)] = 0  # one that holds itself ends here
        items = [*value.keys(), *value.values()] if isinstance(value, dict) else value
        known[id(value)] = 1 + sum(1 + _size(one, known) for one in items)
    return known[id(value)]


def _environment() -> Any:
    from jinja2.ext import Extension, loopcontrols
    from jinja2.nodes import CallBlock
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    class Generation(Extension):
        """`{% generation %}`, which marks what the model says: it changes no text."""

        tags = {"generation"}  # noqa: RUF012 - as Jinja has it

        def parse(self, parser: Any) -> Any:
            line = next(parser.stream).lineno
            body = parser.parse_statements(("name:endgeneration",), drop_needle=True)
            return CallBlock(self.call_method("said"), [], [], body).set_lineno(line)

        def said(self, caller: Any) -> Any:
            return caller()

    class Counting(ImmutableSandboxedEnvironment):
        intercepted_binops = frozenset(("+", "*", "**", "%"))

        @property
        def step(self) -> bool:
            _pay(STEP)
            return True

        spent = staticmethod(spent)

        def _parse(self, *source: Any) -> Any:
            return _counted(super()._parse(*source))

        def call(__self, __context: Any, __obj: Any, *args: Any, **kwargs: Any) -> Any:
            if __obj is spent:
                return spent(*args)
            _pay(STEP + _size((args, kwargs), {}))
            method = getattr(__obj, "__wrapped__", __obj)  # the sandbox wraps a format
            owner = getattr(method, "__self__", None)
            if isinstance(owner, str | bytes | list | dict):
                name = getattr(method, "__name__", "")
                _require_short(owner, name, [*args, *kwargs.values()])
            return spent(super().call(__context, __obj, *args, **kwargs))

        def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
            _pay(_made_of(operator, left, right))
            return super().call_binop(context, operator, left, right)

    found = Counting(
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=[Generation, loopcontrols],
        finalize=spent,
        optimized=False,
    )
    found.filters |= {"tojson": _json, "replace": _replaced, "format": _formatted}
    found.filters |= {"indent": _indented, "join": _joined()}
    del found.globals["lipsum"]  # it writes as much as it is asked for
    found.globals |= {"raise_exception": _refuse, "strftime_now": _now, "namespace": _namespace()}
    return found


def _counted(tree: Any) -> Any:
    """Return a template that counts each pass, and all that filters and joins are given."""
    from jinja2 import nodes
    from jinja2.visitor import NodeTransformer

    def step(line: int) -> Any:
        return nodes.EnvironmentAttribute("step", lineno=line)

    def counted(node: Any) -> Any:
        name = nodes.EnvironmentAttribute("spent")
        return nodes.Call(name, [node], [], None, None, lineno=node.lineno)

    class Counts(NodeTransformer):
        def visit_For(self, node: Any) -> Any:
            self.generic_visit(node)
            node.body.insert(0, nodes.ExprStmt(step(node.lineno), lineno=node.lineno))
            if node.test is not None:
                node.test = nodes.And(step(node.lineno), node.test, lineno=node.lineno)
            return node

        def visit_Macro(self, node: Any) -> Any:
            self.generic_visit(node)
            node.body.insert(0, nodes.ExprStmt(step(node.lineno), lineno=node.lineno))
            return node

        visit_CallBlock = visit_Macro

        def visit_Filter(self, node: Any) -> Any:
            self.generic_visit(node)
            if node.name in _LENT:
                return node
            if node.node is not None:
                node.node = counted(node.node)
            node.args = [counted(one) for one in node.args]
            for pair in node.kwargs:
                pair.value = counted(pair.value)
            return counted(node) if node.node is not None else node

        def visit_Concat(self, node: Any) -> Any:
            self.generic_visit(node)
            node.nodes = [counted(one) for one in node.nodes]
            return node

    made = Counts().visit(tree)
    made.set_environment(tree.environment)
    return made


def _made_of(operator: str, left: Any, right: Any) -> int:
    """Return the size of what an operator makes, before it is made."""
    sizes = _size(left, {}), _size(right, {})
    if operator == "**":
        is_whole = isinstance(left, int) and isinstance(right, int)
        return left.bit_length() * abs(right) if is_whole else 1
    if operator == "*" and all(isinstance(one, int | float) for one in (left, right)):
        return 1 + sum(one.bit_length() for one in (left, right) if isinstance(one, int))
    if operator == "%" and isinstance(left, str | bytes):
        form = left if isinstance(left, str) else left.decode("latin-1")
        if _STARRED.search(form.replace("%%", "")):
            raise _TooMuchError
        return sizes[0] + _widths(form) + form.count("%") * sizes[1]
    if operator == "*":
        return (1 + sizes[0]) * (1 + sizes[1])
    return 1 if isinstance(left, int | float) else sum(sizes)


def _widths(form: str) -> int:
    """Return what all numbers in a format add up to: each may be a width."""
    found = re.findall("[0-9]+", form)
    return sum(int(one) if len(one) < 9 else BUDGET * BUDGET for one in found)


def _require_short(owner: Any, name: str, args: Sequence[Any]) -> None:
    _pay(_size(owner, {}))
    if name == "replace" and len(args) > 1:
        _pay(_size(owner, {}) * _size(args[1], {}))
    elif name in ("join", "expandtabs", "translate") and args:
        _pay(_size(owner, {}) * _size(args[0], {}))
    elif name in ("format", "format_map") and isinstance(owner, str):
        fields = [form or "" for _, _, form, _ in Formatter().parse(owner)]
        if any("{" in one for one in fields):  # a width that stands elsewhere
            raise _TooMuchError
        _pay(sum(map(_widths, fields)) + len(fields) * _size(args, {}))


def _formatted(form: Any, *args: Any, **named: Any) -> str:
    said = str(form)
    _pay(_made_of("%", said, named or args))
    return str(said % (named or args))


def _indented(text: Any, width: int | str = 4, first: bool = False, blank: bool = False) -> str:
    from jinja2.filters import do_indent

    said = str(text)
    _pay((1 + len(said.splitlines())) * _size(width, {}))
    return do_indent(said, width, first, blank)


def _joined() -> Any:
    from jinja2 import pass_eval_context
    from jinja2.filters import sync_do_join

    @pass_eval_context
    def joined(context: Any, value: Any, d: Any = "", attribute: Any = None) -> str:
        items = list(value)
        _pay(len(items) * len(str(d)))
        return str(sync_do_join(context, items, d, attribute))

    return joined


def _replaced(text: Any, old: Any, new: Any, count: int | None = None) -> str:
    said = str(text)
    _pay(len(said) * len(str(new)))
    return said.replace(str(old), str(new), -1 if count is None else count)


def _json(value: Any, ensure_ascii: bool = False, **how: Any) -> str:
    if not how:
        return json.dumps(value, ensure_ascii=ensure_ascii)
    pieces = json.JSONEncoder(ensure_ascii=ensure_ascii, **how).iterencode(value)
    return "".join(spent(piece) for piece in pieces)


def _now(form: str) -> str:
    return datetime.now().strftime(form)


def _refuse(message: str) -> str:
    raise InputError(f"the model's template of conversations refuses this one: {message}")


def _namespace() -> type:
    from jinja2.utils import Namespace

    class Plain(Namespace):
        """Keeps no name with an underscore before it: Python's own begin so."""

        def __setitem__(self, name: str, value: Any) -> None:
            if name.startswith("_"):
                raise _errors()(f"a namespace keeps no {name!r}")
            super().__setitem__(name, value)

    return Plain


def _errors() -> type[Exception]:
    from jinja2.exceptions import TemplateError

    return TemplateError
