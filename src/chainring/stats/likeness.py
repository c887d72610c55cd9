"""Two embeddings become the features by which a head tells whether their texts go together.

    pair_features(first_nh, second_nh)      # shape (N, 1 + 2 H)

The cosine, the distances and the products of the unit vectors, after N. Reimers and I. Gurevych
2019, "Sentence-BERT", section 3; we add the cosine and leave the vectors themselves out, so that a
pair says the same in either order.

Axes: N pairs, H width of the embeddings.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float32]

TINY = 1e-12


def unit(vectors_nh: Any) -> Floats:
    """Return the vectors at length one; one without direction stays as it is."""
    import numpy as np

    table_nh = np.asarray(vectors_nh, dtype=np.float32)
    lengths_n1 = np.sqrt((table_nh * table_nh).sum(axis=1, keepdims=True))
    result: Floats = table_nh / np.maximum(lengths_n1, TINY)
    return result


def pair_features(first_nh: Any, second_nh: Any) -> Floats:
    """Return float32 features of pairs, the same in either order."""
    import numpy as np

    first, second = unit(first_nh), unit(second_nh)
    products_nh = first * second
    cosines_n1 = products_nh.sum(axis=1, keepdims=True)
    result: Floats = np.concatenate([cosines_n1, np.abs(first - second), products_nh], axis=1)
    return result
