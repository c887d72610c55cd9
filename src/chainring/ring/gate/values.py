"""The word for a comparison: better, worse, or neither of them.

value(0.01, 0.99, loss=-0.03, settings=GateSettings())      # "better"
"""

from __future__ import annotations

from chainring.contracts.verdict import Value
from chainring.ring.gate.settings import GateSettings


def value(p_better: float, p_worse: float, *, loss: float, settings: GateSettings) -> Value:
    """Return the value of a comparison; `loss` is the champion's lead as a share."""
    if p_better <= settings.alpha:
        return "better"
    if p_worse <= settings.alpha:
        return "worse"
    beyond_margin = 100.0 * loss > settings.margin_points + 1e-9
    return "worse within noise" if beyond_margin else "no measurable difference"
