from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest
from tests.deployment.http.demo import DemoVerbs
from tests.text.english import english_in, visible_in

from chainring.contracts.errors import InputError
from chainring.contracts.said import Said
from chainring.deployment.http.app import create_app
from chainring.deployment.http.past import Champion, History
from chainring.deployment.http.server import running
from chainring.deployment.http.verbs import Caller, LabelName, Readiness, ReviewItem
from chainring.deployment.settings import DeploymentSettings

PATHS = [
    "/",
    "/review",
    "/cases",
    "/cases?state=closed",
    "/ring",
    "/watch",
    "/docs",
    "/login",
    "/nowhere",
]
HTML = {"accept": "text/html"}
EVIL = "<script>alert(1)</script>\"'>&"


class Checker(HTMLParser):
    """Notes what must not be on a page and whether tags are closed in order."""

    VOID = frozenset({"br", "hr", "img", "input", "link", "meta"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.faults: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag not in self.VOID:
            self.open.append(tag)
        if tag == "script" and "src" not in found and found.get("type") != "application/json":
            self.faults.append("inline script")
        if tag == "style" or "style" in found:
            self.faults.append(f"inline style on {tag}")
        self.faults += [f"{name} on {tag}" for name in found if name.startswith("on")]
        for name in ("src", "href", "action"):
            if (found.get(name) or "/").startswith(("http", "//")):
                self.faults.append(f"{name}={found[name]}")
        if found.get("id"):
            self.ids.append(str(found["id"]))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}> out of order")


def _checked(html: str) -> Checker:
    checker = Checker()
    checker.feed(html)
    checker.close()
    assert not checker.faults
    assert not checker.open
    assert len(checker.ids) == len(set(checker.ids))
    return checker


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("path", PATHS)
def test_every_page_is_well_formed_and_loads_nothing_inline_or_from_outside(
    client: httpx.Client, path: str, lang: str
) -> None:
    answer = client.get(path, headers={**HTML, "accept-language": lang})
    assert answer.status_code == (404 if path == "/nowhere" else 200)
    assert f'<html lang="{"zh-CN" if lang == "zh" else "en"}">' in answer.text
    _checked(answer.text)


@pytest.mark.parametrize("path", PATHS)
def test_a_chinese_page_speaks_chinese(client: httpx.Client, path: str) -> None:
    html = client.get(path, headers={**HTML, "accept-language": "zh"}).text
    heading = re.search(r"<h1>(.*?)</h1>", html)
    assert heading is not None
    assert re.search("[\u4e00-\u9fff]", heading[1])


def test_a_moment_names_its_zone(client: httpx.Client) -> None:
    html = client.get("/ring", headers=HTML).text
    shown = re.findall(r"<time[^>]*>(.*?)</time>", html)
    assert shown
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC", each) for each in shown)


@pytest.mark.parametrize(("lang", "told"), [("en", "of 204 in all"), ("zh", "等共 204 类")])
def test_of_many_labels_the_number_is_that_of_all(lang: str, told: str) -> None:
    verbs = DemoVerbs()
    verbs.labels = lambda: [LabelName(label=f"l{n}") for n in range(204)]  # type: ignore[method-assign]
    with running(create_app(verbs, settings=DeploymentSettings())) as url:
        html = httpx.get(url, headers={**HTML, "accept-language": lang}).text
    assert f'<li class="more">{told}</li>' in html


def test_the_language_that_was_chosen_is_remembered(open_url: str) -> None:
    with httpx.Client(base_url=open_url, headers={**HTML, "accept-language": "en"}) as browser:
        assert 'lang="zh-CN"' not in browser.get("/docs").text.partition("<head>")[0]
        browser.get("/?lang=zh")
        assert '<html lang="zh-CN">' in browser.get("/docs").text


def test_a_browser_keeps_one_pseudonym_for_all_it_says(open_url: str) -> None:
    with httpx.Client(base_url=open_url, headers={"origin": open_url}) as browser:
        cookie = browser.get("/").headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "chainring_author" not in browser.get("/").headers.get("set-cookie", "")
        prediction = browser.post("/v1/predict", json={"text": "where"}).json()["id"]
        body = {"prediction": prediction, "kind": "flag", "value": "wrong"}
        case = browser.post("/v1/react", json=body).json()["case"]
        author = browser.cookies["chainring_author"]
        assert httpx.get(f"{open_url}/v1/cases/{case}", params={"author": author}).is_success


def test_an_asker_sees_no_way_to_pages_that_are_closed_to_it(asker: httpx.Client) -> None:
    html = asker.get("/", headers=HTML).text
    assert 'href="/review"' not in html
    assert 'href="/ring"' not in html


def test_a_page_that_is_closed_says_so_as_a_page(asker: httpx.Client) -> None:
    answer = asker.get("/review", headers=HTML)
    assert answer.status_code == 403
    assert answer.headers["content-type"].startswith("text/html")


class Evil(DemoVerbs):
    def labels(self) -> list[LabelName]:
        return [LabelName(label=EVIL, names={"en": EVIL, "zh": EVIL})]

    def review_items(self, *, limit: int, **_: object) -> list[ReviewItem]:
        return [
            ReviewItem(
                id=EVIL, kind=EVIL, text=EVIL, language=EVIL, answer=EVIL, proposed=EVIL,
                author=EVIL, why=EVIL,
            )
        ]  # fmt: skip

    def history(self) -> History:
        evil = Champion(model=EVIL, form=EVIL, engine=EVIL, since=0.0, because=EVIL)
        return History(champion=evil, waiting={EVIL: 1})

    def why(self, prediction: str, **_: object) -> dict[str, object]:
        return {EVIL: {EVIL: EVIL}, "text": EVIL, "list": [EVIL, {EVIL: EVIL, "label": EVIL}]}


@pytest.mark.parametrize("path", ["/", "/review", "/ring", "/why/x", f"/why/{EVIL}", f"/{EVIL}"])
def test_whatever_users_write_stays_text(path: str) -> None:
    with running(create_app(Evil(), settings=DeploymentSettings())) as url:
        html = httpx.get(url + path, headers=HTML).text
    assert "<script>alert" not in html
    _checked(html)


def test_without_a_model_or_a_past_every_page_still_stands() -> None:
    class Empty(DemoVerbs):
        def history(self) -> History:
            return History()

        def review_items(self, *, limit: int, **_: object) -> list[ReviewItem]:
            return []

    verbs = Empty()
    verbs.readiness = Readiness(ok=False, code="no_model", reason="no model yet")
    with running(create_app(verbs, settings=DeploymentSettings())) as url:
        for path in PATHS[:-1]:
            answer = httpx.get(url + path, headers=HTML)
            assert answer.status_code == 200, path
            _checked(answer.text)
        assert "chainring turn" in httpx.get(f"{url}/", headers=HTML).text


@pytest.mark.parametrize(("lang", "told"), [("en", "no texts are kept"), ("zh", "不留存文本")])
def test_where_no_texts_are_kept_an_empty_review_is_not_praised(lang: str, told: str) -> None:
    class Empty(DemoVerbs):
        def review_items(self, *, limit: int, **_: object) -> list[ReviewItem]:
            return []

        def status(self, *, caller: Caller) -> dict[str, Any]:
            return {"unlearnt": Said("no texts are kept", zh="不留存文本")}

    with running(create_app(Empty(), settings=DeploymentSettings())) as url:
        answer = httpx.get(f"{url}/review", headers=HTML | {"accept-language": lang})
    assert answer.status_code == 200
    assert told in answer.text
    assert not set(re.findall("Well done|审核完毕", answer.text.partition("<script")[0]))


@pytest.mark.parametrize(
    ("lang", "told"), [("en", "Nothing to review yet"), ("zh", "还没有可审核")]
)
def test_a_project_without_data_has_nothing_to_review_yet(lang: str, told: str) -> None:
    class Empty(DemoVerbs):
        def review_items(self, *, limit: int, **_: object) -> list[ReviewItem]:
            raise InputError("no data: name the folders", faults=["/srv/shop/data holds no file"])

    verbs = Empty()
    verbs.readiness = Readiness(ok=False, code="no_model", reason="no model yet")
    with running(create_app(verbs, settings=DeploymentSettings())) as url:
        answer = httpx.get(f"{url}/review", headers={**HTML, "accept-language": lang})
    assert answer.status_code == 200
    assert told in answer.text
    assert "/srv/shop" not in answer.text
    assert "faults" not in answer.text


@pytest.mark.parametrize("path", ["/ring", "/watch"])
def test_a_chinese_page_gives_its_reasons_in_chinese(client: httpx.Client, path: str) -> None:
    html = client.get(path, headers={**HTML, "accept-language": "zh"}).text
    assert english_in(visible_in(html)) == []


def test_the_page_of_an_answer_is_chinese_throughout(client: httpx.Client) -> None:
    said = client.post("/v1/predict", json={"text": "我的包裹到哪了"}).json()
    answer = f"/why/{said['id']}"
    html = client.get(answer, headers={**HTML, "accept-language": "zh"}).text
    assert "更好：合并的 512 行上" in html
