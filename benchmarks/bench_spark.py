"""Seconds, shuffled bytes and memory of each layer on Spark, by executors and size.

    python benchmarks/bench_spark.py [--sizes 500x250x5000 ...] [--executors 1 2]

A size is users x items x lines of the shop of bench_scale.py. For each number of
executors, of one core and 1 GB each, the default project is built from raw tables, one
model at a time, on executors in processes of their own (`local-cluster`). Printed for
each layer: seconds, MB that were shuffled, and the peak in GB of the executors with
their Python together; then the exponents of seconds and of shuffled bytes over lines,
fitted by least squares over all sizes. What a job costs whatever its size is most of
the seconds of small shops: the exponent is of these sizes only. `--select` builds some
models and what they need.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from threading import Thread
from typing import Any

from bench_scale import exponent, generate
from common import work_folder

from recsql.config.profile import Cluster, Profile
from recsql.config.project import builtin_root, load_project
from recsql.engine.scheduling import schedule
from recsql.engine.warehouse import open_warehouse
from recsql.spark.building import SparkBuilder
from recsql.spark.contents import Contents
from recsql.spark.inputs import compile_for_spark
from recsql.spark.session import open_session
from recsql.spark.tables import Tables

SIZES = ("500x250x5000", "1000x500x10000", "2000x1000x20000")
RAW = ("transactions", "products", "demographics")
JAVA = "-XX:+UseSerialGC -XX:ReservedCodeCacheSize=256m"


@dataclass
class Layer:
    """What building the models of one layer took."""

    seconds: float = 0.0
    shuffled: int = 0
    peak_gb: float = 0.0


class Memory:
    """The most that the executors and their Python have held, since it was asked."""

    def __init__(self) -> None:
        self.most = 0.0
        Thread(target=self._watch, daemon=True).start()

    def taken(self) -> float:
        """Return the peak in GB, and begin again."""
        most, self.most = self.most, 0.0
        return most

    def _watch(self) -> None:
        while True:
            self.most = max(self.most, sum(map(_pages, _executors())) * 4096 / 1e9)
            time.sleep(0.1)


def _executors() -> list[int]:
    """Return the processes of executors, and those that they started."""
    parents, found = {}, set()
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            stat = (folder / "stat").read_text().rpartition(")")[2].split()
            parents[int(folder.name)] = int(stat[1])
            if "CoarseGrainedExecutorBackend" in (folder / "cmdline").read_text():
                found.add(int(folder.name))
    ours = {pid for pid in found if os.getpid() in _ancestors(pid, parents)}
    return [pid for pid in parents if ours & {pid, *_ancestors(pid, parents)}]


def _ancestors(pid: int, parents: dict[int, int]) -> list[int]:
    chain = []
    while (pid := parents.get(pid, 0)) > 1:
        chain.append(pid)
    return chain


def _pages(pid: int) -> int:
    with suppress(OSError):
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return 0


class Stages:
    """What Spark says of the stages that have run."""

    def __init__(self, session: Any) -> None:
        self.context = session.sparkContext
        self.store = self.context._jsc.sc().statusStore()
        self.last = -1

    def shuffled(self) -> int:
        """Return the bytes that stages wrote for others since it was asked."""
        none = self.context._gateway.new_array(self.context._jvm.double, 0)
        stages = self.store.stageList(None, False, False, none, None)
        total, last = 0, self.last
        for place in range(stages.size()):
            stage = stages.apply(place)
            if stage.stageId() > self.last:
                total += stage.shuffleWriteBytes()
                last = max(last, stage.stageId())
        self.last = last
        return total


def measure(
    size: str, executors: int, select: list[str], folder: Path
) -> dict[str, Layer]:
    """Build a shop of a size on so many executors; return what each layer took."""
    project = load_project(builtin_root())
    master = f"local-cluster[{executors},1,1024]"
    settings = {
        "spark.executor.memory": "1g",
        "spark.executor.extraJavaOptions": JAVA,
        "spark.executorEnv.PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        "spark.ui.retainedStages": "100000",
    }
    cluster = Cluster(master, None, None, "recsql", "parquet")
    profile = Profile(folder / "build.duckdb", 1, settings, "spark", cluster)
    plan = compile_for_spark(project, history=False)
    layers: dict[str, Layer] = defaultdict(Layer)
    with open_session(profile) as session:
        tables = Tables.of(session, profile)
        _load(tables, size)
        memory, stages = Memory(), Stages(session)
        builder = SparkBuilder(plan, tables, Contents(plan, tables))
        names = plan.graph.with_ancestors(plan.graph.select(select))
        stages.shuffled()
        for result in schedule(plan, builder, names, 1):
            if result.error:
                raise result.error
            layer = layers[result.layer]
            layer.seconds += result.seconds
            layer.shuffled += stages.shuffled()
            layer.peak_gb = max(layer.peak_gb, memory.taken())
    return dict(layers)


def _load(tables: Tables, size: str) -> None:
    users, items, lines = map(int, size.split("x"))
    tables.create_schema("raw")
    with open_warehouse(None, {}) as warehouse:
        generate(warehouse, users, items, lines)
        for name in RAW:
            tables.write_arrow("raw", name, warehouse.arrow(f"from raw.{name}"))


def show(executors: int, found: dict[str, dict[str, Layer]]) -> None:
    """Print a row per layer: what it took at each size, and how that grows."""
    sizes = [*found]
    print(f"\nexecutors: {executors}")
    cells = " | ".join(f"{size} s | MB | GB" for size in sizes)
    print(f"| layer | {cells} | seconds ~ lines^ | shuffle ~ lines^ |")
    print("|---|" + "---|" * (3 * len(sizes) + 2))
    rows = {name: [found[size][name] for size in sizes] for name in found[sizes[0]]}
    rows["all"] = [
        Layer(
            sum(layer.seconds for layer in found[size].values()),
            sum(layer.shuffled for layer in found[size].values()),
            max(layer.peak_gb for layer in found[size].values()),
        )
        for size in sizes
    ]
    for name, row in rows.items():
        cells = " | ".join(
            f"{each.seconds:.1f} | {each.shuffled / 1e6:.2f} | {each.peak_gb:.2f}"
            for each in row
        )
        seconds = exponent(sizes, [each.seconds for each in row])
        bytes_ = exponent(sizes, [float(each.shuffled) for each in row])
        print(f"| {name} | {cells} | {seconds} | {bytes_} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--sizes", nargs="+", default=SIZES)
    parser.add_argument("--executors", nargs="+", type=int, default=(1, 2))
    parser.add_argument("--select", nargs="*", default=[])
    asked = parser.parse_args()
    for executors in asked.executors:
        found = {}
        for size in asked.sizes:
            with work_folder() as folder, get_context("spawn").Pool(1) as pool:
                given = (size, executors, asked.select, folder)
                found[size] = pool.apply(measure, given)
        show(executors, found)


if __name__ == "__main__":
    main()
