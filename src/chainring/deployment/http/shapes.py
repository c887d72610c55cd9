"""What callers get: the JSON of each answer.

The hold-out, the near-duplicate group and the request's digest stay inside: whoever knew which
answers judge a model could steer it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from chainring.contracts.case import Case
from chainring.deployment.answers import as_sent
from chainring.deployment.http.verbs import Article, LabelName, Reacted, ReviewItem, Served


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerShape:
    """One answer; `label` is the best guess also where the text was passed on to a person.

    Several labels are joined by `|`; `output` is the answer where it is no label: a number, a text,
    or tags as JSON, whose places count characters of the text as it was sent. An answer that was
    read off a passage names the record that this is from as its `source`; the `passage` is empty
    where rules of access keep records from being read.
    """

    id: str
    label: str
    confidence: float
    passed_on: bool
    message: str
    article: Article | None
    language: str
    model: str
    form: str
    variant: str
    scores: dict[str, float] = field(default_factory=dict)
    output: str = ""
    source: str = ""
    passage: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswersShape:
    """The answers to several texts, in order."""

    predictions: list[AnswerShape]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReactedShape:
    """A stored reaction; `case` is the case that a flag opened.

    `message` says why it teaches nothing, where one would expect that it does.
    """

    id: str
    prediction: str
    kind: str
    value: str
    case: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseShape:
    """A case as its reporter follows it."""

    id: str
    kind: str
    state: str
    at: float
    prediction: str
    outcome: str
    told: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CasesShape:
    """Cases as those who operate see them, newest first."""

    cases: list[Case]


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelsShape:
    """The labels of the model that answers now."""

    labels: list[LabelName]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewShape:
    """What waits for a person, most urgent first."""

    items: list[ReviewItem]


@dataclass(frozen=True, slots=True, kw_only=True)
class DoneShape:
    """It is stored."""

    id: str
    done: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthShape:
    """Whether the process lives, or answers; `code` says why not."""

    ok: bool
    code: str
    reason: str


def answer(served: Served) -> AnswerShape:
    """Return an answer as its asker may see it; tags count in the text as it was sent."""
    row = served.prediction
    return AnswerShape(
        id=row.id,
        label=row.label,
        confidence=row.confidence,
        passed_on=row.passed_on,
        message=served.message,
        article=served.article,
        language=row.language,
        model=row.model,
        form=row.form,
        variant=row.variant,
        scores=row.scores,
        output=as_sent(row.output, row),
        source=served.source,
        passage=served.passage,
    )


def reacted(stored: Reacted) -> ReactedShape:
    """Return a stored reaction as its author may see it."""
    row = stored.feedback
    return ReactedShape(
        id=row.id,
        prediction=row.prediction,
        kind=row.kind,
        value=stored.value or row.value,
        case=stored.case,
        message=stored.message,
    )


def followed(case: Case) -> CaseShape:
    """Return a case as its reporter may see it."""
    return CaseShape(
        id=case.id,
        kind=case.kind,
        state=case.state,
        at=case.at,
        prediction=case.prediction,
        outcome=case.outcome,
        told=case.told,
    )
