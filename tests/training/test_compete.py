from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.training.conftest import make_row

from chainring.contracts.dataset import OUT_OF_SCOPE, Row
from chainring.contracts.measure import Measure
from chainring.contracts.prediction import Answer
from chainring.stats.readout import Readout
from chainring.training.candidate import Trained
from chainring.training.compete import Standing, compete, judge
from chainring.training.threshold import Threshold


def make_standing(part: str, right: Sequence[bool], languages: Sequence[str]) -> Standing:
    share = {
        name: float(np.mean([r for r, at in zip(right, languages, strict=True) if at == name]))
        for name in sorted(set(languages))
    }
    return Standing(
        part=part,
        trained=Trained(folder=Path(), kind="linear", logits=lambda texts: np.zeros((1, 1), "f4")),
        readout=Readout(task="classification", labels=("a", "b")),
        threshold=Threshold(value=0.0, because=""),
        right=tuple(right),
        per_language=share,
        languages={name: list(languages).count(name) for name in share},
    )


def winner(*standings: Standing) -> str:
    (won,) = [rival.part for rival in compete(standings) if rival.won]
    return won


def test_the_most_accurate_wins_and_the_loser_is_told_why() -> None:
    linear = make_standing("linear.v1", [True] * 80 + [False] * 20, ["en"] * 100)
    encoder = make_standing("encoder.v1", [True] * 90 + [False] * 10, ["en"] * 100)
    rivals = compete([linear, encoder])
    assert [rival.won for rival in rivals] == [False, True]
    assert "encoder.v1" in rivals[0].because
    assert rivals[1].low < 0.9 < rivals[1].high


def test_the_simpler_wins_a_tie() -> None:
    equal = [True] * 80 + [False] * 20
    linear = make_standing("linear.v1", equal, ["en"] * 100)
    assert winner(linear, make_standing("encoder.v1", equal[::-1], ["en"] * 100)) == "linear.v1"


@pytest.mark.parametrize(("rows", "won"), [(50, "linear.v1"), (49, "encoder.v1")])
def test_none_wins_that_is_below_the_linear_one_in_a_language_of_fifty_rows(
    rows: int, won: str
) -> None:
    languages = ["en"] * 200 + ["zh"] * rows
    linear = make_standing("linear.v1", [True] * 100 + [False] * 100 + [True] * rows, languages)
    encoder_right = [True] * 200 + [False] + [True] * (rows - 1)
    rivals = compete([linear, make_standing("encoder.v1", encoder_right, languages)])
    assert [r.part for r in rivals if r.won] == [won]
    if won == "linear.v1":
        assert "zh" in rivals[1].because


def test_a_mean_grade_is_not_called_rows_right() -> None:
    readout = Readout(task="regression", labels=())
    standings = [
        replace(make_standing(part, right, ["en"] * 4), readout=readout)  # type: ignore[arg-type]
        for part, right in (("linear.v1", [0.5] * 4), ("encoder.v1", [0.75] * 4))
    ]
    linear, encoder = compete(standings)
    assert encoder.because == "a mean grade of 75.0% on 4 validation rows"
    assert linear.because == "a lower mean grade than encoder.v1 (75.0%)"


def answering(logits: Sequence[Sequence[float]]) -> Trained:
    return Trained(
        folder=Path(), kind="linear", logits=lambda texts: np.array(logits, dtype=np.float32)
    )


@pytest.mark.parametrize(("well", "passed_on"), [(0, 0), (1, 0), (19, 0), (20, 80)])
def test_a_writer_passes_nothing_on_before_enough_rows_show_which_answers_are_sure(
    well: int, passed_on: int
) -> None:
    rows = [
        replace(make_row(f"text {i}", "", "en"), target="the parcel is late") for i in range(100)
    ]
    sure = [i / 100 for i in range(100)]

    def answers(asked: Sequence[Row]) -> list[Answer]:
        return [
            Answer(
                label="", confidence=share, passed_on=False, text=row.text,
                output="the parcel is late" if i >= 100 - well else "?",
            )
            for i, (row, share) in enumerate(zip(asked, sure, strict=True))
        ]  # fmt: skip

    trained = Trained(folder=Path(), kind="generator", answers=answers)
    found = judge("decoder.v1", trained, rows, [], task="generation")
    assert sum(share < found.threshold.value for share in sure) == passed_on
    assert ("too few" in found.threshold.because) == (passed_on == 0)


def rows_of(*labels: str) -> list[Row]:
    return [make_row(f"text {i}", label, "en" if i % 2 else "zh") for i, label in enumerate(labels)]


@pytest.mark.parametrize(("below", "right"), [(0.0, 0.0), (0.9, 1.0)])
def test_a_threshold_of_the_recipe_is_the_one_that_counts(below: float, right: float) -> None:
    rows = rows_of("a", "b", "a", OUT_OF_SCOPE)
    logits = [[4.0, 0.0], [0.0, 4.0], [4.0, 0.0], [0.2, 0.0]]
    found = judge("x.v1", answering(logits), rows, ["a", "b"], pass_on_below=below)
    assert found.threshold.value == below
    assert "the recipe sets it" in found.threshold.because
    assert found.right[-1] == right


def test_rows_of_one_author_make_the_interval_of_a_rival_wider() -> None:
    rows = rows_of(*"ab" * 20)
    logits = [[4.0, 0.0]] * 20 + [[0.0, 4.0], [4.0, 0.0]] * 10
    few = [replace(row, author=f"u{i % 4}") for i, row in enumerate(rows)]
    alone, together = (
        compete([judge("x.v1", answering(logits), one, ["a", "b"])])[0] for one in (rows, few)
    )
    assert (together.accuracy, together.rows) == (alone.accuracy, 40)
    assert together.high - together.low > 1.2 * (alone.high - alone.low)


