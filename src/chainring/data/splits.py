"""Which split a near-duplicate group goes to: one group, one split.

Enters the candidates of a group, leaves `(split, those that stay)`; the others are dropped with the
reason. In order:

1. rows that the files give as test: all of them, as they are: a frozen suite is never thinned
2. rows of the files that the hash draws for the test, where the files give none
3. reviewed hold-out rows
4. rows that the files give as validation, as they are
5. rows of the files that the hash draws for validation, where the files give none
6. rows to train on, corrections among them
7. confirmed and corrected rows of the hold-out, then unlabelled ones

The draw is a keyed hash of each member's skeleton, and the *least* hash of a group decides: test
below `test`, validation below `test + validation`. A row that joins can only lower it, so however
groups grow or merge, a row once drawn for the test is never trained on later. The price is that
often repeated requests are drawn for the test a little more often.
Corrections draw nothing: what users write cannot move a row of the files.

Turns of one conversation stand in one split: what is hashed of a turn is its conversation. A group
that holds turns has one draw, that of its leader, the member with the least hash by another key;
turns of other conversations stay where these are drawn for the same split, else they go.

In tasks of two texts all that is said of one long text is a group, with one draw: that of its
leader, too. What is hashed of a row is its long text where that alone makes rows near-duplicates,
so that what more is said of it moves nothing; else both texts. So the test has its share, however
large groups are. The price is that a long text (a conversation) which joins may lead, and the group
be drawn anew; what a judged model was trained on is left out of the suite, as ever.

Articles that answers are read from stand in no split and stay, copies aside.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from chainring.contracts.ids import keyed
from chainring.contracts.record import Record
from chainring.contracts.tasks import TASKS, Form, TaskFacts
from chainring.data.candidates import Candidate, collapsed
from chainring.data.dropped import Dropped
from chainring.data.settings import DataSettings
from chainring.text.compared import said
from chainring.text.normalise import fold

_DRAWN = ("train", "validation", "test")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """The shares that the hash draws: 0 where the files give the split themselves.

    Below `min_jaccard` 1 near-duplicates of one label become fewer rows, at 1 only copies.
    """

    test: float
    validation: float
    secret: bytes
    facts: TaskFacts = TASKS["classification"]
    min_jaccard: float = 0.8

    @classmethod
    def beside(cls, given: Collection[str], settings: DataSettings, secret: bytes) -> Shares:
        """Return the shares to draw where the files give these splits."""
        return cls(
            test=0.0 if "test" in given else settings.test_share,
            validation=0.0 if "validation" in given else settings.validation_share,
            secret=secret,
            facts=settings.facts,
            min_jaccard=settings.min_jaccard,
        )

    @property
    def thinned(self) -> bool:
        """Whether near-duplicates of one label become fewer rows, or only copies."""
        return self.min_jaccard < 1

    def draw(self, group: str) -> float:
        """Return a number in [0, 1) for a skeleton's key; without the secret it is unguessable."""
        return int(keyed(self.secret, "split", group)[:13], 16) / 16**13

    def drawn(self, records: Sequence[Record]) -> float:
        """Return the draw of a group: the least of its rows'.

        Of two texts, and where there are turns of conversations, it is that of its leader.
        """
        if not self.facts.pairs and not any(one.episode for one in records):
            return min(self.draw(one.group) for one in records)
        return self.draw(min(map(self.lead, records)))

    def lead(self, one: Record) -> str:
        """Return the key of what a row shares: with its conversation, else with all near to it."""
        if one.episode:
            return keyed(self.secret, "leads", one.episode)
        exact = not self.thinned
        text = fold(said(one.text, facts=self.facts), exact=exact)
        pair = "" if self.facts.pair_is_rejected else fold(one.fields.get("pair", ""), exact=exact)
        shorter, longer = sorted((text, pair), key=len)
        least = self.min_jaccard * (len(longer) + 2 * len(shorter))
        shared = longer if len(longer) >= least else f"{text}\n{pair}"
        return keyed(self.secret, "leads", shared)

    def split(self, draw: float) -> str:
        """Return the split of a group with this draw."""
        if draw < self.test:
            return "test"
        return "validation" if draw < self.test + self.validation else "train"

    def own_split(self, one: Candidate) -> str:
        """Return the split of the conversation that a row of the files is a turn of, or ''."""
        is_drawn = _is_turn(one) and one.given in ("", "train")
        return self.split(self.drawn([one.record])) if is_drawn else ""


