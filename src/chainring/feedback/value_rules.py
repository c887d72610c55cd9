"""Whether what a person says can be the true value of the task, and how it is kept.

Enters a value as it was typed, leaves its fault, or the value as corrections and decisions hold it.

    rules = ValueRules(task="multi-label", labels=["refund", "stock"], new_labels=False)
    rules.fault("refund|stok")          # "unknown label 'stok'; did you mean 'stock'?"
    rules.kept("stock | refund")        # 'refund|stock'
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from chainring.contracts.dataset import OUT_OF_SCOPE, Task
from chainring.contracts.errors import InputError
from chainring.contracts.tasks import TASKS, Form
from chainring.contracts.values import Shift, canonical, labels_in, tags_of, tags_text
from chainring.feedback.label_names import joined_fault, label_fault
from chainring.text.normalise import normalise
from chainring.text.shifts import length_sent, lost, moved, reverse

MAX_WRITTEN = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueRules:
    """What a value of the task may be; `text` is what was answered, where it is there.

    Places of tags count in the text as it was sent, from which `shifts` lead to `text`.
    """

    task: Task = "classification"
    labels: Collection[str] = ()
    new_labels: bool = True
    text: str = ""
    shifts: Sequence[Shift] = ()

    @property
    def form(self) -> Form:
        """The form of the task's values."""
        return TASKS[self.task].form

    def kept(self, value: str) -> str:
        """Return a value as it is kept: a written one without personal data, tags moved."""
        from chainring.text.redact import redact  # its rules take 0.1 s to compile

        clean = normalise(value)
        if self.form == "one":
            return clean
        if self.form == "text":
            return redact(clean).text
        said = canonical(self.form, clean)
        return tags_text(moved(tags_of(said), self.shifts)) if self.shifts else said

    def sent(self, value: str) -> str:
        """Return a kept value as it is told to whoever asked."""
        if not self.shifts or not value:
            return value
        return tags_text(moved(tags_of(value), reverse(self.shifts)))

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
        return self._tags_fault(value) or self._labels_fault(kept)

    def new_names(self, value: str) -> list[str]:
        """Return the labels in a value without fault that are not known."""
        names = [self.kept(value)] if self.form == "one" else labels_in(self.form, self.kept(value))
        return [name for name in names if name not in (*self.labels, OUT_OF_SCOPE)]

    def _labels_fault(self, value: str) -> str | None:
        return next(filter(None, map(self._label_fault, labels_in(self.form, value))), None)

    def _label_fault(self, name: str) -> str | None:
        joined = joined_fault(name, self.labels) if self.form == "several" else None
        return joined or label_fault(name, self.labels, new_labels=self.new_labels)

    def _tags_fault(self, value: str) -> str | None:
        tags = tags_of(normalise(value)) if self.form == "tags" else []
        length = length_sent(self.text, self.shifts)
        if tags and self.text and tags[-1][1] > length:
            return f"tag {list(tags[-1])!r} ends behind the text of {length} characters"
        faults = ((tag, lost(tag, self.shifts)) for tag in tags)
        return next((f"tag {list(tag)!r} {fault}" for tag, fault in faults if fault), None)
