"""Streams while a release runs: the same user is written to by the same model as is answered."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from tests.deployment.lane.test_routing import RELEASE
from tests.deployment.lane.test_writing import Scribe
from tests.software.conftest import ON_BOTH, opened
from tests.software.verbs.test_releases import begun, everything, texts

from chainring.contracts.errors import BusyError
from chainring.contracts.prediction import FAILED, LENGTH, Answer, Prediction, shadow_of
from chainring.contracts.request import Request
from chainring.deployment.http.offers import Begun
from chainring.deployment.http.verbs import Caller, Served
from chainring.software.api import Project
from chainring.software.serving.arms import Arms, Streamed
from chainring.software.serving.service import Service
from chainring.store.answers import newer


@pytest.fixture
def shop(grown_in: Project) -> Project:
    """Return a project with a champion and an earlier model that may be released again."""
    return grown_in


async def streamed(
    project: Project, authors: list[str], *, words: list[str], key: str | None = None
) -> list[tuple[Begun, list[str], Prediction | None]]:
    """Return how each stream began, its pieces, and its answer; None: it broke off."""
    service = Service(project, open_to_all=True)
    await service.start()
    caller, found = service.authenticate(key, "127.0.0.1"), []
    for author, text in zip(authors, words, strict=True):
        begins, pieces, row = [], [], None
        stream = service.stream(text, episode="", author=author, caller=caller)
        try:
            async for piece in stream:
                if isinstance(piece, Begun):
                    begins.append(piece)
                elif isinstance(piece, Served):
                    row = piece.prediction
                else:
                    pieces.append(piece)
        except RuntimeError:
            pass
        found.append((begins[0], pieces, row))
        assert len(begins) == 1
    for _ in range(100):
        if service._arms._shadow is None or not service._arms._shadow.waiting:
            break
        await asyncio.sleep(0.05)
    await asyncio.sleep(0.3)
    await service.stop()
    return found


@ON_BOTH
def test_a_canary_writes_to_its_share_and_says_from_the_start_who_writes(shop: Project) -> None:
    release = begun(shop, share=0.5)
    folder, words = shop.folder, texts(shop, 40)
    authors = [f"user {place % 10}" for place in range(40)]
    found = asyncio.run(streamed(shop, authors, words=words))
    of_user: dict[str, set[str]] = {}
    for author, (begins, pieces, row) in zip(authors, found, strict=True):
        assert row is not None
        assert (begins.id, begins.model) == (row.id, row.model)
        assert row.variant == ("canary" if row.model == release.candidate.model else "champion")
        assert "".join(pieces) == row.value
        of_user.setdefault(author, set()).add(row.model)
    assert all(len(models) == 1 for models in of_user.values())
    assert {model for models in of_user.values() for model in models} == {
        release.candidate.model,
        release.champion,
    }
    with opened(folder) as again:
        held = [row for _, _, row in found if row is not None and row.holdout]
        assert held
        for row in held:
            beside = again.ring.traffic.prediction(shadow_of(row.id))
            assert beside is not None
            assert {row.model, beside.model} == {release.candidate.model, release.champion}


def test_a_named_key_is_written_to_by_the_candidate_and_in_the_shadow_nobody_is(
    shop: Project,
) -> None:
    secret, key = shop.make_key("ask", "the new shop")
    release = begun(shop, stage="keys", keys=(key.id,))
    folder, words = shop.folder, texts(shop, 2)
    (first, second) = asyncio.run(streamed(shop, ["ann", "bo"], words=words, key=secret))
    assert {first[0].model, second[0].model} == {release.candidate.model}
    with opened(folder) as again:
        again.releases.stop(by="ann", reason="a test")
        shadow = begun(again, stage="shadow")
        found = asyncio.run(streamed(again, ["ann", "bo"], words=words, key=secret))
        assert {begins.model for begins, _, _ in found} == {shadow.champion}
    with opened(folder) as again:
        assert newer(again.ring.traffic, everything(shadow), {}), "the shadow sees streams, too"


class Breaking:
    """A candidate that writes so many pieces and then fails."""

    labels: tuple[str, ...] = ()
    capabilities = frozenset({"stream"})

    def __init__(self, pieces: int) -> None:
        self.pieces = pieces

    def stream(self, request: Request, **settings: Any) -> Iterator[str | Answer]:
        for _ in range(self.pieces):
            yield "a"
        raise RuntimeError("out of order")

    def predict(self, *_: object, **__: object) -> object:
        raise RuntimeError("out of order")

    def close(self) -> None:
        pass


@pytest.mark.parametrize("pieces", [0, 2])
def test_a_candidate_that_fails_while_it_writes_is_noted_and_before_that_costs_nothing(
    shop: Project, monkeypatch: pytest.MonkeyPatch, pieces: int
) -> None:
    release = begun(shop, share=0.9)
    folder, words = shop.folder, texts(shop, 12)
    monkeypatch.setattr("chainring.software.serving.arms.Arms._opened", lambda *_: Breaking(pieces))
    found = asyncio.run(streamed(shop, [f"user {n}" for n in range(12)], words=words))
    rows = [row for _, _, row in found]
    broken = [begins for begins, _, row in found if row is None]
    if pieces:
        assert broken
        assert {begins.model for begins in broken} == {release.candidate.model}
    else:
        assert not broken
        assert {row.model for row in rows if row is not None} == {release.champion}
    with opened(folder) as again:
        noted = newer(again.ring.traffic, everything(release), {})
        assert len(noted) >= len(broken)
        assert len(noted) > 5
        assert {row.finish for row in noted} == {FAILED}
        assert all(again.ring.traffic.text(row.id) is None for row in noted)


class Cutting:
    """A candidate whose answers are all cut."""

    labels: tuple[str, ...] = ()
    capabilities = frozenset[str]()

    def close(self) -> None:
        pass

    def predict(self, requests: Sequence[Request], **settings: Any) -> list[Answer]:
        return [
            Answer(label="", confidence=0.9, passed_on=False, text=one.text, output="a",
                   finish=LENGTH)
            for one in requests
        ]  # fmt: skip


def test_what_is_answered_in_the_shadow_says_whether_it_was_cut(
    shop: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = begun(shop, stage="shadow")
    folder, words = shop.folder, texts(shop, 4)
    monkeypatch.setattr("chainring.software.serving.arms.Arms._opened", lambda *_: Cutting())
    asyncio.run(streamed(shop, ["ann"] * 4, words=words))
    with opened(folder) as again:
        noted = newer(again.ring.traffic, everything(release), {})
        assert {(row.variant, row.finish) for row in noted} == {("shadow", LENGTH)}


async def written_by_a_candidate(
    shop: Project, scribe: Scribe, *, key: str, drain_s: float
) -> tuple[Service, Any]:
    """Return a service whose release has just ended, and a text that its candidate still writes."""
    serving = shop.ring.recipe.deployment.model_copy(update={"drain_s": drain_s})
    recipe = shop.ring.recipe.model_copy(update={"deployment": serving})
    object.__setattr__(shop.ring, "recipe", recipe)
    service = Service(shop, open_to_all=True)
    await service.start()
    assert service._watcher is not None
    service._watcher.cancel()
    caller = service.authenticate(key, "127.0.0.1")
    stream: Any = service.stream("a", episode="", author="ann", caller=caller)
    begins = await anext(stream)
    assert (begins.model, await anext(stream)) == (service.load().candidate, "a")
    shop.releases.stop(by="ann", reason="a test")
    await asyncio.wait_for(service._refresh(), 20)
    assert (service.load().candidate, scribe.is_closed) == ("", False)
    return service, stream


@pytest.mark.parametrize("is_stopped", [False, True])
def test_a_text_outlives_the_release_of_its_candidate_but_not_the_patience_of_a_stop(
    shop: Project, monkeypatch: pytest.MonkeyPatch, is_stopped: bool
) -> None:
    secret, key = shop.make_key("ask", "the new shop")
    release, scribe = begun(shop, stage="keys", keys=(key.id,)), Scribe()
    monkeypatch.setattr("chainring.software.serving.arms.Arms._opened", lambda *_: scribe)

    async def test() -> None:
        drain_s = 0.01 if is_stopped else 20.0
        service, stream = await written_by_a_candidate(shop, scribe, key=secret, drain_s=drain_s)
        if is_stopped:
            await asyncio.wait_for(service.stop(), 20)
            with pytest.raises(BusyError, match="stopped before"):
                [piece async for piece in stream]
        else:
            scribe.enough.add("a")
            *_, last = [piece async for piece in stream]
            assert last.prediction.model == release.candidate.model
            assert last.prediction.variant == "canary"
            await service.stop()
        assert await asyncio.to_thread(scribe.closed.wait, 20)

    asyncio.run(test())


@pytest.mark.parametrize(
    ("task", "timeout_s", "patience_s"),
    [("classification", 30.0, 5.0), ("classification", 4.0, 2.0), ("translation", 30.0, 15.0)],
)
def test_a_candidate_that_writes_may_take_longer_and_the_champion_still_has_its_time(
    task: str, timeout_s: float, patience_s: float
) -> None:
    recipe = SimpleNamespace(
        data=SimpleNamespace(task=task), deployment=SimpleNamespace(timeout_s=timeout_s)
    )
    project: Any = SimpleNamespace(ring=SimpleNamespace(recipe=recipe))
    assert Arms(project, load=lambda _: None, note=lambda *_: None)._patience_s == patience_s


class Delayed:
    """A lane that answers after so many seconds; a text's first piece takes as long."""

    tag = RELEASE.candidate
    answer = Answer(label="a", confidence=1.0, passed_on=False, text="a")

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    async def ask(self, requests: Sequence[Request]) -> list[Answer]:
        await asyncio.sleep(self.seconds)
        return [self.answer] * len(requests)

    async def stream(self, request: Request) -> AsyncGenerator[Answer, None]:
        yield await self.next()

    @contextmanager
    def writing(self, request: Request) -> Iterator[Delayed]:
        yield self

    async def next(self) -> Answer:
        await asyncio.sleep(self.seconds)
        return self.answer


