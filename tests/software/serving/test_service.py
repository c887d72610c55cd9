"""The service over a real server process: what it answers, whom, with which model, and its end."""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from tests.software.conftest import (
    PATIENCE_S,
    Server,
    child,
    copy,
    grow,
    opened,
    served,
    texts_of,
    wait_until,
)
from tests.software.serving.test_offers import rolled_back, started

from chainring.contracts.codec import decode
from chainring.contracts.deployment import Deployment
from chainring.contracts.errors import DamagedError, InputError, NotAllowedError, UnwrittenError
from chainring.contracts.reaction import Reaction
from chainring.deployment.http.untold import AWAY, UNWORDED
from chainring.deployment.http.verbs import Readiness
from chainring.software.api import Project
from chainring.software.serving.arms import Arms
from chainring.software.serving.retries import Retries
from chainring.software.serving.service import Service, _load
from chainring.software.verbs.answering import Opened
from chainring.store.traffic import Traffic

TEXT = "where is my parcel right now"


@pytest.fixture(scope="module")
def house(turned: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the turned project that the servers of this module share."""
    return copy(turned, tmp_path_factory.mktemp("served") / "shop")


@pytest.fixture(scope="module")
def client(house: Path) -> Iterator[httpx.Client]:
    """Yield a client of a server without keys, on its own machine."""
    with served(house) as server, httpx.Client(base_url=server.url, timeout=PATIENCE_S) as found:
        yield found


def predicted(client: httpx.Client, text: str = TEXT, **more: str) -> dict[str, Any]:
    found: dict[str, Any] = (
        client.post("/v1/predict", json={"text": text, **more}).raise_for_status().json()
    )
    return found


def unclear(client: httpx.Client) -> None:
    """Ask what the model is unsure of, often enough: some are kept for the hold-out."""
    for word in ("arst", "neio", "qwfp", "luy", "zxcd", "hnei", "tsra", "wfpg"):
        predicted(client, f"{word} zxcd neio")


# What it answers


def test_an_answer_brings_label_confidence_and_help_article(client: httpx.Client) -> None:
    found = predicted(client)
    assert found["label"] == "track_order"
    assert 0 < found["confidence"] <= 1
    assert found["article"]["title"]
    assert "holdout" not in found


@pytest.mark.parametrize(("text", "words"), [("zxqv wvut", "a person"), ("哎哟喂呀嘿", "人工")])
def test_an_unsure_answer_says_in_its_language_that_a_person_takes_over(
    client: httpx.Client, text: str, words: str
) -> None:
    found = predicted(client, text)
    assert found["passed_on"]
    assert words in found["message"]
    assert found["article"] is None


@pytest.mark.parametrize(("asked", "is_chinese"), [("zh-CN,zh;q=0.9", True), ("en-GB", False)])
def test_a_text_of_no_language_is_answered_in_the_one_that_its_sender_reads(
    client: httpx.Client, asked: str, is_chinese: bool
) -> None:
    headers = {"accept-language": asked}
    for text in ("？？？", "12345"):
        found = client.post("/v1/predict", json={"text": text}, headers=headers).json()
        said = found["message"] or found["article"]["title"]
        assert found["language"] == "und"
        assert any("\u4e00" <= char <= "\u9fff" for char in said) is is_chinese


def test_many_texts_are_answered_in_their_order_as_by_the_python_api(
    client: httpx.Client, house: Path
) -> None:
    texts = [row["text"] for row in texts_of(house, 40)]
    answers = client.post("/v1/predict", json={"texts": texts}).raise_for_status().json()
    with opened(house) as project:
        own = project.predict(texts)
    served_ones = answers["predictions"]
    assert [one["label"] for one in served_ones] == [one.label for one in own]
    assert [one["passed_on"] for one in served_ones] == [one.passed_on for one in own]
    assert [one["confidence"] for one in served_ones] == pytest.approx(
        [one.confidence for one in own], abs=1e-3
    )


def test_a_reaction_is_found_by_the_next_who_opens_the_project(
    client: httpx.Client, house: Path
) -> None:
    answer = predicted(client, author="ann", episode="visit-1")
    body = {"prediction": answer["id"], "kind": "correction", "value": "invoice"}
    stored = client.post("/v1/react", json=body)
    assert stored.status_code == 201
    with opened(house) as project:
        (row,) = project.ring.traffic.feedback_on(answer["id"])
    assert (row.id, row.value, row.text) == (stored.json()["id"], "invoice", TEXT)
    assert (row.author, row.episode) == ("ann", "visit-1")


@pytest.mark.parametrize(("text", "words"), [("zxqv wvut", "no label"), ("哎哟喂呀嘿", "不教")])
def test_who_confirms_that_a_text_was_passed_on_is_told_that_it_teaches_nothing(
    client: httpx.Client, text: str, words: str
) -> None:
    answer = predicted(client, text)
    body = {"prediction": answer["id"], "kind": "confirmation"}
    assert words in client.post("/v1/react", json=body).raise_for_status().json()["message"]
    body["value"] = answer["label"]
    assert client.post("/v1/react", json=body).raise_for_status().json()["message"] == ""


def test_without_keys_a_client_that_must_send_one_is_answered(client: httpx.Client) -> None:
    for number in range(12):  # more than would lock the address out
        headers = {"authorization": f"Bearer none-{number}"}
        asked = client.post("/v1/predict", json={"text": TEXT}, headers=headers)
        assert asked.status_code == 200, asked.text
    assert client.get("/v1/keys", headers={"cookie": "chainring_key=ended"}).status_code == 200


def test_a_flag_opens_a_case_that_its_author_follows_until_it_is_closed(
    client: httpx.Client,
) -> None:
    answer = predicted(client, author="ann")
    body = {"prediction": answer["id"], "kind": "flag", "value": "unfair", "author": "ann"}
    case = client.post("/v1/react", json=body).json()["case"]
    assert client.get(f"/v1/cases/{case}", params={"author": "ann"}).json()["state"] == "open"
    closing = {"outcome": "looked at", "told": "谢谢"}
    client.post(f"/v1/cases/{case}/close", json=closing).raise_for_status()
    followed = client.get(f"/v1/cases/{case}", params={"author": "ann"}).json()
    assert (followed["state"], followed["told"]) == ("closed", "谢谢")


def test_an_item_of_the_review_is_decided_once(client: httpx.Client) -> None:
    unclear(client)

    def waiting() -> list[str]:
        items = client.get("/v1/review", params={"limit": 400}).json()["items"]
        return [item["id"] for item in items]

    item = waiting()[0]
    body = {"item": item, "decision": "change", "value": "invoice"}
    client.post("/v1/review", json=body).raise_for_status()
    assert item not in waiting()


@pytest.mark.parametrize(("language", "words"), [("en", "sure"), ("zh-CN,zh;q=0.9", "把握")])
def test_the_review_says_why_in_the_language_that_is_asked_for(
    client: httpx.Client, language: str, words: str
) -> None:
    unclear(client)
    found = client.get("/v1/review", params={"limit": 400}, headers={"Accept-Language": language})
    whys = [item["why"] for item in found.json()["items"] if item["kind"] == "unsure"]
    assert whys
    assert all(words in why for why in whys)


def test_why_knows_an_answer_that_was_just_given(client: httpx.Client) -> None:
    answer = predicted(client)
    found = client.get(f"/v1/why/{answer['id']}").raise_for_status().json()
    assert found["text"] == TEXT
    assert found["model"]["address"] == answer["model"]


def test_a_label_that_a_reviewer_added_can_be_corrected_to(
    client: httpx.Client, house: Path
) -> None:
    with opened(house) as project:
        (answer,) = project.predict(["do you sell gift cards"])
        project.decide(answer.id, decision="change", value="gift_card")
    wait_until(lambda: "gift_card" in client.get("/v1/labels").text)


# Keys and roles


@pytest.fixture
def secrets(shop: Path) -> dict[str, str]:
    """Return the secrets of three keys of a project, one of them revoked."""
    with opened(shop) as project:
        made = {name: project.make_key(role, name) for name, role in ROLES.items()}
        project.revoke_key(made["gone"][1].id)
    return {name: secret for name, (secret, _) in made.items()}


ROLES: dict[str, Any] = {"shop": "ask", "ann": "operate", "gone": "operate"}


def as_(url: str, secret: str) -> httpx.Client:
    headers = {"authorization": f"Bearer {secret}"}
    return httpx.Client(base_url=url, headers=headers, timeout=PATIENCE_S)


def test_keys_open_what_their_role_reaches_from_first_to_last(
    shop: Path, secrets: dict[str, str]
) -> None:
    with served(shop) as server, httpx.Client(base_url=server.url) as nobody:
        assert nobody.post("/v1/predict", json={"text": TEXT}).status_code == 401
        with as_(server.url, secrets["gone"]) as gone:
            assert gone.post("/v1/predict", json={"text": TEXT}).status_code == 401
        with as_(server.url, secrets["shop"]) as asker, as_(server.url, secrets["ann"]) as operator:
            answer = predicted(asker)
            body = {"prediction": answer["id"], "kind": "rating", "value": "down"}
            assert asker.post("/v1/react", json=body).status_code == 201
            assert asker.get("/v1/status").status_code == 200
            hidden = asker.get(f"/v1/why/{answer['id']}").text
            shown = operator.get(f"/v1/why/{answer['id']}").text
            assert "holdout" in json.loads(shown)["answer"]
            assert "holdout" not in json.loads(hidden)["answer"]
            assert "likeness" not in hidden
            assert [{*one} for one in json.loads(hidden)["feedback"]] == [{"kind", "value", "at"}]
            assert TEXT in shown
            assert TEXT not in hidden
            told, all_told = asker.get("/v1/status").json(), operator.get("/v1/status").json()
            assert {*all_told} - {*told} == {"due", "because"}
            assert {*all_told["champion"]} - {*told["champion"]} == {"forgotten"}
            for path in ("/v1/review", "/v1/cases", "/metrics"):
                assert asker.get(path).status_code == 403, path
                assert operator.get(path).status_code == 200, path
            with opened(shop) as project:
                (key,) = [one for one in project.keys() if one.name == "shop"]
                project.revoke_key(key.id)
            wait_until(lambda: asker.get("/v1/status").status_code == 401, server)
            assert operator.get("/v1/status").status_code == 200


def test_a_first_key_closes_a_running_server(shop: Path) -> None:
    with served(shop) as server, httpx.Client(base_url=server.url) as nobody:
        assert nobody.get("/v1/status").status_code == 200
        with opened(shop) as project:
            project.make_key("operate", "ann")
        wait_until(lambda: nobody.get("/v1/status").status_code == 401, server)


def test_beyond_its_own_machine_nothing_is_served_without_a_key(shop: Path) -> None:
    done = child("serve", "-p", str(shop), "--host", "0.0.0.0", "--port", "0")
    assert done.returncode == 1
    assert "0.0.0.0 can be reached from other machines" in done.stderr
    assert "chainring keys --make operate" in done.stderr


@pytest.mark.usefixtures("secrets")
def test_beyond_its_own_machine_keys_are_asked_for(shop: Path) -> None:
    with served(shop, "--host", "0.0.0.0") as server:
        assert httpx.get(f"{server.url}/v1/status").status_code == 401


def test_a_port_in_use_is_told_before_a_model_is_loaded(shop: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = child("serve", "-p", str(shop), "--port", str(port))
    assert (done.returncode, done.stdout) == (1, "")
    assert f"port {port} of 127.0.0.1 is in use" in done.stderr


# Which model answers


@dataclass(slots=True, kw_only=True)
class Crowd:
    """Users who ask all the time; what was answered, by text, and what was not."""

    url: str
    answers: dict[str, httpx.Response] = field(default_factory=dict)
    failures: list[tuple[str, Exception]] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def user(self) -> None:
        with httpx.Client(base_url=self.url, timeout=PATIENCE_S) as client:
            while not self.stop.is_set():
                text = f"{TEXT} number {next(self.numbers)}"
                try:
                    self.answers[text] = client.post("/v1/predict", json={"text": text})
                except httpx.TransportError as error:
                    self.failures.append((text, error))

    def __enter__(self) -> Crowd:
        self._threads = [threading.Thread(target=self.user) for _ in range(6)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        for thread in self._threads:
            thread.join()

    _threads: list[threading.Thread] = field(default_factory=list)

    def models(self) -> list[str]:
        """Return the models that answered; fails at the first answer that is none."""
        return [one.raise_for_status().json()["model"] for one in list(self.answers.values())]


def test_a_promoted_and_a_rolled_back_model_are_taken_up_without_a_failed_request(
    shop: Path,
) -> None:
    grow(shop)
    with served(shop) as server, opened(shop) as project, Crowd(url=server.url) as crowd:
        first = project.champion().deployment.model
        wait_until(lambda: first in crowd.models(), server)
        assert project.turn().outcome == "promoted"
        second = project.champion().deployment.model
        wait_until(lambda: second in crowd.models(), server)
        project.rollback(by="bo", reason="a test")
        rolled = len(crowd.answers)
        wait_until(lambda: first in crowd.models()[rolled:], server)
    assert crowd.failures == []
    assert set(crowd.models()) == {first, second}
    with opened(shop) as project:
        kept = {one.id: one.model for one in project.ring.traffic.predictions()}
    told = {one.json()["id"]: one.json()["model"] for one in crowd.answers.values()}
    assert told.items() <= kept.items(), "every answer is logged with the model that gave it"


def test_a_first_model_is_taken_up_by_a_server_that_waited_for_one(
    untouched: Path, tmp_path: Path
) -> None:
    shop = copy(untouched, tmp_path / "shop")
    with served(shop, is_ready=False) as server:
        answer = httpx.post(f"{server.url}/v1/predict", json={"text": TEXT})
        assert answer.status_code == 503
        assert "chainring turn" in answer.text
        with opened(shop) as project:
            project.turn()
        ready = f"{server.url}/health/ready"
        wait_until(lambda: httpx.get(ready).status_code == 200, server)
        assert httpx.post(f"{server.url}/v1/predict", json={"text": TEXT}).status_code == 200


def flip(path: Path) -> None:
    """Change one byte of a stored file."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.chmod(0o644)
    path.write_bytes(data)


def blob_of(project: Project, deployment: Deployment) -> Path:
    """Return the largest stored file of a form."""
    trees = project.ring.runner.trees
    largest = max(trees.manifest(deployment.form).files, key=lambda blob: blob.size)
    name = largest.digest.partition(":")[2]
    return trees.root / "blobs" / name[:2] / name


def test_a_damaged_form_is_refused_and_the_champion_of_before_goes_on(
    grown: Path, tmp_path: Path
) -> None:
    shop = copy(grown, tmp_path / "shop")
    with served(shop) as server, opened(shop) as project:
        second, first = (
            decode(Deployment, ref.body) for ref in project.ring.ledger.ref_history("champion")
        )
        blob = blob_of(project, first)
        flip(blob)
        with pytest.raises(DamagedError, match="was altered"):
            project.rollback(by="bo", reason="a test")
        assert project.champion().deployment == second
        ledger = project.ring.ledger  # as if it was damaged after the roll back
        ledger.append_ref("champion", first, expected=2, by="bo", reason="rollback to version 1")
        wait_until(lambda: "service.refused" in server.log.read_text(), server)
        assert "was altered" in server.log.read_text()
        with httpx.Client(base_url=server.url, timeout=PATIENCE_S) as client:
            assert {predicted(client)["model"] for _ in range(20)} == {second.model}
            assert client.get("/health/ready").status_code == 200
            flip(blob)
            wait_until(lambda: predicted(client)["model"] == first.model, server)


def test_a_champion_that_does_not_load_is_not_read_anew_at_each_look_and_stops_no_release(
    grown: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loads: list[str] = []
    looks: list[object] = []

    def fails(opened: Opened) -> None:
        loads.append(opened.deployment.model)
        raise RuntimeError("an engine that cannot load it")

    async def release(_: Arms, lane: object) -> None:
        looks.append(lane)

    async def test() -> None:
        service, before = await started(copy(grown, tmp_path / "shop"))
        service._retries = Retries(first_s=60.0)
        monkeypatch.setattr("chainring.software.serving.service._load", fails)
        monkeypatch.setattr(Arms, "refresh", release)
        after = await rolled_back(service)
        await service._refresh()
        assert (loads, len(looks)) == ([after.model], 2)
        assert (service.ready().ok, service.load().model) == (True, before.model)
        await service.stop()

    asyncio.run(test())


# The end


def test_a_stop_under_load_answers_every_request_that_was_begun(shop: Path) -> None:
    with served(shop) as server:
        with Crowd(url=server.url) as crowd:
            wait_until(lambda: len(crowd.answers) > 100, server)
            server.process.send_signal(signal.SIGTERM)
            assert server.process.wait(timeout=PATIENCE_S) == 0, str(server)
        assert "Traceback" not in server.log.read_text()
    answered = {text for text, one in crowd.answers.items() if one.status_code == 200}
    assert {one.status_code for one in crowd.answers.values()} <= {200, 503}
    with opened(shop) as project:
        traffic = project.ring.traffic
        begun = {traffic.text(one.id) for one in traffic.predictions()}
    assert begun == answered


def test_an_answer_is_logged_though_the_server_stops_at_once(shop: Path) -> None:
    with served(shop) as server, httpx.Client(base_url=server.url) as client:
        answer = predicted(client)
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(timeout=PATIENCE_S) == 0, str(server)
    with opened(shop) as project:
        assert project.ring.traffic.text(answer["id"]) == TEXT


def test_a_stopping_service_waits_until_what_it_answered_is_written(
    shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = Traffic.commit

    def slow(self: Traffic, *rows: Any) -> list[str]:
        time.sleep(0.3)
        return commit(self, *rows)

    async def answered() -> str:
        service = Service(Project.open(shop), open_to_all=True)
        await service.start()
        monkeypatch.setattr(Traffic, "commit", slow)
        caller = service.authenticate(None, "127.0.0.1")
        (one,) = await service.predict([TEXT], episode="", author="", caller=caller)
        await service.stop()
        return one.prediction.id

    answer = asyncio.run(answered())
    with opened(shop) as project:
        assert project.ring.traffic.text(answer) == TEXT


def test_a_reaction_whose_answer_cannot_be_written_is_told_to_come_back(
    shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise sa.exc.OperationalError("INSERT", {}, OSError("the disk is full"))

    async def test() -> None:
        service = Service(Project.open(shop), open_to_all=True)
        await service.start()
        caller = service.authenticate(None, "127.0.0.1")
        with monkeypatch.context() as broken:
            broken.setattr(Traffic, "commit", full)
            (one,) = await service.predict([TEXT], episode="", author="", caller=caller)
            reaction = Reaction(prediction=one.prediction.id, kind="rating", value="up")
            with pytest.raises(UnwrittenError, match="was not accepted"):
                await service.react(reaction, caller=caller)
        assert (
            await service.react(reaction, caller=caller)
        ).feedback.prediction == reaction.prediction
        await service.stop()

    asyncio.run(test())


class Wordless(Exception):
    """An error of an engine that cannot say what happened."""

    def __str__(self) -> str:
        raise TypeError("no words")


@pytest.mark.parametrize(
    "met",
    [RuntimeError("an engine that cannot load it"), InputError("/srv/shop/trees is gone"),
     Wordless()],
)  # fmt: skip
def test_whatever_a_refresh_meets_a_key_that_is_revoked_ends_at_the_next(
    met: Exception, shop: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR, logger="chainring")
    with opened(shop) as project:
        secret, key = project.make_key("operate", "ann")
    meets = [met]

    def looked(self: Path) -> os.stat_result:
        if self.is_relative_to("/srv"):
            raise PermissionError(13, "Permission denied", str(self))
        return os.lstat(self)

    async def broken(*_: object) -> None:
        if meets:
            raise meets.pop()

    async def seen() -> bool:
        project = Project.open(shop)
        serving = project.ring.recipe.deployment.model_copy(update={"reload_s": 0.01})
        recipe = project.ring.recipe.model_copy(update={"deployment": serving})
        object.__setattr__(project.ring, "recipe", recipe)
        service = Service(project, open_to_all=True)
        await service.start()
        assert service.authenticate(secret, "127.0.0.1").key_id == key.id
        monkeypatch.setattr(Service, "_take_up", broken)
        monkeypatch.setattr(Path, "lstat", looked)
        while meets:
            await asyncio.sleep(0.01)
        project.revoke_key(key.id)
        for _ in range(500):
            await asyncio.sleep(0.01)
            try:
                service.authenticate(secret, "127.0.0.1")
            except NotAllowedError:
                break
        else:
            return False
        await service.stop()
        return True

    assert asyncio.run(seen())
    assert f"service.refresh failed cause={type(met).__name__}" in caplog.messages


class Panic(BaseException):
    """As a library in Rust raises it: no Exception."""


def test_an_engine_that_panics_is_refused_as_any_other(
    shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def panics(*_: object, **__: object) -> None:
        raise Panic("no charsmap")

    with opened(shop) as project:
        found = project.champion()
    monkeypatch.setattr("chainring.software.serving.service.load_predictor", panics)
    with pytest.raises(RuntimeError, match="no charsmap"):
        _load(found)


def test_an_engine_that_fails_without_words_is_told_as_such_and_the_log_names_its_kind(
    shop: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def panics(*_: object, **__: object) -> None:
        raise Panic

    async def ready() -> Readiness:
        service = Service(Project.open(shop), open_to_all=True)
        await service.start()
        said = service.ready()
        await service.stop()
        return said

    monkeypatch.setattr("chainring.software.serving.service.load_predictor", panics)
    with caplog.at_level(logging.ERROR, logger="chainring"):
        said = asyncio.run(ready())
    # a sibling may have loaded it: whoever asks should come back
    assert said == Readiness(ok=False, code="starting", reason=UNWORDED)
    refused = [line for line in caplog.messages if line.startswith("service.refused")]
    assert refused
    assert all(line.endswith("cause=Panic") for line in refused)


def test_readiness_tells_no_words_of_a_driver_and_no_fault_that_is_over(
    untouched: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = copy(untouched, tmp_path / "shop")
    recipe = shop / "chainring.toml"
    recipe.write_text(recipe.read_text().replace("reload_s = 0.2", "reload_s = 0.1"))
    is_away, renew = threading.Event(), Service._renew_keys

    def renewed(self: Service) -> None:
        if is_away.is_set():
            said = OSError("connection to server at 10.0.0.7, port 5432 failed")
            raise sa.exc.OperationalError("SELECT", {}, said)
        renew(self)

    async def reasons() -> tuple[str, str, str]:
        service = Service(Project.open(shop), open_to_all=True)
        await service.start()
        before = service.ready().reason
        is_away.set()
        async with asyncio.timeout(PATIENCE_S):
            while (during := service.ready().reason) == before:
                await asyncio.sleep(0.01)
        is_away.clear()
        for _ in range(100):
            await asyncio.sleep(0.05)
            if service.ready().reason == before:
                break
        after = service.ready().reason
        await service.stop()
        return before, during, after

    monkeypatch.setattr(Service, "_renew_keys", renewed)
    before, during, after = asyncio.run(reasons())
    assert "chainring turn" in before
    assert during == AWAY
    assert after == before


def test_two_servers_of_one_project_answer_side_by_side(shop: Path) -> None:
    servers: list[Server] = []
    with served(shop) as one, served(shop) as other:
        servers += [one, other]
        ids = [
            httpx.post(f"{server.url}/v1/predict", json={"text": TEXT}).json()["id"]
            for server in servers * 5
        ]
        body = {"prediction": ids[0], "kind": "rating", "value": "up"}
        assert httpx.post(f"{other.url}/v1/react", json=body).status_code == 201
    with opened(shop) as project:
        assert {one.id for one in project.ring.traffic.predictions()} == set(ids)
        assert len(project.ring.traffic.feedback_on(ids[0])) == 1
        assert project.ring.traffic.orphans() == []


def test_a_label_has_the_names_that_the_recipe_gives_it(turned: Path, tmp_path: Path) -> None:
    folder = copy(turned, tmp_path / "named")
    with (folder / "chainring.toml").open("a", encoding="utf-8") as recipe:
        recipe.write('\n[project.labels]\nstock = { zh = "库存" }\n')
    with opened(folder) as project:
        found = {one.label: one.names for one in Service(project, open_to_all=True).labels()}
    assert found["stock"] == {"zh": "库存"}
    assert set(map(str, found.values())) == {"{}", "{'zh': '库存'}"}
