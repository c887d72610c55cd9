from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel
from tests.deployment.http.demo import DemoVerbs

from chainring.contracts.errors import InputError
from chainring.deployment.http import bodies
from chainring.deployment.http.app import create_app
from chainring.deployment.http.bodies import PredictBody, ReactBody
from chainring.deployment.http.faults import HttpError
from chainring.deployment.http.openai_bodies import ChatBody, EmbeddingsBody
from chainring.deployment.http.server import running
from chainring.deployment.settings import DeploymentSettings

POSTS = ["/v1/predict", "/v1/react", "/v1/review", "/v1/cases/none/close"]
FUZZ = settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))

_json = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["text", "texts", "kind", "value", "item", "decision", "must", "x"]),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)


@FUZZ
@given(path=st.sampled_from(POSTS), raw=st.binary(max_size=300))
def test_no_bytes_make_the_server_fail(client: httpx.Client, path: str, raw: bytes) -> None:
    assert 400 <= client.post(path, content=raw).status_code < 500


@FUZZ
@given(path=st.sampled_from(POSTS), body=_json)
def test_no_json_makes_the_server_fail(client: httpx.Client, path: str, body: object) -> None:
    answer = client.post(path, content=json.dumps(body).encode())
    assert answer.status_code < 500
    if answer.status_code >= 400:
        assert set(answer.json()["error"]) == {"code", "message", "next", "faults"}


@FUZZ
@given(path=st.text(st.characters(exclude_categories=["Cs"]), max_size=30))
def test_no_path_makes_the_server_fail(client: httpx.Client, path: str) -> None:
    assert client.get("/" + quote(path, safe="/")).status_code < 500
    assert client.get(f"/why/{quote(path)}").status_code < 500


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b'{"text": "\xff\xfe"}',
        b'{"text": "\\ud800"}',
        b'{"text": NaN}',
        b"\xef\xbb\xbf{}",
        b"[" * 100_000,
        b'{"text":' * 20_000 + b"1" + b"}" * 20_000,
        "文本".encode("gb18030"),
    ],
    ids=["empty", "cut", "utf-8", "surrogate", "nan", "bom", "deep", "deep object", "gb18030"],
)
def test_what_is_no_json_is_400(client: httpx.Client, raw: bytes) -> None:
    answer = client.post("/v1/predict", content=raw)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "bad_json"


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ({}, "exactly one of"),
        ({"text": "a", "texts": ["b"]}, "exactly one of"),
        ({"text": ""}, "text: empty"),
        ({"text": " \n"}, "text: empty"),
        ({"texts": []}, "send at least one"),
        ({"texts": ["a"] * 257}, "257 texts; at most 256"),
        ({"text": "长" * 100_000}, "100,000 characters; at most 20,000"),
        ({"text": "a\x00b"}, "NUL"),
        ({"text": 7}, "valid string"),
        ({"txt": "a"}, "did you mean 'text'"),
        (["text"], "body"),
    ],
)
def test_a_request_that_cannot_be_used_says_why(
    client: httpx.Client, body: object, fault: str
) -> None:
    answer = client.post("/v1/predict", json=body)
    assert answer.status_code == 422
    error = answer.json()["error"]
    assert fault in " ".join([error["message"], *error["faults"]])


def test_all_faults_of_a_body_come_together() -> None:
    raw = b'{"prediction": 1, "kind": "praise", "valu": "x", "comment": "a\\u0000"}'
    with pytest.raises(InputError) as raised:
        bodies.parse(raw, ReactBody)
    paths = sorted(fault.partition(":")[0] for fault in raised.value.faults)
    assert paths == ["comment", "kind", "prediction", "valu"]


@pytest.mark.parametrize("name", ["value", "comment", "author"])
def test_a_text_that_is_too_long_is_counted_in_characters(name: str) -> None:
    body = {"prediction": "pred_1", "kind": "correction", name: "长" * 50_000}
    with pytest.raises(InputError) as raised:
        bodies.parse(json.dumps(body).encode(), ReactBody)
    (fault,) = raised.value.faults
    most = {"value": "20,000", "comment": "2,000", "author": "200"}[name]
    assert fault == f"{name}: 50,000 characters; at most {most}"


