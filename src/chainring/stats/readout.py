"""How logits become values: the one place that training and service share.

Enter the logits of texts (or of the tokens of a text), leave values with a confidence. What was
chosen on validation rows (temperature, cut, margin, sureness) is a `Readout`, which travels in
`model.json`.

    readout = Readout(task="multi-label", labels=("delivery", "refund"), cut=0.4)
    readout.said(readout.shares(logits_nc))     # [Said(value="refund", confidence=0.93, ...), ...]

==========  ======================================  ==============================================
form        shares                                  confidence
==========  ======================================  ==============================================
one         softmax of logits over temperature      the share of the label, which is the likeliest
                                                    or, where mistakes have their price, the one of
                                                    least expected cost
several     sigmoid of each logit over temperature  that of the label that is nearest to the cut
number      the number itself, shape (N, 1)         share of validation rows graded 0.5 or more
tags        softmax, a row a token                  that of the least sure token, its neighbours
                                                    reckoned in (`chainring.stats.chain`)
==========  ======================================  ==============================================

Axes: N texts (or tokens), C classes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

from chainring.contracts.dataset import Task
from chainring.contracts.tasks import TASKS, Form
from chainring.contracts.values import Input, Tag, joined, tags_text, written
from chainring.stats.chain import best_path, marginals

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float32]

OUTSIDE = "O"
TINY = 1e-37
Transitions: TypeAlias = tuple[tuple[float, ...], ...]
Costs: TypeAlias = tuple[tuple[float, ...], ...]
NEXT_TO_NOTHING = 1e-9
Places: TypeAlias = Sequence[tuple[int, int]]
"""Where each token of a text begins and ends, in characters; (0, 0) for one that is no text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One value, how sure it is, and the best few scores.

    `passed_on` where a person is expected to cost less than the value.
    """

    value: str
    confidence: float
    scores: dict[str, float] = field(default_factory=dict)
    passed_on: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Readout:
    """What was chosen on validation rows to read logits by.

    `cut` is the share from which a label counts among several; `margin` half the width of the
    interval that holds 90 % of the numbers; `sureness` the confidence of every number;
    `transitions` (C rows of C) say how well one class of a token follows another, none: not at all.
    `costs` say for each true label what each label costs, and a last column, if there, what passing
    on costs; none: each mistake costs alike, so that the likeliest label is answered.
    """

    task: Task
    labels: tuple[str, ...]
    temperature: float = 1.0
    cut: float = 0.5
    margin: float = 0.0
    sureness: float = 1.0
    transitions: Transitions = ()
    costs: Costs = ()

    @property
    def form(self) -> Form:
        """The form of the task's values."""
        return TASKS[self.task].form

    @property
    def prices_passing_on(self) -> bool:
        """Whether passing on is one of the answers that costs choose among."""
        return any(len(row) > len(self.labels) for row in self.costs)

    @property
    def classes(self) -> int:
        """The number of logits of a text or token."""
        return classes(self.form, self.labels)

    def shares(self, logits_nc: Any) -> Floats:
        """Return float32 shares of shape (N, C); of a number the number itself."""
        import numpy as np

        if self.form == "number":
            return np.asarray(logits_nc, dtype=np.float32)
        if self.form == "several":
            return sigmoid(logits_nc, temperature=self.temperature)
        return softmax(logits_nc, temperature=self.temperature)

    def said(self, shares_nc: Floats, *, top_k: int = 5) -> list[Said]:
        """Return what each text was answered; tags are read text by text, with `tagged`."""
        if self.form == "number":
            return [self._number(float(row[0])) for row in shares_nc]
        if self.costs:
            costs_na = expected(self.costs, shares_nc)
            rows = zip(shares_nc, costs_na, strict=True)
            return [self._cheapest(row, cost_a, top_k) for row, cost_a in rows]
        one = self._several if self.form == "several" else self._one
        return [one(row, top_k) for row in shares_nc]

    def tagged(self, shares_tc: Floats, places: Places) -> Said:
        """Return the tags of one text from the shares of its tokens."""
        value, best_t = self.tags(shares_tc, places)
        own_tc = self.reckoned(shares_tc[_inside(places)])
        sure = min((float(own_tc[t, c]) for t, c in enumerate(best_t)), default=1.0)
        return Said(value=value, confidence=sure)

    def tags(self, shares_tc: Floats, places: Places) -> tuple[str, list[int]]:
        """Return the tags of one text as its value, and the class of each token that is text."""
        inside, names = _inside(places), token_classes(self.labels)
        best_t = self._best_t(shares_tc[inside])
        tags = tags_from([names[c] for c in best_t], [places[t] for t in inside])
        return tags_text(tags), best_t

    def reckoned(self, shares_tc: Floats) -> Floats:
        """Return the share of each class at each token of a text, the other tokens reckoned in."""
        import numpy as np

        if not self.transitions:
            return shares_tc
        found: Floats = marginals(*self._chain(shares_tc)).astype(np.float32)
        return found

    def _best_t(self, shares_tc: Floats) -> list[int]:
        if not self.transitions:
            return [int(c) for c in shares_tc.argmax(axis=1)]
        return best_path(*self._chain(shares_tc))

    def _chain(self, shares_tc: Floats) -> tuple[Any, Any]:
        """Return the scores of tokens and of one class after another, by the temperature."""
        import numpy as np

        scores_tc = np.log(np.maximum(shares_tc, np.float32(TINY))).astype(np.float64)
        return scores_tc, _table(self.transitions) / self.temperature

    def _one(self, shares_c: Floats, top_k: int) -> Said:
        scores = _best(self.labels, shares_c, top_k)
        label, confidence = next(iter(scores.items()))
        return Said(value=label, confidence=confidence, scores=scores)

    def _cheapest(self, shares_c: Floats, cost_a: Any, top_k: int) -> Said:
        """Return the label of least expected cost, of equals the likeliest.

        C. Elkan 2001, "The foundations of cost-sensitive learning", equation 1.
        """
        import numpy as np

        scores, count = _best(self.labels, shares_c, top_k), len(self.labels)
        is_cheap_c = cost_a[:count] <= cost_a[:count].min() + NEXT_TO_NOTHING
        best = int(np.where(is_cheap_c, shares_c, -1.0).argmax())
        label, confidence = self.labels[best], float(shares_c[best])
        if label not in scores:
            scores = {**dict(list(scores.items())[: max(0, top_k - 1)]), label: confidence}
        passed_on = len(cost_a) > count and cost_a[-1] < cost_a[best]
        return Said(value=label, confidence=confidence, scores=scores, passed_on=bool(passed_on))

    def _several(self, shares_c: Floats, top_k: int) -> Said:
        chosen = [label for label, p in zip(self.labels, shares_c, strict=True) if p >= self.cut]
        nearest = min(shares_c, key=lambda p: abs(float(p) - self.cut))
        sure = float(nearest) if nearest >= self.cut else 1.0 - float(nearest)
        return Said(
            value=joined(chosen), confidence=sure, scores=_best(self.labels, shares_c, top_k)
        )

    def _number(self, number: float) -> Said:
        scores = {"low": number - self.margin, "high": number + self.margin}
        return Said(
            value=written(number),
            confidence=self.sureness,
            scores=scores if self.margin else {},
        )


