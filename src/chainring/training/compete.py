"""The competition on validation: which candidate goes to the gate.

Enter trained candidates and the validation rows, leave their standings and the winner's place.
A candidate is judged as it would be served: calibrated, with its own threshold, a row out of scope
being right when it is passed on. Where answers are graded, the mean grade decides; of labels, the
measure that the gate will judge by.

    standings = [judge("linear.v1", trained, validation, labels), ...]
    rivals = compete(standings)

Axes: N validation rows, C labels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from chainring.contracts.dataset import OUT_OF_SCOPE, Row, Task
from chainring.contracts.measure import ACCURACY, Measure
from chainring.contracts.model import Rival
from chainring.contracts.said import Said, joined
from chainring.contracts.tasks import TASKS
from chainring.contracts.values import labels_in
from chainring.stats.readout import Readout
from chainring.stats.units import Units
from chainring.stats.worth import mean_worth, worths
from chainring.training.answered import RIGHT_FROM, answered, grades, value_of
from chainring.training.by_cost import by_cost
from chainring.training.candidate import Trained
from chainring.training.prices import said_by_cost, said_likeliest
from chainring.training.sentences import say
from chainring.training.threshold import MIN_WELL, NONE, Threshold, threshold

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MIN_LANGUAGE_ROWS = 50
YARDSTICK = "linear.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A trained candidate as it answered the validation rows; `right` has a grade a row.

    `units` tell which rows belong together, as `chainring.stats.units` has it.

    By another measure than accuracy, `score` and `scores` (by language) are what decides. `kept`
    says that the likeliest label is answered where costs were to choose.
    """

    part: str
    trained: Trained
    readout: Readout
    threshold: Threshold
    right: tuple[float, ...]
    per_language: dict[str, float]
    languages: dict[str, int]
    measure: Measure = ACCURACY
    score: float | None = None
    scores: dict[str, float] = field(default_factory=dict)
    units: tuple[int, ...] | None = None
    kept: tuple[str, ...] = ()

    @property
    def limits(self) -> tuple[str, ...]:
        """What the model cannot do, in sentences."""
        return (*self.trained.limits, *self.kept)

    @property
    def worth(self) -> float:
        """What decides, the more the better; a cost counts below 0."""
        return self.accuracy if self.score is None else self.score

    @property
    def figure(self) -> str:
        """What decides, as it is told."""
        return _figure(self.worth, self.measure)

    @property
    def accuracy(self) -> float:
        """The mean grade: of labels the share of validation rows that it handles rightly."""
        return sum(self.right) / len(self.right)


def judge(
    part: str,
    trained: Trained,
    validation: Sequence[Row],
    labels: Sequence[str],
    *,
    task: Task = "classification",
    spread: float = 0.0,
    pass_on_below: float | None = None,
    measure: Measure = ACCURACY,
) -> Standing:
    """Return how a candidate stands on the validation rows.

    `pass_on_below` is a threshold that the recipe sets; none: it is chosen on these rows, by the
    `measure` that will judge the model.
    """
    truth = [value_of(row, task) for row in validation]
    units = Units.of(validation).numbers
    readout, given, sure_n, passed_n = answered(
        trained,
        validation,
        labels,
        task=task,
        spread=spread,
        choose=by_cost(truth, measure, fixed=pass_on_below, units=units),
    )
    kept: tuple[str, ...] = ()
    weighed: dict[str, float] = {}
    if readout.form == "one":
        chosen = threshold(
            truth,
            given,
            sure_n,
            passed_n=passed_n,
            fixed=pass_on_below,
            measure=measure,
            priced=readout.prices_passing_on,
            units=units,
        )
        if readout.costs:
            chosen = replace(chosen, because=joined([said_by_cost(readout), chosen.because]))
        elif measure.name == "cost":
            kept = (said_likeliest(len(truth)),)
        unsure_n = passed_n | (sure_n < chosen.value)
        right = _right(truth, given, unsure_n)
        if measure != ACCURACY:
            weighed = _weighed(validation, truth, given, unsure_n, right, measure)
    else:
        right = grades(truth, given, task=task, spread=spread)
        marks = [_well(grade) for grade in right]
        is_known = readout.form != "text" or marks.count("well") >= MIN_WELL
        names = [labels_in(readout.form, value) for value in truth]
        well, fixed = ["well"] * len(right), pass_on_below
        is_told = is_known or fixed is not None
        chosen = threshold(well, marks, sure_n, names=names, fixed=fixed) if is_told else NONE
    return Standing(
        part=part,
        trained=trained,
        readout=readout,
        threshold=chosen,
        right=right,
        per_language=_per_language(validation, right),
        languages=_count([row.language for row in validation]),
        measure=measure,
        score=weighed.pop("", None),
        scores=weighed,
        units=units,
        kept=kept,
    )


