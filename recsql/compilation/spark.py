"""Spark SQL out of a compiled DuckDB model; the models themselves know one engine.

sqlglot does the translation. What it would pass on with another meaning is put right in
`spark_changes.py`, and what nobody has compared on both engines is refused: a
translation may fail, but it may not be quietly different. The result needs Spark 4 with
ANSI mode on (its default) and `spark.sql.session.timeZone` UTC, as timestamps in DuckDB
have no zone. Import this module where it is used: it loads sqlglot.
"""

from __future__ import annotations

from typing import NoReturn

from sqlglot import ErrorLevel, UnsupportedError, exp

from recsql.compilation import lineage
from recsql.compilation.render import Compiled
from recsql.compilation.spark_changes import CALLS, CHANGES, Refused
from recsql.errors import ProjectError
from recsql.seam import udfs

# Syntax and functions that mean the same on both engines, or that CHANGES puts right;
# each has run on both, in tests/integration/test_spark.py. Add to it only with a test.
CHECKED = """
    abs add alias and argmax array arrayagg arrayappend arraycontains arrayfilter
    arraysort arraytostring avg between boolean bracket case cast ceil coalesce column
    concat concatws count cte datatype datatypeparam denserank distinct div dpipe eq
    exists exp explode filter floor from generateseries greatest group groupconcat gt
    gte having identifier if in interval is join lag lambda lead least length limit
    literal ln log logicaland logicalor lower lt lte max md5 median min mul neg neq not
    null nullif or order ordered paren pow propertyeq qualify rank regexpextractall
    replace round rownumber select split sqrt star stddevsamp struct sub subquery
    substring sum table tablealias timetounix trim trycast tuple typeof union upper var
    where window windowspec with withingroup
"""


def is_sql_only(compiled: Compiled) -> bool:
    """Say whether a model is plain SQL: it calls no function of `udfs.py` itself.

    What such a function returned is a table like any other to the models after it, so
    those are plain SQL too; on Spark the table must be brought there.
    """
    ours = {function.name for function in udfs.FUNCTIONS}
    called = lineage.parse(compiled).find_all(exp.Anonymous)
    return not any(call.name.lower() in ours for call in called)


def translate(compiled: Compiled) -> str:
    """Return the model's query in Spark SQL.

    Raises:
        ProjectError: it holds something that Spark has not, or that is not known to
            mean the same there; file, line and what was seen are named.
    """
    tree: exp.Expr = lineage.parse(compiled)
    try:
        for node in tree.walk():
            _check(node)
        # children before their parents: a parent's change copies what it wraps
        for node in reversed(list(tree.walk())):
            change = CHANGES.get(type(node))
            changed = change(node) if change else node
            tree = changed if node is tree else tree
            node.replace(changed)
        return tree.sql("spark", pretty=True, unsupported_level=ErrorLevel.RAISE) + "\n"
    except Refused as refused:
        _fail(compiled, refused)
    except UnsupportedError as error:
        raise ProjectError(f"{compiled.file}: Spark: {error}") from None


def _fail(compiled: Compiled, refused: Refused) -> NoReturn:
    lines = (n.meta["line"] for n in refused.node.walk() if "line" in n.meta)
    line = next(lines, None)
    where = f"{compiled.file}:{compiled.source_line(line)}" if line else compiled.file
    seen = " ".join(refused.node.sql("duckdb", comments=False).split())
    shown = seen if len(seen) <= 80 else seen[:77] + "..."
    raise ProjectError(f'{where}: Spark: {refused} Seen: "{shown}".') from None


def _check(node: exp.Expr) -> None:
    """Refuse what has not been compared on both engines."""
    called = isinstance(node, exp.Anonymous)
    name = node.name.lower() if called else node.key
    if name not in (CALLS if called else CHECKED.split()):
        raise Refused(
            node,
            f"nobody has compared {name} on DuckDB and Spark yet. Write it otherwise, "
            "or compare it and add it to recsql/compilation/spark.py.",
        )
    special = (
        (isinstance(node, exp.Join) and (node.method or node.kind in ("SEMI", "ANTI")))
        or (isinstance(node, exp.SetOperation) and node.args.get("by_name"))
        or (isinstance(node, exp.Distinct) and node.args.get("on"))
    )
    if isinstance(node, exp.ArrayAgg) and not isinstance(node.this, exp.Struct):
        raise Refused(
            node, "Spark's list has no order and no NULL; sort a list of structs."
        )
    if special:
        raise Refused(node, "Spark has no such clause. Write it in standard SQL.")
