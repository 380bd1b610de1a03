"""Seconds and memory of each layer over generated shops of growing size.

    python benchmarks/bench_scale.py [--sizes 2000x1000x40000 4000x2000x80000 ...]

A size is users x items x lines. Baskets have ten lines; half of a user's lines are of
the tenth of the catalogue that is theirs, and of every part small numbers sell best.
Each shop is built in a process of its own by the default project, one model at a time.
Printed for each layer: seconds, peak memory of the process in GB while it was built,
and the exponent of seconds over lines, fitted by least squares over all sizes: 1 is
linear growth. Layers below a tenth of a second have none. With `--models N` also the
N slowest models of the largest size.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import log
from multiprocessing import get_context
from pathlib import Path
from threading import Event, Thread

import numpy as np
from common import compile_demo, opened, work_folder

from recsql.engine.runner import run_models
from recsql.engine.warehouse import Warehouse

SIZES = ("2000x1000x40000", "4000x2000x80000", "8000x4000x160000")
LINES_PER_BASKET, PARTS, DAYS = 10, 10, 300
SHOP = """
create schema raw;
create table raw.transactions as
    with
        numbered as (
            select
                range as line,
                range // {per_basket} as basket_id,
                (hash(range // {per_basket}) % {users})::bigint as household_id,
                (hash(range, 1) % 1000003) / 1000003 as place,
                hash(range, 2) % 2 = 0 as is_own
            from range({lines})
        )
    select
        1 + household_id as household_id,
        1 + hash(household_id, 3) % 20 as store_id,
        basket_id,
        case
            when is_own
            then
                household_id % {parts}
                + {parts} * floor(place * place * {items} / {parts})
            else floor(place * place * {items})
        end::bigint as product_id,
        1 as quantity,
        1.5 as sales_value,
        timestamp '2024-01-01'
        + to_seconds((hash(basket_id, 4) % ({days} * 86400))::bigint)
            as transaction_timestamp
    from numbered;
create table raw.products as
    select
        range as product_id,
        'type ' || range % 97 || ' of ' || range % 89 as product_type,
        '1 kg' as package_size,
        'category ' || range % 50 as product_category,
        'department ' || range % {parts} as department
    from range({items});
create table raw.demographics as
    select
        1 + range as household_id,
        case when range % 3 = 0 then '65+' else '25-34' end as age
    from range({users})
"""


@dataclass
class Layer:
    """What building the models of one layer took."""

    seconds: float = 0.0
    peak_gb: float = 0.0
    models: dict[str, float] = field(default_factory=dict)


def generate(warehouse: Warehouse, users: int, items: int, lines: int) -> None:
    """Store the raw tables of a shop; the same size is always the same shop."""
    given = {"users": users, "items": items, "lines": lines, "days": DAYS}
    sql = SHOP.format(**given, per_basket=LINES_PER_BASKET, parts=PARTS)
    for statement in sql.split(";"):
        warehouse.rows(statement)


@contextmanager
def watched() -> Iterator[list[float]]:
    """Give a list of one number, which becomes the most memory since it was set."""
    most, over = [0.0], Event()

    def watch() -> None:
        while not over.wait(0.02):
            pages = int(Path("/proc/self/statm").read_text().split()[1])
            most[0] = max(most[0], pages * 4096 / 1e9)

    thread = Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield most
    finally:
        over.set()
        thread.join()


def measure(size: str, folder: Path) -> dict[str, Layer]:
    """Build a shop of a size; return what each layer took."""
    users, items, lines = map(int, size.split("x"))
    plan = compile_demo()
    layers: dict[str, Layer] = defaultdict(Layer)
    with opened(folder, f"shop_{size}") as warehouse, watched() as most:
        generate(warehouse, users, items, lines)
        most[0] = 0.0
        for result in run_models(plan, warehouse, plan.graph.select([]), 1):
            if result.error:
                raise result.error
            layer = layers[result.layer]
            layer.seconds += result.seconds
            layer.peak_gb = max(layer.peak_gb, most[0])
            layer.models[result.name] = result.seconds
            most[0] = 0.0
    return dict(layers)


def exponent(sizes: list[str], seconds: list[float]) -> str:
    """Return by which power of the lines seconds grow; nothing where they say none."""
    if len(sizes) < 2 or min(seconds) < 0.1:
        return ""
    lines = [log(int(size.split("x")[2])) for size in sizes]
    return f"{np.polyfit(lines, np.log(seconds), 1)[0]:.2f}"


def show(found: dict[str, dict[str, Layer]], models: int) -> None:
    """Print a row per layer: seconds and GB at each size, and the exponent."""
    sizes = [*found]
    print("| layer |", " | ".join(f"{size} s | GB" for size in sizes), "| exponent |")
    print("|---|" + "---|" * (2 * len(sizes) + 1))
    rows = {name: [found[size][name] for size in sizes] for name in found[sizes[0]]}
    rows["all"] = [
        Layer(
            sum(layer.seconds for layer in found[size].values()),
            max(layer.peak_gb for layer in found[size].values()),
        )
        for size in sizes
    ]
    for name, row in rows.items():
        cells = " | ".join(f"{each.seconds:.1f} | {each.peak_gb:.2f}" for each in row)
        power = exponent(sizes, [each.seconds for each in row])
        print(f"| {name} | {cells} | {power} |")
    every = {
        k: v for layer in found[sizes[-1]].values() for k, v in layer.models.items()
    }
    for name in sorted(every, key=every.__getitem__, reverse=True)[:models]:
        print(f"{name}: {every[name]:.1f} s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--sizes", nargs="+", default=SIZES)
    parser.add_argument("--models", type=int, default=0)
    asked = parser.parse_args()
    found = {}
    for size in asked.sizes:
        with work_folder() as folder, get_context("spawn").Pool(1) as pool:
            found[size] = pool.apply(measure, (size, folder))
    show(found, asked.models)


if __name__ == "__main__":
    main()
