"""Tables for other programs: CSV, JSON lines and Parquet on standard output."""

from __future__ import annotations

import json
import sys
from typing import IO, Any

from recsql.errors import InputError

FORMATS = ("csv", "json", "parquet")


def write(table: Any, kind: str, target: IO[bytes] | None = None) -> None:
    """Write an Arrow table, to standard output where no other target is given.

    Args:
        table: the rows.
        kind: one of FORMATS; json is an object a line.
        target: where to.

    Raises:
        InputError: Parquet would go to a terminal.
    """
    if kind == "parquet" and target is None and sys.stdout.isatty():
        raise InputError(
            "show --format parquet: not for a terminal. Send it to a file: "
            "... --format parquet > rows.parquet"
        )
    out = target or sys.stdout.buffer
    if kind == "parquet":
        import pyarrow.parquet as parquet

        parquet.write_table(table, out)
    elif kind == "csv":
        from pyarrow import csv

        csv.write_csv(table, out)
    else:
        for row in table.to_pylist():
            text = json.dumps(row, default=str, ensure_ascii=False)
            out.write(f"{text}\n".encode())
    out.flush()
