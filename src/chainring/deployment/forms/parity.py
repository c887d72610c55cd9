"""Parity: how far a form answers like the trained model, on the model's golden texts.

Enters a predictor and what the trained model answered, leaves a Parity with the numbers and
whether they are within the tolerances of its tier. The cosine is taken of the logits (read back
from the probabilities): that of probabilities falls far at every near tie, where a hair decides,
and is blind to all labels but the best.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from difflib import SequenceMatcher

import numpy as np
from numpy.typing import NDArray

from chainring.contracts.forms import Parity
from chainring.contracts.predictor import Predictor
from chainring.contracts.request import Request
from chainring.contracts.said import joined
from chainring.deployment.forms.parity_of_tags import TellsTokens, agreement
from chainring.deployment.forms.sentences import say
from chainring.deployment.model_folder import Floats, Golden
from chainring.stats.readout import Costs, expected

Doubles = NDArray[np.float64]
FLOOR = 1e-6
"""Probabilities below this count as this much: nobody reads them, and golden files round them."""
TINY = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class Tolerances:
    """What a form may differ by, and why so much.

    `tie`: a label whose golden probability is this near to the best one's agrees with it, since
    rounding alone decides between them; of several labels, one that is as near to the cut; by cost,
    an answer whose expected cost is as near to the least, as a share of the most by which the two
    answers can differ.
    """

    because: str
    tie: float
    max_difference: float = 1.0
    min_cosine: float = 0.0
    min_agreement: float = 1.0


def parity(predictor: Predictor, golden: Golden, *, tolerances: Tolerances) -> Parity:
    """Return how the predictor's probabilities compare with the trained model's.

    What is compared follows the form of the task: probabilities that add up to one, each for
    itself, numbers over their own spread, or what was written, letter by letter.

    Parameters
    ----------
    predictor
        The loaded form; it prepares the texts itself.
    golden
        Texts and probabilities of the trained model.
    tolerances
        Bounds of the form's tier.
    """
    readout = golden.readout
    if readout.form == "text":
        return _of_outputs(predictor, _asking(golden), tolerances)
    found = np.asarray(predictor.probabilities(golden.texts), dtype=np.float32)
    if found.shape != golden.probabilities.shape or not np.isfinite(found).all():
        return _no_answer(golden, found)
    if isinstance(predictor, TellsTokens) and readout.form == "tags":
        told = predictor.tokens(golden.texts)
        agree = agreement(told, golden.probabilities, readout=readout, tie=tolerances.tie)
        numbers = _of_shares(found, golden.probabilities, tolerances.tie, ())
        numbers |= {"label_agreement": agree}
    elif readout.form == "several":
        numbers = _of_each(found, golden.probabilities, tolerances.tie, readout.cut)
    else:
        numbers = (
            _of_numbers(found, golden.probabilities, tolerances.tie)
            if readout.form == "number"
            else _of_shares(found, golden.probabilities, tolerances.tie, readout.costs)
        )
    return _judged(numbers, golden, tolerances)


def _judged(numbers: dict[str, float], golden: Golden, tolerances: Tolerances) -> Parity:
    faults = _faults(numbers, tolerances)
    return Parity(
        rows=len(golden.texts),
        within=not faults,
        because=joined(faults) or say("within", because=tolerances.because),
        **numbers,
    )


def _of_shares(found: Floats, golden: Floats, tie: float, costs: Costs) -> dict[str, float]:
    return {
        "min_cosine": float(_cosines(_scores(found), _scores(golden)).min()),
        "max_difference": float(np.abs(found - golden).max()),
        "label_agreement": float(_agrees(found, golden, tie, costs).mean()),
    }


def _of_each(found: Floats, golden: Floats, tie: float, cut: float) -> dict[str, float]:
    """Compare shares that stand each for itself; a text agrees where all its labels are the same.

    A mean over labels would let every text be wrong in one of them.
    """
    same = ((found >= cut) == (golden >= cut)) | (np.abs(golden - cut) <= tie)
    return {
        "min_cosine": float(_cosines(_log_odds(found), _log_odds(golden)).min()),
        "max_difference": float(np.abs(found - golden).max()),
        "label_agreement": float(same.all(axis=1).mean()),
    }


def _of_numbers(found: Floats, golden: Floats, tie: float) -> dict[str, float]:
    """Compare numbers, whose differences are told over the spread of the golden ones."""
    scale = float(golden.std()) or 1.0
    apart = np.abs(found - golden) / scale
    centred = [
        (table - golden.mean()).astype(np.float64).reshape(1, -1) for table in (found, golden)
    ]
    return {
        "min_cosine": float(_cosines(centred[0], centred[1]).min()),
        "max_difference": float(apart.max()),
        "label_agreement": float((apart <= tie).mean()),
    }


def _asking(golden: Golden) -> Golden:
    """Return the golden rows without blank texts, which ask nothing.

    A network of pairs reads of one the mark of the end alone: transformers writes to that, and
    CTranslate2 answers it with nothing and looks no further.
    """
    rows = [
        (text, output)
        for text, output in zip(golden.texts, golden.outputs, strict=True)
        if "".join(text).strip()
    ]
    if not rows:
        return golden
    texts, outputs = zip(*rows, strict=True)
    return replace(golden, texts=texts, outputs=outputs)


def _of_outputs(predictor: Predictor, golden: Golden, tolerances: Tolerances) -> Parity:
    """Compare what a model writes: how many outputs are the same, and how alike the others are."""
    asked = [
        Request(text=text[0], pair=text[1]) if isinstance(text, tuple) else Request(text=text)
        for text in golden.texts
    ]
    found = [answer.output for answer in predictor.predict(asked)]
    alike = [
        SequenceMatcher(None, a, b, autojunk=False).ratio()
        for a, b in zip(found, golden.outputs, strict=True)
    ]
    same = [a == b for a, b in zip(found, golden.outputs, strict=True)]
    numbers = {
        "min_cosine": sum(alike) / len(alike),
        "max_difference": 0.0,
        "label_agreement": sum(same) / len(same),
    }
    return _judged(numbers, golden, tolerances)


def _log_odds(shares: Floats) -> Doubles:
    bounded = np.clip(shares.astype(np.float64), FLOOR, 1 - FLOOR)
    odds: Doubles = np.log(bounded / (1 - bounded))
    return odds


def _scores(probabilities: Floats) -> Doubles:
    """Return the logits behind probabilities, but for a shift and the temperature."""
    logs = np.log(np.maximum(probabilities.astype(np.float64), FLOOR))
    scores: Doubles = logs - logs.mean(axis=1, keepdims=True)
    return scores


def _cosines(first: Doubles, second: Doubles) -> Doubles:
    """Return the cosine of each pair of rows; a row without direction equals only its like."""
    dots = np.einsum("bc,bc->b", first, second)
    squares = np.einsum("bc,bc->b", first, first), np.einsum("bc,bc->b", second, second)
    lengths = np.sqrt(squares[0] * squares[1])
    alike = (np.maximum(*squares) < TINY).astype(np.float64)
    cosines: Doubles = np.where(lengths > TINY, dots / np.maximum(lengths, TINY), alike)
    return np.minimum(cosines, 1.0)


def _agrees(found: Floats, golden: Floats, tie: float, costs: Costs) -> Floats:
    """Return where the same is answered, or what is hardly worse: in shares or, by cost, of it."""
    rows = np.arange(len(found))
    apart_n = np.float32(1.0)
    if costs:
        found, golden = -expected(costs, found), -expected(costs, golden)
        of_a = np.array(costs).T
        apart_n = np.abs(of_a[found.argmax(axis=1)] - of_a[golden.argmax(axis=1)]).max(axis=1)
    behind: Floats = golden.max(axis=1) - golden[rows, found.argmax(axis=1)]
    return (behind <= tie * apart_n).astype(np.float32)


def _faults(numbers: dict[str, float], tolerances: Tolerances) -> list[str]:
    checks = (
        ("cosine", numbers["min_cosine"], ">=", tolerances.min_cosine),
        ("largest difference", numbers["max_difference"], "<=", tolerances.max_difference),
        ("label agreement", numbers["label_agreement"], ">=", tolerances.min_agreement),
    )
    return [
        say(
            "beyond",
            what=name,
            value=f"{value:.6g}",
            side=side,
            bound=f"{bound:.6g}",
            because=tolerances.because,
        )
        for name, value, side, bound in checks
        if not (value >= bound if side == ">=" else value <= bound)
    ]


def _no_answer(golden: Golden, found: Floats) -> Parity:
    kind = "no shape" if np.isfinite(found).all() else "not finite"
    return Parity(
        rows=len(golden.texts),
        min_cosine=0.0,
        max_difference=1.0,
        label_agreement=0.0,
        within=False,
        because=say(kind, expected=golden.probabilities.shape, found=found.shape),
    )
