"""Where answers are written, reviewers copy people's words into the ledger: they go, too."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from tests.software.conftest import opened

from chainring.contracts.case import Case
from chainring.contracts.errors import ConflictError
from chainring.contracts.feedback import FeedbackKind
from chainring.contracts.forgotten import Forgotten
from chainring.contracts.ids import new_id
from chainring.contracts.label import Label
from chainring.contracts.prediction import Prediction
from chainring.contracts.reaction import Reaction
from chainring.contracts.record import Record
from chainring.contracts.work import Work
from chainring.feedback.corrections import corrections
from chainring.ring.asked import said_by_people
from chainring.ring.snapshots import snapshot_feedback
from chainring.software.api import Project
from chainring.software.verbs import forgetting, receipts
from chainring.store import backup as backup_module
from chainring.store.schema import payloads
from chainring.store.tables import write_table
from chainring.trust import forget
from chainring.trust.guard import guard

SAID = "Anna Petrowa is in week twenty, so she may take half of it"
TRUTH = "Boris by the lake pays less rent than you do"


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """Yield a project that writes, where a reviewer accepted Ann's words and wrote a truth."""
    folder = tmp_path / "writer"
    Project.init(folder).close()
    recipe = folder / "chainring.toml"
    text = recipe.read_text(encoding="utf-8")
    recipe.write_text(text.replace("[data]\n", '[data]\ntask = "generation"\n', 1))
    with opened(folder) as found:
        for author in ("ann", "bo"):
            review(found, author)
        yield found


def review(project: Project, author: str) -> None:
    """Let somebody correct one answer and flag another; a reviewer takes both up."""
    corrected, flagged = (answered(project, author) for _ in range(2))
    said = Reaction(
        prediction=corrected, kind="correction", value=f"{SAID}, {author}", author=author
    )
    correction = project.react(said)
    project.decide(correction.id, decision="accept", by="maria")
    flag = project.react(Reaction(prediction=flagged, kind="flag", value="wrong", author=author))
    (case,) = [one for one in project.cases() if one.opened_by == flag.id]
    project.close_case(
        case.id, outcome="done", told="thanks", truth=f"{TRUTH}, {author}", by="maria"
    )


def answered(project: Project, author: str) -> str:
    """Store an answer as a server would."""
    name = new_id("pred")
    row = Prediction(
        id=name, app=project.app, model="blake2b:" + "0" * 64, form="exact", label="",
        confidence=0.9, passed_on=False, language="en", request=f"blake2b:{name}", group=name,
        holdout=False, at=time.time(), author=author, output="what was served",
    )  # fmt: skip
    project.ring.traffic.commit([(row, f"a question of {author}")], [])
    return name


def holding(project: Project, words: str) -> list[str]:
    """Return the names of the files of a project that hold some words."""
    files = [p for p in (project.folder / ".chainring").rglob("*") if p.is_file()]
    return sorted({p.name.removesuffix("-wal") for p in files if words.encode() in p.read_bytes()})


def lines(project: Project, words: str) -> list[str]:
    """Return the kinds of facts that hold some words, read without our code."""
    path = project.folder / ".chainring" / "ledger.db"
    with closing(sqlite3.connect(path)) as connection:
        found = connection.execute("SELECT kind, body FROM facts").fetchall()
    return sorted(kind for kind, body in found if words in body)


def test_what_a_reviewer_accepted_or_found_true_goes_with_the_person(project: Project) -> None:
    assert lines(project, f"{SAID}, ann") == ["label"]
    assert lines(project, f"{TRUTH}, ann") == ["case", "label"]
    act = project.forget(author=["ann"], reason="asked").act
    assert act.counts["decisions in words"] == 2
    project.close()
    files = [p for p in (project.folder / ".chainring").glob("ledger.db*") if p.is_file()]
    for words in (SAID, TRUTH):
        assert lines(project, f"{words}, ann") == []
        assert [p.name for p in files if f"{words}, ann".encode() in p.read_bytes()] == []
    assert lines(project, f"{SAID}, bo") == ["label"]
    assert lines(project, f"{TRUTH}, bo") == ["case", "label"]


