from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from tests.deployment.http.demo import DemoVerbs
from tests.deployment.http.demo_release import DRIFT

from chainring.contracts.errors import InputError
from chainring.deployment.http.app import create_app
from chainring.deployment.http.pages.strings import Strings
from chainring.deployment.http.server import running
from chainring.deployment.http.verbs import ReviewItem
from chainring.deployment.settings import DeploymentSettings

House = tuple[DemoVerbs, str]
OpenPage = Callable[..., Any]


class Deciding:
    """Notes the decisions that reach the house."""

    def __init__(self, verbs: DemoVerbs) -> None:
        self.made: list[tuple[str, str, str, bool]] = []
        decide = verbs.decide

        def noted(item: str, *, decision: Any, value: str, must: bool, caller: Any) -> None:
            self.made.append((item, decision, value, must))
            decide(item, decision=decision, value=value, must=must, caller=caller)

        verbs.decide = noted  # type: ignore[method-assign]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_queue_is_worked_off_by_mouse(house: House, open_page: OpenPage, lang: str) -> None:
    say = Strings("zh" if lang == "zh" else "en")
    decisions = Deciding(house[0])
    page = open_page("/review", lang=lang)
    items = page.locator(".item")
    items.nth(0).get_by_role("button", name=say("review.reject")).click()
    items.nth(0).get_by_text(say("review.rejected")).wait_for()
    items.nth(1).get_by_label(say("review.must")).check()
    items.nth(1).locator("[data-decision=accept]").click()
    items.nth(1).get_by_text(say("review.accepted")).wait_for()
    items.nth(2).get_by_role("button", name=say("review.change")).click()
    items.nth(2).get_by_role("combobox").fill("damaged")
    items.nth(2).get_by_role("option").first.click()
    items.nth(2).get_by_role("button", name=say("review.save")).click()
    page.get_by_text(say("review.left", n=1)).wait_for()
    items.nth(3).get_by_role("button", name=say("review.reject")).click()
    page.get_by_text(say("review.empty")).wait_for()
    assert decisions.made == [
        ("review_1", "reject", "", False),
        ("review_2", "accept", "payment_failed", True),
        ("review_3", "change", "damaged_item", False),
        ("review_4", "reject", "", False),
    ]


def test_the_queue_is_worked_off_by_keys_alone(house: House, open_page: OpenPage) -> None:
    decisions = Deciding(house[0])
    page = open_page("/review")
    page.locator("[data-item=review_1]:focus").wait_for()
    for key in ("j", "j", "k", "m", "a"):
        page.keyboard.press(key)
    page.locator("[data-item=review_3]:focus").wait_for()
    page.keyboard.press("c")
    page.locator("[data-item=review_3] .combo input:focus").wait_for()
    page.keyboard.type("jar of something new")
    page.keyboard.press("Enter")
    page.locator("[data-item=review_4]:focus").wait_for()
    page.keyboard.press("r")
    page.locator("[data-item=review_1]:focus").wait_for()
    page.keyboard.press("a")
    page.locator("#empty").wait_for()
    assert decisions.made == [
        ("review_2", "accept", "payment_failed", True),
        ("review_3", "change", "jar of something new", False),
        ("review_4", "reject", "", False),
        ("review_1", "accept", "payment_failed", False),
    ]


def test_what_waits_behind_the_first_fifty_comes_when_they_are_done(
    house: House, open_page: OpenPage
) -> None:
    names = [f"review_{n:02}" for n in range(51)]
    house[0]._review = {
        name: ReviewItem(id=name, kind="unsure", text=name, answer="invoice") for name in names
    }
    page = open_page("/review")
    page.get_by_text("50 to look at, then more").wait_for()
    for name in names[:50]:
        page.locator(f"[data-item={name}]:focus").wait_for()
        page.keyboard.press("r")
    page.locator(f"[data-item={names[50]}]:focus").wait_for()
    page.get_by_text("1 to look at", exact=True).wait_for()
    page.keyboard.press("r")
    page.locator("#empty").wait_for()


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_group_of_texts_is_named_or_left_alone(
    house: House, open_page: OpenPage, lang: str
) -> None:
    say = Strings("zh" if lang == "zh" else "en")
    decisions = Deciding(house[0])
    texts = ("where is my parcel", "track my order", "我的包裹到哪了")
    house[0]._review = {
        name: ReviewItem(id=name, kind="cluster", text="\n".join(texts), why="3 texts: parcel")
        for name in ("group_1", "group_2")
    }
    page = open_page("/review", lang=lang)
    card = page.locator("[data-item=group_1]")
    assert say("kind.cluster") in card.inner_text()
    assert card.locator("blockquote").inner_text().split("\n") == list(texts)
    assert card.locator("[data-decision], [name=must]").count() == 0
    for key in ("r", "m", "a"):
        page.keyboard.press(key)
    card.get_by_role("button", name=say("review.name")).click()
    card.get_by_role("combobox").fill("late parcel")
    card.get_by_role("option").first.click()
    card.get_by_role("button", name=say("review.save")).click()
    card.get_by_text(say("review.changed", label="late parcel")).wait_for()
    page.locator("[data-item=group_2]:focus").wait_for()
    assert decisions.made == [("group_1", "change", "late parcel", False)]


