"""Roles of keys, and the verbs that each reaches; a verb that is in no table is closed.

========  =====================================================================================
role      reaches
========  =====================================================================================
ask       answers, reactions, its own cases; why without texts
react     reactions and its own cases only: for a key that everybody can read in a web page
annotate  the review queue, with the texts that the rules of access let it see
operate   all of these, all cases, measures and releases
admin     all of these, keys and the audit log
========  =====================================================================================

>>> [role for role in ROLES if "review" in verbs_of(role)]
['annotate', 'operate', 'admin']
"""

from __future__ import annotations

from typing import Literal, get_args

Role = Literal["ask", "react", "annotate", "operate", "admin"]
ROLES: tuple[Role, ...] = get_args(Role)

ABOVE: tuple[Role, ...] = ("operate", "admin")
_ASK = ("predict", "why", "embed", "chat")
_REACT = ("react", "case")
_ALL = ("labels", "models")
_ANNOTATE = ("review", "decide")
_ADMIN = ("keys", "audit")
_OPERATE = (
    "init", "turn", "watch", "serve", "cases", "close_case", "history",
    "metrics", "report", "promote", "rollback", "release", "drift",
    "doctor", "backup", "restore", "gc", "forget", "package",
    "collect", "upgrade", "data fetch", "data clean", "data report", "data show",
    "data trace", "pretrain", "tokeniser",
    "words train", "words near", "words analogy", "words export", "words map", "words segment",
)  # fmt: skip
VERB_ROLES: dict[str, tuple[Role, ...]] = {
    **dict.fromkeys(_ASK, ("ask", *ABOVE)),
    **dict.fromkeys(_REACT, ("ask", "react", *ABOVE)),
    **dict.fromkeys(_ALL, ROLES),
    "status": ("ask", "annotate", *ABOVE),
    **dict.fromkeys(_ANNOTATE, ("annotate", *ABOVE)),
    **dict.fromkeys(_OPERATE, ABOVE),
    **dict.fromkeys(_ADMIN, ("admin",)),
}
"""Verb → roles that reach it. `case` is the one that the caller's own flag opened; `why` tells an
asker ids and licences only, see `trust.access.sees_texts`."""


def verbs_of(role: str) -> frozenset[str]:
    """Return the verbs that a role reaches."""
    return frozenset(verb for verb, roles in VERB_ROLES.items() if role in roles)
