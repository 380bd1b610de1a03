"""What SQL calls to have vectors of texts; entries of `udfs`."""

from __future__ import annotations

from typing import Any

from recsql.seam.arrow_lists import as_vectors, one_list
from recsql.seam.functions import VECTORS, Function


def static_vectors(given: Any, folder: Any) -> Any:
    """Return a vector for each text; see `texts.static_vectors`."""
    import numpy as np

    from recsql.numerics import texts

    rows = given.as_py() or []
    found = texts.static_vectors(rows, folder.as_py()) if rows else np.zeros((0, 0))
    return one_list(as_vectors(found.astype(np.float32)))


FUNCTIONS = (
    Function("static_vectors", ("varchar[]", "varchar"), VECTORS, static_vectors),
)