def test_a_decision_that_another_made_first_is_said_and_not_hidden(
    house: House, open_page: OpenPage
) -> None:
    page = open_page("/review", expected="404")
    house[0]._review.pop("review_1")
    item = page.locator("[data-item=review_1]")
    with page.expect_response("**/v1/review") as told:
        item.locator("[data-decision=reject]").click()
    assert told.value.status == 404
    item.locator(".told.bad").wait_for()
    assert "done" not in (item.get_attribute("class") or "")


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_case_goes_from_its_report_to_what_the_reporter_reads(
    house: House, open_page: OpenPage, lang: str
) -> None:
    say = Strings("zh" if lang == "zh" else "en")
    reporter = open_page("/", lang=lang)
    reporter.locator("#text").fill("where is it")
    reporter.locator("#text").press("Enter")
    reporter.locator("[data-open=flag]").click()
    reporter.locator("[data-panel=flag] button").click()
    with reporter.expect_popup() as opened:
        reporter.locator(".told a").click()
    reporter = opened.value
    reporter.get_by_text(say("case.wait")).wait_for()

    operator = open_page("/cases", lang=lang)
    operator.get_by_role("button", name=say("cases.close")).click()
    operator.get_by_label(say("cases.outcome")).fill("added to the training text")
    operator.get_by_label(say("cases.told")).fill("Thank you, it is right now.")
    operator.get_by_role("combobox").fill("invoice")
    operator.locator("[data-panel=close] button").click()
    operator.get_by_text(say("cases.done"), exact=True).last.wait_for()
    operator.get_by_role("link", name=say("cases.closed")).click()
    operator.get_by_text("Thank you, it is right now.").wait_for()

    reporter.reload()
    assert "Thank you, it is right now." in reporter.locator("main").inner_text()
    case = next(iter(house[0]._cases.values()))
    assert (case.state, case.truth) == ("closed", "invoice")


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_case_is_closed_with_words_for_its_reporter_alone(
    house: House, open_page: OpenPage, lang: str
) -> None:
    say = Strings("zh" if lang == "zh" else "en")
    with httpx.Client(base_url=house[1]) as user:
        asked = user.post("/v1/predict", json={"text": "where"}).json()["id"]
        user.post("/v1/react", json={"prediction": asked, "kind": "flag", "value": "wrong"})
    page = open_page("/cases", lang=lang)
    page.get_by_role("button", name=say("cases.close")).click()
    page.get_by_label(say("cases.outcome")).fill("done")
    page.locator("[data-panel=close] button").click()
    assert page.evaluate("document.activeElement.name") == "told"
    page.get_by_label(say("cases.told")).fill("  ")
    page.locator("[data-panel=close] button").click()
    page.get_by_text(say("cases.unwritten")).wait_for()
    assert next(iter(house[0]._cases.values())).state == "open"


@pytest.mark.parametrize(
    ("lang", "told"),
    [
        ("en", "The texts cannot be answered. text: 20,001 characters; at most 20,000."),
        ("zh", "这些文本无法回答。text：有 20,001 个字符；最多 20,000 个。"),
    ],
)
def test_what_a_page_was_refused_is_told_in_sentences_for_people(
    chromium: Any, lang: str, told: str
) -> None:
    def refusing(*_: object, **__: object) -> None:
        faults = ["text: 20,001 characters; at most 20,000"]
        raise InputError("the texts cannot be answered", faults=faults)

    verbs = DemoVerbs()
    verbs.predict = refusing  # type: ignore[method-assign,assignment]
    with running(create_app(verbs, settings=DeploymentSettings())) as url:
        page = chromium.new_context(locale={"en": "en-GB", "zh": "zh-CN"}[lang]).new_page()
        page.goto(url)
        page.locator("#text").fill("where is it?")
        page.locator("#text").press("Enter")
        page.locator("#trouble").wait_for()
        assert page.locator("#trouble").inner_text() == told
        page.goto(f"{url}/cases?state=foo")
        assert "faults" not in page.locator("main").inner_text()
        page.context.close()


