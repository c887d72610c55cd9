from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chainring.contracts.access import Rule, Who
from chainring.contracts.errors import UnknownNameError
from chainring.contracts.ids import new_id
from chainring.contracts.label import Label
from chainring.contracts.reaction import Reaction
from chainring.contracts.said import in_language
from chainring.ring.built import CHAMPION, Ring, build, built_of, current
from chainring.ring.lessons import left_out
from chainring.ring.sight import Sight
from chainring.ring.turn import rows_with
from chainring.ring.why import nearest, why
from chainring.software.api import Project
from chainring.software.telling.results import tell_why
from chainring.store.tables import MadeRow, read_rows


def eyes(*, blind: bool = False, rules: Sequence[Rule] = ()) -> Sight:
    return Sight(rules, who=Who(role="owner"), purpose="explanation", blind=blind)


def keeping_back(**where: str) -> list[Rule]:
    told: dict[str, tuple[str, ...]] = {name: (pattern,) for name, pattern in where.items()}
    return [Rule(number=1, allow=False, where=told)]


@pytest.fixture
def asked(project: Project) -> str:
    return project.predict(["WHERE is my parcel, please?"])[0].id


def test_a_promotion_says_what_the_gate_judged_by(project: Project, asked: str) -> None:
    head, deployment = current(project.ring)
    assert head is not None
    assert deployment is not None
    again = replace(deployment, measure="cost")
    project.ring.ledger.append_ref(CHAMPION, again, expected=head.number, by="ann", reason="once")
    found = why(project.ring, asked, sight=eyes())
    assert [one["measure"] for one in found["promotions"]] == ["accuracy", "cost"]
    assert project.status()["champion"]["measure"] == "cost"


def test_an_answer_leads_to_its_model_its_data_and_its_steps(project: Project, asked: str) -> None:
    _, deployment = current(project.ring)
    assert deployment is not None
    found = why(project.ring, asked, sight=eyes())
    assert found["text"] == "WHERE is my parcel, please?"
    assert found["model"]["address"] == deployment.model
    assert found["model"]["part"] == "linear.v1"
    assert found["dataset"]["address"] == deployment.dataset
    assert found["dataset"]["licences"] == ["unstated"]
    assert [one["by"] for one in found["promotions"]] == ["gate"]
    steps = [step["step"] for step in found["steps"]]
    assert steps[0] == "model"
    assert set(steps) == {
        "model",
        "placement",
        "dataset",
        "records",
        "corrections",
        "labels",
        "guard",
    }
    assert len(steps) == len(set(steps))
    ledger = project.ring.ledger
    for step in found["steps"]:
        assert ledger.lineage_by_id(step["execution"]) is not None


def test_the_nearest_rows_are_training_rows_and_the_likest_come_first(
    project: Project, asked: str
) -> None:
    found = why(project.ring, asked, sight=eyes())["nearest"]
    assert len(found) == 5
    assert "where is my parcel" in found[0]["text"]
    assert found[0]["label"] == "parcel"
    assert [row["likeness"] for row in found] == sorted(
        (row["likeness"] for row in found), reverse=True
    )
    _, deployment = current(project.ring)
    assert deployment is not None
    folder = project.ring.runner.trees.open(deployment.dataset)
    assert {row["id"] for row in found} <= {row.id for row in read_rows(folder, "train")}


def test_a_training_row_itself_is_its_own_nearest(project: Project) -> None:
    _, deployment = current(project.ring)
    assert deployment is not None
    rows = read_rows(project.ring.runner.trees.open(deployment.dataset), "train")
    (first, *_) = nearest(project.ring, deployment.dataset, rows[7].text, sight=eyes())
    assert first["likeness"] == 1.0
    assert nearest(project.ring, deployment.dataset, None, sight=eyes()) == []


