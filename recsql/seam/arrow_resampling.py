"""What SQL calls for intervals of means over users; entries of `udfs`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from recsql.seam.arrow_lists import as_bounds, as_numbers
from recsql.seam.functions import BOUNDS, INDEXES, Function

PARAMETERS = "struct(resamples integer, seed integer)"


KINDS = ("int32", "int32", "float64", "float64")  # columns, rows, sums, counts


def bootstrap_means(columns: Any, rows: Any, values: Any, parameters: Any) -> Any:
    """Return bounds of the mean of each column; see `resampling.bootstrap_means`."""
    from recsql.numerics import resampling

    return _bounds(resampling.bootstrap_means, (columns, rows, values), parameters)


def bootstrap_ratios(
    columns: Any, rows: Any, sums: Any, counts: Any, parameters: Any
) -> Any:
    """Return bounds of sums over counts; see `resampling.bootstrap_ratios`."""
    from recsql.numerics import resampling

    lists = (columns, rows, sums, counts)
    return _bounds(resampling.bootstrap_ratios, lists, parameters)


def _bounds(resample: Callable[..., Any], lists: Sequence[Any], parameters: Any) -> Any:
    numbers = (as_numbers(*given) for given in zip(lists, KINDS, strict=False))
    return as_bounds(resample(*numbers, **parameters.as_py()))


LISTS = (INDEXES, INDEXES, "double[]")
FUNCTIONS = (
    Function("bootstrap_means", (*LISTS, PARAMETERS), BOUNDS, bootstrap_means),
    Function(
        "bootstrap_ratios", (*LISTS, "double[]", PARAMETERS), BOUNDS, bootstrap_ratios
    ),
)
