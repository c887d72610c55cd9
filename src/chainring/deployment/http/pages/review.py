"""The page on which a person says what is true: accept, change or reject, by mouse or by keys."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from chainring.contracts.errors import InputError
from chainring.contracts.said import in_language
from chainring.contracts.tasks import Form
from chainring.deployment.http.calls import Call
from chainring.deployment.http.faults import failure
from chainring.deployment.http.pages.layout import heading, label_data, page, when
from chainring.deployment.http.pages.markup import Markup, coded, group, tag
from chainring.deployment.http.pages.strings import Strings
from chainring.deployment.http.pages.values import LISTED, form_of, shown, value_field
from chainring.deployment.http.verbs import LabelName, ReviewItem

PAGE_SIZE = 50


async def review(call: Call) -> Response:
    """Draw the queue."""
    say = Strings(call.language)
    labels = await run_in_threadpool(call.verbs.labels) if call.verbs.ready().ok else []
    found, missing = await _waiting(call)
    items, left = found[:PAGE_SIZE], "review.more" if len(found) > PAGE_SIZE else "review.left"
    form = form_of(call)
    cards = [_card(number, item, form, labels, say) for number, item in enumerate(items)]
    return page(
        call,
        heading(say("review.title"), say("review.lead")),
        tag("p", say("review.keys"), class_="hint keys"),
        tag(
            "p",
            say(left, n=len(items)),
            id="left",
            role="status",
            hidden=not items,
            data_said=left,
        ),
        tag("p", coded(missing), class_="notice", role="status")
        if missing
        else tag("p", say("review.empty"), id="empty", class_="notice", hidden=bool(items)),
        tag("ol", *cards, class_="queue"),
        label_data(labels, say),
        title=say("review.title"),
        active="review",
        script="review.js",
        words=("review.", "correct."),
    )


async def _waiting(call: Call) -> tuple[list[ReviewItem], str]:
    """Return what waits, or why nothing can wait yet: before the first model data may be missing.

    The faults of the data name paths of the server, which are none of the page's.
    """
    try:
        found = await run_in_threadpool(
            call.verbs.review_items, limit=PAGE_SIZE + 1, caller=call.caller, language=call.language
        )
    except InputError as error:
        if call.verbs.ready().code != "no_model":
            raise
        why = failure(error, call.language).message
        return [], Strings(call.language)("review.not_yet", why=why)
    return found, "" if found else await _unlearnt(call)


async def _unlearnt(call: Call) -> str:
    """Return why nothing can ever wait, where no texts are kept."""
    found = await run_in_threadpool(call.verbs.status, caller=call.caller)
    return in_language(found.get("unlearnt", ""), call.language)


def asked(
    item: ReviewItem, form: Form, labels: Sequence[LabelName], say: Strings, *, id_: str = ""
) -> Markup:
    """Return what was asked, what somebody said of it, and what was answered or proposed."""

    def said(who: str, value: str, confidence: float | None = None) -> Markup:
        return _said(say(who), shown(value, form, labels, say), confidence=confidence)

    text = tag(
        "blockquote", item.text, id=id_ or None, lang=item.language or None, class_=item.kind
    )
    return group(
        text,
        _second(item, say),
        tag("p", item.why, class_="hint") if item.why else None,
        tag(
            "dl",
            said("review.model", item.answer, item.confidence),
            said("review.user", item.proposed),
        ),
    )


def _card(
    number: int, item: ReviewItem, form: Form, labels: Sequence[LabelName], say: Strings
) -> Markup:
    truth, text = item.proposed or item.answer, f"text-{number}"
    return tag(
        "li",
        tag(
            "p",
            tag("span", say.known(f"kind.{item.kind}", item.kind), class_=f"badge {item.kind}"),
            tag("span", say("review.by", author=item.author), class_="hint")
            if item.author
            else None,
            when(item.at),
            class_="facts",
        ),
        asked(item, form, labels, say, id_=text),
        _name_it(text, say)
        if item.kind == "cluster"
        else _decisions(shown(truth, form, labels, say), text, form, say),
        _change(form, say),
        tag("p", class_="told", role="status"),
        class_="card item",
        tabindex="-1",
        data_item=item.id,
        data_value=truth,
    )


def _second(item: ReviewItem, say: Strings) -> Markup:
    """Return the text that stands beside the first one, where the task reads two."""
    if not item.pair:
        return group()
    return group(
        tag("p", say("review.passage" if item.looked_up else "ask.pair"), class_="small"),
        tag("blockquote", item.pair, class_="pair"),
    )


def _said(who: str, value: str, *, confidence: float | None) -> Markup:
    if not value:
        return group()
    share = None if confidence is None else tag("span", f"{confidence:.0%}", class_="hint")
    return tag("div", tag("dt", who), tag("dd", value, " ", share))


def _decisions(truth: str, text: str, form: Form, say: Strings) -> Markup:
    def button(words: str, **attributes: str) -> Markup:
        return tag("button", words, type="button", aria_describedby=text, **attributes)

    short = form in (*LISTED, "number")
    accept = say("review.accept", label=truth) if short else say("review.accept_text")
    return tag(
        "div",
        button(accept, data_decision="accept", class_="primary") if truth else None,
        button(say("review.change"), data_open="change"),
        button(say("review.reject"), data_decision="reject"),
        tag(
            "label",
            tag("input", type="checkbox", name="must"),
            tag("span", say("review.must")),
            class_="choice",
        ),
        class_="row start",
    )


def _name_it(text: str, say: Strings) -> Markup:
    """Return what can be done with a group of texts: give it a name, or leave it alone."""
    button = tag(
        "button",
        say("review.name"),
        type="button",
        data_open="change",
        class_="primary",
        aria_describedby=text,
    )
    return tag("div", button, class_="row start")


def _change(form: Form, say: Strings) -> Markup:
    return tag(
        "form",
        value_field(form, say, name="label", head="review.change_to"),
        tag("button", say("review.save"), class_="primary"),
        data_panel="change",
        hidden=True,
        novalidate=True,
    )