def test_whoever_may_not_see_texts_sees_ids_and_licences_only(project: Project, asked: str) -> None:
    project.react(Reaction(prediction=asked, kind="comment", comment="geheim", author="user-77"))
    project.react(Reaction(prediction=asked, kind="outcome", value="solved by phone"))
    seen = json.dumps(why(project.ring, asked, sight=eyes(blind=True)), ensure_ascii=False)
    shown = json.dumps(why(project.ring, asked, sight=eyes()), ensure_ascii=False)
    for text in (
        "geheim",
        "user-77",
        "solved by phone",
        "WHERE is my parcel",
        "where is my parcel",
    ):
        assert text in shown
        assert text not in seen
    assert json.loads(seen)["dataset"]["licences"] == ["unstated"]


def test_an_asker_is_told_neither_which_rows_are_near_nor_how_many_teach_and_judge(
    project: Project, asked: str
) -> None:
    """Either says which side of the hold-out a text of their own fell on, once it was corrected."""
    shown = why(project.ring, asked, sight=eyes())
    seen = why(project.ring, asked, sight=eyes(blind=True))
    assert len(shown["nearest"]) == 5
    assert {"from_feedback", "licence"} <= {*shown["nearest"][0]}
    assert shown["dataset"]["splits"]
    assert (seen["nearest"], seen["dataset"]["splits"], seen["forgotten"]) == ([], {}, [])
    assert all({*one} == {"part", "accuracy", "because"} for one in shown["model"]["rivals"])
    assert seen["model"]["rivals"]
    assert all({*one} == {"part"} for one in seen["model"]["rivals"]), "they count rows, too"
    assert "from_feedback" not in json.dumps(seen)


def test_a_row_that_a_rule_withholds_keeps_id_label_and_licence_and_no_likeness(
    project: Project, asked: str
) -> None:
    shown = why(project.ring, asked, sight=eyes())["nearest"]
    by_id = {row["id"]: row for row in shown}
    rules = keeping_back(source="*", split="train")
    held = why(project.ring, asked, sight=eyes(rules=rules))["nearest"]
    assert [row["id"] for row in held] == sorted(by_id)
    for row in held:
        assert not {"text", "likeness", "source"} & {*row}
        assert row.items() <= by_id[row["id"]].items()
        assert {"label", "licence"} <= {*row}
    told = "\n".join(tell_why(why(project.ring, asked, sight=eyes(rules=rules))))
    assert all(one["id"] in told and one["label"] in told for one in held)


def test_rows_that_may_be_seen_stand_by_likeness_before_those_that_may_not(
    project: Project,
) -> None:
    _, deployment = current(project.ring)
    assert deployment is not None
    rows = read_rows(project.ring.runner.trees.open(deployment.dataset), "train")
    labels = sorted({row.label for row in rows})
    text = next(row.text for row in rows if row.label == labels[0])
    rules = keeping_back(label=labels[0])
    found = nearest(
        project.ring, deployment.dataset, text, sight=eyes(rules=rules), count=len(rows)
    )
    seen = [row for row in found if "text" in row]
    assert found[: len(seen)] == seen
    assert {row["label"] for row in found[len(seen) :]} == {labels[0]}
    assert [row["likeness"] for row in seen] == sorted(
        (row["likeness"] for row in seen), reverse=True
    )
    assert [row["id"] for row in found[len(seen) :]] == sorted(
        row["id"] for row in found[len(seen) :]
    )


def keys_of(found: Any) -> Any:
    """Return the shape of an answer: every key, no value."""
    if isinstance(found, dict):
        return {key: keys_of(value) for key, value in found.items()}
    return [keys_of(one) for one in found] if isinstance(found, list) else None