def _is_turn(one: Candidate) -> bool:
    """Whether a row of the files is of a conversation: those with users move nothing."""
    return not one.part and bool(one.record.episode)


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A candidate in its split; `fixed` when the files gave it, so that nothing may move it."""

    candidate: Candidate
    split: str
    group: str
    draw: float
    fixed: bool


def placed(
    group: Sequence[Candidate], shares: Shares, dropped: Dropped, *, form: Form = "one"
) -> list[Placed]:
    """Return the members of a near-duplicate group that stay, in their one split."""
    split, chosen, fixed = _winners(group, shares)
    chosen_ids = {id(one) for one in chosen}
    for one in group:
        if id(one) not in chosen_ids:
            dropped.add(f"near-duplicate of a {split} row", **one.where)
    if any(map(_is_turn, chosen)) and not fixed:  # what stays for others is of this split
        chosen = sorted(chosen, key=lambda one: _place_in_line(one, split, shares))
    kept = list(chosen) if fixed else collapsed(chosen, dropped, form=form, thinned=shares.thinned)
    leader = min(group, key=lambda one: shares.draw(one.record.group)).record.group
    own = [one for one in chosen if not one.part]
    draw = shares.drawn([one.record for one in own or chosen])
    members = [
        Placed(candidate=one, split=split, group=leader, draw=draw, fixed=fixed) for one in kept
    ]
    return list(members if fixed else _of_one_split(members, shares, dropped))


def _place_in_line(one: Candidate, split: str, shares: Shares) -> tuple[bool, bool, str]:
    """Return what turns are sorted by: of near-duplicates the first one stays."""
    return bool(one.part), bool(_elsewhere(one, split, shares)), shares.lead(one.record)


def _elsewhere(one: Candidate, split: str, shares: Shares) -> str:
    """Return the split of the conversation that a row is a turn of, where it is another one."""
    own = shares.own_split(one) if split in _DRAWN else ""
    return "" if own == split else own


def _of_one_split(members: Sequence[Placed], shares: Shares, dropped: Dropped) -> Iterator[Placed]:
    """Yield the members but turns of conversations whose other turns stand in another split."""
    for one in members:
        if other := _elsewhere(one.candidate, one.split, shares):
            reason = f"near-duplicate of a {one.split} row, in a {other} conversation"
            dropped.add(reason, **one.candidate.where)
        else:
            yield one


def unmoved(
    articles: Sequence[Candidate], shares: Shares, dropped: Dropped, *, form: Form
) -> list[Placed]:
    """Return the articles that answers are read from: all of them but copies, in no split."""
    return [
        Placed(
            candidate=one,
            split="unlabelled",
            group=one.record.group,
            draw=shares.draw(one.record.group),
            fixed=False,
        )
        for one in collapsed(articles, dropped, form=form, thinned=False)
    ]


def split_of(group: Sequence[Candidate], shares: Shares) -> str:
    """Return the split that a near-duplicate group goes to."""
    return _winners(group, shares)[0]


def _winners(group: Sequence[Candidate], shares: Shares) -> tuple[str, list[Candidate], bool]:
    labelled = [one for one in group if one.says]
    given = {
        split: [one for one in labelled if one.given == split] for split in ("test", "validation")
    }
    parts = {
        part: [one for one in labelled if one.part == part]
        for part in ("train", "holdout", "reacted")
    }
    own = [one for one in labelled if not one.part and one.given in ("", "train")]
    drawn = shares.split(shares.drawn([one.record for one in own])) if own else ""
    order = (
        ("test", given["test"], True),
        ("test", own if drawn == "test" else [], False),
        ("holdout", parts["holdout"], False),
        ("validation", given["validation"], True),
        ("validation", own if drawn == "validation" else [], False),
        ("train", [*own, *parts["train"]], False),
        ("reacted", parts["reacted"], False),
    )
    unlabelled = ("unlabelled", [one for one in group if not one.says], False)
    return next((found for found in order if found[1]), unlabelled)
