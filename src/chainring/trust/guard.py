"""A policy becomes the guard that the ring hands to its steps.

guard(Policy(log="digest", retention_days=30))
"""

from __future__ import annotations

from chainring.contracts.errors import InputError, did_you_mean
from chainring.contracts.guard import Guard
from chainring.contracts.source import Policy
from chainring.contracts.terms import is_refusal

LOGS = ("redacted", "digest", "none")
_DAY_S = 86_400.0


def guard(policy: Policy) -> Guard:
    """Return the guard that carries out a policy.

    Raises
    ------
    InputError
        With every fault of the policy: an unknown kind of log, a retention under one day, a
        consent that says no.
    """
    faults = []
    if policy.log not in LOGS:
        faults.append(f"privacy.log: {policy.log!r} is unknown{did_you_mean(policy.log, LOGS)}")
    if policy.retention_days < 1:
        faults.append(f"privacy.retention_days: {policy.retention_days} is not >= 1")
    faults += [
        f"privacy.allowed_consents: {one!r} says no, and such texts are never used; give the "
        "consent another name, in the data as well"
        for one in policy.allowed_consents
        if is_refusal(one)
    ]
    if faults:
        raise InputError("the policy cannot be carried out; correct [privacy]", faults=faults)
    return Guard(
        redact=policy.redact,
        log=policy.log,
        retention_s=policy.retention_days * _DAY_S,
        allowed_consents=tuple(sorted(set(policy.allowed_consents))),
        forgotten=tuple(sorted(set(policy.forgotten))),
        rules=policy.rules,
        purpose=policy.purpose,
    )
