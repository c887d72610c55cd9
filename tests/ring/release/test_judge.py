"""What evidence decides: truth promotes and rolls back, signals only stop."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.deployment.lane.test_routing import RELEASE

from chainring.deployment.release_settings import ReleaseSettings
from chainring.ring.release.judge import Decision, Evidence, decide

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
