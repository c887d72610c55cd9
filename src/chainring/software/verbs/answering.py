"""Answering in this process: texts become predictions, logged as a server would.

predictions(project, ["Where is my parcel?"])[0].label
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chainring.contracts.deployment import Deployment
from chainring.contracts.errors import InputError
from chainring.contracts.feedback import Feedback
from chainring.contracts.prediction import Answer, Prediction, Variant
from chainring.contracts.request import Request
from chainring.contracts.tasks import TASKS
from chainring.contracts.values import Input
from chainring.ring.built import current
from chainring.software.project import HIDDEN
from chainring.software.project_key import require_same_key
from chainring.software.telling.unserved import unserved

if TYPE_CHECKING:
    from chainring.ring.recipe import Recipe
    from chainring.software.api import Project

MAX_FAULTS = 20
OF_THE_TASK = ("correction", "confirmation")
"""Kinds of reactions whose value is one of the task."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What answers: the deployment, the folder of its form, and threads (0: the engine's own)."""

    deployment: Deployment
    folder: Path
    threads: int = 0


def stated_threads(recipe: Recipe) -> int:
    """Return the threads of inference that the recipe states, 0 where it states none."""
    placed = recipe.hardware.threads
    return recipe.deployment.threads or (0 if placed == "auto" else placed)


def share_threads(project: Project, threads: int) -> None:
    """Let a server that is one of several take its share, where the recipe states no number."""
    ring = project.ring
    if not stated_threads(ring.recipe):
        deployment = ring.recipe.deployment.model_copy(update={"threads": max(1, threads)})
        recipe = ring.recipe.model_copy(update={"deployment": deployment})
        project.ring = replace(ring, recipe=recipe)


def threads_of(recipe: Recipe) -> int:
    """Return the threads of inference: those that the recipe states, else the placement's.

    Left to itself a runtime counts the machine's cores and not the container's, and onnxruntime
    ties its threads to them: with another program on that core every request waits for it.
    """
    from chainring.hardware.machine import machine
    from chainring.hardware.placement import thread_count

    stated = stated_threads(recipe)
    return stated or int(thread_count(machine(), settings=recipe.hardware).value)


def champion(project: Project) -> Opened:
    """Return what answers now; raise InputError when no model was promoted yet.

    So it does where the ledger was made with another key since the project was opened: what an
    answer is kept by (its digest, whether it judges) would be another's.
    """
    _, deployment = current(project.ring)
    if deployment is None:
        raise InputError(unserved(project.ring))
    require_same_key(project.ring.ledger, project.secret, project.folder / HIDDEN / "key")
    folder = project.ring.runner.trees.open(deployment.form, fresh=True)
    threads = threads_of(project.ring.recipe)
    return Opened(deployment=deployment, folder=folder, threads=threads)


def articles(project: Project) -> Any:
    """Return the help articles that go with the labels."""
    from chainring.deployment.articles import Articles, load_articles

    path = project.ring.recipe.deployment.articles
    return Articles([]) if path is None else load_articles(project.folder / path)


def predictions(
    project: Project, texts: Sequence[Input], *, episode: str, author: str
) -> list[Prediction]:
    """Answer texts with the champion and log the answers; see `Project.predict`."""
    from chainring.deployment.answers import as_sent
    from chainring.deployment.predictors import open_predictor

    _require_texts(texts, limit=project.ring.recipe.deployment.max_characters)
    opened = project.champion()
    requests = [request_of(text, app=project.app, episode=episode, author=author) for text in texts]
    engine, threads = opened.deployment.engine, opened.threads
    with open_predictor(opened.folder, engine=engine, threads=threads) as predictor:
        answers = predictor.predict(requests)
    rows = [
        answered(project, opened.deployment, request, answer)
        for request, answer in zip(requests, answers, strict=True)
    ]
    project.ring.traffic.commit(rows, [])
    return [replace(row, output=as_sent(row.output, row), shifts=()) for row, _ in rows]


def request_of(asked: Input, *, app: str, episode: str, author: str, via: str = "") -> Request:
    """Return the request of a text, or of a text and a second one."""
    text, pair = asked if isinstance(asked, tuple) else (asked, "")
    return Request(text=text, pair=pair, app=app, episode=episode, author=author, via=via)


def answered(
    project: Project,
    deployment: Deployment,
    request: Request,
    answer: Answer,
    *,
    latency_ms: float = 0.0,
    variant: Variant = "champion",
    identifier: str = "",
    texts: int = 1,
) -> tuple[Prediction, str | None]:
    """Return the prediction of an answer and the text that the policy lets the log keep.

    Tags of the prediction count in that text, which `chainring.deployment.answers.as_sent` undoes.
    """
    from chainring.deployment.answers import as_kept, prediction
    from chainring.text.prepare import prepare

    recipe, form = project.ring.recipe, TASKS[deployment.task].form
    log = recipe.privacy.log
    answer = as_kept(answer, form=form)
    row = prediction(
        deployment,
        request,
        answer,
        secret=project.secret,
        latency_ms=latency_ms,
        variant=variant,
        holdout_share=recipe.feedback.holdout_share,
        identifier=identifier,
        texts=texts,
        logs_request=log != "none",
    )
    return row, prepare(answer.text, as_one=form == "tags") if log == "redacted" else None


def as_sent(project: Project, said: Feedback) -> str:
    """Return the value of a reaction as its author counts: tags stand in the text that was sent."""
    from chainring.deployment import answers

    if project.ring.recipe.data.facts.form != "tags" or said.kind not in OF_THE_TASK:
        return said.value
    about = project.ring.traffic.prediction(said.prediction)
    return said.value if about is None else answers.as_sent(said.value, about)


def _require_texts(texts: Sequence[Input], *, limit: int) -> None:
    if isinstance(texts, str):
        raise InputError("a list of texts is expected, found one text; write [text]")
    faults = [
        f"text {number}: a text, or a pair of two, is expected; found {asked!r:.80}"
        for number, asked in enumerate(texts, 1)
        if not _is_asked(asked)
    ] or [
        f"text {number}: {len(text):,} characters; at most {limit:,} (deployment.max_characters)"
        for number, asked in enumerate(texts, 1)
        for text in (asked if isinstance(asked, tuple) else (asked,))
        if len(text) > limit
    ]
    if faults:
        raise InputError("the texts cannot be answered", faults=faults[:MAX_FAULTS])


def _is_asked(asked: object) -> bool:
    if isinstance(asked, tuple):
        return len(asked) == 2 and all(isinstance(text, str) for text in asked)
    return isinstance(asked, str)
