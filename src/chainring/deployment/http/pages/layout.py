"""The frame of every page: head, navigation, language switch, footer."""

from __future__ import annotations

import secrets
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from starlette.responses import HTMLResponse

from chainring.deployment.http.access import AUTHOR_COOKIE, KEY_COOKIE
from chainring.deployment.http.calls import Call
from chainring.deployment.http.language import LANGUAGE_COOKIE, LANGUAGES
from chainring.deployment.http.pages.markup import Markup, coded, data, group, tag
from chainring.deployment.http.pages.strings import Strings
from chainring.deployment.http.verbs import Caller, LabelName, Verbs

_YEAR_S = 365 * 86_400
_NAV = (
    ("/", "ask", "predict"),
    ("/review", "review", "review"),
    ("/cases", "cases", "cases"),
    ("/ring", "ring", "history"),
    ("/watch", "watch", "drift"),
)
_OWN_NAMES = {"en": "English", "zh": "中文"}
_LANG = {"en": "en", "zh": "zh-CN"}


def page(
    call: Call,
    *body: Markup,
    title: str,
    active: str = "",
    script: str | None = None,
    words: Sequence[str] = (),
    wide: bool = False,
    status: int = 200,
    query: Mapping[str, str] | None = None,
) -> HTMLResponse:
    """Return a whole page.

    Parameters
    ----------
    call
        Whose page it is.
    body
        What stands in its middle.
    title
        The name of the page.
    active
        The entry of the navigation that it belongs to.
    script
        The file of `/assets` that brings it to life; nothing can be typed or pressed before it has.
    words
        Beginnings of the keys of the texts that the script needs.
    wide
        Whether it may use the width of a desk's screen.
    status
        The HTTP status.
    query
        What the links to other languages ask for; None: what the page itself was asked for.
    """
    say = Strings(call.language)
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", f"{title} · {say('site')}"),
        tag("link", rel="icon", href="/assets/icon.svg", type="image/svg+xml"),
        tag("link", rel="stylesheet", href="/assets/style.css"),
        tag("script", type="module", src="/assets/times.js"),
        tag("script", type="module", src=f"/assets/{script}") if script else None,
    )
    shown = (tag("fieldset", *body, class_="waits", disabled=True),) if script else body
    main = tag("main", *shown, id="main", class_="wide" if wide else None, tabindex="-1")
    texts = say.some("failed", "offline", "sent", "signed_out", *words)
    foot = tag("footer", tag("p", say("footer"), " ", tag("a", say("nav.docs"), href="/docs")))
    whole = tag(
        "html",
        head,
        tag(
            "body",
            _skip(say),
            _header(call, say, active, query),
            main,
            foot,
            data(texts, id_="words"),
        ),
        lang=_LANG[call.language],
    )
    response = HTMLResponse("<!doctype html>" + whole, status_code=status)
    _set_cookies(call, response)
    return response


def _skip(say: Strings) -> Markup:
    return tag("a", say("skip"), class_="skip", href="#main")


def start(verbs: Verbs, caller: Caller) -> str:
    """Return the first page of the navigation that a caller may see, or nothing."""
    return next((path for path, _, verb in _NAV if _reaches(verbs, caller, verb)), "")


def _reaches(verbs: Verbs, caller: Caller, verb: str) -> bool:
    return verbs.may(caller, verb) and (not caller.only or verb in caller.only)


def _header(call: Call, say: Strings, active: str, query: Mapping[str, str] | None) -> Markup:
    links = [
        tag(
            "a",
            say(f"nav.{name}"),
            href=path,
            aria_current="page" if name == active else None,
        )
        for path, name, verb in _NAV
        if call.caller.key_id != "nobody" and _reaches(call.verbs, call.caller, verb)
    ]
    logo = tag("img", src="/assets/icon.svg", alt="", width=26, height=26)
    home = start(call.verbs, call.caller) or "/"
    return tag(
        "header",
        tag("a", logo, tag("span", say("site")), href=home, class_="brand"),
        tag("nav", *links, aria_label=say("nav")) if links else None,
        tag("div", _languages(call, say, query), _sign_out(call, say), class_="tools"),
    )


