"""What SQL calls of item weights: fits, best items and terms; entries of `udfs`.

EASE's weights travel as one vector per item. Those of graphs are never a matrix: each
call makes them of the cells of everyone, and scores or explains those of some users.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from recsql.seam.arrow_lists import (
    as_best_items,
    as_cells,
    as_eligible,
    as_matrix,
    as_pairs,
    as_sparse,
    as_terms,
    as_vectors,
    one_list,
)
from recsql.seam.functions import (
    BEST,
    CELLS,
    INDEXES,
    MATRIX,
    PAIRS,
    SHOWN,
    TERMS,
    VECTORS,
    Function,
)
from recsql.seam.memory import bytes_of

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from recsql.numerics.graphs import ItemWeights

Made = Callable[..., "ItemWeights"]
EASE = (
    "struct(regularization double, dropout double, max_items integer, memory varchar)"
)
GRAPH = (
    "struct(low_pass double, blur_steps integer, blur_time double, "
    "sharpen_steps integer, sharpen_time double)"
)
SAR = "struct(similarity varchar, min_cooccurrence integer)"
MEMORY_SHARE = 8  # of an item by item matrix: an eighth of what DuckDB may use


def ease_fit(users: Any, items: Any, weights: Any, parameters: Any) -> Any:
    """Return one list of weights per item, as many as fit; see `linear.ease`."""
    from recsql.numerics import factorize, linear

    given = parameters.as_py()
    asked, memory = given.pop("max_items"), given.pop("memory")
    if asked is None:
        asked = linear.items_that_fit(bytes_of(memory) / MEMORY_SHARE)
    matrix = factorize.sparse(*as_cells(users, items, weights))
    kept = matrix[:, : min(asked, matrix.shape[1])]
    return one_list(as_vectors(linear.ease(kept, **given)))


def frequencies_fit(users: Any, items: Any, weights: Any, factors: Any) -> Any:
    """Return one list of numbers per item; see `filters.frequencies`."""
    from recsql.numerics import factorize, filters

    matrix = factorize.sparse(*as_cells(users, items, weights))
    return one_list(as_vectors(filters.frequencies(matrix, factors.as_py())))


def _graph(matrix: csr_matrix, vectors: Any, given: Any) -> ItemWeights:
    from recsql.numerics.filters import Filter, Steps

    blur = Steps(given["blur_steps"], given["blur_time"])
    sharpen = Steps(given["sharpen_steps"], given["sharpen_time"])
    return Filter.of(matrix, as_matrix(vectors), given["low_pass"], blur, sharpen)


def _sar(matrix: csr_matrix, vectors: Any, given: Any) -> ItemWeights:
    from recsql.numerics.graphs import Shared

    return Shared.of(matrix, given["similarity"], given["min_cooccurrence"])


def _top(name: str, made: Made) -> Callable[..., Any]:
    """Return a function that finds best items by the weights of a graph."""

    def top(
        users: Any,
        items: Any,
        weights: Any,
        kinds: Any,
        everyone: Any,
        vectors: Any,
        parameters: Any,
        shown: Any,
        count: Any,
    ) -> Any:
        """Return best new and known items; see `filtered.best_filtered`."""
        from recsql.numerics import factorize, filtered

        matrix = factorize.sparse(*as_cells(users, items, weights))
        known = matrix.sign()
        if kinds.is_valid:
            known = factorize.sparse(*as_cells(users, items, kinds))
        graph = made(as_sparse(everyone), vectors, parameters.as_py())
        wanted = count.as_py(), as_eligible(shown)
        return as_best_items(filtered.best_filtered(matrix, graph, known, *wanted))

    top.__name__ = f"{name}_top"
    return top


def _terms(name: str, made: Made) -> Callable[..., Any]:
    """Return a function that finds the terms of scores by the weights of a graph."""

    def terms(
        users: Any,
        items: Any,
        weights: Any,
        everyone: Any,
        vectors: Any,
        parameters: Any,
        shown: Any,
        count: Any,
    ) -> Any:
        """Return the largest terms of scores; see `filtered.filtered_terms`."""
        from recsql.numerics import factorize, filtered

        matrix = factorize.sparse(*as_cells(users, items, weights))
        pairs = as_pairs(shown, "user_index", "item_index")
        if not len(pairs[0]):  # the graph is not made for nothing
            return as_terms(filtered.linear_terms(matrix, matrix, pairs, 0))
        graph = made(as_sparse(everyone), vectors, parameters.as_py())
        found = filtered.filtered_terms(matrix, graph, pairs, count.as_py())
        return as_terms(found)

    terms.__name__ = f"{name}_terms"
    return terms


GRAPHS: dict[str, tuple[str, Made]] = {
    "graph": (GRAPH, _graph),
    "sar": (SAR, _sar),
}
FUNCTIONS = (
    Function("ease_fit", (*CELLS, EASE), VECTORS, ease_fit),
    Function("frequencies_fit", (*CELLS, "integer"), VECTORS, frequencies_fit),
    *(
        Function(
            f"{name}_top",
            (*CELLS, INDEXES, MATRIX, VECTORS, parameters, SHOWN, "integer"),
            BEST,
            _top(name, made),
        )
        for name, (parameters, made) in GRAPHS.items()
    ),
    *(
        Function(
            f"{name}_terms",
            (*CELLS, MATRIX, VECTORS, parameters, PAIRS, "integer"),
            TERMS,
            _terms(name, made),
        )
        for name, (parameters, made) in GRAPHS.items()
    ),
)
