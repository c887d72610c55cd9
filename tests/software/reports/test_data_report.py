from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from tests.software.conftest import copy, grow, opened, refused, run

from chainring.contracts.errors import InputError, UnknownNameError
from chainring.contracts.reaction import Reaction
from chainring.data.looking.drops import Drop, Place
from chainring.software.api import Project
from chainring.software.reports.data_findings import findings
from chainring.software.reports.data_look import Look, datasets
from chainring.software.reports.data_look import look as look_by
from chainring.software.reports.data_report import data_page
from chainring.software.reports.data_report_words import WORDS
from chainring.software.reports.report import write_report
from chainring.software.verbs.auditing import sight_of
from chainring.text.errors import in_both

PHONE = "13912345678"
EXTRA = [
    {"text": "", "label": "stock"},
    {"text": f"lonely, call {PHONE}", "label": "alone"},
    {"text": "nobody may read this", "label": "stock", "consent": "refused"},
    {"text": "where is my parcel, a woman asks", "label": "track_order", "protected": "women"},
    {"text": "包裹现在走到哪一站了呀", "label": "track_order", "protected": "men"},
]


def look(project: Project, *, texts: bool = True) -> Look:
    """Return what the owner of this machine sees."""
    return look_by(project, sight=sight_of(project, "data report", texts=texts))


