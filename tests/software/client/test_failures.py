"""What the clients tell of texts that are no list, of proxies, of slow and of broken answers."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

import chainring
from chainring.contracts.errors import InputError, UnknownNameError, UnreachableError
from chainring.software.client import Client, Retry

ONCE = Retry(times=0)


def raising(error: Exception) -> httpx.MockTransport:
    def answer(request: httpx.Request) -> httpx.Response:
        raise error

    return httpx.MockTransport(answer)


@pytest.mark.parametrize("verb", ["embed", "predict_many"])
def test_one_text_is_not_cut_into_its_characters(url: str, verb: str) -> None:
    with Client(url, key="key-to-operate") as client, pytest.raises(InputError, match="one text"):
        getattr(client, verb)("退货怎么办")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (httpx.ReadTimeout(""), "longer `timeout_s`"),
        (httpx.ConnectError(""), "is `chainring serve` running"),
        (httpx.DecodingError("bad gzip"), "cannot be unpacked"),
    ],
)
def test_the_cause_is_told_as_an_error_of_the_library(
    error: Exception, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    client = Client("http://ask.example", retry=ONCE, transport=raising(error))
    with client, pytest.raises(UnreachableError, match=said):
        client.predict("a")


@pytest.mark.parametrize("spared", [True, False])
def test_a_proxy_that_failed_is_named_without_its_user(
    spared: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://ann:secret@127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "ask.example" if spared else "")
    client = Client("http://ask.example", retry=ONCE, transport=raising(httpx.ConnectError("")))
    with client, pytest.raises(UnreachableError) as told:
        client.predict("a")
    assert ("through the proxy 127.0.0.1:9" in str(told.value)) != spared
    assert "secret" not in str(told.value)


def test_a_proxy_that_needs_another_package_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def opened(**options: Any) -> None:
        raise ImportError("Using SOCKS proxy, but the 'socksio' package is not installed.")

    monkeypatch.setattr(httpx, "Client", opened)
    with pytest.raises(InputError, match=r"httpx\[socks\]"):
        Client("http://ask.example")


def test_an_unknown_prediction_is_told_as_the_library_tells_it(url: str) -> None:
    with Client(url, key="key-to-operate") as client, pytest.raises(UnknownNameError) as told:
        client.why("pred_nope")
    assert str(told.value) == "unknown prediction 'pred_nope'"


def test_a_refusal_on_a_route_of_openai_is_told_once(url: str) -> None:
    with Client(url, key="key-to-operate") as client, pytest.raises(InputError) as told:
        client.embed([""] * 300)
    said = str(told.value)
    assert "input" in said
    assert said.count("send it again") <= 1
    assert len(set(said.split("\n"))) == len(said.split("\n"))


def test_what_the_docs_name_is_there() -> None:
    assert chainring.Retry is Retry
