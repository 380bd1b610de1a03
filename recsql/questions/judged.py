"""Which of two versions of a project has the better lists: both as of a past moment.

The lists of both are scored by the newer version's models on what was taken afterwards,
so every metric is of the same users and the same truth, and differences are paired.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from recsql.compilation.render import Renderer, literal, quoted
from recsql.config.project import Project
from recsql.engine.warehouse import Warehouse
from recsql.evaluation.fold_rankers import fold_ranker
from recsql.evaluation.past import (
    build_as_of,
    event_range,
    open_scratch,
    scratch_warehouse,
)
from recsql.operation.events import Listener
from recsql.questions.queries import answer, render_query
from recsql.questions.shows import Shown

SCRATCH = "judged.duckdb"


def judge(
    sides: Sequence[Project], days: int, threads: int, listener: Listener
) -> Shown | None:
    """Return how much better the newer lists are, metric by metric.

    Args:
        sides: the older project and the newer one, each with a build of its own.
        days: how many of the last days are held out.
        threads: how many models are built at once.
        listener: is told what happens.

    Returns:
        A row per surface and metric, None where no event is older than the holdout.
    """
    older, newer = sides
    with scratch_warehouse(newer, SCRATCH) as warehouse:
        first, end = event_range(newer, warehouse)
    as_of = end - timedelta(days=days)
    if first >= as_of:
        return None
    past = {"as_of": str(as_of), "holdout_days": days, "eval_gap_days": 0}
    past["eval_compared_metrics"] = newer.vars["eval_metrics"]
    for side in sides:
        fold_ranker(side, first, (as_of, days), "auto", threads, listener)
    was = older.with_vars(past)
    with scratch_warehouse(was, SCRATCH) as warehouse:
        build_as_of(was, warehouse, ["+rec_for_user"], threads, listener)
    now = newer.with_vars(past)
    with open_scratch(now, SCRATCH) as warehouse:
        file = older.profile.build_path.with_name(SCRATCH)
        warehouse.rows(f"attach {literal(str(file))} as older (read_only)")
        return _scored(now, warehouse, threads, listener)


def _scored(
    project: Project, warehouse: Warehouse, threads: int, listener: Listener
) -> Shown:
    """Put the older lists beside the newer, and let the models score them."""
    renderer = Renderer(project)
    renderer.source_relation = lambda side, table: quoted(side, "main", table)
    built: dict[str, str] = {}
    build_as_of(project, warehouse, ["+eval_lists"], threads, listener, built)
    lists = render_query(renderer, "diff_scored")
    warehouse.rows(f"create or replace table main.eval_lists as {lists}")
    wanted = ["+eval_comparisons", "+eval_user_figures"]
    build_as_of(project, warehouse, wanted, threads, listener, built)
    return answer(warehouse, render_query(renderer, "diff_metrics"))
