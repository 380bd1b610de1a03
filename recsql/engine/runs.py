"""Which run built a table, and whether that run came to its end.

The run stands in the table's comment, which is gone when anybody else replaces the
table; runs that built all they wanted are listed in `recsql.completed`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

import duckdb

from recsql.compilation.render import literal, quoted
from recsql.engine.warehouse import Warehouse

SCHEMA = "recsql"
TABLE = f"{SCHEMA}.completed"
SIGNED = "select table_name, comment from duckdb_tables() where schema_name = 'main'"
SIGNED += " and database_name = current_database() and comment is not null"


def sign(cursor: duckdb.DuckDBPyConnection, name: str, run_id: str) -> None:
    """Note in a table that a run built it."""
    relation = quoted("main", name)
    cursor.execute(f"comment on table {relation} is {literal(run_id)}")


def complete(warehouse: Warehouse, run_id: str, names: Collection[str]) -> None:
    """Note that a run built all it wanted; runs without a table are forgotten.

    A run that did not end is complete, too, once another has gone over all its tables:
    those that were left as they are hold what that run would have built.
    """
    create_completed(warehouse)
    known = builders(warehouse)
    seen = {run for name, run in known.items() if name in names}
    runs = {run_id, *seen} - {run for name, run in known.items() if name not in names}
    warehouse.rows(
        f"delete from {TABLE} where run_id not in (select comment from ({SIGNED}))"
    )
    warehouse.rows(f"insert into {TABLE} select unnest(?)", [[run_id, *runs]])


def create_completed(warehouse: Warehouse) -> None:
    """Create the list of runs that came to their end, empty."""
    warehouse.rows(f"create schema if not exists {SCHEMA}")
    warehouse.rows(f"create table if not exists {TABLE} (run_id varchar)")


def builders(warehouse: Warehouse) -> dict[str, str]:
    """Return the run of each table that recsql built as it stands."""
    return dict(warehouse.rows(SIGNED))


def unfinished(warehouse: Warehouse, names: Iterable[str]) -> list[str]:
    """Return those of the tables that a run built which did not come to its end."""
    create_completed(warehouse)
    completed = {run_id for (run_id,) in warehouse.rows(f"from {TABLE}")}
    known = builders(warehouse)
    return [name for name in names if known.get(name, "") not in {"", *completed}]
