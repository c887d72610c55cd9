"""A reaction to an answer of another worker is stored with the answer's row, or not at all."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from chainring.contracts.errors import UnwrittenError
from chainring.contracts.ids import new_id
from chainring.contracts.prediction import Prediction
from chainring.contracts.reaction import Reaction
from chainring.deployment.http.faults import failure
from chainring.deployment.http.siblings import Siblings
from chainring.deployment.http.verbs import Caller, Reacted
from chainring.software.api import Project
from chainring.software.serving.reactions import AHEAD_S, YOUNG_S, stored
from chainring.software.serving.service import Service
from chainring.store.writer import TrafficWriter


@pytest.fixture
def writer(project: Project) -> Iterator[TrafficWriter]:
    made = TrafficWriter(project.ring.traffic)
    yield made
    made.close()


@pytest.fixture
def answer(project: Project) -> Prediction:
    """Return an answer that another worker just gave and has not written."""
    (given,) = project.predict(["where is my parcel"])
    return replace(given, id=new_id("pred"))


def said_of(prediction: str) -> Reaction:
    return Reaction(prediction=prediction, kind="rating", value="up", author="ann")


async def beside(
    project: Project, writer: TrafficWriter, folder: Path, answer: Prediction, *, dies: bool
) -> Reacted:
    """React at one worker to what another answered, which writes it when asked, or dies."""
    mine, other = Siblings(folder, 0), Siblings(folder, 1)

    async def write() -> None:
        if dies:
            raise OSError("killed")
        project.ring.traffic.commit([(answer, "where is my parcel")], [])

    other.write = write
    await other.start(bytes)
    try:
        return await stored(project, said_of(answer.id), writer=writer, siblings=mine)
    finally:
        await other.stop()


def test_the_other_worker_writes_its_answer_before_the_reaction_is_taken(
    project: Project, writer: TrafficWriter, answer: Prediction, tmp_path: Path
) -> None:
    found = asyncio.run(beside(project, writer, tmp_path, answer, dies=False))
    assert found.feedback.model == answer.model
    assert project.ring.traffic.orphan_count() == 0


def test_a_reaction_whose_answer_died_with_its_worker_is_not_taken_at_first(
    project: Project, writer: TrafficWriter, answer: Prediction, tmp_path: Path
) -> None:
    with pytest.raises(UnwrittenError) as caught:
        asyncio.run(beside(project, writer, tmp_path, answer, dies=True))
    assert caught.value.retry_after_s == 5.0
    assert [*project.ring.traffic.feedback()] == []


@pytest.mark.parametrize("late_s", [-YOUNG_S - 1, AHEAD_S + 3600, 5e11])
def test_a_reaction_to_an_id_that_nobody_can_just_have_given_is_an_orphan_at_once(
    project: Project, writer: TrafficWriter, answer: Prediction, tmp_path: Path, late_s: float
) -> None:
    other = replace(answer, id=new_id("pred", now=time.time() + late_s))
    found = asyncio.run(beside(project, writer, tmp_path, other, dies=True))
    assert found.feedback.model == ""
    assert [one.id for one in project.ring.traffic.feedback()] == [found.feedback.id]


def test_who_should_send_a_reaction_again_is_told_so(
    project: Project, answer: Prediction, tmp_path: Path
) -> None:
    async def refused() -> None:
        service = Service(project, open_to_all=True, siblings=Siblings(tmp_path, 0))
        await service.start()
        caller = service.authenticate(None, "127.0.0.1")
        try:
            await service.react(said_of(answer.id), caller=caller)
        finally:
            await service.stop()

    with pytest.raises(UnwrittenError) as caught:
        asyncio.run(refused())
    told = failure(caught.value, "en")
    assert told.message.endswith("the reaction was not taken; send it again in some seconds")
    assert told.next.startswith("Try again in some seconds")
    assert (told.status, told.retry_after_s) == (503, 5.0)
    chinese = failure(caught.value, "zh")
    assert chinese.message == "回答尚未保存，因此没有接受这条反馈；请过几秒重新发送"
    assert chinese.faults == ()


@pytest.mark.parametrize("name", [new_id("pred", now=1.0), ""], ids=["of long ago", "of now"])
def test_a_worker_that_is_alone_and_an_id_of_others_wait_for_nobody(
    project: Project, writer: TrafficWriter, answer: Prediction, tmp_path: Path, name: str
) -> None:
    siblings = Siblings(tmp_path, 0) if name else None
    said = said_of(name or answer.id)
    found = asyncio.run(stored(project, said, writer=writer, siblings=siblings))
    assert found.feedback.prediction == (name or answer.id)


def test_a_service_writes_what_it_answered_when_another_worker_asks(
    shop: Path, tmp_path: Path
) -> None:
    siblings = Siblings(tmp_path, 0)
    service = Service(Project.open(shop), open_to_all=True, siblings=siblings)

    async def test() -> None:
        await service.start()
        (served,) = await service.predict(
            ["where is my parcel"], episode="", author="ann", caller=Caller(role="operate")
        )
        assert siblings.write is not None
        await siblings.write()
        assert service.project.ring.traffic.prediction(served.prediction.id) is not None
        await service.stop()

    asyncio.run(test())