def test_a_row_out_of_scope_is_right_when_its_label_passes_it_on() -> None:
    labels = ["a", OUT_OF_SCOPE]
    found = judge("x.v1", answering([[4, 0], [0, 4], [0, 4]]), rows_of("a", "a", labels[1]), labels)
    assert found.right == (1.0, 0.0, 1.0)
    assert found.per_language == {"en": 0.0, "zh": 1.0}
    assert found.languages == {"en": 1, "zh": 2}


def test_a_label_that_was_never_trained_on_counts_as_wrong() -> None:
    found = judge("x.v1", answering([[4, 0], [0, 4]]), rows_of("a", "new"), ["a", "b"])
    assert found.right == (1.0, 0.0)
    assert found.accuracy == 0.5


def test_a_candidate_that_is_too_sure_of_itself_gets_a_temperature_above_one() -> None:
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, 400)
    honest = np.where(truth == 1, 1.0, -1.0) + rng.normal(0, 1, 400)  # log odds are 2 x this
    logits = np.stack([-honest, honest], axis=1)
    rows = rows_of(*("ab"[t] for t in truth))
    found = judge("x.v1", answering((5 * logits).tolist()), rows, ["a", "b"])
    assert found.readout.temperature == pytest.approx(5.0, rel=0.2)


def test_a_few_rows_without_an_error_do_not_make_every_answer_sure() -> None:
    truth = ["a", "b"] * 6
    logits = [[3.0, 0.0] if label == "a" else [0.0, 3.0] for label in truth]
    found = judge("x.v1", answering(logits), rows_of(*truth), ["a", "b"])
    assert found.right == (1.0,) * 12
    sure = found.readout.said(found.readout.shares(np.array([[3.0, 0.0]])))[0].confidence
    assert sure == pytest.approx(12.5 / 13, abs=1e-5)


def test_a_few_rows_without_an_error_do_not_make_every_set_of_labels_sure() -> None:
    truth = ["a", "b", "a|b", "|"] * 3
    logits = [[4.0 if label in value else -4.0 for label in "ab"] for value in truth]
    found = judge("x.v1", answering(logits), rows_of(*truth), ["a", "b"], task="multi-label")
    assert found.accuracy == 1.0
    sure = found.readout.said(found.readout.shares(np.array([[4.0, -4.0]])))[0].confidence
    assert sure == pytest.approx(24.5 / 25, abs=1e-5)


def test_a_label_among_several_keeps_half_of_what_is_right_of_it() -> None:
    truth = ["a"] * 300 + ["a|b"] * 6
    logits = [[4.0, -4.0]] * 300 + [[4.0, 0.3 + 0.1 * i] for i in range(6)]
    found = judge("x.v1", answering(logits), rows_of(*truth), ["a", "b"], task="multi-label")
    assert "b 3 of 6" in found.threshold.because


@pytest.mark.parametrize(("rows", "margin"), [(1, 0.0), (8, 0.0), (9, 8.0), (40, 36.0)])
def test_a_number_has_no_margin_before_enough_rows_can_show_nine_of_ten(
    rows: int, margin: float
) -> None:
    """The (n + 1) * 0.9-th smallest error has to exist; errors are 0, 1, 2, … here."""
    held = [replace(make_row(f"text {i}", "", "en"), target="0") for i in range(rows)]
    found = judge(
        "linear.v1", answering([[float(i)] for i in range(rows)]), held, [], task="regression",
        spread=1.0,
    )  # fmt: skip
    assert found.readout.margin == margin


FRAUD = Measure(name="cost", pass_on=2.0, missed=(("fraud", "", 5.0),))
BALANCED = Measure(name="balanced_accuracy")


def rivals_on_fraud(measure: Measure) -> tuple[Standing, Standing]:
    """Return a candidate that misses half of ten frauds of 100, and one with ten false alarms."""
    rows = [make_row("0", "fraud")] * 5 + [make_row("1", "fraud")] * 5
    rows += [make_row("2", "ok")] * 10 + [make_row("3", "ok")] * 80

    def standing(part: str, frauds: Sequence[str]) -> Standing:
        def logits(texts: Sequence[object]) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
            said = [[3.0, 0.0] if str(text) in frauds else [0.0, 3.0] for text in texts]
            return np.array(said, dtype=np.float32)

        trained = Trained(folder=Path(), kind="linear", logits=logits)
        return judge(part, trained, rows, ("fraud", "ok"), measure=measure, pass_on_below=0.0)

    return standing("linear.v1", "0"), standing("encoder.v1", "012")


def test_the_measure_that_judges_decides_which_candidate_goes_to_the_gate() -> None:
    assert winner(*rivals_on_fraud(Measure())) == "linear.v1"
    for measure in (BALANCED, FRAUD):
        assert winner(*rivals_on_fraud(measure)) == "encoder.v1"


def test_who_wins_by_cost_is_told_with_the_cost_and_the_accuracy() -> None:
    lost, won = compete(rivals_on_fraud(FRAUD))
    assert won.because == "a cost of 0.1 a row on 100 validation rows, 90.0% right"
    assert "dearer than" not in lost.because
    assert lost.because == "a higher cost than encoder.v1 (0.1 a row)"
    assert (lost.accuracy, won.accuracy) == (0.95, 0.9)


def test_the_linear_candidate_bars_by_the_measure_too() -> None:
    linear, encoder = rivals_on_fraud(FRAUD)
    assert linear.scores == {"en": -0.25}
    lost, won = compete([replace(linear, part="encoder.v1"), replace(encoder, part="linear.v1")])
    assert (
        "not chosen: dearer than linear.v1 in a language (en 0.25 a row, above 0.1)" in lost.because
    )
    assert won.won
