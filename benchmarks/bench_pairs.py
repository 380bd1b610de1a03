"""Pair counts by sig_pair_counts and sig_item_pairs, against `scipy`'s M.T @ M.

    python benchmarks/bench_pairs.py [--repeats 5] [--baskets 3000000] [--items 50000]

The same run counts the same pairs on both sides in turn and compares the counts first.
recsql's side is both models as the project renders them. The peer builds
the CSR matrix of baskets and items, multiplies, and keeps the upper triangle from the
minimum count on. Demo: every pair; target: at most 4 times the peer. Generated: about
10 lines a basket, a long tail of items, at least 5 baskets per pair; target: at most
1.3 times the peer with recsql's side under 8 GB (its memory_limit is 7.5 GB).
Memory is the peak of a process that does one side's work once; 0 repeats skips a case.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from common import (
    Comparison,
    alternate,
    arrays,
    build_demo,
    compile_demo,
    opened,
    peak_gb,
    show,
    work_folder,
)

from recsql.compilation.render import Compiled
from recsql.engine.warehouse import Warehouse

LINES_PER_BASKET = 10.5
TABLES = """
create or replace table int_owners as select timestamp '2024-01-01' as changed_at;
create or replace table int_baskets as
select
    basket_id, basket_id as basket_index, count(distinct item_id) as item_count,
    timestamp '2024-01-01' as basket_at, timestamp '2024-01-01' as refreshed_at
from int_events
group by basket_id;
create or replace table int_items as
select item_id, item_id as item_index, item_id as item_code
from int_events
group by item_id;
create or replace table int_item_codes as select item_id, item_code from int_items
"""


def pairs_by_scipy(baskets: Any, items: Any, minimum: int) -> tuple[Any, Any, Any]:
    """Return (item, other item, count) of every pair seen in `minimum` baskets."""
    from scipy.sparse import csr_matrix

    matrix = csr_matrix((np.ones(len(baskets), dtype=np.int32), (baskets, items)))
    counts = (matrix.T @ matrix).tocoo()
    kept = (counts.row < counts.col) & (counts.data >= minimum)
    return counts.row[kept], counts.col[kept], counts.data[kept]


def pair_models(minimum: int) -> list[Compiled]:
    """Return the models of pairs as the project renders them."""
    models = compile_demo(min_pair_count=minimum).models
    return [models["sig_pair_counts"], models["sig_item_pairs"]]


def count_pairs(warehouse: Warehouse, models: list[Compiled]) -> None:
    """Store the counts, and a view of them."""
    for model in models:
        warehouse.materialize(warehouse.connection, model)


def generate(warehouse: Warehouse, baskets: int, items: int) -> None:
    """Store random receipts with a long tail of items; build what baskets hold."""
    import pyarrow as pa

    rng = np.random.default_rng(0)
    popularity = np.cumsum(1 / (np.arange(items) + 20.0) ** 0.9)
    lines = int(baskets * LINES_PER_BASKET)
    drawn = np.searchsorted(popularity, rng.random(lines) * popularity[-1])
    table = pa.table(
        {
            "basket_id": rng.integers(0, baskets, lines, dtype=np.int32),
            "item_id": drawn.clip(max=items - 1).astype(np.int32),
        }
    )
    warehouse.connection.register("given", table)
    warehouse.rows(
        "create or replace table int_events as "
        "select *, 1.0 as event_weight, true as is_taken from given"
    )
    warehouse.connection.unregister("given")
    warehouse.connection.execute(TABLES)
    models = compile_demo().models
    for name in ("int_basket_contents", "int_basket_items"):
        warehouse.materialize(warehouse.connection, models[name])
    warehouse.rows("drop table int_events")


def check(warehouse: Warehouse, direct: tuple[Any, Any, Any]) -> None:
    """Stop unless both sides counted the same."""
    one, other, count = arrays(
        warehouse, "select item_index, other_item_index, pair_count from sig_item_pairs"
    )
    mine, theirs = np.lexsort((other, one)), np.lexsort((direct[1], direct[0]))
    for ours, peer in zip((one, other, count), direct, strict=True):
        np.testing.assert_array_equal(ours[mine], peer[theirs])


def count_through_sql(minimum: int, name: str, folder: Path) -> None:
    with opened(folder, name) as warehouse:
        count_pairs(warehouse, pair_models(minimum))


def count_from_file(minimum: int, name: str, folder: Path) -> None:
    baskets, items = np.load(folder / f"{name}_lines.npy")
    pairs_by_scipy(baskets, items, minimum)


def compare(
    folder: Path, warehouse: Warehouse, minimum: int, repeats: int
) -> Comparison:
    """Time both sides on the warehouse's int_basket_items."""
    lines = arrays(warehouse, "select basket_index, item_index from int_basket_items")
    np.save(folder / f"{warehouse.path.stem}_lines.npy", np.stack(lines))
    count = partial(count_pairs, warehouse, pair_models(minimum))
    count()
    ((rows,),) = warehouse.rows("select count(*) from sig_item_pairs")
    check(warehouse, pairs_by_scipy(*lines, minimum))
    ours, peer = alternate(
        count,
        partial(pairs_by_scipy, *lines, minimum),
        repeats,
    )
    name = f"{warehouse.path.stem}, {len(lines[0]):,} lines, {rows:,} pairs"
    return Comparison(name, 4.0 if minimum == 1 else 1.3, ours, peer)


def with_memory(comparison: Comparison, folder: Path, minimum: int) -> Comparison:
    """Add the peak memory of each side, each measured in a process of its own."""
    name = comparison.name.partition(",")[0]
    return replace(
        comparison,
        ours_gb=peak_gb(partial(count_through_sql, minimum, name), folder),
        peer_gb=peak_gb(partial(count_from_file, minimum, name), folder),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--generated-repeats", type=int, default=3)
    parser.add_argument("--baskets", type=int, default=3_000_000)
    parser.add_argument("--items", type=int, default=50_000)
    asked = parser.parse_args()
    results = []
    with work_folder() as folder:
        if asked.repeats:
            with opened(folder, "demo") as warehouse:
                plan = compile_demo(min_pair_count=1)
                build_demo(warehouse, plan, ["+sig_item_pairs", "+int_basket_items"])
                result = compare(folder, warehouse, 1, asked.repeats)
            results.append(with_memory(result, folder, 1))
        if asked.generated_repeats:
            with opened(folder, "generated") as warehouse:
                generate(warehouse, asked.baskets, asked.items)
                result = compare(folder, warehouse, 5, asked.generated_repeats)
            results.append(with_memory(result, folder, 5))
    show(results)


if __name__ == "__main__":
    main()
