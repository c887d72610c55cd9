"""Tasks: what each needs, how its answers are written and graded, who competes for it.

The one table that data, training, deployment, feedback and the gate ask; none of them asks for a
task by name. `[data] task` in the recipe chooses the row.

>>> TASKS["matching"].needs
('text', 'pair', 'label')
>>> facts("tagging").form
'tags'

======  ==========================================  ===============================================
form    a value is                                  example
======  ==========================================  ===============================================
one     one label                                   ``refund``
several labels joined by `|`, sorted; `|`: none      ``delivery|refund``
number  a decimal number                            ``3.5``
tags    JSON of places in `text`                    ``[[0,4,"city"]]``
text    a text                                      ``Dein Paket ist da.``
======  ==========================================  ===============================================
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from chainring.contracts.dataset import Task
from chainring.contracts.errors import UnknownNameError

Form = Literal["one", "several", "number", "tags", "text"]
Grade = Literal["equal", "labels", "number", "tags", "words", "characters"]
"""How an answer is graded against the truth; `chainring.stats.grades` computes each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskFacts:
    """What the house has to know of a task.

    `needs` are the roles of columns without which no row can be used; `allows` those that may stand
    beside them. `says` is the field of a row that holds the value. `candidates` compete where the
    recipe names none, simpler ones first. `headline` names the figure that heads a report. `asks`
    is what a person is asked in a review. Where `pair_is_rejected`, the second text of a row is one
    that people did not want: whoever asks has none. Where `reads_articles`, texts without a value
    are what answers are read from.
    """

    needs: tuple[str, ...]
    form: Form
    grade: Grade
    candidates: tuple[str, ...]
    headline: str
    asks: str
    allows: tuple[str, ...] = ()
    pair_is_rejected: bool = False
    reads_articles: bool = False

    @property
    def says(self) -> Literal["label", "target"]:
        """The field of a row, and the column, that holds the value."""
        return "label" if self.form in ("one", "several") else "target"

    @property
    def pairs(self) -> bool:
        """Whether a row may have a second text."""
        return "pair" in (*self.needs, *self.allows)

    @property
    def takes_pair(self) -> bool:
        """Whether a request may have a second text."""
        return self.pairs and not self.pair_is_rejected

    @property
    def asks_pair(self) -> bool:
        """Whether a request must have a second text."""
        return self.takes_pair and "pair" in self.needs


_UNDERSTANDING = ("linear.v1", "encoder.v1")

TASKS: dict[Task, TaskFacts] = {
    "classification": TaskFacts(
        needs=("text", "label"),
        form="one",
        grade="equal",
        candidates=_UNDERSTANDING,
        headline="accuracy",
        asks="the right label",
    ),
    "multi-label": TaskFacts(
        needs=("text", "label"),
        form="several",
        grade="labels",
        candidates=_UNDERSTANDING,
        headline="micro_f1",
        asks="all right labels, joined by |; | alone where none is right",
    ),
    "regression": TaskFacts(
        needs=("text", "target"),
        form="number",
        grade="number",
        candidates=_UNDERSTANDING,
        headline="mean_absolute_error",
        asks="the right number",
    ),
    "matching": TaskFacts(
        needs=("text", "pair", "label"),
        form="one",
        grade="equal",
        candidates=_UNDERSTANDING,
        headline="accuracy",
        asks="whether the two texts match: the right label",
    ),
    "inference": TaskFacts(
        needs=("text", "pair", "label"),
        form="one",
        grade="equal",
        candidates=_UNDERSTANDING,
        headline="accuracy",
        asks="what the first text says of the second: the right label",
    ),
    "tagging": TaskFacts(
        needs=("text", "target"),
        form="tags",
        grade="tags",
        candidates=("encoder.v1",),
        headline="entity_f1",
        asks="the right tags, as JSON [[start, end, kind], …]",
    ),
    "question-answering": TaskFacts(
        needs=("text", "target"),
        allows=("pair",),
        form="text",
        grade="words",
        candidates=("qa.v1",),
        headline="f1",
        asks="the right answer",
        reads_articles=True,
    ),
    "translation": TaskFacts(
        needs=("text", "target"),
        form="text",
        grade="characters",
        candidates=("seq2seq.v1",),
        headline="bleu",
        asks="the right translation",
    ),
    "generation": TaskFacts(
        needs=("text", "target"),
        form="text",
        grade="characters",
        candidates=("decoder.v1",),
        headline="chrf",
        asks="a better text",
    ),
    "dialogue": TaskFacts(
        needs=("text", "target"),
        form="text",
        grade="characters",
        candidates=("decoder.v1",),
        headline="chrf",
        asks="a better reply",
    ),
    "preference": TaskFacts(
        needs=("text", "pair", "target"),
        form="text",
        grade="characters",
        candidates=("dpo.v1",),
        headline="preference_accuracy",
        asks="a better text",
        pair_is_rejected=True,
    ),
}
"""Every task that can be trained; `recommendation` is a name without a row yet."""


def facts(task: str) -> TaskFacts:
    """Return the row of a task; raises UnknownNameError with the nearest name."""
    for name in get_args(Task):
        if name == task and name in TASKS:
            return TASKS[name]
    raise UnknownNameError("task", task, TASKS)
