"""Rows that recsql itself keeps in raw tables, as the yml of sources declares them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from recsql.compilation.render import Renderer, quoted
from recsql.config.project import Project
from recsql.engine.inputs import create_raw_tables
from recsql.engine.warehouse import Warehouse, translated

AT_ONCE = 500  # rows of one statement: each is a transaction of its own


def find_relation(project: Project, warehouse: Warehouse, name: str) -> str | None:
    """Return the raw table that a source is, None where it is not there yet."""
    parts = _parts(project, name)
    return quoted(*parts) if warehouse.has_table(*parts) else None


def append_rows(
    project: Project, warehouse: Warehouse, name: str, rows: Sequence[Mapping[str, Any]]
) -> None:
    """Add rows to a raw table, which is made if it is not there yet."""
    create_raw_tables(project, warehouse, [project.sources["raw", name]])
    insert_rows(warehouse, quoted(*_parts(project, name)), rows)


def insert_rows(
    warehouse: Warehouse, relation: str, rows: Sequence[Mapping[str, Any]]
) -> None:
    """Insert rows that all have the same columns; those not named are null."""
    for first in range(0, len(rows), AT_ONCE):
        part = rows[first : first + AT_ONCE]
        columns = ", ".join(quoted(name) for name in part[0])
        places = ", ".join(f"({', '.join('?' * len(row))})" for row in part)
        with translated(f"insert into {relation}"):
            warehouse.connection.execute(
                f"insert into {relation} ({columns}) values {places}",
                [value for row in part for value in row.values()],
            )


def _parts(project: Project, name: str) -> list[str]:
    """Return the schema and the name of the raw table that a source is."""
    return Renderer(project).source_parts(project.sources["raw", name])
