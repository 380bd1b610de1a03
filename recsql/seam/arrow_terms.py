"""What SQL calls to learn which known items add to a score; entries of `udfs`."""

from __future__ import annotations

from typing import Any

from recsql.seam.arrow_lists import as_cells, as_matrix, as_pairs, as_terms
from recsql.seam.functions import ALS_PARAMETERS, CELLS, PAIRS, TERMS, VECTORS, Function


def linear_terms(
    users: Any, items: Any, weights: Any, item_weights: Any, shown: Any, count: Any
) -> Any:
    """Return the largest terms of scores by item weights; see `terms.linear_terms`."""
    from recsql.numerics import factorize, terms

    matrix = factorize.sparse(*as_cells(users, items, weights))
    wanted = as_pairs(shown, "user_index", "item_index"), count.as_py()
    return as_terms(terms.linear_terms(matrix, as_matrix(item_weights), *wanted))


def factor_terms(
    users: Any,
    items: Any,
    weights: Any,
    item_factors: Any,
    parameters: Any,
    shown: Any,
    count: Any,
) -> Any:
    """Return the largest terms of scores by factors; see `terms.factor_terms`."""
    from recsql.numerics import factorize, terms

    matrix = factorize.sparse(*as_cells(users, items, weights))
    wanted = as_pairs(shown, "user_index", "item_index"), count.as_py()
    given = parameters.as_py()
    als = factorize.AlsParameters(**given) if given else None
    return as_terms(terms.factor_terms(matrix, as_matrix(item_factors), *wanted, als))


SHOWN_TERMS = (PAIRS, "integer")
FUNCTIONS = (
    Function("linear_terms", (*CELLS, VECTORS, *SHOWN_TERMS), TERMS, linear_terms),
    Function(
        "factor_terms",
        (*CELLS, VECTORS, ALS_PARAMETERS, *SHOWN_TERMS),
        TERMS,
        factor_terms,
    ),
)
