"""Backtests: the same models as of past moments, in a scratch warehouse."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from recsql.compilation.render import Renderer, literal
from recsql.config.git import git_commit
from recsql.config.project import Project
from recsql.engine.records import append_rows
from recsql.engine.warehouse import open_warehouse
from recsql.errors import InputError
from recsql.evaluation.fold_rankers import Origin, fold_ranker
from recsql.evaluation.past import (
    build_as_of,
    event_range,
    open_scratch,
    scratch_warehouse,
)
from recsql.evaluation.pooling import MADE, POOL, keep_fold, pool_folds, start_pool
from recsql.evaluation.results import Backtest, Run, read_results
from recsql.operation.events import Fold, Listener

SCRATCH = "backtest.duckdb"
PERIOD = re.compile(r"(\d+)\s*(d|w)")
MOST_DAYS = 36_500  # no moment is so far back
KEPT = (
    *("eval_runs", "eval_summary", "eval_comparisons", "eval_thresholds"),
    *("eval_suggestions", "eval_policies"),
)


@dataclass(frozen=True)
class Folds:
    """Which past moments are looked at: the last days, then `every` days earlier.

    `ranker` says whether each trains one of its own; see fold_ranker.
    """

    days: int
    count: int = 1
    every: int = 0
    gap: int = 0
    ranker: Origin = "auto"


def parse_days(text: str, option: str = "--last", least: int = 1) -> int:
    """Return the days of a period such as `28d` or `4w`.

    Raises:
        InputError: the text is no period.

    >>> parse_days("28d"), parse_days("4w")
    (28, 28)
    """
    found = PERIOD.fullmatch(text.strip())
    days = int(found[1]) * (7 if found[2] == "w" else 1) if found else 0
    if not found or not least <= days <= MOST_DAYS:
        raise InputError(
            f'{option} "{text}" is not a period. Use for example 28d or 4w.'
        )
    return days


def asked_folds(
    last: str, count: int, every: str | None, gap: str, ranker: Origin
) -> Folds:
    """Return the moments that a person asks for in words such as `28d`.

    Raises:
        InputError: one of them is no period.
    """
    days = parse_days(last)
    return Folds(
        days,
        count=count,
        every=parse_days(every, "--every") if every else days,
        gap=parse_days(gap, "--gap", least=0),
        ranker=ranker,
    )


def run_backtest(
    project: Project, days: int, threads: int, listener: Listener
) -> Backtest:
    """Hold out the last days of events, build all models without them, and score.

    The figures are also appended to tables eval_* of the main warehouse.

    Raises:
        InputError: there are no events, or none before the held-out window.
        ModelError: a model failed.
        TestsFailed: a test failed, e.g. that nothing later than as_of was seen.
    """
    return run_folds(project, Folds(days), threads, listener).whole


def run_folds(project: Project, folds: Folds, threads: int, listener: Listener) -> Run:
    """Run a backtest at one or several past moments; see run_backtest."""
    if folds.count > 1 and project.vars["eval_split"] != "time":
        raise InputError(
            f"backtest --folds {folds.count}: folds are moments in time, but var "
            f"eval_split is {project.vars['eval_split']}. Set it to time."
        )
    run = {
        "run_id": str(uuid.uuid4()),
        "commit": git_commit(project.root),
        "vars": _changed_vars(project),
        "folds": folds.count,
    }
    found = []
    start_pool(project)
    for number in range(1, folds.count + 1):
        back = timedelta(days=(folds.count - number) * (folds.every or folds.days))
        dated = project.with_vars({"eval_run": {**run, "fold": number}})
        if folds.count > 1:
            listener(Fold(number, folds.count))
        found.append(_run_fold(dated, folds, back, threads, listener))
        if folds.count > 1:
            keep_fold(project, SCRATCH)
    whole = (
        found[0] if folds.count == 1 else _whole(project, folds, run, found, threads)
    )
    _keep_thresholds(project, whole)
    return Run(tuple(found), whole)


def _whole(
    project: Project,
    folds: Folds,
    run: Mapping[str, Any],
    found: list[Backtest],
    threads: int,
) -> Backtest:
    """Return what the users of all folds together say."""
    last = found[-1]
    together = project.with_vars({"eval_run": {**run, "fold": None}})
    together = _dated(together, last.as_of, folds)
    names = [name for name in _asked(together) if name in MADE]
    whole = pool_folds(together, names, threads, (last.as_of, last.until))
    _append(project, [name for name in KEPT if name in names], POOL)
    return whole


def _keep_thresholds(project: Project, found: Backtest) -> None:
    """Keep from how many orders on lists are better, for personal_min_orders: auto."""
    metric = next(iter(project.vars["eval_compared_metrics"]), None)
    now = datetime.now(UTC).replace(tzinfo=None)
    rows = [
        {
            "run_id": found.run_id,
            "generated_at": now,
            "learned_until": found.until,
            "allow_repeat": t.allow_repeat,
            "list_name": t.list_name,
            "other_list_name": t.other_list_name,
            "min_orders": t.min_orders,
        }
        for t in found.thresholds
        if (t.metric, t.k) == (metric, min(project.vars["eval_cutoffs"]))
    ]
    with open_warehouse(project.profile.build_path, project.profile.settings) as main:
        append_rows(project, main, "order_thresholds", rows)


def _run_fold(
    project: Project, folds: Folds, back: timedelta, threads: int, listener: Listener
) -> Backtest:
    with scratch_warehouse(project, SCRATCH) as warehouse:
        first, end = event_range(project, warehouse)
        until = end - back
        as_of = until - timedelta(days=folds.days + folds.gap)
        if project.vars["eval_split"] != "time":
            as_of = end
        if first >= as_of:
            raise InputError(
                f"backtest: the window to hold out starts at {as_of}, and no event is "
                f"older: the first is at {first}. Use a shorter --last or less --folds."
            )
    moment = as_of, folds.days
    ranker = fold_ranker(project, first, moment, folds.ranker, threads, listener)
    with open_scratch(project, SCRATCH) as warehouse:
        dated = _dated(project, as_of, folds)
        asked = _asked(dated)
        wanted = [f"+{name}" for name in asked]
        build_as_of(dated, warehouse, wanted, threads, listener)
        found = read_results(dated, warehouse, as_of, until)
    _append(project, [name for name in KEPT if name in asked], SCRATCH)
    return replace(found, ranker=ranker)


def _dated(project: Project, as_of: datetime, folds: Folds) -> Project:
    return project.with_vars(
        {
            "as_of": str(as_of),
            "holdout_days": folds.days,
            "eval_gap_days": folds.gap,
        }
    )


def _asked(project: Project) -> list[str]:
    """Return the models that a backtest builds with all they need."""
    compared = project.vars["eval_compared_metrics"]
    asked = [*(KEPT[:5] if compared else KEPT[:2]), "eval_candidate_recall"]
    logged = Renderer(project).render_text("{{ has_propensities() }}", project.root)
    if logged == "yes":
        asked.append("eval_policies")
    return asked


def _append(project: Project, names: list[str], scratch: str) -> None:
    """Add the figures to the main warehouse, which keeps those of earlier runs."""
    build = project.profile.build_path
    with open_warehouse(build, project.profile.settings) as main:
        kept = [name for name in names if main.has_table("main", name)]
        file = literal(str(build.with_name(scratch)))
        main.rows(f"attach {file} as scratch (read_only)")
        for name in names:
            before = f"from main.{name} union all by name " if name in kept else ""
            main.rows(
                f"create or replace table main.{name} as {before}from scratch.{name}"
            )


def _changed_vars(project: Project) -> str:
    """Return the vars that are not the defaults, as JSON."""
    changed: Mapping[str, Any] = {
        name: value
        for name, value in sorted(project.vars.items())
        if value != project.default_vars.get(name)
    }
    return json.dumps(changed, default=str)
