"""What the user maps: are the raw tables there, and do the mapped expressions hold?

Checked before anything is built, so that a wrong mapping changes nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

import duckdb

from recsql.compilation.compiler import Plan
from recsql.compilation.render import Renderer, quoted
from recsql.config.project import Project
from recsql.config.properties import SourceTable
from recsql.engine.ids import require_ids
from recsql.engine.warehouse import Warehouse
from recsql.errors import InputError, did_you_mean, first_line

INPUTS = ("events", "items", "users", "availability", "restrictions", "exposures")
THRESHOLDS = "order_thresholds"
NOT_COLUMNS = ("table", "model", "where")
REQUIRED = {
    "events": ("item_id",),
    "items": ("item_id",),
    "users": ("user_id",),
    "availability": ("region", "item_id"),
    "restrictions": ("kind",),
    "exposures": ("user_id", "shown_at"),
}


def require_inputs(
    plan: Plan, warehouse: Warehouse, names: Sequence[str], database: str = ""
) -> None:
    """Refuse to start where a raw table or a mapped column is missing.

    Args:
        plan: the compiled project.
        warehouse: where the raw tables are.
        names: the models about to be built.
        database: the attached database that holds the raw tables, if another.

    Raises:
        InputError: says which input, what was seen, and what to do.
    """
    for name in names:
        model = plan.models.get(name)
        for relation in model.sources if model else ():
            schema, table = relation.replace('"', "").split(".")[-2:]
            if table == THRESHOLDS and not database:
                create_raw_tables(
                    plan.project, warehouse, [thresholds_of(plan.project)]
                )
            if not warehouse.has_table(schema, table, database):
                raise missing(model.file if model else name, schema, table)
    for name in inputs_of(names):
        _require_mapping(plan, warehouse, name)
    require_ids(plan, warehouse, names)


def inputs_of(names: Collection[str]) -> list[str]:
    """Return the inputs that models read which are about to be built."""
    return [n for n in INPUTS if {f"stg_{n}", f"stg_holdout_{n}"} & {*names}]


def thresholds_of(project: Project) -> SourceTable:
    """Return the raw table that backtests fill, which is empty before the first."""
    return project.sources["raw", THRESHOLDS]


def create_raw_tables(
    project: Project, warehouse: Warehouse, tables: Iterable[SourceTable]
) -> None:
    """Create the tables that are not there, empty, as the yml declares them."""
    renderer = Renderer(project)
    for table in tables:
        parts = renderer.source_parts(table)
        columns = [f"{quoted(c.name)} {c.data_type}" for c in table.columns]
        warehouse.rows(f"create schema if not exists {quoted(parts[0])}")
        warehouse.rows(
            f"create table if not exists {quoted(*parts)} ({', '.join(columns)})"
        )


def missing(file: str, schema: str, table: str) -> InputError:
    """Return what is told where a raw table is not there."""
    return InputError(
        f"{file}: there is no table {schema}.{table}. {_how_to_get(table)}"
    )


def _how_to_get(table: str) -> str:
    if table == "rankers":
        return "Train a ranker (recsql train-ranker), or set var ranker to false."
    return (
        f"Load it (recsql load {table} FILE) or map the input in dbt_project.yml "
        "(table: null where there is none)."
    )


def mapped_expressions(plan: Plan, name: str) -> Iterator[tuple[str, str, str]]:
    """Yield (relation, entry as messages name it, expression) of a mapped input.

    Raises:
        InputError: it is no mapping, or not one of such an input.
    """
    mapping = plan.project.vars[name]
    if not isinstance(mapping, dict):
        raise InputError(f"{plan.project.entry(name)} must map columns to SQL.")
    _require_known_keys(plan.project, name, mapping)
    if mapping.get("table") is None:
        if name == "events" and mapping.get("model") is None:
            raise InputError(f"{plan.project.entry(name)}: table is required.")
        return
    schema = str(plan.project.vars["raw_schema"])
    relation = plan.renderer.source_relation(schema, str(mapping["table"]))
    for key, expression in mapping.items():
        if key in ("table", "model") or expression is None:
            continue
        named = expression if key == "attributes" else {key: expression}
        for column, part in named.items():
            yield relation, plan.project.entry(f"{name}: {column}: {part}"), str(part)


def _require_mapping(plan: Plan, warehouse: Warehouse, name: str) -> None:
    for relation, place, expression in mapped_expressions(plan, name):
        _require_expression(warehouse, relation, place, expression)


def _require_known_keys(
    project: Project, name: str, mapping: Mapping[str, Any]
) -> None:
    known = {*project.default_vars[name], "model"}
    for key in mapping:
        if key not in known:
            hint = did_you_mean(key, known) or f" Known: {', '.join(sorted(known))}."
            raise InputError(f'{project.entry(name)}: unknown "{key}".{hint}')
    if mapping.get("table") is None:
        return
    for key in REQUIRED[name]:
        if mapping.get(key) is None:
            raise InputError(f"{project.entry(name)}: {key} is required.")


def _require_expression(
    warehouse: Warehouse, relation: str, place: str, expression: str
) -> None:
    try:
        warehouse.connection.execute(f"select ({expression}) from {relation} limit 0")
    except duckdb.Error as error:
        columns = [
            column[0]
            for column in warehouse.connection.execute(
                f"select * from {relation} limit 0"
            ).description
            or []
        ]
        hint = did_you_mean(expression, columns) or f" It has: {', '.join(columns)}."
        raise InputError(
            f"{place} does not work on {relation}: "
            f"{first_line(error).split('!')[0]}.{hint}"
        ) from None
