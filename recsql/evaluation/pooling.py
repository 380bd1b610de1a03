"""The users of all folds of a backtest, together.

The folds' figures of users are put under each other in a warehouse of their own, and
the same models as in each fold make means, intervals and tests of them. A user of
several folds is one case there: drawn with all of them, and ranked by a mean.
"""

from __future__ import annotations

from datetime import datetime

from recsql.compilation.render import literal
from recsql.config.project import Project
from recsql.engine.runner import run_models
from recsql.evaluation.past import open_scratch, plan_as_of, remove_scratch
from recsql.evaluation.results import Backtest, read_results

POOL = "backtest-folds.duckdb"
KEPT = (
    *("eval_user_figures", "eval_segments", "eval_differences", "eval_rating_errors"),
    *("eval_catalogue_metrics", "eval_policy_users", "eval_candidate_recall"),
    *("eval_runs", "metric_definitions"),
)
MADE = (
    "list_surfaces",
    *("eval_bounds", "eval_rating_summary", "eval_summary", "eval_user_differences"),
    *("eval_mean_differences", "eval_signed_ranks"),
    *("eval_comparisons", "eval_thresholds", "eval_policies"),
    *("eval_alternatives", "eval_suggestions"),
)


def start_pool(project: Project) -> None:
    """Remove what an earlier run may have left."""
    remove_scratch(project, POOL)


def keep_fold(project: Project, scratch: str) -> None:
    """Put a fold's figures of users under those of the folds before it."""
    file = literal(str(project.profile.build_path.with_name(scratch)))
    with open_scratch(project, POOL) as pool:
        pool.rows(f"attach {file} as fold (read_only)")
        for name in KEPT:
            if not pool.has_table("main", name, "fold"):
                continue
            before = f"from main.{name} union by name "
            if not pool.has_table("main", name):
                before = ""
            elif name != "metric_definitions":
                before = f"from main.{name} union all by name "
            pool.rows(
                f"create or replace table main.{name} as {before}from fold.main.{name}"
            )


def pool_folds(
    project: Project, wanted: list[str], threads: int, window: tuple[datetime, datetime]
) -> Backtest:
    """Return what the users of all folds together say; the tables stay in POOL."""
    plan, _ = plan_as_of(project, wanted)
    with open_scratch(project, POOL) as pool:
        pool.rows(
            "create or replace table main.eval_segments as from main.eval_segments "
            "select * replace (cast(dense_rank() over (order by user_id) - 1 as "
            "integer) as user_number)"
        )
        names = tuple(n for n in plan.graph.order if n in MADE and n in plan.models)
        for result in run_models(plan, pool, names, threads):
            if result.error:
                raise result.error
        return read_results(project, pool, *window)
