"""Reading a version's file, to carry its tables elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from recsql.compilation.render import literal, quoted
from recsql.config.project import Project
from recsql.engine.warehouse import translated
from recsql.publishing.versions import FILE
from recsql.seam.memory import of_duckdb


@dataclass(frozen=True)
class Source:
    """An open version: a connection in which its tables are `version.main.<name>`."""

    connection: duckdb.DuckDBPyConnection
    tables: tuple[str, ...]

    def relation(self, name: str) -> str:
        """Return how a query names a table."""
        return quoted("version", "main", name)


@contextmanager
def open_version(project: Project, folder: Path) -> Iterator[Source]:
    """Open the file of a version, to read it in the order in which it is stored."""
    settings = of_duckdb(project.profile.settings)
    settings |= {"preserve_insertion_order": "true"}
    zone = settings.pop("TimeZone", "UTC")
    path = folder / FILE
    with translated(f"publish {path}"), duckdb.connect(config=settings) as connection:
        connection.execute(f"set global TimeZone = {literal(str(zone))}")
        connection.execute(f"attach {literal(str(path))} as version (read_only)")
        names = connection.execute(
            "select table_name from duckdb_tables() "
            "where database_name = 'version' order by table_name"
        ).fetchall()
        yield Source(connection, tuple(name for (name,) in names))
