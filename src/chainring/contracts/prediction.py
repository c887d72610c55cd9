"""Prediction: one answer, with the id that everything later hangs on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from chainring.contracts.values import Shift

Variant = Literal["champion", "shadow", "canary"]


SHADOW = "shad"
STOP, LENGTH = "stop", "length"
"""What `finish` says of an answer that is whole, and of one cut at `max_output_tokens`."""
FAILED = "failed"
"""What `finish` says of a candidate's answer that never came."""


def shadow_of(identifier: str) -> str:
    """Return the id of what was answered unseen beside an answer.

    >>> shadow_of("pred_01kb")
    'shad_01kb'
    """
    return f"{SHADOW}_{identifier.rpartition('_')[2]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a predictor says of one text.

    `label` is the likeliest one or, by cost, the one of least expected cost, `confidence` its
    calibrated probability, `scores` those of the likeliest few; with `passed_on` the text goes to a
    person instead. `text` is what the model saw. `output` is what was produced where the task has
    no label, in the form of `Row.target`; `pair` is the second text as the model saw it. `finish`
    is `stop`, or `length` where the output was cut at `max_output_tokens`. Places of tags count in
    `text`; `shifts` lead back to the request's text.
    Of what was written, `read_tokens` were read and `written_tokens` written; 0: nobody counted.
    """

    label: str
    confidence: float
    passed_on: bool
    text: str
    scores: dict[str, float] = field(default_factory=dict)
    output: str = ""
    pair: str = ""
    finish: str = STOP
    shifts: tuple[Shift, ...] = ()
    read_tokens: int = 0
    written_tokens: int = 0

    @property
    def value(self) -> str:
        """What was answered, as a value of the task."""
        return self.label or self.output


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """The row of one answer; the text itself lies apart, where it can be erased.

    So do `pair` and `output`, which are joined when one prediction is read by its id. A `pair` that
    was `looked_up` is the passage that was answered from; the asker named none. `holdout` was drawn
    from a keyed hash of the near-duplicate group of what was asked, before any reaction.
    `latency_ms` is what the whole request took, and `texts` how many texts it held; 0: this one
    was not the first of them. `via` is the application by which the asker is called `author`; see
    `Feedback`. Places of tags count in the text as it is kept; `shifts` lead back to the text as it
    was sent.
    """

    id: str
    app: str
    model: str
    form: str
    label: str
    confidence: float
    passed_on: bool
    language: str
    request: str
    group: str
    holdout: bool
    at: float
    episode: str = ""
    author: str = ""
    variant: Variant = "champion"
    finish: str = STOP
    latency_ms: float = 0.0
    texts: int = 1
    scores: dict[str, float] = field(default_factory=dict)
    pair: str = ""
    output: str = ""
    shifts: tuple[Shift, ...] = ()
    looked_up: bool = False
    via: str = ""

    @property
    def read_from(self) -> str:
        """The record whose text was looked up and answered from, of those in `scores`."""
        named = (name for name, sure in self.scores.items() if sure == self.confidence)
        return next(named, "") if self.looked_up else ""

    @property
    def given_pair(self) -> str:
        """The second text, if the asker gave it."""
        return "" if self.looked_up else self.pair

    @property
    def value(self) -> str:
        """What was answered, as a value of the task."""
        return self.label or self.output
