"""Values of a task on a page: how one is shown, and the field in which a person writes one.

A label is chosen from a list that is searched; a text, a number or tags are written.

    value_field("text", say, name="label")       # a textarea
    shown("track_order", "one", labels, say)     # 'Where is my order'
"""

from __future__ import annotations

from collections.abc import Sequence

from chainring.contracts.tasks import TASKS, Form
from chainring.deployment.http.calls import Call
from chainring.deployment.http.pages.layout import combobox, name_of
from chainring.deployment.http.pages.markup import Markup, tag
from chainring.deployment.http.pages.strings import Strings
from chainring.deployment.http.verbs import LabelName

LISTED: tuple[Form, ...] = ("one", "several")
"""Forms of values that name labels, which there is a list of."""

MAX_WRITTEN = 20_000


def form_of(call: Call) -> Form:
    """Return the form of the values of the task that is served."""
    return TASKS[call.verbs.load().task].form


def value_field(form: Form, say: Strings, *, name: str, head: str = "correct.label") -> Markup:
    """Return the field for a value; `head` says what is asked where labels are listed."""
    if form in LISTED:
        return combobox(say, say(head), name=name)
    field = (
        tag("input", type="text", name=name, inputmode="decimal", autocomplete="off", maxlength=40)
        if form == "number"
        else tag("textarea", name=name, rows=3, maxlength=MAX_WRITTEN)
    )
    return tag("label", tag("span", say(f"correct.{form}")), field, class_="value")


def shown(value: str, form: Form, labels: Sequence[LabelName], say: Strings) -> str:
    """Return a value as people read it: a label by its name, anything else as it is."""
    return name_of(value, labels, say) if form in LISTED else value
