"""A house in memory that answers like the real one: for pages, tests and a first look.

Enters: nothing. Leaves: `Verbs` whose answers depend on words in the text only, so that every run
gives the same ones. Nothing is kept when the process ends.

    serve(create_app(DemoVerbs(), settings=DeploymentSettings()), host="127.0.0.1", port=8000)

Without `keys` it runs open, as the real house does on its own machine; with `keys` (secret to role)
it wants one.
"""

from __future__ import annotations

import hmac
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from tests.deployment.http import demo_data
from tests.deployment.http.demo_offers import MODEL, DemoOffers
from tests.deployment.http.demo_release import DemoReleases

from chainring.contracts.case import Case, CaseState
from chainring.contracts.errors import BusyError, NotAllowedError, UnknownNameError
from chainring.contracts.feedback import Feedback
from chainring.contracts.ids import keyed, new_id
from chainring.contracts.prediction import Prediction
from chainring.contracts.reaction import Reaction
from chainring.contracts.roles import ABOVE, Role, verbs_of
from chainring.contracts.values import Input
from chainring.deployment.http.faults import HttpError
from chainring.deployment.http.past import History
from chainring.deployment.http.verbs import (
    Article,
    Caller,
    Decision,
    LabelName,
    Load,
    Reacted,
    Readiness,
    ReviewItem,
    Served,
)

_SECRET = b"demonstration"