def test_what_they_said_is_accepted_no_more(project: Project) -> None:
    project.forget(author=["ann"], reason="asked")
    told = project.ring.ledger.facts("label", Label)
    assert sorted((one.value, one.state) for one in told) == [
        ("", "rejected"),
        ("", "rejected"),
        (f"{SAID}, bo", "accepted"),
        (f"{TRUTH}, bo", "accepted"),
    ]


def test_words_whose_time_is_over_go_and_the_case_stays_told(project: Project) -> None:
    name = next(one.id for one in project.ring.traffic.predictions() if one.author == "ann")
    flagged = next(one for one in project.cases() if one.prediction == name)
    said = [one.id for one in project.ring.traffic.feedback() if one.author == "ann"]
    asked = [one.id for one in project.ring.traffic.predictions() if one.author == "ann"]
    over(project, [*said, *asked])
    project.gc()
    for words in (SAID, TRUTH):
        assert lines(project, f"{words}, ann") == []
        assert lines(project, f"{words}, bo")
    left = project.ring.ledger.fact("case", flagged.id, Case)
    assert left is not None
    assert (left.outcome, left.told, left.reporter, left.truth) == ("done", "thanks", "ann", "")


@pytest.mark.parametrize("private", [True, False])
def test_what_came_of_an_answer_ends_as_texts_do(project: Project, private: bool) -> None:
    """Not `private` is what an earlier version kept in the row of a reaction."""
    words, then = "Jane Roe was sent to hospital", time.time() - 100 * 86400
    traffic = project.ring.traffic
    said = project.react(Reaction(prediction=answered(project, "ann"), kind="outcome", value=words))
    assert said.private
    old = replace(said, id=new_id("fb"), at=then, private=private)
    traffic.commit([], [old])
    snapshot_feedback(project.ring, [])
    assert "rows.jsonl" in holding(project, words)  # of the snapshot that a turn begins with
    assert project.gc()["texts"] == 1
    assert traffic.feedback_named(old.id)[0].value == ""
    assert traffic.feedback_named(said.id)[0].value == words
    over(project, [said.id])
    project.gc()
    project.close()
    assert holding(project, words) == []


