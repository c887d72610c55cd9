from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest
import torch
from tests.training.generators.conftest import SMALL

from chainring.contracts.dataset import Row
from chainring.contracts.errors import RefusedError
from chainring.contracts.work import Work
from chainring.training.generators.decoder import decoder
from chainring.training.generators.preference import (
    begun,
    dpo,
    kto,
    learnt,
    minutes_left,
    share_preferred,
)
from chainring.training.generators.preferring import preferred
from chainring.training.generators.writer import Learnt
from chainring.training.settings import TrainingSettings

pytest.importorskip("trl")

Small = Callable[..., TrainingSettings]
SLOW = {"learning_rate": 1e-9}
LEARN = {"epochs": 2, "preference_epochs": 8, "preference_learning_rate": 0.01, "beta": 0.1}


@pytest.fixture
def likes(ask: Callable[..., Row]) -> list[Row]:
    """Pairs in which people like the polite text, in both languages."""
    return [
        row
        for n in range(12)
        for row in (
            ask(f"question {n}", "please wait", "go away", id=f"en{n}"),
            ask(f"问题{n}", "请稍等", "走开", id=f"zh{n}"),
        )
    ]


def _learn(
    method: str, train: list[Row], test: list[Row], settings: TrainingSettings, work: Work
) -> tuple[float, float]:
    start, _ = begun(train, test, work=work, settings=settings)
    for weight in start.network.parameters():  # a start that likes nothing in particular
        torch.nn.init.normal_(weight, std=0.02, generator=torch.Generator().manual_seed(1))
    before = share_preferred(start, test)
    learnt(method, start, train, work=work, settings=settings, minutes=5)  # type: ignore[arg-type]
    after = share_preferred(start, test)
    assert before is not None
    assert after is not None
    return before, after


@pytest.mark.parametrize("method", ["dpo", "kto"])
def test_what_people_like_is_preferred_on_prompts_that_were_held_out(
    method: str, likes: list[Row], opening: Work, small: Small
) -> None:
    settings = small("preference", **LEARN)
    before, after = _learn(method, likes[:16], likes[16:], settings, opening)
    assert after == 1.0
    assert after > before


def test_ratings_of_single_texts_are_enough_for_kto(
    likes: list[Row], opening: Work, small: Small
) -> None:
    rated = [
        dataclasses.replace(row, pair="") if n % 2 else dataclasses.replace(row, target="")
        for n, row in enumerate(likes[:8] + likes[8:16][::-1])
    ]
    settings = small("preference", **LEARN)
    _, after = _learn("kto", rated, likes[16:], settings, opening)
    assert after == 1.0


@pytest.mark.parametrize("part", [dpo, kto])
def test_a_candidate_says_what_it_preferred_before_and_after(
    part: Callable[..., object], likes: list[Row], opening: Work, small: Small
) -> None:
    settings = small("preference", **LEARN)
    made = part(
        likes[:16], likes[16:], unlabelled=(), labels=(), work=opening, settings=settings,
        task="preference",
    )  # fmt: skip
    assert "validation pairs preferred rightly at the start" in made.notes[-1]  # type: ignore[attr-defined]
    assert (made.folder / "writer" / "model.safetensors").is_file()  # type: ignore[attr-defined]


def test_likelihoods_are_those_of_each_text_alone(
    likes: list[Row], opening: Work, small: Small
) -> None:
    settings = small("preference", epochs=1)
    start, _ = begun(likes, likes, work=opening, settings=settings)
    together = preferred(start.network, start.writing, likes, settings=settings.preference)
    alone = [
        preferred(start.network, start.writing, [row], settings=settings.preference)[0]
        for row in likes
    ]
    np.testing.assert_allclose(together, np.stack(alone), atol=1e-4)


def test_a_longer_text_is_not_preferred_less_for_its_length(
    ask: Callable[..., Row], opening: Work, small: Small
) -> None:
    rows = [ask("a", "x x x x x x", "x", id="1"), ask("b", "x", "x x x x x x", id="2")]
    settings = small("preference", epochs=1)
    start, _ = begun(rows, rows, work=opening, settings=settings)
    for weight in start.network.parameters():  # every token is as likely as any other
        torch.nn.init.zeros_(weight)
    both = preferred(start.network, start.writing, rows, settings=settings.preference)
    even = preferred(start.network, start.writing, rows, settings=settings.preference, mean=True)
    assert both[0, 0] < both[0, 1]
    np.testing.assert_allclose(even, even[0, 0], rtol=1e-5)


def test_pairs_and_ratings_that_are_missing_are_named(
    ask: Callable[..., Row], opening: Work, small: Small
) -> None:
    rows = [ask("a", "x", id="1"), ask("b", "y", id="2")]
    settings = small("preference", epochs=1)
    with pytest.raises(RefusedError, match="a chosen and a rejected text; found none"):
        dpo(rows, rows, unlabelled=(), labels=(), work=opening, settings=settings)
    assert share_preferred(begun(rows, rows, work=opening, settings=settings)[0], rows) is None
    with pytest.raises(RefusedError, match="2 of 2 are"):
        kto(rows, rows, unlabelled=(), labels=(), work=opening, settings=settings)


def test_preferences_start_from_a_network_of_their_own_beside_a_decoder(
    likes: list[Row], opening: Work, small: Small, fresh_work: Callable[[str], Work]
) -> None:
    sizes = {"decoder": SMALL | {"epochs": 1}, "preference": SMALL | LEARN}
    settings = TrainingSettings.model_validate(sizes)
    train, test = likes[:16], likes[16:]
    decoder(train, test, unlabelled=(), labels=(), work=opening, settings=settings)
    beside, _ = begun(train, test, work=opening, settings=settings)
    alone, _ = begun(train, test, work=fresh_work("alone"), settings=settings)
    for name, weight in alone.network.state_dict().items():
        torch.testing.assert_close(beside.network.state_dict()[name], weight, msg=name)


def test_what_learning_to_write_leaves_of_the_budget_is_the_preferences(
    likes: list[Row], opening: Work, small: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[float] = []

    def by_pairs(*_: object, minutes: float, **__: object) -> Learnt:
        given.append(minutes)
        return Learnt(curve=[])

    monkeypatch.setattr("chainring.training.generators.trl.by_pairs", by_pairs)
    settings = small("preference", epochs=300, patience=1, **SLOW).model_copy(
        update={"budget_minutes": 1.0}
    )
    dpo(likes[:16], likes[16:], unlabelled=(), labels=(), work=opening, settings=settings)
    _, written = begun(likes[:16], likes[16:], work=opening, settings=settings)
    made = written.curve[-1]["epoch"]
    assert made < 300  # it ended early: validation was no better
    assert given == [1.0 - written.minutes]
    assert 0.0 < written.minutes < 0.5


@pytest.mark.parametrize(("took", "left"), [(0.0, 10.0), (2.0, 8.0), (5.0, 5.0), (6.0, 5.0)])
def test_preferences_have_a_half_of_the_budget_at_least(took: float, left: float) -> None:
    settings = TrainingSettings.model_validate({"budget_minutes": 10})
    assert minutes_left(Learnt(curve=[], minutes=took), settings) == left


def test_weights_that_preferences_do_not_know_are_told(
    likes: list[Row], opening: Work, small: Small
) -> None:
    heavy = [dataclasses.replace(likes[0], weight=3.0), *likes[1:16]]
    made = dpo(
        heavy, likes[16:], unlabelled=(), labels=(), work=opening,
        settings=small("preference", **LEARN), task="preference",
    )  # fmt: skip
    assert any("count alike whatever their rows weigh" in note for note in made.notes)
