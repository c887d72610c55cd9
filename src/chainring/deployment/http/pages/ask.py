"""The page to ask on: a question, its answer, and everything one can say about that answer."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from chainring.contracts.feedback import FLAG_KINDS
from chainring.contracts.tasks import TASKS, Form
from chainring.deployment.http.calls import Call
from chainring.deployment.http.pages.layout import heading, label_data, name_of, page
from chainring.deployment.http.pages.markup import Markup, coded, group, tag
from chainring.deployment.http.pages.strings import Strings
from chainring.deployment.http.pages.values import LISTED, form_of, value_field
from chainring.deployment.http.verbs import LabelName

_SHOWN_LABELS = 14


async def ask(call: Call) -> Response:
    """Draw the page."""
    say = Strings(call.language)
    ready = call.verbs.ready()
    labels = await run_in_threadpool(call.verbs.labels) if ready.ok else []
    form = form_of(call)
    notice = tag("p", coded(say("ring.no_champion")), class_="notice", role="status")
    return page(
        call,
        heading(say("ask.head")),
        notice if ready.code == "no_model" else group(),
        tag("noscript", tag("p", say("noscript"), class_="notice")),
        _question(call, say),
        _topics(labels, say),
        tag("div", id="answers", aria_live="polite"),
        tag("template", _answer(form, say), id="answer"),
        label_data(labels, say),
        title=say("ask.title"),
        active="ask",
        script="ask.js",
        words=("ask.", "correct.", "comment.", "flag."),
    )


def _question(call: Call, say: Strings) -> Markup:
    return tag(
        "form",
        tag("label", say("ask.label"), for_="text", class_="unseen"),
        tag(
            "textarea",
            id="text",
            name="text",
            rows=3,
            required=True,
            maxlength=call.house.settings.max_characters,
            placeholder=say("ask.placeholder"),
            aria_describedby="hint trouble",
            data_first=True,
        ),
        _second(call, say),
        tag(
            "div",
            tag("p", say("ask.hint"), id="hint", class_="hint"),
            tag("button", say("ask.go"), type="submit", class_="primary"),
            class_="row",
        ),
        tag("p", id="trouble", class_="trouble", role="alert", hidden=True),
        id="question",
        class_="card",
        novalidate=True,
    )


def _second(call: Call, say: Strings) -> Markup:
    """Return the field of the second text, where the task reads one."""
    facts = TASKS[call.verbs.load().task]
    if not facts.takes_pair:
        return group()
    return group(
        tag("label", say("ask.pair"), for_="pair", class_="small"),
        tag(
            "textarea",
            id="pair",
            name="pair",
            rows=3,
            required=facts.asks_pair,
            maxlength=call.house.settings.max_characters,
        ),
    )


def _topics(labels: Sequence[LabelName], say: Strings) -> Markup:
    if not labels:
        return group()
    shown = [tag("li", name_of(each.label, labels, say)) for each in labels[:_SHOWN_LABELS]]
    more = tag("li", say("ask.more", n=len(labels)), class_="more")
    return tag(
        "section",
        tag("h2", say("ask.knows"), class_="small"),
        tag("ul", *shown, more if len(labels) > _SHOWN_LABELS else None, class_="chips"),
        id="topics",
    )


def _answer(form: Form, say: Strings) -> Markup:
    return tag(
        "article",
        tag("p", tag("span", say("ask.you"), class_="small"), " ", _slot("q", "question")),
        _slot("p", "passed_on", class_="passed", hidden=True),
        _slot("h2", "label", tabindex="-1"),
        tag(
            "div",
            tag("span", say("ask.confidence"), class_="small"),
            _slot("meter", "meter", min=0, max=1, low=0.5, high=0.8, optimum=1),
            _slot("span", "sure"),
            class_="confidence",
        ),
        tag(
            "details",
            tag("summary", say("ask.passage")),
            _slot("blockquote", "passage_text"),
            data_slot="passage",
            hidden=True,
        ),
        tag(
            "aside",
            tag("span", say("ask.article"), class_="small"),
            _slot("h3", "article_title"),
            _slot("p", "article_text"),
            data_slot="article",
            hidden=True,
        ),
        _reactions(say),
        _correct(form, say),
        _comment(say),
        _flag(say),
        _slot("p", "told", class_="told", role="status"),
        class_="card answer",
    )


def _slot(name: str, slot: str, **attributes: str | float | bool | None) -> Markup:
    return tag(name, data_slot=slot, **attributes)


def _reactions(say: Strings) -> Markup:
    thumbs = [
        tag(
            "button",
            _thumb(turned=value == "down"),
            tag("span", say(f"ask.{value}"), class_="unseen"),
            type="button",
            class_="thumb",
            data_rate=value,
            aria_pressed="false",
            title=say(f"ask.{value}"),
        )
        for value in ("up", "down")
    ]
    panels = [
        tag("button", say(f"ask.{name}"), type="button", data_open=name, aria_expanded="false")
        for name in ("correct", "comment", "flag")
    ]
    return tag(
        "div",
        tag("span", say("ask.rate"), class_="small"),
        tag("span", *thumbs, class_="thumbs"),
        *panels,
        tag(
            "a",
            say("ask.why"),
            tag("span", say("new_tab"), class_="unseen"),
            href="#",
            target="_blank",  # the answers live in this page, and their buttons with them
            data_slot="why",
            class_="why",
        ),
        class_="reactions",
        role="group",
        aria_label=say("ask.rate"),
    )


_THUMB = (
    "M7 10v10H4V10h3zm2 9V10l4-7c1.2 0 2 .9 2 2v4h4.3c1.1 0 1.9 1 1.7 2.1l-1.3 7"
    "c-.2 1-1 1.9-2 1.9H11c-.8 0-1.5-.4-2-1z"
)


def _thumb(*, turned: bool) -> Markup:
    path = tag("path", d=_THUMB, transform="rotate(180 12 12)" if turned else None)
    return tag("svg", path, viewBox="0 0 24 24", class_="icon", aria_hidden="true")


def _panel(name: str, say: Strings, *fields: Markup) -> Markup:
    return tag(
        "form",
        tag("fieldset", tag("legend", say(f"{name}.head")), *fields),
        data_panel=name,
        hidden=True,
        novalidate=True,
    )


def _correct(form: Form, say: Strings) -> Markup:
    return _panel(
        "correct",
        say,
        value_field(form, say, name="label"),
        tag("p", say("correct.hint"), class_="hint") if form in LISTED else group(),
        tag(
            "div",
            tag("button", say("correct.learn"), class_="primary", name="consent", value="training"),
            tag("button", say("correct.quiet"), class_="quiet", name="consent", value="refused"),
            class_="row start",
        ),
    )


def _comment(say: Strings) -> Markup:
    text = tag("textarea", name="comment", rows=2, maxlength=2000)
    return _panel(
        "comment",
        say,
        tag("label", tag("span", say("comment.label")), text),
        tag("button", say("send"), class_="primary"),
    )


def _flag(say: Strings) -> Markup:
    kinds = [
        tag(
            "label",
            tag("input", type="radio", name="kind", value=kind, checked=index == 0),
            tag("span", say(f"flag.{kind}")),
            class_="choice",
        )
        for index, kind in enumerate(FLAG_KINDS)
    ]
    words = tag("textarea", name="comment", rows=2, maxlength=2000)
    return _panel(
        "flag",
        say,
        tag("div", *kinds, class_="choices"),
        tag("label", tag("span", say("flag.words")), words),
        tag("button", say("send"), class_="primary"),
    )
