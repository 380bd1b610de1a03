"""The tables `manifest` and `catalog`, which let a published file explain itself."""

from __future__ import annotations

from collections.abc import Mapping

from recsql.compilation.render import literal, quoted
from recsql.engine.warehouse import Warehouse
from recsql.publishing.manifest import Manifest

Columns = Mapping[str, tuple[str, str]]  # name: type and description

MANIFEST = "One row per published table: its rows, and what this version is made of."
MANIFEST_COLUMNS: Columns = {
    "table_name": ("varchar", "A table of this file."),
    "row_count": ("bigint", "The rows it was published with."),
    "version": ("integer", "Number of this publish; it only grows."),
    "run_id": ("varchar", "The run that built the table; null: each row says."),
    "published_at": ("timestamp", "When this version was written, in UTC."),
    "first_event_at": ("timestamp", "Time of the first event that was used."),
    "last_event_at": ("timestamp", "Time of the last event that was used."),
    "git_commit": ("varchar", "The project's commit; -dirty: its files differed."),
    "recsql_version": ("varchar", "Version of recsql."),
    "duckdb_version": ("varchar", "Version of DuckDB."),
    "vars": ("varchar", "All vars that models read, as JSON."),
}
CATALOG = "One row per column of every table of this file, with what it means."
CATALOG_COLUMNS: Columns = {
    "table_name": ("varchar", "The table."),
    "table_description": ("varchar", "What one row of the table is."),
    "column_name": ("varchar", "The column."),
    "column_number": ("integer", "Its place in the table, from 1."),
    "data_type": ("varchar", "Its type in DuckDB."),
    "column_description": ("varchar", "What it holds."),
    "run_id": ("varchar", "The run that built the table; null: each row says."),
}
CATALOG_ROWS = """
    select
        table_name, tables.comment, column_name, column_index, data_type,
        columns.comment, runs.run_id
    from duckdb_columns() as columns
    inner join duckdb_tables() as tables using (database_name, table_name)
    left join {manifest} as runs using (table_name)
    where database_name = ?
    order by table_name, column_index
"""


def comment(
    warehouse: Warehouse, table: tuple[str, str], texts: Mapping[str, str]
) -> None:
    """Describe a table, under the empty name, and its columns where it has them."""
    database, name = table
    relation = quoted(database, "main", name)
    there = {row[0] for row in warehouse.rows(f"describe {relation}")}
    targets = {"": f"table {relation}"}
    targets |= {name: f"column {relation}.{quoted(name)}" for name in there}
    for name, text in texts.items():
        if name in targets:
            warehouse.rows(f"comment on {targets[name]} is {literal(text)}")


def write_manifest(warehouse: Warehouse, database: str, manifest: Manifest) -> None:
    """Write table `manifest`."""
    relation = _create(warehouse, (database, "manifest"), MANIFEST, MANIFEST_COLUMNS)
    facts = {name: getattr(manifest, name) for name in list(MANIFEST_COLUMNS)[2:]}
    places = ", ".join("?" * len(MANIFEST_COLUMNS))
    for name, rows in manifest.tables.items():
        warehouse.rows(
            f"insert into {relation} values ({places})",
            [name, rows, *{**facts, "run_id": manifest.runs[name]}.values()],
        )


def write_catalog(warehouse: Warehouse, database: str) -> None:
    """Write table `catalog`, once all other tables are there and described."""
    relation = _create(warehouse, (database, "catalog"), CATALOG, CATALOG_COLUMNS)
    rows = CATALOG_ROWS.format(manifest=quoted(database, "main", "manifest"))
    warehouse.rows(f"insert into {relation} {rows}", [database])


def _create(
    warehouse: Warehouse, table: tuple[str, str], text: str, columns: Columns
) -> str:
    relation = quoted(table[0], "main", table[1])
    listed = ", ".join(f"{name} {kind}" for name, (kind, _) in columns.items())
    warehouse.rows(f"create table {relation} ({listed})")
    texts = {name: text for name, (_, text) in columns.items()}
    comment(warehouse, table, {"": text, **texts})
    return relation
