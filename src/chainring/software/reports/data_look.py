"""What a data report tells, gathered from the ledger and the trees of a project.

Enters an opened project, leaves a `Look`: numbers, drops with samples, words, drift, standings. It
reads what stands and makes nothing: run `chainring turn` for a data set of today.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from chainring.contracts.access import Facts, decide, record_facts
from chainring.contracts.codec import decode
from chainring.contracts.dataset import Dataset
from chainring.contracts.deployment import Deployment
from chainring.contracts.errors import InputError, UnknownNameError
from chainring.contracts.lineage import Lineage
from chainring.contracts.model import Model
from chainring.data.looking.drift import Drift, drift
from chainring.data.looking.drops import FEEDBACK, Drop, Place, drops
from chainring.data.looking.numbers import LEARNT, Numbers, numbers
from chainring.data.looking.population import Kind, Standing, representativeness
from chainring.data.looking.records import Terms, records_of, terms
from chainring.data.looking.rows import Allows, facts_of
from chainring.data.looking.samples import shown, source_texts
from chainring.data.looking.word_map import word_map
from chainring.data.looking.words import WordCounts, word_counts
from chainring.ring.built import CHAMPION, Ring
from chainring.ring.sight import Sight
from chainring.ring.steps import STEPS
from chainring.ring.turn import Turn
from chainring.ring.why import ancestry
from chainring.software import project as place_of_project
from chainring.trust.guard import guard

if TYPE_CHECKING:
    from chainring.data.words.map import Place as WordPlace
    from chainring.software.api import Project

MAPPED_LABELS = 12
TABLES = ("cleaned", "records", "corrections")
"""Steps whose tables hold the records a data set was made of: of files the last one first."""
READ = ("records", "corrections")
"""Steps whose tables hold what was read."""
_OF_LABELS = ("waits for a review", "rejected by a person")


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One data set as it is looked at; `before` is the data set of the turn before, if any.

    `chain` holds the executions behind it in the order of the ring: the last one made it.
    """

    data: Dataset
    chain: Sequence[Lineage]
    numbers: Numbers
    redacted: bool
    terms: Mapping[Terms, int] = field(default_factory=dict)
    drops: Sequence[Drop] = ()
    samples: Mapping[Place, str] = field(default_factory=dict)
    words: WordCounts = field(default_factory=WordCounts)
    word_map: Sequence[WordPlace] = ()
    drift: Drift | None = None
    before: str = ""
    declared: bool = False
    standings: Sequence[Standing] = ()
    models: Sequence[tuple[Model, bool]] = ()


def look(project: Project, *, sight: Sight) -> Look:
    """Return what there is to say of the current data set.

    Parameters
    ----------
    sight
        What the caller may be shown: samples of dropped texts are read back (redacted) and words
        counted only where it allows.

    Raises
    ------
    InputError
        When no turn has made a data set yet.
    """
    ring = project.ring
    history = datasets(ring)
    made = current(ring, history)
    data = decode(Dataset, made.result)
    folder = ring.runner.trees.open(data.address)
    chain = chain_of(ring, made)
    found = numbers(folder)
    left = [one for row in chain for one in _drops(ring, row)]
    tables = [one for step in TABLES if (one := table(ring, chain, step)) is not None]
    read = [one for step in READ if (one := table(ring, chain, step)) is not None]
    before = _before(ring, history, data.address)
    labels = list(found.by("label", splits=LEARNT))[:MAPPED_LABELS]
    allows = reading(project, sight)
    seen = word_counts(folder, labels=labels, allows=allows)
    return Look(
        data=data,
        chain=chain,
        numbers=found,
        redacted=ring.recipe.privacy.redact,
        terms=dict(sum((Counter(terms(one)) for one in read), Counter()).most_common()),
        drops=left,
        samples={} if sight.blind else _samples(project, chain, left, tables, sight),
        words=seen,
        word_map=word_map(folder, seen=seen, allows=allows),
        drift=drift(ring.runner.trees.open(before), folder, allows=allows) if before else None,
        before=before,
        declared=bool(ring.recipe.data.population.shares()),
        standings=representativeness(_counts(found), ring.recipe.data.population.shares()),
        models=list(models_of(ring, data.address)),
    )


def datasets(ring: Ring) -> list[Lineage]:
    """Return the execution behind the data set of each turn, oldest turn first."""
    made = ring.ledger.all_lineage(step="dataset")
    by_turn = {row.turn: row for row in made}
    by_address = {decode(Dataset, row.result).address: row for row in made}
    turns = ring.ledger.facts("turn", Turn)
    found = [by_address.get(turn.dataset) or by_turn.get(turn.id) for turn in turns]
    return [row for row in found if row is not None] or made


def current(ring: Ring, history: Sequence[Lineage]) -> Lineage:
    """Return the execution behind the newest data set; InputError when there is none."""
    for row in reversed(history):
        if ring.runner.trees.has(decode(Dataset, row.result).address):
            return row
    raise InputError("no data set stands yet; run `chainring turn` first")


