"""Releases over a real project: who answers whom, what the evidence does, and who may write."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.software.conftest import ON_BOTH, copy, opened, run, texts_of

from chainring.contracts.errors import ConflictError, InputError
from chainring.contracts.feedback import Feedback
from chainring.contracts.forgotten import Forgotten
from chainring.contracts.guard import FORGOTTEN
from chainring.contracts.ids import new_id
from chainring.contracts.label import Label, review_guideline
from chainring.contracts.prediction import FAILED, Prediction, shadow_of
from chainring.contracts.release import Release
from chainring.contracts.said import in_language
from chainring.contracts.worth import Worth
from chainring.ring.built import current
from chainring.ring.gate.settings import GateSettings
from chainring.ring.release import course
from chainring.ring.release.evidence import Collector
from chainring.ring.release.judge import Action, Decision, Evidence
from chainring.software.api import Project
from chainring.software.serving.service import Service
from chainring.software.verbs import releases, turning
from chainring.store.answers import Stream, newer
from chainring.store.erase import forget_answers


@pytest.fixture
def shop(grown_in: Project) -> Project:
    """Return a project with a champion and an earlier model that may be released again."""
    return grown_in


def candidate(project: Project) -> str:
    """Return the first digits of the model that does not serve."""
    _, champion = current(project.ring)
    assert champion is not None
    rows = project.ring.ledger.all_lineage(step="model")
    names = [str(row.result).split('"address":"')[1].split('"')[0] for row in rows]
    return next(n for n in names if n != champion.model).partition(":")[2][:12]


def begun(project: Project, **how: Any) -> Release:
    return project.releases.begin(candidate(project), by="ann", reason="a test", **how)


def everything(release: Release) -> Stream:
    """Return what the candidate answered, seen and unseen."""
    return Stream(model=release.candidate.model, since=release.at, unseen=True)


# Who answers whom


async def asked(
    project: Project, authors: Sequence[str], *, texts: Sequence[str], key: str | None = None
) -> list[Prediction]:
    service = Service(project, open_to_all=True)
    await service.start()
    caller = service.authenticate(key, "127.0.0.1")
    found = []
    for author, text in zip(authors, texts, strict=True):
        (one,) = await service.predict([text], episode="", author=author, caller=caller)
        found.append(one.prediction)
    for _ in range(100):
        if service._arms._shadow is None or not service._arms._shadow.waiting:
            break
        await asyncio.sleep(0.05)
    await asyncio.sleep(0.3)
    await service.stop()
    return found


def texts(project: Project, count: int) -> list[str]:
    return [row["text"] for row in texts_of(project.folder, count)]


@ON_BOTH
def test_a_canary_answers_its_share_and_each_user_by_one_model(shop: Project) -> None:
    release = begun(shop, share=0.5)
    folder, words = shop.folder, texts(shop, 60)
    authors = [f"user {place % 12}" for place in range(60)]
    rows = asyncio.run(asked(shop, authors, texts=words))
    of_user: dict[str, set[str]] = {}
    for author, row in zip(authors, rows, strict=True):
        of_user.setdefault(author, set()).add(row.model)
        assert row.variant == ("canary" if row.model == release.candidate.model else "champion")
    assert all(len(models) == 1 for models in of_user.values())
    assert {row.variant for row in rows} == {"canary", "champion"}
    with opened(folder) as again:
        traffic = again.ring.traffic
        held = [row for row in rows if row.holdout]
        assert held
        for row in held:
            beside = traffic.prediction(shadow_of(row.id))
            assert beside is not None
            assert beside.variant == "shadow"
            assert {row.model, beside.model} == {release.candidate.model, release.champion}
        assert all(traffic.prediction(shadow_of(row.id)) is None for row in rows if not row.holdout)
        assert {row.id for row in traffic.predictions()} == {row.id for row in rows}
        assert traffic.counts()["predictions"] == len(rows)


def test_a_key_is_no_user_so_requests_without_an_author_are_drawn_one_by_one(
    shop: Project,
) -> None:
    secret, _ = shop.make_key("ask", "a whole shop")
    begun(shop, share=0.5)
    words = texts(shop, 30)
    rows = asyncio.run(asked(shop, [""] * 30, texts=words, key=secret))
    assert {row.variant for row in rows} == {"canary", "champion"}


def test_in_the_shadow_users_see_the_champion_and_both_answers_are_logged(shop: Project) -> None:
    release = begun(shop, stage="shadow")
    folder, words = shop.folder, texts(shop, 30)
    rows = asyncio.run(asked(shop, [f"user {n}" for n in range(30)], texts=words))
    assert {(row.model, row.variant) for row in rows} == {(release.champion, "champion")}
    with opened(folder) as again:
        beside = newer(again.ring.traffic, everything(release), {})
        assert {row.id for row in beside} <= {shadow_of(row.id) for row in rows}
        assert len(beside) >= 25, "an idle server drops none or few"
        assert all(again.ring.traffic.text(row.id) is None for row in beside)


def test_named_keys_are_answered_by_the_candidate_and_others_are_not(shop: Project) -> None:
    secret, key = shop.make_key("ask", "the new shop")
    other, _ = shop.make_key("ask", "the old shop")
    release = begun(shop, stage="keys", keys=(key.id,))
    folder, words = shop.folder, texts(shop, 2)
    mine = asyncio.run(asked(shop, ["ann", "bo"], texts=words, key=secret))
    assert {row.model for row in mine} == {release.candidate.model}
    with opened(folder) as again:
        others = asyncio.run(asked(again, ["ann", "bo"], texts=words, key=other))
    assert {row.model for row in others} == {release.champion}


@pytest.mark.parametrize("names", ["the first", "the second"])
def test_a_rotated_key_keeps_its_model(shop: Project, names: str) -> None:
    secret, key = shop.make_key("ask", "the new shop")
    fresh, second = shop.rotate_key(key.id)
    release = begun(shop, stage="keys", keys=(key.id if names == "the first" else second.id,))
    folder, words = shop.folder, texts(shop, 1)
    for held in (secret, fresh):
        with opened(folder) as again:
            (row,) = asyncio.run(asked(again, ["ann"], texts=words, key=held))
        assert row.model == release.candidate.model


class Broken:
    """A candidate that loads and then fails at everything."""

    labels: tuple[str, ...] = ()
    capabilities: frozenset[str] = frozenset()

    def predict(self, *_: object, **__: object) -> object:
        raise RuntimeError("out of order")

    def close(self) -> None:
        pass


def test_a_candidate_that_fails_costs_no_answer_and_is_stopped(
    shop: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = begun(shop, share=0.9)
    folder, words = shop.folder, texts(shop, 40)
    monkeypatch.setattr("chainring.software.serving.arms.Arms._opened", lambda *_: Broken())
    rows = asyncio.run(asked(shop, [f"user {n}" for n in range(40)], texts=words))
    assert {(row.model, row.variant) for row in rows} == {(release.champion, "champion")}
    with opened(folder) as again:
        ring = again.ring
        noted = newer(ring.traffic, everything(release), {})
        assert len(noted) > 20
        assert {row.finish for row in noted} == {FAILED}
        ended = course.look(ring, Collector(release), by="test")
        assert ended is not None
        assert (ended.stage, ended.outcome) == ("ended", "stopped")
        (case,) = [one for one in again.cases() if one.kind == "release"]
        assert "answers failed" in case.because
        assert course.running(ring)[1] is None


def test_a_candidate_whose_form_is_damaged_stops_its_release_and_nobody_notices(
    shop: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = begun(shop, share=0.9)
    folder, words = shop.folder, texts(shop, 2)
    wrong = replace(release.candidate, form=f"blake2b:{'0' * 64}")
    ref, _ = course.newest(shop.ring.ledger)
    assert ref is not None
    broken = replace(release, candidate=wrong)
    shop.ring.ledger.append_ref("release", broken, expected=ref.number, by="test", reason="broken")
    rows = asyncio.run(asked(shop, ["ann", "bo"], texts=words))
    assert {row.model for row in rows} == {release.champion}
    with opened(folder) as again:
        found = again.releases.standing()
        assert found["release"] is None
        assert found["earlier"][0]["outcome"] == "stopped"


def test_a_candidate_that_its_engine_cannot_load_stops_its_release(
    shop: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = begun(shop, share=0.9)
    folder, words = shop.folder, texts(shop, 2)

    def unloadable(*_: object) -> None:
        raise RuntimeError("no kernel for this operation")

    monkeypatch.setattr("chainring.software.serving.arms.Arms._opened", unloadable)
    rows = asyncio.run(asked(shop, ["ann", "bo"], texts=words))
    assert {row.model for row in rows} == {release.champion}
    with opened(folder) as again:
        earlier = again.releases.standing()["earlier"]
        assert [one["because"] for one in earlier] == [
            "it cannot be loaded: no kernel for this operation"
        ]


async def asked_at_once(project: Project, words: Sequence[str], *, key: str) -> list[Prediction]:
    """Return the answers to one request of many texts."""
    service = Service(project, open_to_all=True)
    await service.start()
    caller = service.authenticate(key, "127.0.0.1")
    found = await service.predict(words, episode="", author="ann", caller=caller)
    await service.stop()
    return [one.prediction for one in found]


def test_many_texts_of_one_request_are_one_outcome_and_none_of_slowness(shop: Project) -> None:
    secret, key = shop.make_key("ask", "the new shop")
    release = begun(shop, stage="keys", keys=(key.id,))
    folder, words = shop.folder, texts(shop, 30)
    reviewed(shop, release, better=0, same=20)  # the champion's answers took 5 ms
    rows = asyncio.run(asked_at_once(shop, words, key=secret))
    assert {row.model for row in rows} == {release.candidate.model}
    with opened(folder) as again:
        slow = [replace(row, id=new_id("pred"), latency_ms=9e3) for row in rows]
        again.ring.traffic.commit([(row, None) for row in slow], [])
        evidence = Collector(release).collect(again.ring)
        assert (evidence.answers, evidence.shadows) == (60, 20)
        assert evidence.failed == {0: 2 + 20}
        assert evidence.slow == {}
        (one,) = asyncio.run(asked_at_once(again, words[:1], key=secret))
    with opened(folder) as again:
        late = replace(one, id=new_id("pred"), latency_ms=9e3)
        again.ring.traffic.commit([(late, None)], [])
        assert Collector(release).collect(again.ring).slow[1] >= 1


def test_many_texts_of_one_request_fail_once(
    shop: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret, key = shop.make_key("ask", "the new shop")
    release = begun(shop, stage="keys", keys=(key.id,))
    folder, words = shop.folder, texts(shop, 30)
    monkeypatch.setattr("chainring.software.serving.arms.Arms._opened", lambda *_: Broken())
    rows = asyncio.run(asked_at_once(shop, words, key=secret))
    assert {row.model for row in rows} == {release.champion}
    with opened(folder) as again:
        assert Collector(release).collect(again.ring).failed == {1: 1}


# What the evidence does


@ON_BOTH
def test_a_server_that_is_asked_again_and_again_how_a_release_stands_counts_each_answer_once(
    shop: Project,
) -> None:
    release = begun(shop)
    reviewed(shop, release, better=2, worse=1, same=4)
    service = Service(shop, open_to_all=True)
    first, again = service.release_standing()["release"], service.release_standing()["release"]
    assert (first["shadows"], first["labels"]) == (7, 7)
    assert again == first
    reviewed(shop, release, better=1, worse=0, same=0)
    later = service.release_standing()["release"]
    assert (later["shadows"], later["labels"]) == (8, 8)
    assert later["counts"] == shop.releases.standing()["release"]["counts"]


def reviewed(
    project: Project,
    release: Release,
    *,
    better: int,
    worse: int = 0,
    same: int = 0,
    holdout: bool = True,
    guideline: str = "",
    asker: str = "",
    episode: str = "",
) -> None:
    """Log answers of both models and a person's word on each."""
    rows: list[tuple[Prediction, str | None]] = []
    kinds = [(1, 0)] * better + [(0, 1)] * worse + [(1, 1)] * same
    for new, old in kinds:
        prediction = Prediction(
            id=new_id("pred"), app=project.app, model=release.champion, form="exact",
            label="stock" if old else "invoice", confidence=0.9, passed_on=False, language="en",
            request="", group=new_id("g"), holdout=holdout, at=time.time(), latency_ms=5.0,
            author=asker, episode=episode,
        )  # fmt: skip
        beside = replace(
            prediction,
            id=shadow_of(prediction.id),
            model=release.candidate.model,
            label="stock" if new else "invoice",
            variant="shadow",
        )
        rows += [(prediction, "a text"), (beside, None)]
        label = Label(
            id=new_id("lab"), app=project.app, record=prediction.id, value="stock",
            author="ann", author_kind="person", state="accepted", at=time.time(),
            guideline=guideline,
        )  # fmt: skip
        project.ring.ledger.add_fact("label", label.id, label, about=prediction.id)
    project.ring.traffic.commit(rows, [])


