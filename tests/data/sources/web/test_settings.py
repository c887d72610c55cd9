"""A crawl that nobody answers for, or that begins nowhere, is refused by its settings."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from chainring.data.sources.web.settings import WebSettings

GIVEN: dict[str, Any] = {"seeds": ["https://Shop.example/help"], "contact": "data@shop.example"}


def test_two_keys_are_enough_and_the_crawl_stays_with_its_seeds() -> None:
    settings = WebSettings.model_validate(GIVEN)
    assert settings.within == ("shop.example",)
    assert settings.user_agent == "chainring/0.1 (+data@shop.example)"


@pytest.mark.parametrize(
    ("own", "said"),
    [
        ({"contact": ""}, "at least 1 character"),
        ({"contact": "me\r\nX-Evil: 1"}, "neither a mail address"),
        ({"contact": "somebody"}, "neither a mail address"),
        ({"seeds": []}, "at least 1 item"),
        ({"seeds": ["shop.example"]}, "no http or https address: 'shop.example'"),
        ({"seeds": ["file:///etc/passwd"]}, "no http or https address"),
        ({"hosts": ["https://shop.example/"]}, "no host"),
        ({"allow_private": ["10.0.0.0/8"]}, "no host"),
        ({"delay": 1}, "Extra inputs"),
        ({"delay_s": -1}, "greater than or equal to 0"),
    ],
)
def test_a_fault_is_said(own: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        WebSettings.model_validate(GIVEN | own)


def test_without_a_contact_there_is_no_crawl() -> None:
    with pytest.raises(ValidationError, match="contact"):
        WebSettings.model_validate({"seeds": GIVEN["seeds"]})
