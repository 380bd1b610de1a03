"""Files into raw tables: CSV, TSV, Parquet, JSON lines and Arrow IPC, also gzipped."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from recsql.compilation.render import quoted
from recsql.config.shapes import NAME
from recsql.engine.arrow_sources import (
    LOG,
    hidden,
    is_delta,
    open_delta,
    open_query,
    require_whole_tables,
)
from recsql.engine.malformed import Malformed
from recsql.engine.text_files import column
from recsql.engine.text_tables import Options, Read, load_texts
from recsql.engine.warehouse import Warehouse
from recsql.errors import (
    InputError,
    Interrupted,
    did_you_mean,
    first_line,
    unwritable,
)
from recsql.texts.streams import COMPRESSED, require_regular

TEXT = (".csv", ".txt", ".tsv")
READERS = {
    ".parquet": "read_parquet(?, union_by_name = true)",
    ".json": "read_json(?, union_by_name = true, sample_size = -1)",
    ".jsonl": "read_json(?, format = 'nd', union_by_name = true, sample_size = -1)",
    ".ndjson": "read_json(?, format = 'nd', union_by_name = true, sample_size = -1)",
}
ARROW = (".arrow", ".feather", ".ipc")


@dataclass(frozen=True)
class Loaded:
    """A raw table as it stands after a load."""

    table: str
    rows: int
    columns: tuple[tuple[str, str], ...] = ()
    files: tuple[str, ...] = ()
    malformed: tuple[Malformed, ...] = ()
    notes: tuple[str, ...] = ()


def load_table(
    warehouse: Warehouse,
    schema: str,
    name: str,
    patterns: Sequence[str],
    options: Options | None = None,
    version: int | None = None,
) -> Loaded:
    """Load files into `schema.name`, replacing it only when all of them were read.

    Args:
        warehouse: where the table goes.
        schema: the raw schema.
        name: the table's name: letters, digits, underscores.
        patterns: names or globs of files of one format, or a Delta table's folder.
        options: for CSV and TSV files.
        version: of a Delta table; the latest by default.

    Raises:
        InputError: a file is missing, cannot be read, or the formats differ.
    """
    if is_delta(patterns):
        files, suffix = list(patterns), LOG
    else:
        files = _expand(patterns)
        suffix = _format(files)
        require_whole_tables(files)
    _require_said_of(files[0], suffix, options, version)
    with _creating(warehouse, schema, name, files[0]) as connection:
        if suffix in TEXT:
            read = load_texts(connection, schema, name, files, options or Options())
        elif suffix == LOG:
            reader = open_delta(files[0], version)
            read = Read(_create_from(connection, schema, name, reader), (), ())
        else:
            read = Read(_create(connection, schema, name, suffix, files), (), ())
    return _loaded(warehouse, schema, name, files, read)


def load_query(
    warehouse: Warehouse, schema: str, name: str, url: str, query: str
) -> Loaded:
    """Load what a query of another database returns into `schema.name`.

    Raises:
        InputError: the database or the query fails; the table is unchanged.
    """
    where = hidden(url, url)
    with (
        _creating(warehouse, schema, name, where) as connection,
        open_query(url, query) as reader,
    ):
        if not len(reader.schema):
            raise InputError(f"load: --query returns no columns: {query}")
        rows = _create_from(connection, schema, name, reader)
    return _loaded(warehouse, schema, name, [where], Read(rows, (), ()))


def load_data(warehouse: Warehouse, schema: str, name: str, data: Any) -> Loaded:
    """Load a table in memory (Arrow, pandas, polars) into `schema.name`.

    Raises:
        InputError: it is no table that Arrow reads.
    """
    import pyarrow as pa

    kind = type(data).__name__
    try:
        table = pa.table(data)
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise InputError(
            f"load {name}: {kind}: no table that Arrow reads: {first_line(error)}"
        ) from None
    with _creating(warehouse, schema, name, kind) as connection:
        rows = _create_from(connection, schema, name, table)
    return _loaded(warehouse, schema, name, (), Read(rows, (), ()))


def _require_said_of(
    file: str, suffix: str, options: Options | None, version: int | None
) -> None:
    """Refuse options that such a file cannot have."""
    if suffix not in TEXT and options and options != Options():
        raise InputError(
            f"load: {file}: how texts are written can be said of CSV and TSV files "
            "only; others say it themselves."
        )
    if suffix != LOG and version is not None:
        raise InputError(f"load: {file} is no Delta table: it has no --version.")


@contextmanager
def _creating(
    warehouse: Warehouse, schema: str, name: str, file: str
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Prepare a connection for a new raw table, and tell what goes wrong."""
    if not NAME.fullmatch(name):
        raise InputError(
            f'load: "{name}" is not a table name. Use letters, digits and underscores.'
        )
    with _told(name, file):
        warehouse.connection.execute(f"create schema if not exists {quoted(schema)}")
        warehouse.connection.execute("set preserve_insertion_order = true")
        yield warehouse.connection


