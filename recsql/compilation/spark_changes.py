"""The Spark dialect: one function per difference between DuckDB and Spark SQL.

Each gets one node of a DuckDB tree and returns what Spark must read in its place; its
first line says what differs. `spark.py` checks the tree first and applies them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlglot import exp, parse_one

WHOLE_TYPES = (*exp.DataType.INTEGER_TYPES, *exp.DataType.TEXT_TYPES)


class Refused(Exception):
    """A piece of SQL that Spark would read differently, and what to do about it."""

    def __init__(self, node: exp.Expr, advice: str) -> None:
        super().__init__(advice)
        self.node = node


def _spark(template: str, **operands: exp.Expr) -> exp.Expr:
    """Return a Spark expression with its `:name` placeholders filled in."""
    tree = parse_one(template, dialect="spark")
    return exp.replace_placeholders(tree, **{k: v.copy() for k, v in operands.items()})


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
        parts = [(_spark(":part is null", part=p), p) for p in key.expressions]
        key = exp.func("struct", *(p for pair in parts for p in pair), dialect="spark")
    return _spark("max_by(:x, :y) filter (where :x is not null)", x=node.this, y=key)


def _epoch(node: exp.Expr) -> exp.Expr:
    """`epoch(x)`: Spark's unix_timestamp drops the fraction of a second."""
    return _spark(
        "(cast(unix_micros(cast(:moment as timestamp)) as double) / 1000000)",
        moment=node.this,
    )


def _to_seconds(node: exp.Expr) -> exp.Expr:
    """`to_seconds(n)`: an interval of n seconds has another name in Spark."""
    return _spark("make_dt_interval(0, 0, 0, :n)", n=node.expressions[0])


def _concat(node: exp.Expr) -> exp.Expr:
    """`concat(a, b)`: DuckDB reads NULL as '', Spark's answer would be NULL."""
    for part in node.expressions:
        _refuse_double_text(part)
    parts = [
        part if part.is_string else _spark("coalesce(:part, '')", part=_as_text(part))
        for part in node.expressions
    ]
    return exp.Concat(expressions=parts, safe=False, coalesce=False)


def _true_division(node: exp.Expr) -> exp.Expr:
    """`a / b`: of decimals Spark makes a decimal of few digits, DuckDB a double."""
    if _is_double(node.this) or _is_double(node.expression):
        return node
    node.set("this", _as_double(node.this))
    return node


def _avg(node: exp.Expr) -> exp.Expr:
    """`avg(x)`: of decimals Spark makes a decimal of few digits, DuckDB a double."""
    if not _is_double(node.this):
        node.set("this", _as_double(node.this))
    return node


def _cast(node: exp.Expr) -> exp.Expr:
    """`cast(x as bigint)`: DuckDB rounds a fraction, Spark cuts it off.

    Halves go to the even number in a double and away from zero in a decimal.
    `cast('0x' || digits as bigint)`: hexadecimal digits have a function in Spark.
    `cast(double as varchar)`: 0.00001 is 1e-05 to DuckDB and 1.0E-5 to Spark.
    """
    if _becomes(node, *exp.DataType.TEXT_TYPES):
        _refuse_double_text(node.this)
    if _becomes(node, exp.DType.INT128):
        return _wide(node.this)
    if isinstance(node.this, exp.DPipe) and node.this.this.name == "0x":
        return _spark("cast(conv(:x, 16, 10) as bigint)", x=node.this.expression)
    whole_type = _becomes(node, *exp.DataType.INTEGER_TYPES)
    if not whole_type or _is_whole(node.this):
        return node
    even, up = node.copy(), node.copy()
    even.set("this", _spark("bround(cast(:x as double))", x=node.this))
    up.set("this", _spark("round(cast(:x as decimal(38, 9)))", x=node.this))
    return _spark(
        "case when typeof(:x) in ('double', 'float') then :even else :up end",
        x=node.this,
        even=even,
        up=up,
    )


