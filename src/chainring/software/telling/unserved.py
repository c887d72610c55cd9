"""Why nothing answers yet, and what to do: no turn was made, or the gate held what came of it.

unserved(project.ring)    # "no model serves yet; run `chainring turn` first"
"""

from __future__ import annotations

from chainring.contracts.codec import decode
from chainring.contracts.said import joined
from chainring.contracts.verdict import Verdict
from chainring.ring.built import Ring
from chainring.ring.gate.sentences import said_twice
from chainring.software.telling.sentences import say

DIGITS = 12
"""By so many digits of its address a model is named."""


def short(address: str) -> str:
    """Return the digits by which a model is named."""
    return address.partition(":")[2][:DIGITS]


def unserved(ring: Ring) -> str:
    """Return a sentence for a project whose first champion is still to come."""
    verdicts = ring.ledger.all_lineage(step="verdict")
    if not verdicts:
        return say("no turn")
    verdict = decode(Verdict, verdicts[-1].result)
    if verdict.promote:  # the turn that would have put it into service was cut off
        return say("turn cut off")
    model = short(verdict.challenger)
    because = joined(said_twice(check.because) for check in verdict.checks if not check.holds)
    return say("gate held", model=model, because=because)