def _loaded(
    warehouse: Warehouse, schema: str, name: str, files: Sequence[str], read: Read
) -> Loaded:
    described = warehouse.rows(f"describe {quoted(schema, name)}")
    return Loaded(
        f"{schema}.{name}",
        read.rows,
        tuple((row[0], row[1]) for row in described),
        tuple(files),
        read.malformed,
        read.notes,
    )


@contextmanager
def _told(name: str, file: str) -> Iterator[None]:
    """Turn what DuckDB says into one line; nothing was changed."""
    try:
        yield
    except (duckdb.InterruptException, KeyboardInterrupt):
        raise Interrupted(
            f"load {name}: interrupted; the table is unchanged."
        ) from None
    except duckdb.Error as error:
        raise unwritable(
            f"load {name}: {file}", error, " The table is unchanged."
        ) from None


def _create(
    connection: duckdb.DuckDBPyConnection,
    schema: str,
    name: str,
    suffix: str,
    files: list[str],
) -> int:
    if suffix in ARROW:
        return _create_from(connection, schema, name, _read_arrow(files))
    rows = connection.execute(
        f"create or replace table {quoted(schema, name)} as "
        f"select * from {READERS[suffix]}",
        [files],
    ).fetchall()
    return int(rows[0][0])


def _create_from(
    connection: duckdb.DuckDBPyConnection, schema: str, name: str, arrow: Any
) -> int:
    """Create a table of Arrow data; PostgreSQL's numeric, sent as text, is a number."""
    numeric = [
        f"cast({column(field.name)} as double) as {column(field.name)}"
        for field in arrow.schema
        if (field.metadata or {}).get(b"ADBC:postgresql:typname") == b"numeric"
    ]
    replaced = f" replace ({', '.join(numeric)})" * bool(numeric)
    connection.register("arrow_input", arrow)
    try:
        rows = connection.execute(
            f"create or replace table {quoted(schema, name)} as "
            f"select *{replaced} from arrow_input"
        ).fetchall()
    finally:
        connection.unregister("arrow_input")
    return int(rows[0][0])


def _expand(patterns: Sequence[str]) -> list[str]:
    files: list[str] = []
    for pattern in patterns:
        found = sorted(glob.glob(pattern, recursive=True))
        if os.path.lexists(pattern):
            found = [pattern]
        if not found:
            folder = Path(pattern).parent
            near = [str(p) for p in folder.glob("*")] if folder.is_dir() else []
            raise InputError(f"load: no file {pattern}.{did_you_mean(pattern, near)}")
        for file in found:
            if file == pattern or not Path(file).is_dir():  # a glob meets folders
                require_regular(file)
                files.append(file)
    if not files:
        raise InputError(f"load: {patterns[0]}: there are folders only.")
    return list(dict.fromkeys(files))


def _format(files: list[str]) -> str:
    suffixes = {_suffix(Path(f)) for f in files}
    if len(suffixes) > 1:
        raise InputError(
            f"load: the files have different formats ({', '.join(sorted(suffixes))}). "
            "Load one format at a time."
        )
    (suffix,) = suffixes
    known = [*TEXT, *READERS, *ARROW]
    if suffix not in known:
        raise InputError(
            f'load: {files[0]}: unknown format "{suffix}". '
            f"Known: {' '.join(known)}, also with .gz."
        )
    return suffix


def _suffix(path: Path) -> str:
    if path.suffix.lower() in COMPRESSED:
        path = path.with_suffix("")
    return path.suffix.lower()


def _read_arrow(files: list[str]) -> Any:
    """Read Arrow IPC files, file or stream format, into one table."""
    import pyarrow as pa

    tables = []
    for file in files:
        try:
            with pa.memory_map(file) as source:
                try:
                    tables.append(pa.ipc.open_file(source).read_all())
                except pa.ArrowInvalid:
                    source.seek(0)
                    tables.append(pa.ipc.open_stream(source).read_all())
        except (pa.ArrowException, OSError) as error:
            raise InputError(f"load: {file}: no Arrow IPC file: {error}") from None
    return pa.concat_tables(tables, promote_options="default")
