"""Forgetting, on a real small shop: planted by every way in, searched for in every store."""

from __future__ import annotations

import gzip
import json
import logging
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from tests.software.conftest import ALONE, copy, opened, run

from chainring.contracts.dataset import Row
from chainring.contracts.errors import ConflictError, InputError, UnknownNameError
from chainring.contracts.forgotten import Forgotten, subject_mark
from chainring.contracts.prediction import Prediction
from chainring.contracts.reaction import Reaction
from chainring.contracts.record import Record
from chainring.contracts.said import in_language
from chainring.feedback.consents import refused_answers
from chainring.ring.built import current
from chainring.software.api import Project
from chainring.software.package.origin import KIND, Package
from chainring.software.verbs import auditing, forgetting
from chainring.software.verbs.receipts import Receipt, tell_receipt
from chainring.store.schema import payloads
from chainring.store.tables import read_rows, read_table

SAID = {
    "refund": ("I want my money back", "please refund me", "我要退款", "把钱退给我",
               "the refund has not arrived", "退款还没到账"),
    "parcel": ("where is my parcel", "track my order", "我的包裹到哪了", "物流太久了"),
}  # fmt: skip
FRAMES = ("{}", "hello, {}", "{} now", "请问 {}", "{} today", "about this: {}", "{} thanks")
RECIPE = """
[project]
name = "shop"
[training]
candidates = ["linear.v1"]
[data]
min_jaccard = 1.0
validation_share = 0.4
test_share = 0.2
[store]
min_free_mib = 0
[deployment]
speed_rounds = 1
[[data.sources]]
name = "forum"
use = "sql.v1"
url = "sqlite:///forum.db"
query = "SELECT id, body, person FROM posts"
full = true
columns = { text = "body", subject = "person" }
"""
SECRETS = {
    "file": "Ann wrote that the violet kettle of aunt Ottilie sings at midnight",
    "harvest": "安妮在论坛上说她家的紫色水壶半夜会自己唱歌还会跳舞",
    "request": "Ann asks why the amber heron in parcel nine hundred never blinked",
    "comment": "Ann remarks that seven cobalt lanterns were missing from the attic",
    "correction": "安妮问那只在阁楼上丢失的蓝色灯笼什么时候能够退款给她本人",
}
WORDS = ("one", "two", "three", "four", "five", "six", "seven", "eight")
BO = "Bo would like to know whether the silver gate opens on Sundays at nine"
"""A sentence that Ann and Bo both write."""


def rows() -> Iterator[dict[str, str]]:
    for label, texts in SAID.items():
        for words in texts:
            for frame in FRAMES:
                yield {"text": frame.format(words), "label": label, "subject": f"s-{words}"}
    for word in WORDS:  # so that some fall to each split
        yield {"text": f"{SECRETS['file']} {word}", "label": "parcel", "subject": "ann"}
    yield {"text": BO, "label": "parcel", "subject": "ann", "id": "a1"}
    yield {"text": BO, "label": "parcel", "subject": "bo", "id": "b1"}


def write(folder: Path, lines: list[dict[str, str]]) -> None:
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in lines)
    (folder / "data" / "a.jsonl").write_text(text, encoding="utf-8")


def forum(folder: Path) -> None:
    """Write what people said in a forum into a database of their own, beside the project."""
    said = {"ann": SECRETS["harvest"], "bo": "一个完全不同的句子，关于包裹"}
    with sqlite3.connect(folder / "forum.db") as connection:
        connection.execute("CREATE TABLE posts (id TEXT, body TEXT, person TEXT)")
        rows = [(f"post-{person}", body, person) for person, body in said.items()]
        connection.executemany("INSERT INTO posts VALUES (?, ?, ?)", rows)
    connection.close()


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a shop that turned twice; Ann's sentences came in by every way there is."""
    folder = tmp_path_factory.mktemp("planted") / "shop"
    (folder / "data").mkdir(parents=True)
    write(folder, list(rows()))
    (folder / "chainring.toml").write_text(RECIPE, encoding="utf-8")
    (folder / ".chainring").mkdir()
    (folder / ".chainring" / "key").write_text("07" * 32)
    forum(folder)
    with opened(folder) as project:
        project.turn()
        talk(project)
        project.turn()
        shutil.rmtree(project.ring.runner.scratch)
        leftover = project.ring.runner.scratch / "killed"
        leftover.mkdir(parents=True)
        (leftover / "rows.jsonl").write_text(SECRETS["file"], encoding="utf-8")
    return folder


