"""Each verb through the Python API, on a real small project."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa
from tests.software.conftest import PATIENCE_S, copy, grow, opened, run, served, texts_of
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

import chainring
from chainring.contracts.case import Case
from chainring.contracts.errors import ConflictError, InputError, UnknownNameError
from chainring.contracts.ids import new_id
from chainring.contracts.label import Label
from chainring.contracts.prediction import Prediction
from chainring.contracts.reaction import Reaction
from chainring.ring.steps import STEPS
from chainring.software.api import Project
from chainring.store import ledger as ledgers
from chainring.store import newest
from chainring.store.erase import texts_past_their_time
from chainring.store.schema import payloads
from chainring.store.traffic import Traffic

REASON = "the new one is wrong on invoices"


def corrected(project: Project, count: int, **words: str) -> list[Prediction]:
    """Let users ask and correct every answer to what they meant; return the answers."""
    rows = texts_of(project.folder, count)
    answers = project.predict([row["text"] for row in rows])
    for number, (row, answer) in enumerate(zip(rows, answers, strict=True)):
        said = {"value": row["label"], "author": f"user-{number % 20}", "consent": "training"}
        project.react(Reaction(prediction=answer.id, kind="correction", **(said | words)))
    return answers


def addresses(project: Project) -> list[str]:
    """Return the models that were made, oldest first."""
    rows = project.ring.ledger.all_lineage(step="model")
    return [json.loads(row.result)["address"] for row in rows]


def setting(folder: Path, section: str, line: str) -> None:
    """Add a section of one line to a recipe."""
    recipe = folder / "chainring.toml"
    recipe.write_text(recipe.read_text() + f"\n[{section}]\n{line}\n")


# init


def test_a_new_project_has_a_recipe_a_data_folder_and_a_secret_key(tmp_path: Path) -> None:
    with opened(Project.init(tmp_path / "My Shop").folder) as project:
        assert project.app == "my-shop"
        assert (project.folder / "data").is_dir()
        key = project.folder / ".chainring" / "key"
        assert len(bytes.fromhex(key.read_text())) == 32
        assert key.stat().st_mode & 0o077 == 0


def test_a_folder_that_holds_a_project_is_not_made_again(shop: Path) -> None:
    before = (shop / "chainring.toml").read_bytes()
    with pytest.raises(ConflictError, match="already holds a project"):
        Project.init(shop, example="support")
    assert (shop / "chainring.toml").read_bytes() == before


def test_an_unknown_example_is_named_with_the_nearest_one(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'support'"):
        Project.init(tmp_path / "shop", example="suport")
    assert not (tmp_path / "shop").exists()


def test_a_folder_without_a_recipe_is_no_project(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="chainring init"):
        chainring.open(tmp_path)


def test_a_damaged_key_is_refused_and_left_as_it_is(shop: Path) -> None:
    key = shop / ".chainring" / "key"
    key.chmod(0o600)
    key.write_text("ab" * 31)
    with pytest.raises(InputError, match="no project key of 64 hex digits"):
        chainring.open(shop)
    assert key.read_text() == "ab" * 31


# turn


def test_a_second_turn_calls_no_step_and_writes_nothing(project: Project) -> None:
    ledger = project.ring.ledger
    before = len(ledger.all_lineage()), ledger.ref_history("champion"), project.status()["turns"]
    done = project.turn()
    assert (done.outcome, done.steps) == ("nothing changed", ())
    after = len(ledger.all_lineage()), ledger.ref_history("champion"), project.status()["turns"]
    assert after == before


def test_a_forced_turn_calls_the_steps_again_and_makes_the_same_model(project: Project) -> None:
    before = addresses(project)
    done = project.turn(force=True)
    assert {"records", "dataset", "model", "forms"} <= set(done.steps)
    assert set(addresses(project)) == set(before)
    assert done.outcome == "nothing changed"


def test_the_number_of_threads_changes_no_model(untouched: Path, tmp_path: Path) -> None:
    import_module("sklearn.linear_model")  # only what is loaded can be limited
    models = []
    for threads in (1, 2):
        shop = copy(untouched, tmp_path / str(threads))
        grow(shop)
        with opened(shop) as project, threadpool_limits(threads):
            models.append(project.turn().model)
    assert models[0] == models[1]


def test_a_project_that_was_moved_has_nothing_to_do(turned: Path, tmp_path: Path) -> None:
    with opened(copy(turned, tmp_path / "elsewhere")) as project:
        assert project.turn().steps == ()


def test_more_text_makes_a_model_that_the_gate_promotes(grown_project: Project) -> None:
    first, second = grown_project.ring.ledger.ref_history("champion")[::-1]
    assert (first.reason, second.reason) == ("first", "better")
    assert grown_project.status()["champion"]["model"] == addresses(grown_project)[-1]


# predict, react


def test_answers_come_in_the_order_of_the_texts_and_are_logged(project: Project) -> None:
    texts = ["where is my parcel", "我要开发票", "where is my parcel"]
    first, second, third = project.predict(texts, episode="visit", author="ann")
    assert (first.label, second.label) == ("track_order", "invoice")
    assert (second.language, first.language) == ("zh", "en")
    assert first.id != third.id
    assert first.label == third.label
    assert project.ring.traffic.prediction(second.id) == second
    assert project.ring.traffic.text(second.id) == "我要开发票"
    assert (second.episode, second.author) == ("visit", "ann")


def test_a_project_answers_wherever_its_process_goes(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project.folder.parent)
    opened = Project.open(project.folder.name)
    monkeypatch.chdir(tmp_path)
    assert (
        opened.predict(["where is my parcel"])[0].label
        == project.predict(["where is my parcel"])[0].label
    )
    assert opened.turn().outcome == "nothing changed"
    opened.close()


def test_one_text_is_no_list_of_texts_and_what_is_none_is_named(project: Project) -> None:
    before = project.ring.traffic.counts()
    with pytest.raises(InputError, match=r"write \[text\]"):
        project.predict("where is my parcel")
    with pytest.raises(InputError) as caught:
        project.predict(["where is my parcel", None, 5, ("one",)])  # type: ignore[list-item]
    assert [fault.split(":")[0] for fault in caught.value.faults] == ["text 2", "text 3", "text 4"]
    assert project.ring.traffic.counts() == before


def test_an_answer_needs_a_model(untouched: Path, tmp_path: Path) -> None:
    with opened(copy(untouched, tmp_path / "shop")) as project:
        with pytest.raises(InputError, match="run `chainring turn` first"):
            project.predict(["where is my parcel"])


def test_a_logged_text_holds_no_card_number(project: Project) -> None:
    (answer,) = project.predict(["我的卡6222020200112230被扣了两次"])
    kept = project.ring.traffic.text(answer.id)
    assert kept is not None
    assert "6222020200112230" not in kept


@pytest.mark.parametrize(("log", "request_is_kept"), [("digest", True), ("none", False)])
def test_a_policy_keeps_texts_out_of_the_log(shop: Path, log: str, request_is_kept: bool) -> None:
    setting(shop, "privacy", f'log = "{log}"')
    with opened(shop) as project:
        (answer,) = project.predict(["where is my parcel"])
        assert project.ring.traffic.text(answer.id) is None
        assert bool(answer.request) is request_is_kept


def test_the_same_key_twice_is_one_feedback(project: Project) -> None:
    (answer,) = project.predict(["where is my parcel"])
    said = Reaction(prediction=answer.id, kind="rating", value="up", author="ann", key="k1")
    assert project.react(said).id == project.react(said).id
    assert len(project.ring.traffic.feedback_on(answer.id)) == 1


def test_a_key_that_came_with_another_reaction_is_refused_and_nothing_is_stored(
    project: Project,
) -> None:
    (answer,) = project.predict(["where is my parcel"])
    said = Reaction(prediction=answer.id, kind="rating", value="up", author="ann", key="k1")
    stored = project.react(said)
    with pytest.raises(ConflictError, match="came with another reaction before"):
        project.react(replace(said, kind="flag", value="wrong"))
    assert [one.id for one in project.ring.traffic.feedback_on(answer.id)] == [stored.id]
    assert project.ring.ledger.facts("case", Case) == []


def test_a_reaction_to_an_unknown_answer_is_kept_as_an_orphan(project: Project) -> None:
    stored = project.react(Reaction(prediction=new_id("pred"), kind="rating", value="down"))
    assert [row.id for row in project.ring.traffic.orphans()] == [stored.id]
    assert project.status()["orphans"] == 1


def test_a_faulty_reaction_names_every_fault_and_stores_nothing(project: Project) -> None:
    (answer,) = project.predict(["where is my parcel"])
    bad = Reaction(prediction=answer.id, kind="flag", value="wrnog", author="a\nb")
    with pytest.raises(InputError) as caught:
        project.react(bad)
    assert "did you mean 'wrong'" in str(caught.value)
    assert "author" in str(caught.value)
    assert project.ring.traffic.feedback_on(answer.id) == []


def test_a_correction_that_teaches_is_found_from_the_wrong_answer(project: Project) -> None:
    answers = corrected(project, 60)
    taught = next(a for a in answers if not a.holdout)
    held = next(a for a in answers if a.holdout)
    project.turn()
    assert [one["taught"] for one in project.why(taught.id)["learnt"]] == [True]
    assert not any(one["taught"] for one in project.why(held.id)["learnt"])


# review, cases


def test_a_decision_takes_its_item_out_of_the_queue(project: Project) -> None:
    corrected(project, 40)
    item = next(i for i in project.review_items(limit=50) if i.kind == "holdout")
    label = project.decide(item.id, decision="change", value="invoice", by="ann")
    assert (label.value, label.author, label.author_kind) == ("invoice", "ann", "person")
    assert item.id not in [one.id for one in project.review_items(limit=50)]


def test_a_decision_can_be_changed_later(project: Project) -> None:
    (answer,) = project.predict(["where is my parcel"])
    project.decide(answer.id, decision="change", value="invoice")
    project.decide(answer.id, decision="accept")
    found = [one.value for one in project.ring.ledger.facts("label", Label, about=answer.id)]
    assert found[-1] == answer.label


def test_a_decision_on_nothing_known_is_refused(project: Project) -> None:
    with pytest.raises(UnknownNameError, match="unknown item 'pred_x'"):
        project.decide("pred_x", decision="accept")


def test_a_flag_opens_one_case_and_its_truth_becomes_a_label(project: Project) -> None:
    (answer,) = project.predict(["where is my parcel"])
    said = Reaction(prediction=answer.id, kind="flag", value="wrong", author="ann", key="once")
    project.react(said)
    project.react(said)
    (case,) = project.cases(state="open")
    closed = project.close_case(
        case.id, outcome="relabelled", told="谢谢，已更正", truth="invoice", must=True, by="bo"
    )
    assert (closed.state, closed.must, closed.owner) == ("closed", True, "bo")
    assert project.cases(state="open") == []
    (label,) = project.ring.ledger.facts("label", Label, about=case.opened_by)
    assert (label.value, label.must) == ("invoice", True)
    with pytest.raises(ConflictError, match="stays closed"):
        project.close_case(case.id, outcome="again", told="again", by="bo")


def test_closing_an_unknown_case_offers_the_near_one(project: Project) -> None:
    with pytest.raises(UnknownNameError, match="unknown case 'case_x'"):
        project.close_case("case_x", outcome="o", told="t", by="bo")


# why


def test_why_leads_to_the_rows_and_licences_of_the_model(project: Project) -> None:
    (answer,) = project.predict(["where is my parcel right now"])
    found = project.why(answer.id)
    assert found["model"]["address"] == answer.model
    assert found["dataset"]["licences"] == ["Apache-2.0"]
    assert "parcel" in found["nearest"][0]["text"]
    assert found["promotions"][0]["reason"] == "first"
    assert found["steps"][0]["step"] == "model"
    assert found["now"]["label"] == answer.label


def test_why_without_texts_holds_no_sentence_of_anybody(project: Project) -> None:
    (answer,) = project.predict(["where is my parcel right now"])
    said = Reaction(
        prediction=answer.id, kind="comment", value="too slow, says Ann", author="ann.smith"
    )
    project.react(said)
    shown = project.why(answer.id)
    hidden = json.dumps(project.why(answer.id, texts=False), ensure_ascii=False)
    words = [shown["text"], "says Ann", "ann.smith", *(row["text"] for row in shown["nearest"])]
    assert all(word in json.dumps(shown, ensure_ascii=False) for word in words)
    assert not [word for word in words if word in hidden]


def test_why_of_an_unknown_answer_is_refused(project: Project) -> None:
    with pytest.raises(UnknownNameError, match="unknown prediction"):
        project.why("pred_x")


# status, watch


def test_the_status_of_a_project_before_any_turn_says_what_to_do(
    untouched: Path, tmp_path: Path
) -> None:
    with opened(copy(untouched, tmp_path / "shop")) as project:
        found = project.status()
    assert found["champion"] is None
    assert found["due"]
    assert found["because"] == "the ring has not turned yet"


def test_where_no_texts_are_kept_status_and_reactions_say_that_nothing_teaches(
    shop: Path,
) -> None:
    with opened(shop) as project:
        assert not project.status()["unlearnt"]
        (before,) = project.predict(["where is my invoice"])
    setting(shop, "privacy", 'log = "digest"')
    with opened(shop) as project:
        (answer,) = project.predict(["where is my parcel"])
        found = project.status()
    assert 'new answers keep no text (privacy.log = "digest")' in found["unlearnt"]
    assert "can neither be reviewed nor teach" in run("status", "--project", str(shop))
    assert "can neither be reviewed nor teach" in run("review", "--project", str(shop))
    _the_text_of_the_answer_decides(shop, kept=before.id, gone=answer.id)
    recipe = shop / "chainring.toml"
    recipe.write_text(recipe.read_text().replace('log = "digest"', 'log = "redacted"'))
    _the_text_of_the_answer_decides(shop, kept=before.id, gone=answer.id)


def _the_text_of_the_answer_decides(shop: Path, *, kept: str, gone: str) -> None:
    """Only who corrects an answer whose text is gone is told so, whatever the recipe says now."""
    words = ("correction", "invoice", "--project", str(shop))
    assert "so it teaches nothing" in run("react", gone, *words)
    assert "so it teaches nothing" not in run("react", kept, *words)
    with served(shop) as server, httpx.Client(base_url=server.url, timeout=PATIENCE_S) as client:
        body = {"kind": "rating", "value": "up", "author": "bo"}
        told = [
            client.post("/v1/react", json=body | {"prediction": one}).raise_for_status().json()
            for one in (gone, kept)
        ]
    assert "the text of the answer is not kept here" in told[0]["message"]
    assert told[1]["message"] == ""


def test_the_status_counts_answers_reactions_and_cases(project: Project) -> None:
    (answer,) = project.predict(["where is my parcel"])
    project.react(Reaction(prediction=answer.id, kind="flag", value="unfair"))
    found = project.status()
    assert found["traffic"] == {"predictions": 1, "passed_on": int(answer.passed_on), "flag": 1}
    assert (found["open_cases"], found["turns"], found["champion"]["version"]) == (1, 1, 1)


def test_a_decision_and_the_number_of_orphans_read_no_other_feedback(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    (answer,) = corrected(project, 1)
    (said,) = project.ring.traffic.feedback_on(answer.id)

    monkeypatch.delattr(Traffic, "orphans")
    assert project.status()["orphans"] == 0
    monkeypatch.delattr(Traffic, "feedback")
    assert project.decide(said.id, decision="accept", by="ann").record == said.id
    with pytest.raises(UnknownNameError):
        project.decide("fb_unknown", decision="accept", by="ann")


@pytest.fixture
def rested(shop: Path) -> Iterator[Project]:
    """Yield a turned project whose recipe asks for no rest between turns."""
    setting(shop, "watch", "cooldown_hours = 0\npoll_s = 0.01")
    with opened(shop) as project:
        yield project


def test_watch_turns_after_fifty_usable_corrections_and_not_before(rested: Project) -> None:
    answers = corrected(rested, 30)
    assert rested.watch(rounds=1) == []
    answers += corrected(rested, 70)
    usable = sum(not answer.holdout for answer in answers)
    new = rested.due().corrections
    assert 50 <= new <= usable, "what an author says again of one request counts once"
    said: list[str] = []
    (turn,) = rested.watch(rounds=1, say=said.append)
    assert said == [f"{new} new usable corrections (at least 50)"]
    assert turn.outcome in ("promoted", "held")
    assert rested.watch(rounds=2) == [], "the same corrections count once"


def test_refused_corrections_are_no_reason_to_turn(rested: Project) -> None:
    corrected(rested, 100, consent="refused")
    assert rested.due().corrections == 0
    assert not rested.due().due


def test_a_rest_holds_back_what_is_due(project: Project) -> None:
    corrected(project, 100)
    found = project.due()
    assert not found.due
    assert found.because.startswith("cooldown: ")
    assert project.watch(rounds=1) == []


def test_a_labelled_drop_is_a_reason_to_turn(
    rested: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chainring.ring.drop.MIN_PROMISE", 5)
    answers = rested.predict([row["text"] for row in texts_of(rested.folder, 320)])
    held = [one for one in answers if one.holdout and not one.passed_on]
    said: list[Label] = []
    for one in sorted(held, key=lambda one: (one.at, one.id)):
        wrong = "invoice" if one.label != "invoice" else "stock"
        value = one.label if len(said) < 5 else wrong
        label = rested.decide(one.id, decision="change", value=value)
        said += [] if label.decides else [label]  # those were looked at to decide
    assert len(said) > 10
    assert rested.due().due
    assert rested.due().because.startswith("labelled drop: 0.0% of ")


# promote, rollback


@pytest.fixture
def held(project: Project) -> Project:
    """Return a project whose second model the gate held back."""
    more = project.folder / "data" / "more.jsonl"
    lines = [
        {"text": f"I need the invoice of the order from {day} May please", "label": "invoice"}
        for day in range(1, 6)
    ]
    more.write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert project.turn().outcome == "held"
    return project


def test_an_override_is_kept_with_its_reason_and_its_author(held: Project) -> None:
    challenger = addresses(held)[-1]
    deployment = held.promote(challenger.partition(":")[2][:12], by="bo", reason="we want it")
    assert deployment.model == challenger
    head = held.ring.ledger.ref("champion")
    assert head is not None
    assert (head.number, head.by, head.reason) == (2, "bo", "override: we want it")
    assert held.champion().deployment.model == challenger
    assert held.predict(["where is my parcel"])[0].model == challenger


def test_the_champion_is_not_promoted_again(project: Project) -> None:
    with pytest.raises(ConflictError, match="champion already"):
        project.promote(addresses(project)[0], by="bo", reason="again")
    assert len(project.ring.ledger.ref_history("champion")) == 1


def test_an_unknown_model_is_refused_with_the_known_ones(project: Project) -> None:
    with pytest.raises(UnknownNameError, match=addresses(project)[0].partition(":")[2][:12]):
        project.promote("0123456789ab", by="bo", reason="why not")


def test_a_short_piece_of_an_address_promotes_nothing(held: Project) -> None:
    with pytest.raises(UnknownNameError):
        held.promote("", by="bo", reason="why not")


def test_a_rollback_serves_the_last_other_model(grown_project: Project) -> None:
    first = addresses(grown_project)[0]
    assert grown_project.rollback(by="bo", reason=REASON).model == first
    head = grown_project.ring.ledger.ref("champion")
    assert head is not None
    assert (head.number, head.by) == (3, "bo")
    assert head.reason == f"rollback to version 1: {REASON}"
    assert grown_project.predict(["where is my parcel"])[0].model == first


def test_a_rolled_back_model_comes_back_by_a_person_only(grown_project: Project) -> None:
    first, second = addresses(grown_project)[0], addresses(grown_project)[-1]
    grown_project.rollback(by="bo", reason=REASON)
    assert grown_project.turn().outcome == "nothing changed"
    assert grown_project.champion().deployment.model == first
    grown_project.promote(second, by="bo", reason="it was the data")
    assert grown_project.champion().deployment.model == second


def test_a_forced_turn_does_not_bring_a_rolled_back_model_back(grown_project: Project) -> None:
    grown_project.rollback(by="bo", reason=REASON)
    done = grown_project.turn(force=True)
    assert done.outcome == "held"
    assert "it was rolled back" in done.because
    assert grown_project.champion().deployment.model == addresses(grown_project)[0]


def test_a_rollback_names_a_version(grown_project: Project) -> None:
    second = grown_project.champion().deployment.model
    grown_project.rollback(to=1, by="bo", reason=REASON)
    assert grown_project.rollback(to=2, by="bo", reason="back").model == second
    with pytest.raises(UnknownNameError, match="unknown version '9'"):
        grown_project.rollback(to=9, by="bo", reason=REASON)


def test_there_is_nothing_before_the_first_model(project: Project) -> None:
    with pytest.raises(InputError, match="there is no earlier one to go back to"):
        project.rollback(by="bo", reason=REASON)
    assert len(project.ring.ledger.ref_history("champion")) == 1


# keys, doctor


def test_a_secret_is_stored_nowhere(project: Project) -> None:
    secret, key = project.make_key("ask", "web shop")
    project.close()
    random_part = secret.rpartition("_")[2].encode()
    files = [path for path in (project.folder / ".chainring").rglob("*") if path.is_file()]
    assert [path for path in files if random_part in path.read_bytes()] == []
    assert any(key.hash.encode() in path.read_bytes() for path in files)


def test_a_revoked_key_stays_listed_as_revoked(project: Project) -> None:
    _, key = project.make_key("operate", "ann")
    project.revoke_key(key.id)
    assert [(one.id, one.revoked) for one in project.keys()] == [(key.id, True)]
    with pytest.raises(UnknownNameError):
        project.revoke_key("nobody")


def test_the_doctor_gives_a_value_and_a_reason(project: Project) -> None:
    found = {what: (value, because) for what, value, because in project.doctor()}
    value, because = found["threads"]
    assert int(value) >= 1
    assert because


# backup, restore, gc, upgrade


def test_a_restored_project_answers_explains_and_turns_as_before(
    grown_project: Project, tmp_path: Path
) -> None:
    answers = corrected(grown_project, 10)
    grown_project.turn()
    before = grown_project.status()
    grown_project.backup(tmp_path / "all.tar.gz")
    restored = Project.restore(tmp_path / "all.tar.gz", tmp_path / "again")
    try:
        assert restored.status() == before
        assert restored.why(answers[0].id) == grown_project.why(answers[0].id)
        assert restored.ring.ledger.ref_history("champion") == (
            grown_project.ring.ledger.ref_history("champion")
        )
        for name in ("data", "articles"):
            copy(grown_project.folder / name, restored.folder / name)
        assert restored.turn().steps == ()
    finally:
        restored.close()


def test_a_restore_into_a_project_changes_nothing(project: Project, tmp_path: Path) -> None:
    project.backup(tmp_path / "all.tar.gz")
    before = (project.folder / ".chainring" / "key").read_bytes()
    with pytest.raises(ConflictError, match="name a new folder"):
        Project.restore(tmp_path / "all.tar.gz", project.folder)
    assert (project.folder / ".chainring" / "key").read_bytes() == before


def test_gc_takes_what_nothing_names_and_leaves_every_named_tree(
    project: Project, tmp_path: Path
) -> None:
    trees = project.ring.runner.trees
    named = set(trees.addresses())
    (tmp_path / "stray").mkdir()
    (tmp_path / "stray" / "weights").write_bytes(b"0" * 1000)
    stray = trees.put(tmp_path / "stray", kind="model")
    project.gc(min_age_s=3600)
    assert trees.has(stray), "what is young may be in the making"
    assert project.gc(min_age_s=0)["trees"] == 1
    assert not trees.has(stray)
    assert set(trees.addresses()) == named
    for address in named:
        trees.verify(address)
    assert project.turn().steps == ()


def test_gc_erases_texts_whose_time_is_over(shop: Path) -> None:
    with opened(shop) as project:
        (answer,) = project.predict(["where is my parcel"])
        traffic = project.ring.traffic
        assert texts_past_their_time(traffic, now=answer.at + 89 * 86400) == []
        assert texts_past_their_time(traffic, now=answer.at + 91 * 86400) == [answer.id]
        for engine in traffic.engines().values():
            with engine.begin() as connection:
                connection.execute(sa.update(payloads).values(expires=1.0))
        assert project.gc()["texts"] == 1
        assert traffic.text(answer.id) is None
        assert traffic.prediction(answer.id) is not None
        assert project.why(answer.id)["nearest"] == []


def test_a_grown_data_folder_needs_no_new_project(shop: Path) -> None:
    grow(shop)
    with opened(shop) as project:
        assert project.turn().model != addresses(project)[0]


def test_every_memoised_step_has_a_lineage_row_after_a_first_turn(project: Project) -> None:
    steps = {row.step for row in project.ring.ledger.all_lineage()}
    assert steps == {name for name, step in STEPS.items() if step.memo and not step.optional}


# labels


def test_labels_that_people_added_are_known_at_once_and_read_only_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Project.init(tmp_path / "shop").folder
    with opened(folder) as project, opened(folder) as other:
        told = Label(
            id="l1", app="shop", record="r1", value="refund", author="ann", author_kind="person"
        )
        other.ring.ledger.add_fact("label", "l1", told)
        assert project.labels() == ("refund",)
        other.ring.ledger.add_fact("label", "l2", replace(told, id="l2", value="invoice"))
        other.ring.ledger.add_fact("label", "l1", replace(told, value="repair"))
        assert project.labels() == ("invoice", "repair")
        decoded: list[str] = []
        monkeypatch.setattr(ledgers, "decode", lambda *_: decoded.append("ledger"))
        monkeypatch.setattr(newest, "decode", lambda *_: decoded.append("newest"))
        assert (project.labels(), decoded) == (("invoice", "repair"), [])
