"""What a recipe says of every source; the keys of its own a part declares beside itself.

[[data.sources]]
name = "tickets"
use = "sql.v1"
licence = "CC-BY-4.0"
consent = "training"
url = "env:SHOP_DB"                      # from here on: keys of sql.v1
query = "SELECT id, body FROM tickets"
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo

Name = Annotated[str, Field(min_length=1)]
RowRole = Literal[
    "text", "label", "language", "split", "subject", "licence", "consent", "author", "protected",
    "episode", "id", "at", "pair", "target", "answer", "answer_language", "context",
]  # fmt: skip
_URL = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)


class SourceSettings(BaseModel):
    """One source: text from elsewhere, brought up to date at every turn."""

    model_config = ConfigDict(extra="allow", frozen=True)

    name: str = Field(
        pattern=r"^[a-z][a-z0-9_-]{0,62}$",
        description="name of the source: small letters, digits, - and _",
    )
    use: Name = Field(description="the part that brings it: sql.v1, files.v1, web.v1, …")
    licence: Name = Field("unstated", description="licence of rows that name none")
    consent: Name = Field("owner", description="consent of rows that name none")
    clinical: bool = Field(
        False, description="notes about patients: needs redaction, and a consent that is allowed"
    )

    @property
    def own(self) -> dict[str, Any]:
        """The keys of the part."""
        return dict(self.model_extra or {})


def is_url(place: str) -> bool:
    """Return whether a place is a url (`s3://…`) and no path."""
    return _URL.match(place) is not None


def _placed(place: str, info: ValidationInfo) -> str:
    """Return the place, a path seen from the project's folder where that is known."""
    root = (info.context or {}).get("root")
    return place if root is None or is_url(place) else str(Path(root) / place)


Location = Annotated[Name, AfterValidator(_placed)]
"""A path (seen from the project's folder) or a url."""


def secret_in(url: str) -> bool:
    """Return whether a url holds a password, which a recipe must not.

    >>> secret_in("postgresql://ann:secret@host/shop"), secret_in("postgresql://ann@host/shop")
    (True, False)
    """
    return re.match(r"[^/]*//[^/@:]*:[^/@]+@", url) is not None
