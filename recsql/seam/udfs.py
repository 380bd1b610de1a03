"""The seam between SQL and Python: every function SQL may call, with its SQL types.

Each is an Arrow scalar function: a whole matrix travels as the list columns of one row,
so what a function reads is visible in the query that calls it. Functions never query.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from recsql.numerics import distributions
from recsql.seam import (
    arrow_diversity,
    arrow_filters,
    arrow_programs,
    arrow_ranking,
    arrow_resampling,
    arrow_terms,
    arrow_texts,
)
from recsql.seam.arrow_lists import (
    as_best_items,
    as_cells,
    as_eligible,
    as_factors,
    as_folded,
    as_matrix,
    as_neighbours,
    as_numbers,
    as_pairs,
    as_sparse,
    list_of,
    require_vectors,
)
from recsql.seam.chunks import by_chunk, by_row
from recsql.seam.functions import (
    ALS_PARAMETERS,
    BEST,
    BPR_PARAMETERS,
    CELLS,
    FACTORS,
    FOLDED_IN,
    INDEXES,
    LMF_PARAMETERS,
    MATRIX,
    MEASURE,
    NEAREST,
    NUMBER,
    NUMBERS,
    PAIRS,
    SHOWN,
    VECTORS,
    Function,
)
from recsql.seam.memory import Room

if TYPE_CHECKING:
    import duckdb


def als_fit(users: Any, items: Any, weights: Any, parameters: Any) -> Any:
    """Fit ALS on one list of cells; see `factorize.als`."""
    from recsql.numerics import factorize

    settings = factorize.AlsParameters(**parameters.as_py())
    cells = as_cells(users, items, weights)
    require_vectors(*cells[:2], settings.factors, "als_factors")
    return as_factors(factorize.als(*cells, settings))


def als_fold_in(
    users: Any, items: Any, weights: Any, item_factors: Any, parameters: Any
) -> Any:
    """Return the vectors of users for given items; see `factorize.als_fold_in`."""
    from recsql.numerics import factorize

    settings = factorize.AlsParameters(**parameters.as_py())
    cells = as_cells(users, items, weights)
    return as_folded(factorize.als_fold_in(*cells, as_matrix(item_factors), settings))


def svd_fold_in(users: Any, items: Any, weights: Any, item_factors: Any) -> Any:
    """Return the vectors of users for given items; see `latent.svd_fold_in`."""
    from recsql.numerics import latent

    cells = as_cells(users, items, weights)
    return as_folded(latent.svd_fold_in(*cells, as_matrix(item_factors)))


def bpr_fit(users: Any, items: Any, weights: Any, parameters: Any) -> Any:
    """Fit BPR on one list of cells; see `latent.bpr`."""
    from recsql.numerics import latent

    settings = latent.BprParameters(**parameters.as_py())
    cells = as_cells(users, items, weights)
    require_vectors(*cells[:2], settings.factors + 1, "bpr_factors")
    return as_factors(latent.bpr(*cells, settings))


def lmf_fit(users: Any, items: Any, weights: Any, parameters: Any) -> Any:
    """Fit logistic factorization on one list of cells; see `latent.lmf`."""
    from recsql.numerics import latent

    settings = latent.LmfParameters(**parameters.as_py())
    cells = as_cells(users, items, weights)
    require_vectors(*cells[:2], settings.factors + 2, "lmf_factors")
    return as_factors(latent.lmf(*cells, settings))


def svd_fit(users: Any, items: Any, weights: Any, parameters: Any) -> Any:
    """Decompose one list of cells; see `latent.svd`."""
    from recsql.numerics import latent

    settings = latent.SvdParameters(**parameters.as_py())
    cells = as_cells(users, items, weights)
    require_vectors(*cells[:2], settings.factors, "svd_factors")
    return as_factors(latent.svd(*cells, settings))


def linear_top(
    users: Any,
    items: Any,
    weights: Any,
    kinds: Any,
    item_weights: Any,
    shown: Any,
    count: Any,
) -> Any:
    """Return best new and known items by item weights; see `best.best_items`.

    `kinds` says how each cell's user knows the item: 1, 2 ...; NULL: all in one way.
    """
    from recsql.numerics import best, factorize

    matrix = factorize.sparse(*as_cells(users, items, weights))
    known = matrix.sign()
    if kinds.is_valid:
        known = factorize.sparse(*as_cells(users, items, kinds))
    wanted = count.as_py(), as_eligible(shown)
    found = best.best_items(matrix, as_matrix(item_weights), known, *wanted)
    return as_best_items(found)


def product_top(left: Any, right: Any, known: Any, shown: Any, count: Any) -> Any:
    """Return best new and known items by a sparse product; see `best.best_items`.

    `left` is (users, features), `right` (features, items), `known` (users, items).
    """
    from recsql.numerics import best

    users, items, has = (as_sparse(matrix) for matrix in (left, right, known))
    features = max(users.shape[1], items.shape[0])
    width = max(items.shape[1], has.shape[1])
    users.resize(users.shape[0], features)
    items.resize(features, width)
    has.resize(users.shape[0], width)
    wanted = count.as_py(), as_eligible(shown)
    return as_best_items(best.best_items(users, items, has, *wanted))


def top_items(
    users: Any,
    user_factors: Any,
    item_factors: Any,
    taken: Any,
    shown: Any,
    count: Any,
) -> Any:
    """Return each user's best eligible new items; see `eligible.top_eligible`.

    `users` names the rows of `user_factors`; row i of `item_factors` is item_index i;
    `taken` holds two lists, (user_index, item_index), of pairs to leave out.
    """
    from recsql.numerics import eligible

    owners = as_numbers(users, "int32")
    vectors, catalogue = as_matrix(user_factors), as_matrix(item_factors)
    if len(owners) != len(vectors):
        raise ValueError(f"{len(owners)} users but {len(vectors)} vectors of users")
    pairs = as_pairs(taken, "user_index", "item_index")
    wanted = count.as_py(), as_eligible(shown)
    best = eligible.top_eligible(owners, vectors, catalogue, pairs, *wanted)
    return list_of(
        user_index=owners[best.users], item_index=best.items, score=best.scores
    )


def nearest_rows(rows: Any, columns: Any, weights: Any, among: Any, count: Any) -> Any:
    """Return each row's nearest other rows; see `neighbours.nearest_rows`."""
    from recsql.numerics import neighbours

    found = neighbours.nearest_rows(
        as_numbers(rows, "int32"),
        as_numbers(columns, "int32"),
        as_numbers(weights, "float64"),
        as_numbers(among, "int32"),
        count.as_py(),
    )
    return as_neighbours(found)