def compete(standings: Sequence[Standing]) -> tuple[Rival, ...]:
    """Return the rivals in the given order (simpler first), exactly one of which won.

    The most accurate wins (or the best by the measure), the simpler one on a tie; but none that is
    below the linear candidate in a language with 50 or more validation rows.
    """
    barred = {s.part: _below_yardstick(s, standings) for s in standings}
    open_ = [s for s in standings if not barred[s.part]]
    winner = max(open_, key=lambda s: s.worth)  # max keeps the first of equals
    return tuple(_rival(s, winner, barred[s.part]) for s in standings)


def _well(grade: float) -> str:
    return "well" if grade >= RIGHT_FROM else "badly"


def _right(
    truth: Sequence[str], given: Sequence[str], unsure_n: NDArray[np.bool_]
) -> tuple[float, ...]:
    """Return what is right: the true label, or, out of scope, that the text is passed on."""
    return tuple(
        float(g == OUT_OF_SCOPE or bool(unsure) if t == OUT_OF_SCOPE else g == t)
        for t, g, unsure in zip(truth, given, unsure_n, strict=True)
    )


def _weighed(
    validation: Sequence[Row],
    truth: Sequence[str],
    given: Sequence[str],
    unsure_n: NDArray[np.bool_],
    right: Sequence[float],
    measure: Measure,
) -> dict[str, float]:
    """Return the mean worth of the answers by language, and under '' that of all."""
    places: dict[str, list[int]] = {"": list(range(len(truth)))}
    for place, row in enumerate(validation):
        places.setdefault(row.language or "?", []).append(place)

    def mean(rows: list[int]) -> float:
        found = worths(
            measure,
            [truth[i] for i in rows],
            [given[i] for i in rows],
            [bool(unsure_n[i]) for i in rows],
            [right[i] for i in rows],
        )
        return mean_worth(found)

    return {name: mean(rows) for name, rows in places.items()}


def _figure(worth: float, measure: Measure) -> str:
    return f"{abs(worth):.3g}" if measure.name == "cost" else f"{worth:.1%}"


def _count(values: Sequence[str]) -> dict[str, int]:
    return {value: values.count(value) for value in sorted(set(values))}


def _per_language(validation: Sequence[Row], right: Sequence[float]) -> dict[str, float]:
    shares = {}
    for language in sorted({row.language for row in validation}):
        hits = [r for row, r in zip(validation, right, strict=True) if row.language == language]
        shares[language] = sum(hits) / len(hits)
    return shares


def _below_yardstick(standing: Standing, standings: Sequence[Standing]) -> Said:
    """Return in which language, and by how much, a candidate is below the linear one, or ''."""
    yardstick = next((s for s in standings if s.part == YARDSTICK), standing)
    measure = standing.measure
    ours = standing.scores or standing.per_language
    theirs = yardstick.scores or yardstick.per_language
    found = (
        say(
            "above" if measure.name == "cost" else "below",
            language=language,
            ours=_figure(ours[language], measure),
            theirs=_figure(theirs[language], measure),
        )
        for language, rows in standing.languages.items()
        if rows >= MIN_LANGUAGE_ROWS and ours[language] < theirs[language]
    )
    return joined(found, en=", ")


def _rival(standing: Standing, winner: Standing, barred: str) -> Rival:
    from chainring.stats.intervals import mean_grade

    interval = mean_grade(standing.right, units=standing.units)
    return Rival(
        part=standing.part,
        accuracy=interval.estimate,
        low=interval.low,
        high=interval.high,
        rows=interval.n,
        per_language=standing.per_language,
        cpu_s=standing.trained.cpu_s,
        won=standing is winner,
        because=joined(
            [
                _because(standing, winner, barred),
                *standing.trained.notes,
                *standing.limits,
            ]
        ),
    )


def _because(standing: Standing, winner: Standing, barred: str) -> Said:
    if standing.score is not None:
        return _because_measured(standing, winner, barred)
    counted = TASKS[standing.readout.task].grade == "equal"  # else answers are right in part
    if standing is winner:
        share, rows = f"{standing.accuracy:.1%}", len(standing.right)
        return say("right" if counted else "graded", share=share, rows=rows)
    if barred:
        return say("barred", yardstick=YARDSTICK, languages=barred)
    if standing.accuracy == winner.accuracy:
        return say("same right" if counted else "same grade", winner=winner.part)
    share = f"{winner.accuracy:.1%}"
    return say("fewer right" if counted else "lower grade", winner=winner.part, share=share)


def _because_measured(standing: Standing, winner: Standing, barred: str) -> Said:
    measure = standing.measure.name
    if standing is winner:
        share, rows = f"{standing.accuracy:.1%}", len(standing.right)
        return say(f"right by {measure}", figure=standing.figure, share=share, rows=rows)
    if barred:
        name = "barred dear" if measure == "cost" else "barred"
        return say(name, yardstick=YARDSTICK, languages=barred)
    if standing.worth == winner.worth:
        return say("same by measure", winner=winner.part)
    return say(f"less by {measure}", winner=winner.part, figure=winner.figure)
