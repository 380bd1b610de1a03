"""Backtests: the same models as of past moments, in a scratch warehouse."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from recsql.compilation.render import Renderer, literal
from recsql.config.git import git_commit
from recsql.config.project import Project
from recsql.engine.warehouse import Warehouse, open_warehouse
from recsql.errors import InputError
from recsql.evaluation.fold_rankers import FoldRanker, Origin, fold_ranker
from recsql.evaluation.past import (
    build_as_of,
    event_range,
    open_scratch,
    scratch_warehouse,
)
from recsql.operation.pipeline import Listener

SCRATCH = "backtest.duckdb"
PERIOD = re.compile(r"(\d+)\s*(d|w)")
KEPT = (
    *("eval_runs", "eval_summary", "eval_comparisons", "eval_thresholds"),
    "eval_policies",
)


@dataclass(frozen=True)
class Figure:
    """One line of the evaluation summary that is about all users."""

    list_name: str
    allow_repeat: str
    metric: str
    k: int
    value: float
    low: float | None
    high: float | None
    users: int


@dataclass(frozen=True)
class Comparison:
    """One list against another, user by user; by how much the first is better."""

    allow_repeat: str
    metric: str
    k: int
    list_name: str
    other_list_name: str
    difference: float
    is_significant: bool
    more_users: int | None


@dataclass(frozen=True)
class Threshold:
    """From how many orders on a list is better than another; None where it never is."""

    allow_repeat: str
    metric: str
    k: int
    list_name: str
    other_list_name: str
    min_orders: int | None


@dataclass(frozen=True)
class Policy:
    """Clicks per exposure that a list would have had, from exposures of others."""

    allow_repeat: str
    list_name: str
    k: int
    value: float
    low: float | None
    high: float | None
    shown_value: float
    effective_count: float


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


@dataclass(frozen=True)
class Backtest:
    """What one fold of a backtest found, and the window it looked at."""

    run_id: str
    as_of: datetime
    until: datetime
    figures: tuple[Figure, ...]
    comparisons: tuple[Comparison, ...]
    thresholds: tuple[Threshold, ...]
    candidate_recall: Mapping[str, float]  # of all sources, by allow_repeat
    policies: tuple[Policy, ...]
    ranker: FoldRanker | None = None


def parse_days(text: str, option: str = "--last", least: int = 1) -> int:
    """Return the days of a period such as `28d` or `4w`.

    Raises:
        InputError: the text is no period.

    >>> parse_days("28d"), parse_days("4w")
    (28, 28)
    """
    found = PERIOD.fullmatch(text.strip())
    days = int(found[1]) * (7 if found[2] == "w" else 1) if found else 0
    if not found or days < least:
        raise InputError(
            f'{option} "{text}" is not a period. Use for example 28d or 4w.'
        )
    return days


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
    return run_folds(project, Folds(days), threads, listener)[0]


def run_folds(
    project: Project, folds: Folds, threads: int, listener: Listener
) -> list[Backtest]:
    """Run a backtest at several past moments, the earliest first; see run_backtest."""
    run = {
        "run_id": str(uuid.uuid4()),
        "commit": git_commit(project.root),
        "vars": _changed_vars(project),
    }
    if folds.count > 1 and project.vars["eval_split"] != "time":
        raise InputError(
            f"backtest --folds {folds.count}: folds are moments in time, but var "
            f"eval_split is {project.vars['eval_split']}. Set it to time."
        )
    found = []
    for number in range(1, folds.count + 1):
        back = timedelta(days=(folds.count - number) * (folds.every or folds.days))
        dated = project.with_vars({"eval_run": {**run, "fold": number}})
        found.append(_run_fold(dated, folds, back, threads, listener))
    return found


def _run_fold(
    project: Project, folds: Folds, back: timedelta, threads: int, listener: Listener
) -> Backtest:
    with scratch_warehouse(project, SCRATCH) as warehouse:
        first, last = event_range(project, warehouse)
        until = last - back
        as_of = until - timedelta(days=folds.days + folds.gap)
        if project.vars["eval_split"] != "time":
            as_of = last.replace(microsecond=0) + timedelta(seconds=1)
        if first >= as_of:
            raise InputError(
                f"backtest: the window to hold out starts at {as_of}, and no event is "
                f"older: the first is at {first}. Use a shorter --last or less --folds."
            )
    moment = as_of, folds.days
    ranker = fold_ranker(project, first, moment, folds.ranker, threads, listener)
    with open_scratch(project, SCRATCH) as warehouse:
        dated = project.with_vars(
            {
                "as_of": str(as_of),
                "holdout_days": folds.days,
                "eval_gap_days": folds.gap,
            }
        )
        plan = build_as_of(
            dated, warehouse, [f"+{name}" for name in _asked(dated)], threads, listener
        )
        built = [name for name in KEPT if name in plan.models]
        found = _found(dated, warehouse, as_of, until)
    _append(project, built)
    return replace(found, ranker=ranker)


def _asked(project: Project) -> list[str]:
    """Return the models that a backtest builds with all they need."""
    compared = project.vars["eval_compared_metrics"]
    asked = [*(KEPT[:4] if compared else KEPT[:2]), "eval_candidate_recall"]
    logged = Renderer(project).render_text("{{ has_propensities() }}", project.root)
    if logged == "yes":
        asked.append("eval_policies")
    return asked


def _found(
    project: Project, warehouse: Warehouse, as_of: datetime, until: datetime
) -> Backtest:
    def rows(table: str, columns: str, where: str = "true") -> list[tuple[Any, ...]]:
        if table not in warehouse.kinds:
            return []
        return warehouse.rows(
            f"select {columns} from main.{table} where {where} order by all"
        )

    pair = "allow_repeat, metric, k, list_name, other_list_name, "
    figures = rows(
        "eval_summary",
        "list_name, allow_repeat, metric, k, metric_value, interval_low, "
        "interval_high, user_count",
        "segment_kind = 'all'",
    )
    compared = rows("eval_comparisons", pair + "difference, is_significant, more_users")
    thresholds = rows("eval_thresholds", pair + "min_orders")
    policies = rows(
        "eval_policies",
        "allow_repeat, list_name, k, policy_value, interval_low, interval_high, "
        "shown_value, effective_count",
        "estimator = 'snips'",
    )
    recalls = rows(
        "eval_candidate_recall",
        "allow_repeat, candidate_recall",
        "candidate_source = 'all sources'",
    )
    return Backtest(
        project.vars["eval_run"]["run_id"],
        as_of,
        until,
        tuple(Figure(*row) for row in figures),
        tuple(Comparison(*row) for row in compared),
        tuple(Threshold(*row) for row in thresholds),
        dict(recalls),
        tuple(Policy(*row) for row in policies),
    )


def _append(project: Project, names: list[str]) -> None:
    """Add the figures to the main warehouse, which keeps those of earlier runs."""
    build = project.profile.build_path
    with open_warehouse(build, project.profile.settings) as main:
        kept = [name for name in names if main.has_table("main", name)]
        scratch = literal(str(build.with_name(SCRATCH)))
        main.rows(f"attach {scratch} as scratch (read_only)")
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
