"""What people asked and said where a package serves comes home, and teaches there."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from tests.software.conftest import copy, refused, run

from chainring.contracts.errors import ConflictError, InputError
from chainring.contracts.feedback import Feedback
from chainring.contracts.guard import FORGOTTEN
from chainring.contracts.ids import new_id
from chainring.contracts.label import Label, review_guideline
from chainring.contracts.reaction import Reaction
from chainring.deployment.answers import is_holdout
from chainring.feedback.cases import case
from chainring.feedback.consents import refused_answers
from chainring.ring.asked import said_by_people
from chainring.software.api import Project
from chainring.software.package import home as module
from chainring.software.package.make import Packaged
from chainring.software.package.origin import KIND, Package
from chainring.store import schema
from chainring.store.schema import payloads
from chainring.store.tables import read_rows
from chainring.text.normalise import group_key

TEXTS = [f"where is the parcel that I sent to number {number}, please" for number in range(3)]
WORDS = ("quick", "long", "late", "odd", "new")
THINGS = ("card", "bill", "coat", "lamp", "phone", "watch", "chair", "book")
MANY = [f"a {word} question about my {thing}" for word in WORDS for thing in THINGS]


@dataclass(frozen=True)
class Places:
    """The project, and the package that serves elsewhere."""

    home: Project
    there: Project

    def ask(self, *texts: str, author: str = "") -> list[str]:
        return [answer.id for answer in self.there.predict(list(texts), author=author)]

    def react(self, prediction: str, kind: Any, value: str = "", **facts: str) -> Feedback:
        said = Reaction(prediction=prediction, kind=kind, value=value, **facts)
        return self.there.react(said)

    def collect(self) -> Any:
        return self.home.collect(self.there.folder)


@pytest.fixture
def places(packaged: tuple[Path, Packaged], tmp_path: Path) -> Iterator[Places]:
    home, made = packaged
    copies = copy(home, tmp_path / "home"), copy(made.folder / "project", tmp_path / "there")
    with closing(Project.open(copies[0])) as own, closing(Project.open(copies[1])) as there:
        found = Places(own, there)
        found.collect()  # what the package was tried with
        yield found


def test_what_was_said_elsewhere_comes_home_by_its_id_and_teaches(places: Places) -> None:
    label = places.home.labels()[0]
    names = places.ask(*MANY, author="ann")
    for name in names:
        places.react(name, "correction", label, author=f"user {name[-3:]}", consent="training")
    found = places.collect()
    assert (found.answers, found.reactions, found.left) == (len(MANY), len(MANY), 0)
    for name, text in zip(names, MANY, strict=True):
        here, there = (p.ring.traffic.prediction(name) for p in (places.home, places.there))
        assert here is not None
        assert there is not None
        assert (here.label, here.model, here.at) == (there.label, there.model, there.at)
        assert places.home.ring.traffic.text(name) == text
        assert [one.value for one in places.home.ring.traffic.feedback_on(name)] == [label]
    turn = places.home.turn()
    told = [places.home.why(name) for name in names]
    taught = [one for one in told if one["learnt"]]
    assert taught, turn.outcome
    assert all(one["model"]["part"] == "linear.v1" for one in told)


def test_what_is_newest_there_is_newest_at_home(places: Places) -> None:
    names = places.ask(*MANY)
    places.collect()
    newest = [row.id for row in places.home.ring.traffic.predictions(limit=len(MANY))]
    assert newest == names[::-1]


def test_what_came_home_once_does_not_come_again(places: Places) -> None:
    first, second, third = places.ask(*TEXTS)
    places.react(first, "rating", "up", key="1")
    assert places.collect().answers == 3
    again = places.collect()
    assert (again.answers, again.reactions, again.decisions, again.cases) == (0, 0, 0, 0)
    places.react(second, "rating", "down", key="2")
    (later,) = places.ask("hello")
    again = places.collect()
    assert (again.answers, again.reactions) == (1, 1)
    assert places.home.ring.traffic.prediction(later) is not None
    assert places.home.ring.traffic.feedback_on(third) == []


def test_a_reaction_by_the_same_key_at_home_is_another_one(places: Places) -> None:
    (own,) = (answer.id for answer in places.home.predict(["hello"]))
    places.home.react(Reaction(prediction=own, kind="rating", value="up", key="k"))
    (theirs,) = places.ask("good day")
    places.react(theirs, "rating", "down", key="k")
    assert places.collect().reactions == 1
    assert [one.value for one in places.home.ring.traffic.feedback_on(theirs)] == ["down"]
    assert places.collect().reactions == 0


def test_the_hold_out_is_drawn_anew_by_the_key_at_home(places: Places) -> None:
    names = places.ask(*MANY)
    places.collect()
    here = [places.home.ring.traffic.prediction(name) for name in names]
    there = [places.there.ring.traffic.prediction(name) for name in names]
    own = places.home.predict(MANY)
    assert [(one.group, one.request, one.holdout) for one in here if one] == [
        (one.group, one.request, one.holdout) for one in own
    ]
    assert all(one and one.group == group_key(text, key=places.home.secret)
               for one, text in zip(here, MANY, strict=True))  # fmt: skip
    assert all(one and one.holdout == is_holdout(one.group) for one in here)
    assert [one.holdout for one in here if one] != [one.holdout for one in there if one]


def test_a_key_there_is_no_user_here(places: Places) -> None:
    _, key = places.there.make_key("ask", "app")
    (answer,) = places.ask("hello", author=key.id)
    said = places.react(answer, "rating", "up", author=key.id)
    places.collect()
    assert [one.author for one in places.home.ring.traffic.feedback_named(said.id)] == [""]
    found = places.home.ring.traffic.prediction(answer)
    assert found is not None
    assert found.author == ""


def test_decisions_and_cases_come_home_once(places: Places) -> None:
    (first,) = places.ask("my parcel is late")
    flag = places.react(first, "flag", "wrong", comment="it is not")
    places.there.decide(flag.id, decision="change", value=places.there.labels()[1], by="bob")
    came = places.collect()
    assert (came.decisions, came.cases) == (1, 1)
    (found,) = (one for one in places.home.cases() if one.opened_by == flag.id)
    assert found.state == "open"
    places.there.close_case(found.id, outcome="corrected", told="thank you", by="bob")
    assert places.collect().cases == 1
    (found,) = (one for one in places.home.cases() if one.opened_by == flag.id)
    assert (found.state, found.told) == ("closed", "thank you")
    assert places.collect().cases == 0


def test_the_applications_of_a_package_are_its_own(places: Places) -> None:
    (first,) = places.ask("my parcel is late")
    (asked, _), traffic = (
        next(places.there.ring.traffic.answers([first])),
        places.there.ring.traffic,
    )
    by_shop = replace(asked, id=new_id("pred"), author="ann", via="0123456789ab")
    traffic.commit([(by_shop, "my parcel is late")], [])
    by_key = places.react(first, "flag", "wrong", author="ann", via="0123456789ab")
    at_the_terminal = places.react(first, "rating", "up", author="ann")
    places.collect()
    package = places.home.cases()[0].via.partition(" ")[0]
    assert package in {one.id for one in places.home.ring.ledger.facts(KIND, Package)}
    mine = [places.home.ring.traffic.prediction(name) for name in (by_shop.id, first)]
    assert [one.via for one in mine if one] == [f"{package} 0123456789ab", ""]
    brought = places.home.ring.traffic.feedback_named(by_key.id, at_the_terminal.id)
    assert [one.via for one in brought] == [f"{package} 0123456789ab", ""]
    assert [one.via for one in places.home.cases()] == [f"{package} 0123456789ab"]


def test_a_case_that_a_server_at_home_opened_first_stays_one(places: Places) -> None:
    (first,) = places.ask("my parcel is late")
    flag = places.react(first, "flag", "wrong")
    places.collect()
    (brought,) = places.home.cases()
    opened = case(flag, secret=places.home.secret)
    assert opened.id != brought.id
    facts = schema.facts
    with places.home.ring.ledger.engine.begin() as connection:
        connection.execute(facts.delete().where(facts.c.kind == "case"))
    places.home.stored(flag)
    places.there.close_case(brought.id, outcome="corrected", told="thank you", by="bob")
    assert places.collect().cases == 1
    (found,) = places.home.cases()
    assert (found.id, found.state) == (opened.id, "closed")


def test_a_decision_that_no_chance_asked_for_judges_nothing(places: Places) -> None:
    names = places.ask(*MANY)
    for name in names:
        for guideline in ("unsure", "holdout"):
            label = Label(
                id=f"{guideline} {name}",
                app=places.there.app,
                record=name,
                value=places.there.labels()[0],
                author="bob",
                author_kind="person",
                guideline=review_guideline(guideline),
            )
            places.there.ring.ledger.add_fact("label", label.id, label, about=name)
    found = places.collect()
    judging = {name for name in names if _is_holdout(places.home, name)}
    assert 0 < len(judging) < len(names)
    assert (found.decisions, found.unsampled) == (2 * len(names) - len(judging), len(judging))
    here = {one.id for one in places.home.ring.ledger.facts("label", Label)}
    assert not {f"unsure {name}" for name in judging} & here
    assert {f"holdout {name}" for name in names} <= here


def _is_holdout(project: Project, name: str) -> bool:
    found = project.ring.traffic.prediction(name)
    assert found is not None
    return found.holdout


def test_a_decision_in_words_whose_time_is_over_stays_there(places: Places) -> None:
    (answer,) = places.ask("hello")
    days = places.home.ring.recipe.privacy.retention_days
    for at in (time.time(), time.time() - 86_400 * (days + 1)):
        label = Label(
            id=f"at {at}",
            app=places.there.app,
            record=answer,
            value="Zoe was told",
            author="bob",
            author_kind="person",
            guideline=review_guideline("holdout"),
            at=at,
            private=True,
        )
        places.there.ring.ledger.add_fact("label", label.id, label, about=answer)
    assert places.collect().decisions == 1


def test_whoever_was_forgotten_at_home_does_not_come_back(places: Places) -> None:
    (early,) = places.ask("where is the parcel of Ann", author="ann")
    places.collect()
    (late,) = places.ask("and the other parcel of Ann", author="Ａnn".lower())
    (other,) = places.ask("hello", author="bob")
    said = places.react(other, "comment", comment="Ann said so", author="ann")
    places.home.forget(author=["ann"], reason="asked")
    found = places.collect()
    assert (found.answers, found.reactions, found.left) == (1, 0, 2)
    assert places.home.ring.traffic.text(early) is None
    assert places.home.ring.traffic.prediction(late) is None
    assert places.home.ring.traffic.feedback_named(said.id) == []
    files = [p for p in (places.home.folder / ".chainring").rglob("*") if p.is_file()]
    assert not any(b"parcel of Ann" in path.read_bytes() for path in files)


def test_what_was_read_off_an_article_that_was_forgotten_at_home_stays_there(
    places: Places,
) -> None:
    """A package goes on answering from the passages that it was made with."""
    dataset = places.home.champion().deployment.dataset
    gone, kept = read_rows(places.home.ring.runner.trees.open(dataset), "train")[:2]
    places.home.forget(record=[gone.id], reason="asked")
    names = []
    for row in (gone, kept):
        (asked,) = places.ask("how long does it take")
        answer = places.there.ring.traffic.prediction(asked)
        assert answer is not None
        names.append(new_id("pred"))
        answer = replace(
            answer, id=names[-1], pair=row.text, output=row.text[:12], looked_up=True,
            confidence=0.5, scores={row.id: 0.5},
        )  # fmt: skip
        places.there.ring.traffic.commit([(answer, "how long does it take")], [])
        places.react(names[-1], "rating", "up")
    found = places.collect()
    assert (found.answers, found.reactions, found.left) == (3, 1, 2)
    first, second = (places.home.ring.traffic.prediction(name) for name in names)
    assert first is None
    assert second is not None
    assert second.pair == kept.text


def test_nothing_is_said_anew_of_an_answer_that_was_forgotten_at_home(places: Places) -> None:
    (answer,) = places.ask("where is the parcel of Zoe", author="zoe")
    places.collect()
    flag = places.react(answer, "flag", "wrong", comment="Zoe lives elsewhere", author="bob")
    places.react(answer, "correction", places.there.labels()[0], author="eve")
    places.there.decide(flag.id, decision="change", value=places.there.labels()[1], by="bob")
    places.home.forget(prediction=[answer], reason="asked")
    found = places.collect()
    assert (found.reactions, found.decisions, found.cases, found.left) == (0, 0, 0, 2)
    assert places.home.ring.traffic.feedback_on(answer) == []


def test_a_later_decision_at_home_stands(places: Places) -> None:
    (answer,) = places.ask("my parcel is late")
    flag = places.react(answer, "flag", "wrong")
    places.collect()
    first, second = places.home.labels()[:2]
    places.there.decide(flag.id, decision="change", value=first, by="bob")
    places.home.decide(flag.id, decision="change", value=second, by="carol")
    found = places.collect()
    assert (found.decisions, found.older) == (0, 1)
    (last,) = (one for one in said_by_people(places.home.ring) if one.record == flag.id)
    assert (last.value, last.author) == (second, "carol")


def test_what_is_forgotten_there_is_forgotten_at_home_with_the_next_collection(
    places: Places,
) -> None:
    (kept, gone) = places.ask("hello", "where is the parcel of Zoe", author="zoe")
    places.react(gone, "comment", comment="Zoe again", author="zoe")
    places.collect()
    places.there.forget(prediction=[gone], reason="asked")
    found = places.collect()
    assert found.forgotten == 2
    here = places.home.ring.traffic.prediction(gone)
    assert here is not None
    assert (here.finish, here.author) == (FORGOTTEN, "")
    assert places.home.ring.traffic.text(gone) is None
    assert places.home.ring.traffic.text(kept) == "hello"
    assert places.collect().forgotten == 0


def test_what_somebody_refused_there_is_refused_at_home_though_they_were_forgotten(
    places: Places,
) -> None:
    (answer,) = places.ask("my parcel is at the old mill", author="zoe")
    said = places.react(answer, "comment", comment="no", author="ann", consent="refused")
    places.react(answer, "correction", places.there.labels()[0], author="bo", consent="training")
    places.there.forget(author=["ann"], reason="asked")
    places.collect()
    left = {one.id: one for one in places.home.ring.traffic.feedback_on(answer)}
    assert (left[said.id].author, left[said.id].comment) == ("", "")
    assert refused_answers(left.values()) == {answer: "refused"}


def test_what_somebody_refused_there_is_refused_at_home_where_they_were_forgotten(
    places: Places,
) -> None:
    places.home.predict(["good day"], author="ann")
    places.home.forget(author=["ann"], reason="asked")
    answer, lifted = places.ask("my parcel is at the old mill", TEXTS[0], author="zoe")
    said = places.react(answer, "comment", comment="no", author="ann", consent="refused")
    decided = Label(
        id="decided", app=places.there.app, record=said.id, value=places.there.labels()[0],
        author="bob", author_kind="person",
    )  # fmt: skip
    places.there.ring.ledger.add_fact("label", decided.id, decided, about=said.id)
    for consent in ("refused", "training"):
        places.react(lifted, "comment", comment="well", author="ann", consent=consent)
    for name in (answer, lifted):
        label = places.there.labels()[0]
        places.react(name, "correction", label, author="bo", consent="training")
    for reactions in (3, 0):
        found = places.collect()
        assert (found.reactions, found.left, found.decisions) == (reactions, 2, 0)
    left = {one.id: one for one in places.home.ring.traffic.feedback_on(answer)}
    assert (left[said.id].author, left[said.id].comment, left[said.id].via) == ("", "", "")
    assert refused_answers(places.home.ring.traffic.feedback()) == {answer: "refused"}


def test_answers_without_a_text_can_be_traced_and_teach_nothing(places: Places) -> None:
    over, erased = places.ask("a text whose time is over", "a text that was erased")
    traffic = places.there.ring.traffic
    traffic.erase([erased])
    old = traffic.prediction(over)
    assert old is not None
    days = places.home.ring.recipe.privacy.retention_days
    long_ago = replace(old, id=f"{over}x", at=time.time() - 86_400 * (days + 1))
    traffic.commit([(long_ago, "a text whose time is over")], [])
    with next(iter(traffic.engines().values())).begin() as connection:  # not erased there yet
        connection.execute(payloads.update().values(expires=time.time() + 9e9))
    found = places.collect()
    assert (found.answers, found.textless) == (3, 2)
    for name in (erased, long_ago.id):
        assert places.home.ring.traffic.text(name) is None
        row = places.home.ring.traffic.prediction(name)
        assert row is not None
        assert (row.request, row.group, row.holdout) == ("", "", False)
    assert places.home.why(erased)["model"]["part"] == "linear.v1"


def test_how_long_an_answer_took_there_says_nothing_here_and_a_release_is_not_mixed_up(
    places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    (answer,) = places.ask("hello")
    row = places.there.ring.traffic.prediction(answer)
    assert row is not None
    slow = replace(row, id=f"{answer}x", latency_ms=900.0)
    places.there.ring.traffic.commit([(slow, "hello")], [])
    with monkeypatch.context() as patch:
        patch.setattr(module, "running", lambda ring: (None, "a release"))
        with pytest.raises(ConflictError, match="a release runs"):
            places.collect()
    assert places.collect().answers == 2
    found = places.home.ring.traffic.prediction(slow.id)
    assert found is not None
    assert found.latency_ms == 0.0


def test_only_packages_of_this_project_come_home(places: Places, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="says of no package that it is one"):
        places.home.collect(places.home.folder)
    with pytest.raises(InputError, match="is no package"):
        places.home.collect(tmp_path / "nothing")
    half = copy(places.there.folder, tmp_path / "half")
    shutil.rmtree(half / ".chainring")
    with pytest.raises(InputError, match="a copy of it with its"):
        places.home.collect(half)
    assert not (half / ".chainring").exists()
    other = Project.init(tmp_path / "other", example="support")
    with closing(other), pytest.raises(InputError, match="was not made by this project"):
        other.collect(places.there.folder)


def test_the_command_tells_what_came_in_both_languages(places: Places) -> None:
    (name,) = places.ask("hello")
    places.react(name, "rating", "up")
    home, there = str(places.home.folder), str(places.there.folder)
    told = run("collect", there, "-p", home)
    assert "new here: 1 answers, 1 reactions, 0 decisions, 0 cases" in told
    told = run("collect", there, "-p", home, "--language", "zh")
    assert "回答 0 条，反馈 0 条" in told
    assert "says of no package" in refused("collect", home, "-p", home)
    assert [act.verb for act in places.home.audit(verb="collect")] == 3 * ["collect"]
