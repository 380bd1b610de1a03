"""Are the raw tables in Spark's catalog, and do the mapped expressions hold there?"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from recsql.compilation.compiler import Plan, compile_project
from recsql.compilation.render import quoted
from recsql.config.project import Project
from recsql.engine.ids import WHO
from recsql.engine.inputs import (
    THRESHOLDS,
    inputs_of,
    mapped_expressions,
    missing,
    thresholds_of,
)
from recsql.errors import InputError, ProjectError, did_you_mean
from recsql.spark.failures import said
from recsql.spark.functions import spark_type
from recsql.spark.tables import Tables, ticked

WHOLE = ("tinyint", "smallint", "int", "bigint")


def compile_for_spark(project: Project, *, history: bool = True) -> Plan:
    """Compile a project so that raw tables which recsql keeps are in the build.

    Args:
        project: what to compile.
        history: whether models read what is kept of earlier refreshes.
    """

    def relation(schema: str, table: str) -> str:
        return quoted("main" if table == THRESHOLDS else schema, table)

    return compile_project(project.with_vars({"refresh_history": history}), relation)


def require_inputs(plan: Plan, tables: Tables, names: Sequence[str]) -> None:
    """Refuse to start where a raw table or a mapped column is missing.

    Raises:
        InputError: says which input, what was seen, and what to do.
    """
    for name in names:
        model = plan.models.get(name)
        for relation in model.sources if model else ():
            schema, table = relation.replace('"', "").split(".")[-2:]
            if table == THRESHOLDS:
                _create_thresholds(plan, tables)
            elif not tables.has_table(schema, table):
                raise missing(model.file if model else name, schema, table)
    for name in inputs_of(names):
        for relation, place, expression in mapped_expressions(plan, name):
            _require_expression(tables, relation, place, expression)
    require_meeting_ids(plan, tables, names)


def _create_thresholds(plan: Plan, tables: Tables) -> None:
    if THRESHOLDS in tables.kinds:
        return
    columns = ", ".join(
        f"{ticked(column.name)} {spark_type(column.data_type or 'varchar')}"
        for column in thresholds_of(plan.project).columns
    )
    relation = ticked(tables.build, THRESHOLDS)
    tables.run(f"create table {relation} ({columns}) using {tables.cluster.form}")
    tables.kinds[THRESHOLDS] = "table"


def _require_expression(
    tables: Tables, relation: str, place: str, expression: str
) -> None:
    from recsql.compilation.spark import translate_text

    query = f"select ({expression}) as it from {relation} where false"
    try:
        sql = translate_text(query, place, tables.place())
        tables.session.sql(sql).schema  # noqa: B018
    except ProjectError as refused:
        raise InputError(str(refused)) from None
    except Exception as error:
        parts = relation.replace('"', "").split(".")
        columns = list(tables.columns(parts[-2], parts[-1]))
        hint = did_you_mean(expression, columns) or f" It has: {', '.join(columns)}."
        raise InputError(
            f"{place} does not work on {relation}: {said(error)}.{hint}"
        ) from None


def require_meeting_ids(plan: Plan, tables: Tables, names: Collection[str]) -> None:
    """Refuse ids of two types, or of one that is no id.

    Those of a model are looked at once it is built.

    Raises:
        InputError: names the entries and the cast.
    """
    for column in WHO:
        seen: tuple[str, str] | None = None
        for table, expression, kind in _mapped(plan, tables, column, inputs_of(names)):
            entry = plan.project.entry(f"{table}: {column}: {expression}")
            family = "bigint" if kind in WHOLE else kind
            if family not in ("bigint", "string"):
                raise InputError(
                    f"{entry} is {kind}; ids are integers or text. Map {column}: "
                    f"cast({expression} as varchar)."
                )
            if seen and seen[0] != family:
                other = "varchar" if seen[0] == "string" else seen[0]
                raise InputError(
                    f"{entry} is {family}, but {seen[1]} is {seen[0]}: these ids never "
                    f"meet. Map {table}: {column}: cast({expression} as {other})."
                )
            seen = family, f"{table}: {column}: {expression}"


def _mapped(
    plan: Plan, tables: Tables, column: str, read: Sequence[str]
) -> Iterator[tuple[str, str, str]]:
    """Yield input, expression and type in Spark of mapped ids that can be looked at."""
    from recsql.compilation.spark import translate_text

    schema = str(plan.project.vars["raw_schema"])
    for table in filter(read.__contains__, WHO[column]):
        mapping = plan.project.vars[table]
        expression, model = mapping.get(column), mapping.get("model")
        if expression is None or not (mapping.get("table") or model in tables.kinds):
            continue
        relation = (
            quoted("main", str(model))
            if model
            else plan.renderer.source_relation(schema, str(mapping["table"]))
        )
        query = f"select ({expression}) as it from {relation} where false"
        found = tables.run(translate_text(query, table, tables.place()), table)
        kind = found.schema[0].dataType.simpleString()
        if kind != "void":
            yield table, str(expression), kind
