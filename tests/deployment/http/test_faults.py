from __future__ import annotations

from typing import Any

import httpx
import pytest

from chainring.contracts.errors import (
    BusyError,
    ConflictError,
    DamagedError,
    InputError,
    MissingPackageError,
    NotAllowedError,
    RefusedError,
    SpaceError,
    UnknownNameError,
    UnwrittenError,
)
from chainring.deployment.http.faults import HttpError, failure
from chainring.deployment.http.wordings import WORDINGS

EXPECTED: list[tuple[Exception, int]] = [
    (InputError("no", faults=["a", "b"]), 422),
    (UnknownNameError("label", "x", []), 404),
    (NotAllowedError("no"), 403),
    (ConflictError("no"), 409),
    (BusyError("full", retry_after_s=3), 429),
    (UnwrittenError("away", retry_after_s=5), 503),
    (DamagedError("no"), 503),
    (RefusedError("no"), 503),
    (SpaceError("no"), 503),
    (MissingPackageError("x", extra="serve", needed_for="y"), 503),
    (KeyError("users text"), 500),
]


@pytest.mark.parametrize(("error", "status"), EXPECTED, ids=lambda v: type(v).__name__)
def test_each_error_has_its_status_in_both_languages(error: Exception, status: int) -> None:
    english, chinese = failure(error, "en"), failure(error, "zh")
    assert english.status == chinese.status == status
    assert english.next != chinese.next
    assert any("\u4e00" <= c <= "\u9fff" for c in chinese.message)


def test_an_error_of_ours_keeps_its_words_and_all_its_faults() -> None:
    error = InputError("the texts cannot be answered", faults=["a: empty", "b: long"])
    assert failure(error, "en").message == "the texts cannot be answered"
    assert failure(error, "en").faults == ("a: empty", "b: long")
    assert failure(error, "zh").message == "这些文本无法回答"
    assert failure(error, "zh").faults == ("a：为空", "b: long")


def test_the_words_of_a_plugin_stand_below_the_general_sentence_in_chinese() -> None:
    found = failure(InputError("a plugin says no", faults=["b: long"]), "zh")
    assert found.message == WORDINGS["bad_input"].zh
    assert found.faults == ("a plugin says no", "b: long")


def test_of_an_unforeseen_error_nothing_is_told() -> None:
    told = failure(ValueError("my secret text"), "en")
    assert "secret" not in str(told.plain())
    assert told.code == "internal"


def test_a_full_queue_is_429_and_a_draining_one_503_both_with_retry_after() -> None:
    full = failure(BusyError("full", retry_after_s=2.4), "en")
    assert (full.status, full.headers()["Retry-After"]) == (429, "2")
    draining = failure(BusyError("draining", retry_after_s=0.1), "en", ready="draining")
    assert (draining.status, draining.headers()["Retry-After"]) == (503, "1")


@pytest.mark.parametrize(("language", "step"), [("en", "Ask whoever operates"), ("zh", "管理员")])
def test_where_no_model_serves_nobody_is_told_to_ask_again_in_a_few_seconds(
    language: Any, step: str
) -> None:
    found = failure(BusyError("no model serves yet", retry_after_s=2.0), language, ready="no_model")
    assert (found.code, found.status) == ("unserved", 503)
    assert step in found.next
    assert int(found.headers()["Retry-After"]) > 20  # so programs of ours do not ask again


def test_every_code_has_words_and_a_next_step_in_both_languages() -> None:
    for code, words in WORDINGS.items():
        assert words.en, code
        assert words.en_next, code
        assert all(
            any("\u4e00" <= c <= "\u9fff" for c in text) for text in (words.zh, words.zh_next)
        )
        assert 400 <= words.status < 600


def _is_chinese(text: str) -> bool:
    return any("\u4e00" <= c <= "\u9fff" for c in text)


def test_a_code_without_words_is_our_own_mistake() -> None:
    with pytest.raises(KeyError):
        failure(HttpError("no_such_code"), "en")


def test_a_failure_speaks_the_language_of_the_caller(client: httpx.Client) -> None:
    answer = client.get("/nowhere", headers={"accept-language": "zh-CN,zh;q=0.9"})
    assert (answer.status_code, answer.json()["error"]["message"]) == (404, "没有这个地址。")
    answer = client.delete("/v1/predict", headers={"accept-language": "en"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (405, "wrong_method")


def test_more_texts_than_the_queue_holds_is_429_with_retry_after() -> None:
    from tests.deployment.http.demo import DemoVerbs

    from chainring.deployment.http.app import create_app
    from chainring.deployment.http.server import running
    from chainring.deployment.settings import DeploymentSettings

    with running(create_app(DemoVerbs(queue=3), settings=DeploymentSettings())) as url:
        answer = httpx.post(f"{url}/v1/predict", json={"texts": ["a"] * 4})
    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "1"