def _wide(number: exp.Expr) -> exp.Expr:
    """`cast(x as hugeint)`: Spark has none, and a decimal takes 17 digits of a double.

    So the double is cut at 2^62 and both parts go through a bigint, which is exact.
    """
    whole = _spark("bround(cast(:x as double))", x=number)
    high = _spark("floor(:x / power(2, 62))", x=whole)
    return _spark(
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
        if isinstance(part, exp.Cast) and _becomes(part, "date"):
            raise Refused(node, "the engines subtract dates differently.")
    return node


def _try_cast(node: exp.Expr) -> exp.Expr:
    """`try_cast(x as ...)`: Spark reads more into a text than DuckDB does.

    To Spark '2024', 'now' and 5 are moments and '1d' is a number. What DuckDB reads
    beside ('2024/01/31', '1_000') stays NULL: such an event is in quarantine.
    """
    if isinstance(node.this, exp.Null) or _becomes(node, "boolean"):
        return node
    if _becomes(node, "timestampntz", "timestamptz"):
        pattern = "^ *[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([ T][0-9]{1,2}:[0-9]{1,2}.*)?$"
        readable = "case when :text rlike :pattern then :cast end"
    elif _becomes(node, "double", "float"):
        pattern = "[0-9.][dDfF]\\s*$"
        readable = "case when not :text rlike :pattern then :cast end"
    else:
        raise Refused(node, "try_cast is compared for time, double and boolean only.")
    operands = {"text": _as_text(node.this), "pattern": exp.Literal.string(pattern)}
    return _spark(readable, cast=node, **operands)


def _qualify(node: exp.Expr) -> exp.Expr:
    """`select *, ... qualify`: sqlglot's rewrite would return the new columns twice."""
    qualify = node.args.get("qualify")
    if not qualify or not node.is_star:
        return node
    if qualify.find(exp.Window):
        raise Refused(qualify, "beside a *, qualify needs a column that has a name.")
    (numbered := node.copy()).set("qualify", None)
    return exp.subquery(numbered, "numbered").select("*").where(qualify.this)


def _select(node: exp.Expr) -> exp.Expr:
    """`unnest(range(len(x))) as i, unnest(x) as v`: Spark unnests one list a select."""
    unnested = [column for column in node.expressions if column.find(exp.Explode)]
    if len(unnested) < 2:
        return _qualify(node)
    if len(unnested) > 2 or not _numbers(*unnested):
        raise Refused(node, "Spark unnests one list in a select.")
    names = [exp.to_identifier(column.alias) for column in unnested]
    others = [column for column in node.expressions if column not in unnested]
    call = _spark("posexplode(:x)", x=unnested[1].unalias().this)
    node.set("expressions", [*others, exp.Aliases(this=call, expressions=names)])
    return node


def _numbers(counter: exp.Expr, elements: exp.Expr) -> bool:
    """Say whether one column counts, from 0, the elements that the other unnests."""
    series, unnested = counter.find(exp.GenerateSeries), elements.unalias()
    if not series or not isinstance(unnested, exp.Explode):
        return False
    ends = [exp.Literal.number(0), exp.Length(this=unnested.this)]
    return [series.args["start"], series.args["end"]] == ends


def _paren(node: exp.Expr) -> exp.Expr:
    """`(x)`: no difference; brackets that macros put around one name only clutter."""
    return node.this if isinstance(node.this, exp.Column | exp.Literal) else node


def _call(node: exp.Expr) -> exp.Expr:
    return CALLS[node.name.lower()](node)


def _inner_product(node: exp.Expr) -> exp.Expr:
    """`list_inner_product(x, y)`: Spark has none; terms add from left to right."""
    left, right = node.expressions
    return _spark(
        "aggregate(zip_with(:x, :y, (one, other) -> one * other), "
        "cast(0 as double), (total, term) -> total + term)",
        x=left,
        y=right,
    )


def _hash(node: exp.Expr) -> exp.Expr:
    """`hash(x, y)`: another hash; its numbers differ, what is equal stays so."""
    return exp.Anonymous(this="xxhash64", expressions=node.expressions)


CALLS: Mapping[str, Callable[[exp.Expr], exp.Expr]] = {
    "getvariable": lambda _: exp.null(),  # of macro in_block; unset, as under dbt
    "hash": _hash,
    "list_inner_product": _inner_product,
    "to_seconds": _to_seconds,
}


def _typeof(node: exp.Expr) -> exp.Expr:
    """`typeof(x)`: what is VARCHAR to DuckDB is string to Spark."""
    return _spark("replace(upper(typeof(:x)), 'STRING', 'VARCHAR')", x=node.this)


CHANGES: Mapping[type[exp.Expr], Callable[[exp.Expr], exp.Expr]] = {
    exp.Anonymous: _call,
    exp.ArgMax: _arg_max,
    exp.Avg: _avg,
    exp.Cast: _cast,
    exp.Concat: _concat,
    exp.Div: _true_division,
    exp.Paren: _paren,
    exp.Select: _select,
    exp.Round: _round,
    exp.Sub: _date_arithmetic,
    exp.Sum: _sum,
    exp.TimeToUnix: _epoch,
    exp.TryCast: _try_cast,
    exp.Typeof: _typeof,
}


# ---- What a type must be, read from the expression alone ----------------------------


def _is_double(node: exp.Expr) -> bool:
    """Say whether an expression is certainly a double."""
    if isinstance(node, exp.Paren | exp.Neg):
        return _is_double(node.this)
    if isinstance(node, exp.Add | exp.Sub | exp.Mul):
        return _is_double(node.this) or _is_double(node.expression)
    if isinstance(node, exp.Cast):
        return _becomes(node, "double")
    doubles = (exp.Div, exp.Log, exp.Ln, exp.Exp, exp.Sqrt, exp.Avg, exp.StddevSamp)
    return isinstance(node, doubles)


def _is_whole(node: exp.Expr) -> bool:
    """Say whether an expression certainly has no fraction, or is text."""
    if isinstance(node, exp.Paren | exp.Neg | exp.Window):
        return _is_whole(node.this)
    if isinstance(node, exp.Add | exp.Sub | exp.Mul):
        return _is_whole(node.this) and _is_whole(node.expression)
    if isinstance(node, exp.Cast):
        return _becomes(node, *WHOLE_TYPES)
    if isinstance(node, exp.Round):
        return node.args.get("decimals") is None
    if isinstance(node, exp.Explode):
        return isinstance(node.this, exp.GenerateSeries)
    counts = (exp.Count, exp.RowNumber, exp.Floor, exp.Length)
    return isinstance(node, counts) or node.is_string or node.is_int


def _as_double(node: exp.Expr) -> exp.Expr:
    return _spark("cast(:x as double)", x=node)


def _as_text(node: exp.Expr) -> exp.Expr:
    text = isinstance(node, exp.Cast) and _becomes(node, *exp.DataType.TEXT_TYPES)
    return node if text else _spark("cast(:x as string)", x=node)


def _refuse_double_text(node: exp.Expr) -> None:
    if _is_double(node) or isinstance(node, exp.Floor):
        raise Refused(node, "the engines write a double as text differently.")


def _becomes(cast: exp.Expr, *types: exp.DType | str) -> bool:
    return bool(cast.args["to"].is_type(*types))
