"""A day's new lines against all lines: what a refresh of pairs and rules costs.

    python benchmarks/bench_incremental.py [--lines 10000000] [--day 100000]

Generated receipts: ten lines a basket, ten baskets a user, a long tail of 50,000 items.
All models up to sig_rules are built, then the day's lines arrive, in baskets of users
who were there before, and the same models are refreshed; with --check they are built
anew, too, and sig_rules must be equal. Target: the refresh takes at most a tenth.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial

from common import Cost, compile_demo, cost, opened, work_folder

from recsql.compilation.compiler import Plan
from recsql.engine.incremental import forget_builds
from recsql.engine.runner import run_models
from recsql.engine.scheduling import ModelResult
from recsql.engine.warehouse import Warehouse

TARGET = 0.1
LINES = """
    with drawn as (
        select
            cast(hash(range // 10) % {baskets} as bigint) + {first} as basket_id,
            (hash(range) % 1000000) / 1000000.0 as luck
        from range({lines}) as lines (range)
    )

    select
        cast(hash(basket_id) % {users} as bigint) as household_id,
        cast(floor(50000 * power(luck, 2.5)) as bigint) as product_id,
        basket_id,
        cast(basket_id % 300 as bigint) as store_id,
        cast(1 as bigint) as quantity,
        luck as sales_value,
        timestamp '2023-01-01' + to_seconds(
            cast(floor(63072000.0 * basket_id / {total}) as bigint)
        ) as transaction_timestamp
"""
OTHERS = """
    create or replace table raw.products as
    select
        range as product_id, 'type' as product_type, '1' as package_size,
        'category' as product_category, 'department' as department
    from range(50000);
    create or replace table raw.demographics as
    select range as household_id, 'age' as age from range(1)
"""


def generate(warehouse: Warehouse, lines: int, first: int, total: int) -> None:
    """Append random receipts, whose baskets are numbered from `first` on."""
    baskets, users = max(lines // 10, 1), max(total // 10, 1)
    query = LINES.format(
        lines=lines, baskets=baskets, users=users, first=first, total=total
    )
    warehouse.rows("create schema if not exists raw")
    warehouse.rows(
        f"create table if not exists raw.transactions as {query} from drawn limit 0"
    )
    warehouse.rows(f"insert into raw.transactions {query} from drawn")


def refresh(plan: Plan, warehouse: Warehouse) -> list[ModelResult]:
    """Build or add to every model up to sig_rules."""
    names = plan.graph.select(["+sig_rules"])
    results = list(run_models(plan, warehouse, names, 1))
    for result in results:
        if result.error:
            raise result.error
    return results


def measured(title: str, work: Callable[[], list[ModelResult]]) -> Cost:
    """Print what each model took; return what all of them cost."""
    results: list[ModelResult] = []
    spent = cost(lambda: results.extend(work()))
    print(f"\n{title}: {spent.elapsed:.1f} s, {spent.processor:.1f} s of processors")
    for result in results:
        if result.seconds >= 0.1:
            took = f"{result.rows:>12,}{result.seconds:8.2f} s"
            print(f"  {result.name:24}{took}  {result.note}")
    return spent


def rules(warehouse: Warehouse) -> object:
    """Return a checksum of all rules."""
    return warehouse.rows(
        "select count(*), sum(cast(hash(r) as hugeint)) from sig_rules r"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--lines", type=int, default=10_000_000)
    parser.add_argument("--day", type=int, default=100_000)
    parser.add_argument("--check", action="store_true")
    asked = parser.parse_args()
    plan, total = compile_demo(), (asked.lines + asked.day) // 10
    with work_folder() as folder, opened(folder, "incremental") as warehouse:
        generate(warehouse, asked.lines, 0, total)
        warehouse.connection.execute(OTHERS)
        again = partial(refresh, plan, warehouse)
        full = measured(f"all {asked.lines:,} lines", again)
        generate(warehouse, asked.day, asked.lines // 10, total)
        day = measured(f"{asked.day:,} lines more", again)
        if asked.check:
            found = rules(warehouse)
            forget_builds(plan, warehouse, plan.graph.order)
            measured("the same, built anew", again)
            assert rules(warehouse) == found
        ratio = day.elapsed / full.elapsed
        missed = " MISSED" if ratio > TARGET else ""
        print(
            f"\nratio {ratio:.3f}, of processors "
            f"{day.processor / full.processor:.3f}, target <= {TARGET}{missed}"
        )


if __name__ == "__main__":
    main()
