"""Files into raw tables: CSV, TSV, Parquet, JSON lines and Arrow IPC, also gzipped."""

from __future__ import annotations

import glob
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from recsql.compilation.render import literal, quoted
from recsql.config.shapes import NAME
from recsql.engine.malformed import Malformed, create_readable, create_without
from recsql.engine.warehouse import Warehouse
from recsql.errors import InputError, Interrupted, did_you_mean, first_line

COMPRESSED = (".gz", ".zst")
# sample_size -1: types come from every row, so a bad value late in a file makes its
# column text (and goes to quarantine) instead of stopping the load.
READERS = {
    ".csv": "read_csv(?{csv})",
    ".txt": "read_csv(?{csv})",
    ".tsv": "read_csv(?, delim = '\t'{csv})",
    ".parquet": "read_parquet(?, union_by_name = true)",
    ".json": "read_json(?, union_by_name = true, sample_size = -1)",
    ".jsonl": "read_json(?, format = 'nd', union_by_name = true, sample_size = -1)",
    ".ndjson": "read_json(?, format = 'nd', union_by_name = true, sample_size = -1)",
}
LONG_LINES = ", sample_size = -1, max_line_size = 16777216"
TEXT = (".csv", ".txt", ".tsv")
ARROW = (".arrow", ".feather", ".ipc")


@dataclass(frozen=True)
class Loaded:
    """A raw table as it stands after a load."""

    table: str
    rows: int
    columns: tuple[tuple[str, str], ...]
    files: tuple[str, ...]
    malformed: tuple[Malformed, ...] = ()
    forgotten: int = 0


def load_table(
    warehouse: Warehouse,
    schema: str,
    name: str,
    patterns: Sequence[str],
    types: Mapping[str, str],
    max_malformed: float = 0.0,
    without: str | None = None,
) -> Loaded:
    """Load files into `schema.name`, replacing it only when all of them were read.

    Args:
        warehouse: where the table goes.
        schema: the raw schema.
        name: the table's name: letters, digits, underscores.
        patterns: file names or globs, all of one format.
        types: column name to SQL type, for CSV and TSV columns whose type must not be
            guessed (an id with leading zeros: `VARCHAR`).
        max_malformed: the share of lines of CSV and TSV files that may be left out as
            they cannot be read; see `malformed.py`.
        without: the condition for rows that are not even stored, as their users are
            forgotten; without effect where the files lack its columns.

    Raises:
        InputError: a file is missing, cannot be read, or the formats differ.
    """
    if not NAME.fullmatch(name):
        raise InputError(
            f'load: "{name}" is not a table name. Use letters, digits and underscores.'
        )
    files = _expand(patterns)
    suffix = _format(files)
    relation = quoted(schema, name)
    connection = warehouse.connection
    with _told(name, files[0], suffix):
        connection.execute(f"create schema if not exists {quoted(schema)}")
        connection.execute("set preserve_insertion_order = true")
        if max_malformed and suffix in TEXT:
            readers = [(file, _readable(file, suffix, types)) for file in files]
            made = create_readable(
                connection, (schema, name), readers, max_malformed, without
            )
        else:
            made = _create(connection, relation, suffix, files, types, without)
        described = connection.execute(f"describe {relation}").fetchall()
    columns = tuple((row[0], row[1]) for row in described)
    return Loaded(f"{schema}.{name}", made[0], columns, tuple(files), *made[1:])


@contextmanager
def _told(name: str, file: str, suffix: str) -> Iterator[None]:
    """Turn what DuckDB says into one line; nothing was changed."""
    try:
        yield
    except (duckdb.InterruptException, KeyboardInterrupt):
        raise Interrupted(
            f"load {name}: interrupted; the table is unchanged."
        ) from None
    except duckdb.Error as error:
        hint = " Or leave such lines out: --max-malformed 0.01." * (suffix in TEXT)
        raise InputError(
            f"load {name}: {file}: {_in_one_line(error)} The table is unchanged.{hint}"
        ) from None


def _create(
    connection: duckdb.DuckDBPyConnection,
    relation: str,
    suffix: str,
    files: list[str],
    types: Mapping[str, str],
    without: str | None,
) -> tuple[int, tuple[Malformed, ...], int]:
    if suffix in ARROW:
        connection.register("arrow_input", _read_arrow(files))
        made = create_without(connection, relation, "arrow_input", without)
        connection.unregister("arrow_input")
    else:
        csv = f"{LONG_LINES}, union_by_name = true{_types(types)}"
        reader = READERS[suffix].format(csv=csv)
        made = create_without(connection, relation, reader, without, files)
    return made[0], (), made[1]


def _readable(file: str, suffix: str, types: Mapping[str, str]) -> str:
    """Return the call that reads what can be read of one file of text."""
    csv = f"{LONG_LINES}, store_rejects = true, rejects_limit = 0{_types(types)}"
    return READERS[suffix].format(csv=csv).replace("?", literal(file), 1)


def _in_one_line(error: duckdb.Error) -> str:
    """Return an error of DuckDB in one line; of CSV, where it is and what it is."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    if "CSV Error on Line" in lines[0] and len(lines) > 2:
        return f"{lines[0].removeprefix('Invalid Input Error: ')}: {lines[2]}"
    return first_line(error)


def _types(types: Mapping[str, str]) -> str:
    """Return the `types` option of `read_csv`, or nothing."""
    if not types:
        return ""
    entries = ", ".join(f"{literal(k)}: {literal(v)}" for k, v in types.items())
    return f", types = {{{entries}}}"


def _expand(patterns: Sequence[str]) -> list[str]:
    files: list[str] = []
    for pattern in patterns:
        found = sorted(glob.glob(pattern, recursive=True))
        if Path(pattern).is_file():
            found = [pattern]
        if not found:
            folder = Path(pattern).parent
            near = [str(p) for p in folder.glob("*")] if folder.is_dir() else []
            raise InputError(f"load: no file {pattern}.{did_you_mean(pattern, near)}")
        files += [f for f in found if Path(f).is_file()]
    return list(dict.fromkeys(files))


def _format(files: list[str]) -> str:
    suffixes = {_suffix(Path(f)) for f in files}
    if len(suffixes) > 1:
        raise InputError(
            f"load: the files have different formats ({', '.join(sorted(suffixes))}). "
            "Load one format at a time."
        )
    (suffix,) = suffixes
    known = [*READERS, *ARROW]
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