def with_a_late_candidate() -> Arms:
    """Return arms whose candidate answers the key 4f0c long after the 0.2 s it is given."""
    recipe = SimpleNamespace(
        data=SimpleNamespace(task="classification"), deployment=SimpleNamespace(timeout_s=0.4)
    )
    project: Any = SimpleNamespace(ring=SimpleNamespace(recipe=recipe), secret=b"5eed")
    candidate: Any = Delayed(9.0)
    arms = Arms(project, load=lambda _: None, note=lambda *_: None)
    arms._candidate, arms.release = candidate, replace(RELEASE, stage="keys", keys=("4f0c",))
    return arms


@pytest.mark.parametrize(("champion_s", "is_failed"), [(0.0, True), (0.3, False)])
def test_what_takes_the_champion_as_long_is_no_failure_of_the_candidate(
    champion_s: float, is_failed: bool
) -> None:
    arms = with_a_late_candidate()
    champion: Any = Delayed(champion_s)
    caller = Caller(role="ask", key_id="4f0c")
    many = [Request(text="a")] * 3
    asked = asyncio.run(arms.ask(champion, many, caller=caller))
    assert (len(asked.replies), asked.variant, asked.failed) == (3, "champion", is_failed)
    assert asked.texts == (3, 0, 0)


@pytest.mark.parametrize(("champion_s", "is_failed"), [(0.0, True), (0.3, False)])
def test_a_stream_that_the_champion_begins_as_late_is_no_failure_of_the_candidate(
    champion_s: float, is_failed: bool
) -> None:
    arms = with_a_late_candidate()
    champion: Any = Delayed(champion_s)

    async def last() -> Any:
        caller = Caller(role="ask", key_id="4f0c")
        pieces = arms.stream(champion, Request(text="a"), caller=caller)
        return [piece async for piece in pieces][-1]

    streamed = asyncio.run(last())
    assert isinstance(streamed, Streamed)
    assert (streamed.variant, streamed.failed) == ("champion", is_failed)
    assert arms.counts["failed"] == is_failed
