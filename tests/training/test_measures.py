"""The figures of each task by name, against what is counted by hand."""

from __future__ import annotations

import math
import random
import time
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np
import pytest

from chainring.contracts.dataset import Row, Task
from chainring.contracts.evaluation import Share
from chainring.contracts.prediction import Answer
from chainring.contracts.values import joined
from chainring.stats.grades import grade_of
from chainring.training.measures import MAX_KINDS, constant_answer, measures, searched


def row(**values: str) -> Row:
    nothing = dict.fromkeys(
        ("id", "text", "label", "language", "split", "source", "licence", "group"), ""
    )
    return Row(**nothing | values)  # type: ignore[arg-type]


VARIED: dict[Task, list[tuple[str, str]]] = {
    "matching": [("yes", "yes"), ("yes", "no"), ("no", "no"), ("no", "no"), ("no", "yes")],
    "multi-label": [("a|b", "a"), ("b", "b"), ("|", "a|b"), ("a|b", "a|b"), ("b", "a|b")],
    "regression": [("1", "2"), ("2", "1.5"), ("3", "5"), ("4", "3"), ("5", "6"), ("9", "8")],
    "tagging": [
        ('[[0, 1, "a"]]', '[[0, 1, "a"]]'),
        ('[[0, 1, "a"], [2, 3, "a"]]', '[[2, 3, "a"]]'),
        ('[[4, 5, "a"]]', '[[4, 6, "a"], [7, 8, "a"]]'),
        ('[[1, 2, "a"]]', "[]"),
    ],
    "translation": [
        ("the cat sat on the mat", "the cat sat on a mat"),
        ("a dog ran home very fast", "one dog ran home fast"),
        ("my horse likes green apples", "my horse likes green apples"),
        ("she reads a book at night", "he read books by day"),
    ],
    "question-answering": [("red", "red"), ("blue sky", "the sky"), ("Ann", "Bob"), ("no", "no")],
}
"""Answers of which some are right, and some wrong."""


def figures(
    task: Task, told: list[tuple[str, str]], *, level: float = 0.95, authors: int = 0
) -> dict[str, Share]:
    """Return the figures of pairs of what is true and what was said, written by so many."""
    is_label = task in ("classification", "multi-label", "matching", "inference")
    judged = [
        (
            row(
                **{"label" if is_label else "target": truth},
                author=f"{n % authors}" if authors else "",
            ),
            Answer(
                label=said if is_label else "",
                output="" if is_label else said,
                confidence=1.0,
                passed_on=False,
                text="",
            ),
        )
        for n, (truth, said) in enumerate(told)
    ]
    return measures(task, judged, level=level)


def estimates(found: dict[str, Share]) -> dict[str, float]:
    return {name: share.estimate for name, share in found.items()}


def wide(share: Share) -> float:
    return share.high - share.low


@pytest.mark.parametrize("task", list(VARIED))
def test_rows_of_one_author_make_no_figure_of_any_task_surer(task: Task) -> None:
    alone, repeated = (figures(task, VARIED[task] * 3, authors=n) for n in (0, len(VARIED[task])))
    assert estimates(alone) == pytest.approx(estimates(repeated))
    assert {name for name in alone if wide(repeated[name]) <= wide(alone[name]) > 0} == set()


def test_one_label_has_its_accuracy_alone() -> None:
    assert figures("classification", [("a", "a"), ("a", "b")]) == {}


@pytest.mark.parametrize("task", ["classification", "tagging", "translation"])
def test_nothing_judged_has_no_figures(task: Task) -> None:
    assert measures(task, [], level=0.95) == {}


@pytest.mark.parametrize("task", ["matching", "inference"])
def test_pairs_have_the_mean_f1_of_their_labels(task: Task) -> None:
    found = figures(task, [("yes", "yes"), ("yes", "no"), ("no", "no"), ("no", "no")])
    yes, no = 2 / 3, 4 / 5
    assert estimates(found) == pytest.approx({"macro_f1": (yes + no) / 2})
    assert found["macro_f1"].low < found["macro_f1"].estimate < found["macro_f1"].high
    assert found["macro_f1"].rows == 4


