"""Study: what would make a model better, told of a data set by models that had not seen the row."""

from __future__ import annotations

from dataclasses import dataclass, field

from chainring.contracts.evaluation import Share


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A label and how it is told: `found` is the share of its rows told right by others' rows.

    `gained` is how much of that the second half of the rows brought, in shares; `taken` counts rows
    of other labels that were told this one.
    """

    label: str
    found: Share
    gained: float
    taken: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SuspectLabel:
    """A row to learn from whose label is likely wrong; texts are not in it, only ids.

    `margin` is how much likelier `likely` is than `label`, in shares; `records` are what the row
    was made of, the first of which a decision is about.
    """

    row: str
    records: tuple[str, ...]
    label: str
    likely: str
    margin: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """A row to learn from that is near another one; `likeness` is the cosine of their terms."""

    row: str
    label: str
    likeness: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """A validation row that the served form told wrong, and the rows it may have got that from.

    `grade` is what the answer was worth, under 1. `label` and `answer` are values of the task, and
    empty where those are texts: the row has the true one, and nobody keeps the other.
    """

    row: str
    label: str
    answer: str
    confidence: float
    near: tuple[Near, ...] = ()
    grade: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """What a data set and a form's mistakes say of the next step; ids and numbers, no texts.

    `rows` are all rows to learn from; of very many a sample is studied, whose rows `wanted` counts.
    `learner` is what was trained again and again in the model's place. `curve` is its accuracy by
    rows to learn from, `forecast` with the rows there are and with twice as many, `gain` the
    difference. `wanted` is sorted by how much a label needs rows, `suspects` and `mistakes` by how
    sure the wrong answer is; where answers are `graded`, the mistakes of the lowest grade come
    first. `suspected` and `mistaken` count also those beyond the ones kept, and `passed_on` the
    validation rows that were told wrong and passed on to a person.
    `skipped` has the reason of each part that could not be made.
    """

    app: str
    dataset: str
    form: str
    learner: str
    rows: int
    curve: tuple[Share, ...] = ()
    forecast: tuple[Share, ...] = ()
    gain: Share | None = None
    wanted: tuple[Wanted, ...] = ()
    suspects: tuple[SuspectLabel, ...] = ()
    suspected: int = 0
    mistakes: tuple[Mistake, ...] = ()
    mistaken: int = 0
    passed_on: int = 0
    judged: int = 0
    graded: bool = False
    skipped: dict[str, str] = field(default_factory=dict)
    cpu_s: float = 0.0