class Tags(HTMLParser):
    """Collects what a page would load, and whether its tags are closed."""

    def __init__(self) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        leads = {k: v or "" for k, v in attrs if k in ("src", "href")}
        self.loads += [f"{tag} {k}" for k, v in leads.items() if not v.startswith("#")]
        if tag in ("main", "div", "table", "tr", "td", "th", "ul", "li", "svg", "h2", "h3"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self.open and self.open[-1] == tag:
            self.open.pop()


@pytest.fixture(scope="module")
def twice(turned: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project after a second turn with other text, some of which was left out."""
    folder = copy(turned, tmp_path_factory.mktemp("twice") / "shop")
    grow(folder)
    lines = [json.dumps(line, ensure_ascii=False) + "\n" for line in EXTRA]
    (folder / "data" / "extra.jsonl").write_text("".join(lines), encoding="utf-8")
    with (folder / "chainring.toml").open("a") as recipe:
        recipe.write("\n[data.population]\nlanguage = { en = 0.2, zh = 0.8 }\n"
                     "group = { women = 0.5, men = 0.5 }\n")  # fmt: skip
    with opened(folder) as project:
        project.turn()
    return folder


@pytest.fixture
def second(twice: Path, tmp_path: Path) -> Iterator[Project]:
    with opened(copy(twice, tmp_path / "shop")) as project:
        yield project


@pytest.fixture(scope="module")
def found(twice: Path, tmp_path_factory: pytest.TempPathFactory) -> Look:
    """Return what the owner sees of that project."""
    with opened(copy(twice, tmp_path_factory.mktemp("found") / "shop")) as project:
        return look(project)


def test_the_numbers_of_a_look_are_those_of_the_data_set(found: Look) -> None:
    assert found.numbers.rows == sum(found.data.splits.values())
    assert found.numbers.by("split") == {k: n for k, n in found.data.splits.items() if n}
    assert [row.step for row in found.chain][-1] == "dataset"
    assert sum(found.terms.values()) >= found.numbers.records
    assert {one.reason for one in found.drops} >= {"empty text", "consent not allowed: refused"}
    ((model, served),) = found.models
    assert (model.dataset, served) == (found.data.address, True)


def test_what_was_dropped_is_shown_redacted_and_only_where_it_may_be(
    second: Project, found: Look
) -> None:
    by_place = {one.locator: text for one, text in found.samples.items() if one.source[5:7] == "ex"}
    assert by_place["line 1"] == ""
    assert by_place["line 2"] == "lonely, call [phone]"
    assert "line 3" not in by_place
    for language in WORDS:
        page = data_page(found, language=language)
        assert "lonely, call [phone]" in page
        assert PHONE not in page
        assert "nobody may read" not in page
    assert look(second, texts=False).samples == {}


def test_a_source_that_changed_since_is_not_quoted(second: Project) -> None:
    path = second.folder / "data" / "extra.jsonl"
    path.write_text('{"text": "another line now", "label": "stock"}\n')
    found = look(second)
    assert Place(source="data/extra.jsonl", locator="line 1") not in found.samples
    assert "another line" not in data_page(found, language="en")


@pytest.fixture(scope="module")
def reacted_shop(turned: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project after a turn that learnt from reactions: of 8 two wait, 4 are not used."""
    folder = copy(turned, tmp_path_factory.mktemp("reacted") / "shop")
    with (folder / "chainring.toml").open("a") as recipe:
        recipe.write("\n[feedback]\nmax_rows_per_author = 2\nconfirmations = false\n")
    asked = ("where is my parcel today", "did the courier lose it", "is it at the post office",
             "my box never came home")  # fmt: skip
    strange = ("moss", "zzz", "oak tea", "rain drum")
    with opened(folder) as project:
        for text in asked:
            (answer,) = project.predict([text], author="ann")
            project.react(Reaction(prediction=answer.id, kind="correction", value="track_order",
                                   author="ann", consent="training"))  # fmt: skip
        for text in strange:
            (answer,) = project.predict([text], author=text)
            project.react(Reaction(prediction=answer.id, kind="confirmation", author=text,
                                   consent="training"))  # fmt: skip
        project.turn()
    return folder


@pytest.fixture(scope="module")
def reacted(reacted_shop: Path) -> Look:
    """Return a look at the project with reactions."""
    with opened(reacted_shop) as project:
        return look(project)


def test_feedback_that_was_taken_is_not_left_out_and_none_counts_twice(reacted: Look) -> None:
    left = {one.reason: one.rows for one in reacted.drops}
    assert left["confirmations are not used"] == 4
    assert not any(reason.startswith("part: ") for reason in left)
    waiting = {reason: rows for reason, rows in left.items() if "waits for a review" in reason}
    assert waiting == {"waits for a review": 2}


def test_records_of_feedback_count_among_those_that_were_read(reacted: Look) -> None:
    assert sum(n for (source, _, _), n in reacted.terms.items() if source == "feedback") == 4
    assert sum(reacted.terms.values()) >= reacted.numbers.records


@pytest.mark.parametrize("language", ["en", "zh"])
def test_samples_of_feedback_are_told_or_say_where_they_are(
    reacted: Look, reacted_shop: Path, language: str
) -> None:
    page = data_page(reacted, language=language)
    (waiting,) = (one for one in reacted.drops if one.reason == "waits for a review")
    assert {place.source for place in waiting.places} == {"feedback"}
    for place in waiting.places:
        assert reacted.samples[place] in page
    assert WORDS[language]["gone"] not in page
    (silent,) = (one for one in reacted.drops if one.reason.startswith("confirm"))
    assert {place.source for place in silent.places} == {"feedback"}
    answers = set(re.findall(r"<code>chainring why (\w+)</code>", page))
    assert len(answers) == len(silent.places)
    with opened(reacted_shop) as project:
        said = {one["id"] for answer in answers for one in project.why(answer)["feedback"]}
    assert {place.locator for place in silent.places} <= said


def test_a_source_named_as_a_consent_is_told_by_its_name(found: Look) -> None:
    terms = {("training", "unstated", "training"): 7}
    page = data_page(replace(found, terms=terms), language="zh")
    assert re.search(r"training</td><td[^>]*>未说明</td><td[^>]*>可用于训练</td>", page)


def test_drift_and_gaps_stand_in_the_head_of_the_page(found: Look) -> None:
    assert found.drift is not None
    assert found.drift.came > found.drift.gone
    said = findings(found, language="en")
    gap = next(one for one in said if one.startswith("language zh"))
    collect = int(re.findall(r"collect ([\d,]+) more", gap)[0].replace(",", ""))
    learnt = found.numbers.by("language", splits=("train", "validation"))
    total = learnt["en"] + learnt["zh"]
    assert (learnt["zh"] + collect) / (total + collect) == pytest.approx(0.8, abs=0.001)
    page = data_page(found, language="en")
    assert "Sources of what came" in page
    assert page.index(gap.split(":")[0]) < page.index("<svg")


def test_rows_that_the_data_set_left_out_stand_in_the_head(found: Look) -> None:
    lost = [Drop(step="dataset", reason="label 'gift' has 1 row; at least 2 needed", rows=1)]
    said = findings(replace(found, drops=lost), language="en")
    assert any(one.startswith("1 rows were left out because their label has") for one in said)
    conflicts = [Drop(step="dataset", reason="conflicting duplicate", rows=80)]
    said = findings(replace(found, drops=conflicts), language="en")
    assert any(one.startswith("80 rows were left out because the same text") for one in said)
    many = [Drop(step="dataset", reason="near-duplicate", rows=sum(found.terms.values()))]
    said = findings(replace(found, drops=many), language="en")
    assert any("100.0% of what was read was left out" in one for one in said)
    assert not any("left out" in one for one in findings(replace(found, drops=[]), language="en"))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_stands_alone_and_is_well_formed(found: Look, language: str) -> None:
    page = data_page(found, language=language)
    tags = Tags()
    tags.feed(page)
    assert tags.loads == []
    assert tags.open == []
    assert "<script" not in page
    assert not re.findall(r"url\(|@import|https?://(?!www\.w3\.org/2000/svg)", page)
    assert page.count("<svg") >= 20
    assert re.findall(r"<a href=#(\w+)>(.*?)</a>", page) == re.findall(
        r"<h2 id=(\w+)>(.*?)</h2>", page
    )
    assert page.index("<nav") < page.index("<h2")


def test_what_a_row_says_is_never_markup(project: Project) -> None:
    rows = [{"text": f"<img src=x onerror=alert({i})>", "label": "<b>bold</b>"} for i in range(3)]
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    (project.folder / "data" / "<i>.jsonl").write_text(lines)
    project.turn()
    page = data_page(look(project), language="en")
    assert "<b>bold" not in page
    assert "<img" not in page
    assert "data/<i>" not in page


def test_a_label_written_as_a_picture_or_a_link_leads_nowhere(project: Project) -> None:
    labels = ["![a](http://pic.example/x.png)", "<http://auto.example>", "[b](http://link.example)"]
    words = "tea ink oak sun rain lamp rope milk sand gold fern moss kite drum bell plum".split()
    dice = random.Random(1)
    rows = [{"text": " ".join(dice.sample(words, 6)), "label": name} for name in labels * 20]
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    (project.folder / "data" / "more.jsonl").write_text(lines)
    project.turn()
    write_report(project, project.folder / "report.html")
    page = (project.folder / "report.html").read_text()
    tags = Tags()
    tags.feed(page + data_page(look(project), language="en"))
    assert tags.loads == []
    assert "![a](http://pic.example/x.png)" in page


def test_words_tell_labels_apart_in_both_languages(found: Look) -> None:
    words = {one.word for one in found.words.distinctive("invoice")}
    assert {"invoice", "发票"} <= words


def test_the_first_data_set_says_that_there_is_nothing_to_compare(project: Project) -> None:
    found = look(project)
    assert found.drift is None
    page = data_page(found, language="en")
    assert WORDS["en"]["first"] in page
    assert WORDS["en"]["undeclared"] in page


def test_a_population_changes_no_step_of_a_turn(second: Project) -> None:
    recipe = second.folder / "chainring.toml"
    recipe.write_text(recipe.read_text().replace("zh = 0.8", "zh = 0.7"))
    with opened(second.folder) as again:
        assert again.turn().outcome == "nothing changed"
        assert look(again).standings[1].expected == 0.7


def test_before_any_turn_the_next_step_is_named(untouched: Path, tmp_path: Path) -> None:
    with opened(copy(untouched, tmp_path / "shop")) as project:
        assert datasets(project.ring) == []
        with pytest.raises(InputError, match="run `chainring turn` first"):
            project.data.report()


def test_the_commands_write_the_page_and_the_card(shop: Path, tmp_path: Path) -> None:
    out, card = tmp_path / "report.html", tmp_path / "card.md"
    said = run("data", "report", "-p", str(shop), "--out", str(out), "--card", str(card),
               "--language", "zh")  # fmt: skip
    assert said == f"已写入 {out}\n已写入 {card}\n"
    assert "数据报告" in out.read_text(encoding="utf-8")
    assert card.read_text(encoding="utf-8").startswith("# 数据卡: support")
    assert run("data", "report", "-p", str(shop)) == f"wrote {shop / 'data-report.html'}\n"
    assert "known: en, zh" in refused("data", "report", "-p", str(shop), "--language", "fr")


def test_rows_are_shown_by_filter_as_lines_or_json(shop: Path) -> None:
    where = ("-p", str(shop))
    lines = run("data", "show", *where, "--label", "invoice", "--language", "zh").splitlines()
    assert lines
    assert all("  invoice  zh  data/utterances.zh.jsonl  " in line for line in lines)
    found = [
        json.loads(line)
        for line in run(
            "data", "show", *where, "--search", "invoice", "--json", "--limit", "0"
        ).splitlines()
    ]
    assert found
    assert all("invoice" in one["text"].lower() for one in found)
    assert {"records", "labels", "feedback", "licence"} <= set(found[0])
    assert len(run("data", "show", *where, "--limit", "3").splitlines()) == 3
    assert "did you mean 'invoice'" in refused("data", "show", *where, "--label", "invoise")


def test_a_data_set_is_named_by_its_first_digits(second: Project) -> None:
    addresses = [json.loads(row.result)["address"] for row in datasets(second.ring)]
    first = addresses[0].partition(":")[2][:12]
    old = sum(1 for _ in second.data.show(dataset=first))
    assert old < sum(1 for _ in second.data.show())
    with pytest.raises(UnknownNameError, match="unknown data set 'ffff'"):
        second.data.show(dataset="ffff")


def test_every_reason_the_code_gives_has_its_chinese() -> None:
    for reason in (
        "empty text", "longer than 100000 characters", "consent not allowed: none",
        "exact duplicate", "near-duplicate", "conflicting duplicate", "labels disagree",
        "waits for a review", "rejected or without a label", "doubtful: waits for a review",
        "the files say otherwise: waits for a review",
        "label 'a' has 1 row; at least 2 needed", "a label with fewer than 2 rows",
        "confirmations are not used", "left out by a person", "ratings are not used",
        "confirms that the text was passed on, which says no label", "superseded by its author",
        "said before by its author", "an opinion on no answer", "text erased or not logged",
        "its prediction is unknown", "the preferred answer is to another text",
        "reviewed answer not in the snapshot", "rejected by a person",
        "an opinion on the hold-out, of which only reviewed answers judge",
        "the preferred answer is not there, or is the answer itself",
        "both answers are the same, or the preferred one is empty",
        "label 'a' fell to the test alone; add rows", "file not read: .md", "forgotten",
    ):  # fmt: skip
        assert in_both(reason).zh != reason
        assert in_both(reason) == reason
    assert in_both("of another part").zh == "of another part"


def test_both_languages_have_the_same_words_with_the_same_places() -> None:
    assert WORDS["en"].keys() == WORDS["zh"].keys()
    for key, english in WORDS["en"].items():
        fields = sorted(re.findall(r"{\w+", english))
        assert fields == sorted(re.findall(r"{\w+", WORDS["zh"][key])), key


RULES = """
[[access.rules]]
where = { label = "invoice" }
action = "read"
allow = false
"""


def test_what_a_rule_keeps_back_is_neither_shown_nor_searched_nor_counted(second: Project) -> None:
    recipe = second.folder / "chainring.toml"
    recipe.write_text(recipe.read_text() + RULES)
    with opened(second.folder) as project:
        rows = list(project.data.show(label="invoice", limit=5))
        assert len(rows) == 5
        assert {row["text"] for row in rows} == {None}
        assert list(project.data.show(label="invoice", search="invoice")) == []
        found = look(project)
        assert found.words.distinctive("invoice") == []
        assert found.numbers.by("label")["invoice"] > 0
        assert found.words.distinctive("refund_status")
        assert "text" not in project.data.trace(rows[0]["id"])["row"]
    said = run("data", "show", "-p", str(second.folder), "--label", "invoice", "--limit", "1")
    assert "invoice" in said
    assert "发票" not in said


def test_rows_are_given_out_after_the_act_that_tells_of_them_is_kept(project: Project) -> None:
    from chainring.contracts.act import Act

    def told() -> list[int]:
        acts = project.ring.ledger.facts("act", Act)
        return [one.rows for one in acts if one.verb == "data show"]

    rows = project.data.show(limit=7)
    assert told() == []
    next(rows)
    assert told() == [7]
    assert len(list(rows)) == 6
    assert told() == [7]