def test_the_address_of_a_case_opens_it_from_a_mail_and_elsewhere(chromium: Any) -> None:
    verbs = DemoVerbs(keys={"the-key": "ask"})
    with running(create_app(verbs, settings=DeploymentSettings())) as url:
        here, elsewhere = (chromium.new_context(locale="en-GB") for _ in range(2))
        page = here.new_page()
        _sign_in(page, url, "the-key")
        page.locator("#text").fill("where is it")
        page.locator("#text").press("Enter")
        page.locator("[data-open=flag]").click()
        page.locator("[data-panel=flag] button").click()
        with page.expect_popup() as opened:
            page.locator(".told a").click()
        page = opened.value
        page.get_by_text("Keep this address").wait_for()
        address, author = page.url, _author(here, url)

        mail = here.new_page()
        link = f'<a href="{address}">case</a>'
        mail.route("http://mail.example/", lambda r: r.fulfill(body=link, content_type="text/html"))
        mail.goto("http://mail.example/")
        mail.locator("a").click()
        _type_key(mail, "the-key")
        mail.get_by_text("Keep this address").wait_for()
        assert _author(here, url) == author
        page.reload()
        page.get_by_text("Keep this address").wait_for()

        phone = elsewhere.new_page()
        phone.goto(address)
        _type_key(phone, "the-key")
        phone.get_by_text("Keep this address").wait_for()
        assert _author(elsewhere, url) != author
        here.close()
        elsewhere.close()


def test_what_was_typed_outlives_its_key(chromium: Any) -> None:
    verbs = DemoVerbs(keys=dict.fromkeys(("old", "new", "other"), "operate"))
    with running(create_app(verbs, settings=DeploymentSettings())) as url:
        context = chromium.new_context(locale="en-GB")
        page = context.new_page()
        _sign_in(page, url, "old")
        page.locator("#text").fill("where is it")
        del verbs.keys["old"]
        page.locator("#text").press("Enter")
        with page.expect_popup() as opened:
            page.locator("#trouble a").click()
        _type_key(opened.value, "new")
        opened.value.locator("#text").wait_for()
        assert page.locator("#text").input_value() == "where is it"
        page.locator("#text").press("Enter")
        page.locator(".answer").wait_for()
        page.goto(f"{url}/review?kind=all")
        del verbs.keys["new"]
        item = page.locator(".item").first
        item.locator("[data-decision=reject]").click()
        link = item.locator(".told.bad a")
        assert link.get_attribute("href") == "/login?next=%2Freview%3Fkind%3Dall"
        context.close()


def _sign_in(page: Any, url: str, key: str) -> None:
    page.goto(url)
    _type_key(page, key)


def _type_key(page: Any, key: str) -> None:
    page.get_by_label("Key").fill(key)
    page.keyboard.press("Enter")


def _author(context: Any, url: str) -> str:
    found = {cookie["name"]: str(cookie["value"]) for cookie in context.cookies(url)}
    return found["chainring_author"]


def test_signing_in_opens_the_page_that_was_asked_for(chromium: Any) -> None:
    verbs = DemoVerbs(keys={"the-key": "operate"})
    with running(create_app(verbs, settings=DeploymentSettings())) as url:
        context = chromium.new_context(locale="en-GB")
        page = context.new_page()
        page.goto(f"{url}/review")
        page.get_by_label("Key").fill("wrong")
        page.keyboard.press("Enter")
        page.get_by_role("alert").wait_for()
        page.get_by_label("Key").fill("the-key")
        page.keyboard.press("Enter")
        page.wait_for_url("**/review")
        page.locator(".item").first.locator("[data-decision=reject]").click()
        page.get_by_text("3 to look at").wait_for()
        assert "the-key" not in page.evaluate("document.cookie")
        page.get_by_role("button", name="Sign out").click()
        page.get_by_label("Key").wait_for()
        context.close()
        assert httpx.get(f"{url}/review").status_code == 401


def test_a_case_shows_what_was_asked_answered_and_said_of_it(
    house: House, open_page: OpenPage
) -> None:
    with httpx.Client(base_url=house[1]) as user:
        asked = user.post("/v1/predict", json={"text": "where is my parcel"}).json()["id"]
        said = {"prediction": asked, "kind": "flag", "value": "unfair", "comment": "this is rude"}
        user.post("/v1/react", json=said)
    card = open_page("/cases").locator(".item")
    told = card.inner_text()
    assert all(one in told for one in ("where is my parcel", "Where is my order", "this is rude"))


def test_a_case_of_drift_leads_to_where_it_is_closed(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(DRIFT, "cases", ["case_1"])
    link = open_page("/watch").get_by_role("link", name="case_1")
    assert link.get_attribute("href") == "/cases#case_1"


def test_each_button_of_the_queue_is_described_by_its_text(open_page: OpenPage) -> None:
    page = open_page("/review")
    described = page.evaluate(
        "() => [...document.querySelectorAll('.item .row button')].map((button) =>"
        " document.getElementById(button.getAttribute('aria-describedby'))?.closest('.item')"
        " === button.closest('.item'))"
    )
    assert described
    assert all(described)
