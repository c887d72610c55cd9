"""What the server asks of the house: one method a verb, and the small nouns they answer with.

The front implements `Verbs` over store, lane and ring; the tests have one in memory. Routes
and pages parse, call their verb and answer, so nothing here knows of HTTP.

Methods that await the inference lane or a commit are `async`. The others may read a database: the
server calls them in a worker thread, so they must be safe to call from several threads at once.
`authenticate`, `may`, `ready` and `load` are called on the event loop for every request and must
answer from memory. Errors are those of `chainring.contracts.errors`:

==================  =====================================================
`InputError`        422, all faults in one answer (`UnknownNameError`: 404)
`NotAllowedError`   401 from `authenticate`, else 403
`ConflictError`     409
`BusyError`         429 with Retry-After, or 503 while `ready()` says no
any other           503 with its message
==================  =====================================================
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from chainring.contracts.case import Case, CaseState
from chainring.contracts.dataset import Task
from chainring.contracts.feedback import Feedback
from chainring.contracts.prediction import Prediction
from chainring.contracts.reaction import Reaction
from chainring.contracts.roles import Role
from chainring.contracts.values import Input
from chainring.deployment.http.offers import Offers
from chainring.deployment.http.past import History
from chainring.deployment.http.privileges import Privileges

Decision = Literal["accept", "change", "reject"]

VERB_NAMES = (
    "predict", "react", "why", "status", "labels", "case", "cases", "close_case", "review",
    "decide", "history", "metrics", "release", "drift", "models", "embed", "chat", "keys", "audit",
)  # fmt: skip
"""The verbs that `Verbs.may` is asked about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who calls. `key_id` is empty where the server runs open on its own machine.

    `only` holds a key to some verbs of its role; `per_minute` requests and `per_day` texts are
    counted under `meter`; 0: no limit. `reads`: the language they ask for, or nothing.
    """

    role: Role
    key_id: str = ""
    name: str = ""
    only: tuple[str, ...] = ()
    per_minute: int = 0
    per_day: int = 0
    meter: str = ""
    reads: str = ""

    @property
    def application(self) -> str:
        """The program that calls: its key, and the same one however often that was rotated."""
        return self.meter or self.key_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """A help article in the language of the question."""

    title: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """One answer as an asker gets it; `message` is the sentence to show when it was passed on.

    Of what was written, `read_tokens` and `written_tokens` say how much; 0 where nothing was, or
    the model cannot say. An answer that was read off a passage has the record that the passage is
    from as its `source`, and the `passage` where it may be shown.
    """

    prediction: Prediction
    article: Article | None = None
    message: str = ""
    read_tokens: int = 0
    written_tokens: int = 0
    source: str = ""
    passage: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reacted:
    """A stored reaction; `case` is the id of the case that a flag opened.

    `value` is that of the feedback as its author counts, where that differs. `message` is what its
    sender should know of it. `is_replayed` says that it was stored before, and came once more with
    its key.
    """

    feedback: Feedback
    case: str = ""
    value: str = ""
    message: str = ""
    is_replayed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelName:
    """A label and how people call it, by language; without a name the label stands for itself."""

    label: str
    names: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewItem:
    """Something that a person should say the truth of.

    `kind`: deciding, correction, unsure, holdout, flag, doubtful or cluster. `answer` is what the
    model said, `proposed` what a user said; either may be empty. `why` is the reason that it
    stands here. A `pair` that was `looked_up` is the passage that the model answered from.
    """

    id: str
    kind: str
    text: str
    language: str = ""
    answer: str = ""
    proposed: str = ""
    confidence: float | None = None
    author: str = ""
    why: str = ""
    at: float | None = None
    pair: str = ""
    looked_up: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """Whether the server answers now, and why not; `code`: ok, starting, no_model or draining."""

    ok: bool
    code: str = "ok"
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """Lane and log at this moment. `batches` maps a batch's size to how many of it have run.

    `candidate` and `stage` are of the release that runs, `shadow` counts its unseen texts; `drift`
    maps question and slice to the share of the evidence that an alarm needs. `log` counts answers
    that are `waiting` to be logged after a commit that failed, those that were `lost`, and the
    commits that `failed`.
    """

    queue: int = 0
    batches: Mapping[int, int] = field(default_factory=dict)
    model: str = ""
    form: str = ""
    engine: str = ""
    task: Task = "classification"
    candidate: str = ""
    stage: str = ""
    shadow: Mapping[str, int] = field(default_factory=dict)
    drift: Mapping[tuple[str, str], float] = field(default_factory=dict)
    log: Mapping[str, int] = field(default_factory=dict)


class Verbs(Offers, Privileges, Protocol):
    """What a server can do for its callers."""

    def authenticate(self, secret: str | None, client: str) -> Caller:
        """Return who holds `secret`; None is a caller without a key, from address `client`."""
        ...

    def may(self, caller: Caller, verb: str) -> bool:
        """Return whether the caller's role reaches the verb, one of VERB_NAMES."""
        ...

    async def start(self) -> None:
        """Begin to answer; runs once on the server's event loop before the first request."""
        ...

    async def stop(self) -> None:
        """Answer what waits, write what is unwritten, free the model; runs once at the end."""
        ...

    def ready(self) -> Readiness:
        """Return whether requests are answered now."""
        ...

    def load(self) -> Load:
        """Return the state of lane and log for the measures."""
        ...

    async def predict(
        self, texts: Sequence[Input], *, episode: str, author: str, caller: Caller
    ) -> list[Served]:
        """Return one answer a text or pair, in order; their rows are written behind."""
        ...

    async def react(self, reaction: Reaction, *, caller: Caller) -> Reacted:
        """Return the feedback once it is stored; the same `key` twice is one feedback.

        Raises
        ------
        HttpError
            `key_reused` where the key came with another reaction to the answer before.
        """
        ...

    def labels(self) -> list[LabelName]:
        """Return the labels that the champion can answer."""
        ...

    def why(self, prediction: str, *, caller: Caller, language: str) -> dict[str, Any]:
        """Return where an answer came from; texts only for the role `operate`.

        The page draws any JSON. Keys it knows: `text`, `answer`, `passed_on`, `model`, `dataset`,
        `nearest`, `feedback`, `licences`, and `chain`: from the answer back to its sources, each
        link `{"noun": "model", "id": ..., "at": ..., "said": "a sentence"}`.
        """
        ...

    def status(self, *, caller: Caller) -> dict[str, Any]:
        """Return champion, counts of traffic and, to who may see texts, what waits for a turn."""
        ...

    def history(self) -> History:
        """Return turns and days for the page of the ring."""
        ...

    def release_standing(self) -> dict[str, Any]:
        """Return the release that runs (`release`, or None) with its evidence, and `earlier`."""
        ...

    def release_begin(
        self,
        model: str,
        *,
        stage: str,
        share: float | None,
        keys: Sequence[str],
        reason: str,
        caller: Caller,
    ) -> dict[str, Any]:
        """Begin the release of a judged model and return it."""
        ...

    def release_stop(self, *, reason: str, caller: Caller) -> dict[str, Any]:
        """End the release that runs and return it."""
        ...

    def drift(self) -> dict[str, Any]:
        """Return `evidence` by question and slice (1: an alarm) and the ids of its `cases`."""
        ...

    def review_items(self, *, limit: int, caller: Caller, language: str) -> list[ReviewItem]:
        """Return what waits for a person and may be shown to the caller, most urgent first.

        `why` of each is in the language, `en` or `zh`.
        """
        ...

    def decide(
        self, item: str, *, decision: Decision, value: str, must: bool, caller: Caller
    ) -> None:
        """Store a person's decision; `value` is the true label, for accept and change."""
        ...

    def cases(self, *, state: CaseState | None, caller: Caller) -> list[Case]:
        """Return the cases in that state, newest first; None returns all.

        A truth that is a text of its own is left out where the caller may not read it.
        """
        ...

    def cases_about(self, cases: Sequence[Case], *, caller: Caller) -> Mapping[str, ReviewItem]:
        """Return by case what it is about, as far as the caller may read it; `why`: its comment."""
        ...

    def case_for(self, case: str, *, author: str, feedback: str, caller: Caller) -> Case:
        """Return a case to its reporter, who names its author or the feedback that opened it.

        Role `operate` needs neither. To anybody else the case does not exist (UnknownNameError).
        """
        ...

    def close_case(
        self, case: str, *, outcome: str, told: str, truth: str, must: bool, caller: Caller
    ) -> Case:
        """Close a case: what was done, what the reporter is told, and the true label if any."""
        ...
