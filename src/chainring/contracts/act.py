"""Act: what somebody with a privilege did, kept for those who ask later; never with a text."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One read, export, key act, promotion, rollback or forgetting.

    `who` and `role` are the caller's, `key` is the id of the key that was sent (several may have
    one name; empty for the owner and on a server without keys). `verb` is the verb that was called,
    `action` what kind of act it was (`read`, `export`, or the verb itself), `rows` how many texts
    it was given and `withheld` how many not. `decision` is allowed, in part or denied; `because`
    names the rules or the reason that was given; `about` is an id or an address.
    """

    id: str
    app: str
    at: float
    who: str
    role: str
    verb: str
    action: str
    decision: str
    because: str = ""
    purpose: str = ""
    rows: int = 0
    withheld: int = 0
    about: str = ""
    key: str = ""
