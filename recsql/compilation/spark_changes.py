"""The Spark dialect: one function per difference between DuckDB and Spark SQL.

Each gets one node of a DuckDB tree and returns what Spark must read in its place; its
first line says what differs. `spark.py` checks the tree first and applies them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlglot import exp

from recsql.compilation import spark_lists
from recsql.compilation.spark_nodes import (
    Refused,
    as_double,
    as_text,
    becomes,
    is_double,
    is_whole,
    refuse_double_text,
    spark,
)

Change = Callable[[exp.Expr], exp.Expr]


def _sum(node: exp.Expr) -> exp.Expr:
    """`sum(x order by y)`: Spark's sum takes no order."""
    if isinstance(node.this, exp.Order):
        raise Refused(node, "Spark's sum takes no order. Use macro stable_sum.")
    return node


def _arg_max(node: exp.Expr) -> exp.Expr:
    """`arg_max(x, y)`: DuckDB leaves out a NULL x; in a row y, NULL is the largest."""
    if node.args.get("count"):
        raise Refused(node, "Spark's max_by returns one value. Use row_number().")
    key = node.expression
    if isinstance(key, exp.Tuple):
        parts = [(spark(":part is null", part=p), p) for p in key.expressions]
        key = exp.func("struct", *(p for pair in parts for p in pair), dialect="spark")
    return spark("max_by(:x, :y) filter (where :x is not null)", x=node.this, y=key)


def _epoch(node: exp.Expr) -> exp.Expr:
    """`epoch(x)`: Spark's unix_timestamp drops the fraction of a second."""
    return spark(
        "(cast(unix_micros(cast(:moment as timestamp)) as double) / 1000000)",
        moment=node.this,
    )


def _interval(template: str) -> Change:
    """`to_hours(n)`: an interval of n hours, days ... has another name in Spark."""
    return lambda node: spark(template, n=(node.expressions or [node.this])[0])


def _unix_time(node: exp.Expr) -> exp.Expr:
    """`to_timestamp(x)`: seconds since 1970, with their fraction.

    `epoch_ms(x)` and `make_timestamp(x)` have thousandths and millionths.
    """
    scale = node.args.get("scale")
    if scale is not None:
        parts = {"3": "millis", "6": "micros"}.get(scale.name)
        if parts is None:
            raise Refused(node, "write to_timestamp of seconds, or epoch_ms.")
        moment = f"timestamp_{parts}(cast(:x as bigint))"
        return spark(f"cast({moment} as timestamp_ntz)", x=node.this)
    return spark("timestamp_seconds(cast(:x as double))", x=node.this)


def _full_match(node: exp.Expr) -> exp.Expr:
    """`regexp_full_match(x, y)`: Spark looks for a part, unless it is told the ends."""
    if node.args.get("options"):
        raise Refused(
            node, "Spark takes no options beside a pattern: write (?i) in it."
        )
    pattern = node.expression
    if pattern.is_string:
        whole: exp.Expr = exp.Literal.string(f"^(?:{pattern.name})\\z")
    else:
        whole = spark("concat('^(?:', :y, ')\\\\z')", y=pattern)
    return spark(":x rlike :y", x=node.this, y=whole)


def _concat(node: exp.Expr) -> exp.Expr:
    """`concat(a, b)`: DuckDB reads NULL as '', Spark's answer would be NULL."""
    for part in node.expressions:
        refuse_double_text(part)
    parts = [
        part if part.is_string else spark("coalesce(:part, '')", part=as_text(part))
        for part in node.expressions
    ]
    return exp.Concat(expressions=parts, safe=False, coalesce=False)


def _true_division(node: exp.Expr) -> exp.Expr:
    """`a / b`: of decimals Spark makes a decimal of few digits, DuckDB a double."""
    if is_double(node.this) or is_double(node.expression):
        return node
    node.set("this", as_double(node.this))
    return node


def _avg(node: exp.Expr) -> exp.Expr:
    """`avg(x)`: of decimals Spark makes a decimal of few digits, DuckDB a double."""
    if not is_double(node.this):
        node.set("this", as_double(node.this))
    return node


def _cast(node: exp.Expr) -> exp.Expr:
    """`cast(x as bigint)`: DuckDB rounds a fraction, Spark cuts it off.

    Halves go to the even number in a double and away from zero in a decimal.
    `cast('0x' || digits as bigint)`: hexadecimal digits have a function in Spark.
    `cast(double as varchar)`: 0.00001 is 1e-05 to DuckDB and 1.0E-5 to Spark.
    """
    if becomes(node, *exp.DataType.TEXT_TYPES):
        refuse_double_text(node.this)
    if becomes(node, exp.DType.INT128):
        return _wide(node.this)
    if isinstance(node.this, exp.DPipe) and node.this.this.name == "0x":
        return spark("cast(conv(:x, 16, 10) as bigint)", x=node.this.expression)
    whole_type = becomes(node, *exp.DataType.INTEGER_TYPES)
    if not whole_type or is_whole(node.this):
        return node
    even, up = node.copy(), node.copy()
    even.set("this", spark("bround(cast(:x as double))", x=node.this))
    up.set("this", spark("round(cast(:x as decimal(38, 9)))", x=node.this))
    return spark(
        "case when typeof(:x) in ('double', 'float') then :even else :up end",
        x=node.this,
        even=even,
        up=up,
    )