def _inside(places: Places) -> list[int]:
    return [t for t, (start, end) in enumerate(places) if end > start]


def classes(form: Form, labels: Sequence[str]) -> int:
    """Return how many logits a text (of tags: a token) has."""
    if form == "number":
        return 1
    return len(token_classes(labels)) if form == "tags" else len(labels)


def token_classes(kinds: Sequence[str]) -> tuple[str, ...]:
    """Return the classes of a token: outside, then begin and inside of each kind.

    >>> token_classes(["city"])
    ('O', 'B-city', 'I-city')
    """
    return (OUTSIDE, *(f"{mark}-{kind}" for kind in kinds for mark in "BI"))


def token_places(text: Input, offsets: Places) -> list[tuple[int, int]]:
    """Return where the tokens of a text stand, without the blanks before a word.

    Byte pairs and unigrams keep the blank in the token of its word, and a tag does not begin there.
    A token of blanks alone becomes an empty place, which is no text.

    >>> token_places("in Paris", [(0, 2), (2, 8)])
    [(0, 2), (3, 8)]
    """
    assert isinstance(text, str), "no task tags pairs"
    pieces = [text[start:end] for start, end in offsets]
    return [
        (start + len(piece) - len(piece.lstrip()), end)
        for (start, end), piece in zip(offsets, pieces, strict=True)
    ]


