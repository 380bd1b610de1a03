"""What the learned ranker is worth, by the product's own evaluation.

    python benchmarks/bench_ranker.py [--folds 3] [--vars "{ranker_depth: 100}"]

The last 28 of the demo's 365 days are held out. The ranker is trained on what came
before (train-ranker --until that moment), then the models are built as of that moment
and the ranker's list is scored beside those of the sources: its rows join cand_all, and
the evaluation models run as they are. Prints NDCG@10 of every list over all items and
over new ones, and the seconds of training and of the ranker's models in a refresh. With
ranker_depth 50 it printed: ranker .4336 of all and .0521 of new items; the best source
has .4075 (history) and .0458 (graph_filter), the cascades .4082 and .0459.
"""

from __future__ import annotations

import argparse
import time
from datetime import timedelta

import yaml
from bench_quality import demo
from common import work_folder

from recsql.config.project import Project
from recsql.engine.runner import run_models
from recsql.engine.scheduling import ModelResult
from recsql.engine.warehouse import Warehouse
from recsql.evaluation.past import build_as_of, event_range, scratch_warehouse
from recsql.evaluation.training import Past, Trained, train_ranker
from recsql.operation.events import Event
from recsql.terminal.console import Console

WANTED = ("+eval_summary", "+rank_scores")
FIGURES = """
select list_name, allow_repeat, metric_value, user_count
from main.eval_summary
where metric = 'ndcg' and k = 10 and segment_kind = 'all'
order by allow_repeat, metric_value desc
"""


def score(warehouse: Warehouse, dated: Project) -> dict[str, float]:
    """Evaluate the ranker's list with the others; return the seconds of its models."""
    seconds = {}

    def listen(event: Event) -> None:
        Console().problem_event(event)
        if isinstance(event, ModelResult) and event.layer == "ranking":
            seconds[event.name] = event.seconds

    plan = build_as_of(dated, warehouse, WANTED, 1, listen)
    columns = ", ".join(
        row[0] for row in warehouse.rows("select column_name from (describe cand_all)")
    )
    for sql in (
        "create temp table candidates as from cand_all",
        "drop view cand_all",
        "create table cand_all as from candidates",
        f"insert into cand_all select {columns} from rank_scores",
    ):
        warehouse.rows(sql)
    for result in run_models(
        plan, warehouse, plan.graph.select(["metric_definitions", "evaluation"]), 1
    ):
        if result.error:
            raise result.error
    return seconds


def show(trained: Trained, took: float, seconds: dict[str, float]) -> None:
    """Print what training found and what a refresh pays for the ranker."""
    ranker = trained.ranker
    print(
        f"trained {ranker.trees} trees on {trained.pairs:,} pairs as of "
        f"{', '.join(str(moment.date()) for moment in trained.moments)} in {took:.0f} s"
    )
    for feature in trained.features:
        print(
            f"{feature.feature:24}{feature.theme:18}{feature.gain_share:8.4f}"
            f"{feature.coverage:8.3f}{feature.milliseconds:8.0f} ms"
        )
    parts = ", ".join(f"{name} {spent:.1f}" for name, spent in seconds.items())
    print(f"the ranker's models: {sum(seconds.values()):.1f} s ({parts})")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--folds", type=int, default=3)
    parser.add_argument("--vars", type=yaml.safe_load, default={})
    asked = parser.parse_args()
    with work_folder() as folder:
        project, days = demo(folder)
        project = project.with_vars(asked.vars)
        with scratch_warehouse(project, "range.duckdb") as warehouse:
            _, last = event_range(project, warehouse)
        as_of = last - timedelta(days=days)
        started = time.perf_counter()
        past = Past(asked.folds, every=days, days=days, until=as_of)
        trained = train_ranker(project, past, 2, Console().problem_event)
        took = time.perf_counter() - started
        given = {"ranker": True, "as_of": str(as_of), "holdout_days": days}
        with scratch_warehouse(project, "scored.duckdb") as warehouse:
            seconds = score(warehouse, project.with_vars(given))
            figures = warehouse.rows(FIGURES)
    show(trained, took, seconds)
    for name, kind, ndcg, users in figures:
        print(f"{kind:12}{name:20}{ndcg:8.4f}{users:8} users")


if __name__ == "__main__":
    main()
