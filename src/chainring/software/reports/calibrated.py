"""How far confidence and share of right answers lie apart, beside what chance alone would show."""

from __future__ import annotations

from collections.abc import Mapping

from chainring.contracts.evaluation import Evaluation


def calibration_told(sentence: str, judged: Evaluation, say: Mapping[str, str]) -> str:
    """Return a sentence of the points that they differ by, and what a calibrated model's are."""
    told = sentence.format(points=f"{100 * judged.calibration_error:.1f}")
    if judged.calibration_expected is None:  # judged before that was counted
        return told
    expected = f"{100 * judged.calibration_expected:.1f}"
    return told + say["calibration beside"].format(expected=expected)
