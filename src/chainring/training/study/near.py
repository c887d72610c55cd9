"""The rows to learn from that are nearest to another row, by the TF-IDF of words and characters.

Enters both kinds of rows, leaves for each other row the nearest with the cosine of their terms.

    nearest(rows, wrong, facts=TASKS["classification"])[0][0].row      # "row-7"

What is compared is what near-duplicates are told by: of a conversation what is said, without its
JSON and its system message; of a preference the prompt.
"""

from __future__ import annotations

from collections.abc import Sequence

from chainring.contracts.dataset import Row
from chainring.contracts.study import Near
from chainring.contracts.tasks import TaskFacts
from chainring.text.compared import compared
from chainring.text.ngrams import features

COUNT = 3


def nearest(
    rows: Sequence[Row], others: Sequence[Row], *, facts: TaskFacts, count: int = COUNT
) -> list[tuple[Near, ...]]:
    """Return the nearest rows of each other row, nearest first; without a common term none is near.

    Emoji and signs are no terms: a row of them alone is near to none. Labels are told with the
    rows; where the task says texts, none are.
    """
    import numpy as np
    from sklearn.feature_extraction.text import TfidfVectorizer

    texts = _compared(rows, facts)
    if not others or not any(map(features, texts)):
        return [()] * len(others)
    vectorizer = TfidfVectorizer(analyzer=features, sublinear_tf=True, dtype=np.float32)
    rows_nf = vectorizer.fit_transform(texts)
    likeness_on = (vectorizer.transform(_compared(others, facts)) @ rows_nf.T).toarray()
    order_on = np.argsort(-likeness_on, axis=1, kind="stable")[:, :count]
    says = field_told(facts)
    return [
        tuple(
            Near(
                row=rows[i].id,
                label=getattr(rows[i], says) if says else "",
                likeness=round(float(likeness_n[i]), 3),
            )
            for i in order_n
            if likeness_n[i] > 0
        )
        for likeness_n, order_n in zip(likeness_on, order_on, strict=True)
    ]


def field_told(facts: TaskFacts) -> str:
    """Return the field of a row that a study tells; '': none, as where it is a text."""
    return "" if facts.form == "text" else facts.says


def _compared(rows: Sequence[Row], facts: TaskFacts) -> list[str]:
    return [compared(row.text, row.pair, facts=facts) for row in rows]
