"""Which rows the rules of access let into a data set.

Enters candidates (before texts are compared) and members of splits (after), leaves those that the
guard lets teach or judge; the others are dropped with the number of the rule.

    {"reason": "access: rule 2", "record": "rec_...", "source": "clinic/notes.jsonl", ...}

A record that no split may hold goes before anything is compared, so that it takes no other row's
place. Of exact duplicates that were merged only those stay whose own papers allow it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from chainring.contracts.access import record_facts
from chainring.contracts.dataset import SPLITS
from chainring.contracts.guard import Guard
from chainring.data.candidates import Candidate
from chainring.data.dropped import Dropped
from chainring.data.splits import Placed

_TEACH = ("train", "validation", "unlabelled")


def permitted(
    candidates: Iterable[Candidate], guard: Guard, dropped: Dropped
) -> Iterator[Candidate]:
    """Yield the candidates that at least one split they can come to may hold."""
    for one in candidates:
        reasons = [refusal(one, split, guard) for split in _possible(one)] if guard.rules else [""]
        if "" in reasons:
            yield one
        else:
            dropped.add(reasons[0], **one.where)


def permitted_where_placed(
    members: Sequence[Placed], guard: Guard, dropped: Dropped
) -> list[Placed]:
    """Return the members that their split may hold, each with its merged ones that may stay."""
    if not guard.rules:
        return list(members)
    kept = []
    for member in members:
        stays = []
        for one in (member.candidate, *member.candidate.merged):
            reason = refusal(one, member.split, guard)
            if reason:
                dropped.add(reason, **one.where)
            else:
                stays.append(one)
        if stays:
            kept.append(replace(member, candidate=_merged(stays)))
    return kept


def refusal(candidate: Candidate, split: str, guard: Guard) -> str:
    """Return why a split may not hold a candidate, or an empty text."""
    facts = record_facts(candidate.record, label=candidate.label, split=split)
    found = guard.may("train" if split in _TEACH else "evaluate", facts)
    return "" if found.allowed else f"access: {found.because}"


def _merged(stays: Sequence[Candidate]) -> Candidate:
    first, *others = stays
    return replace(first, merged=tuple(others))


def _possible(one: Candidate) -> tuple[str, ...]:
    """Return the splits that a candidate can come to (see `chainring.data.splits`)."""
    if not one.says:
        return ("unlabelled",)
    if one.part:
        return (one.part,)
    return {
        "test": ("test",),
        "validation": ("validation", "train"),
    }.get(one.given, ("train", "validation", "test"))


assert set(_TEACH) < set(SPLITS)
