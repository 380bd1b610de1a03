"""What SQL calls for intervals of means over users; entries of `udfs`."""

from __future__ import annotations

from typing import Any

from recsql.seam.arrow_lists import as_bounds, as_numbers
from recsql.seam.functions import BOUNDS, INDEXES, Function

PARAMETERS = "struct(resamples integer, seed integer)"


def bootstrap_means(columns: Any, rows: Any, values: Any, parameters: Any) -> Any:
    """Return bounds of the mean of each column; see `resampling.bootstrap_means`."""
    from recsql.numerics import resampling

    found = resampling.bootstrap_means(
        as_numbers(columns, "int32"),
        as_numbers(rows, "int32"),
        as_numbers(values, "float64"),
        **parameters.as_py(),
    )
    return as_bounds(found)


def bootstrap_ratios(
    columns: Any, rows: Any, sums: Any, counts: Any, parameters: Any
) -> Any:
    """Return bounds of sums over counts; see `resampling.bootstrap_ratios`."""
    from recsql.numerics import resampling

    found = resampling.bootstrap_ratios(
        as_numbers(columns, "int32"),
        as_numbers(rows, "int32"),
        as_numbers(sums, "float64"),
        as_numbers(counts, "float64"),
        **parameters.as_py(),
    )
    return as_bounds(found)


LISTS = (INDEXES, INDEXES, "double[]")
FUNCTIONS = (
    Function("bootstrap_means", (*LISTS, PARAMETERS), BOUNDS, bootstrap_means),
    Function(
        "bootstrap_ratios", (*LISTS, "double[]", PARAMETERS), BOUNDS, bootstrap_ratios
    ),
)
