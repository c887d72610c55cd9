"""The rows to learn from that are nearest to a text, by the TF-IDF of words and characters.

Enters rows once and texts, leaves for each text the nearest rows with the cosine of their terms.

    nearest(rows, ["where is my parcel"], count=3)
"""

from __future__ import annotations

from collections.abc import Sequence

from chainring.contracts.dataset import Row
from chainring.contracts.study import Near

COUNT = 3


def nearest(
    rows: Sequence[Row], texts: Sequence[str], *, count: int = COUNT, says: str = "label"
) -> list[tuple[Near, ...]]:
    """Return the nearest rows of each text, nearest first; those without a common term are none.

    `says` is the field of a row that is told with it; '': none, as where it is a text.
    """
    import numpy as np
    from sklearn.feature_extraction.text import TfidfVectorizer

    if not rows or not texts:
        return [()] * len(texts)
    vectorizer = TfidfVectorizer(analyzer=_terms, sublinear_tf=True, dtype=np.float32)
    rows_nf = vectorizer.fit_transform([joined(row) for row in rows])
    likeness_tn = (vectorizer.transform(texts) @ rows_nf.T).toarray()
    order_tn = np.argsort(-likeness_tn, axis=1, kind="stable")[:, :count]
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
        for likeness_n, order_n in zip(likeness_tn, order_tn, strict=True)
    ]


def joined(row: Row) -> str:
    """Return both texts of a row, or its one text."""
    return f"{row.text}\n{row.pair}" if row.pair else row.text


def _terms(text: str) -> list[str]:
    from chainring.text.ngrams import features

    return features(text) or ["no term"]
