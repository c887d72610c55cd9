"""What the page of the ring says of the model that serves, whoever put it there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chainring.contracts.evaluation import Share
from chainring.deployment.http.pages.ring import _champion, _charts, _tiles, _turns
from chainring.deployment.http.pages.strings import Strings
from chainring.deployment.http.past import Champion, History, TurnPoint

FIRST, SECOND = "blake2b:1111", "blake2b:2222"


def _share(value: float) -> Share:
    return Share(estimate=value, low=value - 0.02, high=value + 0.02, rows=500)


def _serving(model: str, *, because: str = "") -> Champion:
    return Champion(model=model, form="exact", engine="torch", since=0.0, because=because)


TURNS = (
    TurnPoint(
        number=1, at=0.0, value="first", promoted=True, challenger=FIRST, accuracy=_share(0.71),
    ),
    TurnPoint(
        number=2, at=1.0, value="better", promoted=True, challenger=SECOND, accuracy=_share(0.83),
        champion=_share(0.72), served=FIRST,
    ),
)  # fmt: skip
BY_COST = tuple(
    replace(turn, measure="cost", measured=measured)
    for turn, measured in zip(TURNS, ((0.5, 0.25), (0.26, 0.0123)), strict=True)
)


def _tile(past: History, name: str) -> str:
    page = str(_tiles(past, Strings("en")))
    return page.partition(f"<dt>{name}</dt><dd><strong>")[2].partition("</strong>")[0]


def test_after_a_rollback_the_accuracy_is_that_of_the_model_that_serves_again() -> None:
    assert _tile(History(champion=_serving(SECOND), turns=TURNS), "Accuracy") == "83.0%"
    assert _tile(History(champion=_serving(FIRST), turns=TURNS), "Accuracy") == "72.0%"
    assert _tile(History(champion=_serving(FIRST), turns=TURNS[:1]), "Accuracy") == "71.0%"


def test_a_model_that_a_person_promoted_is_told_with_its_own_accuracy() -> None:
    held = replace(TURNS[1], promoted=False, value="worse", accuracy=_share(0.64))
    past = History(champion=_serving(SECOND), turns=(TURNS[0], held))
    assert _tile(past, "Accuracy") == "64.0%"


def test_of_a_model_that_no_turn_judged_there_is_no_accuracy() -> None:
    assert _tile(History(champion=_serving("blake2b:3333"), turns=TURNS), "Accuracy") == "–"
    assert _tile(History(turns=TURNS), "Accuracy") == "–"


def test_judged_by_cost_a_page_tells_the_newest_cost_before_accuracy() -> None:
    past, say = History(champion=_serving(FIRST), turns=BY_COST), Strings("en")
    assert _tile(past, "Cost a row") == "0.26"
    page = str(_tiles(past, say))
    assert page.index("Cost a row") < page.index("Accuracy")
    first, second, *_ = (str(chart) for chart in _charts(past, say))
    assert "Cost a row" in first
    assert "Accuracy per turn" in second
    table = str(_turns(past, say))
    assert table.index(">Cost a row<") < table.index(">Accuracy<")
    assert "<strong>0.0123</strong>" in table
    assert "Cost a row" not in str(_tiles(History(champion=_serving(FIRST), turns=TURNS), say))


@pytest.mark.parametrize(("suspects", "shown"), [(99, "499"), (100, "500+"), (1200, "1,600+")])
def test_what_waits_beyond_what_was_counted_is_no_exact_number(suspects: int, shown: str) -> None:
    past = History(waiting={"unsure": 400, "suspect": suspects}, counted_to=500)
    assert _tile(past, "Waiting") == shown


def test_the_words_of_a_promotion_are_told_as_those_of_their_time() -> None:
    champion = _serving(FIRST, because="a cost of 0.5 a row before, 0.25 now")
    assert "As it took over: a cost of 0.5 a row" in str(_champion(champion, Strings("en")))
    assert "上线时：" in str(_champion(champion, Strings("zh")))


def test_where_answers_are_graded_no_figure_is_called_an_accuracy() -> None:
    past = History(champion=_serving(SECOND), turns=TURNS, graded=True)
    for language, name, other in (("en", "mean score", "accuracy"), ("zh", "平均得分", "准确率")):
        say = Strings(language)  # type: ignore[arg-type]
        drawn = (_tiles(past, say), *_charts(past, say), _turns(past, say))
        page = "".join(map(str, drawn)).lower()
        assert name in page
        assert other not in page