def talk(project: Project) -> None:
    """Ann asks, comments and corrects; Bo asks the same as Ann and corrects it, too."""
    for words in ("request", "comment", "correction"):
        (answer,) = project.predict([SECRETS[words]], author="ann")
        react(project, answer, "correction", author="ann", value="refund")
        react(project, answer, "comment", author="ann", value=SECRETS["comment"])
    for author in ("ann", "bo"):
        (answer,) = project.predict([BO], author=author)
        react(project, answer, "correction", author=author, value="refund")
        react(project, answer, "flag", author=author, value="wrong")
    case = project.cases()[-1]
    project.close_case(case.id, outcome=SECRETS["comment"], told="thanks", by="op")


def react(project: Project, answer: Prediction, kind: Any, **words: str) -> None:
    project.react(Reaction(prediction=answer.id, kind=kind, **{"consent": "training"} | words))


@pytest.fixture
def shop(planted: Path, tmp_path: Path) -> Path:
    return copy(planted, tmp_path / "shop")


@pytest.fixture
def project(shop: Path) -> Iterator[Project]:
    with opened(shop) as found:
        yield found


def forget_ann(project: Project, **more: Any) -> Receipt:
    return project.forget(subject=["ann"], author=["ann"], reason="asked", **more)


@pytest.mark.parametrize("took_back", [False, True])
def test_a_refusal_outlives_the_person_who_refused(project: Project, *, took_back: bool) -> None:
    """Else what they kept from being learnt would teach once they asked to be forgotten."""
    (answer,) = project.predict(["is the lift of the old mill open on Mondays"], author="cy")
    said = [("comment", "ann", "refused"), ("correction", "bo", "training")]
    for kind, author, consent in (*said, *([("comment", "ann", "training")] * took_back)):
        react(project, answer, kind, author=author, consent=consent, value="refund")
    project.forget(author=["ann"], reason="asked")
    left = project.ring.traffic.feedback_on(answer.id)
    assert {row.author for row in left} == {"", "bo"}
    refused = refused_answers(left)
    assert refused == ({} if took_back else {answer.id: "refused"})
    react(project, answer, "comment", author="ann", consent="training", value="well, do")
    assert refused_answers(project.ring.traffic.feedback_on(answer.id)) == refused


def test_an_act_that_an_older_version_on_another_machine_undid_is_done_again_by_resume(
    planted: Path, tmp_path: Path
) -> None:
    """It overwrote the erasures of the remote with its own, made without knowing of the others."""
    remote = tmp_path / "remote"
    shops = [copy(planted, tmp_path / name) for name in ("one", "other")]
    gone: list[set[str]] = []
    for shop, person in zip(shops, ("ann", "bo"), strict=True):
        recipe = shop / "chainring.toml"
        text = recipe.read_text("utf-8").replace(
            "min_free_mib = 0", f'min_free_mib = 0\nremote = "file://{remote}"'
        )
        recipe.write_text(text, "utf-8")
        shutil.rmtree(remote / "erased", ignore_errors=True)
        with opened(shop) as project:
            assert people(project) >= {"ann", "bo"}
            gone.append({project.forget(subject=[person], reason="asked").act.id})
    with opened(shops[0]) as project:
        assert people(project) & {"ann", "bo"} == {"bo"}
        again = forgetting.resume(project)
        assert {one.act.id for one in again} == gone[0]
        assert forgetting.resume(project) == []
    for shop in shops:
        with opened(shop) as project:
            assert people(project), "others stay"
            assert not people(project) & {"ann", "bo"}


