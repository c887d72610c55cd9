"""Each verb on the command line: what it says, and that it did what it says."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import sqlite3
import subprocess
import sys
import tomllib
from html.parser import HTMLParser
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.software.conftest import RECIPE, child, copy, invoke, opened, refused, run

from chainring.contracts.label import Label
from chainring.ring.turn import Turn
from chainring.software.api import Project
from chainring.software.commands import review as review_command
from chainring.software.reports.history import history
from chainring.software.reports.report_words import WORDS
from chainring.store import migrations
from chainring.store.ledger import Ledger
from chainring.store.schema import LEDGER_HEAD

ID = re.compile(r"pred_\w+")


@pytest.fixture
def p(shop: Path) -> tuple[str, str]:
    """Return the option that names a turned project."""
    return "-p", str(shop)


def ask(shop: Path, text: str = "where is my parcel right now") -> str:
    """Ask on the command line; return the id of the answer."""
    found: list[str] = ID.findall(run("predict", text, "-p", str(shop)))
    return found[0]


# init, turn, predict


def test_a_newcomer_is_told_the_next_command(tmp_path: Path) -> None:
    said = run("init", str(tmp_path / "shop"))
    assert "put your text into" in said
    assert f"cd {tmp_path / 'shop'} && chainring turn" in said
    with opened(tmp_path / "shop") as project:
        assert project.app == "shop"


def test_the_next_command_can_be_pasted_whatever_the_folder_is_called(tmp_path: Path) -> None:
    folder = tmp_path / "我的 shop's"
    said = run("init", str(folder))
    (line,) = [line for line in said.splitlines() if line.endswith("&& chainring turn")]
    assert shlex.split(line)[:2] == ["cd", str(folder)]


def test_the_built_in_project_brings_its_text(tmp_path: Path) -> None:
    run("init", str(tmp_path / "shop"), "--example", "support")
    assert len(list((tmp_path / "shop" / "data").glob("*.jsonl"))) >= 2


def test_a_turn_tells_the_verdict_and_the_next_one_that_nothing_changed(
    untouched: Path, tmp_path: Path
) -> None:
    shop = str(copy(untouched, tmp_path / "shop"))
    said = run("turn", "-p", shop)
    assert "gate: first" in said
    assert re.search(r"^promoted in \d+ s", said, re.MULTILINE)
    assert run("turn", "-p", shop) == "nothing changed\n"


def test_a_known_error_ends_the_process_with_one_sentence_and_status_1(tmp_path: Path) -> None:
    done = child("turn", "-p", str(tmp_path))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("chainring: no chainring.toml in ")
    assert "Traceback" not in done.stderr


def test_one_text_is_answered_with_label_confidence_and_id(p: tuple[str, str]) -> None:
    said = run("predict", "where is my parcel right now", *p)
    assert re.fullmatch(r"track_order \(\d+%\)  pred_\w+\n", said)


def test_a_text_of_no_label_is_passed_on_to_a_person(p: tuple[str, str]) -> None:
    assert "passing on to a person" in run("predict", "zxqv wvut", *p)


def test_a_file_is_answered_line_by_line(p: tuple[str, str], tmp_path: Path) -> None:
    lines = ["where is my parcel", "我要开发票", "refund me please"]
    (tmp_path / "asked.txt").write_bytes(("\ufeff" + "\r\n".join(lines) + "\r\n").encode())
    rows = [
        json.loads(line)
        for line in run("predict", "--file", str(tmp_path / "asked.txt"), *p).splitlines()
    ]
    with opened(Path(p[1])) as project:
        assert [project.ring.traffic.text(row["id"]) for row in rows] == lines
    assert set(rows[0]) == {"id", "label", "confidence", "passed_on"}


def test_a_text_and_a_file_at_once_are_refused(p: tuple[str, str], tmp_path: Path) -> None:
    file = tmp_path / "asked.txt"
    file.write_text("where is it")
    assert "one text, or a file" in refused("predict", "hello", "--file", str(file), *p)
    assert "one text, or a file" in refused("predict", *p)


# react, review, cases, why, status


def test_a_correction_is_stored_on_its_answer(shop: Path) -> None:
    answer = ask(shop)
    said = run("react", answer, "correction", "invoice", "--author", "ann", "-p", str(shop))
    with opened(shop) as project:
        (row,) = project.ring.traffic.feedback_on(answer)
    assert said == f"stored as {row.id}\n"
    assert (row.kind, row.value, row.author) == ("correction", "invoice", "ann")


def test_a_slip_in_a_label_is_pointed_out(shop: Path) -> None:
    message = refused("react", ask(shop), "correction", "Track Order", "-p", str(shop))
    assert "'Track Order' is written 'track_order' here" in message


def test_an_unknown_kind_of_reaction_is_named_with_the_nearest(shop: Path) -> None:
    message = refused("react", ask(shop), "corection", "invoice", "-p", str(shop))
    assert "did you mean 'correction'" in message


def test_a_list_of_what_waits_asks_nothing(shop: Path) -> None:
    answer = ask(shop, "zxqv wvut")
    said = run("review", "--list", "-p", str(shop))
    with opened(shop) as project:
        kind = "holdout" if project.why(answer)["answer"]["holdout"] else "unsure"
        assert project.ring.ledger.facts("label", Label) == []
    assert f"[1/1] {kind}: zxqv wvut" in said


def test_a_session_accepts_changes_rejects_and_ends(shop: Path) -> None:
    with opened(shop) as project:
        project.predict([f"zxqv wvut number {n}" for n in ("one", "two", "three", "four", "five")])
        waiting = project.review_items(limit=10)
    assert len(waiting) >= 4
    run("review", "--by", "ann", "-p", str(shop), typed="\ninvoice\n-\nq\n")
    with opened(shop) as project:
        said = {
            label.record: (label.state, label.value, label.author)
            for label in project.ring.ledger.facts("label", Label)
        }
        left = [item.id for item in project.review_items(limit=10)]
    first, second, third = waiting[:3]
    assert said == {
        first.id: ("accepted", first.answer, "ann"),
        second.id: ("accepted", "invoice", "ann"),
        third.id: ("rejected", third.answer, "ann"),
    }
    assert left == [item.id for item in waiting[3:]]


def test_a_slip_in_a_session_is_told_and_the_next_item_comes(shop: Path) -> None:
    with opened(shop) as project:
        project.predict(["zxqv wvut", "qwfp zxcd"])
    said = run("review", "-p", str(shop), typed="Track-Order\ninvoice\n")
    assert "is written 'track_order' here" in said
    assert "[2/2]" in said


def _said_by_people(shop: Path) -> list[tuple[str, str, str]]:
    with opened(shop) as project:
        facts = project.ring.ledger.facts("label", Label)
    return [(label.record, label.state, label.value) for label in facts]


@pytest.mark.parametrize(("answer", "taken"), [("y", True), ("n", False), ("", False)])
def test_a_label_that_nobody_knows_is_asked_about_once(
    shop: Path, monkeypatch: pytest.MonkeyPatch, answer: str, taken: bool
) -> None:
    monkeypatch.setattr(review_command, "_at_a_terminal", lambda: True)
    with opened(shop) as project:
        project.predict(["zxqv wvut", "qwfp zxcd"])
        first, second = project.review_items(limit=2)
    said = run("review", "-p", str(shop), typed=f"a\n{answer}\n\n")
    assert "new label 'a'? y/N" in said
    assert ("not taken" in said) is not taken
    changed = [(first.id, "accepted", "a")] if taken else []
    assert _said_by_people(shop) == [*changed, (second.id, "accepted", second.answer)]


def test_where_nobody_can_be_asked_no_new_label_is_taken_and_no_line_is_lost(shop: Path) -> None:
    with opened(shop) as project:
        project.predict(["zxqv wvut", "qwfp zxcd"])
        second = project.review_items(limit=2)[1]
    said = run("review", "-p", str(shop), typed="a\ninvoice\n")
    assert "not taken: 'a' is a new label" in said
    assert _said_by_people(shop) == [(second.id, "accepted", "invoice")]
    monologue = run("review", "-p", str(shop), "--language", "zh", typed="a\n")
    assert "未采用：'a' 是新标签" in monologue


def test_input_that_ends_at_the_question_takes_no_new_label(
    shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(review_command, "_at_a_terminal", lambda: True)
    with opened(shop) as project:
        project.predict(["zxqv wvut"])
    run("review", "-p", str(shop), typed="a\n")
    assert _said_by_people(shop) == []


def test_a_decision_is_told_with_the_id_by_which_it_can_be_changed(shop: Path) -> None:
    answer = ask(shop, "zxqv wvut")
    said = run("review", "-p", str(shop), typed="invoice\n")
    assert f"    accepted: invoice ({answer})" in said
    assert "nothing waits" in run("review", "-p", str(shop))
    again = run("review", "--change", answer, "-p", str(shop), typed="track_order\n")
    assert "[1/1]" in again
    assert "zxqv wvut" in again
    assert "asked for by its id" in again
    assert [value for *_, value in _said_by_people(shop)] == ["invoice", "track_order"]
    assert "reviewed   accepted: track_order" in run("why", answer, "-p", str(shop))
    assert "审核       已接受：track_order" in run(
        "why", answer, "-p", str(shop), "--language", "zh"
    )
    assert "unknown item" in refused("review", "--change", "pred_1", "-p", str(shop))


def test_nothing_to_review_is_said(p: tuple[str, str]) -> None:
    assert run("review", *p) == "nothing waits for a review\n"


def test_a_project_without_labels_starts_with_groups_to_name(
    untouched: Path, tmp_path: Path
) -> None:
    shop = copy(untouched, tmp_path / "shop")
    for path in (shop / "data").glob("*.jsonl"):
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        path.with_suffix(".txt").write_text("\n".join(row["text"] for row in rows))
        path.unlink()
    assert "run `chainring review`" in refused("turn", "-p", str(shop))
    first = run("review", "-p", str(shop), typed="parcels\n\nmoney\nq\n")
    shown = re.findall(r"^group (\d+) of \d+, \d+ texts: (.*)$", first, re.MULTILINE)
    assert [number for number, _ in shown] == ["1", "2", "3", "4"]
    assert "no labels yet" in first
    assert "enough to start: each of 2 labels has 10 or more texts" in first
    with opened(shop) as project:
        labels = project.ring.ledger.facts("label", Label)
        assert [one.value for one in labels] == ["parcels"] * 10 + ["money"] * 10
    said = run("turn", "-p", str(shop))
    assert "candidate linear.v1" in said
    assert "gate: " in said


def test_too_few_named_texts_are_counted_down(untouched: Path, tmp_path: Path) -> None:
    shop = copy(untouched, tmp_path / "shop")
    shutil.rmtree(shop / "data")
    shutil.rmtree(shop / "articles")
    (shop / "data").mkdir()
    (shop / "data" / "few.txt").write_text("where is it\nit is late\nrefund me\nmoney back please")
    (shop / "chainring.toml").write_text('[project]\nname = "support"\n')
    said = run("review", "-p", str(shop), typed="late\nmoney\n")
    assert re.search(r"not yet: late needs \d more \(\d of 10\)", said)


def test_a_flag_is_followed_from_case_to_closing(shop: Path) -> None:
    answer = ask(shop)
    run("react", answer, "flag", "unfair", "--comment", "rude", "-p", str(shop))
    (case,) = re.findall(r"case_\w+", run("cases", "-p", str(shop)))
    words = ("--outcome", "looked at", "--told", "谢谢", "--truth", "invoice", "--by", "bo")
    run("cases", "--close", case, *words, "-p", str(shop))
    listed = run("cases", "-p", str(shop))
    assert re.search(rf"^{case}  closed  unfair +{answer}  looked at$", listed, re.MULTILINE)


def test_a_case_is_not_closed_without_words(shop: Path) -> None:
    run("react", ask(shop), "flag", "wrong", "-p", str(shop))
    (case,) = re.findall(r"case_\w+", run("cases", "-p", str(shop)))
    message = refused("cases", "--close", case, "-p", str(shop))
    assert "outcome: 1 to 2,000" in message
    assert "told: 1 to 2,000" in message


def test_why_walks_from_the_answer_to_rows_and_promotion(shop: Path) -> None:
    answer = ask(shop)
    said = run("why", answer, "-p", str(shop))
    lines = {line.split()[0] for line in said.splitlines()}
    assert {"answer", "model", "serving", "data", "near", "today"} <= lines
    assert "where is my parcel right now" in said
    found = json.loads(run("why", answer, "--json", "-p", str(shop)))
    assert found["prediction"] == answer


def test_the_status_names_champion_traffic_and_what_is_due(shop: Path) -> None:
    ask(shop)
    said = run("status", "-p", str(shop))
    assert "support: version 1 serves (" in said
    assert "answers: 1 (" in said
    assert "turn is not due: cooldown" in said
    assert json.loads(run("status", "--json", "-p", str(shop)))["champion"]["version"] == 1


def test_a_turn_that_ended_before_it_judged_is_none_of_the_turns_of_a_status(shop: Path) -> None:
    (shop / "data" / "broken.jsonl").write_text("{\n", encoding="utf-8")
    refused("turn", "-p", str(shop))
    refused("turn", "-p", str(shop))
    found = json.loads(run("status", "--json", "-p", str(shop)))
    with opened(shop) as project:
        assert len(project.ring.ledger.facts("turn", Turn)) == 3
        assert found["turns"] == len(history(project).turns) == 1


def test_a_card_that_was_written_is_named(shop: Path, tmp_path: Path) -> None:
    page, card = tmp_path / "r.html", tmp_path / "m.md"
    said = run("report", "--out", str(page), "--card", str(card), "-p", str(shop))
    assert said.splitlines() == [f"wrote {page}", f"wrote {card}"]


# promote, rollback, watch


def test_rollback_and_promote_name_the_champion(grown: Path, tmp_path: Path) -> None:
    shop = str(copy(grown, tmp_path / "shop"))
    second, first = (
        re.findall(r"blake2b:\w{64}", line)[0]
        for line in (
            json.loads(run("status", "--json", "-p", shop))["champion"]["model"],
            run("rollback", "--reason", "wrong on invoices", "-p", shop),
        )
    )
    assert first != second
    assert run("turn", "-p", shop) == "nothing changed\n"
    short = second.partition(":")[2][:12]
    assert second in run("promote", short, "--reason", "it was right", "--by", "bo", "-p", shop)
    assert "promoted by bo: override: it was right" in run("status", "-p", shop)


def test_a_rollback_wants_a_reason(p: tuple[str, str]) -> None:
    assert invoke("rollback", *p).exit_code == 2
    with opened(Path(p[1])) as project:
        assert len(project.ring.ledger.ref_history("champion")) == 1


def test_one_look_for_cron_turns_a_new_project_and_then_rests(
    untouched: Path, tmp_path: Path
) -> None:
    shop = str(copy(untouched, tmp_path / "shop"))
    assert "the ring has not turned yet" in run("watch", "--once", "-p", shop)
    assert "cooldown: 6.0 h left" in run("watch", "--once", "-p", shop)
    assert json.loads(run("status", "--json", "-p", shop))["turns"] == 1


# keys, doctor, backup, restore, gc, upgrade


def test_keys_are_made_listed_and_revoked(p: tuple[str, str]) -> None:
    said = run("keys", "--make", "ask", "--name", "web shop", *p)
    secret, told = said.splitlines()
    identifier = told.split()[1]
    assert secret.startswith(f"cr_ask_{identifier}_")
    assert run("keys", *p) == f"{identifier}  ask       web shop\n"
    run("keys", "--revoke", identifier, *p)
    assert run("keys", *p) == f"{identifier}  ask       web shop  (revoked)\n"


def test_a_key_of_an_unknown_role_without_a_name_is_refused_with_both_faults(
    p: tuple[str, str],
) -> None:
    message = refused("keys", "--make", "opperate", *p)
    assert "did you mean 'operate'" in message
    assert "name: 1 to 80" in message
    assert run("keys", *p) == ""


def test_the_doctor_works_outside_of_any_project(tmp_path: Path) -> None:
    said = run("doctor", "-p", str(tmp_path))
    assert re.search(r"^threads +\d", said, re.MULTILINE)
    assert list(tmp_path.iterdir()) == []


def test_a_backup_is_restored_into_a_new_folder(shop: Path, tmp_path: Path) -> None:
    answer = ask(shop)
    archive, again = str(tmp_path / "all.tar.gz"), str(tmp_path / "again")
    assert re.search(r"\d+ rows, \d+ trees", run("backup", archive, "-p", str(shop)))
    named = tomllib.loads((shop / "chainring.toml").read_text())
    assert named["deployment"]["articles"] == "articles"
    assert "in no backup: copy data, articles there" in run("restore", archive, again)
    assert run("why", answer, "-p", again) == run("why", answer, "-p", str(shop))


def test_a_backup_without_the_models_of_another_machine_is_said_to_be_not_whole(
    shop: Path, tmp_path: Path
) -> None:
    shutil.rmtree(shop / ".chainring" / "store")
    archive, again = str(tmp_path / "all.tar.gz"), str(tmp_path / "again")
    for words in (["backup", archive, "-p", str(shop)], ["restore", archive, again]):
        assert "trees that the ledger names lie neither in" in refused(*words)
    assert (tmp_path / "all.tar.gz").exists()
    assert (tmp_path / "again" / "chainring.toml").exists()


def test_gc_says_what_it_took(p: tuple[str, str]) -> None:
    assert re.search(r"\b0 trees\b.* removed$", run("gc", *p).strip())


@pytest.fixture
def old(shop: Path) -> Path:
    """Return a project whose ledger has the first version's form, with everything in it."""
    place = shop / ".chainring" / "ledger.db"
    with sqlite3.connect(place) as connection:
        for statement in (
            "DROP INDEX facts_by_about",
            "ALTER TABLE facts DROP COLUMN about",
            "UPDATE alembic_version SET version_num = '0001'",
        ):
            connection.execute(statement)
    connection.close()
    return shop


