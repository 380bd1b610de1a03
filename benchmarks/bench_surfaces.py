"""One surface for many users, against `implicit`'s own recommend for the same users.

    python benchmarks/bench_surfaces.py [--users 200000] [--items 30000] [--repeats 1]

A generated world: random ALS factors, each user has taken 50 lines. Ours: cand_factors,
the candidates, the surface's lists and rec_for_user with titles and reasons, every
table stored; top 50 of the items a user does not have. The peer: the CSR matrix of
taken items, and `model.recommend` on the same factors. Target: at most 1.30 times the
peer, and less than 6 GB. Both sides' lists are compared before anything is timed.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from bench_seam import CELLS, generate, score_directly, stored_factors
from common import (
    Comparison,
    alternate,
    arrays,
    compile_demo,
    opened,
    peak_gb,
    show,
    work_folder,
)

from recsql.compilation.compiler import Plan
from recsql.engine.warehouse import Warehouse

LENGTH = 50
SURFACE = {
    "name": "discover",
    "allow_repeat": "new_only",
    "length": LENGTH,
    "personal": ["als"],
    "fallback": [],
}
STEPS = ("cand_factors", "cand_all", "list_surfaces", "list_stages")
STEPS += ("list_proposals", "list_candidates")
STEPS += ("list_stage_items", "list_pools", "list_ranked", "list_shown")
STEPS += ("list_told", "rec_for_user")
NAMES = """
create or replace table int_users as
    select user_index::bigint as user_id, user_index, 9 as order_count,
        null::varchar as group_kind, null::varchar as group_name
    from sig_user_factors;
create or replace table int_items as
    select item_index::bigint as item_id, item_index, 'item ' || item_index as title,
        null::varchar as category
    from sig_item_factors;
create or replace table int_user_items as
    select *, user_index::bigint as user_id, item_index::bigint as item_id,
        1 as basket_count, 1 as taken_count, 1 as seen_count, true as is_taken,
        false as is_in_cart, map() as type_counts, map() as type_last_at,
        timestamp '2024-01-01' as last_at, timestamp '2024-01-01' as last_taken_at,
        1.0::double as weight
    from int_user_items;
create or replace table elig_user_scopes as
    select *, user_index::bigint as user_id, null::varchar as surface,
    scope_index as offer_index, null::integer as profile
    from elig_user_scopes;
create or replace table elig_exclusions as
    select *, user_index::bigint as user_id, item_index::bigint as item_id
    from elig_exclusions;
"""


def surface_plan() -> Plan:
    """Compile the project with one source and one surface."""
    return compile_demo(
        candidate_sources=["als"], candidates_per_user=LENGTH, surfaces=[SURFACE]
    )


def build_lists(warehouse: Warehouse, plan: Plan) -> None:
    """Build the models from the factors to the public table."""
    for name in STEPS:
        warehouse.materialize(warehouse.connection, plan.models[name])


def check_lists(warehouse: Warehouse, direct: tuple[Any, Any]) -> None:
    """Stop unless both sides show each user the same items."""
    users, items = arrays(
        warehouse, "select user_id, item_id from rec_for_user order by user_id"
    )
    ids, _ = direct
    assert len(users) == ids.size, "not the same number of rows"
    for row in range(0, len(ids), max(len(ids) // 500, 1)):
        mine = slice(row * LENGTH, (row + 1) * LENGTH)
        assert set(items[mine]) == set(ids[row])


def lists_from_file(folder: Path) -> None:
    with opened(folder, "surfaces") as warehouse:
        build_lists(warehouse, surface_plan())


def recommend_from_file(folder: Path) -> None:
    given = np.load(folder / "surfaces.npz")
    score_directly(
        surface_plan(),
        [given["user_factors"], given["item_factors"]],
        [given["users"], given["items"]],
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--users", type=int, default=200_000)
    parser.add_argument("--items", type=int, default=30_000)
    parser.add_argument("--repeats", type=int, default=1)
    asked = parser.parse_args()
    plan = surface_plan()
    with work_folder() as folder:
        with opened(folder, "surfaces") as warehouse:
            generate(warehouse, asked.users, asked.items, 64)
            warehouse.rows(NAMES)
            cells = arrays(warehouse, CELLS.replace(", weight", ""))
            factors = stored_factors(warehouse)
            build_lists(warehouse, plan)
            check_lists(warehouse, score_directly(plan, factors, cells))
            ours, peer = alternate(
                lambda: build_lists(warehouse, plan),
                lambda: score_directly(plan, factors, cells),
                asked.repeats,
            )
            np.savez(
                folder / "surfaces.npz",
                users=cells[0],
                items=cells[1],
                user_factors=factors[0],
                item_factors=factors[1],
            )
        title = f"top {LENGTH} of one surface, {asked.users:,} x {asked.items:,}"
        result = Comparison(title, 1.30, ours, peer)
        show(
            [
                replace(
                    result,
                    ours_gb=peak_gb(lists_from_file, folder),
                    peer_gb=peak_gb(recommend_from_file, folder),
                )
            ]
        )


if __name__ == "__main__":
    main()
