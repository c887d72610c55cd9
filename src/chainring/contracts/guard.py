"""Guard: what protects the people in the text, made from a policy and handed to steps."""

from __future__ import annotations

from dataclasses import dataclass

from chainring.contracts.access import RING, Decision, Facts, Rule, decide
from chainring.contracts.terms import is_refusal, plain

FORGOTTEN = "forgotten"
"""Consent of what was forgotten, and the reason by which a later turn leaves it out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """`redact` personal data before anything is stored; `log` texts redacted, digest or none.

    Records that carry a mark of `forgotten` are dropped; so are those whose consent is not among
    `allowed_consents` (when it is not empty). `rules` are those that speak of training and judging;
    `purpose` is what the models are for.
    """

    redact: bool
    log: str
    retention_s: float
    allowed_consents: tuple[str, ...] = ()
    forgotten: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()
    purpose: str = "service"

    def may(self, action: str, facts: Facts) -> Decision:
        """Return whether the ring may `train` on, or `evaluate` with, a record of these facts."""
        return decide(self.rules, RING, action, self.purpose, facts)

    def allows(self, consent: str) -> bool:
        """Whether a record with this consent may be used; never one refused or forgotten."""
        if consent == FORGOTTEN or is_refusal(consent):
            return False
        allowed = self.allowed_consents
        return not allowed or plain(consent) in map(plain, allowed)
