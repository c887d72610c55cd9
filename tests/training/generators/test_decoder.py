from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from chainring.contracts.dataset import Row
from chainring.contracts.work import Work
from chainring.text.chat import conversation
from chainring.training.generators.decoder import decoder, starting, taught
from chainring.training.settings import TrainingSettings

Small = Callable[..., TrainingSettings]


def _answers(rows: list[Row], settings: TrainingSettings, work: Work) -> list[str]:
    made = decoder(rows, rows[:2], unlabelled=(), labels=(), work=work, settings=settings)
    assert made.answers is not None
    return [answer.output for answer in made.answers(rows)]


def test_completions_in_two_languages_are_learnt(
    ask: Callable[..., Row], opening: Work, small: Small
) -> None:
    rows = [
        ask("Where is my parcel?", "It is on its way."),
        ask("I want my money back.", "We will refund you."),
        ask("物流太久了", "包裹已在路上。"),
        ask("我要退款", "我们会退款给您。"),
    ]
    settings = small("decoder", architecture="llama", epochs=80)
    assert _answers(rows, settings, opening) == [row.target for row in rows]


def test_a_reply_hangs_on_what_was_said_before(
    ask: Callable[..., Row], opening: Work, small: Small
) -> None:
    def turns(first: str) -> str:
        return conversation(
            [
                {"role": "user", "content": first},
                {"role": "assistant", "content": "ok"},
                {"role": "user", "content": "which?"},
            ]
        )

    rows = [
        ask(turns("red"), "the red one", id="a"),
        ask(turns("blue"), "the blue one", id="b"),
        ask(turns("green"), "the green one", id="c"),
    ]
    settings = small(
        "decoder", architecture="llama", epochs=150, learning_rate=0.005, hidden=64, inner=128,
        layers=2,
    )  # fmt: skip
    assert _answers(rows, settings, opening) == [row.target for row in rows]


def test_an_encoder_learns_to_write(
    ask: Callable[..., Row], opening: Work, small: Small, tiny_encoder: Path
) -> None:
    rows = [ask("where is my parcel", "it comes"), ask("i want my money back", "here it is")]
    settings = small(
        "decoder", base=str(tiny_encoder), epochs=80, max_input_tokens=16, max_output_tokens=10
    )
    assert _answers(rows, settings, opening) == [row.target for row in rows]


def test_of_two_completions_the_row_that_weighs_more_is_learnt(
    ask: Callable[..., Row], opening: Work, small: Small
) -> None:
    question = "Where is my parcel?"
    light = [ask(question, "nobody knows", id=f"light{n}") for n in range(3)]
    heavy = ask(question, "it comes", id="heavy", weight=8.0)
    said = _answers([heavy, *light], small("decoder", architecture="llama", epochs=40), opening)
    assert said == ["it comes"] * 4


def test_a_base_that_cannot_read_a_few_rows_says_so(
    ask: Callable[..., Row], opening: Work, small: Small, tiny_encoder: Path
) -> None:
    rows = [ask("where is my parcel", "it comes", id=f"{n}", language="en") for n in range(40)]
    few = ask("ჩემი ამანათი სად არის", "it comes", language="ka")
    settings = small("decoder", base=str(tiny_encoder), epochs=1, max_input_tokens=16)
    made = decoder([*rows, few], (), unlabelled=(), labels=(), work=opening, settings=settings)
    assert any("of ka tokens (1 row): too few to change it" in note for note in made.notes)


def test_what_a_budget_leaves_of_an_epoch_is_learnt_in_several_steps(
    ask: Callable[..., Row], opening: Work, small: Small
) -> None:
    rows = [ask(f"where is parcel {n}", f"in town {n % 7}", id=f"{n}") for n in range(300)]
    settings = small("decoder", batch_size=128).model_copy(update={"budget_minutes": 2e-5})
    start = starting(rows, settings.decoder, work=opening, seed=0)
    before = [weight.detach().clone() for weight in start.network.parameters()]
    found = taught(start, rows, rows[:9], name="decoder", work=opening, settings=settings)
    (cut,) = found.notes
    assert "% of one" in cut
    largest = max(
        float((now - then).abs().max().detach())
        for now, then in zip(start.network.parameters(), before, strict=True)
    )
    assert largest > 2 * 0.01  # a step of Adam moves a weight by the rate at most
