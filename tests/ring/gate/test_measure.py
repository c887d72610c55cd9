"""The gate by another measure than accuracy, on outcomes made by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from chainring.contracts.codec import decode, encode
from chainring.contracts.dataset import OUT_OF_SCOPE
from chainring.contracts.evaluation import DECIDING, Outcome
from chainring.contracts.measure import ACCURACY
from chainring.contracts.verdict import Verdict
from chainring.ring.gate.comparing import comparison
from chainring.ring.gate.judge import judge
from chainring.ring.gate.pairs import Pair, paired
from chainring.ring.gate.readable import readable
from chainring.ring.gate.sentences import in_chinese
from chainring.ring.gate.settings import GateSettings

ACCURATE = GateSettings()
BALANCED = GateSettings(measure="balanced_accuracy")
COSTLY = GateSettings.model_validate(
    {"measure": "cost", "costs": {"pass_on": 2, "missed": {"fraud": 50}}}
)

Said = tuple[str, str]  # the true label and the answer; PASS passes the text on
PASS = "→"
Answers = Sequence[tuple[str, str, int]]


def outcomes(answers: Answers, **facts: Any) -> list[Outcome]:
    """Return rows of (truth, answer, how many), numbered in this order."""
    said = [(truth, answer) for truth, answer, count in answers for _ in range(count)]
    return [
        Outcome(
            row=f"r{place:05}",
            truth=truth,
            label="ok" if answer == PASS else answer,
            right=float(truth == answer or (answer == PASS and truth == OUT_OF_SCOPE)),
            confidence=0.9,
            passed_on=answer == PASS,
            part="suite",
            language="en",
            **facts,
        )
        for place, (truth, answer) in enumerate(said)
    ]


def misses_half(alarms: int) -> tuple[list[Outcome], list[Outcome]]:
    """Return a champion that misses 20 of 40 frauds of 800, and one that finds 16 of these."""
    before = outcomes([("fraud", "ok", 20), ("fraud", "fraud", 20), ("ok", "ok", 760)])
    now = outcomes(
        [
            ("fraud", "fraud", 16),
            ("fraud", "ok", 4),
            ("fraud", "fraud", 20),
            ("ok", "fraud", alarms),
            ("ok", "ok", 760 - alarms),
        ]
    )
    return now, before


def test_frauds_found_at_the_price_of_alarms_are_better_by_cost_and_not_by_accuracy() -> None:
    now, before = misses_half(alarms=16)
    assert judge(now, before, settings=ACCURATE).value == "no measurable difference"
    found = judge(now, before, settings=COSTLY)
    assert (found.value, found.promote) == ("better", True)
    assert found.pooled is not None
    assert found.pooled.measured == pytest.approx((20 * 50 / 800, (4 * 50 + 16) / 800))
    assert found.pooled.champion == found.pooled.challenger == 780 / 800


def test_frauds_lost_for_fewer_alarms_are_worse_by_cost_and_better_by_accuracy() -> None:
    before, now = misses_half(alarms=60)
    assert judge(now, before, settings=ACCURATE).value == "better"
    found = judge(now, before, settings=COSTLY)
    assert (found.value, found.promote) == ("worse", False)
    assert judge(now, before, settings=BALANCED).value == "worse"


def test_balanced_accuracy_is_the_mean_recall_of_the_labels() -> None:
    now, before = misses_half(alarms=16)
    found = judge(now, before, settings=BALANCED)
    assert found.value == "better"
    assert found.pooled is not None
    assert found.pooled.measured == pytest.approx((0.75, (0.9 + 744 / 760) / 2))


def test_labels_are_shown_and_no_condition_where_the_measure_weighs_them() -> None:
    now, before = misses_half(alarms=16)
    held = {check.name: check for check in judge(now, before, settings=ACCURATE).checks}
    assert not held["slices not worse"].holds
    found = judge(now, before, settings=COSTLY)
    held = {check.name: check for check in found.checks}
    assert held["slices not worse"].holds
    assert "1 labels are weighed" in held["slices not worse"].because
    assert found.slices["label:ok"].value == "worse"


def test_another_language_that_loses_by_the_measure_still_holds_a_challenger() -> None:
    now, before = misses_half(alarms=16)
    loses = outcomes([("fraud", "fraud", 30), ("ok", "ok", 30)], source="b")
    lost = outcomes([("fraud", "ok", 10), ("fraud", "fraud", 20), ("ok", "ok", 30)], source="b")

    def other(rows: list[Outcome]) -> list[Outcome]:
        return [Outcome(**{**_facts(row), "row": f"z{row.row}"}) for row in rows]

    found = judge([*now, *other(lost)], [*before, *other(loses)], settings=COSTLY)
    failed = [check for check in found.checks if not check.holds]
    assert "source:b" in " ".join(check.because for check in failed)


@pytest.mark.parametrize("settings", [BALANCED, COSTLY])
def test_a_language_that_falls_to_half_holds_a_challenger_back(settings: GateSettings) -> None:
    """One fraud among its rows, right by both: what is unseen excuses no loss that was seen."""
    frauds = [("fraud", "fraud", 25), ("fraud", "ok", 14)]
    was = _told("en", [("ok", "ok", 300), *frauds]) + _told("zh", [("ok", "ok", 60)])
    found = _told("en", [("ok", "ok", 300), ("fraud", "fraud", 39)])
    now = found + _told("zh", [("ok", "fraud", 30), ("ok", "ok", 30)])
    last = _told("zh fraud", [("fraud", "fraud", 1)])
    verdict = judge([*now, *last], [*was, *last], settings=settings)
    assert verdict.slices["language:zh"].value == "worse"
    assert not verdict.promote


def _told(name: str, answers: Answers) -> list[Outcome]:
    """Return rows of a language, the first word of the name, that keep their place by truth."""
    rows = sorted(outcomes(answers), key=lambda row: (row.truth, row.row))
    return [
        Outcome(**{**_facts(row), "row": f"{name} {place}", "language": name.split()[0]})
        for place, row in enumerate(rows)
    ]


def _facts(row: Outcome) -> dict[str, Any]:
    return {name: getattr(row, name) for name in Outcome.__slots__}


def test_a_lead_of_cheap_mistakes_is_none_while_dear_ones_may_be_unseen() -> None:
    """Five frauds, all right by both, cannot show that no more are missed than before."""
    before = outcomes([("fraud", "fraud", 5), ("ok", "fraud", 20), ("ok", "ok", 275)])
    now = outcomes([("fraud", "fraud", 5), ("ok", "ok", 295)])
    assert judge(now, before, settings=ACCURATE).value == "better"
    for settings in (COSTLY, BALANCED):
        found = judge(now, before, settings=settings)
        assert found.value == "no measurable difference"
        because = found.checks[0].because
        assert "of fraud, whose mistakes weigh most, 5 rows" in because


@pytest.mark.parametrize("settings", [BALANCED, COSTLY])
def test_where_one_author_could_lose_most_rows_of_other_authors_are_asked_for(
    settings: GateSettings,
) -> None:
    same = [("fraud", "fraud", 300), ("ok", "ok", 100)]
    before = outcomes([*same, ("ok", "fraud", 200)])
    now = outcomes([*same, ("ok", "ok", 200)])
    found = judge(_of_one(now), _of_one(before), settings=settings)
    assert found.value == "no measurable difference"
    because = found.checks[0].because
    assert "150 of 600 rows are of one; label rows of others" in because
    assert "其他作者" in in_chinese(because)
    assert "whose mistakes weigh most" not in because


def test_rows_of_the_dear_label_are_asked_for_where_other_authors_would_not_do() -> None:
    """Two frauds of one author could cost 100 at once; one alone, 50, outweighs 40 as well."""
    same = [("fraud", "fraud", 20), ("ok", "ok", 300)]
    before = outcomes([*same, ("ok", "fraud", 40)])
    now = outcomes([*same, ("ok", "ok", 40)])
    found = judge(_of_one(now, count=2), _of_one(before, count=2), settings=COSTLY)
    because = found.checks[0].because
    assert "by author, unseen mistakes" in because
    assert "of fraud, whose mistakes weigh most, 20 rows are judged; label more of them" in because
    first = judge(_of_one(now, count=2), None, settings=COSTLY).checks[0].because
    assert "rows are of one" not in first


def _of_one(rows: list[Outcome], count: int = 150) -> list[Outcome]:
    """Return rows of which the first so many are of one author."""
    own = [Outcome(**{**_facts(row), "author": "big"}) for row in rows[:count]]
    return [*own, *rows[count:]]


def test_a_cost_of_a_label_that_no_row_has_is_reckoned_with() -> None:
    before = outcomes([("ok", "dispute", 20), ("ok", "ok", 280)])
    now = outcomes([("ok", "ok", 300)])
    assert judge(now, before, settings=COSTLY).value == "no measurable difference"
    same = GateSettings.model_validate({"measure": "cost"})
    assert judge(now, before, settings=same).value == "better"


def test_passing_on_has_its_price_and_so_no_limit_unless_one_is_set() -> None:
    before = outcomes([("fraud", "ok", 20), ("fraud", "fraud", 20), ("ok", "ok", 360)])
    now = outcomes(
        [("fraud", PASS, 20), ("fraud", "fraud", 20), ("ok", PASS, 60), ("ok", "ok", 300)]
    )
    held = {check.name: check.holds for check in judge(now, before, settings=ACCURATE).checks}
    assert not held["passed on"]
    found = judge(now, before, settings=COSTLY)
    assert (found.value, found.promote) == ("better", True)
    limited = COSTLY.model_copy(update={"max_passed_on_rise": 0.1})
    assert not judge(now, before, settings=limited).promote


@pytest.mark.parametrize(
    ("pass_on", "best", "value"),
    [(20.0, "always answering fraud", "first"), (0.02, "always passing on", "not fit")],
)
def test_a_first_model_has_to_beat_the_cheapest_answer_to_everything(
    pass_on: float, best: str, value: str
) -> None:
    rows = outcomes([("fraud", "fraud", 58), ("fraud", "ok", 2), ("ok", "ok", 940)])
    settings = GateSettings.model_validate(
        {"measure": "cost", "costs": {"pass_on": pass_on, "missed": {"fraud": 50}}}
    )
    found = judge(rows, None, settings=settings)
    assert best in found.checks[0].because
    assert found.value == value


@pytest.mark.parametrize("measure", ["balanced_accuracy", "cost"])
def test_a_first_model_with_too_few_rows_to_tell_is_told_how_many_it_takes(measure: str) -> None:
    settings = GateSettings.model_validate({"measure": measure})
    rows = outcomes([("fraud", "fraud", 4), ("ok", "ok", 96)])
    found = judge(rows, None, settings=settings)
    assert found.value == "not fit"
    assert "of labels other than ok: 4, at least 5 are needed" in found.checks[0].because


def test_the_same_answer_to_everything_is_no_first_model_by_balanced_accuracy() -> None:
    assert judge(outcomes([("fraud", "ok", 50), ("ok", "ok", 50)]), None, settings=BALANCED)
    rows = outcomes([("fraud", "ok", 10), ("ok", "ok", 190)])
    assert judge(rows, None, settings=BALANCED).value == "not fit"
    rows = outcomes(
        [("fraud", "fraud", 9), ("fraud", "ok", 1), ("ok", "fraud", 9), ("ok", "ok", 181)]
    )
    assert judge(rows, None, settings=ACCURATE).value == "not fit"
    assert judge(rows, None, settings=BALANCED).value == "first"


def test_the_measure_stands_in_the_verdict_and_an_old_one_was_by_accuracy() -> None:
    now, before = misses_half(alarms=16)
    found = judge(now, before, settings=COSTLY)
    assert found.measure == COSTLY.judging
    assert decode(Verdict, encode(found)) == found
    old = encode(judge(now, before, settings=ACCURATE))
    for gone in (',"measured":null', ',"measure":{"missed":[],"name":"accuracy","pass_on":0.5}'):
        assert gone in old
        old = old.replace(gone, "")
    assert decode(Verdict, old).measure == ACCURACY


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_names_the_measure_and_shows_accuracy_beside_it(language: str) -> None:
    now, before = misses_half(alarms=16)
    page = readable(judge(now, before, settings=COSTLY), language=language)
    words = {"en": ("97.5 %", "**cost**"), "zh": ("97.5%", "**成本**")}[language]
    for told in ("0.27", "1.25", *words):
        assert told in page
    assert {"en": "fraud answered as anything else 50", "zh": "fraud 答成 其他任何标签 50"}[
        language
    ] in page
    assert "{" not in page


def kept(before: Said, now: Said, count: int) -> list[Pair]:
    sides = (outcomes([(*said, count)]) for said in (before, now))
    return [
        Pair(before=_open(one, place), now=_open(other, place))
        for place, (one, other) in enumerate(zip(*sides, strict=True))
    ]


def _open(row: Outcome, place: int) -> Outcome:
    facts = {"row": f"kept {place}", "truth": "", "right": 0.0, "part": DECIDING}
    return Outcome(**{**_facts(row), **facts})


def test_a_second_look_weighs_the_kept_answers_by_their_cost() -> None:
    before = outcomes([("fraud", "fraud", 40), ("ok", "ok", 360)])
    pairs = kept(("", "ok"), ("", "fraud"), 8)
    now = [*before, *(pair.now for pair in pairs)]
    was = [*before, *(pair.before for pair in pairs)]
    first = judge(now, was, settings=COSTLY)
    assert first.asks == tuple(pair.now.row for pair in pairs)
    truths = {row: "fraud" for row in first.asks}
    told = judge(now, was, settings=COSTLY, truths=truths)
    assert told.promote
    assert told.pooled is not None
    assert told.pooled.measured == (0.0, 0.0)  # of rows that judge; of kept ones only the gain
    alarms = judge(now, was, settings=COSTLY, truths=dict.fromkeys(first.asks, "ok"))
    assert not alarms.promote


def test_rows_that_users_reacted_to_do_not_join_another_measure() -> None:
    now, before = misses_half(alarms=16)
    extra = Outcome(**{**_facts(now[0]), "row": "reacted 1", "part": "reacted"})
    found = judge([*now, extra], [*before, extra], settings=COSTLY)
    assert any("for the fix rate only: how often they react" in note for note in found.notes)


# --- the level, by simulation


def draw(
    generator: np.random.Generator,
    rows: int,
    rare: float,
    *,
    swap: float,
    cheap: float,
    dear: float,
) -> tuple[list[Outcome], list[Outcome]]:
    """Return two models: both differ alike on `swap`; the new one saves alarms, and misses more."""
    truth = np.where(generator.random(rows) < rare, "fraud", "ok")
    chance = generator.random(rows)
    now, before = [], []
    for place, label in enumerate(truth.tolist()):
        wrong = "ok" if label == "fraud" else "fraud"
        gains, loses = (swap, swap + dear) if label == "fraud" else (swap + cheap, swap)
        won, lost = chance[place] < gains, gains <= chance[place] < gains + loses
        now.append((label, wrong if lost else label, 1))
        before.append((label, wrong if won else label, 1))
    return outcomes(now), outcomes(before)


def share_better(settings: GateSettings, seed: int, draws: int = 120, **facts: Any) -> float:
    generator, better = np.random.default_rng(seed), 0
    for turn in range(draws):
        pairs = paired(*draw(generator, **facts))
        better += comparison(pairs, settings=settings, seed=turn).value == "better"
    return better / draws


MOST = 14 / 120
"""Five of a hundred, and what chance adds to 120 draws with 99.9 %."""


@pytest.mark.parametrize("settings", [BALANCED, COSTLY])
def test_equal_models_are_rarely_called_better(settings: GateSettings) -> None:
    share = share_better(settings, 1, rows=200, rare=0.1, swap=0.06, cheap=0.0, dear=0.0)
    assert share <= MOST


def test_a_model_that_pays_for_fewer_alarms_with_frauds_is_rarely_called_better() -> None:
    """As dear on the whole: 4 % of 98 % alarms saved at 1, 39 % of 2 % frauds lost at 5."""
    costs = GateSettings.model_validate({"measure": "cost", "costs": {"missed": {"fraud": 5}}})
    dear = 0.04 * 0.98 / 0.02 / 5
    share = share_better(costs, 2, rows=300, rare=0.02, swap=0.0, cheap=0.04, dear=dear)
    assert share <= MOST
    share = share_better(BALANCED, 3, rows=300, rare=0.02, swap=0.0, cheap=0.04, dear=0.04)
    assert share <= MOST
