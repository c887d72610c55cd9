"""What a turn says of its data set: sizes, what was left out and why, what nobody judges.

Enters a Dataset with its rows, leaves lines:

    dataset: train 31, validation 6, test 3; left out 80: conflicting duplicate 80
    dataset: label 'gift_card' has 1 row; at least 2 needed
    dataset: never judged, for no row of the test has them: stock, invoice
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from chainring.contracts.dataset import Dataset, Row
from chainring.contracts.said import Said, joined
from chainring.contracts.tasks import TASKS
from chainring.contracts.values import labels_in
from chainring.data.dropped import told
from chainring.data.sentences import progress, some
from chainring.data.settings import DataSettings
from chainring.data.splits import Placed
from chainring.text.errors import in_both

_CROWD = 10
_NAMED = 5
_JUDGE = ("test", "holdout")
_TILT = 0.02
"""A share of refused answers from which on they could hide what the gate's margin allows."""


def lines(
    made: Dataset,
    rows: Iterable[Row],
    corrections: Mapping[str, int] | None = None,
    *,
    test_share: float = 0.0,
) -> Iterator[Said]:
    """Yield what a person should know of a data set just made.

    `corrections` are the counts of their table: what was left out there never came as far as here.
    """
    rows = list(rows)
    sizes = (progress("counted", name=split, count=n) for split, n in made.splits.items() if n)
    lost = {reason: n for reason, n in made.counts.items() if reason.startswith("label ")}
    others = {reason: n for reason, n in made.counts.items() if reason not in lost}
    if lost:
        others["labels left out"] = sum(lost.values())
    said = {r: n for r, n in (corrections or {}).items() if not _is_kept(r)}
    others = Counter(others) + Counter(said)
    left = sum(made.counts.values()) + sum(said.values())
    head = [progress("sizes", sizes=joined(sizes, en=", ", zh="、"))]
    yield joined(head + ([progress("left out", count=left, reasons=told(others))] if left else []))
    yield from (progress("of the data set", told=in_both(one)) for one in list(lost)[:_NAMED])
    if len(lost) > _NAMED:
        yield progress("more labels", count=len(lost) - _NAMED)
    missed = unjudged(rows, made)
    if missed:
        yield progress("never judged", labels=some(missed, most=_NAMED))
    if test_share and not made.splits.get("test"):
        yield from _untested(rows)


def _untested(rows: Iterable[Row]) -> Iterator[Said]:
    """Say so where nothing was drawn for the test because conversations are few."""
    own = [row for row in rows if (row.label or row.target) and not row.feedback]
    chats = _conversations((row.episode for row in own), every=len(own))
    if len(chats) < chats.total():
        yield progress("untested", turns=chats.total(), count=len(chats))


def _conversations(episodes: Iterable[str], *, every: int) -> Counter[str]:
    """Return the turns of each conversation where these are most of all rows; else none."""
    chats = Counter(filter(None, episodes))
    turns = chats.total()
    return chats if turns >= _CROWD and 2 * turns > every else Counter()


def tilted(kept: int, refused: int, asked: int) -> Iterator[Said]:
    """Say how far the hold-out may be off where users refused answers after they had seen them.

    All of them may have been wrong, or right: of a sample of the others, however small, accuracy is
    off by at most the share of those among all that would be sampled. `kept` are the rows of the
    hold-out that judge.
    """
    share = refused / asked if kept and asked else 0.0
    if share > _TILT:
        yield progress("tilted", refused=refused, asked=asked, share=f"{100 * share:.1f}")


def _is_kept(count: str) -> bool:
    """Whether a count of the corrections is of rows that went on from there."""
    return count.startswith("part: ") or count.endswith(": waits for a review")


def unjudged(rows: Iterable[Row], made: Dataset) -> list[str]:
    """Return the labels that are learnt and stand in no row that judges; none without a judge."""
    form = TASKS[made.task].form
    judged = {
        label
        for row in rows
        if row.split in _JUDGE
        for label in labels_in(form, row.label or row.target)
    }
    return [label for label in made.labels if label not in judged] if judged else []


def crowded(members: Sequence[Placed], settings: DataSettings) -> str:
    """Return a hint where most rows stand in one split, for what they share, or an empty text."""
    labelled = [one for one in members if one.candidate.says]
    every = len(labelled)
    most = max(Counter(one.group for one in labelled).values(), default=0)
    if settings.min_jaccard < 1 and most >= _CROWD and 2 * most > every:
        return (
            f"{most} of {every} rows are near-duplicates of one another, and such rows stand in "
            "one split; if what they differ in (numbers, signs, a word) tells them apart, set "
            "min_jaccard = 1 under [data] and under [evaluation]"
        )
    own = (one.candidate.record for one in labelled if not one.candidate.part)
    chats = _conversations((record.episode for record in own), every=every)
    turns, most = chats.total(), max(chats.values(), default=0)
    if not chats or (len(chats) >= _CROWD and 2 * most <= every):
        return ""
    return (
        f"{turns} of {every} rows are turns of conversations ({len(chats)}, the largest of {most} "
        "rows), and all turns of one stand in one split; add conversations, or, where a column is "
        "mapped as episode, see whether it is one"
    )