def test_a_text_that_ends_while_trees_are_searched_waits_for_the_next_time(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Erased from the log alone, its words would stay in snapshots for good."""
    first, second = list(project.ring.traffic.predictions())[:2]
    over(project, [first.id])
    take_out = forget.take_out

    def slow(*given: Any, **named: Any) -> int:
        over(project, [second.id])
        return take_out(*given, **named)

    monkeypatch.setattr(forgetting, "take_out", slow)
    assert project.gc()["texts"] == 1
    assert project.ring.traffic.text(first.id) is None
    assert project.ring.traffic.text(second.id) is not None
    monkeypatch.undo()
    assert project.gc()["texts"] == 1
    assert project.ring.traffic.text(second.id) is None


@pytest.mark.parametrize(
    ("text", "is_searched"),
    [("我要退货物流", True), ("我要退货物", False), ("twelve signs", True), ("eleven sign", False)],
)
def test_a_chinese_character_weighs_two(project: Project, text: str, is_searched: bool) -> None:
    receipt = receipts.written(project, forgotten(project), [text])
    assert (receipt.searched > 0) == is_searched


def test_a_backup_is_known_before_it_is_written(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who is forgotten while an archive is being written may be in it."""
    archive, add_tree = tmp_path / "a.tar.gz", backup_module._add

    def meanwhile(*given: Any) -> None:
        add_tree(*given)
        known.append(receipts.backups(project))

    known: list[tuple[str, ...]] = []
    monkeypatch.setattr(backup_module, "_add", meanwhile)
    project.backup(archive)
    assert set(known) == {(str(archive),)}
    assert receipts.backups(project) == (str(archive),)
    with pytest.raises(ConflictError, match="already there"):
        project.backup(archive)
    monkeypatch.setattr(backup_module, "_add", interrupted)
    with pytest.raises(KeyboardInterrupt):
        project.backup(tmp_path / "b.tar.gz")
    assert receipts.backups(project) == (str(archive),)


def interrupted(*_: Any) -> None:
    raise KeyboardInterrupt


def forgotten(project: Project) -> Forgotten:
    return Forgotten(id="fgt_1", app=project.app, at=1.0, by="op", reason="asked", state="done")


def over(project: Project, names: list[str]) -> None:
    """Let the time of some texts be over."""
    for engine in project.ring.traffic.engines().values():
        with engine.begin() as connection:
            some = payloads.c.id.in_(names)
            connection.execute(sa.update(payloads).where(some).values(expires=1.0))


ARTICLE = "Ann Lee of 3 Baker Street answers all letters within five days"
QUOTE = "Ann Lee of 3 Baker Street"


def test_what_was_learnt_from_an_answer_goes_with_the_article_it_was_read_off(
    project: Project,
) -> None:
    record = article(project)
    confirmed, refused, preferred, own = (read_off(project, record) for _ in range(4))
    other = read_off(project, "rec_" + "b" * 32, output="the postman")
    said: tuple[tuple[str, FeedbackKind, str], ...] = (
        (confirmed, "confirmation", ""),
        (refused, "rating", "down"),
        (other, "preference", preferred),
        (own, "correction", "Ann Lee of Baker Street, I think"),
    )
    for about, kind, value in said:
        project.react(Reaction(prediction=about, kind=kind, value=value, author="zoe"))
    project.decide(read_off(project, record), decision="accept", by="maria")
    corrections_of(project)
    assert lines(project, QUOTE) == ["label"]
    act = project.forget(record=[record], reason="asked").act
    assert act.counts["rows of corrections"] == 5
    project.close()
    assert holding(project, QUOTE) == []
    assert len(holding(project, "the postman")) == 3  # log, snapshot, corrections
    assert len(holding(project, "Baker Street, I think")) == 3


def article(project: Project) -> str:
    """Store the record of an article in a tree, as a turn would; return its id."""
    name = "rec_" + "a" * 32
    record = Record(
        id=name, app=project.app, text=ARTICLE, digest="d", source="articles/a.jsonl",
        locator="row 1", licence="CC0", consent="owner", language="en", group="g",
    )  # fmt: skip
    stored(project, [record], kind="records")
    return name


def read_off(project: Project, record: str, output: str = QUOTE) -> str:
    """Store an answer that was read off a record."""
    row = project.ring.traffic.prediction(answered(project, "zoe"))
    assert row is not None
    passage = ARTICLE if output == QUOTE else "ask the postman"
    row = replace(
        row, id=new_id("pred"), pair=passage, output=output, looked_up=True, scores={record: 0.9}
    )
    project.ring.traffic.commit([(row, "who answers letters here?")], [])
    return row.id


def stored(project: Project, nouns: Iterable[object], *, kind: str) -> str:
    folder = project.ring.runner.scratch / kind
    folder.mkdir(parents=True)
    write_table(folder, nouns)
    return project.ring.runner.trees.put(folder, kind=kind)


def corrections_of(project: Project) -> None:
    """Make the records of all that was said, as a turn does."""
    ring, runner = project.ring, project.ring.runner
    reviewed = tuple(said_by_people(ring))
    made = snapshot_feedback(ring, reviewed)
    work = Work(
        app=ring.app,
        trees=runner.trees,
        scratch=runner.scratch,
        secret=project.secret,
        seed=0,
        placement=runner.placement,
        executor=runner.executor,
        open_predictor=runner.open_predictor,
        say=runner.say,
    )
    allowed = guard(ring.recipe.privacy.policy())
    settings = ring.recipe.feedback
    corrections(made.noun, reviewed, allowed, work=work, settings=settings, task="generation")
