"""Which of the two languages a caller reads: asked for, remembered, or by Accept-Language.

Enters a request, leaves `en` or `zh`.
"""

from __future__ import annotations

from typing import Literal

from starlette.requests import Request

Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = ("en", "zh")
LANGUAGE_COOKIE = "chainring_language"


def language_of(request: Request) -> Language:
    """Return `?lang=`, else the cookie's language, else the browser's preference, else English."""
    return asked_of(request) or "en"


def asked_of(request: Request) -> Language | None:
    """Return the language that `?lang=`, the cookie or Accept-Language asks for, or None."""
    for asked in (request.query_params.get("lang"), request.cookies.get(LANGUAGE_COOKIE)):
        for known in LANGUAGES:
            if asked == known:
                return known
    return _liked(request.headers.get("accept-language", ""))


def preferred(accept_language: str) -> Language:
    """Return the language that an Accept-Language header likes better.

    >>> preferred("fr, zh-CN;q=0.8, en;q=0.5")
    'zh'
    >>> preferred("en-GB, zh;q=0.9"), preferred("*"), preferred("")
    ('en', 'en', 'en')
    """
    return _liked(accept_language) or "en"


def _liked(accept_language: str) -> Language | None:
    liking = {"en": 0.0, "zh": 0.0}
    for part in accept_language.split(","):
        tag, _, weight = part.strip().partition(";")
        name = tag.strip().lower().partition("-")[0]
        if name in liking:
            liking[name] = max(liking[name], _quality(weight))
    if liking["zh"] > liking["en"]:
        return "zh"
    return "en" if liking["en"] else None


def _quality(weight: str) -> float:
    name, _, value = weight.strip().partition("=")
    if not weight.strip():
        return 1.0
    if name.strip() != "q" or not value.strip().replace(".", "", 1).isdecimal():
        return 0.0
    return float(value)
