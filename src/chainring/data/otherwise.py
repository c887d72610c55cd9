"""Users' labels of texts that the files label otherwise: a review comes before they teach.

Enters labels and the records that may teach; leaves the ids of users' labels, each with the record
of the files that says otherwise.

    otherwise(labels, records, form="one")         # {'lab_9f': 'rec_12'}

A user's word counts for more than the files' (see `chainring.data.candidates`). Whoever sends texts
of the files back with another label would so replace what they teach, whatever the cap of an
author. Where a person's word stands on a text, it decides and nothing is asked; where the files
contradict themselves, nothing of theirs stands. Of written answers two may both be right.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from chainring.contracts.label import Label
from chainring.contracts.record import Record
from chainring.contracts.tasks import Form
from chainring.contracts.values import is_same
from chainring.data.candidates import same_text, settled

OTHERWISE = "the files say otherwise of this text"
"""Why such a label waits, as the review tells it."""


def otherwise(labels: Sequence[Label], records: Sequence[Record], *, form: Form) -> dict[str, str]:
    """Return users' accepted labels that the files contradict, with the record that does."""
    texts = {record.id: same_text(record, form) for record in records}
    known = [one for one in labels if one.state == "accepted" and one.record in texts]
    others: dict[tuple[str, str], list[Label]] = defaultdict(list)
    for one in known:
        if one.author_kind != "user":
            others[texts[one.record]].append(one)
    return {
        one.id: others[text][0].record
        for one in known
        if one.author_kind == "user"
        and (text := texts[one.record]) in others
        and _contradict(others[text], one.value, form)
    }


def _contradict(others: Sequence[Label], value: str, form: Form) -> bool:
    stands = settled(((one.author_kind, one.value) for one in others), form=form)
    return stands is not None and stands[0] == "source" and not is_same(form, value, stands[1])