_PARTS = {"role": "user", "content": [{}] * 200}


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (ReactBody, dict.fromkeys(map(str, range(2000)), 0)),
        (PredictBody, {"texts": [1] * 2000}),
        (PredictBody, {"texts": ["\x00"] * 2000}),
        (PredictBody, {"texts": ["a"], "pairs": [1] * 2000}),
        (EmbeddingsBody, {"input": [{}] * 2000}),
        (ChatBody, {"messages": [{}] * 900}),
        (ChatBody, {"messages": [_PARTS] * 10}),
    ],
)
def test_a_body_of_thousands_of_faults_is_given_up_after_some(
    kind: type[BaseModel], body: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each fault costs; a million bytes hold hundreds of thousands, and the server waits."""
    told, tell = list[Any](), bodies._fault

    def counted(error: Any, kind: type[BaseModel]) -> str:
        told.append(error)
        return tell(error, kind)

    monkeypatch.setattr(bodies, "_fault", counted)
    with pytest.raises(InputError):
        bodies.parse(json.dumps(body).encode(), kind)
    assert 1 <= len(told) <= 10


def test_a_body_of_too_many_keys_says_how_many_it_may_have(client: httpx.Client) -> None:
    answer = client.post("/v1/react", json=dict.fromkeys(map(str, range(2000)), 0))
    assert answer.json()["error"]["faults"] == ["body: 2,000 keys; at most 50"]


def test_a_key_of_any_length_is_looked_up_by_its_beginning(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked = list[str]()

    def nearest(name: str, known: object) -> str:
        looked.append(name)
        return ""

    monkeypatch.setattr(bodies, "did_you_mean", nearest)
    with pytest.raises(InputError):
        bodies.parse(json.dumps({"text": "a", "x" * 500_000: 1}).encode(), PredictBody)
    assert [len(name) for name in looked] == [80]


def test_every_bad_text_of_many_is_named() -> None:
    body = PredictBody(texts=["good", "", "x" * 11])
    with pytest.raises(InputError) as raised:
        body.all(max_texts=3, max_characters=10)
    assert [f.partition(":")[0] for f in raised.value.faults] == ["texts.1", "texts.2"]


def test_the_most_and_the_longest_that_are_allowed_are_answered() -> None:
    body = PredictBody(texts=["x" * 10] * 3)
    assert len(body.all(max_texts=3, max_characters=10)) == 3


def _chunks(total: int) -> Iterator[bytes]:
    yield from (b"x" * 10_000 for _ in range(total // 10_000))


@pytest.mark.parametrize("chunked", [True, False], ids=["chunked", "with length"])
def test_a_body_over_the_limit_is_413_and_ends_the_connection(open_url: str, chunked: bool) -> None:
    content = _chunks(1_010_000) if chunked else b"x" * 1_010_000
    answer = httpx.post(f"{open_url}/v1/predict", content=content)
    assert answer.status_code == 413
    assert answer.json()["error"]["faults"] == ["at most 1,000,000 bytes"]
    assert answer.headers["connection"] == "close"


def test_a_body_that_does_not_arrive_is_given_up_after_the_time_limit() -> None:
    app = create_app(DemoVerbs(), settings=DeploymentSettings(), body_timeout_s=0.2)
    head = b"POST /v1/predict HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n\r\n{"
    with running(app) as url, socket.create_connection(_place(url), timeout=20) as sender:
        sender.sendall(head)
        received = b"".join(iter(lambda: sender.recv(4096), b""))
    assert received.startswith(b"HTTP/1.1 408")
    assert b"slow_body" in received


def _place(url: str) -> tuple[str, int]:
    parts = httpx.URL(url)
    assert parts.port is not None
    return parts.host, parts.port


def test_the_shape_of_a_json_failure_is_the_same_for_400_and_422() -> None:
    with pytest.raises(HttpError) as raised:
        bodies.parse(b"nope", PredictBody)
    assert raised.value.code == "bad_json"