def test_several_labels_are_counted_over_all_by_label_and_as_a_whole() -> None:
    found = figures("multi-label", [("a|b", "a"), ("b", "b"), ("|", "a|b"), ("a|b", "a|b")])
    assert estimates(found) == pytest.approx(
        {
            "micro_f1": 2 * 4 / (2 * 4 + 1 + 2),  # one label missing, two too many
            "macro_f1": (2 * 2 / (2 * 2 + 1) + 2 * 2 / (2 * 2 + 2)) / 2,
            "exact_match": 2 / 4,
        }
    )
    for share in found.values():
        assert share.low <= share.estimate <= share.high


def test_the_macro_f1_of_several_labels_is_as_sure_as_all_its_labels_together() -> None:
    """Rare labels are told unsurely each, their mean is not; the bounds are those of fresh rows."""
    generator = np.random.default_rng(0)

    def drawn() -> list[tuple[str, str]]:
        truth = generator.random((300, 20)) < 0.08
        guessed = generator.random((300, 20)) < 0.08
        said = np.where(generator.random((300, 20)) < 0.25, guessed, truth)
        names = [
            ["|".join(f"l{i:02}" for i in np.flatnonzero(labels)) or "|" for labels in table]
            for table in (truth, said)
        ]
        return list(zip(*names, strict=True))

    found = figures("multi-label", drawn())["macro_f1"]
    fresh = [mean_f1(drawn()) for _ in range(100)]
    spread = np.quantile(fresh, 0.975) - np.quantile(fresh, 0.025)
    assert 0.6 * spread < found.high - found.low < 1.6 * spread
    assert found.low < float(np.mean(fresh)) < found.high


def mean_f1(told: list[tuple[str, str]]) -> float:
    rows = [(set(truth.split("|")), set(said.split("|"))) for truth, said in told]
    counts = [
        [(label in truth, label in said) for truth, said in rows]
        for label in {label for both in rows for names in both for label in names} - {""}
    ]
    each = [2 * sum(t and s for t, s in one) / sum(t + s for t, s in one) for one in counts]
    return sum(each) / len(each)


def test_rows_without_any_label_have_a_macro_f1_of_nothing() -> None:
    assert figures("multi-label", [("|", "|"), ("|", "|")])["macro_f1"].estimate == 0.0


def test_numbers_have_their_errors_and_correlations() -> None:
    truth, said = [1.0, 2.0, 3.0, 10.0], [2.0, 2.0, 5.0, 9.0]
    found = figures("regression", [(f"{t}", f"{s}") for t, s in zip(truth, said, strict=True)])
    assert estimates(found) == pytest.approx(
        {
            "mean_absolute_error": (1 + 0 + 2 + 1) / 4,
            "root_mean_squared_error": math.sqrt((1 + 0 + 4 + 1) / 4),
            "pearson": float(np.corrcoef(truth, said)[0, 1]),
            "spearman": float(np.corrcoef([1, 2, 3, 4], [1.5, 1.5, 3, 4])[0, 1]),
        }
    )


def test_a_tag_is_right_with_its_place_and_its_kind() -> None:
    found = figures(
        "tagging",
        [
            ('[[0, 2, "city"], [3, 5, "date"]]', '[[0, 2, "city"], [3, 6, "date"]]'),
            ('[[1, 4, "city"]]', '[[1, 4, "date"]]'),
            ("[]", "[]"),
            ('[[0, 1, "city"]]', "[]"),
        ],
    )
    assert estimates(found) == pytest.approx(
        {
            "entity_f1": 2 * 1 / (4 + 3),
            "precision": 1 / 3,
            "recall": 1 / 4,
            "f1:city": 2 * 1 / (3 + 1),
            "f1:date": 0.0,
        }
    )


def test_kinds_of_tags_beyond_a_screen_have_no_figure_of_their_own() -> None:
    kinds = [f"kind{i:03}" for i in range(MAX_KINDS + 3)]
    found = figures("tagging", [(f'[[0, 1, "{kind}"]]', f'[[0, 1, "{kind}"]]') for kind in kinds])
    assert len([name for name in found if name.startswith("f1:")]) == MAX_KINDS
    assert found["entity_f1"].estimate == 1.0


