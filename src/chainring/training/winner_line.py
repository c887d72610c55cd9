"""What a turn says of the candidates: what each reached on validation, and which one was chosen.

winner_line(rivals, standings)
# on validation: linear.v1 95.0% right at a cost of 2.5 a row, encoder.v1 … (chosen)
"""

from __future__ import annotations

from collections.abc import Sequence

from chainring.contracts.model import Rival
from chainring.contracts.said import Said, joined
from chainring.training.compete import Standing
from chainring.training.progress_sentences import progress


def winner_line(rivals: Sequence[Rival], standings: Sequence[Standing]) -> Said:
    """Return the line; by another measure than accuracy with the figure that decided."""
    by_part = {one.part: one for one in standings}
    told = [
        progress(
            "chosen" if one.won else "rival",
            part=one.part,
            share=_share(one, by_part.get(one.part)),
        )
        for one in rivals
        if one.rows
    ]
    return progress("rivals", rivals=joined(told, en=", ", zh="，"))


def _share(rival: Rival, standing: Standing | None) -> str:
    share = f"{rival.accuracy:.1%}"
    if standing is None or standing.score is None:
        return share
    name = standing.measure.name
    figure = f"{abs(standing.score):.3g}" if name == "cost" else f"{standing.score:.1%}"
    return progress(f"share by {name}", share=share, figure=figure)
