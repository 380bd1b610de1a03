"""A Spark session for tests, and rows of both engines compared."""

from __future__ import annotations

import math
import os
import shutil
import sys
from contextlib import suppress
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest

from recsql.engine.warehouse import Warehouse
from recsql.errors import install
from recsql.spark import functions

pyspark_sql = pytest.importorskip(
    "pyspark.sql", reason=f"Spark is not tested: {install('spark')}"
)
if shutil.which("java") is None:
    pytest.skip("Spark is not tested: there is no java", allow_module_level=True)

Rows = list[tuple[Any, ...]]
MASTER = os.environ.get("RECSQL_SPARK_MASTER", "local-cluster[2,1,1024]")
HASHED = ("owner_key", "line_key", "line_checksum")  # each engine has a hash of its own


def start_spark(folder: Path, master: str) -> Any:
    """Start a session that is quick on small data; the rest is Spark's default."""
    # 48 MB of code are full after 80 s
    java = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:ReservedCodeCacheSize=256m"
    settings = {
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.extraJavaOptions": java,
        "spark.executor.extraJavaOptions": java,
        "spark.executorEnv.PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        "spark.locality.wait": "0s",
        "spark.sql.adaptive.enabled": "false",
        "spark.sql.ansi.enabled": "true",
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",  # javac costs more than rows
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.files.minPartitionNum": "1",  # a small table is one task
        "spark.sql.legacy.allowNonEmptyLocationInCTAS": "true",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.sources.default": "parquet",
        "spark.sql.warehouse.dir": str(folder),
        "spark.log.level": "OFF",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }
    os.environ["PYSPARK_PYTHON"] = sys.executable
    builder = pyspark_sql.SparkSession.builder.master(master)
    for name, setting in settings.items():
        builder = builder.config(name, setting)
    session = builder.getOrCreate()
    functions.register(session)
    return session


def columns_of(warehouse: Warehouse, name: str) -> str:
    """Return the columns that both engines have in common, but for when and who."""
    kinds = warehouse.columns("main", name)
    stamps = {"run_id", "generated_at", "age_hours", "duckdb_version"}
    stamps |= {"seconds", "byte_count"}  # what a refresh took
    return ", ".join(column for column in kinds if column not in {*HASHED, *stamps})


def sorted_rows(table: pa.Table) -> Rows:
    """Sort rows by what both engines give exactly, then by their other numbers.

    Moments of today are left out: when a refresh was.
    """

    def key(row: tuple[Any, ...]) -> tuple[list[str], list[float]]:
        exact = [str(x) for x in row if not _is_inexact(x)]
        return exact, [
            round(float(x), 6) for x in row if isinstance(x, float | Decimal)
        ]

    rows = (tuple(map(_unless_now, row.values())) for row in table.to_pylist())
    return sorted(rows, key=key)


def _unless_now(value: Any) -> Any:
    is_moment = isinstance(value, datetime)
    is_now = is_moment and value.replace(tzinfo=None) > datetime(2026, 1, 1)
    return None if is_now else value


def _is_inexact(value: Any) -> bool:
    """Say whether a value is a number that may differ in its last digits, or a list."""
    if isinstance(value, list):
        return any(map(_is_inexact, value))
    return isinstance(value, float | Decimal)


def compare(expected: Rows, found: Rows) -> None:
    assert difference(expected, found) is None


def difference(expected: Rows, found: Rows) -> str | None:
    """Say in which row two tables differ, if they do."""
    if len(found) != len(expected):
        return f"{len(expected)} rows on DuckDB, {len(found)} on Spark"
    for mine, theirs in zip(expected, found, strict=True):
        if not all(map(_alike, mine, theirs)):
            return f"{mine} on DuckDB, {theirs} on Spark"
    return None


def _alike(mine: Any, theirs: Any) -> bool:
    if isinstance(theirs, datetime) and theirs.tzinfo == ZoneInfo("UTC"):
        theirs = theirs.replace(tzinfo=None)  # of a copied table; the session is in UTC
    if isinstance(mine, dict) and isinstance(theirs, dict):
        mine, theirs = [*mine, *mine.values()], [*theirs, *theirs.values()]
    if isinstance(mine, list) and isinstance(theirs, list):
        return len(mine) == len(theirs) and all(map(_alike, mine, theirs))
    if isinstance(mine, float | Decimal) and isinstance(theirs, float | int | Decimal):
        both_nan = math.isnan(mine) and math.isnan(theirs)
        return both_nan or math.isclose(mine, theirs, rel_tol=1e-9, abs_tol=1e-12)
    return bool(mine == theirs)


def executors() -> list[int]:
    """Return the processes of this test's executors."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            said = (folder / "cmdline").read_text()
            if "CoarseGrainedExecutorBackend" in said and _is_ours(folder):
                found.append(int(folder.name))
    return found


def _is_ours(folder: Path) -> bool:
    """Say whether a process descends from this one."""
    while folder.name not in ("0", "1"):
        if int(folder.name) == os.getpid():
            return True
        parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
        folder = folder.with_name(parent)
    return False