def tags_from(names: Sequence[str], places: Places) -> list[Tag]:
    """Return the tags that the classes of tokens tell.

    An inside without its begin starts a tag, as conlleval reads it (Tjong Kim Sang 2000).

    >>> tags_from(["O", "B-city", "I-city"], [(0, 2), (3, 6), (7, 11)])
    [(3, 11, 'city')]
    """
    tags: list[Tag] = []
    last = OUTSIDE
    for name, (start, end) in zip(names, places, strict=True):
        mark, _, kind = name.partition("-")
        if mark == "I" and last.partition("-")[2] == kind:
            tags[-1] = (tags[-1][0], end, kind)
        elif mark != OUTSIDE:
            tags.append((start, end, kind))
        last = name
    return tags


def classes_of(tags: Sequence[Tag], places: Places, kinds: Sequence[str]) -> list[int]:
    """Return the class of each token of a text with these tags; -1 of one that is no text.

    A token belongs to the tag that it overlaps, and begins it where no token before it does.
    """
    place = {name: i for i, name in enumerate(token_classes(kinds))}
    found, begun = [], set[Tag]()
    for start, end in places:
        tag = next((one for one in tags if start < one[1] and one[0] < end), None)
        if end <= start:
            found.append(-1)
        elif tag is None or f"B-{tag[2]}" not in place:
            found.append(place[OUTSIDE])
        else:
            found.append(place[f"{'I' if tag in begun else 'B'}-{tag[2]}"])
            begun.add(tag)
    return found


def expected(costs: Costs, shares: Floats) -> Any:
    """Return what each answer costs in expectation, float64; last, where it is told, passing on."""
    return shares.astype(float) @ _table(costs)


def softmax(logits_nc: Any, *, temperature: float = 1.0) -> Floats:
    """Return float32 shares of shape (N, C) that add up to 1 a row."""
    import numpy as np

    scaled_nc = np.asarray(logits_nc, dtype=np.float64) / temperature
    raised_nc = np.exp(scaled_nc - scaled_nc.max(axis=1, keepdims=True))
    shares_nc: Floats = (raised_nc / raised_nc.sum(axis=1, keepdims=True)).astype(np.float32)
    return shares_nc


def sigmoid(logits_nc: Any, *, temperature: float = 1.0) -> Floats:
    """Return float32 shares of shape (N, C), each for itself."""
    import numpy as np

    scaled_nc = np.asarray(logits_nc, dtype=np.float64) / temperature
    shares_nc: Floats = (0.5 * (1.0 + np.tanh(scaled_nc / 2.0))).astype(np.float32)
    return shares_nc


def rows_told(transitions: Transitions) -> list[str]:
    """Return a line of numbers for each row, as `model.json` has them.

    >>> rows_read(rows_told(((0.5, -9.25), (1.0, 0.0))))
    ((0.5, -9.25), (1.0, 0.0))
    """
    return [" ".join(map(repr, row)) for row in transitions]


def rows_read(lines: Sequence[str]) -> Transitions:
    """Return the table that `rows_told` wrote; ValueError where it is none."""
    return tuple(tuple(map(float, line.split())) for line in lines)


@lru_cache(maxsize=8)
def _table(transitions: Transitions) -> Any:
    import numpy as np

    return np.array(transitions, dtype=np.float64)


def _best(labels: Sequence[str], shares_c: Floats, top_k: int) -> dict[str, float]:
    order = (-shares_c).argsort(kind="stable")[: max(1, top_k)]
    return {labels[c]: float(shares_c[c]) for c in order}
