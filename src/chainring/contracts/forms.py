"""Forms: the same model as it can be served, each with its parity, size and measured speed."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Parity:
    """How far a form answers like the trained model on `rows` golden texts."""

    rows: int
    min_cosine: float
    max_difference: float
    label_agreement: float
    within: bool
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """One servable form. `texts_per_s` was measured on this machine beside the others."""

    name: str
    engine: str
    address: str
    bytes: int
    texts_per_s: float
    parity: Parity
    accepted: bool
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Forms:
    """All forms of a model that were tried, and the one chosen to be served, with its reason.

    `left_out` tells of each form that could not be made here why.
    """

    app: str
    model: str
    chosen: str
    forms: tuple[Form, ...] = field(default_factory=tuple)
    because: str = ""
    left_out: dict[str, str] = field(default_factory=dict)

    @property
    def served(self) -> Form:
        """The form that will be evaluated and served."""
        return next(form for form in self.forms if form.name == self.chosen)