def test_what_retention_erased_stays_so_where_an_older_version_on_another_machine_undid_it(
    planted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, _ = undone(planted, tmp_path, lambda project: expire_request(project))
    with opened(one) as project:
        with monkeypatch.context() as patch:
            patch.setattr(forgetting, "_scrub_trees", killed)
            with pytest.raises(KeyboardInterrupt):
                forgetting.resume(project)
        forgetting.resume(project)
        assert people(project) & {"ann", "bo"} == {"ann"}
    assert holding(one / ".chainring", SECRETS["request"]) == []


def test_an_act_that_the_ledger_does_not_know_is_told_and_not_undone(
    planted: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It was restored from a backup of before; its receipt is what is left of the act."""
    paths: list[Path] = []

    def act(project: Project) -> None:
        path = project.forget(subject=["ann"], reason="asked").path
        assert path is not None
        paths.append(path)
        with project.ring.ledger.engine.begin() as connection:
            connection.execute(sa.text("DELETE FROM facts WHERE kind = 'forgotten'"))

    one, _ = undone(planted, tmp_path, act)
    caplog.set_level(logging.WARNING, logger="chainring")
    with opened(one) as project:
        assert forgetting.resume(project) == []
        assert f"forget.unknown acts={paths[0].stem}" in caplog.text
        assert people(project) & {"ann", "bo"} == {"bo"}
    with opened(one) as project:
        assert forgetting.again(project, paths[0], by="op").act.id == paths[0].stem
        assert forgetting.again(project, paths[0], by="op").act.id != paths[0].stem
        forgetting.resume(project)
        assert not people(project) & {"ann", "bo"}


def undone(planted: Path, tmp_path: Path, act: Callable[[Project], None]) -> tuple[Path, Path]:
    """Return two shops: an older version on the second overwrote in the remote what `act` took."""
    remote = tmp_path / "remote"
    one, other = (copy(planted, tmp_path / name) for name in ("one", "other"))
    for shop in (one, other):
        recipe = shop / "chainring.toml"
        named = f'min_free_mib = 0\nremote = "file://{remote}"'
        recipe.write_text(recipe.read_text("utf-8").replace("min_free_mib = 0", named), "utf-8")
    with opened(one) as project:
        act(project)
    shutil.rmtree(remote / "erased")
    with opened(other) as project:
        project.forget(subject=["bo"], author=["bo"], reason="asked")
    return one, other


def expire_request(project: Project) -> None:
    """Let the time of Ann's request be over."""
    traffic = project.ring.traffic
    asked = [row.id for row in traffic.predictions() if traffic.text(row.id) == SECRETS["request"]]
    for engine in traffic.engines().values():
        with engine.begin() as connection:
            change = payloads.update().where(payloads.c.id.in_(asked))
            connection.execute(change.values(expires=1.0))
    assert forgetting.forget_expired(project)["rows"]


def killed(*given: object, **named: object) -> None:
    raise KeyboardInterrupt


def people(project: Project) -> set[str]:
    """Return the subjects of every record in the trees."""
    trees, secret = project.ring.runner.trees, project.secret
    names = {subject_mark(name, secret).partition(":")[2]: name for name in ("ann", "bo")}
    return {
        names.get(row.get("subject", ""), "another")
        for address in trees.addresses()
        if trees.manifest(address).kind == "records"
        for path in trees.open(address).glob("*.jsonl")
        for row in map(json.loads, path.read_text("utf-8").splitlines())
    }


# The search is of its own: it knows nothing of what the code searches with.


def views(path: Path) -> Iterator[bytes]:
    """Yield the bytes of a file: as they are, unpacked, and as a database or a table shows them."""
    data = path.read_bytes()
    yield data
    if data[:2] == b"\x1f\x8b":
        yield gzip.decompress(data)
    if data[:4] == b"PAR1":
        import pyarrow.parquet as pq

        yield repr(pq.read_table(path).to_pydict()).encode()
    if data[:15] == b"SQLite format 3":
        with sqlite3.connect(path) as connection:
            yield "\n".join(connection.iterdump()).encode()
        connection.close()


def holding(folder: Path, text: str) -> list[str]:
    """Return the files below a folder that hold a text, in UTF-8, UTF-16 or escaped."""
    forms = {text.encode(), json.dumps(text)[1:-1].encode(), text.encode("utf-16-le")}
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return [
        path.relative_to(folder).as_posix()
        for path in files
        if any(form in view for view in views(path) for form in forms)
    ]


@pytest.mark.parametrize("way", SECRETS)
def test_what_came_in_by_any_way_is_in_the_stores_before(planted: Path, way: str) -> None:
    found = holding(planted / ".chainring", SECRETS[way])
    assert found
    kinds = {place.partition("/")[0] for place in found}
    expected = {
        "file": {"store", "scratch"},
        "harvest": {"store", "harvests"},
        "request": {"store", "traffic"},
        "comment": {"store", "traffic", "ledger.db"},
        "correction": {"store", "traffic"},
    }[way]
    assert {kind.removesuffix("-wal") for kind in kinds} == expected


def test_the_yardstick_of_a_model_holds_it_before_and_loses_the_line(project: Project) -> None:
    folder = project.ring.runner.trees.open(newest(project, "model")["address"])
    before = (folder / "golden.jsonl").read_text(encoding="utf-8").splitlines()
    mine = [line for line in before if SECRETS["file"] in line]
    assert mine
    forget_ann(project)
    folder = project.ring.runner.trees.open(newest(project, "model")["address"])
    after = (folder / "golden.jsonl").read_text(encoding="utf-8").splitlines()
    assert [line for line in before if line not in after] == [
        line for line in before if any(text in line for text in SECRETS.values())
    ]


def test_after_forgetting_no_byte_of_any_store_holds_it(project: Project) -> None:
    receipt = forget_ann(project)
    project.close()
    for way, text in SECRETS.items():
        assert holding(project.folder / ".chainring", text) == [], way
    assert receipt.act.state == "done"
    assert receipt.left == ("data/a.jsonl", "forum.db")
    for name in ("ann", "Ottilie"):
        told = json.dumps(json.loads(receipt.path.read_text())) if receipt.path else ""
        assert f'"{name}"' not in told


def test_every_tree_is_whole_afterwards(project: Project) -> None:
    forget_ann(project)
    for address in project.ring.runner.trees.addresses():
        project.ring.runner.trees.verify(address)


# What stays


def newest(project: Project, step: str) -> Any:
    """Return the noun that the newest execution of a step made, as plain JSON."""
    return json.loads(project.ring.ledger.all_lineage(step=step)[-1].result)


def records(project: Project) -> list[Record]:
    address = newest(project, "records")["address"]
    return list(read_table(Record, project.ring.runner.trees.open(address)))


def set_rows(project: Project) -> list[Row]:
    address = newest(project, "dataset")["address"]
    return read_rows(project.ring.runner.trees.open(address), forgotten=True)


def asked(project: Project, text: str) -> dict[str, Prediction]:
    """Return the answers to a text by their author."""
    found = project.ring.traffic.predictions()
    return {one.author: one for one in found if project.ring.traffic.text(one.id) == text}


def test_of_two_who_wrote_the_same_sentence_the_other_is_not_touched(project: Project) -> None:
    (before,) = [one for one in records(project) if one.locator == "id b1"]
    theirs = asked(project, BO)["bo"]
    said = project.ring.traffic.feedback_on(theirs.id)
    forget_ann(project)
    assert [one for one in records(project) if one.text == BO] == [before]
    assert asked(project, BO) == {"bo": theirs}
    assert project.ring.traffic.feedback_on(theirs.id) == said


def test_a_row_that_both_were_merged_into_stays_for_the_other(project: Project) -> None:
    (mine, other) = (
        next(o for o in records(project) if o.locator == f"id {n}") for n in "a1 b1".split()
    )
    (merged,) = [row for row in set_rows(project) if {mine.id, other.id} <= set(row.records)]
    assert merged.id == mine.id
    forget_ann(project)
    (after,) = [row for row in set_rows(project) if row.id == merged.id]
    assert (after.text, after.records, after.label) == (BO, merged.records, merged.label)
    project.turn()
    (built,) = [row for row in set_rows(project) if other.id in row.records]
    assert mine.id not in built.records
    assert built.text == BO


def test_the_next_turn_is_built_without_them_and_says_why(project: Project) -> None:
    gone = set(forget_ann(project).act.records)
    turn = project.turn()
    assert {"records", "dataset", "model"} <= set(turn.steps)
    assert newest(project, "records")["counts"]["forgotten"] == len(WORDS) + 1
    assert newest(project, "corrections")["counts"]["forgotten"] > 0
    assert not gone & {name for row in set_rows(project) for name in row.records}
    assert project.turn().steps == ()
    project.close()
    for way, text in SECRETS.items():
        assert holding(project.folder / ".chainring", text) == [], way


def test_what_a_database_still_holds_is_not_stored_again(project: Project) -> None:
    forget_ann(project)
    project.data.fetch()
    sources = [one.source for one in records(project) if one.source == "forum"]
    project.turn()
    assert len(sources) == 2
    assert len([one for one in records(project) if one.source == "forum"]) == 1
    assert holding(project.folder / ".chainring" / "harvests", SECRETS["harvest"]) == []


def test_data_sets_and_models_that_used_them_are_named(project: Project) -> None:
    act = forget_ann(project).act
    made = project.ring.ledger.all_lineage(step="model")
    assert set(act.models) == {json.loads(row.result)["address"] for row in made}
    assert set(act.datasets) == {json.loads(row.result)["dataset"] for row in made}
    assert act.champion
    status = project.status()["champion"]
    assert status["forgotten"] == act.models[status["model"]] > 0


def test_why_goes_on_working_for_every_answer(project: Project) -> None:
    predictions = list(project.ring.traffic.predictions())
    act = forget_ann(project).act
    for one in predictions:
        found = project.why(one.id)
        assert found["forgotten"] == [
            {"act": act.id, "at": found["forgotten"][0]["at"], "rows": act.models[one.model]}
        ]
        assert (found["text"] is None) == (one.author == "ann")
        assert all(near["text"] for near in found["nearest"])
        assert found["dataset"]["address"] in act.datasets


def test_answers_of_the_champion_are_the_same_before_and_after(project: Project) -> None:
    texts = [row["text"] for row in rows()][:20]
    before = [(one.label, one.confidence) for one in project.predict(texts)]
    forget_ann(project)
    assert [(one.label, one.confidence) for one in project.predict(texts)] == before


# What is selected


def test_a_dry_run_tells_the_same_and_changes_nothing(project: Project) -> None:
    told = forget_ann(project, dry_run=True).act
    for way, text in SECRETS.items():
        assert holding(project.folder / ".chainring", text), way
    assert forgetting.acts(project) == []
    done = forget_ann(project).act
    assert (told.counts, told.models, told.records) == (done.counts, done.models, done.records)


def test_a_record_goes_alone(project: Project) -> None:
    chosen = next(one for one in records(project) if one.text == f"{SECRETS['file']} two")
    receipt = project.forget(record=[chosen.id])
    assert receipt.act.records == (chosen.id,)
    assert receipt.places == (("data/a.jsonl", chosen.locator),)
    left = {one.text for one in records(project)}
    assert {f"{SECRETS['file']} {n}" for n in ("one", "three")} < left
    project.turn()
    assert chosen.id not in {one.id for one in records(project)}


def test_a_record_that_reactions_became_goes_with_its_reaction(project: Project) -> None:
    said = set(SECRETS.values())
    row = next(row for row in set_rows(project) if row.feedback and row.text in said)
    act = project.forget(record=list(row.records)).act
    assert set(row.feedback) & set(act.feedback)
    assert row.text not in {one.text for one in set_rows(project)}


def test_an_answer_goes_with_all_that_was_said_of_it(project: Project) -> None:
    answer = asked(project, SECRETS["request"])["ann"]
    said = {row.id for row in project.ring.traffic.feedback_on(answer.id)}
    act = project.forget(prediction=[answer.id]).act
    assert (act.predictions, set(act.feedback)) == ((answer.id,), said)
    assert holding(project.folder / ".chainring", SECRETS["request"]) == []
    assert asked(project, SECRETS["correction"])


def test_a_source_goes_whole_and_stays_away(project: Project) -> None:
    receipt = project.forget(source=["forum"])
    assert receipt.act.counts["rows of harvests"] == 2
    assert receipt.places == ()
    project.turn()
    assert "forum" not in {one.source for one in records(project)}
    assert holding(project.folder / ".chainring", SECRETS["harvest"]) == []


def test_a_subject_may_be_named_before_their_text_comes_in(project: Project) -> None:
    act = project.forget(subject=["cy"]).act
    assert (act.records, len(act.marks)) == ((), 1)
    write(project.folder, [*rows(), {"text": "Cy was here", "label": "parcel", "subject": "cy"}])
    project.turn()
    assert "Cy was here" not in {one.text for one in records(project)}


def test_a_person_goes_in_whatever_dress_files_and_databases_hold_the_name(shop: Path) -> None:
    padded = [{**row, "subject": row.get("subject", "").replace("ann", "ann ")} for row in rows()]
    write(shop, padded)
    with sqlite3.connect(shop / "forum.db") as connection:
        connection.execute("UPDATE posts SET person = 'ａｎｎ ' WHERE person = 'ann'")
    connection.close()
    with opened(shop) as project:
        project.turn()
        receipt = project.forget(subject=["ａnn"])
        assert receipt.unmet == ()
        assert receipt.act.counts["rows of harvests"] == 1
        for way in ("file", "harvest"):
            assert holding(project.folder / ".chainring", SECRETS[way]) == []
        project.turn()
        assert not any(SECRETS["file"] in one.text for one in records(project))


def test_words_that_somebody_else_said_too_are_told_as_theirs(project: Project) -> None:
    said = "the courier left my parcel with the neighbour at number nine"
    for author in ("ann", "bob"):
        project.predict([said], author=author)
    receipt = project.forget(author=["ann"])
    assert any(place.startswith(".chainring/traffic/") for place in receipt.left)
    told = "\n".join(tell_receipt(receipt))
    assert "the same words stand in what somebody else asked or said, which stays" in told


def test_a_name_that_nobody_here_has_is_told(shop: Path) -> None:
    told = run("forget", "--subject", "Ann", "--subject", "bo", "--dry-run", "-p", str(shop))
    assert "nobody here is called 'Ann'" in told
    assert "'bo'" not in told


def test_the_next_of_two_equal_rows_does_not_inherit_the_mark_of_the_first(
    project: Project,
) -> None:
    """Rows without an id are told apart by their order: Dee's would be the first one later."""
    twins = [{"text": "Equal words", "label": "parcel", "subject": who} for who in ("cy", "dee")]
    write(project.folder, [*rows(), *twins])
    project.turn()
    first, second = (one for one in records(project) if one.text == "Equal words")
    project.forget(record=[first.id])
    write(project.folder, [*rows(), twins[1]])
    project.turn()
    (left,) = (one for one in records(project) if one.text == "Equal words")
    assert (left.id, left.subject) == (first.id, second.subject)


@pytest.mark.parametrize(
    ("selection", "error"),
    [
        ({}, InputError),
        ({"record": ["rec_nobody"]}, UnknownNameError),
        ({"prediction": ["pred_nobody"]}, UnknownNameError),
        ({"author": ["nobody"]}, UnknownNameError),
        ({"source": ["data/b.jsonl"]}, UnknownNameError),
        ({"source": ["feedback"]}, InputError),
    ],
)
def test_what_is_not_there_is_refused_before_anything_goes(
    project: Project, selection: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        project.forget(**selection)
    assert forgetting.acts(project) == []


def test_nothing_is_forgotten_while_a_turn_is_at_work(project: Project) -> None:
    with project.ring.ledger.lease("turn"), pytest.raises(ConflictError):
        forget_ann(project)
    assert forgetting.acts(project) == []


# Backups, and the time of texts


def test_a_backup_made_before_is_named_and_its_restored_copy_forgets_by_the_receipt(
    project: Project, tmp_path: Path
) -> None:
    project.backup(tmp_path / "before.tar.gz")
    receipt = forget_ann(project)
    assert receipt.act.backups == (str(tmp_path / "before.tar.gz"),)
    with opened_archive(tmp_path / "before.tar.gz", tmp_path / "copy") as copied:
        assert holding(copied.folder / ".chainring", SECRETS["request"])
        assert receipt.path is not None
        forgetting.again(copied, receipt.path, by="op")
        copied.close()
        for way in ("file", "request", "comment", "correction"):
            assert holding(copied.folder / ".chainring", SECRETS[way]) == [], way


def test_packages_of_models_that_learnt_from_the_person_are_named(project: Project) -> None:
    _, deployment = current(project.ring)
    assert deployment is not None
    package = Package(id="p", app="shop", at=1.0, model=deployment.model, rules="", folder="/srv/p")
    other = replace(package, id="q", model="blake2b:ff", folder="/srv/q")
    for one in (package, other):
        project.ring.ledger.add_fact(KIND, one.id, one, about=one.model)
    told = "\n".join(tell_receipt(forget_ann(project, dry_run=True), dry_run=True))
    digits = deployment.model.partition(":")[2][:12]
    assert f"not reached: the package {Path('/srv/p')} of model {digits}" in told
    assert "/srv/q" not in told


def test_a_package_whose_folder_was_never_kept_is_named_by_its_model(project: Project) -> None:
    _, deployment = current(project.ring)
    assert deployment is not None
    auditing.record(project, "package", because="form exact", about=deployment.model)
    told = "\n".join(tell_receipt(forget_ann(project, dry_run=True), dry_run=True))
    digits = deployment.model.partition(":")[2][:12]
    assert f"not reached: a package of model {digits}, wherever it was written" in told


def test_a_backup_made_after_holds_nothing_and_keeps_away_what_was_forgotten(
    project: Project, tmp_path: Path
) -> None:
    forget_ann(project)
    project.backup(tmp_path / "after.tar.gz")
    unpacked = tmp_path / "unpacked"
    with tarfile.open(tmp_path / "after.tar.gz") as archive:
        for one in archive:
            if (content := archive.extractfile(one)) is not None:
                place = unpacked / one.name
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(content.read())
    assert [holding(unpacked, text) for text in SECRETS.values()] == [[]] * len(SECRETS)
    with opened_archive(tmp_path / "after.tar.gz", tmp_path / "copy") as copied:
        shutil.copytree(project.folder / "data", copied.folder / "data")
        shutil.copy(project.folder / "forum.db", copied.folder)
        copied.turn()
        assert SECRETS["file"] not in " ".join(one.text for one in records(copied))


@contextmanager
def opened_archive(archive: Path, folder: Path) -> Iterator[Project]:
    project = Project.restore(archive, folder)
    try:
        yield project
    finally:
        project.close()


def test_a_file_that_is_no_receipt_is_refused(project: Project) -> None:
    with pytest.raises(InputError, match="no receipt"):
        forgetting.again(project, project.folder / "chainring.toml", by="op")


def test_texts_whose_time_is_over_go_from_data_sets_too(project: Project) -> None:
    ring = project.ring
    for engine in ring.traffic.engines().values():
        with engine.begin() as connection:
            connection.execute(sa.update(payloads).values(expires=1.0))
    assert project.gc()["rows"] > 0
    project.close()
    for way in ("request", "comment", "correction"):
        left = holding(project.folder / ".chainring", SECRETS[way])
        assert [place for place in left if place != "ledger.db"] == [], way
    assert holding(project.folder / ".chainring", SECRETS["file"])


# Kills

Kill = Callable[..., bool]
MODULES = {
    "erase": "trust.forget",
    "forget_rows": "software.verbs.harvests",
    "written": "software.verbs.receipts",
}


@pytest.fixture(scope="module")
def killed_in() -> Iterator[Kill]:
    """Yield what forgets Ann in a process that is killed -9 before or after a part of it."""
    script = Path(__file__).with_name("dying_forgetting.py")
    with subprocess.Popen(
        [sys.executable, str(script)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=ALONE,
    ) as process:  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        asks, answers = process.stdin, process.stdout

        def killed(shop: Path, place: str, *, after: bool, times: int = 1) -> bool:
            module = MODULES.get(place, "software.verbs.forgetting")
            where = f"chainring.{module}"
            task = [str(shop), where, place, "after" if after else "before", times]
            asks.write(json.dumps(task) + "\n")
            asks.flush()
            return answers.readline() == f"{int(signal.SIGKILL)}\n"

        yield killed
        asks.close()


PLACES = ("forget_rows", "take_out", "forget_answers", "forget_cases", "forget_labels", "written")
SAME = (("take_out", False), ("forget_labels", False))
"""Killed before these, the same is left as after the place before: nothing is stored between."""


@pytest.mark.parametrize(
    ("place", "after"),
    [(place, after) for place in PLACES for after in (False, True) if (place, after) not in SAME],
)
def test_killed_at_any_place_it_is_finished_by_the_next_run(
    shop: Path, killed_in: Kill, place: str, after: bool
) -> None:
    assert killed_in(shop, place, after=after)
    with opened(shop) as project:
        (act,) = forgetting.acts(project)
        assert act.state == "begun"
        receipt = forget_ann(project)
        assert (receipt.act.id, receipt.act.state) == (act.id, "done")
        assert receipt.act.models == act.models
        for address in project.ring.runner.trees.addresses():
            project.ring.runner.trees.verify(address)
    for way, text in SECRETS.items():
        assert holding(shop / ".chainring", text) == [], way


@pytest.mark.parametrize("erased", [0, 3])
def test_killed_between_two_trees_it_is_finished_by_resume(
    shop: Path, killed_in: Kill, erased: int
) -> None:
    assert killed_in(shop, "erase", after=True, times=erased + 1)
    with opened(shop) as project:
        (receipt,) = forgetting.resume(project)
        assert receipt.act.state == "done"
        assert forgetting.resume(project) == []
    for way, text in SECRETS.items():
        assert holding(shop / ".chainring", text) == [], way


@pytest.mark.parametrize("by", ["forget", "resume"])
def test_what_kills_left_half_stored_goes_and_what_is_being_stored_stays(
    project: Project, by: str
) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as killed:
        pass
    store, text = project.ring.runner.trees.root, f"{SECRETS['file']} {WORDS[0]}"
    halves = [
        store / place / f".{name}.{number}.7"
        for place in ("blobs/ab", "trees/ab", "open")
        for name, number in (("old", killed.pid), ("old", os.getpid()), ("new", killed.pid))
    ]  # of the new ones another container's process may have the number
    for half in halves:
        half.parent.mkdir(parents=True, exist_ok=True)
        if half.parent.name == "open":
            half.mkdir()
        (half / "rows.jsonl" if half.is_dir() else half).write_text(text)
        for one in (half, *half.rglob("*")) if half.name.startswith(".old.") else ():
            os.utime(one, (0, 0))
    if by == "forget":
        left = forget_ann(project).left
        told = [any(half.name in place for place in left) for half in halves]
        assert told == [False, True, True] * 3
    else:
        forgetting.resume(project)
    assert [half.exists() for half in halves] == [False, True, True] * 3


# The command line


def test_the_command_tells_what_went_and_what_is_left_to_do(shop: Path, tmp_path: Path) -> None:
    words = ["forget", "--subject", "ann", "--author", "ann", "-p", str(shop)]
    told = run(*words, "--dry-run")
    assert "would go" in told
    assert "receipt" not in told
    done = run(*words, "--reason", "asked")
    for piece in ("records", "model ", "learnt from", "the champion is one of them", "data/a.jsonl",
                  "searched", "receipt"):  # fmt: skip
        assert piece in done, piece
    assert "Ottilie" not in done
    assert "asked" in run("forget", "--list", "-p", str(shop))
    assert "still in   data/a.jsonl, id a1: " in done
    (path,) = (shop / ".chainring" / "forgotten").glob("*.json")
    with opened(shop) as project:
        kept = [path.read_text(encoding="utf-8"), *map(str, forgetting.acts(project))]
    assert [one for one in kept if "id a1" in one] == []
    assert "nothing is unfinished" in run("forget", "--resume", "-p", str(shop))
    assert "rows that were forgotten" in run("status", "-p", str(shop))


def test_where_a_file_still_holds_a_record_is_told_in_both_languages() -> None:
    act = Forgotten(id="fgt_1", app="shop", at=1.0, by="ann", reason="", state="done")
    places = ("data/a.jsonl", "line 348"), ("data/b.jsonl", "id row 2")
    told = [in_language(one, "zh") for one in tell_receipt(Receipt(act=act, places=places))]
    assert "仍在       data/a.jsonl，第 348 行：请从文件中去掉；每一圈都会略过它" in told
    assert "仍在       data/b.jsonl，id row 2：请从文件中去掉；每一圈都会略过它" in told
