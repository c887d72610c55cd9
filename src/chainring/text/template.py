"""A base's template of conversations, in Jinja: it reaches nothing, and it ends.

Enters the template, the messages and the marks that it may name; leaves one text, as transformers
words it. A template is somebody else's program. Loops and calls count, and so does the size of what
they are given and what is made of it; beyond the budget it is refused.

    worded(template, messages, marks={"eos_token": "</s>"}, base="a-chat-base")
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from chainring.contracts.errors import InputError, MissingPackageError, RefusedError
from chainring.contracts.said import Said
from chainring.text.template_costs import (
    BUDGET,
    COUNTERS,
    STEP,
    TooMuchError,
    budget,
    compared,
    made_of,
    pay,
    require_short,
    size_of,
    spent,
    squared,
)

A_CHARACTER = 100
"""And so many more for each character of the conversation."""
A_PAIR = 2 * STEP
"""And so many more for each message seen from each: some templates look ahead from every one."""
_LENT = frozenset(("length", "count", "first", "last"))
"""Filters that read nothing of what stands in their input."""
_COMPARING = frozenset((
    "eq", "==", "equalto", "ne", "!=", "lt", "<", "lessthan", "le", "<=", "gt", ">", "greaterthan",
    "ge", ">=", "in", "lower", "upper", "divisibleby", "filter", "test",
))  # fmt: skip
"""Tests that read what they are given, or hash it; the others look at its type."""
_SQUARED = frozenset(("striptags", "urlize", "wordwrap"))
"""Filters that read a text anew for each of its words or marks."""


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
    most = BUDGET + A_CHARACTER * length + A_PAIR * len(messages) ** 2
    try:
        with budget(most):
            return str(
                compiled(template).render(
                    messages=[dict(one) for one in messages],
                    tools=None,
                    documents=None,
                    add_generation_prompt=True,
                    **marks,
                )
            )
    except (TooMuchError, RecursionError, MemoryError) as error:
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
        intercepted_binops = frozenset(("+", "*", "**", "%", "//"))

        @property
        def step(self) -> bool:
            pay(STEP)
            return True

        spent, compared, squared, judged = (staticmethod(one) for one in COUNTERS)

        def _parse(self, *source: Any) -> Any:
            return _counted(super()._parse(*source))

        def call(__self, __context: Any, __obj: Any, *args: Any, **kwargs: Any) -> Any:
            if __obj in COUNTERS:
                return __obj(*args)
            pay(STEP + size_of((args, kwargs), {}))
            method = getattr(__obj, "__wrapped__", __obj)  # the sandbox wraps a format
            owner = getattr(method, "__self__", None)
            if isinstance(owner, str | bytes | list | dict):
                name = getattr(method, "__name__", "")
                require_short(owner, name, [*args, *kwargs.values()])
            return spent(super().call(__context, __obj, *args, **kwargs))

        def call_test(self, name: str, value: Any, args: Any = None, *rest: Any, **kw: Any) -> Any:
            if name in _COMPARING:
                compared([value, *(args or ())])
            return super().call_test(name, value, args, *rest, **kw)

        def call_filter(self, name: str, value: Any, *rest: Any, **kw: Any) -> Any:
            if name in _SQUARED:
                squared(value)
            return super().call_filter(name, value, *rest, **kw)

        def getitem(self, obj: Any, argument: Any) -> Any:
            if isinstance(argument, tuple):
                compared(argument)
            return super().getitem(obj, argument)

        def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
            pay(made_of(operator, left, right))
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

    def counted(node: Any, how: str = "spent") -> Any:
        if how == "compared" and isinstance(node, nodes.Const):
            return node
        name = nodes.EnvironmentAttribute(how)
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
                how = "squared" if node.name in _SQUARED else "spent"
                node.node = counted(node.node, how)
            node.args = [counted(one) for one in node.args]
            for pair in node.kwargs:
                pair.value = counted(pair.value)
            return counted(node) if node.node is not None else node

        def visit_Concat(self, node: Any) -> Any:
            self.generic_visit(node)
            node.nodes = [counted(one) for one in node.nodes]
            return node

        def visit_Compare(self, node: Any) -> Any:
            self.generic_visit(node)
            if len(node.ops) == 1:
                operator = nodes.Const(node.ops[0].op)
                name = nodes.EnvironmentAttribute("judged")
                values = [node.expr, operator, node.ops[0].expr]
                return nodes.Call(name, values, [], None, None, lineno=node.lineno)
            node.expr = counted(node.expr, "compared")
            for one in node.ops:
                one.expr = counted(one.expr, "compared")
            return node

        def visit_Test(self, node: Any) -> Any:
            self.generic_visit(node)
            if node.name in _COMPARING:
                node.node = counted(node.node, "compared")
                node.args = [counted(one, "compared") for one in node.args]
            return node

        def visit_Dict(self, node: Any) -> Any:
            self.generic_visit(node)
            for pair in node.items:
                pair.key = counted(pair.key, "compared")
            return node

    made = Counts().visit(tree)
    made.set_environment(tree.environment)
    return made


def _formatted(form: Any, *args: Any, **named: Any) -> str:
    said = str(form)
    pay(made_of("%", said, named or args))
    return str(said % (named or args))


def _indented(text: Any, width: int | str = 4, first: bool = False, blank: bool = False) -> str:
    from jinja2.filters import do_indent

    said = str(text)
    pay((1 + len(said.splitlines())) * size_of(width, {}))
    return do_indent(said, width, first, blank)


def _joined() -> Any:
    from jinja2 import pass_eval_context
    from jinja2.filters import sync_do_join

    @pass_eval_context
    def joined(context: Any, value: Any, d: Any = "", attribute: Any = None) -> str:
        items = list(value)
        pay(len(items) * len(str(d)))
        return str(sync_do_join(context, items, d, attribute))

    return joined


def _replaced(text: Any, old: Any, new: Any, count: int | None = None) -> str:
    said = str(text)
    pay(len(said) * len(str(new)))
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
