"""One linear program over all slots of a surface: margin, stock and promises, by SQL.

    python benchmarks/bench_optimize.py [--users 2469] [--items 5000] [--length 20]

Generated worths of every pair of user and item; half of the items are scarce, ten
suppliers of fifty were promised half as many impressions again as chance gives. First
all pairs are one program, then prices are those of a sample of the users (`pairs`, a
tenth). The function is called from SQL, as list_programs calls it, so that the seam is
part of the time. Goal: 2,469 users x 20 slots x 5,000 items within 60 seconds.
"""

from __future__ import annotations

import argparse
import resource
import time

import duckdb

from recsql.seam.udfs import register

PAIRS = """
create table worths as
select *, chance * margin as worth,
    cast(row_number() over (
        partition by user_index order by chance * margin desc, item_index
    ) as integer) as place
from (
    select
        cast(users.range as integer) as user_index,
        cast(items.range as integer) as item_index,
        (hash(users.range, items.range) % 1000003) / 1000003.0
        / (1 + 5 * (hash(items.range) % 97) / 97.0) * 0.3 as chance,
        (hash(items.range, 'margin') % 1009) / 201.8 as margin
    from range($users) as users, range($items) as items
)
"""
LIMITS = """
create table limits as
select
    cast(range as integer) as item_index,
    case
        when hash(range, 'limited') % 2 = 0
        then $users * 0.02 * (hash(range, 'stock') % 101) / 101.0
        else -1.0
    end as stock,
    case
        when hash(range, 'supplier') % 50 < 10
        then cast(hash(range, 'supplier') % 50 as integer)
        else -1
    end as supplier_index
from range($items)
"""
SOLVE = """
create or replace table programs as
select allot(
    {'user_index': list(user_index), 'item_index': list(item_index),
     'place': list(place), 'chance': list(chance), 'worth': list(worth)},
    (select {'item_index': list(item_index), 'stock': list(stock),
             'supplier_index': list(supplier_index)} from limits),
    list_transform(range(10), lambda n: $users * $length * 0.03),
    cast($length as integer), cast($pairs as bigint)) as program
from worths
"""
EARNED = """
select sum(worths.worth)
from (select unnest(program.shown, recursive := true) from programs) as shown
inner join worths using (user_index, item_index)
where shown.item_place <= $length
"""


def main() -> None:
    """Time both, and print a line of each."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name, number in (("users", 2_469), ("items", 5_000), ("length", 20)):
        parser.add_argument(f"--{name}", type=int, default=number)
    given = vars(parser.parse_args())
    connection = duckdb.connect()
    register(connection)
    sizes = {"users": given["users"], "items": given["items"]}
    connection.execute(PAIRS, sizes)
    connection.execute(LIMITS, sizes)
    count = given["users"] * given["items"]
    print(f"{count:,} pairs, {given['users']:,} users x {given['length']} slots")
    for told, pairs in (("all pairs", count), ("a sample", count // 10)):
        started = time.perf_counter()
        asked = {"users": given["users"], "length": given["length"], "pairs": pairs}
        connection.execute(SOLVE, asked)
        seconds = time.perf_counter() - started
        ((earned,),) = connection.execute(
            EARNED, {"length": given["length"]}
        ).fetchall()
        print(f"prices of {told}: {seconds:.1f} s, worth {earned:,.1f}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"peak memory {peak:.1f} GB")


if __name__ == "__main__":
    main()
