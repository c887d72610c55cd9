"""The list of cases that a server gives out: written truths as the rules of access say."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from tests.software.conftest import ON_BOTH, opened

from chainring.contracts.case import Case
from chainring.contracts.errors import ConflictError, UnknownNameError
from chainring.contracts.feedback import FeedbackKind
from chainring.contracts.ids import new_id
from chainring.contracts.label import Label
from chainring.contracts.prediction import Prediction
from chainring.contracts.reaction import Reaction
from chainring.deployment.http.verbs import Caller, Reacted
from chainring.feedback.cases import close
from chainring.feedback.dropped import Dropped
from chainring.feedback.last_words import newest_of
from chainring.feedback.settings import FeedbackSettings
from chainring.ring.sight import request_facts
from chainring.software.api import Project
from chainring.software.serving.service import Service
from chainring.store.erase import said_by
from chainring.store.writer import TrafficWriter

TRUTH = "Boris by the lake pays less rent than you do"
RULES = """
[[access.rules]]
who = "ann"
action = "read"
allow = true
[[access.rules]]
action = "read"
where = { source = "feedback" }
allow = false
"""


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[Project]:
    """Yield a project that writes; a case of it was closed with a written truth."""
    folder = tmp_path / "writer"
    Project.init(folder).close()
    recipe = folder / "chainring.toml"
    text = recipe.read_text(encoding="utf-8").replace(
        "[data]\n", '[data]\ntask = "generation"\n', 1
    )
    recipe.write_text(text + RULES, encoding="utf-8")
    with opened(folder) as project:
        close_case(project, answered(project))
        yield project


def answered(project: Project) -> str:
    name = new_id("pred")
    row = Prediction(
        id=name, app=project.app, model="blake2b:" + "0" * 64, form="exact", label="",
        confidence=0.9, passed_on=False, language="en", request=f"blake2b:{name}", group=name,
        holdout=False, at=time.time(), author="zoe", output="what was served",
    )  # fmt: skip
    project.ring.traffic.commit([(row, "a question")], [])
    return name


def close_case(project: Project, about: str) -> None:
    project.react(Reaction(prediction=about, kind="flag", value="wrong", author="zoe"))
    (case,) = project.cases()
    project.close_case(case.id, outcome="rewritten", told="thanks", truth=TRUTH, by="maria")


def test_a_written_truth_is_shown_in_cases_to_whom_the_rules_allow_it_and_kept(
    writer: Project,
) -> None:
    service = Service(writer, open_to_all=True)
    seen = {
        name: service.cases(state=None, caller=Caller(role="operate", key_id=name, name=name))
        for name in ("ann", "bo")
    }
    assert [one.truth for one in seen["ann"]] == [TRUTH]
    assert [(one.truth, one.outcome) for one in seen["bo"]] == [("", "rewritten")]
    kept = [(one.verb, one.who, one.decision) for one in writer.audit() if one.verb == "cases"]
    assert kept == [("cases", "bo", "denied"), ("cases", "ann", "allowed")]
    assert [one.truth for one in writer.cases()] == [TRUTH], "what is stored stays"


@ON_BOTH
def test_of_two_who_close_a_case_at_once_one_is_told_that_it_is_closed(
    grown_in: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    about = grown_in.predict(["where is my parcel"])[0].id
    grown_in.react(Reaction(prediction=about, kind="flag", value="wrong"))
    (case,) = grown_in.cases()
    both = threading.Barrier(2)

    def slow(*words: Any, **given: Any) -> Case:
        time.sleep(0.2)
        return close(*words, **given)

    def told(truth: str) -> str:
        both.wait()
        try:
            return grown_in.close_case(
                case.id, outcome="done", told="thanks", truth=truth, by="ann"
            ).truth
        except ConflictError:
            return "too late"

    monkeypatch.setattr("chainring.software.verbs.deciding.close", slow)
    with ThreadPoolExecutor(2) as pool:
        found = sorted(pool.map(told, ["stock", "invoice"]), key=lambda one: one == "too late")
    truth, other = found
    assert other == "too late"
    assert [one.truth for one in grown_in.cases()] == [truth]
    about_flag = grown_in.ring.ledger.facts("case", Case, about=case.opened_by)
    assert [one.state for one in about_flag] == ["closed"]
    labels = grown_in.ring.ledger.facts("label", Label, about=case.opened_by)
    assert [one.value for one in labels if one.guideline == "closed case"] == [truth]


def test_what_a_case_is_about_is_shown_to_whom_the_rules_allow_it_and_kept(
    writer: Project,
) -> None:
    service = Service(writer, open_to_all=True)
    cases = writer.cases()
    seen = {
        name: service.cases_about(cases, caller=Caller(role="operate", key_id=name, name=name))
        for name in ("ann", "bo")
    }
    (about,) = seen["ann"].values()
    assert (about.text, about.answer) == ("a question", "what was served")
    assert seen["bo"] == {}
    kept = [(one.who, one.decision) for one in writer.audit() if one.verb == "cases"]
    assert kept == [("bo", "denied"), ("ann", "allowed")]


def test_a_reaction_stored_before_its_application_was_kept_is_stored_once(
    project: Project,
) -> None:
    about = project.predict(["where is my parcel"])[0].id
    traffic = project.ring.traffic
    said = [
        Reaction(prediction=about, kind="correction", value="退款", author="zoe", key="k1"),
        Reaction(prediction=about, kind="flag", value="wrong", author="zoe", key="k2"),
    ]
    first = [project.react(one) for one in said]
    again = [project.react(replace(one, via="a" * 12)) for one in said]
    assert [one.id for one in again] == [one.id for one in first]
    assert len(traffic.feedback_on(about)) == 2
    assert len(project.cases()) == 1
    with pytest.raises(ConflictError):
        project.react(replace(said[0], value="refund", via="a" * 12))
    fresh = [project.react(replace(said[1], key="k3", via=via)) for via in ("a" * 12, "b" * 12)]
    assert len({one.id for one in fresh}) == 2


def test_what_many_cases_are_about_is_read_in_as_many_statements_as_of_few(
    writer: Project,
) -> None:
    names = [answered(writer) for _ in range(50)]
    for name in names:
        writer.react(Reaction(prediction=name, kind="flag", value="wrong", author="zoe"))
    for case in writer.cases(state="open"):
        writer.close_case(case.id, outcome="rewritten", told="thanks", truth=TRUTH, by="maria")
    service, ann = (
        Service(writer, open_to_all=True),
        Caller(role="operate", key_id="ann", name="ann"),
    )
    counted = Counter[str]()
    for engine in writer.ring.traffic.engines().values():
        sa.event.listen(engine, "before_cursor_execute", lambda *_: counted.update(["traffic"]))

    def statements(cases: Sequence[Case]) -> int:
        counted.clear()
        about = service.cases_about(cases, caller=ann)
        assert [about[one.id].text for one in cases] == ["a question"] * len(cases)
        return counted.total()

    cases = service.cases(state=None, caller=ann)
    of_the_list = counted.total()
    assert statements(cases) == statements(cases[:1])
    assert of_the_list <= 5
    assert [one.truth for one in cases] == [TRUTH] * 51


def test_a_case_that_was_opened_before_under_another_id_stays_the_flags(project: Project) -> None:
    about = project.predict(["where is my parcel"])[0].id
    traffic, ledger = project.ring.traffic, project.ring.ledger
    flag = project.understood(Reaction(prediction=about, kind="flag", value="wrong", author="zoe"))
    traffic.commit([], [flag])
    old = Case(
        id="case_of_before", app=project.app, kind="wrong", opened_by=flag.id, at=flag.at,
        prediction=about, reporter="zoe",
    )  # fmt: skip
    ledger.add_fact("case", old.id, old, about=flag.id)
    service = Service(project, open_to_all=True)
    assert service._cases.opened(flag) == old.id
    caller = Caller(role="ask", key_id="0123456789ab")
    for reporter in ({"author": "zoe", "feedback": ""}, {"author": "", "feedback": flag.id}):
        assert service.case_for(old.id, caller=caller, **reporter) == old
    assert project.cases() == [old]


SHOP = Caller(role="ask", key_id="a" * 12, meter="a" * 12)
ROTATED = Caller(role="ask", key_id="c" * 12, meter="a" * 12)
OTHER = Caller(role="react", key_id="b" * 12, meter="b" * 12)


def test_an_author_of_one_application_is_nobody_of_anothers(project: Project) -> None:
    about = project.predict(["where is my parcel"])[0].id
    service = Service(project, open_to_all=True)
    service._writer = TrafficWriter(project.ring.traffic)

    def say(caller: Caller, kind: FeedbackKind, value: str, **more: str) -> Reacted:
        said = Reaction(prediction=about, kind=kind, value=value, author="smith", **more)
        return asyncio.run(service.react(said, caller=caller))

    own = say(SHOP, "correction", "stock", key="k1")
    assert say(ROTATED, "correction", "stock", key="k1").feedback.id == own.feedback.id
    other = say(OTHER, "correction", "invoice", key="k1")
    assert (other.is_replayed, other.feedback.id != own.feedback.id) == (False, True)
    assert other.feedback.via == "b" * 12
    rows = list(project.ring.traffic.feedback())
    stand = newest_of(rows, Dropped(), kinds=["correction"])
    assert [(one.via[:1], one.value) for one in stand] == [("a", "stock"), ("b", "invoice")]
    last = say(ROTATED, "correction", "track_order")
    stand = newest_of([*rows, last.feedback], Dropped(), kinds=["correction"])
    assert [(one.via[:1], one.value) for one in stand] == [("b", "invoice"), ("a", "track_order")]
    case = say(SHOP, "flag", "wrong").case
    assert service.case_for(case, author="smith", feedback="", caller=ROTATED).id == case
    with pytest.raises(UnknownNameError):
        service.case_for(case, author="smith", feedback="", caller=OTHER)
    _, said = said_by(project.ring.traffic, "smith")
    assert len(said) == 4, "to forget an author finds all of that name"
    service._writer.close()


def test_a_request_keeps_the_application_and_a_namesake_of_another_lifts_no_consent(
    project: Project,
) -> None:
    asked = replace(project.predict(["where is my parcel"])[0], author="smith")
    service = Service(project, open_to_all=True)
    request = service._request("where is my parcel", "", "smith", ROTATED)
    assert (request.author, request.via) == ("smith", SHOP.key_id)
    named = replace(asked, id=new_id("pred"), via=request.via)
    project.ring.traffic.commit([(named, request.text)], [])
    care, traffic = FeedbackSettings(consent="care only"), project.ring.traffic
    for caller, consent in ((OTHER, "care only"), (ROTATED, "training")):
        said = Reaction(
            prediction=named.id, kind="rating", value="up", author="smith", consent="training",
            via=caller.application,
        )  # fmt: skip
        project.react(said)
        kept = traffic.prediction(named.id)
        assert kept is not None
        assert request_facts(kept, traffic.feedback_on(named.id), care)[0].consent == consent
