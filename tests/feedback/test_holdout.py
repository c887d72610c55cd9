"""The hold-out's sample and the rates of reaction."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from chainring.contracts.feedback import Feedback
from chainring.contracts.label import Label, review_guideline
from chainring.contracts.prediction import Prediction
from chainring.feedback.holdout import (
    ReactionRates,
    is_right,
    kept_to_decide,
    reaction_rates,
    refused_of_sample,
    sample,
)

Ask = Callable[..., Prediction]
SECRET = b"k" * 32


def test_only_the_hold_out_is_drawn_and_never_more_than_asked_for(prediction: Ask) -> None:
    asked = [prediction(n, holdout=n % 2 == 0) for n in range(40)]
    drawn = sample(asked, already=set(), size=7, secret=SECRET)
    assert len(drawn) == len(set(drawn)) == 7
    assert all(int(name.removeprefix("pred_")) % 2 == 0 for name in drawn)
    assert len(sample(asked, already=set(), size=100, secret=SECRET)) == 20
    assert sample(asked, already=set(), size=0, secret=SECRET) == []


@given(st.permutations(range(12)))
def test_the_draw_does_not_depend_on_the_order_or_on_the_answers(
    prediction: Ask, order: list[int]
) -> None:
    asked = [prediction(n, holdout=True) for n in range(12)]
    others = [prediction(n, holdout=True, label="退款", confidence=0.1, model="m2") for n in order]
    expected = sample(asked, already=set(), size=5, secret=SECRET)
    assert sample(others, already=set(), size=5, secret=SECRET) == expected


def test_another_key_or_seed_draws_another_sample(prediction: Ask) -> None:
    asked = [prediction(n, holdout=True) for n in range(200)]
    drawn = {
        tuple(sample(asked, already=set(), size=10, secret=secret, seed=seed))
        for secret, seed in [(SECRET, 0), (b"other", 0), (SECRET, 1)]
    }
    assert len(drawn) == 3


def test_one_answer_stands_for_its_near_duplicates_and_is_asked_about_once(prediction: Ask) -> None:
    asked = [prediction(n, holdout=True, group=f"g{n % 4}") for n in range(40)]
    drawn = sample(asked, already=set(), size=40, secret=SECRET)
    assert sorted(drawn) == ["pred_0", "pred_1", "pred_2", "pred_3"]
    rest = sample(asked, already={"pred_13"}, size=40, secret=SECRET)
    assert sorted(rest) == ["pred_0", "pred_2", "pred_3"]


def test_what_was_drawn_stays_in_front_while_more_is_asked(prediction: Ask) -> None:
    asked = [prediction(n, holdout=True) for n in range(50)]
    all_, some = (
        sample(rows, already=set(), size=50, secret=SECRET) for rows in (asked, asked[:30])
    )
    assert [name for name in all_ if name in some] == some


def test_every_group_is_about_equally_often_drawn(prediction: Ask) -> None:
    asked = [prediction(n, holdout=True) for n in range(10)]
    drawn: Counter[str] = Counter()
    for number in range(1000):
        drawn.update(sample(asked, already=set(), size=3, secret=b"%d" % number))
    # Each is drawn 300 times in the mean with a standard deviation of 14.5; 5 of them are 73.
    assert len(drawn) == 10
    assert all(abs(count - 300) < 73 for count in drawn.values())


def test_rates_are_counted_on_the_reviewed_hold_out_only(
    prediction: Ask, row: Callable[..., Feedback], review: Callable[..., Label]
) -> None:
    asked = [prediction(n, holdout=True) for n in range(6)] + [prediction(7), prediction(8)]
    reviewed = [
        review("pred_0", "refund"),  # right, confirmed
        review("pred_1", "refund"),  # right, nobody reacted
        review("pred_2", "退款"),  # wrong, corrected to the truth
        review("pred_3", "退款"),  # wrong, corrected to another label
        review("pred_4", "退款", state="rejected"),
        review("pred_7", "退款"),  # not of the hold-out
    ]
    feedback = [
        row(0, kind="confirmation", value="refund"),
        row(1, kind="rating", value="up"),
        row(2, value="退款"),
        row(3, value="cancel"),
        row(4, value="退款"),
        row(7, value="退款"),
    ]
    found = reaction_rates(asked, feedback, reviewed)
    assert found == ReactionRates(right=2, right_reacted=1, wrong=2, wrong_reacted=2, disputed=1)
    assert (found.of_right, found.of_wrong) == (0.5, 1.0)
    other = reaction_rates(asked, feedback, reviewed, model="m2")
    assert other == ReactionRates(right=0, right_reacted=0, wrong=0, wrong_reacted=0)
    assert (other.of_right, other.of_wrong) == (None, None)


def test_the_last_word_of_a_user_is_disputed_or_not(
    prediction: Ask, row: Callable[..., Feedback], review: Callable[..., Label]
) -> None:
    asked = [prediction(1, holdout=True)]
    said = [row(1, value="退款"), row(2, prediction="pred_1", value="cancel")]
    for truth, disputed in [("退款", 1), ("cancel", 0)]:
        assert reaction_rates(asked, said, [review("pred_1", truth)]).disputed == disputed


def test_an_out_of_scope_text_is_answered_right_when_it_is_passed_on(prediction: Ask) -> None:
    assert is_right(prediction(1, passed_on=True), "out_of_scope")
    assert not is_right(prediction(1), "out_of_scope")
    assert is_right(prediction(1, passed_on=True), "refund")
    assert not is_right(prediction(1), "退款")


def test_a_word_that_is_as_good_as_the_truth_is_no_dispute(
    prediction: Ask, row: Callable[..., Feedback], review: Callable[..., Label]
) -> None:
    asked = [prediction(1, holdout=True)]
    said, truth = [row(1, value="3.6")], [review("pred_1", "3.61")]

    def near(value: str, true: str) -> bool:
        return abs(float(value) - float(true)) < 0.1

    assert reaction_rates(asked, said, truth).disputed == 1
    assert reaction_rates(asked, said, truth, agrees=near).disputed == 0


def test_confirming_a_passed_on_text_is_disputed_when_it_was_in_scope(
    prediction: Ask, row: Callable[..., Feedback], review: Callable[..., Label]
) -> None:
    asked = [prediction(1, holdout=True, passed_on=True)]
    said = [row(1, kind="confirmation", value="")]
    for truth, disputed in [("out_of_scope", 0), ("退款", 1)]:
        assert reaction_rates(asked, said, [review("pred_1", truth)]).disputed == disputed


# Answers that are kept to decide


def test_a_part_of_the_groups_is_kept_and_never_sampled(prediction: Ask) -> None:
    asked = [prediction(n, holdout=True) for n in range(400)]
    kept = {one.id for one in kept_to_decide(asked, sampled=(), size=400, secret=SECRET, share=0.5)}
    drawn = set(sample(asked, already=(), size=400, secret=SECRET, deciding_share=0.5))
    assert kept | drawn == {one.id for one in asked}
    assert not kept & drawn
    assert 150 < len(kept) < 250


def test_all_near_duplicates_lie_in_one_part_and_the_first_stands_for_them(prediction: Ask) -> None:
    asked = [prediction(n, holdout=True, group=f"g{n % 40}", at=float(n)) for n in range(120)]
    kept = kept_to_decide(asked, sampled=(), size=400, secret=SECRET, share=0.5)
    assert [one.id for one in kept] == [f"pred_{n}" for n in range(39, -1, -1) if is_in(kept, n)]
    drawn = sample(asked, already=(), size=400, secret=SECRET, deciding_share=0.5)
    assert len(kept) + len(drawn) == 40


def test_a_refusal_is_counted_where_it_keeps_a_text_from_the_sample(prediction: Ask) -> None:
    asked = [prediction(n, holdout=True, group=f"g{n % 40}", at=float(n)) for n in range(120)]
    asked += [prediction(n, group=f"g{n}") for n in range(120, 140)]
    drawn = sample(asked, already=(), size=400, secret=SECRET, deciding_share=0.5)
    (kept, *_) = {f"pred_{n}" for n in range(40)} - {*drawn}
    again = f"pred_{int(drawn[2].removeprefix('pred_')) + 40}"  # the first of its group did not
    refused = {*drawn[:2], again, kept, "pred_130"}
    assert refused_of_sample(asked, refused, secret=SECRET, deciding_share=0.5) == (2, len(drawn))


def is_in(kept: list[Prediction], number: int) -> bool:
    return any(one.group == f"g{number}" for one in kept)


def test_what_was_sampled_before_judges_already_and_is_not_kept(prediction: Ask) -> None:
    asked = [prediction(n, holdout=True, group=f"g{n % 10}") for n in range(20)]
    kept = kept_to_decide(asked, sampled=(), size=20, secret=SECRET, share=1.0)
    assert len(kept) == 10
    rest = kept_to_decide(asked, sampled={"pred_13"}, size=20, secret=SECRET, share=1.0)
    assert {one.group for one in kept} - {one.group for one in rest} == {"g3"}


def test_only_the_hold_out_is_kept_the_newest_first_and_never_without_a_share(
    prediction: Ask,
) -> None:
    asked = [prediction(n, holdout=n % 2 == 0, at=float(n)) for n in range(40)]
    kept = kept_to_decide(asked, sampled=(), size=3, secret=SECRET, share=1.0)
    assert [one.id for one in kept] == ["pred_38", "pred_36", "pred_34"]
    assert kept_to_decide(asked, sampled=(), size=40, secret=SECRET, share=0.0) == []


def test_answers_that_were_asked_about_to_decide_say_nothing_of_rates(prediction: Ask) -> None:
    asked = prediction(1, holdout=True, label="stock")
    said = Label(
        id="lab_1", app="shop", record="pred_1", value="stock", author="ann", author_kind="person",
        guideline=review_guideline("deciding"),
    )  # fmt: skip
    assert reaction_rates([asked], [], [said]).right == 0
    assert reaction_rates([asked], [], [replace(said, guideline="review of kind holdout")]).right
