from __future__ import annotations

import contextlib
import dataclasses
import json
import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.training.conftest import make_dataset, make_row

from chainring.contracts.codec import decode
from chainring.contracts.dataset import OUT_OF_SCOPE, Row, Task
from chainring.contracts.errors import InputError
from chainring.contracts.evaluation import Evaluation, Outcome
from chainring.contracts.feedback import Feedback
from chainring.contracts.forms import Form, Forms, Parity
from chainring.contracts.ids import episode_key
from chainring.contracts.prediction import Answer
from chainring.contracts.predictor import Predictor
from chainring.contracts.request import Request
from chainring.contracts.table import Table
from chainring.contracts.values import Input
from chainring.contracts.work import Work
from chainring.stats.intervals import wilson
from chainring.store.tables import read_table, write_table
from chainring.text.near import near_groups
from chainring.training.evaluation import evaluation
from chainring.training.outcomes import outcome
from chainring.training.settings import EvaluationSettings

PARITY = Parity(
    rows=1, min_cosine=1.0, max_difference=0.0, label_agreement=1.0, within=True, because=""
)
FORMS = Forms(
    app="shop",
    model="blake2b:model",
    chosen="exact",
    forms=(
        Form(
            name="exact",
            engine="scripted",
            address="form",
            bytes=1,
            texts_per_s=1.0,
            parity=PARITY,
            accepted=True,
            because="",
        ),
    ),
)


def answer(label: str, *, confidence: float = 0.9, passed_on: bool = False) -> Answer:
    return Answer(label=label, confidence=confidence, passed_on=passed_on, text="")


class Scripted:
    """Answers every text as the script says; the texts it was asked are kept."""

    labels: tuple[str, ...] = ("a", "b")
    threshold = 0.5
    capabilities: frozenset[str] = frozenset()

    def __init__(self, script: dict[str, Answer]) -> None:
        self.script, self.asked, self.closed = script, list[str](), False

    def predict(self, requests: Sequence[Request], *, settings: object = None) -> list[Answer]:
        self.asked.extend(request.text for request in requests)
        return [self.script[request.text] for request in requests]

    def probabilities(self, texts: Sequence[Input]) -> Any:
        raise NotImplementedError

    def close(self) -> None:
        self.closed = True


@dataclasses.dataclass
class Suite:
    """Rows and the answers to them, judged in one call."""

    work: Work
    tmp_path: Path
    rows: list[Row] = dataclasses.field(default_factory=list)
    script: dict[str, Answer] = dataclasses.field(default_factory=dict)

    def add(
        self, text: str, truth: str, told: Answer, *, split: str = "test", **facts: Any
    ) -> None:
        row = make_row(text, truth, facts.pop("language", "en"), split)
        self.rows.append(dataclasses.replace(row, **facts))
        self.script[text] = told

    def judge(
        self,
        seen: Sequence[Row] = (),
        kept: Table[Feedback] | None = None,
        settings: EvaluationSettings | None = None,
        task: Task = "classification",
    ) -> Evaluation:
        self.predictor = Scripted(self.script)

        @contextlib.contextmanager
        def opened(folder: Path, *, engine: str, threads: int = 0) -> Iterator[Predictor]:
            assert (folder.name, engine) == ("form", "scripted")
            yield self.predictor
            self.predictor.close()

        work = dataclasses.replace(self.work, open_predictor=opened)
        name = "suite" if kept is None else "suite with kept answers"
        dataset = make_dataset(work, self.rows, self.tmp_path / name)
        dataset = dataclasses.replace(dataset, task=task)
        others = [make_dataset(work, seen, self.tmp_path / "seen")] if seen else []
        settings = settings or EvaluationSettings()
        return evaluation(FORMS, dataset, (dataset, *others), kept, work=work, settings=settings)

    def keep(self, *texts: str) -> Table[Feedback]:
        rows = [
            Feedback(
                id=f"pred_{n}", app="shop", prediction=f"pred_{n}", kind="outcome", value="",
                author="ann", at=1.0, text=text, language="en", group=f"g{n}", holdout=True,
                episode="chat 7",
            )
            for n, text in enumerate(texts)
        ]  # fmt: skip
        folder = self.tmp_path / "kept"
        folder.mkdir()
        count = write_table(folder, rows)
        return Table(address=self.work.trees.put(folder, kind="feedback"), rows=count)

    def outcomes(self, found: Evaluation) -> list[Outcome]:
        return list(read_table(Outcome, self.work.trees.open(found.address)))


