"""What a caller may be shown of a reaction."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chainring.contracts.access import Rule, Who
from chainring.contracts.feedback import Feedback, bare
from chainring.contracts.prediction import Prediction
from chainring.contracts.terms import is_refusal
from chainring.feedback.settings import FeedbackSettings
from chainring.ring.sight import Sight, request_facts

SETTINGS = FeedbackSettings()
DENIED = (Rule(number=1, allow=False, actions=("read",), where={"source": ("feedback",)}),)
ROW = Feedback(
    id="fb_1", app="shop", prediction="pred_1", kind="correction", value="refund", author="zoe",
    at=1.0, text="my money", comment="quickly", answer="parcel", pair="of May",
)  # fmt: skip
ASKED = Prediction(
    id="pred_1", app="shop", model="blake2b:1", form="int8", label="parcel", confidence=0.9,
    passed_on=False, language="en", request="req_1", group="", holdout=True, at=1.0, author="zoe",
)  # fmt: skip


def denied(**where: str) -> tuple[Rule, ...]:
    told: dict[str, tuple[str, ...]] = {name: (pattern,) for name, pattern in where.items()}
    return (Rule(number=1, allow=False, actions=("read",), where=told),)


def sight(rules: tuple[Rule, ...] = ()) -> Sight:
    return Sight(rules, who=Who(role="operate", name="bo"), purpose="review")


def test_of_a_reaction_that_is_withheld_the_label_is_left_and_no_words() -> None:
    eye = sight(DENIED)
    assert eye.feedback(ROW, SETTINGS) == replace(ROW, text="", comment="", pair="")
    assert sight().feedback(ROW, SETTINGS) == ROW
    assert eye.withheld.total() == 1


@pytest.mark.parametrize(
    "words",
    [
        {"value": "Frau Weber hat Krebs", "answer": "Frau Weber", "private": True},
        {"value": "solved by phone", "kind": "outcome"},
    ],
)
@pytest.mark.parametrize("beside", [{}, {"text": "", "comment": "", "pair": ""}])
def test_what_is_told_in_words_is_withheld_with_the_text_and_without_one(
    words: dict[str, Any], beside: dict[str, Any]
) -> None:
    eye, row = sight(DENIED), replace(ROW, **words, **beside)
    seen = eye.feedback(row, SETTINGS)
    assert (seen.text, seen.value, seen.pair) == ("", "", "")
    assert seen.answer == ("" if row.private else "parcel")
    assert eye.withheld.total() == 1
    assert sight().feedback(row, SETTINGS) == row


def is_shown(
    rules: tuple[Rule, ...], *said: Feedback, settings: FeedbackSettings = SETTINGS
) -> bool:
    return sight(rules).may(*request_facts(ASKED, said, settings))


@pytest.mark.parametrize("author", ["zoe", "bo"])
@pytest.mark.parametrize(
    "where", [{"label": "parcel"}, {"split": "holdout"}, {"language": "en"}], ids=str
)
def test_no_reaction_opens_what_the_facts_of_the_request_itself_keep_back(
    where: dict[str, str], author: str
) -> None:
    said = replace(ROW, value="refund", holdout=True, author=author, consent="training")
    assert not is_shown(denied(**where))
    assert not is_shown(denied(**where), said)
    assert is_shown(denied(label="invoice"), said)
    assert not is_shown(denied(label="refund"), said)


def test_a_consent_is_lifted_by_the_asker_himself_and_by_nobody_else() -> None:
    care = FeedbackSettings(consent="care only")
    rules = denied(consent="care only")
    agreed = replace(ROW, kind="rating", value="up", consent="agreed")
    assert not is_shown(rules, settings=care)
    assert not is_shown(rules, replace(agreed, author="bo"), settings=care)
    assert is_shown(rules, agreed, settings=care)
    assert not is_shown(rules, agreed, replace(agreed, consent="care only"), settings=care)


@pytest.mark.parametrize(
    ("asked_via", "said_via", "lifts"),
    [
        ("a" * 12, "a" * 12, True),
        ("a" * 12, "b" * 12, False),
        ("", "b" * 12, False),  # asked at the terminal, or before this was kept
        ("a" * 12, "", True),  # said at the terminal
        ("", "", True),
    ],
)
def test_a_namesake_of_another_application_lifts_no_consent(
    asked_via: str, said_via: str, lifts: bool
) -> None:
    care, asked = FeedbackSettings(consent="care only"), replace(ASKED, via=asked_via)
    agreed = replace(ROW, kind="rating", value="up", consent="agreed", via=said_via)
    facts = request_facts(asked, [agreed], care)
    assert sight(denied(consent="care only")).may(*facts) is lifts
    stricter = replace(agreed, consent="refused", author="bo", via="b" * 12)
    about = request_facts(asked, [agreed, stricter], care)
    assert not sight(denied(consent="refused")).may(*about), "a stricter one counts of anybody"


@pytest.mark.parametrize("author", ["", "0123456789ab"])
def test_nobody_lifts_the_consent_of_one_who_gave_no_name(author: str) -> None:
    """Many users share a key, and all of an open server are nameless."""
    care, asked = FeedbackSettings(consent="care only"), replace(ASKED, author=author)
    said = replace(ROW, author=author, kind="rating", value="up", consent="training")
    facts = request_facts(asked, [said], care)
    assert not sight(denied(consent="care only")).may(*facts)
    assert sight().may(*facts)


@pytest.mark.parametrize("consent", ["none", "refused", "不同意", "forgotten"])
def test_silence_and_a_refusal_of_the_asker_lift_nothing(consent: str) -> None:
    care = FeedbackSettings(consent="care only")
    said = replace(ROW, kind="rating", value="up", consent=consent)
    assert not is_shown(denied(consent="care only"), said, settings=care)


@pytest.mark.parametrize("consent", ["refused", "不同意", "care only"])
@pytest.mark.parametrize("kind", ["comment", "correction"])
def test_forgetting_who_reacted_opens_nothing_that_their_consent_kept_back(
    consent: str, kind: Any
) -> None:
    said = replace(ROW, kind=kind, author="bo", consent=consent)
    gone = bare(said, refused=is_refusal(consent))
    assert not is_shown(denied(consent=consent), said)
    assert not is_shown(denied(consent=consent), gone)
    assert is_shown(denied(source="files"), gone)
    agreed = Rule(number=1, allow=True, actions=("read",), where={"consent": ("agreed",)})
    rules = (agreed, replace(DENIED[0], number=2))
    asker = replace(ROW, kind="rating", value="up", consent="agreed")
    assert is_shown(rules, asker)
    assert not is_shown(rules, asker, gone)


def test_texts_may_be_kept_for_those_whose_asker_agreed() -> None:
    """A reviewer sees what users gave for it, and only that."""
    agreed = Rule(number=1, allow=True, actions=("read",), where={"consent": ("training",)})
    rules = (agreed, replace(DENIED[0], number=2))
    said = replace(ROW, consent="training")
    assert not is_shown(rules)
    assert not is_shown(rules, replace(said, author="bo"))
    assert is_shown(rules, said)


def test_the_request_in_a_reaction_is_kept_back_for_what_it_was_answered() -> None:
    said = replace(ROW, consent="training", holdout=True)
    for rules in (denied(label="parcel"), denied(split="holdout")):
        eye = sight(rules)
        assert eye.feedback(said, SETTINGS) == replace(said, text="", comment="", pair="")
    assert sight(denied(label="invoice")).feedback(said, SETTINGS) == said


def test_a_reaction_is_seen_by_what_others_said_of_the_same_request() -> None:
    said = replace(ROW, consent="training")
    strict = replace(ROW, id="fb_2", author="bo", consent="care only")
    about = request_facts(ASKED, [said, strict], SETTINGS)
    rules = denied(consent="care only")
    assert sight(rules).feedback(said, SETTINGS) == said
    assert sight(rules).feedback(said, SETTINGS, about).text == ""


@pytest.mark.parametrize("output", ['[[0,2,"city"]]', ""])
@pytest.mark.parametrize(("kind", "is_shown"), [("city", False), ("disease", True)])
def test_a_request_that_was_answered_with_tags_is_kept_back_by_their_kinds_alone(
    output: str, kind: str, is_shown: bool
) -> None:
    tags = '[[0,2,"city"]]'
    asked = replace(ASKED, label="", output=output)
    row = replace(ROW, value=tags, answer=tags)
    assert sight(denied(label=kind)).may(*request_facts(asked, [row], SETTINGS)) is is_shown