def similar_rows(matrix: Any, measure: Any, count: Any) -> Any:
    """Return each row's most similar other rows; see `similarity.similar_rows`."""
    from recsql.numerics import similarity

    settings = similarity.Measure.of(
        as_numbers(measure["row_index"], "int32"),
        as_numbers(measure["row_scale"], "float64"),
        as_numbers(measure["near_scale"], "float64"),
        denominator=measure["denominator"].as_py(),
        shrinkage=measure["shrinkage"].as_py(),
    )
    found = similarity.similar_rows(as_sparse(matrix), settings, count.as_py())
    return as_neighbours(found)


def closest_rows(matrix: Any, count: Any) -> Any:
    """Return each row's closest other rows; see `distances.closest_rows`."""
    from recsql.numerics import distances

    return as_neighbours(distances.closest_rows(as_sparse(matrix), count.as_py()))


FUNCTIONS = (
    Function("als_fit", (*CELLS, ALS_PARAMETERS), FACTORS, als_fit),
    Function("als_fold_in", (*CELLS, VECTORS, ALS_PARAMETERS), FOLDED_IN, als_fold_in),
    Function("svd_fold_in", (*CELLS, VECTORS), FOLDED_IN, svd_fold_in),
    Function("bpr_fit", (*CELLS, BPR_PARAMETERS), FACTORS, bpr_fit),
    Function("lmf_fit", (*CELLS, LMF_PARAMETERS), FACTORS, lmf_fit),
    Function("svd_fit", (*CELLS, "struct(factors integer)"), FACTORS, svd_fit),
    *arrow_filters.FUNCTIONS,
    Function(
        "linear_top",
        (*CELLS, INDEXES, VECTORS, SHOWN, "integer"),
        BEST,
        linear_top,
    ),
    Function(
        "product_top", (MATRIX, MATRIX, MATRIX, SHOWN, "integer"), BEST, product_top
    ),
    Function(
        "top_items",
        (INDEXES, VECTORS, VECTORS, PAIRS, SHOWN, "integer"),
        "struct(user_index integer, item_index integer, score float)[]",
        top_items,
    ),
    *arrow_diversity.FUNCTIONS,
    *arrow_programs.FUNCTIONS,
    Function(
        "nearest_rows",
        (INDEXES, INDEXES, "double[]", INDEXES, "integer"),
        NEAREST,
        nearest_rows,
    ),
    Function("similar_rows", (MATRIX, MEASURE, "integer"), NEAREST, similar_rows),
    Function("closest_rows", (MATRIX, "integer"), NEAREST, closest_rows),
    *arrow_resampling.FUNCTIONS,
    Function("rank_score", *arrow_ranking.TYPES, arrow_ranking.rank_score),
    *arrow_terms.FUNCTIONS,
    *arrow_texts.FUNCTIONS,
    Function("normal_sf", NUMBER, "double", distributions.normal_sf, by_chunk),
    Function("normal_ppf", NUMBER, "double", distributions.normal_ppf, by_chunk),
    Function("student_sf", NUMBERS, "double", distributions.student_sf, by_chunk),
    Function("student_ppf", NUMBERS, "double", distributions.student_ppf, by_chunk),
    Function("chi_square_sf", NUMBERS, "double", distributions.chi_square_sf, by_chunk),
    Function(
        "hypergeometric_sf",
        NUMBERS * 2,
        "double",
        distributions.hypergeometric_sf,
        by_chunk,
    ),
)


def register(
    connection: duckdb.DuckDBPyConnection, memory: int | None = None
) -> Room | None:
    """Make every function callable from SQL on this connection and its cursors.

    With `memory`, all calls at a time keep to so many bytes beside DuckDB, in the room
    that is returned.
    """
    room = Room(memory) if memory else None
    for function in FUNCTIONS:
        call = function.run(function.body)
        if room and function.run is by_row:  # by chunk they get a few numbers
            call = room.guarded(function.name, call)
        call.__signature__ = inspect.signature(function.body)  # type: ignore[attr-defined]
        connection.create_function(  # type: ignore[call-overload]
            function.name,
            call,
            list(function.arguments),
            function.returns,
            type="arrow",
            null_handling="special",
        )
    return room
