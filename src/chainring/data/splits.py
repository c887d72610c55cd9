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
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from chainring.contracts.ids import keyed
from chainring.contracts.tasks import Form
from chainring.data.candidates import Candidate, collapsed
from chainring.data.dropped import Dropped
from chainring.data.settings import DataSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """The shares that the hash draws: 0 where the files give the split themselves.

    `thinned` says whether near-duplicates of one label become fewer rows, or only copies.
    """

    test: float
    validation: float
    secret: bytes
    thinned: bool = True

    @classmethod
    def beside(cls, given: Collection[str], settings: DataSettings, secret: bytes) -> Shares:
        """Return the shares to draw where the files give these splits."""
        return cls(
            test=0.0 if "test" in given else settings.test_share,
            validation=0.0 if "validation" in given else settings.validation_share,
            secret=secret,
            thinned=settings.min_jaccard < 1,
        )

    def draw(self, group: str) -> float:
        """Return a number in [0, 1) for a skeleton's key; without the secret it is unguessable."""
        return int(keyed(self.secret, "split", group)[:13], 16) / 16**13

    def split(self, least: float) -> str:
        """Return the split of a group with this least draw."""
        if least < self.test:
            return "test"
        return "validation" if least < self.test + self.validation else "train"


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
    kept = list(chosen) if fixed else collapsed(chosen, dropped, form=form, thinned=shares.thinned)
    leader = min(group, key=lambda one: shares.draw(one.record.group)).record.group
    least = _least(chosen, shares)
    return [
        Placed(candidate=one, split=split, group=leader, draw=least, fixed=fixed) for one in kept
    ]


def _least(candidates: Sequence[Candidate], shares: Shares) -> float:
    return min(shares.draw(one.record.group) for one in candidates)


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
    drawn = shares.split(_least(own, shares)) if own else ""
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
