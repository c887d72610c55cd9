"""No verb gives a withheld text to anybody: every verb of the table, every role that reaches it.

Sentences of a sealed source, and of users who gave the consent `sealed`, are planted in every way
that texts come in by; then each verb is called, and what it says, answers and writes is searched.
A verb that is new in the table fails here until it is told how to call it.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.software.conftest import RECIPE, copy, invoke, opened, served, small_project

from chainring.contracts.access import FACTS, Who
from chainring.contracts.dataset import Row
from chainring.contracts.errors import ChainringError, NotAllowedError
from chainring.contracts.label import Label
from chainring.contracts.reaction import Reaction
from chainring.contracts.roles import ROLES, Role, verbs_of
from chainring.deployment.http.verbs import Caller
from chainring.ring.built import current
from chainring.software.api import Project
from chainring.software.serving.service import Service
from chainring.software.surfaces import SURFACES
from chainring.store.tables import read_rows
from chainring.trust.rules import AccessSettings

MARKS = ("zanzibar", "桑给巴尔")
"""A word that stands in every planted text and nowhere else, in each language."""

SEALED = [
    *(f"zanzibar: where is the {thing} I ordered" for thing in ("coat", "lamp", "kettle", "belt")),
    *(f"桑给巴尔，我买的{thing}到哪里了" for thing in ("外套", "台灯", "水壶", "皮带")),
]
RULES = """
[[access.rules]]
where = { source = "*sealed*" }
allow = false

