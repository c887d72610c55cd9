from __future__ import annotations

import numpy as np
import pytest
from tests.data.looking.conftest import MakeSet, row

from chainring.contracts.dataset import Row
from chainring.data.looking.drift import Change, Drift, drift

TEXTS = {
    "en": ("where is my parcel", "the card was refused at the till", "please send an invoice"),
    "zh": ("我的包裹到哪了", "请问发票怎么开", "密码忘了怎么办"),
}


def drawn(start: int, count: int, rng: np.random.Generator, *, zh: float = 0.5) -> list[Row]:
    """Return rows drawn from one source: only chance tells one draw from another."""
    rows = []
    for i in range(start, start + count):
        language = "zh" if rng.random() < zh else "en"
        text = str(rng.choice(TEXTS[language])) + "!" * int(rng.integers(0, 30))
        label = str(rng.choice(["track", "pay", "bill"], p=[0.5, 0.3, 0.2]))
        source = str(rng.choice(["a.csv", "b.csv"]))
        rows.append(row(f"rec_{i}", text=text, label=label, language=language, source=source))
    return rows


def change(found: Drift, side: str, aspect: str) -> Change:
    return next(one for one in found.changes if (one.side, one.aspect) == (side, aspect))


def test_rows_that_came_went_and_changed_their_label_are_counted(make_set: MakeSet) -> None:
    before = [row("a"), row("b"), row("c")]
    now = [row("b"), row("c", label="other"), row("d"), row("e")]
    found = drift(make_set(before, "before"), make_set(now, "now"))
    assert (found.came, found.gone, found.stayed, found.relabelled) == (2, 1, 2, 1)
    assert found.changes == ()


def test_the_same_data_set_twice_has_no_drift(make_set: MakeSet) -> None:
    rows = drawn(0, 60, np.random.default_rng(1))
    found = drift(make_set(rows, "before"), make_set(rows, "now"))
    assert found == Drift(came=0, gone=0, stayed=60, relabelled=0)


def test_noise_alone_raises_no_alarm(make_set: MakeSet) -> None:
    rng = np.random.default_rng(5)
    alarms = 0
    for turn in range(40):
        old = drawn(0, 150, rng)
        now = [*old[60:], *drawn(1000, 120, rng)]
        found = drift(make_set(old, f"old {turn}"), make_set(now, f"now {turn}"))
        assert {one.side for one in found.changes} == {"came", "gone"}
        assert len(found.changes) == 10
        alarms += bool(found.alarms)
    assert alarms <= 6  # of 40 turns at most 5 % may alarm; six would be three standard errors more


def test_a_turn_of_other_languages_alarms_although_most_rows_are_the_same(
    make_set: MakeSet,
) -> None:
    rng = np.random.default_rng(2)
    old = drawn(0, 400, rng, zh=0.1)
    found = drift(make_set(old, "before"), make_set([*old, *drawn(1000, 60, rng, zh=0.9)], "now"))
    languages = change(found, "came", "languages")
    assert languages.alarm
    assert languages.effect > 0.6
    assert {one.name for one in languages.moved} == {"en", "zh"}
    assert not change(found, "came", "labels").alarm


def test_what_was_taken_away_alarms_too(make_set: MakeSet) -> None:
    rng = np.random.default_rng(3)
    old = drawn(0, 400, rng)
    found = drift(make_set(old, "before"), make_set([r for r in old if r.label != "bill"], "now"))
    assert change(found, "gone", "labels").alarm
    assert found.alarms[0].side == "gone"


def test_a_new_word_and_longer_texts_are_seen(make_set: MakeSet) -> None:
    rng = np.random.default_rng(4)
    old = drawn(0, 300, rng, zh=0.0)
    new = [
        row(f"rec_{i}", text="the voucher was refused " * int(rng.integers(3, 9)), source="a.csv")
        for i in range(1000, 1080)
    ]
    found = drift(make_set(old, "before"), make_set([*old, *new], "now"))
    words = change(found, "came", "words")
    assert words.alarm
    assert "voucher" in {one.name for one in words.moved}
    lengths = change(found, "came", "lengths")
    assert lengths.alarm
    assert lengths.moved[0].after > 2 * lengths.moved[0].before


def test_a_difference_of_two_points_in_many_rows_is_no_alarm(make_set: MakeSet) -> None:
    old = [row(f"rec_{i}", language="zh" if i % 100 < 50 else "en") for i in range(20_000)]
    new = [row(f"rec_x{i}", language="zh" if i % 100 < 54 else "en") for i in range(20_000)]
    found = drift(make_set(old, "before"), make_set(new, "now"))
    languages = change(found, "came", "languages")
    assert languages.p < 0.001
    assert languages.effect == pytest.approx(0.04)
    assert not languages.alarm


def test_the_p_values_of_all_questions_are_corrected_together(
    make_set: MakeSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    from chainring.data.looking import drift as module

    def noted(p_values: list[float]) -> list[float]:
        asked.append(len(p_values))
        return [1.0] * len(p_values)

    monkeypatch.setattr(module, "holm", noted)
    rng = np.random.default_rng(6)
    old = drawn(0, 60, rng)
    found = drift(make_set(old, "before"), make_set([*old[30:], *drawn(99, 40, rng)], "now"))
    assert asked == [10]
    assert not found.alarms
