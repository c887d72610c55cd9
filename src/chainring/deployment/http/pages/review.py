"""The page on which a person says what is true: accept, change or reject, by mouse or by keys."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from chainring.deployment.http.calls import Call
from chainring.deployment.http.pages.layout import (
    combobox,
    heading,
    label_data,
    name_of,
    page,
    when,
)
from chainring.deployment.http.pages.markup import Markup, group, tag
from chainring.deployment.http.pages.strings import Strings
from chainring.deployment.http.verbs import LabelName, ReviewItem

PAGE_SIZE = 50


async def review(call: Call) -> Response:
    """Draw the queue."""
    say = Strings(call.language)
    labels = await run_in_threadpool(call.verbs.labels) if call.verbs.ready().ok else []
    items = await run_in_threadpool(call.verbs.review_items, limit=PAGE_SIZE, caller=call.caller)
    cards = [_card(item, labels, say) for item in items]
    return page(
        call,
        heading(say("review.title"), say("review.lead")),
        tag("p", say("review.keys"), class_="hint keys"),
        tag("p", say("review.left", n=len(items)), id="left", role="status", hidden=not items),
        tag("p", say("review.empty"), id="empty", class_="notice", hidden=bool(items)),
        tag("ol", *cards, class_="queue"),
        label_data(labels, say),
        title=say("review.title"),
        active="review",
        script="review.js",
        words=("review.", "correct."),
    )


def _card(item: ReviewItem, labels: Sequence[LabelName], say: Strings) -> Markup:
    truth = item.proposed or item.answer
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
        tag("blockquote", item.text, lang=item.language or None),
        tag("p", item.why, class_="hint") if item.why else None,
        tag(
            "dl",
            _said(say("review.model"), item.answer, labels, say, confidence=item.confidence),
            _said(say("review.user"), item.proposed, labels, say),
        ),
        _decisions(truth, labels, say),
        _change(say),
        tag("p", class_="told", role="status"),
        class_="card item",
        tabindex="-1",
        data_item=item.id,
        data_value=truth,
    )


def _author(item: ReviewItem, say: Strings) -> Markup:
    by = tag("span", say("review.by", author=item.author), class_="hint")
    return by if item.author else group()


def _said(
    who: str,
    label: str,
    labels: Sequence[LabelName],
    say: Strings,
    *,
    confidence: float | None = None,
) -> Markup:
    if not label:
        return group()
    share = None if confidence is None else tag("span", f"{confidence:.0%}", class_="hint")
    return tag("div", tag("dt", who), tag("dd", name_of(label, labels, say), " ", share))


def _decisions(truth: str, labels: Sequence[LabelName], say: Strings) -> Markup:
    accept = say("review.accept", label=name_of(truth, labels, say))
    return tag(
        "div",
        tag("button", accept, type="button", data_decision="accept", class_="primary")
        if truth
        else None,
        tag("button", say("review.change"), type="button", data_open="change"),
        tag("button", say("review.reject"), type="button", data_decision="reject"),
        tag(
            "label",
            tag("input", type="checkbox", name="must"),
            tag("span", say("review.must")),
            class_="choice",
        ),
        class_="row start",
    )


def _change(say: Strings) -> Markup:
    return tag(
        "form",
        combobox(say, say("review.change_to"), name="label"),
        tag("button", say("review.save"), class_="primary"),
        data_panel="change",
        hidden=True,
        novalidate=True,
    )
