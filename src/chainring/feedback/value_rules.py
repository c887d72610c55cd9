"""Whether what a person says can be the true value of the task, and how it is kept.

Enters a value as it was typed, leaves its fault, or the value as corrections and decisions hold it.

    rules = ValueRules(task="multi-label", labels=["refund", "stock"], new_labels=False)
    rules.fault("refund|stok")          # "unknown label 'stok'; did you mean 'stock'?"
    rules.kept("stock | refund")        # 'refund|stock'
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from chainring.contracts.dataset import Task
from chainring.contracts.errors import InputError
from chainring.contracts.tasks import TASKS, Form
from chainring.contracts.values import canonical, labels_in, tags_of
from chainring.feedback.label_names import label_fault
from chainring.text.normalise import normalise

MAX_WRITTEN = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueRules:
    """What a value of the task may be; `text` is what was answered, where it is there."""

    task: Task = "classification"
    labels: Collection[str] = ()
    new_labels: bool = True
    text: str = ""

    @property
    def form(self) -> Form:
        """The form of the task's values."""
        return TASKS[self.task].form

    def kept(self, value: str) -> str:
        """Return a value as it is kept: a written one without personal data."""
        from chainring.text.redact import redact  # its rules take 0.1 s to compile

        clean = normalise(value)
        if self.form == "one":
            return clean
        return redact(clean).text if self.form == "text" else canonical(self.form, clean)

    def fault(self, value: str) -> str | None:
        """Return what is wrong with a value, or None."""
        if self.form == "one":
            return label_fault(normalise(value), self.labels, new_labels=self.new_labels)
        try:
            kept = self.kept(value)
        except InputError as error:
            return f"{error}; asked is {TASKS[self.task].asks}"
        if not kept:
            return f"found nothing; asked is {TASKS[self.task].asks}"
        if len(kept) > MAX_WRITTEN:
            return f"{len(kept):,} characters, at most {MAX_WRITTEN:,} are allowed"
        return self._tags_fault(kept) or self._labels_fault(kept)

    def _labels_fault(self, value: str) -> str | None:
        named = labels_in(self.form, value)
        faults = (label_fault(one, self.labels, new_labels=self.new_labels) for one in named)
        return next((fault for fault in faults if fault), None)

    def _tags_fault(self, value: str) -> str | None:
        tags = tags_of(value) if self.form == "tags" and self.text else []
        if tags and tags[-1][1] > len(self.text):
            return f"tag {list(tags[-1])!r} ends behind the text of {len(self.text)} characters"
        return None
