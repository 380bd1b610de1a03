"""Rows that recsql itself keeps in raw tables, as the yml of sources declares them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from recsql.compilation.render import Renderer, quoted
from recsql.config.project import Project
from recsql.engine.inputs import create_raw_tables
from recsql.engine.warehouse import Warehouse, translated


def relation_of(project: Project, name: str) -> str:
    """Return the raw table that a source is."""
    return quoted(*Renderer(project).source_parts(project.sources["raw", name]))


def append_rows(
    project: Project, warehouse: Warehouse, name: str, rows: Sequence[tuple[Any, ...]]
) -> None:
    """Add rows to a raw table, which is made if it is not there yet."""
    table = project.sources["raw", name]
    relation = relation_of(project, name)
    create_raw_tables(project, warehouse, [table])
    places = ", ".join("?" for _ in table.columns)
    with translated(f"insert into {relation}"):
        warehouse.connection.executemany(
            f"insert into {relation} values ({places})", rows
        )