def test_an_asker_is_not_told_which_answers_judge(
    folder: Path, opened: Callable[[Path], Project]
) -> None:
    project = opened(folder)
    things = ("hat", "coat", "shirt", "belt", "sock", "scarf", "帽子", "外套", "袜子", "围巾")
    asked = project.predict([f"can the {thing} be exchanged" for thing in things])
    sides = {row.holdout: row.id for row in asked}
    assert len(sides) == 2
    for name in sides.values():
        project.react(
            Reaction(prediction=name, kind="correction", value="size", consent="training")
        )
        label = Label(
            id=f"lab_{name}", app="shop", record=name, value="size", author="ann",
            author_kind="person",
        )  # fmt: skip
        project.ring.ledger.add_fact("label", label.id, label, about=name)
    project.turn()
    held, taught = (
        why(project.ring, sides[side], sight=eyes(blind=True)) for side in (True, False)
    )
    assert held["learnt"]
    for part in ("answer", "learnt", "feedback", "reviewed"):
        assert keys_of(held[part]) == keys_of(taught[part]), part
    for found in (held, taught):
        told = json.dumps([found["answer"], found["learnt"], found["feedback"], found["reviewed"]])
        for word in ("holdout", "reacted", "train", "taught", "split"):
            assert word not in told
    assert why(project.ring, sides[True], sight=eyes())["answer"]["holdout"]


def test_the_id_of_a_reaction_is_for_those_who_operate(project: Project, asked: str) -> None:
    """It is the pass to the case that the reaction opened."""
    said = project.react(Reaction(prediction=asked, kind="flag", value="wrong", author="smith"))
    assert [one["id"] for one in why(project.ring, asked, sight=eyes())["feedback"]] == [said.id]
    rules = keeping_back(source="*")
    (held,) = why(project.ring, asked, sight=eyes(rules=rules))["feedback"]
    assert held["id"] == said.id
    for sight in (eyes(blind=True), Sight((), who=Who(role="ask"), purpose="explanation")):
        found = why(project.ring, asked, sight=sight)
        assert [one["kind"] for one in found["feedback"]] == ["flag"]
        assert said.id not in json.dumps(found)


def test_an_unknown_answer_is_said_to_be_unknown_and_no_list_is_offered(project: Project) -> None:
    with pytest.raises(UnknownNameError, match=r"^unknown prediction 'pred_1'$"):
        why(project.ring, "pred_1", sight=eyes())


def test_an_erased_text_is_not_shown_and_the_rest_still_is(project: Project, asked: str) -> None:
    project.ring.traffic.erase([asked])
    found = why(project.ring, asked, sight=eyes())
    assert found["text"] is None
    assert found["nearest"] == []
    assert found["now"] is None
    assert found["model"]["part"] == "linear.v1"


def test_what_people_said_and_what_a_reviewer_decided_is_told(project: Project, asked: str) -> None:
    said = project.react(Reaction(prediction=asked, kind="correction", value="size"))
    label = Label(
        id="lab_1", app="shop", record=said.id, value="size", author="ann", author_kind="person",
        parents=(said.id,), must=True,
    )  # fmt: skip
    project.ring.ledger.add_fact("label", label.id, label, about=said.id)
    found = why(project.ring, asked, sight=eyes())
    assert [(row["kind"], row["value"]) for row in found["feedback"]] == [("correction", "size")]
    assert found["reviewed"] == [{"label": "size", "state": "accepted", "must": True}]


def test_the_text_a_reviewer_wrote_is_shown_to_whoever_may_see_texts(
    project: Project, asked: str
) -> None:
    label = Label(
        id="lab_1", app="shop", record=asked, value="Frau Weber, 韦伯太太", author="ann",
        author_kind="person", private=True,
    )  # fmt: skip
    project.ring.ledger.add_fact("label", label.id, label, about=asked)
    shown = why(project.ring, asked, sight=eyes())["reviewed"]
    assert shown == [{"label": "Frau Weber, 韦伯太太", "state": "accepted", "must": False}]
    hidden = why(project.ring, asked, sight=eyes(rules=keeping_back(source="*")))["reviewed"]
    assert hidden == [{"label": None, "state": "accepted", "must": False}]
    assert why(project.ring, asked, sight=eyes(blind=True))["reviewed"] == []


def not_held_out(project: Project, texts: list[str]) -> Any:
    return next(row for row in project.predict(texts) if not row.holdout)