class DemoVerbs(DemoReleases, DemoOffers):
    """Eight intents found by their words; everything told to it is kept in memory."""

    def __init__(self, *, keys: Mapping[str, Role] | None = None, queue: int = 512) -> None:
        self.keys = dict(keys or {})
        self.queue = queue
        self.readiness = Readiness(ok=True)
        self.stopped = False
        self._lock = threading.Lock()
        self._served: dict[str, tuple[Prediction, str]] = {}
        self._feedback: dict[str, Feedback] = {}
        self._by_key: dict[tuple[str, str, str], Reacted] = {}
        self._cases: dict[str, Case] = {}
        self._review: dict[str, ReviewItem] = {item.id: item for item in demo_data.review_items()}
        self._batches: dict[int, int] = {}
        self.begin_releases()
        self.begin_offers()

    def authenticate(self, secret: str | None, client: str) -> Caller:
        """Return the holder of a key; without any key in the house everybody is admin."""
        if not self.keys:
            return Caller(role="admin", name="local")
        for known, role in self.keys.items():
            if secret is not None and hmac.compare_digest(known.encode(), secret.encode()):
                return Caller(role=role, key_id=keyed(_SECRET, known, size=4), name=role)
        raise NotAllowedError("this key is not known here")

    def may(self, caller: Caller, verb: str) -> bool:
        """Return whether the role reaches the verb."""
        return verb in verbs_of(caller.role)

    async def start(self) -> None:
        """Nothing to start."""

    async def stop(self) -> None:
        """Note that the end was announced."""
        self.stopped = True

    def ready(self) -> Readiness:
        """Return what a test has set, or ready."""
        return self.readiness

    def load(self) -> Load:
        """Return the sizes of the batches so far."""
        return Load(
            batches=dict(self._batches),
            model=MODEL,
            form="bf16",
            engine="demo",
            task=self.task,
        )

    async def predict(
        self, texts: Sequence[Input], *, episode: str, author: str, caller: Caller
    ) -> list[Served]:
        """Answer by the words in each text, second ones included."""
        if len(texts) > self.queue:
            raise BusyError(f"{len(texts)} texts; room for {self.queue}", retry_after_s=0.5)
        with self._lock:
            self._batches[len(texts)] = self._batches.get(len(texts), 0) + 1
        asked = [" ".join(text) if isinstance(text, tuple) else text for text in texts]
        return [self._answer(text, episode, author) for text in asked]

    def _answer(self, text: str, episode: str, author: str) -> Served:
        scores = _scores(text)
        label, confidence = next(iter(scores.items()))
        language = "zh" if any("\u4e00" <= c <= "\u9fff" for c in text) else "en"
        group = keyed(_SECRET, text)
        prediction = Prediction(
            id=new_id("pred"),
            app="demo",
            model=MODEL,
            form="bf16",
            label=label,
            confidence=confidence,
            passed_on=confidence < 0.5,
            language=language,
            request=group,
            group=group,
            holdout=int(group[:2], 16) < 51,
            at=time.time(),
            episode=episode,
            author=author,
            latency_ms=1.5,
            scores=scores,
        )
        with self._lock:
            self._served[prediction.id] = (prediction, text)
        if prediction.passed_on:
            return Served(prediction=prediction, message=_PASSED_ON[language])
        return Served(prediction=prediction, article=_article(label, language))

    async def react(self, reaction: Reaction, *, caller: Caller) -> Reacted:
        """Keep the reaction; a flag opens a case, a correction waits for review."""
        about = (reaction.author, reaction.prediction, reaction.key)
        with self._lock:
            known = self._by_key.get(about) if reaction.key else None
            if known is None:
                self._by_key[about] = self._stored(reaction)
                return self._by_key[about]
        if _said(known.feedback) != _said(reaction):
            raise HttpError("key_reused")
        return replace(known, is_replayed=True)

    def _stored(self, reaction: Reaction) -> Reacted:
        served = self._served.get(reaction.prediction)
        feedback = Feedback(
            id=new_id("fb"),
            app="demo",
            prediction=reaction.prediction,
            kind=reaction.kind,
            value=reaction.value,
            author=reaction.author,
            at=time.time(),
            consent=reaction.consent,
            episode=reaction.episode,
            comment=reaction.comment,
            text=served[1] if served else "",
            answer=served[0].label if served else "",
        )
        self._feedback[feedback.id] = feedback
        if reaction.kind == "correction" and served is not None:
            self._review[feedback.id] = _correction_item(feedback, served[0])
        return Reacted(feedback=feedback, case=self._opened(feedback))

    def _opened(self, feedback: Feedback) -> str:
        if feedback.kind != "flag":
            return ""
        case = Case(
            id=new_id("case"),
            app="demo",
            kind=feedback.value,
            opened_by=feedback.id,
            at=feedback.at,
            prediction=feedback.prediction,
            reporter=feedback.author,
        )
        self._cases[case.id] = case
        return case.id

    def labels(self) -> list[LabelName]:
        """Return the eight intents with their names."""
        return [LabelName(label=i.label, names={"en": i.en, "zh": i.zh}) for i in demo_data.INTENTS]

    def why(self, prediction: str, *, caller: Caller, language: str) -> dict[str, Any]:
        """Return a made-up origin, texts only for those who operate."""
        if prediction not in self._served:
            raise UnknownNameError("prediction", prediction, [])
        found, text = self._served[prediction]
        shown = caller.role in ABOVE
        return {
            "prediction": found.id,
            "text": text if shown else None,
            "answer": {"label": found.label, "confidence": found.confidence},
            "passed_on": found.passed_on,
            "chain": demo_data.chain(found),
            "model": {"id": MODEL, "form": "bf16", "part": "encoder.v1", "turn": 4},
            "dataset": {"id": "blake2b:77aa0c21", "rows": 1843, "corrections": 112},
            "nearest": [
                {
                    "row": f"row_{i}",
                    "similarity": round(0.93 - 0.06 * i, 2),
                    "label": found.label,
                    "licence": "CC0-1.0",
                    "source": "data/help.jsonl",
                    "text": _NEAREST[i] if shown else None,
                }
                for i in range(3)
            ],
            "feedback": [
                {"id": f.id, "kind": f.kind, "value": f.value, "at": f.at}
                for f in self._feedback.values()
                if f.prediction == prediction
            ],
            "licences": ["CC0-1.0"],
        }

    def status(self, *, caller: Caller) -> dict[str, Any]:
        """Return counts of this process."""
        return {
            "app": "demo",
            "model": MODEL,
            "predictions": len(self._served),
            "feedback": len(self._feedback),
            "open_cases": sum(case.state == "open" for case in self._cases.values()),
        }

    def history(self) -> History:
        """Return the made-up past."""
        return demo_data.history()

    def review_items(self, *, limit: int, caller: Caller, language: str) -> list[ReviewItem]:
        """Return what waits, flags first."""
        order = ("flag", "correction", "holdout", "unsure", "cluster")
        with self._lock:
            items = sorted(self._review.values(), key=lambda item: order.index(item.kind))
        return items[:limit]

    def decide(
        self, item: str, *, decision: Decision, value: str, must: bool, caller: Caller
    ) -> None:
        """Take the item off the queue."""
        with self._lock:
            if self._review.pop(item, None) is None:
                raise UnknownNameError("review item", item, [])

    def cases(self, *, state: CaseState | None, caller: Caller) -> list[Case]:
        """Return the cases in that state, newest first."""
        with self._lock:
            found = [case for case in self._cases.values() if state in (None, case.state)]
        return sorted(found, key=lambda case: -case.at)

    def cases_about(self, cases: Sequence[Case], *, caller: Caller) -> dict[str, ReviewItem]:
        """Return the question, the answer and the comment of each."""
        flags = [(case, self._feedback[case.opened_by]) for case in cases]
        return {
            case.id: ReviewItem(
                id=case.id, kind=case.kind, text=flag.text, answer=flag.answer, why=flag.comment
            )
            for case, flag in flags
        }

    def case_for(self, case: str, *, author: str, feedback: str, caller: Caller) -> Case:
        """Return the case to its reporter or to those who operate."""
        found = self._cases.get(case)
        if found is None or not (
            caller.role in ABOVE
            or (author and author == found.reporter)
            or (feedback and feedback == found.opened_by)
        ):
            raise UnknownNameError("case", case, [])
        return found

    def close_case(
        self, case: str, *, outcome: str, told: str, truth: str, must: bool, caller: Caller
    ) -> Case:
        """Close it."""
        with self._lock:
            if case not in self._cases:
                raise UnknownNameError("case", case, [])
            closed = replace(
                self._cases[case],
                state="closed",
                owner=caller.name,
                outcome=outcome,
                told=told,
                truth=truth,
                must=must,
            )
            self._cases[case] = closed
            return closed


