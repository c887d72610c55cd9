"""Review: what waits for a person, and what of it a caller may be shown."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

from chainring.contracts.access import Facts
from chainring.contracts.errors import UnknownNameError
from chainring.contracts.feedback import Feedback
from chainring.contracts.guard import Guard
from chainring.contracts.label import Label
from chainring.contracts.prediction import Prediction
from chainring.feedback import queue
from chainring.feedback.queue import ReviewItem, Texts
from chainring.feedback.settings import FeedbackSettings
from chainring.ring.asked import open_asks
from chainring.ring.passages import Passages
from chainring.ring.release.course import running
from chainring.ring.sight import Sight, request_facts
from chainring.ring.snapshots import answers_beside
from chainring.ring.turn import Turn
from chainring.software.reports.suspects import (
    suspect_facts,
    suspect_items,
)
from chainring.software.telling.review_words import AGAIN
from chainring.software.verbs.deciding import item_named
from chainring.store import answers
from chainring.store.outline import Outlined
from chainring.trust.guard import guard

if TYPE_CHECKING:
    from chainring.software.api import Project

WINDOW = 20_000
"""How many of the newest predictions are looked through for unsure answers."""


def review_items(project: Project, *, limit: int, sight: Sight | None = None) -> list[ReviewItem]:
    """Return what waits for a person, most urgent first; of that, what the caller may be shown.

    Without a sight it is counted only: nothing of it is given out.
    """
    ring, settings = project.ring, project.ring.recipe.feedback
    rows = list(ring.traffic.feedback(legible=True))  # nothing without a text is asked about
    labels = ring.ledger.facts("label", Label)
    predictions: dict[str, Outlined] = {p.id: p for p in answers.to_sample(ring.traffic)}
    decided = answers.by_id(ring.traffic, {label.record for label in labels} - predictions.keys())
    predictions |= {name: one for name, one in decided.items() if one.holdout}  # groups not drawn
    doubted = answers.unsure(ring.traffic, below=queue.UNSURE_BELOW, window=WINDOW)
    predictions |= {p.id: p for p in doubted}
    texts: Texts = partial(answers.texts, ring.traffic)
    if sight is not None:
        texts = _seen_by(sight, texts, rows, settings)
        about = _of_requests(project, rows) if sight.asks_facts else {}
        rows = [sight.feedback(row, settings, about.get(row.prediction, ())) for row in rows]
    settings, predictions = _of_the_release(project, settings, predictions)
    task = ring.recipe.data.task
    items = queue.review_items(
        [*rows, *answers_beside(ring, rows)],
        list(predictions.values()),
        labels,
        _guard(project),
        texts=texts,
        secret=project.secret,
        settings=settings,
        doubtful=doubtful(project),
        deciding=open_asks(project.ring),
        since=_last_turn(project),
        limit=limit,
        task=task,
    )
    if task != "classification":
        items = list(_whole(project, items, Passages(ring, sight)))
    items += islice(suspect_items(project, sight=sight), max(0, limit - len(items)))
    if sight is not None:
        sight.shown = len(items)  # the rest was only looked through
    return items


def _of_the_release(
    project: Project, settings: FeedbackSettings, predictions: dict[str, Outlined]
) -> tuple[FeedbackSettings, dict[str, Outlined]]:
    """While a release runs, ask about hold-out answers from its time, as many as it may need."""
    _, release = running(project.ring)
    if release is None:
        return settings, predictions
    most = max(settings.sample_per_turn, project.ring.recipe.release.max_labels)
    wanted = open_asks(project.ring)
    asked = {
        name: one
        for name, one in predictions.items()
        if not one.holdout or one.at >= release.at or name in wanted
    }
    return settings.model_copy(update={"sample_per_turn": most, "deciding_share": 0.0}), asked


def _whole(
    project: Project, items: Iterable[ReviewItem], passages: Passages
) -> Iterator[ReviewItem]:
    """Yield items with what lies beside their text: the second one, and what was written."""
    of_items = [(item, project.ring.traffic.prediction(item.prediction)) for item in items]
    passages.look_ahead(found for _, found in of_items if found is not None)
    for item, found in of_items:
        if found is None:
            yield item
            continue
        unseen = queue.is_told_unseen(item.kind, project.ring.recipe.data.task)
        answer = "" if unseen else item.answer or found.value
        # the passage that a model chose holds its answer, and may be the wrong one
        pair = "" if unseen and found.looked_up else passages.pair(found)
        yield replace(item, answer=answer, pair=pair, looked_up=bool(pair) and found.looked_up)


def _seen_by(
    sight: Sight,
    texts: Texts,
    rows: Iterable[Feedback],
    settings: FeedbackSettings,
) -> Texts:
    """Return a reader of the texts of requests that gives out what a caller may be shown."""
    said: dict[str, list[Feedback]] = defaultdict(list)
    for row in rows:
        said[row.prediction].append(row)

    def seen(identifiers: Iterable[str]) -> Iterator[tuple[Prediction, str]]:
        for asked, text in texts(identifiers):
            facts = request_facts(asked, said.get(asked.id, ()), settings)
            if sight.text(text, *facts):
                yield asked, text

    return seen


def _of_requests(project: Project, rows: Iterable[Feedback]) -> dict[str, list[Facts]]:
    """Return the facts of every request that somebody reacted to."""
    said: dict[str, list[Feedback]] = defaultdict(list)
    for row in rows:
        said[row.prediction].append(row)
    settings, asked = project.ring.recipe.feedback, answers.by_id(project.ring.traffic, said)
    return {name: request_facts(one, said[name], settings) for name, one in asked.items()}


def _last_turn(project: Project) -> float:
    """When the last turn that judged began: the sample of the hold-out is counted from there."""
    turns = project.ring.ledger.facts("turn", Turn)
    return max((turn.started for turn in turns if turn.verdict), default=0.0)


def doubtful(project: Project) -> dict[str, str]:
    """Return the corrections that the last turn set aside, for the data contradicts them, and why.

    A label that names a record is one that the files contradict.
    """
    from chainring.contracts.codec import decode
    from chainring.contracts.table import Table
    from chainring.data.labels import OUTSIDE
    from chainring.data.otherwise import OTHERWISE
    from chainring.store.tables import read_table

    ring = project.ring
    rows = ring.ledger.all_lineage(step="labels")
    if not rows:
        return {}
    table = decode(Table, rows[-1].result)
    if not ring.runner.trees.has(table.address):  # a package has the row alone
        return {}
    far = (reason.partition(":")[0] for reason in table.counts if reason.startswith(OUTSIDE))
    why = next(far, "the data contradicts it")
    return {
        parent: OTHERWISE if any(one.startswith("rec_") for one in label.parents) else why
        for label in read_table(Label, ring.runner.trees.open(table.address))
        if label.state == "pending" and label.author_kind == "user"
        for parent in label.parents
        if parent.startswith("fb_")
    }


def is_seen(project: Project, item: str, sight: Sight) -> bool:
    """Return whether a caller may see what an item is about; an unknown one hides nothing."""
    traffic, settings = project.ring.traffic, project.ring.recipe.feedback
    row = next(iter(traffic.feedback_named(item)), None)
    name = item if row is None else row.prediction
    asked, said = traffic.prediction(name), traffic.feedback_on(name)
    if asked is not None:
        return sight.may(*request_facts(asked, said, settings))
    return row is not None or sight.may(*suspect_facts(project, item))


def item_again(project: Project, item: str, *, sight: Sight) -> ReviewItem:
    """Return an item by its id, decided on or not, where the caller may see it.

    Raises
    ------
    UnknownNameError
        When there is none that may be shown.
    """
    if not is_seen(project, item, sight):
        raise UnknownNameError("item", item, [])
    named = item_named(project, item)
    found = replace(named, why=f"{named.why}; {AGAIN}" if named.why else AGAIN)
    return next(_whole(project, [found], Passages(project.ring, sight)))


def decided_on(project: Project, item: str) -> Label | None:
    """Return what a person said last of an item, if anybody did."""
    said = project.ring.ledger.facts("label", Label, about=item)
    return next((one for one in reversed(said) if one.author_kind == "person"), None)


def _guard(project: Project) -> Guard:
    return guard(project.ring.recipe.privacy.policy())
