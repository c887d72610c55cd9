"""Cases: the list that operators close, and the page on which a reporter follows one."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from chainring.contracts.case import Case
from chainring.contracts.tasks import Form
from chainring.deployment.http.calls import Call
from chainring.deployment.http.pages.layout import (
    heading,
    label_data,
    page,
    when,
)
from chainring.deployment.http.pages.markup import Markup, group, tag
from chainring.deployment.http.pages.review import asked
from chainring.deployment.http.pages.strings import Strings
from chainring.deployment.http.pages.values import form_of, shown, value_field
from chainring.deployment.http.routes import case_state
from chainring.deployment.http.verbs import LabelName, ReviewItem


async def cases(call: Call) -> Response:
    """Draw the list, open cases first asked for."""
    say = Strings(call.language)
    state = case_state(call.query("state", "open")) or "open"
    labels = await run_in_threadpool(call.verbs.labels) if call.verbs.ready().ok else []
    found = await run_in_threadpool(call.verbs.cases, state=state, caller=call.caller)
    about = await run_in_threadpool(call.verbs.cases_about, found, caller=call.caller)
    tabs = [
        tag(
            "a",
            say(f"cases.{name}"),
            href=f"/cases?state={name}",
            aria_current="page" if name == state else None,
        )
        for name in ("open", "closed")
    ]
    form = form_of(call)
    cards = [_card(case, about.get(case.id), form, labels, say) for case in found]
    return page(
        call,
        heading(say("cases.title"), say("cases.lead")),
        tag("nav", *tabs, class_="tabs", aria_label=say("cases.title")),
        tag("ol", *cards, class_="queue")
        if cards
        else tag("p", say("cases.none"), class_="notice"),
        label_data(labels, say),
        title=say("cases.title"),
        active="cases",
        script="cases.js",
        words=("cases.", "correct."),
    )


async def case(call: Call) -> Response:
    """Draw one case for its reporter."""
    say = Strings(call.language)
    found = await run_in_threadpool(
        call.verbs.case_for,
        call.path("id"),
        author=call.author,
        feedback=call.query("feedback"),
        caller=call.caller,
    )
    told = [
        tag("div", tag("dt", say(key)), tag("dd", text))
        for key, text in (("case.outcome", found.outcome), ("case.told", found.told))
        if text
    ]
    return page(
        call,
        heading(say("case.title")),
        tag(
            "article",
            _facts(found, say),
            tag("p", say("case.wait")) if found.state == "open" else tag("dl", *told),
            class_="card",
        ),
        title=say("case.title"),
        active="cases",
    )


def _facts(found: Case, say: Strings) -> Markup:
    return tag(
        "p",
        tag("span", say.known(f"flag.{found.kind}", found.kind), class_="badge flag"),
        tag("span", say(f"cases.{found.state}"), class_=f"badge {found.state}"),
        when(found.at),
        class_="facts",
    )


def _card(
    found: Case, about: ReviewItem | None, form: Form, labels: Sequence[LabelName], say: Strings
) -> Markup:
    link = tag("a", say("cases.answer"), href=f"/why/{found.prediction}")
    return tag(
        "li",
        _facts(found, say),
        tag("p", say.told(found.because)) if found.because else None,
        asked(about, form, labels, say) if about else None,
        tag("p", link) if found.prediction else None,
        group(_opener(say), _form(form, say))
        if found.state == "open"
        else _end(found, form, labels, say),
        tag("p", class_="told", role="status"),
        class_="card item",
        id=found.id,
        data_case=found.id,
    )


def _opener(say: Strings) -> Markup:
    return tag(
        "button", say("cases.close"), type="button", data_open="close", aria_expanded="false"
    )


def _form(form: Form, say: Strings) -> Markup:
    def words(name: str) -> Markup:
        field = tag("textarea", name=name, rows=2, maxlength=2000, required=True)
        return tag("label", tag("span", say(f"cases.{name}")), field)

    box = tag("input", type="checkbox", name="must")
    return tag(
        "form",
        words("outcome"),
        words("told"),
        value_field(form, say, name="label", head="cases.truth"),
        tag("label", box, tag("span", say("review.must")), class_="choice"),
        tag("button", say("cases.close"), class_="primary"),
        data_panel="close",
        hidden=True,
    )


def _end(found: Case, form: Form, labels: Sequence[LabelName], say: Strings) -> Markup:
    rows = (
        ("cases.outcome", found.outcome),
        ("cases.told", found.told),
        ("correct.label", shown(found.truth, form, labels, say) if found.truth else ""),
    )
    said = [tag("div", tag("dt", say(key)), tag("dd", text)) for key, text in rows if text]
    owner = tag("p", say("cases.owner", owner=found.owner), class_="hint")
    return group(tag("dl", *said), owner if found.owner else None)
