"""What a recipe says about the people in the text.

Enters the section `[privacy]` of chainring.toml, leaves the policy of the project's owner.

    PrivacySettings(log="digest", retention_days=30).policy()
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from chainring.contracts.source import Policy

_Consent = Annotated[str, Field(min_length=1, max_length=64)]


class PrivacySettings(BaseModel):
    """What may be kept, of whom, and for how long."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    redact: bool = Field(
        True, description="take mail addresses, phone, card and identity numbers out of texts"
    )
    log: Literal["redacted", "digest", "none"] = Field(
        "redacted",
        description="what is kept of a request: its redacted text, its keyed digest, or nothing; "
        "without the text its corrections cannot be learnt from",
    )
    retention_days: int = Field(90, ge=1, le=3650, description="days that a logged text is kept")
    allowed_consents: tuple[_Consent, ...] = Field(
        (), description="consents whose texts may be used; none named: every one"
    )

    @property
    def keeps_texts(self) -> bool:
        """Whether what was asked can be read again: to be reviewed, and to teach."""
        return self.log == "redacted"

    def policy(self) -> Policy:
        """Return these settings as the noun that the ring begins with."""
        return Policy(
            redact=self.redact,
            log=self.log,
            retention_days=self.retention_days,
            allowed_consents=self.allowed_consents,
        )
