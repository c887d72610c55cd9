"""What a template of conversations may do, and what each thing that it does costs.

Enter the values that it handles; what is beyond the budget raises TooMuchError:

    with budget(2_000):
        spent("a" * 1_000)
        compared([["a"], ["b"]])
"""

from __future__ import annotations

import operator as operators
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import chain, islice
from string import Formatter
from typing import Any

BUDGET = 2_000_000
"""Characters, items and numbers, all together, that a template may handle: about a second."""
STEP = 50
"""What one pass through a loop, or one call, counts."""
_MAX_BITS = 1 << 16
"""Of a number: no text names one so long, and to divide by it takes long."""
_STARRED = re.compile(r"%[^a-zA-Z%]*\*")
"""A format whose width stands elsewhere."""
_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "eq": operators.eq, "ne": operators.ne, "lt": operators.lt, "lteq": operators.le,
    "gt": operators.gt, "gteq": operators.ge, "in": lambda item, of: item in of,
    "notin": lambda item, of: item not in of,
}  # fmt: skip
"""By the names that Jinja gives them."""
_left: ContextVar[int] = ContextVar("left")


class TooMuchError(Exception):
    """The budget is spent."""


@contextmanager
def budget(most: int) -> Iterator[None]:
    """Let so much be spent inside."""
    told = _left.set(most)
    try:
        yield
    finally:
        _left.reset(told)


def spent(value: Any) -> Any:
    """Count what a template handles, and return it."""
    pay(size_of(value, {}))
    return value


def compared(value: Any) -> Any:
    """Count what a comparison, a test or a hash reads, and return it."""
    pay(size_of(value, {}, counts=False))
    return value


def judged(left: Any, operator: str, right: Any) -> Any:
    """Count what a comparison of two values reads, and return what comes of it.

    It ends with the smaller one; of a mapping only the hash of what is looked for is read.
    """
    if operator in ("in", "notin"):
        compared(left if isinstance(right, dict) else right)
    else:
        pay(_smaller(left, right))
    return _OPERATORS[operator](left, right)


def _smaller(left: Any, right: Any) -> int:
    """Return the smaller of two sizes; of the larger value no more is walked than of that one."""
    most = 64
    while (size := min(_up_to(one, most) for one in (left, right))) == most:
        if most > _left.get():
            raise TooMuchError
        most *= 4
    return size


def _up_to(value: Any, most: int) -> int:
    """Return the size of a value (as `size_of`), or `most` where it is no smaller."""
    found, left = 0, [value]
    while left and found < most:
        items = _items(left.pop())
        if isinstance(items, int):
            found += items
        else:
            some = list(islice(items, most - found))
            found += 1 + len(some)
            left += some
    return min(found, most)


def squared(value: Any) -> Any:
    """Count what a filter does that reads a text once for each of its parts, and return it."""
    pay((size_of(value, {}) // STEP) ** 2)
    return value


def pay(cost: int) -> None:
    """Spend some of the budget; raise TooMuchError where it has no more."""
    left = _left.get() - cost
    if left < 0:
        raise TooMuchError
    _left.set(left)


def size_of(value: Any, known: dict[int, int], *, counts: bool = True) -> int:
    """Return how much is written where a value is; what stands in it twice counts twice.

    A number may say how often something is done, if it `counts`.
    """
    if counts and isinstance(value, int) and value.bit_length() <= _MAX_BITS:
        return abs(value) if abs(value) < BUDGET else value.bit_length() + BUDGET
    items = _items(value)
    if isinstance(items, int):
        return items
    if id(value) not in known:
        known[id(value)] = 0  # one that holds itself ends here
        known[id(value)] = 1 + sum(1 + size_of(one, known, counts=counts) for one in items)
    return known[id(value)]


def _items(value: Any) -> int | Iterable[Any]:
    """Return what stands in a value, or the size of one in which nothing stands."""
    if isinstance(value, str | bytes | range):
        return len(value)
    if isinstance(value, int):
        return _short(value)
    if any(base.__name__ == "Namespace" for base in type(value).__mro__):
        value = value._Namespace__attrs
    if isinstance(value, dict):
        return chain(value.keys(), value.values())
    return value if isinstance(value, list | tuple | set) else 1


def _short(number: int) -> int:
    if number.bit_length() > _MAX_BITS:
        raise TooMuchError
    return 1 + number.bit_length() // 8


def made_of(operator: str, left: Any, right: Any) -> int:
    """Return the size of what an operator makes, before it is made."""
    if operator == "//" or (operator == "%" and isinstance(left, int)):
        return size_of([left, right], {}, counts=False)
    sizes = size_of(left, {}), size_of(right, {})
    if operator == "**":
        is_whole = isinstance(left, int) and isinstance(right, int)
        return left.bit_length() * abs(right) if is_whole else 1
    if operator == "*" and all(isinstance(one, int | float) for one in (left, right)):
        return 1 + sum(one.bit_length() for one in (left, right) if isinstance(one, int))
    if operator == "%" and isinstance(left, str | bytes):
        form = left if isinstance(left, str) else left.decode("latin-1")
        if _STARRED.search(form.replace("%%", "")):
            raise TooMuchError
        return sizes[0] + _widths(form) + form.count("%") * sizes[1]
    if operator == "*":
        return (1 + sizes[0]) * (1 + sizes[1])
    return 1 if isinstance(left, int | float) else sum(sizes)


def _widths(form: str) -> int:
    """Return what all numbers in a format add up to: each may be a width."""
    found = re.findall("[0-9]+", form)
    return sum(int(one) if len(one) < 9 else BUDGET * BUDGET for one in found)


def require_short(owner: Any, name: str, args: Sequence[Any]) -> None:
    """Count what a method of a text, list or mapping makes, before it is made."""
    pay(size_of(owner, {}))
    if name == "replace" and len(args) > 1:
        pay(size_of(owner, {}) * size_of(args[1], {}))
    elif name in ("join", "expandtabs", "translate") and args:
        pay(size_of(owner, {}) * size_of(args[0], {}))
    elif name in ("format", "format_map") and isinstance(owner, str):
        fields = [form or "" for _, _, form, _ in Formatter().parse(owner)]
        if any("{" in one for one in fields):  # a width that stands elsewhere
            raise TooMuchError
        pay(sum(map(_widths, fields)) + len(fields) * size_of(args, {}))


COUNTERS: tuple[Callable[..., Any], ...] = (spent, compared, squared, judged)