def test_from_a_wrong_answer_the_way_leads_to_the_model_that_learnt_from_it(
    folder: Path, opened: Callable[[Path], Project]
) -> None:
    project = opened(folder)
    texts = [f"can {what} be exchanged" for what in ("it", "my hat", "shoes", "这个", "两个")]
    wrong = not_held_out(project, texts)
    said = project.react(
        Reaction(prediction=wrong.id, kind="correction", value="size", consent="training")
    )
    assert why(project.ring, wrong.id, sight=eyes())["learnt"] == []
    done = project.turn()
    told = why(project.ring, wrong.id, sight=eyes())["learnt"]
    (lesson,) = [one for one in told if one["taught"]]
    assert lesson["model"] == done.model
    assert lesson["promoted"] == (done.outcome == "promoted")
    rows = read_rows(project.ring.runner.trees.open(done.dataset), "train")
    assert {row["id"] for row in lesson["rows"]} == {
        row.id for row in rows if said.id in row.feedback
    }


def test_the_number_or_text_that_a_correction_taught_is_told_to_who_may_see_texts(
    folder: Path, opened: Callable[[Path], Project], monkeypatch: pytest.MonkeyPatch
) -> None:
    project = opened(folder)
    wrong = not_held_out(project, ["can it be exchanged", "can my hat be exchanged", "and shoes"])
    project.react(
        Reaction(prediction=wrong.id, kind="correction", value="size", consent="training")
    )
    project.turn()
    row = MadeRow(id="rec_1", split="train", label="", feedback=(), target="4.5")
    monkeypatch.setattr("chainring.ring.lessons.rows_with", lambda *_: [row])
    for rules, told in (([], {"target": "4.5"}), (keeping_back(source="feedback"), {})):
        learnt = why(project.ring, wrong.id, sight=eyes(rules=rules))["learnt"]
        assert learnt[-1]["rows"] == [{"id": "rec_1", "split": "train", "label": ""} | told]


def test_what_a_near_duplicate_replaced_leads_to_the_row_that_taught(
    folder: Path, opened: Callable[[Path], Project]
) -> None:
    recipe = folder / "chainring.toml"
    recipe.write_text(recipe.read_text().replace("min_jaccard = 1.0", "min_jaccard = 0.7"))
    project = opened(folder)
    long = "can the {} that was bought in your shop last week be exchanged for one that fits me"
    asked = project.predict([long.format(what) for what in ("hat", "coat", "shirt", "dress")])
    first, second, *_ = [row for row in asked if not row.holdout]
    for row in (first, second):
        project.react(
            Reaction(prediction=row.id, kind="correction", value="size", consent="training")
        )
    done = project.turn()
    (taught,) = why(project.ring, first.id, sight=eyes())["learnt"]
    (left,) = why(project.ring, second.id, sight=eyes())["learnt"]
    assert left["model"] == taught["model"] == done.model
    assert (left["rows"], left["taught"]) == ([], False)
    assert left["dropped"] == [{"reason": "near-duplicate", "kept": taught["rows"][0]["id"]}]
    assert taught["dropped"] == []
    told = "\n".join(tell_why(why(project.ring, second.id, sight=eyes())))
    assert f"learnt from {taught['rows'][0]['id']} instead" in told


CONFIRMED = "confirms that the text was passed on, which says no label"


@pytest.mark.parametrize("beside", [False, True], ids=["alone", "beside a correction"])
def test_a_passing_on_that_was_merely_confirmed_is_told_to_teach_nothing(
    folder: Path, opened: Callable[[Path], Project], beside: bool
) -> None:
    project = opened(folder)
    first = not_held_out(project, ["can it be exchanged", "can my hat be exchanged", "and shoes"])
    passed = replace(first, id=new_id("pred"), passed_on=True)
    project.ring.traffic.commit([(passed, "a text that was passed on")], [])
    project.react(Reaction(prediction=passed.id, kind="confirmation", consent="training"))
    if beside:
        project.react(
            Reaction(prediction=first.id, kind="correction", value="size", consent="training")
        )
    assert why(project.ring, passed.id, sight=eyes())["learnt"] == []
    done = project.turn()
    found = why(project.ring, passed.id, sight=eyes())
    (lesson,) = found["learnt"]
    assert (lesson["model"], lesson["rows"], lesson["taught"]) == (done.model, [], False)
    assert lesson["dropped"] == [{"reason": CONFIRMED, "kept": ""}]
    told = [line for line in tell_why(found) if "learnt nothing" in line]
    assert len(told) == 1
    assert CONFIRMED in told[0]
    assert "只确认已转人工" in in_language(told[0], "zh")


