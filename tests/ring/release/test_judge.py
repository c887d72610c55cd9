"""What evidence decides: truth promotes and rolls back, signals only stop."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from tests.deployment.lane.test_routing import RELEASE

from chainring.contracts.measure import Measure
from chainring.contracts.release import Release
from chainring.contracts.said import in_language
from chainring.contracts.worth import Worth
from chainring.deployment.release_settings import ReleaseSettings
from chainring.ring.release.judge import Decision, Evidence, decide, truth
from chainring.stats.worth import reckoned_shares

SETTINGS = ReleaseSettings()
SHADOW = replace(RELEASE, stage="shadow")


def decided(evidence: Evidence, *, days: float = 1.0, margin: float = 0.0) -> Decision:
    settings = SETTINGS.model_copy(update={"margin_points": margin})
    return decide(RELEASE, evidence, settings=settings, now=days * 86_400)


def test_reviewed_answers_promote_what_is_better_and_say_by_how_much() -> None:
    found = decided(Evidence(labelled={1: 40, 0: 300, -1: 8}))
    assert found.action == "promote"
    assert "348 reviewed answers, 40 better and 8 worse" in found.because
    assert "+9.2 points" in found.because


def test_reviewed_answers_roll_back_what_is_worse() -> None:
    assert decided(Evidence(labelled={1: 8, 0: 300, -1: 40})).action == "roll back"


def test_few_or_even_answers_decide_nothing() -> None:
    assert decided(Evidence(labelled={1: 2})).action == "wait"
    assert decided(Evidence(labelled={1: 40, 0: 300, -1: 38})).action == "wait"
    assert decided(Evidence()).because == "no reviewed answer yet"


def test_a_margin_promotes_what_loses_no_more_than_it_and_a_loss_still_rolls_back() -> None:
    even = Evidence(labelled={1: 10, 0: 400, -1: 10})
    assert decided(even).action == "wait"
    assert decided(even, margin=5.0).action == "promote"
    assert decided(Evidence(labelled={0: 300, -1: 40}), margin=5.0).action == "roll back"


@pytest.mark.parametrize(
    ("evidence", "said"),
    [
        (Evidence(failed={0: 40, 1: 10}), "10 of 50 answers failed"),
        (Evidence(slow={0: 2, 1: 30}), "30 of 32 answers were too slow"),
        (Evidence(passed_on={0: 200, 1: 60, -1: 2}), "passed on 60"),
        (Evidence(complaints={0: 10, 1: 10}), "10 of 20 users who complained"),
    ],
)
def test_each_signal_stops_a_release(evidence: Evidence, said: str) -> None:
    found = decided(evidence)
    assert found.action == "stop"
    assert said in found.because


def test_a_signal_stops_what_reviewed_answers_would_promote() -> None:
    better = {1.0: 40, 0.0: 300, -1.0: 8}
    assert decided(Evidence(labelled=better)).action == "promote"
    assert decided(Evidence(labelled=better, failed={0: 40, 1: 10})).action == "stop"


def test_each_claim_is_held_to_its_own_share_of_alpha() -> None:
    """The capital of a run of like outcomes, against 20 of a claim and 80 of one of four."""
    share = [(place + 0.5) / 24 for place in range(24)]
    wins = {n: sum((1 + s) ** n for s in share) / 24 for n in range(1, 12)}
    first = next(n for n, capital in wins.items() if capital >= 20)
    assert decided(Evidence(labelled={1: first - 1})).action == "wait"
    assert decided(Evidence(labelled={1: first})).action == "promote"
    assert decided(Evidence(labelled={-1: first - 1})).action == "wait"
    assert decided(Evidence(labelled={-1: first})).action == "roll back"
    slow = next(n for n, capital in wins.items() if capital >= 80)  # odds of one half, as above
    assert decided(Evidence(slow={1: slow - 1})).action == "wait"
    assert decided(Evidence(slow={1: slow})).action == "stop"


def test_the_best_of_signals_promotes_nothing() -> None:
    signals = Evidence(
        failed={0: 10_000}, slow={0: 10_000}, passed_on={-1: 5000, 0: 5000}, complaints={0: 5000}
    )
    assert decided(signals).action == "wait"


def test_the_shadow_becomes_a_canary_after_enough_answers_unless_a_signal_stops_it() -> None:
    def shadowed(evidence: Evidence) -> str:
        return decide(SHADOW, evidence, settings=SETTINGS, now=0.0).action

    assert shadowed(Evidence(shadows=499)) == "wait"
    assert shadowed(Evidence(shadows=500)) == "canary"
    assert shadowed(Evidence(shadows=500, failed={0: 400, 1: 100})) == "stop"


def test_what_stays_open_for_long_or_over_many_reviews_is_closed_as_undecided() -> None:
    assert decided(Evidence(labelled={0: 1500})).action == "undecided"
    assert decided(Evidence(labelled={0: 20}), days=30.0).action == "undecided"


def test_a_shadow_with_too_few_answers_is_closed_as_well_and_holds_up_no_other_model() -> None:
    few = Evidence(shadows=499)
    assert decide(SHADOW, few, settings=SETTINGS, now=29.9 * 86_400).action == "wait"
    assert decide(SHADOW, few, settings=SETTINGS, now=30.0 * 86_400).action == "undecided"


COSTS = Measure(name="cost", missed=(("fraud", "", 20.0),))
SHARES = {"fraud": 0.05, "ok": 0.95}
BY_COST = replace(RELEASE, worth=Worth(measure=COSTS, shares=SHARES))
BY_LABEL = replace(RELEASE, worth=Worth(measure=Measure(name="balanced_accuracy"), shares=SHARES))


def decided_by(release: Release, evidence: Evidence, **settings: Any) -> Decision:
    return decide(release, evidence, settings=SETTINGS.model_copy(update=settings), now=0.0)


@pytest.mark.parametrize("margin", [0.0, 2.0])
@pytest.mark.parametrize(
    ("labelled", "action", "told"),
    [
        ({1: 40, 0: 300, -1: 8}, "promote", "40 better and 8 worse than the champion's: +9.2 points"
         " (+3.9 to +15.4)"),
        ({1: 8, 0: 300, -1: 40}, "roll back", "8 better and 40 worse than the champion's: -9.2"
         " points (-15.4 to -3.9)"),
        ({1: 2, 0: 3, -1: 1}, "wait", "2 better and 1 worse than the champion's: +16.7 points"
         " (-60.1 to +79.7)"),
        ({0.35: 7, -0.125: 9, 0.0: 40, 1.0: 31}, "promote", "38 better and 9 worse than the"
         " champion's: +37.2 points (+24.2 to +52.8)"),
    ],
)  # fmt: skip
def test_by_accuracy_every_figure_is_what_it_was_before_there_was_another_measure(
    margin: float, labelled: dict[float, int], action: str, told: str
) -> None:
    found = decided(Evidence(labelled=labelled), margin=margin)
    assert found.action == action
    assert found.because.endswith(told)


def test_a_candidate_that_is_cheaper_and_less_often_right_is_promoted_by_cost() -> None:
    """Of 900 texts 18 frauds more are found and 60 ok ones more are false alarms."""
    right = Evidence(labelled={1.0: 18, 0.0: 822, -1.0: 60})
    assert decided(right).action == "roll back"
    cheaper = Evidence(labelled={20.0: 18, 0.0: 822, -1.0: 60})
    found = decided_by(BY_COST, cheaper)
    assert found.action == "promote"
    assert "18 cheaper and 60 dearer than the champion's: +0.333 of cost saved on" in found.because
    assert "平均每条节省成本 +0.333" in in_language(found.because, "zh")
    dearer = Evidence(labelled={-20.0: 18, 0.0: 822, 1.0: 60})
    assert decided_by(BY_COST, dearer).action == "roll back"


def test_what_dear_mistakes_might_still_come_is_reckoned_with() -> None:
    """Thirty false alarms fewer say little where one missed fraud costs twenty."""
    assert decided(Evidence(labelled={1.0: 30, 0.0: 70})).action == "promote"
    assert decided_by(BY_COST, Evidence(labelled={1.0: 30, 0.0: 70})).action == "wait"


def test_by_balanced_accuracy_a_rare_label_weighs_more_and_is_told_in_points() -> None:
    gain, loss = 1 / (2 * 0.05), -1 / (2 * 0.95)
    found = decided_by(BY_LABEL, Evidence(labelled={gain: 20, 0.0: 800, loss: 60}))
    assert found.action == "promote"
    assert "+19.1 points of balanced accuracy" in found.because


def test_shares_that_a_release_counted_itself_weigh_its_reviews() -> None:
    bare = replace(RELEASE, worth=replace(BY_LABEL.worth, shares={}))
    found = decided_by(bare, Evidence(to_count=37))
    assert found.action == "wait"
    assert found.because.startswith("37 more reviewed answers fix how common each label is")
    assert "再审核 37 条回答" in in_language(found.because, "zh")
    gain, loss = 1 / (2 * 0.05), -1 / (2 * 0.95)
    seen = Evidence(labelled={gain: 20, 0.0: 800, loss: 60}, shares=tuple(SHARES.items()))
    assert decided_by(bare, seen) == decided_by(BY_LABEL, replace(seen, shares=()))


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_of_candidates_that_are_equal_for_two_labels_few_are_decided_on_by_shares_of_a_hundred(
    sign: float,
) -> None:
    """One in a hundred is a fraud, so that of a hundred often none is."""
    chance, decisions = random.Random(7), 0
    for _ in range(60):
        told = ["fraud" if chance.random() < 0.01 else "ok" for _ in range(100)]
        worth = replace(BY_LABEL.worth, shares=reckoned_shares(told, ("fraud", "ok")))
        counts, found = Counter[float](), None
        for _ in range(1500 // 25):
            for _ in range(25):
                label = "fraud" if chance.random() < 0.01 else "ok"
                gain = sign * worth.weight(label) * (1.0 if label == "ok" else -1.0)
                counts[gain if chance.random() < 0.1 else 0.0] += 1
            found = found or truth(Evidence(labelled=counts), settings=SETTINGS, worth=worth)
        decisions += found is not None
    assert decisions <= 9


def test_the_margin_is_in_hundredths_of_what_the_cheapest_answer_to_everything_costs() -> None:
    even = Evidence(labelled={20.0: 1, 0.0: 1000, -1.0: 20})
    assert BY_COST.worth.points == pytest.approx(0.5)  # all are passed on, for a half each
    waits = decided_by(BY_COST, even, margin_points=10.0, max_labels=9999)
    assert waits.action == "wait", "0.05 a text is little beside the 20 that one may lose"
    assert decided_by(BY_COST, even, margin_points=20.0, max_labels=9999).action == "promote"


@pytest.mark.parametrize("release", [BY_COST, BY_LABEL])
def test_by_another_measure_complaints_are_told_and_stop_nothing(release: Release) -> None:
    assert decided(Evidence(complaints={0: 10, 1: 10})).action == "stop"
    assert decided_by(release, Evidence(complaints={0: 10, 1: 10})).action == "wait"


def test_passing_on_has_its_price_by_cost_and_a_limit_where_the_recipe_sets_one() -> None:
    more = Evidence(passed_on={0: 200, 1: 60, -1: 2})
    assert decided_by(BY_COST, more).action == "wait"
    assert decided_by(BY_LABEL, more).action == "stop"
    assert decided_by(BY_COST, more, max_passed_on_rise=0.05).action == "stop"
    assert "at most 5% is allowed" in decided(more).because


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_of_candidates_that_trade_frauds_for_false_alarms_few_are_decided_on(sign: float) -> None:
    """A row in a thousand saves 20, two in a hundred cost 1: the same, and by no means alike."""
    chance, decisions = random.Random(3), 0
    for _ in range(60):
        counts = Counter[float]()
        for _ in range(60):
            counts[0.0] += int(chance.expovariate(0.021))
            counts[sign * (20.0 if chance.random() < 1 / 21 else -1.0)] += 1
            found = truth(Evidence(labelled=counts), settings=SETTINGS, worth=BY_COST.worth)
            if found is not None:
                decisions += 1
                break
    assert decisions <= 6