@pytest.fixture
def suite(work: Work, tmp_path: Path) -> Suite:
    return Suite(work, tmp_path)


WORDS = "apple river stone cloud horse paper glass tiger music bread chair ocean".split()


def text_number(n: int) -> str:
    """Return texts that are no near-duplicates of each other."""
    return f"{WORDS[n % 12]} {WORDS[(n // 12) % 12]} {WORDS[(5 * n + 3) % 12]} {n}"


def test_accuracy_has_the_wilson_interval_of_its_rows(suite: Suite) -> None:
    for n in range(40):
        suite.add(text_number(n), "a", answer("a" if n < 30 else "b"))
    found = suite.judge()
    assert (found.accuracy.estimate, found.accuracy.rows) == (0.75, 40)
    z, p, n = 1.959964, 0.75, 40  # the closed form of Wilson 1927
    centre, reach = p + z * z / (2 * n), z * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    assert found.accuracy.low == pytest.approx((centre - reach) / scale, abs=1e-6)
    assert found.accuracy.high == pytest.approx((centre + reach) / scale, abs=1e-6)


def test_rows_of_one_author_group_or_conversation_make_no_figure_surer(suite: Suite) -> None:
    for n in range(40):
        facts = {("author", "group", "episode")[n // 4 % 3]: f"unit {n // 4}"}
        suite.add(text_number(n), "a", answer("a" if n % 12 < 8 else "b"), **facts)
    found = suite.judge()
    alone = wilson(28, 40)
    assert (found.accuracy.estimate, found.accuracy.rows) == (0.7, 40)
    for share in (found.accuracy, found.slices["language:en"]):
        assert share.high - share.low > 1.8 * (alone.high - alone.low)


def test_every_outcome_is_kept_and_the_predictor_closed(suite: Suite) -> None:
    suite.add("my parcel", "a", answer("b", confidence=0.7), author="u1", must=True, protected="f",
              episode="e1")  # fmt: skip
    found = suite.judge()
    (kept,) = suite.outcomes(found)
    assert (kept.truth, kept.label, kept.right, kept.confidence) == ("a", "b", 0.0, 0.7)
    assert (kept.author, kept.must, kept.protected, kept.part) == ("u1", True, "f", "suite")
    assert kept.episode == "e1"
    folder = suite.work.trees.open(found.address)
    lines = (folder / "outcomes.jsonl").read_text("utf-8").splitlines()
    assert [decode(Outcome, line) for line in lines] == [kept]
    assert json.loads((folder / "confusion.json").read_text("utf-8")) == [["a", "b", 1]]
    assert suite.predictor.closed


def test_what_was_passed_on_confuses_no_labels(suite: Suite) -> None:
    suite.add("one", "a", answer("b"))
    suite.add("two", "a", answer("b", passed_on=True))
    suite.add("three", "a", answer(OUT_OF_SCOPE, passed_on=True))
    suite.add("four", OUT_OF_SCOPE, answer("b", passed_on=True))
    folder = suite.work.trees.open(suite.judge().address)
    cells = json.loads((folder / "confusion.json").read_text("utf-8"))
    assert {(t, p): n for t, p, n in cells} == {
        ("a", "b"): 1,
        ("a", OUT_OF_SCOPE): 1,
        (OUT_OF_SCOPE, OUT_OF_SCOPE): 1,
    }


def test_out_of_scope_is_right_when_passed_on_whatever_the_label(suite: Suite) -> None:
    suite.add("a poem please", OUT_OF_SCOPE, answer("a", passed_on=True))
    suite.add("the weather", OUT_OF_SCOPE, answer("b"))
    suite.add("我的包裹", "a", answer("a", passed_on=True), language="zh")
    suite.add("my money", "a", answer("b"))
    found = suite.judge()
    assert found.out_of_scope_recall == 0.5
    assert found.passed_on == 0.5
    assert found.accuracy.estimate == 0.5
    assert found.slices["language:zh"].estimate == 1.0


def test_without_rows_out_of_scope_there_is_no_recall_of_them(suite: Suite) -> None:
    suite.add("my money", "a", answer("a"))
    assert suite.judge().out_of_scope_recall is None


def test_rows_of_those_who_reacted_are_judged_and_kept_out_of_the_headline(suite: Suite) -> None:
    suite.add("my parcel", "a", answer("a"))
    suite.add("held out", "a", answer("a"), split="holdout")
    suite.add("complained of", "b", answer("a"), split="reacted")
    found = suite.judge()
    assert found.accuracy.estimate == 1.0
    assert found.slices["part:reacted"].estimate == 0.0
    assert found.slices["part:holdout"].rows == found.slices["part:suite"].rows == 1
    assert "label:b" not in found.slices
    assert len(suite.outcomes(found)) == 3


def test_a_row_marked_must_is_answered_wherever_it_stands_and_counts_nowhere_else(
    suite: Suite,
) -> None:
    suite.add("my parcel", "a", answer("a"))
    suite.add("taught", "a", answer("b"), split="train", must=True)
    suite.add("validated", "a", answer("a"), split="validation", must=True)
    suite.add("taught, not marked", "a", answer("b"), split="train")
    suite.add("seen by the champion", "b", answer("a"), must=True)
    found = suite.judge(seen=[make_row("seen by the champion", "b", "en", "train")])
    assert (found.accuracy.estimate, found.accuracy.rows) == (1.0, 1)
    assert found.dropped == {"trained_on": 1}
    assert found.slices["part:must"].rows == 3
    assert "label:b" not in found.slices
    marked = {o.truth + o.label: o.part for o in suite.outcomes(found) if o.must}
    assert marked == {"ab": "must", "aa": "must", "ba": "must"}
    assert len(suite.outcomes(found)) == 4


def test_slices_by_language_label_source_and_protected_group(suite: Suite) -> None:
    suite.add("my parcel", "a", answer("a"), protected="woman")
    suite.add("我的包裹", "a", answer("b"), language="zh", source="chat")
    slices = suite.judge().slices
    assert {name: (s.estimate, s.rows) for name, s in slices.items()} == {
        "language:en": (1.0, 1),
        "language:zh": (0.0, 1),
        "label:a": (0.5, 2),
        "source:shop": (1.0, 1),
        "source:chat": (0.0, 1),
        "protected:woman": (1.0, 1),
        "part:suite": (0.5, 2),
    }


def test_rows_that_a_judged_model_has_seen_are_dropped_and_counted(suite: Suite) -> None:
    suite.add("Where is my parcel? I ordered it a week ago.", "a", answer("a"))
    suite.add("Can I pay by card in the shop?", "a", answer("a"))
    suite.add("物流太久了，我的包裹到底在哪里？", "a", answer("b"), language="zh")
    seen = [
        make_row("where is my parcel!! i ordered it a week ago", "a"),
        make_row("物流太久了，我的包裹到底在哪里？", "a", "zh", "validation"),
        make_row("Can I pay by card in the shop?", "a", "en", "test"),
    ]
    found = suite.judge(seen)
    assert found.dropped == {"near_duplicate": 1, "trained_on": 1}
    assert [o.row for o in suite.outcomes(found)] == [suite.rows[1].id]
    assert suite.predictor.asked == ["Can I pay by card in the shop?"]


PROMPTS = ("How long is the big river in the north?", "北方那条大河到底有多长呢？")


def test_a_prompt_that_was_trained_on_judges_no_preference(suite: Suite) -> None:
    told = answer("long")
    for text in (*PROMPTS, "Who built the bridge?"):
        suite.add(text, "", told, target="long", pair="what do I know", split="test")
    suite.add(PROMPTS[0], "", told, target="very long", pair="不知道", split="train", id="r1")
    suite.add(f"请问{PROMPTS[1]}", "", told, target="很长", pair="一点不长", split="train", id="r2")
    found = suite.judge(task="preference")
    assert found.dropped == {"near_duplicate": 1, "trained_on": 1}
    assert [o.row for o in suite.outcomes(found)] == [suite.rows[2].id]


def test_a_question_taught_with_its_passage_is_no_new_one_without(suite: Suite) -> None:
    told, passage = answer("Bern"), "Switzerland lies in the Alps; its capital is Bern. " * 4
    suite.add("What is its capital?", "", told, target="Bern", split="holdout")
    suite.add("它的首都在哪里？", "", told, target="Bern", split="holdout")
    suite.add(
        "What is its capital?", "", told, target="Bern", pair=passage, split="train", id="taught"
    )
    found = suite.judge(task="question-answering")
    assert found.dropped == {"trained_on": 1}
    assert [o.row for o in suite.outcomes(found)] == [suite.rows[1].id]


def test_a_beginning_that_all_conversations_share_makes_none_seen(suite: Suite) -> None:
    rules = "You are the assistant of a shop. Answer briefly and never promise a refund. " * 3
    said = ("where is my parcel", "退款", "退货", "can I pay by card")
    talks = [
        json.dumps([{"role": "system", "content": rules}, {"role": "user", "content": text}])
        for text in said
    ]
    for n, text in enumerate(talks):
        suite.add(text, "", answer("ok"), target="ok", split="train" if n % 2 else "test")
    suite.add(json.dumps([{"role": "user", "content": said[1]}]), "", answer("ok"), target="ok")
    found = suite.judge(task="dialogue")
    assert found.dropped == {"trained_on": 1}
    assert [o.row for o in suite.outcomes(found)] == [suite.rows[0].id, suite.rows[2].id]


def add_amounts(suite: Suite) -> None:
    suite.add("paid 120 euros to the shop", "a", answer("a"))
    suite.add("paid 450 euros to the shop", "b", answer("b"), split="train")


def test_at_1_a_row_that_differs_in_an_amount_was_not_seen(suite: Suite) -> None:
    add_amounts(suite)
    found = suite.judge(settings=EvaluationSettings(min_jaccard=1.0))
    assert (found.accuracy.rows, found.dropped) == (1, {})


def test_where_every_row_is_near_the_fault_names_the_setting(suite: Suite) -> None:
    add_amounts(suite)
    with pytest.raises(InputError, match=r"near from evaluation\.min_jaccard on"):
        suite.judge()


def test_kept_answers_are_noted_and_change_no_figure(suite: Suite) -> None:
    for n in range(10):
        suite.add(text_number(n), "a", answer("a" if n < 7 else "b"))
    alone = suite.judge()
    suite.script["where has it gone"] = answer("b", passed_on=True)
    found = suite.judge(kept=suite.keep("where has it gone"))
    (noted,) = [one for one in suite.outcomes(found) if one.part == "deciding"]
    assert (noted.row, noted.label, noted.passed_on, noted.right) == ("pred_0", "b", True, 0.0)
    assert (noted.truth, noted.author, noted.group) == ("", "ann", "g0")
    assert noted.episode == episode_key(suite.work.secret, "chat 7"), "as that of a reviewed row"
    assert found.accuracy == alone.accuracy
    assert found.slices == alone.slices
    assert (found.macro_f1, found.calibration_error) == (alone.macro_f1, alone.calibration_error)
    assert (found.passed_on, found.metrics) == (alone.passed_on, alone.metrics)


TAUGHT = "the blue parcel that I ordered on monday went to a house in the old town"
BETWEEN = "the blue parcel that I ordered on monday went to a house in the old town of my aunt"
JUDGING = "that I ordered on monday went to a house in the old town of my aunt"
AGAIN = "it is that I ordered on monday went to a house in the old town of my aunt"


def test_no_text_that_users_asked_takes_a_row_out_of_the_suite(suite: Suite) -> None:
    assert near_groups([TAUGHT, JUDGING]) == [0, 1]
    assert near_groups([TAUGHT, JUDGING, BETWEEN, AGAIN]) == [0, 0, 0, 0]
    for text in (JUDGING, BETWEEN, AGAIN, "where has it gone"):
        suite.script[text] = answer("a")
    suite.add(JUDGING, "a", answer("a"))
    kept = suite.keep(BETWEEN, AGAIN, "where has it gone")
    found = suite.judge([make_row(TAUGHT, "a")], kept=kept)
    assert (found.dropped, found.accuracy.rows) == ({}, 1)
    assert suite.predictor.asked == [JUDGING, "where has it gone"]


def test_kept_answers_that_a_model_has_seen_or_that_judge_already_are_left_out(
    suite: Suite,
) -> None:
    suite.add("where is the parcel I ordered", "a", answer("a"))
    suite.add("a row that taught the other model", "a", answer("a"), split="train")
    texts = ("where is the parcel I ordered?", "a row that taught the other model", "quite new", "")
    suite.script |= {text: answer("b") for text in texts}
    found = suite.judge(kept=suite.keep(*texts))
    assert [o.row for o in suite.outcomes(found) if o.part == "deciding"] == ["pred_2"]
    assert found.dropped == {}


def test_a_suite_that_was_all_trained_on_cannot_judge(suite: Suite) -> None:
    suite.add("Where is my parcel?", "a", answer("a"))
    with pytest.raises(InputError, match="trained_on"):
        suite.judge([make_row("Where is my parcel?", "a")])


def test_the_calibration_error_is_that_of_the_rows_in_scope(suite: Suite) -> None:
    for n in range(10):
        suite.add(text_number(n), "a", answer("a" if n < 5 else "b", confidence=0.9))
    suite.add("a poem", OUT_OF_SCOPE, answer("a", confidence=1.0))
    assert suite.judge().calibration_error == pytest.approx(0.4)


def test_beside_the_calibration_error_stands_what_a_calibrated_model_would_have(
    suite: Suite,
) -> None:
    for n in range(40):
        suite.add(text_number(n), "a", answer("a" if n % 2 else "b", confidence=0.5))
    found = suite.judge()
    assert found.calibration_error == pytest.approx(0.0)
    by_chance = 0.5 * math.sqrt(2 / (math.pi * 40))  # the mean of |share - 1/2| of 40 fair coins
    assert found.calibration_expected == pytest.approx(by_chance, rel=0.15)


def test_macro_f1_equals_that_of_scikit_learn(suite: Suite) -> None:
    from sklearn.metrics import f1_score

    rng = np.random.default_rng(0)
    truth, told = rng.choice(["a", "b", "c"], (2, 60)).tolist()
    for n, (t, p) in enumerate(zip(truth, told, strict=True)):
        suite.add(text_number(n), t, answer(p))
    assert suite.judge().macro_f1 == pytest.approx(f1_score(truth, told, average="macro"))


@pytest.mark.parametrize("flip", [lambda right: right, lambda right: not right])
def test_a_row_in_scope_is_right_by_its_label_alone(flip: Callable[[bool], bool]) -> None:
    row = make_row("my parcel", "a", "en", "test")
    assert outcome(row, answer("a" if flip(True) else "b", passed_on=True)).right == flip(True)
