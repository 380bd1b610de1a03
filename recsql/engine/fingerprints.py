"""Checksums of what tables hold, of the code that SQL calls, and of a whole file.

A file that has the seal that recsql left on it was written by nobody since.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from contextlib import suppress
from functools import cache
from hashlib import sha256
from importlib import metadata
from pathlib import Path

import duckdb

from recsql.compilation.render import quoted
from recsql.seam import udfs

CALLED = re.compile(rf"\b({'|'.join(f.name for f in udfs.FUNCTIONS)})\s*\(", re.I)
# DuckDB's table functions that depend on nothing but their arguments; and what tells
# a model which block of users it builds, as the blocks together are always the same.
SETTLED = {"generate_series", "json_each", "json_tree", "range", "repeat", "unnest"}
SETTLED |= {"getvariable"}
# Of DuckDB's own functions: those that may say another thing in the next query.
UNSETTLED = """
    select distinct function_name from duckdb_functions()
    where
        stability = 'VOLATILE'
        or stability = 'CONSISTENT_WITHIN_QUERY' and len(parameters) = 0
        or function_type = 'table'
        or function_name = 'age'
"""
KEYWORDS = "current_date|current_time|current_timestamp|localtime|localtimestamp"
COMPUTING = ("implicit", "lightgbm", "numba", "numpy", "pyarrow", "scipy")
HEADERS = 3 * 4096  # bytes: DuckDB writes the others before it writes these


def content_of(
    cursor: duckdb.DuckDBPyConnection, relation: str, stamps: Collection[str] = ()
) -> str:
    """Return a checksum of a table's columns and rows, in whatever order they are."""
    columns = cursor.execute(f"describe {relation}").fetchall()
    counted = [quoted(row[0]) for row in columns if row[0] not in stamps]
    hashed = f"hash({', '.join(counted)})" if counted else "0"
    rows = cursor.execute(
        f"select count(*), bit_xor(h), sum(h) from (select {hashed} as h "
        f"from {relation})"
    ).fetchall()
    return checksum(json.dumps([[row[:2] for row in columns], rows], default=str))


def checksum(*texts: str) -> str:
    """Return a checksum of texts."""
    return sha256("\n".join(texts).encode()).hexdigest()


@cache
def functions() -> str:
    """Return a checksum of the code that SQL calls, and of what computes in it."""
    package = Path(udfs.__file__).parents[1]
    files = sorted(
        p for part in ("numerics", "seam") for p in (package / part).glob("*.py")
    )
    code = b"".join(path.read_bytes() for path in files)
    return sha256(code + "\n".join(map(_version, COMPUTING)).encode()).hexdigest()


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


@cache
def _unsettled() -> re.Pattern[str]:
    with duckdb.connect(config={"threads": 1}) as connection:
        found = {name for (name,) in connection.execute(UNSETTLED).fetchall()}
    names = "|".join(sorted(map(re.escape, found - SETTLED)))
    return re.compile(rf"\b((?:{names})\s*\(|(?:{KEYWORDS})\b)", re.I)


def is_unsettled(sql: str) -> bool:
    """Say whether a query may find other rows where nothing that it names changed.

    >>> is_unsettled("select random()"), is_unsettled("select date_trunc('day', at)")
    (True, False)
    >>> is_unsettled("from read_csv('prices.csv')"), is_unsettled("select Current_Date")
    (True, True)
    """
    return _unsettled().search(sql) is not None


def is_sealed(path: Path) -> bool:
    """Say whether nobody wrote a DuckDB file since `seal`; a new one counts as such."""
    if not path.exists():
        return True
    try:
        return seal_of(path).read_text("utf-8") == _mark(path)
    except OSError:
        return False


def seal(path: Path) -> None:
    """Write down beside a DuckDB file, which is closed, what it looks like."""
    with suppress(OSError):  # then the next run looks at its tables
        if not is_sealed(path):
            seal_of(path).write_text(_mark(path), "utf-8")


def seal_of(path: Path) -> Path:
    """Return the name of the file beside a DuckDB file that `seal` writes."""
    return path.with_suffix(".seal")


def _mark(path: Path) -> str:
    """Return a checksum of what each write of a DuckDB file changes."""
    log = path.with_name(path.name + ".wal")
    with path.open("rb") as file:
        said = file.read(HEADERS)
    return sha256(said + (b"log" if log.exists() else b"")).hexdigest()