def test_a_project_of_an_older_version_opens_after_an_upgrade_and_not_before(old: Path) -> None:
    message = refused("status", "-p", str(old))
    assert "made by an older chainring (ledger 0001" in message
    assert "chainring upgrade" in message
    assert run("upgrade", "-p", str(old)) == "support is up to date\n"
    ledger = Ledger(f"sqlite:///{old / '.chainring' / 'ledger.db'}", app="support")
    assert migrations.version(ledger.engine) == LEDGER_HEAD
    ledger.close()
    assert run("turn", "-p", str(old)) == "nothing changed\n"
    assert "version 1 serves" in run("status", "-p", str(old))
    assert run("upgrade", "-p", str(old)) == "support is up to date\n"


def test_a_ledger_that_the_first_version_wrote_is_like_the_one_of_the_test(
    old: Path, tmp_path: Path
) -> None:
    first = Ledger(f"sqlite:///{tmp_path / 'first.db'}", app="support")
    migrations.upgrade(first.engine, to="0001")
    mine = Ledger(f"sqlite:///{old / '.chainring' / 'ledger.db'}", app="support")
    found = [
        {table: {c["name"] for c in look.get_columns(table)} for table in look.get_table_names()}
        for look in (sa.inspect(first.engine), sa.inspect(mine.engine))
    ]
    first.close()
    mine.close()
    assert found[0] == found[1]


