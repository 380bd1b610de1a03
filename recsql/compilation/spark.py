"""Spark SQL out of a compiled DuckDB model; the models themselves know one engine.

sqlglot does the translation. What it would pass on with another meaning is put right in
`spark_changes.py` and `spark_lists.py`, and what nobody has compared on both engines is
refused: a translation may fail, but it may not be quietly different. The result needs
Spark 4 with ANSI mode on (its default) and `spark.sql.session.timeZone` UTC, as
timestamps in DuckDB have no zone; a model that calls functions of `udfs.py` needs them
registered. Import this module where it is used: it loads sqlglot.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from sqlglot import ErrorLevel, UnsupportedError, exp
from sqlglot.dialects.duckdb import DuckDB
from sqlglot.parsers.duckdb import DuckDBParser

from recsql.compilation import lineage
from recsql.compilation.render import Compiled
from recsql.compilation.spark_changes import CALLS, CHANGES
from recsql.compilation.spark_lists import ARGUMENTS
from recsql.compilation.spark_nodes import Refused
from recsql.config.project import Model
from recsql.errors import Refusals

# Syntax and functions that mean the same on both engines, or that CHANGES puts right;
# each has run on both (docs/spark.md says where). Add to it only with a test.
CHECKED = """
    abs add alias and argmax array arrayagg arrayappend arraycontains arrayfilter
    arraysort arraytostring avg between boolean bracket case cast ceil coalesce column
    concat concatws count cte datatype datatypeparam denserank distinct div dpipe eq
    exists exp explode filter floor from generateseries greatest group groupconcat gt
    gte having identifier if in interval is join lag lambda lateral lead least length
    limit literal ln log logicaland logicalor lower lt lte max md5 median min mul neg
    neq not null nullif or order ordered paren pow propertyeq qualify rank
    regexpextractall regexpfullmatch replace round rownumber select slice split
    splitpart sqrt star stddevsamp struct sub subquery substring sum table tablealias
    timetounix todays transform trim trycast tuple typeof union unixtotime upper var
    where window windowspec with withingroup
"""
# What depends on where a query runs: SQL's name for it, and what stands for it.
SETTINGS = "getvariable", "current_setting"
MEMORY = {"memory_limit": "'1GB'"}


@dataclass(frozen=True)
class Place:
    """What a query is translated for.

    Attributes:
        schemas: where the tables of a schema are, as the parts of a name.
        values: what stands for variables and settings of DuckDB, as SQL; a variable
            that is not here is NULL, as under dbt.
    """

    schemas: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)


ANYWHERE = Place()


class ListsApart(DuckDB):
    """DuckDB's SQL, read so that `len`, which is for lists, stays apart from length."""

    class Parser(DuckDBParser):
        """The parser without that one name."""

        FUNCTIONS: ClassVar = {
            k: v for k, v in DuckDBParser.FUNCTIONS.items() if k != "LEN"
        }


def is_sql_only(compiled: Compiled) -> bool:
    """Say whether a model is plain SQL: it calls no function of `udfs.py` itself.

    What such a function returned is a table like any other to the models after it, so
    those are plain SQL too.
    """
    called = lineage.parse(compiled).find_all(exp.Anonymous)
    return not any(call.name.lower() in ARGUMENTS for call in called)


def translate(compiled: Compiled, place: Place = ANYWHERE) -> str:
    """Return the model's query in Spark SQL.

    Raises:
        Refusals: it holds something that Spark has not, or that is not known to mean
            the same there; file, line and what was seen are named, for each.
    """
    tree: exp.Expr = lineage.parse(compiled, ListsApart)
    problems = [_told(compiled, refused) for refused in _refused(tree)]
    # children before their parents: a parent's change copies what it wraps
    for node in reversed(list(tree.walk())):
        try:
            changed = _changed(node, place)
        except Refused as refused:
            problems.append(_told(compiled, refused))
            continue
        tree = changed if node is tree else tree
        node.replace(changed)
    if problems:
        raise Refusals([*dict.fromkeys(problems)])
    try:
        return tree.sql("spark", pretty=True, unsupported_level=ErrorLevel.RAISE) + "\n"
    except UnsupportedError as error:
        raise Refusals([f"{compiled.file}: Spark: {error}"]) from None


def translate_text(sql: str, what: str, place: Place = ANYWHERE) -> str:
    """Return any query in Spark SQL; `what` is its name in messages."""
    model = Model(what, Path(what), sql, "", "")
    return translate(Compiled(model, what, sql, (), (), {}, ()), place)


def _changed(node: exp.Expr, place: Place) -> exp.Expr:
    if isinstance(node, exp.Table) and node.db in place.schemas:
        *above, schema = place.schemas[node.db]
        node.set("db", exp.to_identifier(schema))
        node.set("catalog", exp.to_identifier(above[0]) if above else None)
    if isinstance(node, exp.Anonymous):
        name = node.name.lower()
        if name in SETTINGS and node.expressions:
            values = {**MEMORY, **place.values}
            return exp.maybe_parse(values.get(node.expressions[0].name, "null"))
        if name not in CALLS:
            return node  # refused already
    change: Callable[[exp.Expr], exp.Expr] | None = CHANGES.get(type(node))
    return change(node) if change else node


def _told(compiled: Compiled, refused: Refused) -> str:
    lines = (n.meta["line"] for n in refused.node.walk() if "line" in n.meta)
    line = next(lines, None)
    where = f"{compiled.file}:{compiled.source_line(line)}" if line else compiled.file
    seen = " ".join(refused.node.sql("duckdb", comments=False).split())
    shown = seen if len(seen) <= 80 else seen[:77] + "..."
    return f'{where}: Spark: {refused} Seen: "{shown}".'


def _refused(tree: exp.Expr) -> Iterator[Refused]:
    """Yield what has not been compared on both engines."""
    checked = {*CHECKED.split()}
    for node in tree.walk():
        called = isinstance(node, exp.Anonymous)
        name = node.name.lower() if called else node.key
        if name not in ({*CALLS, *SETTINGS} if called else checked):
            yield Refused(
                node,
                f"nobody has compared {name} on DuckDB and Spark yet. Write it "
                "otherwise, or compare it and add it to recsql/compilation/spark.py.",
            )
        elif (
            (isinstance(node, exp.Join) and _is_special(node))
            or (isinstance(node, exp.SetOperation) and node.args.get("by_name"))
            or (isinstance(node, exp.Distinct) and node.args.get("on"))
        ):
            yield Refused(node, "Spark has no such clause. Write it in standard SQL.")


def _is_special(join: exp.Join) -> bool:
    return bool(join.method or join.kind in ("SEMI", "ANTI"))
