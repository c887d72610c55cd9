"""Record: one text with where it came from, on which terms, and whom it concerns."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A text and its papers.

    `id` is a keyed BLAKE2b over source and content, so two people who wrote the same sentence have
    two records; `digest` is the keyed digest of the content alone. `at` and `expires` are seconds
    since 1970 (UTC). `fields` holds further mapped columns (`label`, `author`, `split`, ...).
    `group` is the key of the near-duplicate group that splits and hold-out go by; `episode` a keyed
    digest that the turns of one conversation share, or ''.

    =========  ==============================  ==========================
    column     English example                 Chinese example
    =========  ==============================  ==========================
    text       Where is my parcel?             我的包裹到哪了？
    language   en                              zh
    source     data/help.jsonl                 data/help.jsonl
    locator    row 12                          row 13
    =========  ==============================  ==========================
    """

    id: str
    app: str
    text: str
    digest: str
    source: str
    locator: str
    licence: str
    consent: str
    language: str
    group: str
    at: float | None = None
    subject: str | None = None
    parents: tuple[str, ...] = ()
    expires: float | None = None
    fields: dict[str, str] = field(default_factory=dict)

    @property
    def episode(self) -> str:
        """Whose turn it is: the key of its conversation."""
        return self.fields.get("episode", "")
