"""PostgreSQL: tables are filled by COPY and swapped in one transaction."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import Any

from recsql.compilation.render import literal
from recsql.config.project import Project
from recsql.engine import stops
from recsql.errors import InputError, WarehouseError, first_line, install
from recsql.publishing.published import Source

BLOCK = 1 << 20
LOCK_SECONDS = 30
TYPES = {
    "BIGINT": "bigint",
    "BLOB": "bytea",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "DOUBLE": "double precision",
    "FLOAT": "real",
    "HUGEINT": "numeric",
    "INTEGER": "integer",
    "SMALLINT": "smallint",
    "TIME": "time",
    "TIMESTAMP": "timestamp",
    "TIMESTAMP WITH TIME ZONE": "timestamptz",
    "TINYINT": "smallint",
    "UBIGINT": "numeric",
    "UINTEGER": "bigint",
    "USMALLINT": "integer",
    "UTINYINT": "smallint",
    "UUID": "uuid",
}
DECIMAL = re.compile(r"DECIMAL\(\d+,\d+\)")


def replace_tables(project: Project, source: Source) -> None:
    """Fill new tables beside the old ones and swap them, all in one transaction.

    Readers see the old tables until the commit. The swap waits for readers that hold an
    old table in an open transaction, but no longer than LOCK_SECONDS.

    Raises:
        InputError: psycopg is not installed.
        WarehouseError: PostgreSQL refused; its tables are unchanged.
    """
    try:
        import psycopg
    except ImportError:
        raise InputError(
            f"publish: PostgreSQL needs psycopg. Run: {install('postgres')}"
        ) from None
    schema = str(project.vars["publish_schema"])
    try:
        with psycopg.connect(str(project.vars["publish_postgres"])) as server:
            server.execute(f"set local lock_timeout = '{LOCK_SECONDS}s'")
            server.execute(f"create schema if not exists {_name(schema)}")
            before = _published_before(server, schema)
            for name in source.tables:
                _fill(project, source, server, (schema, name))
            for name in sorted({*before} - {*source.tables}):
                server.execute(f"drop table if exists {_name(schema, name)}")
            for name in source.tables:
                _swap(source, server, (schema, name))
            stops.hold()  # the commit: its readers see it
    except psycopg.Error as error:
        raise WarehouseError(
            f"publish to PostgreSQL: {first_line(error)}. Its tables are unchanged."
        ) from None


def _fill(
    project: Project, source: Source, server: Any, table: tuple[str, str]
) -> None:
    """Create a table under a name of its own, with rows, index and descriptions."""
    schema, name = table
    fresh = _name(schema, _fresh(name))
    columns = source.connection.execute(f"describe {source.relation(name)}").fetchall()
    types = {column[0]: str(column[1]) for column in columns}
    listed = ", ".join(f"{_name(c)} {_type(kind)}" for c, kind in types.items())
    server.execute(f"drop table if exists {fresh}")
    server.execute(f"create table {fresh} ({listed})")
    _copy(source, server, (name, fresh), types)
    described = project.properties.get(name)
    if key := described.reading_order if described else ():
        server.execute(f"create index on {fresh} ({', '.join(map(_name, key))})")
    for target, text in _comments(source, name, fresh):
        server.execute(f"comment on {target} is {literal(text)}")
    server.execute(f"analyze {fresh}")


def _copy(
    source: Source, server: Any, names: tuple[str, str], types: dict[str, str]
) -> None:
    name, fresh = names
    values = ", ".join(_value(column, kind) for column, kind in types.items())
    query = f"select {values} from {source.relation(name)}"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.csv"
        source.connection.execute(
            f"copy ({query}) to {literal(str(path))} (format csv, header false)"
        )
        with (
            path.open("rb") as rows,
            server.cursor() as cursor,
            cursor.copy(f"copy {fresh} from stdin (format csv)") as copy,
        ):
            while block := rows.read(BLOCK):
                copy.write(block)


def _swap(source: Source, server: Any, table: tuple[str, str]) -> None:
    """Put the new table in the place of the old one.

    An old one that views of the user's read stays, and its rows are replaced.
    """
    from psycopg.errors import DependentObjectsStillExist

    schema, name = table
    old, fresh = _name(schema, name), _name(schema, _fresh(name))
    try:
        with server.transaction():
            server.execute(f"drop table if exists {old}")
            server.execute(f"alter table {fresh} rename to {_name(name)}")
    except DependentObjectsStillExist:
        described = source.connection.execute(f"describe {source.relation(name)}")
        columns = ", ".join(_name(column[0]) for column in described.fetchall())
        server.execute(f"delete from {old}")
        server.execute(f"insert into {old} ({columns}) select {columns} from {fresh}")
        server.execute(f"drop table {fresh}")


def _comments(source: Source, name: str, fresh: str) -> list[tuple[str, str]]:
    """Return what the catalog says of a table and its columns."""
    rows = source.connection.execute(
        "select column_name, column_description, table_description "
        "from version.main.catalog where table_name = ?",
        [name],
    ).fetchall()
    texts = [(f"column {fresh}.{_name(row[0])}", row[1]) for row in rows if row[1]]
    return [*texts, *((f"table {fresh}", row[2]) for row in rows[:1] if row[2])]


def _published_before(server: Any, schema: str) -> list[str]:
    """Return the tables that an earlier publish left, so that no other is dropped."""
    catalog = _name(schema, "catalog")
    if server.execute("select to_regclass(%s)", [catalog]).fetchone()[0] is None:
        return []
    listed = server.execute(f"select distinct table_name from {catalog}").fetchall()
    return [name for (name,) in listed]


def _fresh(name: str) -> str:
    return f"{name}__new"


def _name(*parts: str) -> str:
    """Quote every part, as PostgreSQL reserves other words than DuckDB.

    >>> _name("recsql", "rec_popular")
    '"recsql"."rec_popular"'
    """
    return ".".join('"' + part.replace('"', '""') + '"' for part in parts)


def _type(kind: str) -> str:
    """Return PostgreSQL's type for one of DuckDB's; lists and structs become JSON.

    >>> _type("DOUBLE"), _type("VARCHAR"), _type("VARCHAR[]"), _type("DECIMAL(18,3)")
    ('double precision', 'text', 'jsonb', 'decimal(18,3)')
    """
    if DECIMAL.fullmatch(kind):
        return kind.lower()
    return TYPES.get(kind, "jsonb" if _is_nested(kind) else "text")


def _is_nested(kind: str) -> bool:
    return kind.endswith("]") or kind.startswith(("STRUCT", "MAP", "UNION", "JSON"))


def _value(column: str, kind: str) -> str:
    """Return the expression that CSV carries; PostgreSQL's texts hold no NUL."""
    if kind == "BLOB":
        return f"'\\x' || hex({_name(column)})"
    if _is_nested(kind):
        return f"to_json({_name(column)})"
    if kind in TYPES or DECIMAL.fullmatch(kind):
        return _name(column)
    return f"replace(cast({_name(column)} as varchar), chr(0), '')"
