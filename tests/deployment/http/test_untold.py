"""Of no error a caller hears where something lies on the server; the log has it."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.deployment.http.demo import DemoVerbs

from chainring.contracts.errors import (
    ChainringError,
    ConflictError,
    DamagedError,
    InputError,
    RefusedError,
    SpaceError,
    UnwrittenError,
)
from chainring.contracts.said import Said, in_language
from chainring.deployment.http.app import create_app
from chainring.deployment.http.faults import failure
from chainring.deployment.http.server import running
from chainring.deployment.http.untold import DAMAGED, FULL, UNWORDED, to_callers, unplaced
from chainring.deployment.settings import DeploymentSettings


def told(folder: Path) -> list[ChainringError]:
    """Return errors of every kind that names a place."""
    place = folder / "shop" / "trees"
    return [
        SpaceError(f"500 MiB of free disk are needed at {place}, 3 MiB are there; free space"),
        DamagedError(f"the manifest {place}/ab.json was altered; tar -xzf BACKUP -C {folder}"),
        InputError(f"no tree blake2b:00 in {place}; it was removed", faults=[f"{place}: gone"]),
        ConflictError(f"{place} is already there"),
        RefusedError(f"a form at {place}, (of sqlite:///{place}/ledger.db)"),
        UnwrittenError(f"cannot write to '{place}'"),
        InputError(Said(f"{place} is empty", zh=f"{place} 为空")),
    ]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_answer_names_a_place_and_the_log_does(
    tmp_path: Path, language: Any, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "shop" / "trees").mkdir(parents=True)
    for error in told(tmp_path):
        caplog.clear()
        with caplog.at_level(logging.ERROR, logger="chainring.http"):
            found = failure(error, language)
        for shape in (found.plain(), found.openai()):
            assert str(tmp_path) not in str(shape), error
            assert tmp_path.name not in str(shape), error
        assert found.message
        assert found.next
        assert str(tmp_path) in caplog.text, error


def test_a_full_disk_and_damage_have_their_cause_and_who_can_help() -> None:
    for error, words in ((SpaceError("x"), FULL), (DamagedError("x"), DAMAGED)):
        assert failure(error, "en").message == words
        assert failure(error, "zh").message == words.zh


@pytest.mark.parametrize(
    "text",
    ["GET /v1/models says what it can do", "see docs/how-to/keys.md", "https://a.example/tmp/x/y",
     "a/b", "/docs", "退款/退货"],
)  # fmt: skip
def test_what_is_no_place_here_is_told_as_it_is(text: str) -> None:
    assert unplaced(text) == text


class Broken(DemoVerbs):
    """Fails with the error that it was given."""

    error: ChainringError

    def cases(self, **_: Any) -> Any:
        raise self.error

    async def predict(self, *_: Any, **__: Any) -> Any:
        raise self.error


def test_neither_a_route_nor_a_page_nor_openais_interface_names_one(tmp_path: Path) -> None:
    verbs = Broken()
    asked = [
        ("GET", "/v1/cases", None, "application/json"),
        ("GET", "/cases", None, "text/html"),
        ("POST", "/v1/predict", {"text": "hello"}, "application/json"),
        ("POST", "/v1/chat/completions",
         {"model": "demo", "messages": [{"role": "user", "content": "hello"}]},
         "application/json"),
    ]  # fmt: skip
    made = create_app(verbs, settings=DeploymentSettings())
    with running(made) as url, httpx.Client(base_url=url) as client:
        for verbs.error in told(tmp_path):
            for method, path, body, kind in asked:
                answer = client.request(method, path, json=body, headers={"accept": kind})
                assert answer.status_code >= 400, (path, answer.text)
                assert tmp_path.name not in answer.text, (path, verbs.error)


def test_of_a_place_that_is_gone_the_log_has_what_is_there(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR, logger="chainring.http")
    told = to_callers(InputError(f"{tmp_path}/gone/model.json is missing; make it again"))
    assert told == "model.json is missing; make it again"
    assert caplog.messages == [f"http.unplaced cause=InputError places={tmp_path}"]


def refuses(self: Path, **_: Any) -> bool:
    """Stand in for a folder that this user may not look into, or a mount that is away."""
    raise PermissionError(13, "Permission denied", str(self))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_nobody_may_look_at_is_told_by_its_last_name(
    language: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "lstat", refuses)
    assert to_callers(InputError("no tree in /srv/shop/trees")) == "no tree in trees"
    found = failure(InputError("no tree in /srv/shop", faults=["/srv/shop/a: b"]), language)
    assert "/srv" not in str(found.plain())
    assert any("a: b" in fault for fault in found.faults)


def test_a_name_too_long_to_be_one_here_breaks_no_answer(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR, logger="chainring.http")
    long = "a" * 300
    for text in (f"no label '/tmp/{long}/b'", f"no label '/{long}/b'", "no '/tmp/a\0b/c'"):
        assert failure(InputError(text), "en").message.startswith("no ")
    assert long not in caplog.text, "what a caller made up is not logged"


class Mute(RuntimeError):
    """As an engine raises it: to ask what it says is another failure."""

    def __str__(self) -> str:
        raise UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte")


@pytest.mark.parametrize("error", [RuntimeError(), MemoryError("  "), Mute()])
def test_of_an_error_without_words_callers_hear_that_it_has_none_and_the_log_names_its_kind(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR, logger="chainring.http"):
        told = to_callers(error)
    assert told == UNWORDED
    assert in_language(told, "zh") == UNWORDED.zh
    assert caplog.messages == [f"http.unworded cause={type(error).__name__}"]
