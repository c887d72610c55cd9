from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from tests.deployment.http.demo import DemoVerbs

from chainring.contracts.feedback import Feedback
from chainring.deployment.http.pages.strings import Strings
from chainring.deployment.http.verbs import LabelName, Served

House = tuple[DemoVerbs, str]
OpenPage = Callable[..., Any]

QUESTIONS = {"en": "Where is my parcel?", "zh": "我的包裹到哪里了？"}
UNSURE = {"en": "Do you ship to the moon?", "zh": "你们招人吗？"}
NAMES = {"en": ("Where is my order", "Refund status"), "zh": ("查询物流", "退款进度")}


def _ask(page: Any, text: str) -> Any:
    page.locator("#text").fill(text)
    page.locator("#text").press("Enter")
    card = page.locator(".answer").first
    card.get_by_text(text).wait_for()
    return card


def _told(card: Any, text: str) -> None:
    card.locator(".told", has_text=text).wait_for()


def _last(house: House) -> Feedback:
    return list(house[0]._feedback.values())[-1]


def test_nothing_can_be_typed_before_the_script_can_send_it(house: House, chromium: Any) -> None:
    held: list[Any] = []
    context = chromium.new_context(locale="en-GB")
    page = context.new_page()
    page.route("**/assets/ask.js", lambda route: held.append(route))
    page.goto(house[1], wait_until="commit")
    page.locator("#text").wait_for()
    assert page.locator("#text").is_disabled()
    assert page.get_by_role("button", name=Strings("en")("ask.go")).is_disabled()
    while not held:
        page.wait_for_timeout(10)
    held[0].continue_()
    page.locator("#text:focus").wait_for()
    _ask(page, QUESTIONS["en"])
    context.close()


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_from_a_question_to_everything_one_can_say_of_its_answer(
    house: House, open_page: OpenPage, lang: str
) -> None:
    say = Strings("zh" if lang == "zh" else "en")
    page = open_page(lang=lang)
    card = _ask(page, QUESTIONS[lang])
    assert card.locator("h2").inner_text() == NAMES[lang][0]
    assert say("ask.sure_high") in card.inner_text()
    assert card.locator("[data-slot=article_text]").inner_text()

    card.get_by_role("button", name=say("ask.up")).click()
    _told(card, say("ask.rated"))
    assert (_last(house).kind, _last(house).value) == ("rating", "up")

    card.get_by_role("button", name=say("ask.correct"), exact=True).click()
    card.get_by_role("combobox").fill(NAMES[lang][1][:3])
    card.get_by_role("option", name=NAMES[lang][1]).click()
    card.get_by_role("button", name=say("correct.learn")).click()
    _told(card, say("correct.learnt"))
    stored = _last(house)
    assert (stored.kind, stored.value) == ("correction", "refund_status")
    assert stored.consent == "training"

    card.get_by_role("button", name=say("ask.comment")).click()
    card.get_by_label(say("comment.label")).fill("很好 & <b>good</b>")
    card.locator("[data-panel=comment]").get_by_role("button").click()
    card.get_by_text(say("sent"), exact=True).wait_for()  # it begins what was told before, too
    assert _last(house).comment == "很好 & <b>good</b>"

    card.get_by_role("button", name=say("ask.flag")).click()
    card.get_by_label(say("flag.unfair")).check()
    card.locator("[data-panel=flag]").get_by_role("button").click()
    _told(card, say("flag.opened"))
    assert (_last(house).kind, _last(house).value) == ("flag", "unfair")
    assert {f.text for f in house[0]._feedback.values()} == {QUESTIONS[lang]}
    assert len({f.author for f in house[0]._feedback.values()}) == 1

    with page.expect_popup() as opened:
        card.get_by_role("link", name=say("flag.follow")).click()
    opened.value.get_by_role("heading", name=say("case.title")).wait_for()
    assert say("cases.open") in opened.value.locator("main").inner_text()
    with page.expect_popup() as opened:
        card.get_by_role("link", name=say("ask.why")).click()
    opened.value.get_by_role("heading", name=say("why.title")).wait_for()
    assert page.locator(".answer").count() == 1


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_an_unsure_answer_says_that_a_person_takes_over(open_page: OpenPage, lang: str) -> None:
    say = Strings("zh" if lang == "zh" else "en")
    card = _ask(open_page(lang=lang), UNSURE[lang])
    assert say("ask.sure_passed") in card.inner_text()
    assert ("person" if lang == "en" else "人工") in card.locator(".passed").inner_text()
    assert not card.locator("aside").is_visible()


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_what_lies_outside_is_neither_guessed_nor_measured(
    house: House, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, lang: str
) -> None:
    say = Strings("zh" if lang == "zh" else "en")
    answer = house[0]._answer

    def outside(text: str, episode: str, author: str) -> Served:
        served = answer(text, episode, author)
        seen = replace(served.prediction, label="out_of_scope", confidence=0.89, passed_on=True)
        return replace(served, prediction=seen, message="?")

    monkeypatch.setattr(house[0], "_answer", outside)
    card = _ask(open_page(lang=lang), QUESTIONS[lang])
    assert card.locator("h2").inner_text() == say("ask.outside")
    assert not card.locator("meter").is_visible()
    assert "89" not in card.inner_text()


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_what_is_missing_is_said_of_its_field(open_page: OpenPage, lang: str) -> None:
    say = Strings("zh" if lang == "zh" else "en")
    page = open_page(lang=lang)
    page.locator("#text").press("Enter")
    assert page.locator("#trouble").inner_text() == say("ask.empty")
    assert page.locator("#text").get_attribute("aria-invalid") == "true"
    card = _ask(page, QUESTIONS[lang])
    assert page.locator("#text").get_attribute("aria-invalid") == "false"
    card.locator("[data-open=correct]").click()
    card.get_by_role("button", name=say("correct.learn")).click()
    _told(card, say("correct.empty"))
    field = card.get_by_role("combobox")
    assert field.get_attribute("aria-invalid") == "true"
    assert field.get_attribute("aria-describedby") == card.locator(".told").get_attribute("id")
    assert field.evaluate("field => field === document.activeElement")


