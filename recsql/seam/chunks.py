"""How a function of SQL runs over a chunk of rows, which DuckDB hands it as Arrow."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import Any

from recsql.numerics.threads import single_blas

Body = Callable[..., Any]
IMPORTING = Lock()


def by_row(body: Body) -> Body:
    """Call a function of Arrow scalars, which returns one value, row by row.

    BLAS has one thread before any body runs, so that none of them has to think of it.
    """

    def call(*columns: Any) -> Any:
        import pyarrow as pa

        with IMPORTING:  # two threads that import parts of it at once lock each other
            import implicit  # noqa: F401

            import recsql.numerics.products  # noqa: F401

            single_blas()
        return pa.concat_arrays([body(*row) for row in zip(*columns, strict=True)])

    return call


def by_chunk(body: Body) -> Body:
    """Call a function of arrays of doubles once; to it a NULL is not a number."""

    def call(*columns: Any) -> Any:
        import pyarrow as pa

        chunks = (column.to_numpy(zero_copy_only=False) for column in columns)
        return pa.array(body(*chunks), from_pandas=True)

    return call