def test_a_higher_level_gives_wider_intervals() -> None:
    told = [("a|b", "a"), ("b", "b"), ("a", "b"), ("a|b", "a|b"), ("b", "a"), ("a", "a")]
    narrow = figures("multi-label", told, level=0.5)["micro_f1"]
    wide = figures("multi-label", told, level=0.99)["micro_f1"]
    assert wide.high - wide.low > narrow.high - narrow.low


def test_texts_have_the_figures_of_writing() -> None:
    found = figures("question-answering", [("the red hat", "a red cap"), ("no", "no")])
    assert estimates(found) == {"exact_match": 0.5, "f1": 0.75}  # articles do not count


@pytest.mark.parametrize(
    ("form", "values", "constant"),
    [
        ("one", ["b", "a", "b"], "b"),
        ("one", ["b", "a"], "a"),
        ("several", ["a|b", "a", "a|b"], "a|b"),
        ("several", ["a|b", "a|c", "b|c", "|", "|"], "a|b|c"),
        ("several", ["a", "b", "c", "|", "|"], "|"),
        ("number", ["1", "2", "10"], "2"),
        ("tags", ['[[0, 1, "x"]]'], "[]"),
        ("text", ["hello", "hello"], "hello"),
        ("text", ["", ""], ""),
        ("one", [], ""),
        ("tags", [], "[]"),
    ],
)
def test_the_constant_answer_is_worth_most(form: Any, values: list[str], constant: str) -> None:
    task: Any = {
        "one": "classification", "several": "multi-label", "number": "regression",
        "tags": "tagging", "text": "generation",
    }[form]  # fmt: skip
    assert constant_answer(task, values) == constant


@pytest.mark.parametrize("seed", range(6))
def test_no_other_set_of_labels_that_never_changes_is_worth_more(seed: int) -> None:
    """Labels come together and apart, so that the best set is no count of the commonest sets."""
    generator = np.random.default_rng(seed)
    names, rates = list("abcde"), generator.uniform(0.1, 0.7, 5)
    drawn = generator.random((36, 5)) < rates
    drawn[:, 1] |= drawn[:, 0] & (generator.random(36) < 0.5)
    values = [joined(name for name, has in zip(names, row, strict=True) if has) for row in drawn]

    def worth(value: str) -> float:
        return sum(grade_of("multi-label", truth, value) for truth in values)

    every = [joined(some) for size in range(6) for some in combinations(names, size)]
    found = constant_answer("multi-label", values)
    assert worth(found) == pytest.approx(max(map(worth, every)))


def test_of_a_thousand_labels_the_set_that_never_changes_is_found_in_seconds() -> None:
    dice = random.Random(1)
    values = [joined(f"l{dice.randrange(1000)}" for _ in range(5)) for _ in range(5000)]
    started = time.process_time()
    constant_answer("multi-label", values)
    assert time.process_time() - started < 5


@pytest.mark.parametrize("task", ["generation", "question-answering"])
def test_of_texts_that_one_never_changes_which_is_likest_to_the_others(task: Task) -> None:
    things = "coat shoes lamp skirt kettle towel boots belt gloves blanket".split()
    alike = [f"please wait for the {thing} until Monday" for thing in things]
    others = ["好的，马上处理", "您好！", "no", "I cannot see the order number you mention"]
    found = constant_answer(task, [*others, *alike, *others])
    assert found in alike

    def worth(said: str) -> float:
        return sum(grade_of(task, truth, said) for truth in (*others, *alike, *others))

    assert worth(found) == pytest.approx(max(map(worth, (*others, *alike))))


def test_of_many_long_texts_the_one_that_never_changes_is_found_in_seconds() -> None:
    dice = random.Random(1)
    words = "the order parcel refund came late again today please see 包裹 退款".split()
    texts = [" ".join(dice.choices(words, k=600)) for _ in range(2000)]
    started = time.process_time()
    found = constant_answer("translation", [*texts, *["one moment please"] * 400])
    assert time.process_time() - started < 20
    assert found in texts