_PASSED_ON = {
    "en": "I am not sure, so I am passing this on to a person.",
    "zh": "我不太确定，正在为您转接人工。",
}
_NEAREST = ("Where is my parcel?", "我的快递到哪里了", "My parcel is late, can you look?")


def _scores(text: str) -> dict[str, float]:
    """Return the best five labels by words found; no word found means unsure."""
    lower = text.lower()
    found = {i.label: sum(word in lower for word in i.words) for i in demo_data.INTENTS}
    weights = {label: 12.0**count for label, count in found.items()}
    total = sum(weights.values())
    ranked = sorted(weights, key=lambda label: (-weights[label], label))[:5]
    return {label: round(weights[label] / total, 4) for label in ranked}


def _article(label: str, language: str) -> Article:
    intent = next(i for i in demo_data.INTENTS if i.label == label)
    title, text = intent.article_zh if language == "zh" else intent.article_en
    return Article(title=title, text=text)


def _said(told: Reaction | Feedback) -> tuple[str, ...]:
    return told.kind, told.value, told.comment, told.consent


def _correction_item(feedback: Feedback, prediction: Prediction) -> ReviewItem:
    return ReviewItem(
        id=feedback.id,
        kind="correction",
        text=feedback.text,
        language=prediction.language,
        answer=prediction.label,
        proposed=feedback.value,
        confidence=prediction.confidence,
        author=feedback.author,
        at=feedback.at,
    )
