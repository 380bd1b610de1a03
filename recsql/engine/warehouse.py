"""The DuckDB file: opening it, its limits, and how a model becomes a table in it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from recsql.compilation.contracts import require_contract
from recsql.compilation.render import Compiled, quoted
from recsql.engine import fingerprints
from recsql.engine.blocks import EVERYBODY, Block, store
from recsql.engine.strategies import merge_statements, strategy_of
from recsql.errors import (
    DiskFull,
    InputError,
    Interrupted,
    InUse,
    ModelError,
    OutOfMemory,
    RecsqlError,
    WarehouseError,
    is_full,
    reason,
)
from recsql.seam import udfs
from recsql.seam.arrow_lists import FEWER_ROWS
from recsql.seam.memory import PYTHON_MEMORY, Room, of_duckdb

LINE = re.compile(r"^LINE (\d+):", re.M)
DAMAGE = ("not a valid DuckDB", "Could not read enough", "checksum", "Corrupt")
DAMAGED = (
    "The file is damaged. Published tables are not part of it and stay as they are. "
    "Move it away, load the raw tables again (recsql load), then refresh."
)
MORE_MEMORY = (
    "Allow more by --memory-limit or RECSQL_MEMORY_LIMIT, or build one model at a "
    "time: --threads 1."
)
HOLDER = re.compile(r"Conflicting lock is held in (.+?)(?: by |\. )")


@dataclass
class Warehouse:
    """An open DuckDB file with recsql's functions registered.

    `is_sealed`: nobody but recsql wrote its tables, as far as files can tell. `room`:
    what its functions may hold at once, where that has a limit.
    """

    path: Path
    connection: duckdb.DuckDBPyConnection
    kinds: dict[str, str] = field(default_factory=dict)
    is_sealed: bool = True
    room: Room | None = None

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """Return a connection of its own for one thread."""
        return self.connection.cursor()

    def rows(
        self, sql: str, parameters: list[Any] | Mapping[str, Any] | None = None
    ) -> list[tuple[Any, ...]]:
        """Run one query and return all rows."""
        with translated(sql.split("\n", 1)[0][:80]):
            return self.connection.execute(sql, parameters or []).fetchall()

    def dicts(self, sql: str) -> list[dict[str, Any]]:
        """Run one query and return all rows by the names of columns."""
        return list(self.arrow(sql).to_pylist())

    def arrow(self, sql: str) -> Any:
        """Run one query and return all rows as an Arrow table."""
        with translated(sql.split("\n", 1)[0][:80]):
            return self.connection.sql(sql).to_arrow_table()

    def columns(self, schema: str, name: str) -> dict[str, str]:
        """Return the columns of a table and their types."""
        return {r[0]: r[1] for r in self.rows(f"describe {quoted(schema, name)}")}

    def materialize(
        self,
        cursor: duckdb.DuckDBPyConnection,
        compiled: Compiled,
        blocks: Sequence[Block] = EVERYBODY,
    ) -> int:
        """Store one model as its config says and return its number of rows.

        The old table stays until the new one, built block by block, is complete.

        Raises:
            ModelError: DuckDB failed; file, line and DuckDB's message are named.
        """
        stored = str(compiled.config.get("materialized", "table"))
        if stored not in ("table", "view", "incremental"):
            raise ModelError(
                f"{compiled.file}: materialized={stored!r} is not supported. "
                "Use table, view or incremental."
            )
        if stored == "incremental":
            strategy_of(compiled)
        kind = "view" if stored == "view" else "table"
        relation = quoted("main", compiled.name)
        with named(compiled):
            require_contract(cursor, compiled)
            if self.kinds.get(compiled.name, kind) != kind:
                cursor.execute(f"drop {self.kinds[compiled.name]} {relation}")
            rows = store(cursor, kind, relation, compiled.sql, blocks)
            for hook in compiled.hooks:
                cursor.execute(hook)
        self.kinds[compiled.name] = kind
        return rows

    def add_to(self, cursor: duckdb.DuckDBPyConnection, compiled: Compiled) -> int:
        """Add what an incremental model found to its table; return how many rows.

        Raises:
            ModelError: DuckDB failed, or there is no such strategy.
        """
        added = f"{compiled.name}__added"
        statements = merge_statements(compiled, quoted("temp", added))
        with named(compiled):
            counted = cursor.execute(
                f"create or replace temp table {quoted(added)} as\n{compiled.sql}"
            ).fetchall()
            for statement in (*statements, *compiled.hooks):
                cursor.execute(statement)
            cursor.execute(f"drop table {quoted('temp', added)}")
        return int(counted[0][0])

    def load_seed(self, cursor: duckdb.DuckDBPyConnection, path: Path) -> int:
        """Load a CSV that ships with the project; return its number of rows."""
        with translated(str(path)):
            counted = cursor.execute(
                f"create or replace table {quoted('main', path.stem)} as "
                "select * from read_csv(?, header = true)",
                [str(path)],
            ).fetchall()
        self.kinds[path.stem] = "table"
        return int(counted[0][0])

    def has_table(self, schema: str, name: str, database: str = "") -> bool:
        """Say whether a table or view exists, here or in an attached database."""
        sql = (
            "select 1 from information_schema.tables where table_schema = ? "
            "and table_name = ? and table_catalog = coalesce(nullif(?, ''), "
            "current_database())"
        )
        return bool(self.rows(sql, [schema, name, database]))


@contextmanager
def open_warehouse(
    path: Path | None, settings: Mapping[str, Any], *, must_exist: bool = False
) -> Iterator[Warehouse]:
    """Open (or create) a warehouse file; None opens one in memory.

    Raises:
        InUse: another process has it open.
        WarehouseError: the file is damaged or cannot be created.
        InputError: it must exist and does not.
    """
    if path is not None:
        if must_exist:
            require_file(path)
        _make_folder(path.parent)
    was_sealed = path is None or fingerprints.is_sealed(path)
    connection = _connect(path, settings)
    warehouse = Warehouse(path or Path(":memory:"), connection, {}, was_sealed)
    try:
        warehouse.room = udfs.register(connection, settings.get(PYTHON_MEMORY))
        names = connection.execute(
            "select table_name, if(table_type = 'VIEW', 'view', 'table') "
            "from information_schema.tables where table_schema = 'main'"
        ).fetchall()
        warehouse.kinds |= names
        yield warehouse
    finally:
        connection.close()
        if path and warehouse.is_sealed and "access_mode" not in settings:
            fingerprints.seal(path)


def require_file(path: Path) -> None:
    """Refuse to go on where nothing was ever loaded."""
    if not path.exists():
        raise InputError(
            f"{path}: there is no warehouse here yet. "
            "Load a table first: recsql load NAME FILE."
        )


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WarehouseError(
            f"{folder}: cannot create the folder: {error.strerror}."
        ) from None


def _connect(
    path: Path | None, settings: Mapping[str, Any]
) -> duckdb.DuckDBPyConnection:
    options: dict[str, Any] = {k: _option(v) for k, v in of_duckdb(settings).items()}
    zone = options.pop("TimeZone", "UTC")  # not that of the machine
    try:
        connection = duckdb.connect(str(path) if path else ":memory:", config=options)
        connection.execute("set enable_progress_bar = false")
        connection.execute(f"set global TimeZone = '{zone}'")  # for cursors, too
    except duckdb.Error as error:
        raise _open_error(path, error) from None
    return connection


def _option(setting: Any) -> str:
    return str(setting).lower() if isinstance(setting, bool) else str(setting)


def _open_error(path: Path | None, error: duckdb.Error) -> WarehouseError:
    text = str(error)
    if isinstance(error, duckdb.IOException) and "lock" in text.lower():
        holder = HOLDER.search(text)
        by = f" ({holder[1]})" if holder else ""
        return InUse(
            f"{path}: the warehouse is locked by another process{by}. "
            "Wait for it to end, or close it."
        )
    return WarehouseError(f"{path}: DuckDB cannot open it: {_reason(error)}")


def _reason(error: BaseException) -> str:
    """Return DuckDB's first line, and what to do where that is known."""
    said = reason(error)
    if isinstance(error, duckdb.OutOfMemoryException):
        return f"{said.rstrip('.!')}. {MORE_MEMORY}"
    if "Arrow Appender" in said:  # a list is too long to be handed to a function
        return f"{said.rstrip('.!')}. {FEWER_ROWS}"
    if any(word in said for word in DAMAGE):
        return f"{said.rstrip('.!')}. {DAMAGED}"
    return said


