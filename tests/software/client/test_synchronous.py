"""Both clients against a real server, and against one that fails as told."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any
from urllib.parse import unquote

import httpx
import pytest

import chainring
from chainring.contracts.errors import (
    BusyError,
    ConflictError,
    InputError,
    NotAllowedError,
    UnknownNameError,
    UnreachableError,
)
from chainring.software.client import Answer, AsyncClient, Client, Piece, Retry, wire

TEXT = "where is my parcel"
AT_ONCE = Retry(times=3, first_s=0.0, most_s=0.0)
ANSWER = {"id": "pred_1", "label": "a", "confidence": 0.5, "passed_on": False, "newer": 1}


@pytest.fixture
def client(url: str) -> Iterator[Client]:
    with Client(url, key="key-to-ask") as found:
        yield found


def test_an_answer_is_given_reacted_to_and_explained(client: Client) -> None:
    answer = client.predict(TEXT, author="ann")
    assert (answer.label, answer.value) == ("track_order", "track_order")
    assert answer.article is not None
    stored = client.react(answer.id, "correction", "refund", author="ann")
    assert (stored.prediction, stored.value) == (answer.id, "refund")
    assert client.why(answer.id)["prediction"] == answer.id
    assert "track_order" in client.labels()
    assert client.status()["app"] == "demo"


def test_many_texts_are_answered_in_their_order(client: Client) -> None:
    texts = [TEXT, "I want a refund", "我的包裹到哪了"]
    found = client.predict_many(texts)
    assert [one.label for one in found] == [client.predict(text).label for text in texts]


def test_a_text_is_streamed_in_pieces_with_the_answer_last(client: Client) -> None:
    *pieces, answer = list(client.stream(TEXT))
    assert isinstance(answer, Answer)
    assert "".join(one.text for one in pieces if isinstance(one, Piece)).split() == [
        "track",
        "order",
    ]


SEPARATED = "one\u2028two\u2029three\u0085four\r\nfive"


def write(request: httpx.Request) -> httpx.Response:
    """Stream a piece with the separators as they are, as any other server may."""
    text = json.dumps({"text": SEPARATED}, ensure_ascii=False)
    body = f"event: piece\r\ndata: {text}\r\n\r\nevent: answer\ndata: {json.dumps(ANSWER)}\n\n"
    cut = [body.encode()[at : at + 5] for at in range(0, len(body.encode()), 5)]
    return httpx.Response(200, headers={"content-type": "text/event-stream"}, stream=Cut(cut))


class Cut(httpx.SyncByteStream, httpx.AsyncByteStream):
    """Gives a body in the given parts."""

    def __init__(self, parts: list[bytes]) -> None:
        self.parts = parts

    def __iter__(self) -> Iterator[bytes]:
        yield from self.parts

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for part in self.parts:
            yield part


def streamed(transport: Any, *, awaited: bool) -> list[Piece | Answer]:
    async def each() -> list[Piece | Answer]:
        async with AsyncClient("http://x", transport=transport) as client:
            return [one async for one in client.stream("a")]

    if awaited:
        return asyncio.run(each())
    with Client("http://x", transport=transport) as client:
        return list(client.stream("a"))


@pytest.mark.parametrize("awaited", [False, True])
def test_a_stream_is_cut_at_line_feeds_alone(awaited: bool) -> None:
    piece, answer = streamed(served([write])[0], awaited=awaited)
    assert isinstance(piece, Piece)
    assert isinstance(answer, Answer)
    assert (piece.text, answer.id) == (SEPARATED, "pred_1")


@pytest.mark.parametrize("awaited", [False, True])
@pytest.mark.parametrize(
    "body", ["", 'event: piece\ndata: {"text": "half"}\n\n', 'event: answer\ndata: {"id": "pred_1']
)
def test_a_stream_that_ends_before_its_answer_is_told(body: str, awaited: bool) -> None:
    headers = {"content-type": "text/event-stream"}
    transport, _ = served([lambda request: httpx.Response(200, headers=headers, text=body)])
    with pytest.raises(UnreachableError, match="ended before its answer"):
        streamed(transport, awaited=awaited)


def test_vectors_come_as_many_as_texts(client: Client) -> None:
    one, two = client.embed(["a", "b"])
    assert len(one) == len(two) == 8
    assert one != two


def test_the_model_says_what_it_takes_and_gives(client: Client) -> None:
    (model,) = client.models()
    assert model.request["required"] == ["text"]
    assert "track_order" in model.answer["properties"]["label"]["enum"]


def test_a_model_says_what_the_gate_judged_it_by_and_one_of_before_went_by_accuracy() -> None:
    row = {"id": "m", "task": "classification", "form": "exact", "engine": "onnx", "variant": "c"}
    now, before = wire.models({"data": [row | {"measure": "cost"}, row]})
    assert (now.measure, before.measure) == ("cost", "accuracy")


def test_the_client_that_is_awaited_does_the_same(url: str) -> None:
    async def test() -> None:
        async with AsyncClient(url, key="key-to-ask") as client:
            answers = await asyncio.gather(*(client.predict(TEXT) for _ in range(20)))
            assert {one.label for one in answers} == {"track_order"}
            assert len({one.id for one in answers}) == 20
            stored = await client.react(answers[0].id, "rating", "up")
            assert stored.kind == "rating"
            assert (await client.predict_many([TEXT]))[0].label == "track_order"
            *pieces, answer = [one async for one in client.stream(TEXT)]
            assert isinstance(answer, Answer)
            assert len(pieces) == 2
            assert len((await client.embed(["a"]))[0]) == 8
            assert (await client.why(answers[0].id))["passed_on"] is False
            assert len(await client.models()) == 1
            assert "track_order" in await client.labels()
            assert (await client.status())["app"] == "demo"

    asyncio.run(test())


def test_both_clients_have_the_same_methods() -> None:
    def public(kind: type) -> set[str]:
        return {name for name in vars(kind) if not name.startswith("_")}

    assert public(Client) == public(AsyncClient)


# Failures


def test_a_refusal_is_the_error_that_the_library_raises(url: str, client: Client) -> None:
    with pytest.raises(InputError, match="empty") as caught:
        client.predict(" ")
    assert caught.value.faults
    with pytest.raises(UnknownNameError):
        client.why("pred_none")
    with Client(url) as nobody, pytest.raises(NotAllowedError, match="needs a key"):
        nobody.predict(TEXT)
    with Client(url, key="key-to-react") as reacting, pytest.raises(NotAllowedError):
        reacting.predict(TEXT)
    with Client(url, key="key-to-ask") as asking, pytest.raises(InputError):
        list(asking.stream(""))


def served(answers: list[Callable[[httpx.Request], httpx.Response]]) -> Any:
    """Return a transport that answers in turn, and the requests that it saw."""
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return answers[min(len(seen), len(answers)) - 1](request)

    return httpx.MockTransport(answer), seen


def refuse(status: int, **headers: str) -> Callable[[httpx.Request], httpx.Response]:
    code = {429: "busy", 503: "not_ready"}.get(status, "other")
    body = {"error": {"code": code, "message": "full", "next": "wait", "faults": []}}
    return lambda request: httpx.Response(status, json=body, headers=headers)


def lose(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("refused")


def fine(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, json=ANSWER)


@pytest.mark.parametrize("failure", [refuse(429), refuse(503), refuse(500), lose])
def test_what_may_be_tried_again_is_with_the_same_idempotency_key(failure: Any) -> None:
    transport, seen = served([failure, failure, fine])
    with Client("http://x", retry=AT_ONCE, transport=transport) as client:
        assert client.predict("a").id == "pred_1"
    keys = {request.headers["idempotency-key"] for request in seen}
    assert (len(seen), len(keys)) == (3, 1)


@pytest.mark.parametrize(
    ("failure", "kind"),
    [(refuse(429), BusyError), (refuse(502), UnreachableError), (lose, UnreachableError)],
)
def test_after_its_last_try_the_failure_is_told(failure: Any, kind: type[Exception]) -> None:
    transport, seen = served([failure])
    with (
        Client("http://x", retry=AT_ONCE, transport=transport) as client,
        pytest.raises(kind),
    ):
        client.predict("a")
    assert len(seen) == 4


@pytest.mark.parametrize(("status", "kind"), [(422, InputError), (409, ConflictError)])
def test_what_would_fail_again_is_not_tried_again(status: int, kind: type[Exception]) -> None:
    transport, seen = served([refuse(status)])
    with Client("http://x", retry=AT_ONCE, transport=transport) as client, pytest.raises(kind):
        client.predict("a")
    assert len(seen) == 1


def test_who_is_told_to_come_back_tomorrow_hears_so_at_once() -> None:
    transport, seen = served([refuse(429, **{"retry-after": "36000"})])
    with Client("http://x", transport=transport) as client, pytest.raises(BusyError) as caught:
        client.predict("a")
    assert (len(seen), caught.value.retry_after_s) == (1, 36000.0)


def test_the_client_that_is_awaited_tries_again_too() -> None:
    transport, seen = served([refuse(429), lose, fine])

    async def test() -> str:
        async with AsyncClient("http://x", retry=AT_ONCE, transport=transport) as client:
            return (await client.predict("a")).id

    assert asyncio.run(test()) == "pred_1"
    assert len(seen) == 3


def test_waits_grow_are_spread_and_heed_the_server() -> None:
    retry = Retry(first_s=1.0, most_s=8.0)
    for attempt, (least, most) in enumerate([(0.5, 1), (1, 2), (2, 4), (4, 8), (4, 8)]):
        drawn = {retry.wait_s(attempt) for _ in range(50)}
        assert least <= min(drawn) <= max(drawn) <= most
        assert len(drawn) > 10
    asked = [retry.wait_s(0, retry_after_s=5.0) for _ in range(50)]
    assert 5.0 <= min(asked) <= max(asked) <= 6.0
    assert len(set(asked)) > 10, "those that were refused together come back apart"
    assert retry.wait_s(0, retry_after_s=500.0) == 8.0


def test_a_page_that_a_proxy_wrote_is_told_as_no_json() -> None:
    transport, _ = served([lambda request: httpx.Response(404, text="<html>")])
    with (
        Client("http://x", transport=transport) as client,
        pytest.raises(InputError, match="no JSON"),
    ):
        client.predict("a")


def move(request: httpx.Request) -> httpx.Response:
    """Send on to the same path of the address with TLS."""
    return httpx.Response(301, headers={"location": f"https://y.example{request.url.path}"})


def sign_in(request: httpx.Request) -> httpx.Response:
    return httpx.Response(302, headers={"location": "/sso/login"})


def page(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, html="<html>welcome")


def listed(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, json=["no", "object"])


OTHERS = [
    {"status": "ok"},
    {"predictions": []},
    {"predictions": [[0.1]]},
    {"data": 1, "labels": 1, "predictions": 1},
    {"data": [{"index": "a"}], "labels": ["a"]},
    {"data": [{"index": 0, "embedding": "ab"}], "predictions": ["a"]},
]


@pytest.mark.parametrize("body", OTHERS)
def test_the_json_of_another_service_is_told_with_what_came(body: dict[str, Any]) -> None:
    transport, _ = served([lambda request: httpx.Response(200, json=body)])
    said = "http://x answered 200 application/json, which is no answer of `chainring serve`"
    with Client("http://x", transport=transport) as client:
        calls: list[Callable[[], Any]] = [
            lambda: client.predict("a"),
            lambda: client.predict_many(["a", "b"]),
            lambda: client.react("pred_1", "rating", "up"),
            lambda: client.embed(["a"]),
            client.models,
            client.labels,
        ]
        for call in calls:
            with pytest.raises(UnreachableError, match=re.escape(said)):
                call()

    async def awaited() -> None:
        async with AsyncClient("http://x", transport=transport) as client:
            for call in (client.predict("a"), client.predict_many(["a"]), client.embed(["a"])):
                with pytest.raises(UnreachableError, match=re.escape(said)):
                    await call
            for each in (client.models(), client.labels()):
                with pytest.raises(UnreachableError, match=re.escape(said)):
                    await each

    asyncio.run(awaited())


@pytest.mark.parametrize("awaited", [False, True])
@pytest.mark.parametrize("data", ['{"delta": "x"}', "[DONE]", "7"])
def test_the_events_of_another_service_are_told(data: str, awaited: bool) -> None:
    headers, body = {"content-type": "text/event-stream"}, f"event: piece\ndata: {data}\n\n"
    transport, _ = served([lambda request: httpx.Response(200, headers=headers, text=body)])
    with pytest.raises(UnreachableError, match="no answer of `chainring serve`"):
        streamed(transport, awaited=awaited)


FOREIGN = [
    (move, "http://x moved to https://y.example; use that"),
    (sign_in, "http://x sends on to http://x/sso/login instead of answering"),
    (page, "text/html"),
    (listed, "application/json"),
]


@pytest.mark.parametrize(("answer", "said"), FOREIGN)
def test_what_is_no_answer_of_a_server_is_told_with_what_came(answer: Any, said: str) -> None:
    transport, seen = served([answer])
    with Client("http://x", retry=AT_ONCE, transport=transport) as client:
        calls: list[Callable[[], Any]] = [
            lambda: client.predict("a"),
            lambda: client.react("pred_1", "rating", "up"),
            client.labels,
            lambda: list(client.stream("a")),
        ]
        for call in calls:
            with pytest.raises(UnreachableError, match=re.escape(said)):
                call()
    assert len(seen) == len(calls)


@pytest.mark.parametrize(("answer", "said"), FOREIGN)
def test_the_client_that_is_awaited_tells_it_too(answer: Any, said: str) -> None:
    transport, seen = served([answer])

    async def test() -> None:
        async with AsyncClient("http://x", retry=AT_ONCE, transport=transport) as client:
            with pytest.raises(UnreachableError, match=re.escape(said)):
                await client.predict("a")
            with pytest.raises(UnreachableError, match=re.escape(said)):
                _ = [one async for one in client.stream("a")]

    asyncio.run(test())
    assert len(seen) == 2


def explained(transport: Any, prediction: str, *, awaited: bool) -> Any:
    async def why() -> Any:
        async with AsyncClient("http://x", transport=transport) as client:
            return await client.why(prediction)

    if awaited:
        return asyncio.run(why())
    with Client("http://x", transport=transport) as client:
        return client.why(prediction)


@pytest.mark.parametrize("awaited", [False, True])
@pytest.mark.parametrize("prediction", ["../status", "a#b", "a?b", "a/b", "%2e%2e", "a b", "甲"])
def test_an_id_is_one_part_of_the_path_whatever_it_holds(prediction: str, awaited: bool) -> None:
    transport, seen = served([lambda request: httpx.Response(200, json={"id": prediction})])
    explained(transport, prediction, awaited=awaited)
    *above, last = seen[0].url.raw_path.decode().split("/")
    assert (above, unquote(last)) == (["", "v1", "why"], prediction)
    assert not {"?", "#"} & set(last)


@pytest.mark.parametrize("awaited", [False, True])
@pytest.mark.parametrize("prediction", ["", ".", ".."])
def test_an_id_that_would_lead_elsewhere_is_refused(prediction: str, awaited: bool) -> None:
    transport, seen = served([lambda request: httpx.Response(200, json={})])
    with pytest.raises(InputError, match="no id of a prediction"):
        explained(transport, prediction, awaited=awaited)
    assert seen == []


def test_a_pair_and_many_pairs_are_sent_as_the_server_wants_them() -> None:
    two = {"predictions": [ANSWER, ANSWER]}
    transport, seen = served([fine, lambda request: httpx.Response(200, json=two)])
    with Client("http://x", transport=transport) as client:
        client.predict("a", pair="b")
        client.predict_many([("a", "b"), ("c", "d")])
    first, second = (json.loads(request.content) for request in seen)
    assert (first["text"], first["pair"]) == ("a", "b")
    assert (second["texts"], second["pairs"]) == (["a", "c"], ["b", "d"])


def test_what_is_no_address_is_told() -> None:
    with pytest.raises(InputError, match="no address"):
        Client("localhost:8000")


@pytest.mark.parametrize("address", ["http://[x", "http://x:99999", "http://x:a"])
def test_what_is_almost_an_address_is_told(address: str) -> None:
    with pytest.raises(InputError, match="no address"):
        Client(address)


@pytest.mark.parametrize("is_set", [False, True])
def test_an_address_with_a_user_is_refused_beside_a_key(
    monkeypatch: pytest.MonkeyPatch, is_set: bool
) -> None:
    transport, seen = served([fine])
    with Client("https://ann:pass@x", transport=transport) as client:
        client.predict("a")
    assert seen[0].headers["authorization"].startswith("Basic ")
    if is_set:
        monkeypatch.setenv("CHAINRING_KEY", "cr_ask_1")
    with pytest.raises(InputError, match="a user and a key") as caught:
        Client("https://ann:pass@x", key="" if is_set else "cr_ask_1", transport=transport)
    assert "pass" not in str(caught.value)


@pytest.mark.parametrize("secret", ["“cr_ask_1”", "cr_ask_１", "cr_ask\x00", "cr\nask"])
def test_a_key_that_no_header_can_hold_is_told_and_not_quoted(secret: str) -> None:
    with pytest.raises(InputError, match="key") as caught:
        Client("http://x", key=secret)
    assert "ask" not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("is_set", [False, True])
def test_a_key_goes_without_the_line_feed_of_its_file(
    monkeypatch: pytest.MonkeyPatch, is_set: bool
) -> None:
    if is_set:
        monkeypatch.setenv("CHAINRING_KEY", " cr_ask_1\r\n")
    transport, seen = served([fine])
    with Client("http://x", key="" if is_set else "cr_ask_1\n", transport=transport) as client:
        client.predict("a")
    assert seen[0].headers["authorization"] == "Bearer cr_ask_1"


def test_the_key_comes_from_the_environment_where_none_is_given(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("CHAINRING_KEY", "key-to-ask")
    with Client(url) as client:
        assert client.predict(TEXT).label == "track_order"


def test_the_client_is_loaded_by_name_and_loads_nothing_heavy() -> None:
    assert chainring.Client is Client
    heavy = ["torch", "numpy", "pydantic", "sqlalchemy", "fastapi", "pyarrow", "orjson"]
    code = (
        "import sys\nfrom chainring import AsyncClient, Client\nClient('http://x')\n"
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
