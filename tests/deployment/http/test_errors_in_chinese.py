"""Errors as a caller who reads Chinese gets them: no English sentence is left."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest
from tests.text.english import english_in

HAN = re.compile("[\u4e00-\u9fff]")
NAMES = re.compile(r"(?<=已知：)[\w., -]+")
CHINESE = {"accept-language": "zh-CN"}
LONG = "x" * 30_000

BODIES: list[tuple[str, Any]] = [
    ("/v1/predict", b"{"),
    ("/v1/predict", b""),
    ("/v1/predict", b"[1 2]"),
    ("/v1/predict", b'{"text": }'),
    ("/v1/predict", b'{"text": "\xff"}'),
    ("/v1/predict", b'{"text": "x",}'),
    ("/v1/predict", []),
    ("/v1/predict", {}),
    ("/v1/predict", {"txt": "x"}),
    ("/v1/predict", {"text": 7}),
    ("/v1/predict", {"text": "a\0b"}),
    ("/v1/predict", {"text": "x", "episode": "x" * 201, "stream": "perhaps"}),
    ("/v1/predict", {"text": "x", "texts": ["y"]}),
    ("/v1/predict", {"texts": []}),
    ("/v1/predict", {"texts": ["", "a", LONG]}),
    ("/v1/predict", {"texts": ["a"] * 2000}),
    ("/v1/predict", {"texts": ["a"], "stream": True}),
    ("/v1/predict", {"texts": ["a"], "pair": "b"}),
    ("/v1/predict", {"texts": ["a"], "pairs": ["b", "c"]}),
    ("/v1/predict", {"text": "a", "pair": "b"}),
    ("/v1/react", {}),
    ("/v1/react", dict.fromkeys(map(str, range(60)), 0)),
    ("/v1/react", {"prediction": "pred_1", "kind": "rat"}),
    ("/v1/decide", {"item": "x", "decision": "maybe"}),
    ("/v1/decide", {"item": "x", "decision": "accept"}),
    ("/v1/embeddings", {"input": []}),
    ("/v1/embeddings", {"input": "x", "encoding_format": "int"}),
    ("/v1/embeddings", {"input": "x", "dimensions": 7}),
    ("/v1/embeddings", {"input": "x", "model": "other"}),
    ("/v1/embeddings", {"input": [LONG]}),
    ("/v1/chat/completions", {"messages": []}),
    ("/v1/chat/completions", {"messages": [{"role": "user", "content": "x"}], "tools": [1]}),
    ("/v1/chat/completions", {"messages": [{"role": "user", "content": "x"}], "n": 2}),
    ("/v1/chat/completions", {"messages": [{"role": "user", "content": "x"}]}),
    ("/v1/keys", {"role": "ask", "name": ""}),
    ("/v1/keys", {"role": "askk", "name": "web"}),
    ("/v1/release", {"model": "x", "stage": "all"}),
    ("/v1/nowhere", {}),
]
ADDRESSES = [
    "/v1/why/pred_1", "/v1/cases?state=half", "/v1/review?limit=0", "/v1/history?x=%00",
    "/v1%2Fhistory",
    "/v1/cases/case_1?author=ann", "/v1/audit?limit=no", "/nowhere", "/v1/models/other",
]  # fmt: skip


def require_chinese(response: httpx.Response) -> None:
    """Fail where a refusal has English left."""
    assert response.status_code >= 400, response.text
    error = response.json()["error"]
    for line in (error["message"], error["next"], *error["faults"]):
        left = NAMES.sub("", line)
        assert HAN.search(left), line
        assert english_in(left) == [], line


@pytest.mark.parametrize(("path", "body"), BODIES, ids=range(len(BODIES)))
def test_the_faults_of_a_body_are_told_in_chinese(
    client: httpx.Client, path: str, body: Any
) -> None:
    sent = {"content": body} if isinstance(body, bytes) else {"json": body}
    require_chinese(client.post(path, headers=CHINESE, **sent))


@pytest.mark.parametrize("address", ADDRESSES)
def test_the_faults_of_an_address_are_told_in_chinese(client: httpx.Client, address: str) -> None:
    require_chinese(client.get(address, headers=CHINESE))


def test_a_key_that_does_not_reach_is_told_in_chinese(
    asker: httpx.Client, stranger: httpx.Client
) -> None:
    require_chinese(asker.get("/v1/review", headers=CHINESE))
    require_chinese(stranger.get("/v1/status", headers=CHINESE))
    basic = {"authorization": "Basic x"}
    require_chinese(stranger.get("/v1/status", headers=CHINESE | basic))