def test_a_reason_that_names_a_label_is_for_those_who_may_see_texts(tmp_path: Path) -> None:
    lines = [
        {"reason": "label 'Weber is ill' has 1 row; at least 2 needed", "feedback": ["fb_1"]},
        {"reason": "near-duplicate", "record": "rec_2", "feedback": ["fb_2"], "kept": "rec_1"},
    ]
    (tmp_path / "dropped.jsonl").write_text("\n".join(map(json.dumps, lines)) + "\n")
    seen = left_out(tmp_path, ["fb_1"], texts=True)
    assert seen == [{"reason": lines[0]["reason"], "kept": ""}]
    assert left_out(tmp_path, ["fb_1"], texts=False) == [
        {"reason": "a label with too few rows", "kept": ""}
    ]
    assert left_out(tmp_path, ["fb_2"], texts=False) == [
        {"reason": "near-duplicate", "kept": "rec_1"}
    ]


def test_a_reason_that_quotes_a_consent_is_for_those_who_may_see_texts(tmp_path: Path) -> None:
    reason = "consent not allowed: Weber said no"
    line = {"reason": reason, "feedback": "fb_1", "prediction": "pred_1"}
    (tmp_path / "dropped.jsonl").write_text(json.dumps(line) + "\n")
    for name in ("fb_1", "pred_1"):
        assert left_out(tmp_path, [name], texts=True) == [{"reason": reason, "kept": ""}]
    assert left_out(tmp_path, ["fb_1"], texts=False) == [
        {"reason": "consent not allowed", "kept": ""}
    ]


def test_a_placebo_made_of_the_same_rows_is_no_model_that_learnt(project: Project) -> None:
    wrong = not_held_out(project, ["can it be exchanged", "can my hat be exchanged"])
    project.react(
        Reaction(prediction=wrong.id, kind="correction", value="size", consent="training")
    )
    done = project.turn()
    dataset = built_of(project.ring, done.model).dataset
    placebo = build(project.ring, dataset, seed=project.ring.recipe.training.seed + 1)
    assert placebo.model.noun.address != done.model
    learnt = why(project.ring, wrong.id, sight=eyes())["learnt"]
    assert [one["model"] for one in learnt] == [done.model]


def test_data_sets_of_later_models_are_read_once_and_earlier_ones_never(
    folder: Path, opened: Callable[[Path], Project], monkeypatch: pytest.MonkeyPatch
) -> None:
    project = opened(folder)
    ledger = project.ring.ledger
    first = not_held_out(project, ["can it be exchanged", "can my hat be exchanged"])
    said = Reaction(prediction=first.id, kind="correction", value="size", consent="training")
    project.react(said)
    done = project.turn()
    (made,) = [row for row in ledger.all_lineage(step="model") if done.model in row.trees]
    ledger.add_lineage(replace(made, id=new_id("exec"), key="made again"))
    last = replace(first, id=new_id("pred"), model=done.model)
    project.ring.traffic.commit([(last, "hello")], [])
    read: list[str] = []

    def counted(ring: Ring, dataset: str, identifiers: list[str]) -> list[MadeRow]:
        read.append(dataset)
        return rows_with(ring, dataset, identifiers)

    monkeypatch.setattr("chainring.ring.lessons.rows_with", counted)
    learnt = why(project.ring, first.id, sight=eyes())["learnt"]
    assert done.model in [one["model"] for one in learnt]
    assert read.count(done.dataset) == 1
    read.clear()
    assert why(project.ring, last.id, sight=eyes())["learnt"] == []
    assert done.dataset not in read


def test_what_the_champion_of_today_answers_stands_beside(project: Project, asked: str) -> None:
    found = why(project.ring, asked, sight=eyes())
    assert found["now"]["label"] == found["answer"]["label"] == "parcel"
    assert found["now"]["model"] == found["model"]["address"]
