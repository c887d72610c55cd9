"""Guard: what protects the people in the text, made from a policy and handed to steps."""

from __future__ import annotations

from dataclasses import dataclass

REFUSED = "refused"
"""Consent of somebody who said no: no policy lets such a record be used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """`redact` personal data before anything is stored; `log` texts redacted, digest or none.

    Records whose consent is not among `allowed_consents` (when it is not empty) are dropped.
    """

    redact: bool
    log: str
    retention_s: float
    allowed_consents: tuple[str, ...] = ()

    def allows(self, consent: str) -> bool:
        """Whether a record with this consent may be used; never where it was refused."""
        if consent == REFUSED:
            return False
        return not self.allowed_consents or consent in self.allowed_consents