# report


class Page(HTMLParser):
    """Gathers what a page refers to, its headings, and whether its tags close."""

    VOID = frozenset({"meta", "br", "hr", "img", "link", "input", "col"})
    OPEN_ENDED = frozenset({"html", "p", "li", "td", "th", "tr"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.references: list[str] = []
        self.tags: list[str] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in self.VOID:
            self.open.append(tag)
        for name, value in attrs:
            if name in ("src", "href", "xlink:href", "action", "srcset", "data", "poster"):
                self.references.append(value or "")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open[-1] != tag and self.open[-1] in self.OPEN_ENDED:
            self.open.pop()
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


CHARTS = (
    "accuracy", "by language", "confusion", "calibration", "learning curve",
    "feedback", "satisfaction", "cpu", "memory",
)  # fmt: skip


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_report_holds_every_chart_and_nothing_from_outside(
    grown: Path, tmp_path: Path, language: str
) -> None:
    shop = copy(grown, tmp_path / "shop")
    run("react", ask(shop), "confirmation", "-p", str(shop))
    out = shop / f"ring-{language}.html"
    said = run("report", "--language", language, "--out", str(out), "-p", str(shop))
    assert said == f"{dict(en='wrote', zh='已写入')[language]} {out}\n"
    text = out.read_text(encoding="utf-8")
    page = Page(text)
    assert set(page.open) <= Page.OPEN_ENDED
    assert [one for one in page.references if not one.startswith(("#", "data:"))] == []
    assert re.findall(r"@import|url\((?!#|data:)", text) == []
    heads = re.findall(r"<h2 id=(\w+)>(.*?)</h2>", text)
    assert re.findall(r"<a href=#(\w+)>(.*?)</a>", text) == heads
    assert len(heads) >= 7
    assert "script" not in page.tags
    assert page.tags.count("svg") == 2 * len(CHARTS)  # one for a desk, one for a phone
    shown = " ".join(page.words)
    assert [name for name in CHARTS if WORDS[language][name] not in shown] == []
    assert f"lang={language}" in text


def test_an_english_and_a_chinese_report_differ_in_words_alone(grown: Path, tmp_path: Path) -> None:
    shop = copy(grown, tmp_path / "shop")
    pages = []
    for language in ("en", "zh"):
        out = tmp_path / f"{language}.html"
        run("report", "--language", language, "--out", str(out), "-p", str(shop))
        pages.append(Page(out.read_text(encoding="utf-8")))
    english, chinese = pages
    assert english.tags == chinese.tags
    assert english.words != chinese.words


def test_a_report_of_a_language_we_do_not_write_is_refused(p: tuple[str, str]) -> None:
    message = refused("report", "--language", "fr", *p)
    assert "en" in message
    assert "zh" in message
    assert not (Path(p[1]) / "report.html").exists()


def test_a_report_before_any_turn_says_so(untouched: Path, tmp_path: Path) -> None:
    shop = copy(untouched, tmp_path / "shop")
    run("report", "-p", str(shop))
    assert "no model serves yet" in (shop / "report.html").read_text()


def test_a_text_in_a_report_is_no_markup(shop: Path) -> None:
    with opened(shop) as project:
        (answer,) = project.predict(["where is my parcel"])
    run("react", answer.id, "correction", "a.b c", "-p", str(shop))
    run("report", "-p", str(shop))
    assert "<script" not in (shop / "report.html").read_text()


def test_the_recipe_of_these_tests_is_a_recipe(tmp_path: Path) -> None:
    (tmp_path / "chainring.toml").write_text(RECIPE)
    project = Project.open(tmp_path)
    assert project.ring.recipe.training.candidates == ("linear.v1",)
    project.close()


@pytest.mark.parametrize("words", ["--help", "nonsense"])
def test_a_command_that_ends_looks_for_no_cycles(words: str) -> None:
    program = (
        "import atexit, gc, sys\n"
        "atexit.register(lambda: print('left', len(gc.get_objects()), gc.get_freeze_count()))\n"
        f"sys.argv = ['chainring', {words!r}]\n"
        "from chainring.software.cli import main\n"
        "main()"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    left, frozen = done.stdout.split()[-2:]
    assert int(left) < 1000 < int(frozen)