def _languages(call: Call, say: Strings, query: Mapping[str, str] | None) -> Markup:
    asked = call.request.query_params.multi_items() if query is None else query.items()
    others = [(k, v) for k, v in asked if k != "lang"]
    links = [
        tag(
            "a",
            _OWN_NAMES[language],
            href=f"{call.request.url.path}?{urlencode([*others, ('lang', language)])}",
            lang=_LANG[language],
            aria_current="true" if language == call.language else None,
        )
        for language in LANGUAGES
    ]
    return tag("div", *links, class_="languages", role="group", aria_label=say("language"))


def _sign_out(call: Call, say: Strings) -> Markup | None:
    if KEY_COOKIE not in call.request.cookies:
        return None
    button = tag("button", say("sign_out"), class_="quiet", type="submit")
    return tag("form", button, method="post", action="/logout")


def _set_cookies(call: Call, response: HTMLResponse) -> None:
    secure = call.request.url.scheme == "https"
    if not call.author:
        response.set_cookie(
            AUTHOR_COOKIE,
            f"web_{secrets.token_urlsafe(12)}",
            max_age=_YEAR_S,
            httponly=True,
            samesite="lax",  # strict: a link from elsewhere would make a new author of a known one
            secure=secure,
        )
    if call.query("lang") in LANGUAGES:
        response.set_cookie(
            LANGUAGE_COOKIE,
            call.query("lang"),
            max_age=_YEAR_S,
            httponly=True,
            samesite="lax",
            secure=secure,
        )


def name_of(label: str, labels: Sequence[LabelName], say: Strings) -> str:
    """Return how people call a label: its name, or the label with spaces for underscores.

    Where another label is called so, too, the label itself follows in brackets.
    """
    names = _names(labels, say)
    called = names.get(label) or _plain(label, say)
    is_shared = any(name == called and other != label for other, name in names.items())
    return f"{called} ({label})" if is_shared and label != called else called


def _names(labels: Sequence[LabelName], say: Strings) -> dict[str, str]:
    language = say.language
    return {one.label: one.names.get(language) or _plain(one.label, say) for one in labels}


def _plain(label: str, say: Strings) -> str:
    return say.known(f"label.{label}", label.replace("_", " "))


def label_data(labels: Sequence[LabelName], say: Strings) -> Markup:
    """Return the labels for a script: each with its name and all words it is found by."""
    called = _names(labels, say)
    times = Counter(called.values())
    rows = [
        {
            "label": known.label,
            "name": f"{name} ({known.label})" if times[name] > 1 and known.label != name else name,
            "names": [name, *known.names.values()],
            "search": " ".join([known.label, *known.names.values()]).lower(),
        }
        for known in labels
        for name in [called[known.label]]
    ]
    return data(rows, id_="labels")


def combobox(say: Strings, text: str, *, name: str) -> Markup:
    """Return a text field that searches the labels; the script fills its list."""
    return tag(
        "div",
        tag(
            "label",
            tag("span", text),
            tag("input", type="text", name=name, autocomplete="off", maxlength=200),
        ),
        class_="combo",
    )


def when(seconds: float | None) -> Markup | None:
    """Return a moment in UTC, with the exact one from which the script makes the reader's own."""
    if seconds is None:
        return None
    moment = time.gmtime(seconds)
    exact = time.strftime("%Y-%m-%dT%H:%M:%SZ", moment)
    return tag("time", time.strftime("%Y-%m-%d %H:%M UTC", moment), datetime=exact)


def heading(title: str, lead: str | None = None) -> Markup:
    """Return the head of a page."""
    return group(tag("h1", title), tag("p", coded(lead), class_="lead") if lead else None)


def short(identifier: str) -> Markup:
    """Return an id so that it fits beside text; the whole one is shown on hover."""
    prefix, _, digest = identifier.rpartition(":")
    if prefix and len(digest) > 12:
        return tag("code", f"{digest[:10]}…", title=identifier)
    if len(identifier) > 24 and identifier.rpartition("_")[1]:
        return tag("code", f"{identifier[:7]}…{identifier[-6:]}", title=identifier)
    return tag("code", identifier)