def test_the_bar_of_what_is_passed_on_is_never_green(
    house: House, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = house[0]._answer

    def strict(text: str, episode: str, author: str) -> Served:
        served = answer(text, episode, author)
        return replace(served, prediction=replace(served.prediction, passed_on=True))

    monkeypatch.setattr(house[0], "_answer", strict)
    page = open_page()
    card = _ask(page, QUESTIONS["en"])
    assert "not sure enough" in card.inner_text()
    assert card.locator("meter").evaluate("bar => bar.value < bar.low && bar.optimum > bar.high")


def test_a_correction_without_learning_refuses_consent(house: House, open_page: OpenPage) -> None:
    card = _ask(open_page(), QUESTIONS["en"])
    card.locator("[data-open=correct]").click()
    card.get_by_role("combobox").fill("gift wrapping")
    assert card.get_by_role("option").all_inner_texts() == ["New label: gift wrapping"]
    card.get_by_role("combobox").press("Escape")
    card.get_by_role("button", name="without learning").click()
    _told(card, "counted")
    assert (_last(house).value, _last(house).consent) == ("gift wrapping", "refused")


@pytest.mark.parametrize("name", ["Where is my order", "查询物流", "track_order"])
def test_choosing_the_answered_label_by_any_name_is_a_confirmation(
    house: House, open_page: OpenPage, name: str
) -> None:
    card = _ask(open_page(), QUESTIONS["en"])
    card.locator("[data-open=correct]").click()
    card.get_by_role("combobox").fill(name)
    card.get_by_role("combobox").press("Enter")
    _told(card, "reviewed")
    assert (_last(house).kind, _last(house).value) == ("confirmation", "track_order")


@pytest.mark.parametrize(
    ("first", "second", "shown"),
    [
        ("IT", "it", ["IT", "it"]),
        ("Us", "us", ["Us", "us"]),
        ("a_b", "a b", ["a b (a_b)", "a b"]),
    ],
)
def test_the_label_that_was_chosen_is_sent_whatever_others_are_called(
    house: House,
    open_page: OpenPage,
    monkeypatch: pytest.MonkeyPatch,
    first: str,
    second: str,
    shown: list[str],
) -> None:
    twins = (first, second)
    monkeypatch.setattr(house[0], "labels", lambda: [LabelName(label=each) for each in twins])
    for index in (0, 1):
        card = _ask(open_page(), QUESTIONS["en"])
        card.locator("[data-open=correct]").click()
        card.get_by_role("combobox").click()
        assert card.get_by_role("option").all_inner_texts() == shown
        card.get_by_role("option").nth(index).click()
        card.get_by_role("button", name="let it learn").click()
        _told(card, "reviewed")
        assert (_last(house).kind, _last(house).value) == ("correction", twins[index])


def test_an_empty_correction_and_an_empty_comment_are_asked_for(
    house: House, open_page: OpenPage
) -> None:
    card = _ask(open_page(), QUESTIONS["en"])
    card.locator("[data-open=correct]").click()
    card.get_by_role("button", name="let it learn").click()
    _told(card, "Choose or write a label first.")
    card.locator("[data-open=comment]").click()
    card.locator("[data-panel=comment] button").click()
    _told(card, "Write a comment first.")
    assert not house[0]._feedback


def test_what_is_typed_while_an_answer_is_awaited_stays_and_asks_nothing(
    house: House, open_page: OpenPage
) -> None:
    page = open_page()
    page.evaluate(
        "() => { const go = window.fetch; window.fetch = async (...all) => "
        "{ await new Promise((done) => { window.free = done; }); return go(...all); } }"
    )
    page.locator("#text").fill(QUESTIONS["en"])
    for _ in range(3):
        page.keyboard.press("Enter")
    page.locator("#text").fill("And my refund?")
    page.keyboard.press("Enter")
    page.evaluate("window.free()")
    page.locator(".answer").first.wait_for()
    assert page.locator("#text").input_value() == "And my refund?"
    assert page.locator("#text:focus").count() == 1
    page.wait_for_timeout(200)
    assert (page.locator(".answer").count(), len(house[0]._served)) == (1, 1)
    page.keyboard.press("Enter")
    page.evaluate("window.free()")
    page.locator(".answer h2:focus").wait_for()
    assert page.locator("#text").input_value() == ""


def test_the_whole_journey_by_keyboard_alone(house: House, open_page: OpenPage) -> None:
    page = open_page()
    keys = page.keyboard
    keys.type("Where is my parcel?")
    keys.press("Shift+Enter")
    keys.type("It is late.")
    keys.press("Enter")
    page.locator(".answer h2:focus").wait_for()

    def tab_to(selector: str) -> None:
        for _ in range(25):
            keys.press("Tab")
            if page.evaluate("s => document.activeElement.matches(s)", selector):
                return
        raise AssertionError(f"{selector} cannot be reached")

    tab_to("[data-rate=down]")
    keys.press("Enter")
    page.locator(".combo input:focus").wait_for()
    keys.type("refund")
    keys.press("ArrowDown")
    keys.press("Enter")
    assert page.locator(".combo input").input_value() == "Refund status"
    tab_to("button.primary")
    keys.press("Space")
    page.locator("[data-open=correct]:focus").wait_for()
    assert (_last(house).kind, _last(house).value) == ("correction", "refund_status")

    tab_to("[data-open=flag]")
    keys.press("Enter")
    page.locator("[data-panel=flag] input:focus").wait_for()
    keys.press("ArrowDown")
    keys.press("Escape")
    page.locator("[data-open=flag]:focus").wait_for()
    assert page.locator("[data-panel=flag]").is_hidden()
    tab_to(".why")
    with page.expect_popup() as opened:
        keys.press("Enter")
    opened.value.wait_for_url("**/why/*")


def test_every_focused_thing_is_seen_to_be_focused(open_page: OpenPage) -> None:
    page = open_page()
    _ask(page, QUESTIONS["en"])
    for _ in range(12):
        page.keyboard.press("Tab")
        width = page.evaluate("parseFloat(getComputedStyle(document.activeElement).outlineWidth)")
        is_marked_by_its_card = page.evaluate("document.activeElement.id === 'text'")
        assert width >= 2 or is_marked_by_its_card


def test_in_forced_colours_the_focus_and_the_chosen_row_are_seen(open_page: OpenPage) -> None:
    page = open_page(width=360)
    page.emulate_media(forced_colors="active")
    outline = "e => getComputedStyle(e).outlineStyle + ' ' + getComputedStyle(e).outlineColor"
    page.locator("#text").focus()
    focused = page.locator("#text").evaluate(outline)
    card = _ask(page, QUESTIONS["en"])
    card.locator("[data-open=correct]").click()
    card.get_by_role("combobox").press("ArrowDown")
    chosen, other = (card.get_by_role("option").nth(n).evaluate(outline) for n in (0, 1))
    for seen in (focused, chosen):
        assert seen.startswith("solid")
        assert not seen.endswith("rgba(0, 0, 0, 0)")
    assert other.startswith("none")


def test_a_long_label_is_read_whole_on_a_phone(
    house: House, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen" * 2
    monkeypatch.setattr(house[0], "labels", lambda: [LabelName(label=long)])
    card = _ask(open_page(width=360), QUESTIONS["en"])
    card.locator("[data-open=correct]").click()
    card.get_by_role("combobox").press("ArrowDown")
    row = card.get_by_role("option").first
    assert row.evaluate("e => e.scrollWidth - e.clientWidth") <= 0


def test_the_input_method_may_use_enter_without_asking(house: House, open_page: OpenPage) -> None:
    page = open_page(lang="zh")
    page.locator("#text").fill("包裹")
    page.evaluate(
        "document.getElementById('text').dispatchEvent(new KeyboardEvent('keydown', "
        "{key: 'Enter', isComposing: true, bubbles: true, cancelable: true}))"
    )
    assert page.locator(".answer").count() == 0
    assert not house[0]._served


def test_what_users_write_is_never_run(open_page: OpenPage) -> None:
    page = open_page()
    card = _ask(page, "<img src=x onerror=alert(1)> where")
    assert card.locator("img").count() == 0
