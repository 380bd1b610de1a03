"""The Spark dialect of lists, and of the functions of `udfs.py`, which take lists.

As in `spark_changes.py`: a node of a DuckDB tree in, what Spark must read out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlglot import exp

from recsql.compilation.spark_nodes import Refused, spark
from recsql.seam import udfs

ARGUMENTS = {
    function.name: [exp.DataType.build(kind, "duckdb") for kind in function.arguments]
    for function in udfs.FUNCTIONS
}


def listed(node: exp.Expr) -> exp.Expr:
    """`list(x order by y)`: Spark's list has no order, no NULL, and is never NULL.

    So a row of each value is collected, sorted by what it is ordered by, and then only
    the value is kept. Several lists of one aggregate stay aligned, NULLs or not.
    """
    inner = node.this
    if isinstance(inner, exp.Distinct):
        raise Refused(node, "list(distinct x) is not compared; group by x first.")
    keys: list[exp.Expr] = []
    if isinstance(inner, exp.Order):
        keys, inner = _keys(node, inner), inner.this
    if isinstance(inner, exp.Struct) and not keys:
        return _or_null(node, spark("collect_list(:x)", x=inner))
    both = [
        part
        for key in keys
        for part in (exp.Is(this=key.copy(), expression=exp.Null()), key)
    ]
    parts = [exp.alias_(part, f"k{number}") for number, part in enumerate(both)]
    row = exp.func("struct", *parts, exp.alias_(inner.copy(), "v"), dialect="spark")
    rows = spark("collect_list(:row)", row=row)
    if keys:
        rows = spark("array_sort(:rows)", rows=rows)
    return _or_null(node, spark("transform(:rows, e -> e.v)", rows=rows))


def _keys(node: exp.Expr, order: exp.Expr) -> list[exp.Expr]:
    if any(key.args.get("desc") for key in order.expressions):
        raise Refused(node, "Spark sorts a list upwards only; order by what rises.")
    return [key.this for key in order.expressions]


def _or_null(node: exp.Expr, made: exp.Expr) -> exp.Expr:
    """Return a list that is NULL of no rows, where that can be and is not all one."""
    of_group = node.find_ancestor(exp.Select)
    if isinstance(node.parent, exp.Filter) or (of_group and of_group.args.get("group")):
        return made
    above = node.parent
    while above is not None and not isinstance(above, exp.Select):
        if _is_ours(above):
            return made
        above = above.parent
    inside = of_group.parent if of_group else None
    while inside is not None:
        if _is_ours(inside):
            return made
        inside = inside.parent if not isinstance(inside, exp.CTE) else None
    return spark("case when count(*) > 0 then :made end", made=made)


def _is_ours(node: exp.Expr) -> bool:
    """Say whether a node is a call of the seam, to which no list is an empty one."""
    return isinstance(node, exp.Anonymous) and node.name.lower() in ARGUMENTS


def filtered(node: exp.Expr) -> exp.Expr:
    """`list(x) filter (where y)`: what a list became holds the aggregate itself."""
    made: exp.Expr = node.this
    collected = made.find(exp.ArrayAgg)
    if collected is None or collected is made:
        return node
    kept = exp.Filter(this=collected.copy(), expression=node.expression.copy())
    collected.replace(kept)
    return made


def unnested(node: exp.Expr) -> exp.Expr:
    """`unnest(x, recursive := true)`: rows of a list of structs are Spark's inline."""
    given = [each.this.name.lower() for each in node.expressions]
    if not given:
        return node
    if given != ["recursive"]:
        raise Refused(node, "unnest has another setting in Spark.")
    return spark("inline(:x)", x=node.this)


def sliced(node: exp.Expr) -> exp.Expr:
    """`x[1:n]`: a slice of a list is a function in Spark."""
    (index,) = node.expressions
    if not isinstance(index, exp.Slice):
        return node
    first, last = index.this, index.expression
    if not (first and first.is_int and last):
        raise Refused(node, "name the first and the last place of a slice.")
    return spark(
        "slice(:x, :first, :last - :first + 1)", x=node.this, first=first, last=last
    )


def numbered(node: exp.Expr) -> exp.Expr:
    """`unnest(range(len(x))) as i, unnest(x) as v`: Spark unnests one list a select."""
    unnests = [column for column in node.expressions if column.find(exp.Explode)]
    unnests = [c for c in unnests if not isinstance(c.unalias(), exp.Inline)]
    if len(unnests) < 2:
        return node
    if len(unnests) > 2 or not _numbers(*unnests):
        raise Refused(node, "Spark unnests one list in a select.")
    names = [exp.to_identifier(column.alias) for column in unnests]
    call = spark("posexplode(:x)", x=unnests[1].unalias().this)
    both = exp.Aliases(this=call, expressions=names)
    kept = [both if c is unnests[0] else c for c in node.expressions]
    node.set("expressions", [c for c in kept if c is not unnests[1]])
    return node


def _numbers(counter: exp.Expr, elements: exp.Expr) -> bool:
    """Say whether one column counts, from 0, the elements that the other unnests."""
    series, values = counter.find(exp.GenerateSeries), elements.unalias()
    if not series or not isinstance(values, exp.Explode):
        return False
    first, end = exp.Literal.number(0), exp.ArraySize(this=values.this)
    return bool(series.args["start"] == first and series.args["end"] == end)


def _seam(node: exp.Expr) -> exp.Expr:
    """`als_fit(list(x), ...)`: Spark does not cast what its functions are given."""
    kinds = ARGUMENTS[node.name.lower()]
    if len(kinds) != len(node.expressions):
        raise Refused(node, f"{node.name} takes {len(kinds)} arguments.")
    cast = [
        exp.Cast(this=given.copy(), to=kind.copy())
        for given, kind in zip(node.expressions, kinds, strict=True)
    ]
    return exp.Anonymous(this=node.name.lower(), expressions=cast)


def _len(node: exp.Expr) -> exp.Expr:
    """`len(x)` of a list is size in Spark; of a text write length."""
    return exp.ArraySize(this=node.expressions[0].copy())


def _resize(node: exp.Expr) -> exp.Expr:
    """`list_resize(x, n, v)`: Spark has none; the start of x and enough of v."""
    given, count, fill = node.expressions
    return spark(
        "slice(concat(:x, array_repeat(:v, :n)), 1, :n)", x=given, n=count, v=fill
    )


def _inner_product(node: exp.Expr) -> exp.Expr:
    """`list_inner_product(x, y)`: Spark has none; terms add from left to right."""
    left, right = node.expressions
    return spark(
        "aggregate(zip_with(:x, :y, (one, other) -> one * other), "
        "cast(0 as double), (total, term) -> total + term)",
        x=left,
        y=right,
    )


CALLS: Mapping[str, Callable[[exp.Expr], exp.Expr]] = {
    **dict.fromkeys(ARGUMENTS, _seam),
    "len": _len,
    "list_inner_product": _inner_product,
    "list_resize": _resize,
}