def _wide(number: exp.Expr) -> exp.Expr:
    """`cast(x as hugeint)`: Spark has none, and a decimal takes 17 digits of a double.

    So the double is cut at 2^62 and both parts go through a bigint, which is exact.
    """
    whole = spark("bround(cast(:x as double))", x=number)
    high = spark("floor(:x / power(2, 62))", x=whole)
    return spark(
        "cast(cast(:high as bigint) as decimal(38, 0)) * 4611686018427387904 "
        "+ cast(cast(:x - :high * power(2, 62) as bigint) as decimal(38, 0))",
        high=high,
        x=whole,
    )


def _round(node: exp.Expr) -> exp.Expr:
    """`round(x, 2)`: 2.675 is 2.67 to DuckDB and 2.68 to Spark; `round(x)` is one."""
    if node.args.get("decimals"):
        raise Refused(node, "the engines round to decimals differently.")
    return node


def _date_arithmetic(node: exp.Expr) -> exp.Expr:
    """`date - date`: a number of days to DuckDB, an interval to Spark."""
    for part in (node.this, node.expression):
        if isinstance(part, exp.Cast) and becomes(part, "date"):
            raise Refused(node, "the engines subtract dates differently.")
    return node


def _try_cast(node: exp.Expr) -> exp.Expr:
    """`try_cast(x as ...)`: Spark reads more into a text than DuckDB does.

    To Spark '2024', 'now' and 5 are moments and '1d' is a number. What DuckDB reads
    beside ('2024/01/31', '1_000') stays NULL: such an event is in quarantine.
    """
    if isinstance(node.this, exp.Null) or becomes(node, "boolean", "array"):
        return node
    if becomes(node, "timestampntz", "timestamptz"):
        pattern = "^ *[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([ T][0-9]{1,2}:[0-9]{1,2}.*)?$"
        readable = "case when :text rlike :pattern then :cast end"
    elif becomes(node, "double", "float"):
        pattern = "[0-9.][dDfF]\\s*$"
        readable = "case when not :text rlike :pattern then :cast end"
    else:
        kinds = "time, double, boolean and lists"
        raise Refused(node, f"try_cast is compared for {kinds} only.")
    operands = {"text": as_text(node.this), "pattern": exp.Literal.string(pattern)}
    return spark(readable, cast=node, **operands)


def _qualify(node: exp.Expr) -> exp.Expr:
    """`select *, ... qualify`: sqlglot's rewrite would return the new columns twice."""
    qualify = node.args.get("qualify")
    if not qualify or not node.is_star:
        return node
    if qualify.find(exp.Window):
        raise Refused(qualify, "beside a *, qualify needs a column that has a name.")
    numbered = node.copy()
    numbered.set("qualify", None)
    return exp.subquery(numbered, "numbered").select("*").where(qualify.this)


def _select(node: exp.Expr) -> exp.Expr:
    return _qualify(spark_lists.numbered(node))


def _paren(node: exp.Expr) -> exp.Expr:
    """`(x)`: no difference; brackets that macros put around one name only clutter."""
    return node.this if isinstance(node.this, exp.Column | exp.Literal) else node


def _call(node: exp.Expr) -> exp.Expr:
    return CALLS[node.name.lower()](node)


def _hash(node: exp.Expr) -> exp.Expr:
    """`hash(x, y)`: another hash; its numbers differ, what is equal stays so."""
    return exp.Anonymous(this="xxhash64", expressions=node.expressions)


def _typeof(node: exp.Expr) -> exp.Expr:
    """`typeof(x)`: what is VARCHAR to DuckDB is string to Spark."""
    return spark("replace(upper(typeof(:x)), 'STRING', 'VARCHAR')", x=node.this)


CALLS: Mapping[str, Change] = {
    **spark_lists.CALLS,
    "hash": _hash,
    "to_hours": _interval("make_dt_interval(0, :n, 0, 0)"),
    "to_minutes": _interval("make_dt_interval(0, 0, :n, 0)"),
    "to_seconds": _interval("make_dt_interval(0, 0, 0, :n)"),
}
CHANGES: Mapping[type[exp.Expr], Change] = {
    exp.Anonymous: _call,
    exp.ArgMax: _arg_max,
    exp.ArrayAgg: spark_lists.listed,
    exp.Avg: _avg,
    exp.Bracket: spark_lists.sliced,
    exp.Cast: _cast,
    exp.Concat: _concat,
    exp.Div: _true_division,
    exp.Explode: spark_lists.unnested,
    exp.Filter: spark_lists.filtered,
    exp.Paren: _paren,
    exp.RegexpFullMatch: _full_match,
    exp.Round: _round,
    exp.Select: _select,
    exp.Sub: _date_arithmetic,
    exp.Sum: _sum,
    exp.TimeToUnix: _epoch,
    exp.ToDays: _interval("make_dt_interval(:n, 0, 0, 0)"),
    exp.TryCast: _try_cast,
    exp.Typeof: _typeof,
    exp.UnixToTime: _unix_time,
}