def dataset_named(ring: Ring, name: str) -> Lineage:
    """Return the execution of a data set by its address or the first 12 digits of it."""
    history = datasets(ring)
    if not name:
        return current(ring, history)
    known = {decode(Dataset, row.result).address: row for row in history}
    for address, row in known.items():
        if name == address or address.partition(":")[2].startswith(name):
            return row
    raise UnknownNameError("data set", name, [one.partition(":")[2][:12] for one in known])


def chain_of(ring: Ring, made: Lineage) -> list[Lineage]:
    """Return an execution and all it was made from, in the order of the ring: it comes last."""
    order = list(STEPS)
    return sorted(ancestry(ring, made), key=lambda row: (order.index(row.step), row.started))


def table(ring: Ring, chain: Sequence[Lineage], step: str) -> Path | None:
    """Return the folder of what a step of the chain made, where it still stands."""
    for row in reversed(chain):
        if row.step == step and (folder := tree(ring, row)) is not None:
            return folder
    return None


def tree(ring: Ring, row: Lineage) -> Path | None:
    """Return the folder of what an execution made, or None when it made none or it is gone."""
    address = json.loads(row.result).get("address", "")
    trees = ring.runner.trees
    return trees.open(address) if address and trees.has(address) else None


def tree_of(ring: Ring, row: Lineage) -> Path:
    """Return the folder of what an execution made; InputError when it is gone."""
    folder = tree(ring, row)
    if folder is None:
        raise InputError("the rows of this data set are gone; name another with --dataset")
    return folder


def models_of(ring: Ring, dataset: str) -> Iterator[tuple[Model, bool]]:
    """Yield the models that learnt from a data set, and whether each was ever served."""
    served = {decode(Deployment, ref.body).model for ref in ring.ledger.ref_history(CHAMPION)}
    for row in ring.ledger.all_lineage(step="model"):
        model = decode(Model, row.result)
        if model.dataset == dataset:
            yield model, model.address in served


def _before(ring: Ring, history: Sequence[Lineage], address: str) -> str:
    for row in reversed(history):
        other = decode(Dataset, row.result).address
        if other != address and ring.runner.trees.has(other):
            return other
    return ""


def _drops(ring: Ring, row: Lineage) -> Iterator[Drop]:
    """Yield what an execution left out; also what it only counted as left out."""
    folder = tree(ring, row)
    found = [] if folder is None else drops(folder, step=row.step)
    yield from found
    told = {one.reason for one in found}
    for reason, rows in (json.loads(row.result).get("counts") or {}).items():
        if rows and reason not in told and not _is_no_loss(reason):
            yield Drop(step=row.step, reason=reason, rows=rows)


def _is_no_loss(reason: str) -> bool:
    """Whether a step counts by it what it took, or labels whose rows the data set tells of."""
    return reason.startswith("part: ") or reason.endswith(_OF_LABELS)


def reading(project: Project, sight: Sight) -> Allows | None:
    """Return whether a row's words may be counted; None where no rule keeps any back.

    Rows of the same facts are decided once; words are no texts, so nothing is counted as shown.
    """
    rules = project.ring.recipe.access.all_rules()
    if not rules:
        return None

    @cache
    def decided(facts: Facts) -> bool:
        return decide(rules, sight.who, "read", sight.purpose, facts).allowed

    return lambda row: decided(facts_of(row))


def _samples(
    project: Project,
    chain: Sequence[Lineage],
    left: Sequence[Drop],
    tables: Sequence[Path],
    sight: Sight,
) -> dict[Place, str]:
    places = [place for one in left if one.may_be_shown for place in one.places]
    found: dict[Place, str] = {}
    by_record = {place.record: place for place in places if place.record}
    for folder in tables:
        for record in records_of(folder, by_record).values():
            place = by_record.pop(record.id)
            if sight.may(record_facts(record)):
                found[place] = shown(record.text)
    for place in by_record.values():  # no record stands: what the stage itself kept of it
        if place.sample and sight.may(Facts(source=place.source or None)):
            found[place] = shown(place.sample)
    apart = [place for place in places if not place.record and place.source != FEEDBACK]
    return found | _from_sources(project, chain, apart, sight)


def _from_sources(
    project: Project, chain: Sequence[Lineage], places: Sequence[Place], sight: Sight
) -> dict[Place, str]:
    made = [row.started for row in chain if row.step == "records"]
    if not made or not places:
        return {}
    ring = project.ring
    try:
        source = place_of_project.source(ring, project.folder)
    except InputError:  # the text folder is gone
        return {}
    policy = guard(ring.recipe.privacy.policy())

    def allows(facts: Facts) -> bool:
        return policy.allows(facts.consent or "") and sight.may(facts)

    return source_texts(source, places, settings=ring.recipe.data, allows=allows, made=made[0])


def _counts(found: Numbers) -> dict[Kind, dict[str, int]]:
    return {
        "language": found.by("language", splits=LEARNT),
        "label": found.by("label", splits=LEARNT),
        "source": found.by("source", splits=LEARNT),
        "group": found.by("protected", splits=LEARNT),
    }
