"""Files into raw tables: CSV, TSV, Parquet, JSON lines and Arrow IPC, also gzipped."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import duckdb

from recsql.compilation.render import quoted
from recsql.config.shapes import NAME
from recsql.engine.column_types import Wanted, find_types
from recsql.engine.malformed import Malformed
from recsql.engine.text_files import LINES, Texts, column, read_texts
from recsql.engine.warehouse import Warehouse, transaction
from recsql.errors import InputError, Interrupted, did_you_mean, first_line
from recsql.texts.dialect import Given
from recsql.texts.streams import COMPRESSED, require_regular

TEXT = (".csv", ".txt", ".tsv")
READERS = {
    ".parquet": "read_parquet(?, union_by_name = true)",
    ".json": "read_json(?, union_by_name = true, sample_size = -1)",
    ".jsonl": "read_json(?, format = 'nd', union_by_name = true, sample_size = -1)",
    ".ndjson": "read_json(?, format = 'nd', union_by_name = true, sample_size = -1)",
}
ARROW = (".arrow", ".feather", ".ipc")
TYPE = re.compile(r"[A-Za-z][A-Za-z0-9_ ]*(\(\d+(, ?\d+)?\))?")


@dataclass(frozen=True)
class Loaded:
    """A raw table as it stands after a load."""

    table: str
    rows: int
    columns: tuple[tuple[str, str], ...] = ()
    files: tuple[str, ...] = ()
    malformed: tuple[Malformed, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Options:
    """What the user says of files: how texts are written, and what may be left out.

    `max_malformed` is the share of lines of CSV and TSV files that may be left out as
    they cannot be read.
    """

    given: Given = field(default_factory=Given)
    wanted: Wanted = field(default_factory=lambda: Wanted({}))
    max_malformed: float = 0.0


def load_table(
    warehouse: Warehouse,
    schema: str,
    name: str,
    patterns: Sequence[str],
    options: Options | None = None,
) -> Loaded:
    """Load files into `schema.name`, replacing it only when all of them were read.

    Args:
        warehouse: where the table goes.
        schema: the raw schema.
        name: the table's name: letters, digits, underscores.
        patterns: file names or globs, all of one format.
        options: for CSV and TSV files.

    Raises:
        InputError: a file is missing, cannot be read, or the formats differ.
    """
    if not NAME.fullmatch(name):
        raise InputError(
            f'load: "{name}" is not a table name. Use letters, digits and underscores.'
        )
    files = _expand(patterns)
    suffix = _format(files)
    connection = warehouse.connection
    with _told(name, files[0]):
        connection.execute(f"create schema if not exists {quoted(schema)}")
        connection.execute("set preserve_insertion_order = true")
        if suffix in TEXT:
            loaded = _load_texts(connection, schema, name, files, options or Options())
        elif options and options != Options():
            raise InputError(
                f"load: {files[0]}: how texts are written can be said of CSV and TSV "
                "files only; others say it themselves."
            )
        else:
            loaded = Loaded("", _create(connection, schema, name, suffix, files))
        described = connection.execute(f"describe {quoted(schema, name)}").fetchall()
    columns = tuple((row[0], row[1]) for row in described)
    table = f"{schema}.{name}"
    return replace(loaded, table=table, columns=columns, files=tuple(files))


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
        raise InputError(
            f"load {name}: {file}: {first_line(error)} The table is unchanged."
        ) from None


def _load_texts(
    connection: duckdb.DuckDBPyConnection,
    schema: str,
    name: str,
    files: Sequence[str],
    options: Options,
) -> Loaded:
    types, most = options.wanted.types, options.max_malformed
    _require_types(connection, types)
    with read_texts(connection, files, options.given, types, most) as texts:
        _require_columns(types, texts)
        texts.left_out.require_few(name, texts.rows, most)
        typed = find_types(connection, texts, options.wanted)
        reads = ", ".join(f"{e} as {column(c)}" for c, e in typed.expressions.items())
        with transaction(connection):
            connection.execute(
                f"create or replace table {quoted(schema, name)} as "
                f"select {reads} from {LINES}"
            )
            texts.left_out.keep(connection, schema, name)
        notes = (*_layout_notes(connection, texts), *typed.notes)
        return Loaded("", texts.rows, malformed=texts.left_out.by_reason(), notes=notes)


def _layout_notes(connection: duckdb.DuckDBPyConnection, texts: Texts) -> Iterator[str]:
    """Yield what a person should know of how the files were read."""
    same = [f"count({column(c)}) filter ({column(c)} = ?)" for c in texts.columns]
    ((*counts,),) = connection.execute(
        f"select {', '.join(same)} from {LINES}", list(texts.columns)
    ).fetchall()
    for name, count in zip(texts.columns, counts, strict=True):
        if count and texts.files[0].layout.has_header:
            yield (
                f'"{name}" is the name of a column, and a value in it, too. If line 1 '
                "is no header, name the columns: --columns."
            )
    for text in texts.files:
        if text.layout.renamed:
            yield (
                f"{text.name}: columns without a name, or with that of another: "
                f"{', '.join(text.layout.renamed)}."
            )


def _require_types(
    connection: duckdb.DuckDBPyConnection, types: Mapping[str, str]
) -> None:
    for name, kind in types.items():
        try:
            if not TYPE.fullmatch(kind):
                raise duckdb.Error
            connection.execute(f"select cast(null as {kind})")
        except duckdb.Error:
            raise InputError(f'load: --type {name}={kind}: no type "{kind}".') from None


def _require_columns(types: Mapping[str, str], texts: Texts) -> None:
    known = {name.lower() for name in texts.columns}
    for name in types:
        if name.lower() not in known:
            hint = did_you_mean(name, texts.columns)
            raise InputError(
                f'load: --type {name}: no file has a column "{name}".{hint} '
                f"There are: {', '.join(texts.columns)}."
            )


def _create(
    connection: duckdb.DuckDBPyConnection,
    schema: str,
    name: str,
    suffix: str,
    files: list[str],
) -> int:
    create = f"create or replace table {quoted(schema, name)} as select * from"
    if suffix in ARROW:
        connection.register("arrow_input", _read_arrow(files))
        rows = connection.execute(f"{create} arrow_input").fetchall()
        connection.unregister("arrow_input")
    else:
        rows = connection.execute(f"{create} {READERS[suffix]}", [files]).fetchall()
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
