"""Sight: what one caller may be shown, decided text by text where it leaves the store.

Enters the rules of a project and a caller, leaves texts or nothing in their place, and counts both
for the audit.

    sight = Sight(rules, who=Who(role="operate", name="ann"), purpose="review")
    sight.text(row.text, row_facts(row))     # the text, or None
    sight.shown, sight.withheld              # (1, Counter())
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from chainring.contracts.access import SEEING, Facts, Rule, Who, decide
from chainring.contracts.feedback import Feedback, is_in_words
from chainring.contracts.guard import FORGOTTEN
from chainring.contracts.prediction import Prediction
from chainring.contracts.terms import is_refusal
from chainring.feedback.last_words import is_person
from chainring.feedback.settings import FeedbackSettings

FEEDBACK = "feedback"
"""The source of what users write: requests, comments, corrections."""


class Sight:
    """Decides and counts. With `blind` nothing is shown, whatever the rules say."""

    def __init__(
        self,
        rules: Sequence[Rule],
        *,
        who: Who,
        purpose: str,
        action: str = "read",
        blind: bool = False,
    ) -> None:
        self.who, self.purpose, self.action, self.blind = who, purpose, action, blind
        self._rules = rules
        self.shown = 0
        self.withheld: Counter[str] = Counter()
        self.allowed_by: Counter[str] = Counter()

    @property
    def asks_facts(self) -> bool:
        """Whether what is shown depends on facts at all: without rules it does not."""
        return bool(self._rules)

    @property
    def sees(self) -> bool:
        """Whether the caller may be shown any text at all, if the rules allow it."""
        return not self.blind and self.who.role in SEEING

    def may(self, *facts: Facts) -> bool:
        """Return whether a text may be shown that all of these facts are true of, and count it."""
        reason = ""
        for one in facts:
            found = decide(self._rules, self.who, self.action, self.purpose, one)
            reason = found.because
            if self.blind or not found.allowed:
                self.withheld["texts were not asked for" if self.blind else reason] += 1
                return False
        self.shown += 1
        self.allowed_by[reason] += 1
        return True

    def text(self, text: str | None, *facts: Facts) -> str | None:
        """Return the text if it may be shown; else None."""
        return text if text and self.may(*facts) else None

    def feedback(
        self, row: Feedback, settings: FeedbackSettings, about: Sequence[Facts] = ()
    ) -> Feedback:
        """Return a reaction as this caller may see it: without what users wrote, if need be.

        `about` are the facts of its request, see `request_facts`; without them they are told by the
        row itself, which knows nothing of other reactions to the same.
        """
        told = row.private or is_in_words(row.kind, row.value)
        words = row.text or row.comment or (told and row.value)
        facts = feedback_facts(row, settings)
        if not words or self.may(*(about or [_answered(row, facts)]), facts):
            return row
        value, answer = "" if told else row.value, "" if row.private else row.answer
        return replace(row, text="", comment="", pair="", value=value, answer=answer)

    @property
    def decision(self) -> str:
        """In a word: allowed, in part, or denied."""
        if not self.withheld:
            return "allowed"
        return "in part" if self.shown else "denied"

    @property
    def because(self) -> str:
        """The reasons, those of what was withheld first."""
        return "; ".join(dict.fromkeys([*sorted(self.withheld), *sorted(self.allowed_by)]))


def feedback_facts(row: Feedback, settings: FeedbackSettings) -> Facts:
    """Return the facts of what a user wrote in a reaction, or in the request it is about.

    The consent of who was forgotten is not known any more: what it kept back stays so.
    """
    return Facts(
        source=FEEDBACK,
        licence=settings.licence,
        consent=None if row.consent == FORGOTTEN else row.consent,
        language=row.language or None,
        label=(row.value if row.kind == "correction" else row.answer) or None,
        split="reacted" if row.holdout else "train",
    )


def request_facts(
    asked: Prediction, said: Iterable[Feedback], settings: FeedbackSettings
) -> list[Facts]:
    """Return the facts of a request: its own, and those of every reaction to it.

    A text is shown only where all of them allow it, so that nobody opens one by reacting: of two
    consents the stricter one holds. Only a consent that the asker himself gave stands in for the
    one that the recipe takes for granted; nobody is known for him who gave no name, nor his
    namesake of another application. What is said at the terminal is said by whoever runs all this.
    """
    rows = list(said)
    given = [row.consent for row in rows if _is_askers(row, asked) and _consents(row)]
    answer = asked.value or next((row.answer for row in rows if row.answer), "")
    own = Facts(
        source=FEEDBACK,
        licence=settings.licence,
        consent=given[-1] if given else settings.consent,
        language=asked.language or None,
        label=answer or None,
        split="holdout" if asked.holdout else "train",
    )
    return [own, *(feedback_facts(row, settings) for row in rows)]


def _is_askers(row: Feedback, asked: Prediction) -> bool:
    return is_person(asked.author) and row.author == asked.author and row.via in (asked.via, "")


def _consents(row: Feedback) -> bool:
    """Whether a reaction says more than silence or a refusal."""
    return row.consent not in ("none", FORGOTTEN) and not is_refusal(row.consent)


def _answered(row: Feedback, facts: Facts) -> Facts:
    """Return the facts of the request that a reaction is about, as far as the reaction has them."""
    split = "holdout" if row.holdout else "train"
    return replace(facts, label=row.answer or None, split=split)
