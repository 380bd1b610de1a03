"""The functions of the seam on Spark's executors, as Arrow functions (Spark >= 4.1)."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

from recsql.seam import udfs

PROBE = "recsql_probe"


def register(session: Any) -> None:
    """Make every function of the seam callable from SQL in this session."""
    from pyspark.sql import functions as known

    given: Any = known
    arrow_udf, scalar = given.arrow_udf, given.ArrowUDFType.SCALAR
    with warnings.catch_warnings():  # that types are said, not hinted
        warnings.simplefilter("ignore")
        for function in udfs.FUNCTIONS:
            returns = spark_type(function.returns)
            call = arrow_udf(_called(function.name), returns, scalar)
            session.udf.register(function.name, call)
        session.udf.register(PROBE, arrow_udf(_probe(), "string", scalar))


def spark_type(kind: str) -> str:
    """Return the name in Spark of a type of DuckDB.

    >>> spark_type("struct(user_index integer, factors float[])[]")
    'ARRAY<STRUCT<user_index: INT, factors: ARRAY<FLOAT>>>'
    """
    from sqlglot import exp

    return exp.DataType.build(kind, "duckdb").sql("spark")


def sql_value(value: Any) -> str:
    r"""Return a value as Spark's SQL writes it: a number, null, or a text.

    >>> print(sql_value("it's"), sql_value(None), sql_value(3))
    'it\'s' null 3
    """
    if value is None:
        return "null"
    if isinstance(value, int):
        return str(value).lower()
    escaped = str(value).replace("\\", "\\\\").replace("'", "\\'")
    return "'" + escaped.replace("\n", "\\n") + "'"


# What is sent to executors names the code there and holds none: two versions never mix.


def _called(name: str) -> Callable[..., Any]:
    def call(*columns):  # type: ignore[no-untyped-def]
        from recsql.spark.calls import run

        return run(name, columns)

    return call


def _probe() -> Callable[..., Any]:
    def call(numbers):  # type: ignore[no-untyped-def]
        import pyarrow as pa

        from recsql.spark.calls import version

        return pa.array([version()] * len(numbers))

    return call
