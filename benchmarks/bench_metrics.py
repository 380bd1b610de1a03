"""Metrics of a million recommendations, against RecTools' calc_metrics.

    python benchmarks/bench_metrics.py [--users 100000] [--repeats 3]

Ten metrics at three cutoffs: the models of sql/evaluation from the lists to the mean of
each metric, stored, against `rectools.metrics.calc_metrics` on data frames that are in
memory; target: at least 4 times faster, and equal to 1e-9. Then the bootstrap of all
figures, 1,000 resamples of the users; target: at most 10 seconds.
RecTools needs NumPy 1: install the extra `bench-metrics` into an environment of its
own.
"""

from __future__ import annotations

import argparse
import time
from typing import Any

import numpy as np
import pandas as pd
from common import Comparison, alternate, show

from recsql.compilation.compiler import compile_project
from recsql.config.project import builtin_root, load_project
from recsql.engine.warehouse import Warehouse, open_warehouse

CUTOFFS = (5, 8, 10)
LIST_LENGTH = 10
ITEMS = 20_000
# RecTools divides MAP by the items taken, recsql by at most k: up to 5 they agree.
MOST_TAKEN = 5
METRICS = ("precision", "recall", "f1", "hit_rate", "map", "mrr", "ndcg")
METRICS += ("inverse_user_frequency", "popularity", "list_fullness")
MODELS = ("eval_kinds", "eval_hits", "eval_ideals", "eval_user_metrics")
MODELS += ("eval_list_metrics", "eval_user_figures")


def pairs(chance: np.random.Generator, users: int, most: int) -> pd.DataFrame:
    """Return up to `most` different items of each user, popular ones more often."""
    rows = pd.DataFrame(
        {
            "user_id": np.repeat(np.arange(users), most),
            "item_id": (ITEMS * chance.random(users * most) ** 3).astype(np.int64),
        }
    )
    return rows.drop_duplicates(ignore_index=True)


def world(users: int) -> dict[str, pd.DataFrame]:
    """Return lists, what was taken, and what had been taken before."""
    chance = np.random.default_rng(1)
    lists = pairs(chance, users, 2 * LIST_LENGTH)
    lists["rank"] = lists.groupby("user_id").cumcount() + 1
    return {
        "reco": lists[lists["rank"] <= LIST_LENGTH].reset_index(drop=True),
        "truth": pairs(chance, users, MOST_TAKEN),
        "before": pairs(chance, users, 10),
    }


def store(warehouse: Warehouse, frames: dict[str, pd.DataFrame]) -> None:
    """Store the world as the tables that the evaluation models read."""
    for name, frame in frames.items():
        warehouse.connection.register("given", frame)
        warehouse.rows(f"create table {name} as from given")
        warehouse.connection.unregister("given")
    warehouse.rows("create table int_user_items as from before")
    warehouse.rows(
        "create table eval_lists as select 'peer' as list_name, 'all' as allow_repeat, "
        "user_id, item_id, rank as item_rank from reco"
    )
    warehouse.rows(
        "create table int_items as select item_id, count(before.user_id) as user_count,"
        " cast(row_number() over (order by item_id) - 1 as integer) as item_index, "
        "null as category, true as is_eligible, false as is_new from "
        "(select distinct item_id from reco) full join before using (item_id) "
        "group by item_id"
    )
    warehouse.rows(
        "create table eval_truth as select user_id, item_id, false as is_newcomer, "
        "false as is_repeat, 1.0::double as weight, item_id as popularity_place, "
        "1.0::double as item_weight from truth"
    )
    warehouse.rows(
        "create table int_users as select user_id, 1 as order_count, null as "
        "home_region, null as user_group from before group by user_id"
    )
    warehouse.rows("create table eval_newcomers as select user_id from before limit 0")


def ours(warehouse: Warehouse, plan: Any) -> dict[str, float]:
    """Build the models and return the mean of every metric."""
    for model in MODELS:
        warehouse.materialize(warehouse.connection, plan.models[model])
    rows = warehouse.rows(
        "select metric, k, avg(figure) from eval_user_figures group by metric, k"
    )
    return {f"{metric}@{k}": figure for metric, k, figure in rows}


def theirs(frames: dict[str, pd.DataFrame]) -> dict[str, float]:
    """Return the same by RecTools."""
    from rectools import metrics

    asked: dict[str, Any] = {}
    for k in CUTOFFS:
        asked |= {
            f"precision@{k}": metrics.Precision(k=k),
            f"recall@{k}": metrics.Recall(k=k),
            f"f1@{k}": metrics.F1Beta(k=k, beta=1.0),
            f"hit_rate@{k}": metrics.HitRate(k=k),
            f"map@{k}": metrics.MAP(k=k),
            f"mrr@{k}": metrics.MRR(k=k),
            f"ndcg@{k}": metrics.NDCG(k=k, divide_by_achievable=True),
            f"inverse_user_frequency@{k}": metrics.MeanInvUserFreq(k=k),
            f"popularity@{k}": metrics.AvgRecPopularity(k=k),
            f"list_fullness@{k}": metrics.SufficientReco(k=k, deep=True),
        }
    found: dict[str, float] = metrics.calc_metrics(
        asked, frames["reco"], frames["truth"], frames["before"]
    )
    return found


def main() -> None:
    """Compare both sides, then time them in turn."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=100_000)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    frames = world(options.users)
    project = load_project(
        builtin_root(),
        {
            "as_of": "2024-01-01",
            "eval_cutoffs": list(CUTOFFS),
            "eval_metrics": list(METRICS),
            "eval_segments": [],
        },
    )
    plan = compile_project(project)
    with open_warehouse(None, {"TimeZone": "UTC"}) as warehouse:
        store(warehouse, frames)
        mine, other = ours(warehouse, plan), theirs(frames)
        assert mine.keys() == other.keys()
        worst = max(abs(mine[name] - other[name]) for name in mine)
        print(f"{len(mine)} figures, largest difference {worst:.1e}")
        assert worst < 1e-9
        costs = alternate(
            lambda: ours(warehouse, plan), lambda: theirs(frames), options.repeats
        )
        rows = f"{len(frames['reco']):,} rows, {len(mine)} figures"
        show([Comparison(rows, 0.25, *costs)])
        warehouse.materialize(warehouse.connection, plan.models["eval_segments"])
        started = time.perf_counter()
        warehouse.materialize(warehouse.connection, plan.models["eval_bounds"])
        seconds = time.perf_counter() - started
        print(f"bootstrap of them over {options.users:,} users: {seconds:.1f} s")


if __name__ == "__main__":
    main()
