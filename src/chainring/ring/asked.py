"""What the last verdict asks a person: answers on which champion and challenger differ.

asks(ring)               # ids of answers, whether or not anybody has said something of them
open_asks(ring)          # those that still wait
truths(ring)             # what was said, for the gate
said_by_people(ring)     # every label that people gave
"""

from __future__ import annotations

from dataclasses import replace

from chainring.contracts.codec import decode
from chainring.contracts.label import Label, review_guideline
from chainring.contracts.lineage import Lineage
from chainring.contracts.verdict import Verdict
from chainring.ring.built import Ring, current, forgotten_of


def said_by_people(ring: Ring, *, about: str | None = None) -> list[Label]:
    """Return the labels that people gave, of everything or one thing, oldest first.

    In a task that keeps no answers to decide a label that says so is from before all of the
    hold-out was sampled there: it judges as the others do.
    """
    labels = ring.ledger.facts("label", Label, about=about)
    if ring.recipe.data.facts.form == "one":
        return labels
    sampled = review_guideline("holdout")
    return [replace(one, guideline=sampled) if one.decides else one for one in labels]


def asking(ring: Ring) -> tuple[Lineage, Verdict] | None:
    """Return the last verdict and its execution where it asks.

    None, too, about a past champion, and where the challenger learnt from rows that were forgotten
    since: the next turn makes another without them.
    """
    rows = ring.ledger.all_lineage(step="verdict")
    _, champion = current(ring)
    if not rows or champion is None:
        return None
    verdict = decode(Verdict, rows[-1].result)
    asks_now = verdict.asks and verdict.champion == champion.model
    if not asks_now or forgotten_of(ring, verdict.challenger):
        return None
    return rows[-1], verdict


def asks(ring: Ring) -> tuple[str, ...]:
    """Return the answers that the last verdict asks about: ids of predictions."""
    found = asking(ring)
    return () if found is None else found[1].asks


def open_asks(ring: Ring) -> tuple[str, ...]:
    """Return those that nobody has answered yet and whose text is still there."""
    wanted = asks(ring)
    told = {one.record for one in _said(ring)} if wanted else set()
    return tuple(one for one in wanted if one not in told and ring.traffic.text(one))


def was_asked(ring: Ring, prediction: str) -> bool:
    """Whether any verdict asked about this answer: what is said of it is no random sample."""
    rows = ring.ledger.all_lineage(step="verdict")
    return any(prediction in decode(Verdict, row.result).asks for row in rows)


def truths(ring: Ring) -> tuple[tuple[str, str], ...]:
    """Return what a person said of answers that decide, by id.

    Nothing stands beside those that were left out, and those whose text was erased since.
    """
    said = {one.record: one for one in _said(ring)}
    found = {name: one.value if one.state == "accepted" else "" for name, one in said.items()}
    gone = {one: "" for one in asks(ring) if one not in found and not ring.traffic.text(one)}
    return tuple(sorted((found | gone).items()))


def _said(ring: Ring) -> list[Label]:
    return [one for one in said_by_people(ring) if one.decides and one.state != "pending"]