@contextmanager
def named(compiled: Compiled) -> Iterator[None]:
    """Turn DuckDB's exceptions into errors that name the model's file and line."""
    try:
        yield
    except duckdb.InterruptException:
        raise Interrupted(f"{compiled.name}: interrupted.") from None
    except (duckdb.Error, RuntimeError) as error:
        kind = DiskFull if is_full(error) else ModelError
        if isinstance(error, duckdb.OutOfMemoryException):
            kind = OutOfMemory
        raise kind(_model_message(compiled, error)) from None


def _model_message(compiled: Compiled, error: Exception) -> str:
    """Name the file and line of a failed model, with DuckDB's own first line."""
    found = LINE.search(str(error))
    where = compiled.file
    if found:
        where += f":{compiled.source_line(int(found[1]) - 1)}"
    return f"{where}: {_reason(error)}"


@contextmanager
def translated(what: str) -> Iterator[None]:
    """Turn DuckDB's exceptions into one-line errors that say what was being done."""
    try:
        yield
    except RecsqlError:
        raise
    except duckdb.InterruptException:
        raise Interrupted("interrupted.") from None
    except duckdb.Error as error:
        raise WarehouseError(f"{what}: {_reason(error)}") from None
    except RuntimeError as error:  # how DuckDB's Python tells of ctrl-C
        if "interrupt" not in str(error).lower():
            raise
        raise Interrupted("interrupted.") from None


@contextmanager
def transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Do all of a block, or nothing of it."""
    connection.begin()
    try:
        yield
    except BaseException:
        with suppress(duckdb.Error):  # where DuckDB has rolled back already
            connection.rollback()
        raise
    connection.commit()