[[access.rules]]
where = { consent = "sealed" }
allow = false
"""


@dataclass
class House:
    """The project with its planted texts, before and after the rules came."""

    folder: Path
    archive: Path
    predictions: list[str] = field(default_factory=list)
    rows: list[str] = field(default_factory=list)
    models: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    """Return a project that learnt from sealed texts; its rules came afterwards."""
    place = tmp_path_factory.mktemp("sealed")
    folder = small_project(place / "shop")
    lines = [json.dumps({"text": text, "label": "track_order"}, ensure_ascii=False)
             for text in SEALED]  # fmt: skip
    (folder / "data" / "sealed.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    with opened(folder) as project:
        turn = project.turn()
        rows = read_rows(project.ring.runner.trees.open(turn.dataset))
        planted = [row for row in rows if has_mark(row.text)]
        assert {row.source for row in planted} == {"data/sealed.jsonl"}
        asked = project.predict([f"{text}, please" for text in SEALED])
        for number, prediction in enumerate(asked):
            react(project, prediction.id, number)
        project.backup(place / "before.tar.gz")
    return House(
        folder=with_rules(folder, RULES),
        archive=place / "before.tar.gz",
        predictions=[one.id for one in asked],
        rows=[name for row in planted[::2] for name in (row.id, *row.records)],
        models=[turn.model.partition(":")[2][:12]],
    )


def react(project: Project, prediction: str, number: int) -> None:
    kinds: list[dict[str, Any]] = [
        {"kind": "correction", "value": "stock"},
        {"kind": "flag", "value": "wrong", "comment": f"zanzibar {number} 桑给巴尔"},
        {"kind": "comment", "comment": f"a word on zanzibar {number} 桑给巴尔"},
        {"kind": "outcome", "value": "zanzibar told by phone 桑给巴尔"},
    ]
    project.react(
        Reaction(prediction=prediction, consent="sealed", author="ann", **kinds[number % 4])
    )


def with_rules(folder: Path, rules: str) -> Path:
    (folder / "chainring.toml").write_text(RECIPE + rules, encoding="utf-8")
    return folder


def has_mark(text: str) -> bool:
    return any(mark in text.casefold() for mark in MARKS)


@pytest.fixture
def shop(house: House, tmp_path: Path) -> House:
    """Return a copy that a verb may change."""
    return House(**{**vars(house), "folder": copy(house.folder, tmp_path / "shop")})


def called(house: House, *words: str, typed: str = "") -> str:
    """Call a command on the project; return all that it said, its error included."""
    found = invoke(*words, "-p", str(house.folder), typed=typed)
    failed = found.exit_code != 0
    assert not failed or isinstance(found.exception, ChainringError), (words, found.exception)
    return f"{found.output}{found.exception if failed else ''}"


def each(names: list[str], call: Callable[[str], str]) -> str:
    return "\n".join(call(name) for name in names)


def written(path: Path, said: str) -> str:
    assert path.is_file(), said
    return said + path.read_text(encoding="utf-8")


def restored(house: House) -> str:
    """Restoring brings the rules of the archive; what it says holds no text."""
    place = house.folder.parent / "again"
    return invoke("restore", str(house.archive), str(place)).output


def packaged(house: House) -> str:
    """Return what the command says and what stands in the files of the package."""
    place = house.folder.parent / "packaged"
    said = called(house, "package", str(place))
    files = [path for path in place.rglob("*") if path.is_file()]
    return said + "".join(path.read_text("utf-8", errors="ignore") for path in files)


def plain(*words: str) -> Callable[[House], str]:
    return lambda house: called(house, *words)


EXERCISES: dict[str, Callable[[House], str]] = {
    "turn": plain("turn", "--force"),
    "watch": plain("watch", "--once"),
    "predict": plain("predict", "where is my parcel"),
    "react": lambda h: called(h, "react", h.predictions[0], "rating", "up"),
    "review": lambda h: called(h, "review", "--list", "--limit", "500"),
    "why": lambda h: (
        each(h.predictions, lambda one: called(h, "why", one, "--json"))
        + each(h.predictions, lambda one: called(h, "why", one))
    ),
    "status": plain("status", "--json"),
    "cases": plain("cases"),
    "report": lambda h: written(h.folder / "report.html", called(h, "report", "--language", "zh")),
    "promote": lambda h: called(h, "promote", h.models[0], "--reason", "because"),
    "rollback": plain("rollback", "--reason", "because"),
    "keys": plain("keys"),
    "audit": plain("audit", "--json"),
    "doctor": plain("doctor"),
    "backup": lambda h: called(h, "backup", str(h.folder / "copy.tar.gz")),
    "restore": restored,
    "gc": plain("gc"),
    "package": packaged,
    "release": plain("release", "--json"),
    "drift": plain("drift", "--json"),
    "forget": plain("forget", "--source", "data/sealed.jsonl", "--dry-run"),
    "upgrade": plain("upgrade"),
    "pretrain": lambda h: written(
        h.folder / "base" / "tokenizer.json",
        called(h, "pretrain", "--out", str(h.folder / "base"), "--minutes", "0.01"),
    ),
    "data fetch": plain("data", "fetch"),
    "data report": lambda h: written(
        h.folder / "card.md",
        written(
            h.folder / "data-report.html",
            called(h, "data", "report", "--card", str(h.folder / "card.md")),
        ),
    ),
    "data show": lambda h: (
        called(h, "data", "show", "--json", "--limit", "0")
        + called(h, "data", "show", "--limit", "0", "--source", "data/sealed.jsonl")
    ),
    "data trace": lambda h: (
        each(h.rows, lambda one: called(h, "data", "trace", one, "--json"))
        + each(h.rows, lambda one: called(h, "data", "trace", one))
    ),
}
"""How the owner calls each verb so that it gives out as much as it can."""

NO_TEXT_OF_THE_STORE = {
    "init": "makes a project; there is no text yet",
    "collect": "brings texts home from a package and gives out none",
    "serve": "gives out by its routes, which are called below",
    "data clean": "reads and writes files that are named to it; it opens no project",
    "tokeniser": "reads files that are named to it; it opens no project",
    "words train": "reads files that are named to it; it opens no project",
    "words near": "reads vectors that are named to it",
    "words analogy": "reads vectors that are named to it",
    "words export": "reads vectors that are named to it",
    "words map": "reads vectors that are named to it",
    "words segment": "reads the text that is given to it",
}


def test_every_verb_of_the_table_is_called_here_or_gives_out_no_text() -> None:
    assert {one.verb for one in SURFACES} == {*EXERCISES, *NO_TEXT_OF_THE_STORE}
    assert not {*EXERCISES} & {*NO_TEXT_OF_THE_STORE}


def test_without_the_rules_the_texts_are_given_out(shop: House) -> None:
    """Else nothing below would show anything."""
    with_rules(shop.folder, "")
    shop.predictions, shop.rows = shop.predictions[:1], shop.rows[:2]
    for verb in ("why", "review", "data show", "data trace", "data report"):
        assert has_mark(EXERCISES[verb](shop)), verb


@pytest.mark.parametrize("verb", EXERCISES)
def test_the_owner_gets_no_withheld_text_by_any_verb(shop: House, verb: str) -> None:
    assert not has_mark(EXERCISES[verb](shop))


def test_a_backup_that_would_hold_withheld_records_is_refused_and_leaves_no_file(
    shop: House,
) -> None:
    said = EXERCISES["backup"](shop)
    assert "rule 1 of [access] keeps some from being exported for the purpose 'backup'" in said
    assert not (shop.folder / "copy.tar.gz").exists()
    allowed = '[[access.rules]]\naction = "export"\npurpose = "backup"\nallow = true\n'
    with_rules(shop.folder, allowed + RULES)
    assert "wrote" in EXERCISES["backup"](shop)


def test_a_package_that_would_hold_words_of_withheld_records_is_refused_and_leaves_no_folder(
    shop: House,
) -> None:
    said = EXERCISES["package"](shop)
    assert "rule 1 of [access] keeps some from being exported for the purpose 'package'" in said
    assert not (shop.folder.parent / "packaged").exists()


ROUTES = {route: one.verb for one in SURFACES for route in one.routes} | {
    "POST /v1/review": "decide",
    "POST /v1/cases/{id}/close": "close_case",
}
"""Each route and the verb that a role must reach for it."""
DECIDING = ("POST /v1/review",)
"""Routes that refuse to act on what is withheld."""
BODIES: dict[str, Callable[[House], list[dict[str, Any]]]] = {
    "POST /v1/predict": lambda _: [{"text": "where is my parcel"}],
    "POST /v1/react": lambda h: [{"prediction": h.predictions[0], "kind": "rating", "value": "up"}],
    "POST /v1/review": lambda h: [{"item": one, "decision": "reject"} for one in h.predictions],
    "POST /v1/cases/{id}/close": lambda _: [{"outcome": "done", "told": "done"}],
    "POST /v1/release": lambda _: [{"act": "stop", "reason": "a test"}],
    "POST /v1/keys": lambda _: [{"role": "annotate", "name": "ann"}],
    "POST /v1/keys/{id}/rotate": lambda _: [{}],
    "POST /v1/keys/{id}/revoke": lambda _: [{}],
}


@dataclass(frozen=True)
class Site:
    """A server of a copy of the house: a key of each role, and the ids of what lies there."""

    url: str
    keys: Mapping[Role, str]
    cases: list[str]
    predictions: list[str]

    def paths(self, path: str) -> list[str]:
        """Return the path with every id that it may be asked about, or as it is."""
        names = self.cases if "/cases/" in path else self.predictions
        return [path.replace("{id}", name) for name in names] if "{id}" in path else [path]

    def client(self, role: Role) -> httpx.Client:
        return httpx.Client(
            base_url=self.url, headers={"Authorization": f"Bearer {self.keys[role]}"}, timeout=60
        )

    def browser(self, role: Role) -> httpx.Client:
        return httpx.Client(
            base_url=self.url, cookies={"chainring_key": self.keys[role]}, timeout=60
        )


@contextmanager
def site(house: House, folder: Path) -> Iterator[Site]:
    with opened(folder) as project:
        keys = {role: project.make_key(role, "web shop")[0] for role in ROLES}
        cases = [one.id for one in project.cases()]
    assert cases
    assert house.predictions
    with served(folder) as found:
        yield Site(found.url, keys, cases, house.predictions)


@pytest.fixture(scope="module")
def server(house: House, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with site(house, copy(house.folder, tmp_path_factory.mktemp("served") / "shop")) as found:
        yield found


PAGES = ("/review", "/cases", "/ring", "/why/{id}")


def test_without_the_rules_routes_and_pages_give_the_texts_out(shop: House) -> None:
    """Else nothing below would show anything."""
    with_rules(shop.folder, "")
    shop.predictions = shop.predictions[:1]
    with site(shop, shop.folder) as found:
        with found.client("operate") as client:
            for path in ("/v1/why/{id}", "/v1/review"):
                said = [client.get(one).text for one in found.paths(path)]
                assert has_mark("".join(said)), path
        with found.browser("operate") as browser:
            for page in ("/why/{id}", "/review"):
                said = [browser.get(one).text for one in found.paths(page)]
                assert has_mark("".join(said)), page


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("route", ROUTES)
def test_no_route_gives_a_withheld_text_to_any_role(
    house: House, server: Site, route: str, role: Role
) -> None:
    method, _, path = route.partition(" ")
    bodies = BODIES[route](house) if method == "POST" else [None]
    is_reached = ROUTES[route] in verbs_of(role)
    with server.client(role) as client:
        for name in server.paths(path):
            for body in bodies:
                answer = client.request(method, name, json=body)
                assert answer.status_code < 500
                assert answer.status_code != 401
                is_refused = not is_reached or route in DECIDING
                assert (answer.status_code == 403) is is_refused
                assert answer.status_code == 200 or method == "POST" or not is_reached
                assert not has_mark(answer.text)


@pytest.mark.parametrize("page", PAGES)
def test_no_page_shows_a_withheld_text_to_an_operator(server: Site, page: str) -> None:
    with server.browser("operate") as browser:
        for path in server.paths(page):
            answer = browser.get(path)
            assert answer.status_code == 200
            assert not has_mark(answer.text)


patterns = st.sampled_from(["*sealed*", "data/*", "feedback", "sealed", "owner", "en", "zh",
                            "track_order", "train", "test", "Apache*"])  # fmt: skip
some_rules = st.lists(
    st.fixed_dictionaries(
        {"allow": st.booleans(), "action": st.sampled_from(["read", "*"])},
        optional={
            "who": st.sampled_from(["owner", ["owner", "operate"], "*"]),
            "purpose": st.sampled_from(["review", "ex*", "*"]),
            "where": st.dictionaries(st.sampled_from(FACTS[:5]), patterns, max_size=2),
        },
    ),
    max_size=3,
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rules=some_rules, role=st.sampled_from(["owner", "operate", "ask"]))
def test_for_any_rules_a_row_is_shown_exactly_where_they_allow_it(
    house: House, reading: Project, rules: list[dict[str, Any]], role: str
) -> None:
    """`why` and `data show` against the rules themselves, asked row by row."""
    try:
        access = AccessSettings.model_validate({"rules": rules})
    except ValueError:
        return  # a rule that is never reached
    recipe = reading.ring.recipe.model_copy(update={"access": access})
    project = Project(reading.folder, type(reading.ring)(
        recipe=recipe, ledger=reading.ring.ledger, traffic=reading.ring.traffic,
        runner=reading.ring.runner), reading.secret)  # fmt: skip
    who = Who(role=role, name="ann")
    by_id = {row.id: row for row in rows_of(project)}
    for prediction in house.predictions[:2]:
        found = project.why(prediction, texts=role != "ask", who=who)
        for one in found["nearest"]:
            assert ("text" in one) is may(access, who, "explanation", by_id[one["id"]])
    for shown in project.data.show():
        expected = may(access, project.who, "inspection", by_id[shown["id"]])
        assert (shown["text"] is not None) is expected


@pytest.fixture(scope="module")
def reading(house: House, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    with opened(copy(house.folder, tmp_path_factory.mktemp("reading") / "shop")) as found:
        yield found


def rows_of(project: Project) -> list[Row]:
    _, champion = current(project.ring)
    assert champion is not None
    return read_rows(project.ring.runner.trees.open(champion.dataset))


def may(access: AccessSettings, who: Who, purpose: str, row: Row) -> bool:
    """Ask the rules in other words than the code does: by the settings, not by their noun."""
    from fnmatch import fnmatchcase

    if who.role == "ask":
        return False
    for one in access.rules:
        names = [one.who] if isinstance(one.who, str) else one.who
        if not {"*", who.role} & {*names} or not fnmatchcase(purpose, str(one.purpose)):
            continue
        where = {name: str(getattr(one.where, name)) for name in FACTS}
        if all(fnmatchcase(getattr(row, n).lower(), p.lower()) for n, p in where.items()):
            return one.allow
    return True


def test_training_leaves_sealed_rows_out_and_says_how_many(shop: House) -> None:
    shutil.rmtree(shop.folder / ".chainring" / "scratch", ignore_errors=True)
    with opened(shop.folder) as project:
        done = project.turn()
        rows = read_rows(project.ring.runner.trees.open(done.dataset))
        assert not any(has_mark(row.text) for row in rows)
        made = project.ring.ledger.all_lineage(step="dataset")[-1]
        counts = json.loads(made.result)["counts"]
    assert counts["access: rule 1"] == len(SEALED)


def test_another_reading_rule_makes_nothing_anew_and_another_training_rule_does(
    shop: House,
) -> None:
    reading_rule = '[[access.rules]]\naction = "read"\nallow = false\n'
    with opened(shop.folder) as project:
        project.turn()
    with_rules(shop.folder, RULES + reading_rule)
    with opened(shop.folder) as project:
        assert project.turn().steps == ()
    with_rules(shop.folder, reading_rule)
    with opened(shop.folder) as project:
        steps = project.turn().steps
    assert "dataset" in steps
    assert not {"records", "corrections", "labels"} & {*steps}


def acts(project: Project, verb: str) -> list[tuple[str, int, int]]:
    return [(one.decision, one.rows, one.withheld) for one in project.audit(verb=verb)]


def test_every_privileged_act_is_kept_with_who_and_how_much(shop: House) -> None:
    with opened(shop.folder) as project:
        project.why(project.predict(["refund"])[0].id)
        project.review_items(limit=5)
        list(project.data.show())
        project.data.trace(shop.rows[0])
        key = project.make_key("ask", "web shop")[1]
        project.revoke_key(key.id)
        with pytest.raises(NotAllowedError):
            project.backup(shop.folder / "copy.tar.gz")
        found = project.audit()
        assert {one.verb for one in found} >= {
            "why", "review", "data show", "data trace", "keys", "backup",
        }  # fmt: skip
        assert {one.who for one in found} == {project.who.name}
        assert [one.at for one in found] == sorted((one.at for one in found), reverse=True)
        (decision, rows, withheld), *_ = acts(project, "data show")
        assert (decision, rows + withheld) == ("in part", len(rows_of(project)))
        assert acts(project, "data trace") == [("denied", 0, 2)]
        assert acts(project, "backup")[0] == ("denied", 0, 0)
        told = json.dumps([one.because + one.about for one in found], ensure_ascii=False)
        assert not has_mark(told)


def test_an_operator_is_kept_by_the_name_of_the_key_and_an_asker_not_at_all(shop: House) -> None:
    with opened(shop.folder) as project:
        asked = project.predict(["refund please"])[0].id
        project.why(asked, who=Who(role="operate", name="网店"))
        project.why(asked, texts=False, who=Who(role="ask", name="shop"))
        kept = [(one.who, one.role, one.about) for one in project.audit(verb="why")]
    assert kept == [("网店", "operate", asked)]


def test_the_command_lists_acts_for_people_and_programs(shop: House) -> None:
    called(shop, "data", "show", "--limit", "3")
    said = called(shop, "audit", "--verb", "data show")
    assert "data show" in said
    assert "for inspection" in said
    first = json.loads(called(shop, "audit", "--json").splitlines()[0])
    assert first["verb"] == "data show"
    assert "did you mean 'data show'" in called(shop, "audit", "--verb", "data sho")
    assert "did you mean" in called(shop, "audit", "--who", "ownr")


def test_a_stated_purpose_is_what_the_rules_are_asked_about(
    shop: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_rules(shop.folder, '[[access.rules]]\npurpose = "marketing"\naction = "read"\n'
                            "allow = false\n")  # fmt: skip
    assert has_mark(called(shop, "data", "show", "--limit", "0"))
    monkeypatch.setenv("CHAINRING_PURPOSE", "marketing")
    assert not has_mark(called(shop, "data", "show", "--limit", "0"))
    assert "for marketing" in called(shop, "audit", "--verb", "data show")


def test_an_annotator_decides_on_no_text_that_the_rules_keep_back(shop: House) -> None:
    with opened(shop.folder) as project:
        held, reaction = shop.predictions[0], project.ring.traffic.feedback_on(shop.predictions[0])
        seen = project.predict(["where is my refund"])[0].id
        label = project.labels()[0]
        service = Service(project, open_to_all=True)
        caller = Caller(role="annotate", key_id="0123456789ab", name="ann")
        for item in (held, reaction[0].id):
            with pytest.raises(NotAllowedError, match="rules of access"):
                service.decide(item, decision="change", value=label, must=False, caller=caller)
        service.decide(seen, decision="change", value=label, must=False, caller=caller)
        labels = [one.record for one in project.ring.ledger.facts("label", Label)]
        kept = [(one.about, one.decision) for one in project.audit(verb="decide")]
    assert labels == [seen]
    assert kept == [(seen, "allowed"), (reaction[0].id, "denied"), (held, "denied")]


def test_a_case_about_a_text_that_the_rules_keep_back_is_closed_without_its_truth(
    shop: House,
) -> None:
    with opened(shop.folder) as project:
        about = project.predict(["where is my refund"])[0].id
        project.react(Reaction(prediction=about, kind="flag", value="wrong"))
        held, open_ = (
            next(one for one in project.cases() if (one.prediction == about) is is_open)
            for is_open in (False, True)
        )
        service = Service(project, open_to_all=True)
        words: dict[str, Any] = {"outcome": "looked at", "told": "thanks"}
        words["caller"] = Caller(role="operate", key_id="0123456789ab", name="bo")
        label = project.labels()[0]
        for must in (False, True):
            with pytest.raises(NotAllowedError, match="rules of access"):
                service.close_case(held.id, truth=label, must=must, **words)
        service.close_case(held.id, truth="", must=False, **words)
        service.close_case(open_.id, truth=label, must=True, **words)
        labels = [one.record for one in project.ring.ledger.facts("label", Label)]
        kept = [(one.about, one.decision) for one in project.audit(verb="close_case")]
    assert labels == [open_.opened_by]
    denied = [(held.opened_by, "denied")] * 2
    assert kept == [(open_.id, "allowed"), (held.id, "allowed"), *denied]


def test_a_search_does_not_tell_what_a_withheld_text_holds(shop: House) -> None:
    assert "no row fits" in called(shop, "data", "show", "--search", "where is the coat I ordered")


@pytest.mark.parametrize("by", ["ann", "somebody else"])
def test_no_reaction_opens_a_request_that_is_kept_back_for_what_it_was_answered(
    shop: House, by: str
) -> None:
    question = "zanzibar: where is my parcel number three"
    with opened(with_rules(shop.folder, "")) as project:
        asked = project.predict([question], author="ann")[0]
    rule = '\n[feedback]\nreview = "all"\n[[access.rules]]\nwho = ["operate", "annotate"]\n'
    rule += f'action = "read"\nwhere = {{ label = "{asked.label}" }}\nallow = false\n'
    other = "stock" if asked.label != "stock" else "invoice"
    with opened(with_rules(shop.folder, rule)) as project:

        def seen() -> str:
            who = Who(role="operate", name="bo"), Who(role="annotate", name="cy")
            told = json.dumps(project.why(asked.id, who=who[0]), ensure_ascii=False)
            items = [item for one in who for item in project.review_items(limit=500, who=one)]
            return told + "".join(item.text for item in items)

        assert question not in seen()
        project.react(
            Reaction(
                prediction=asked.id, kind="correction", value=other, consent="training", author=by
            )
        )
        assert question not in seen()
        assert project.why(asked.id)["text"] == question


def test_a_reviewer_sees_the_texts_whose_askers_agreed_until_somebody_says_otherwise(
    shop: House,
) -> None:
    rules = '\n[feedback]\nreview = "all"\n[[access.rules]]\naction = "read"\n'
    rules += 'where = { source = "feedback", consent = "training" }\nallow = true\n'
    rules += '[[access.rules]]\naction = "read"\nwhere = { source = "feedback" }\nallow = false\n'
    with opened(with_rules(shop.folder, rules)) as project:
        texts = [f"zanzibar {number}: where is my {thing}" for number in range(4)
                 for thing in ("parcel", "invoice", "refund")]  # fmt: skip
        asked = [one for one in project.predict(texts, author="ann") if not one.holdout][:2]

        def correct(answer: str, *, by: str, consent: str) -> None:
            said = {"prediction": answer, "author": by, "consent": consent}
            project.react(Reaction(kind="correction", value="stock", **said))

        def seen() -> set[str]:
            items = project.review_items(limit=500, who=Who(role="annotate", name="cy"))
            return {item.prediction for item in items if item.text}

        correct(asked[0].id, by="ann", consent="training")
        correct(asked[1].id, by="bo", consent="training")
        assert seen() & {one.id for one in asked} == {asked[0].id}
        correct(asked[0].id, by="bo", consent="care only")
        assert not seen() & {one.id for one in asked}