class Directions:
    """Embeds a text as the direction that its last word names."""

    capabilities: tuple[str, ...] = ("embed",)

    def __init__(self, known: dict[str, list[float]]) -> None:
        self.known = known

    def embed(self, texts: list[str]) -> np.ndarray[Any, Any]:
        return np.array([self.known[text] for text in texts])


def pairs(count: int) -> tuple[Directions, list[Row]]:
    """Return questions and the answers that belong to them; the first is nearest to another's."""
    axes = np.eye(count)
    known = {f"q{i}": axes[i].tolist() for i in range(count)}
    known |= {f"d{i}": axes[i].tolist() for i in range(count)}
    known["q0"] = (0.6 * axes[0] + 0.8 * axes[1]).tolist()
    rows = [row(text=f"q{i}", pair=f"d{i}", label="same") for i in range(count)]
    rows += [row(text=f"q{i}", pair=f"d{(i + 3) % count}", label="other") for i in range(count)]
    return Directions(known), rows


def test_search_is_judged_by_the_second_texts_of_pairs_that_go_together() -> None:
    predictor, rows = pairs(12)
    found = searched(predictor, rows, "matching", level=0.95)  # type: ignore[arg-type]
    assert estimates(found) == pytest.approx(
        {
            "recall@1": 11 / 12,
            "recall@10": 1.0,
            "ndcg@10": (11 + 1 / math.log2(3)) / 12,
        }
    )
    assert {share.rows for share in found.values()} == {12}


def test_too_few_texts_and_other_tasks_are_no_search() -> None:
    predictor, rows = pairs(8)
    assert searched(predictor, rows, "matching", level=0.95) == {}  # type: ignore[arg-type]
    predictor, rows = pairs(12)
    assert searched(predictor, rows, "inference", level=0.95) == {}  # type: ignore[arg-type]
    few = [one for one in rows if one.label == "other" or one.text in ("q3", "q4")]
    assert searched(predictor, few, "matching", level=0.95) == {}  # type: ignore[arg-type]
    shared = [replace(one, pair=f"d{int(one.pair[1:]) % 5}") for one in rows]
    assert searched(predictor, shared, "matching", level=0.95) == {}  # type: ignore[arg-type]
    predictor.capabilities = ()
    assert searched(predictor, rows, "matching", level=0.95) == {}  # type: ignore[arg-type]


class Liker:
    """Finds a chosen text the likelier, by how it begins."""

    capabilities: tuple[str, ...] = ("prefer",)

    def likelihoods(self, pairs: list[tuple[str, str]]) -> list[float]:
        return [float(target.startswith("good")) for _, target in pairs]


def test_what_only_the_predictor_can_tell_has_the_level_that_was_asked_for() -> None:
    finder, asked = pairs(12)
    told = [("good a", "bad b"), ("so", "good"), ("good", "c"), ("good", "d")]
    liked = [row(text="q", target=chosen, pair=rejected) for chosen, rejected in told]
    for predictor, rows, task, name in (
        (finder, asked, "matching", "recall@1"),
        (Liker(), liked, "preference", "preference_accuracy"),
    ):
        narrow, usual, wide = (
            searched(predictor, rows, task, level=level)[name]  # type: ignore[arg-type]
            for level in (0.5, 0.95, 0.99)
        )
        assert wide.low < usual.low < narrow.low < narrow.estimate


def test_what_only_the_predictor_can_tell_counts_an_author_as_one() -> None:
    finder, asked = pairs(12)
    told = [("good a", "bad b"), ("so", "good"), ("good", "c"), ("good", "d")]
    liked = [row(text="q", target=chosen, pair=rejected) for chosen, rejected in told]
    for predictor, rows, task, name in (
        (finder, asked, "matching", "recall@1"),
        (Liker(), liked, "preference", "preference_accuracy"),
    ):
        few = [replace(one, author=f"u{i % 2}") for i, one in enumerate(rows)]
        alone, together = (
            searched(predictor, some, task, level=0.95)[name]  # type: ignore[arg-type]
            for some in (rows, few)
        )
        assert (together.estimate, together.rows) == (alone.estimate, alone.rows)
        assert together.low < alone.low