@ON_BOTH
def test_a_candidate_that_reviews_show_to_be_better_becomes_champion(shop: Project) -> None:
    release = begun(shop)
    reviewed(shop, release, better=30, worse=2, same=40)
    assert run("release", "-p", str(shop.folder)).count("promote: better: 72 reviewed answers") == 1
    ended = course.look(shop.ring, Collector(release), by="release")
    assert ended is not None
    assert ended.outcome == "promoted"
    head, champion = current(shop.ring)
    assert head is not None
    assert champion == release.candidate
    assert head.by == "release"
    assert head.reason.startswith("release: better: 72 reviewed answers, 30 better and 2 worse")
    assert course.tidy(shop.ring) is None


def test_one_that_was_killed_before_its_case_was_opened_gets_it_at_the_next_look_and_once(
    shop: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = begun(shop)
    reviewed(shop, release, better=2, worse=30, same=40)

    def killed(*_: object) -> None:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(course, "_open_case", killed)
        with pytest.raises(SystemExit):
            course.look(shop.ring, Collector(release), by="release")
    assert shop.cases() == []
    assert course.tidy(shop.ring) is None
    (case,) = shop.cases(state="open")
    assert (case.kind, case.opened_by) == ("release", release.id)
    shop.close_case(case.id, outcome="looked", told="yes", by="ann")
    course.tidy(shop.ring)
    assert shop.cases(state="open") == []


@ON_BOTH
def test_one_that_reviews_show_to_be_worse_is_rolled_back_with_a_case(shop: Project) -> None:
    release = begun(shop)
    reviewed(shop, release, better=2, worse=30, same=40)
    ended = course.look(shop.ring, Collector(release), by="release")
    assert ended is not None
    assert ended.outcome == "rolled back"
    assert [one.kind for one in shop.cases(state="open")] == ["release"]
    assert course.turned_down(shop.ring.ledger).keys() == {release.candidate.model}
    closed = shop.close_case(shop.cases()[0].id, outcome="looked", told="yes", by="ann")
    assert closed.state == "closed"


def judging(project: Project, **gate: Any) -> None:
    settings = GateSettings.model_validate(gate)
    recipe = project.ring.recipe.model_copy(update={"gate": settings})
    object.__setattr__(project.ring, "recipe", recipe)


def test_a_release_goes_by_the_measure_of_the_recipe_as_it_was_when_it_began(
    shop: Project,
) -> None:
    """A miss of stock costs ten, so each pair is ten cheaper or dearer."""
    judging(shop, measure="cost", costs={"missed": {"stock": 10}})
    release = begun(shop)
    assert (release.worth.measure.name, release.worth.most) == ("cost", 10.0)
    assert sum(release.worth.shares.values()) == pytest.approx(1.0)
    judging(shop, measure="accuracy")
    reviewed(shop, release, better=30, worse=2, same=40)
    assert Collector(release).collect(shop.ring).labelled == {10.0: 30, -10.0: 2, 0.0: 40}
    shown = shop.releases.standing()["release"]
    assert (shown["measure"], shown["action"]) == ("cost", "promote")
    assert "30 cheaper and 2 dearer than the champion's: +3.89 of cost saved" in shown["because"]


def test_how_common_labels_are_is_counted_in_reviews_from_before_a_release(shop: Project) -> None:
    judging(shop, measure="balanced_accuracy")
    first = begun(shop)
    assert first.worth.lacks_shares, "the suite may be evened out"
    reviewed(shop, first, better=0, same=99)
    reviewed(shop, first, better=0, same=2, asker="bob")
    shop.releases.stop(by="ann", reason="a test")
    later = begun(shop)
    labels = later.candidate.labels
    assert len(labels) > 1
    assert later.worth.shares.keys() == {*labels}, "rare labels may be among none of a hundred"
    assert later.worth.shares["stock"] == pytest.approx(100.5 / (100 + len(labels) / 2))
    assert sum(later.worth.shares.values()) == pytest.approx(1.0)
    assert begun_by_accuracy(shop).worth == Worth()


def test_how_common_labels_are_is_told_by_one_review_of_each_user(shop: Project) -> None:
    judging(shop, measure="balanced_accuracy")
    reviewed(shop, begun(shop), better=0, same=120, asker="bob")
    shop.releases.stop(by="ann", reason="a test")
    assert begun(shop).worth.lacks_shares


def test_where_few_were_reviewed_the_first_hundred_of_a_release_weigh_and_those_after_judge(
    shop: Project,
) -> None:
    judging(shop, measure="balanced_accuracy")
    release = begun(shop)
    collector = Collector(release)
    reviewed(shop, release, better=98)
    reviewed(shop, release, better=1, asker="bob")
    seen = collector.collect(shop.ring)
    assert (seen.labelled, seen.shares, seen.to_count) == ({}, (), 1)
    shown = shop.releases.standing()["release"]
    assert shown["action"] == "wait"
    assert shown["because"].startswith("1 more reviewed answers fix how common each label is")
    reviewed(shop, release, better=1)
    reviewed(shop, release, better=5, asker="bob")
    assert not collector.collect(shop.ring).labelled, "one that weighs is not bet on, nor its user"
    reviewed(shop, release, better=7, worse=2, same=3)
    seen = collector.collect(shop.ring)
    weight = replace(release.worth, shares=dict(seen.shares)).weight("stock")
    assert seen.labelled == {weight: 7, -weight: 2, 0.0: 3}
    assert seen.to_count == 0
    because = shop.releases.standing()["release"]["because"]
    assert "12 reviewed answers, 7 better and 2 worse than the champion's" in because
    assert "of balanced accuracy" in because


def test_how_common_labels_are_stays_as_it_was_counted_whatever_is_said_of_these_later(
    shop: Project,
) -> None:
    judging(shop, measure="balanced_accuracy")
    release = begun(shop)
    collector = Collector(release)
    reviewed(shop, release, better=2, same=98)
    counted = [one.record for one in shop.ring.ledger.facts("label", Label)][-100:]
    assert course.look(shop.ring, collector, by="release") is None, "this is nothing to keep"
    fixed = running(shop)
    assert (len(fixed.worth.shares), set(fixed.counted)) == (
        len(release.candidate.labels),
        {*counted},
    )
    shown = shop.releases.standing()["release"]
    assert (shown["action"], shown["counted"]) == ("wait", 100)
    assert shown["because"].startswith("how common labels are is counted (100 reviews)")
    assert "100 条审核" in in_language(shown["because"], "zh")
    reviewed(shop, release, better=12, worse=4)
    before = collected(shop)
    assert len(before.labelled) == 2
    for record, how in zip(counted, ({"value": "invoice"}, {"state": "rejected"}), strict=False):
        said_again(shop, record, **how)
    forget_answers(shop.ring.traffic, predictions=counted[2:4], feedback=[])
    assert collected(shop).labelled == before.labelled
    course.look(shop.ring, collector, by="release")
    assert running(shop).worth == fixed.worth
    ended = shop.releases.stop(by="ann", reason="a test")
    assert (ended.worth, ended.counted) == (fixed.worth, fixed.counted)
    assert releases.shown(ended)["counted"] == 100


def test_whoever_was_counted_is_not_bet_on_though_that_review_is_taken_back(shop: Project) -> None:
    judging(shop, measure="balanced_accuracy")
    release = begun(shop)
    reviewed(shop, release, better=1, asker="bob")
    first = shop.ring.ledger.facts("label", Label)[-1].record
    reviewed(shop, release, better=0, same=99)
    course.look(shop.ring, Collector(release), by="release")
    reviewed(shop, release, better=0, same=1)
    reviewed(shop, release, better=3, asker="bob")
    said_again(shop, first, state="rejected")
    assert collected(shop).labelled == {0.0: 1}


def test_of_two_servers_that_count_at_once_one_fixes_what_labels_weigh(shop: Project) -> None:
    judging(shop, measure="balanced_accuracy")
    release = begun(shop)
    ref = course.running(shop.ring)[0]
    assert ref is not None
    reviewed(shop, release, better=0, same=100)
    seen = Collector(release).collect(shop.ring)
    course.look(shop.ring, Collector(release), by="release")
    with pytest.raises(ConflictError):
        course._fixed(shop.ring, ref, release, seen, by="release")
    assert running(shop).worth.shares == dict(seen.shares)


def running(project: Project) -> Release:
    release = course.running(project.ring)[1]
    assert release is not None
    return release


def collected(project: Project) -> Evidence:
    """Return what a server knows that has just begun."""
    return Collector(running(project)).collect(project.ring)


def said_again(project: Project, record: str, **how: Any) -> None:
    """Let a person say another thing of a reviewed answer."""
    said = project.ring.ledger.facts("label", Label, about=record)[-1]
    label = replace(said, id=new_id("lab"), at=time.time(), **how)
    project.ring.ledger.add_fact("label", label.id, label, about=record)


def begun_by_accuracy(shop: Project) -> Release:
    shop.releases.stop(by="ann", reason="a test")
    judging(shop)
    return begun(shop)


def test_reviewed_answers_outside_the_hold_out_are_no_evidence(shop: Project) -> None:
    release = begun(shop)
    reviewed(shop, release, better=40, holdout=False)
    evidence = Collector(release).collect(shop.ring)
    assert (evidence.labels, evidence.unpaired) == (0, 0)


def test_of_each_author_and_episode_the_answer_that_was_reviewed_first_is_evidence(
    shop: Project,
) -> None:
    release = begun(shop)
    _, key = shop.make_key("react", "web shop")
    reviewed(shop, release, better=0, worse=1, same=1, asker="ann")
    reviewed(shop, release, better=40, asker="ann")
    reviewed(shop, release, better=40, asker=key.id, episode="a talk")
    reviewed(shop, release, better=2, asker=key.id)
    found = Collector(release).collect(shop.ring)
    assert (dict(found.labelled), found.labels, found.unpaired) == ({-1.0: 1, 1.0: 3}, 4, 0)


def test_answers_that_told_two_models_apart_are_no_sample_and_no_evidence(shop: Project) -> None:
    release = begun(shop)
    reviewed(shop, release, better=40, guideline=review_guideline("deciding"))
    evidence = Collector(release).collect(shop.ring)
    assert (evidence.labels, evidence.unpaired) == (0, 0)


def test_answers_from_before_and_those_of_one_model_alone_are_no_evidence(shop: Project) -> None:
    release = begun(shop)
    reviewed(shop, release, better=5, worse=0, same=0)
    alone = Prediction(
        id=new_id("pred"), app=shop.app, model=release.candidate.model, form="exact",
        label="stock", confidence=0.9, passed_on=False, language="en", request="",
        group="g", holdout=True, at=time.time(), variant="canary",
    )  # fmt: skip
    early = replace(alone, id=new_id("pred"), at=release.at - 10)
    shop.ring.traffic.commit([(alone, "x"), (early, "x")], [])
    for row in (alone, early):
        shop.decide(row.id, decision="accept")
    evidence = Collector(release).collect(shop.ring)
    assert (evidence.labels, evidence.unpaired, evidence.answers) == (5, 1, 1)


def test_corrections_alone_promote_nothing_and_each_user_complains_once(shop: Project) -> None:
    release = begun(shop, share=0.5)
    rows = []
    for place in range(60):
        model = release.champion if place % 2 else release.candidate.model
        row = Prediction(
            id=new_id("pred"), app=shop.app, model=model, form="exact", label="stock",
            confidence=0.9, passed_on=False, language="en", request="", group=f"g{place}",
            holdout=False, at=time.time(), author=f"user {place}",
        )  # fmt: skip
        rows.append(row)
    said = [
        Feedback(
            id=new_id("fb"),
            app=shop.app,
            prediction=row.id,
            kind="correction",
            value="invoice",
            author=row.author,
            at=time.time(),
        )
        for row in [one for one in rows if one.model == release.champion] * 2
    ]
    shop.ring.traffic.commit([(row, "x") for row in rows], said)
    evidence = Collector(release).collect(shop.ring)
    assert evidence.complaints == {0.0: 30}
    assert course.look(shop.ring, Collector(release), by="test") is None


# Who may write


def test_a_candidate_that_learnt_from_people_forgotten_since_is_stopped(shop: Project) -> None:
    release = begun(shop)
    model, ledger, collector = release.candidate.model, shop.ring.ledger, Collector(release)
    for name, seconds in (("fgt_before", -1.0), ("fgt_since", 1.0)):
        assert course.look(shop.ring, collector, by="release") is None
        act = Forgotten(id=name, app=shop.app, at=release.at + seconds, by="ann", reason="asked",
                        state="done", models={model: 2})  # fmt: skip
        ledger.add_fact(FORGOTTEN, act.id, act)
    ended = course.look(shop.ring, collector, by="release")
    assert ended is not None
    assert (ended.outcome, model in course.turned_down(ledger)) == ("stopped", True)


@ON_BOTH
def test_of_two_servers_that_decide_at_once_one_writes(shop: Project) -> None:
    release = begun(shop)
    ref, _ = course.running(shop.ring)
    assert ref is not None
    decision = Decision(action="promote", because="better")
    with opened(shop.folder) as other:
        assert course.settle(shop.ring, ref, decision, by="one") is not None
        with pytest.raises(ConflictError):
            course.settle(other.ring, ref, decision, by="other")
        assert len(other.ring.ledger.ref_history("champion")) == 3
    assert current(shop.ring)[1] == release.candidate


@pytest.mark.parametrize("action", ["promote", "roll back", "canary"])
@ON_BOTH
def test_a_release_that_was_stopped_while_its_evidence_was_read_is_not_decided_any_more(
    shop: Project, action: Action
) -> None:
    release = begun(shop)
    ref, _ = course.running(shop.ring)
    assert ref is not None
    shop.releases.stop(by="ann", reason="lunch")
    with pytest.raises(ConflictError, match="nothing was written"):
        course.settle(shop.ring, ref, Decision(action=action, because="better"), by="late")
    assert len(shop.ring.ledger.ref_history("champion")) == 2
    assert current(shop.ring)[1] != release.candidate
    ended = course.newest(shop.ring.ledger)[1]
    assert ended is not None
    assert ended.outcome == "cancelled"


@ON_BOTH
def test_a_server_that_lost_the_lease_writes_nothing(
    shop: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun(shop)
    ref, _ = course.running(shop.ring)
    assert ref is not None
    ledger, append = shop.ring.ledger, shop.ring.ledger.append_ref

    def slow(*given: Any, **named: Any) -> Any:
        monkeypatch.setattr(ledger, "append_ref", append)
        ledger._take("release", "another process", 30.0)  # our time was over
        return append(*given, **named)

    monkeypatch.setattr("chainring.store.ledger._is_held", lambda *_: False)
    monkeypatch.setattr(ledger, "append_ref", slow)
    with pytest.raises(ConflictError, match="taken over by another process"):
        course.settle(shop.ring, ref, Decision(action="promote", because="better"), by="one")
    assert len(ledger.ref_history("champion")) == 2


@ON_BOTH
def test_a_process_that_died_between_the_two_references_leaves_an_end_to_write(
    shop: Project,
) -> None:
    release = begun(shop)
    ledger = shop.ring.ledger
    ledger.append_ref("champion", release.candidate, expected=2, by="dead", reason="release: x")
    assert course.running(shop.ring)[1] is None
    ended = course.tidy(shop.ring)
    assert ended is not None
    assert ended.outcome == "promoted"


@pytest.mark.parametrize(("by", "acts"), [("release", ["promote"]), ("ann", [])])
def test_a_promotion_that_a_server_died_over_is_in_the_audit_once_it_is_finished(
    shop: Project, by: str, acts: list[str]
) -> None:
    """Who promotes by hand is kept already, under their own name."""
    release = begun(shop)
    shop.ring.ledger.append_ref("champion", release.candidate, expected=2, by=by, reason="x")
    for _ in range(2):
        releases.tidy(shop)
    assert promoted_in(shop) == acts


def promoted_in(project: Project) -> list[str]:
    """Return the promotions that the audit tells."""
    return [act.verb for act in project.audit() if act.verb == "promote"]


def test_nor_is_it_lost_where_the_next_release_or_a_turn_finishes_it(shop: Project) -> None:
    release, old = begun(shop), current(shop.ring)[1]
    assert old is not None
    ledger, after = shop.ring.ledger, release.champion_version
    ledger.append_ref("champion", release.candidate, expected=after, by="release", reason="x")
    again = shop.releases.begin(old.model.partition(":")[2][:12], by="bob", reason="again")
    assert promoted_in(shop) == ["promote"]
    ledger.append_ref("champion", again.candidate, expected=after + 1, by="server", reason="x")
    turning.prepare(shop)
    assert promoted_in(shop) == ["promote"] * 2
    assert [one["outcome"] for one in shop.releases.standing()["earlier"]] == ["promoted"] * 2


def test_nor_where_a_person_rolls_back_first(shop: Project) -> None:
    release = begun(shop)
    shop.ring.ledger.append_ref(
        "champion", release.candidate, expected=release.champion_version, by="release", reason="x"
    )
    shop.rollback(by="ann", reason="it was no good")
    assert promoted_in(shop) == ["promote"]
    assert shop.releases.standing()["earlier"][0]["outcome"] == "promoted"


def test_nor_where_a_person_promotes_another_first(shop: Project) -> None:
    release, old = begun(shop), current(shop.ring)[1]
    assert old is not None
    shop.ring.ledger.append_ref(
        "champion", release.candidate, expected=release.champion_version, by="release", reason="x"
    )
    shop.promote(old.model.partition(":")[2][:12], by="ann", reason="the one before was better")
    assert promoted_in(shop) == ["promote", "promote"]
    assert shop.releases.standing()["earlier"][0]["outcome"] == "promoted"


def test_a_rollback_of_the_champion_ends_the_release_over_it(shop: Project) -> None:
    begun(shop)
    head = shop.ring.ledger.ref("champion")
    assert head is not None
    other = replace(current(shop.ring)[1], threshold=0.1)  # type: ignore[type-var]
    shop.ring.ledger.append_ref("champion", other, expected=head.number, by="bo", reason="x")
    ended = course.tidy(shop.ring)
    assert ended is not None
    assert ended.outcome == "superseded"


def test_a_release_over_an_earlier_champion_is_told_as_over_when_another_begins(
    shop: Project,
) -> None:
    first = begun(shop)
    head, champion = current(shop.ring)
    assert head is not None
    assert champion is not None
    other = replace(champion, threshold=0.1)
    shop.ring.ledger.append_ref("champion", other, expected=head.number, by="bo", reason="x")
    begun(shop)
    told = [(one["id"], one["outcome"]) for one in shop.releases.standing()["earlier"]]
    assert told == [(first.id, "superseded")]


def test_one_release_runs_at_a_time_and_a_person_may_stop_it(shop: Project) -> None:
    begun(shop)
    with pytest.raises(ConflictError, match="runs already"):
        begun(shop)
    assert "is over" in run("release", "--stop", "--reason", "lunch", "-p", str(shop.folder))
    assert shop.releases.standing()["release"] is None
    assert begun(shop).stage == "canary"


def test_a_release_over_a_server_is_kept_in_the_name_of_the_key(shop: Project) -> None:
    secret, _ = shop.make_key("operate", "ops")
    model = candidate(shop)
    service = Service(shop, open_to_all=False)
    caller = service.authenticate(secret, "127.0.0.1")
    service.release_begin(model, stage="canary", share=None, keys=(), reason="x", caller=caller)
    service.release_stop(reason="x", caller=caller)
    acts = [(one.who, one.role, one.because) for one in shop.audit(verb="release")]
    assert acts == [
        ("ops", "operate", "stopped by ops"),
        ("ops", "operate", "begun by ops: canary"),
    ]


def test_what_cannot_begin_says_everything_that_is_wrong(shop: Project) -> None:
    with pytest.raises(InputError) as found:
        begun(shop, stage="canry", share=1.5, keys=("nobody",))
    said = str(found.value)
    assert "did you mean 'canary'" in said
    assert "share: 1.5" in said
    assert "keys: 'nobody' is no key" in said


# The ring


def test_with_a_canary_in_the_recipe_a_better_model_is_released_and_not_promoted(
    turned: Path, tmp_path: Path
) -> None:
    from tests.software.conftest import grow

    folder = copy(turned, tmp_path / "shop")
    recipe = folder / "chainring.toml"
    recipe.write_text(recipe.read_text() + '\n[release]\nthrough = "canary"\n')
    grow(folder)
    with opened(folder) as project:
        before = current(project.ring)[1]
        turn = project.turn()
        assert turn.outcome == "held"
        assert "begins (canary)" in turn.because
        assert current(project.ring)[1] == before
        _, release = course.running(project.ring)
        assert release is not None
        again = project.turn()
        assert again.outcome == "nothing changed"
        assert "runs (canary)" in again.because
        project.releases.stop(by="ann", reason="no")
        assert "its release ended" in project.turn().because


def test_while_a_release_runs_the_review_asks_about_answers_from_its_time(shop: Project) -> None:
    before = shop.predict(texts(shop, 80))
    assert [one for one in before if one.holdout]
    waiting = {item.id for item in shop.review_items(limit=500) if item.kind == "holdout"}
    assert waiting
    begun(shop)
    assert [item for item in shop.review_items(limit=500) if item.kind == "holdout"] == []
    after = shop.predict([f"{text} please" for text in texts(shop, 80)])
    asked = {item.id for item in shop.review_items(limit=500) if item.kind == "holdout"}
    groups = {one.group: one for one in reversed(after) if one.holdout}
    assert asked
    assert asked == {one.id for one in groups.values()}  # also those that are kept to decide
    shop.releases.stop(by="ann", reason="enough")
    again = {item.id for item in shop.review_items(limit=500) if item.kind == "holdout"}
    assert waiting <= again
