"""Backtests: the same models as of a past moment, in a scratch warehouse."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from recsql.compiler import Plan, compile_project
from recsql.errors import InputError
from recsql.inputs import require_inputs
from recsql.pipeline import Listener, Tally
from recsql.project import Project
from recsql.render import literal, quoted
from recsql.runner import run_models
from recsql.warehouse import Warehouse, open_warehouse, require_file

ORIGIN = "origin"
PERIOD = re.compile(r"(\d+)\s*(d|w)")
SUMMARY = "eval_summary"


@dataclass(frozen=True)
class Figure:
    """One line of the evaluation summary."""

    list_name: str
    allow_repeat: str
    metric: str
    k: int
    value: float
    low: float
    high: float
    users: int


@dataclass(frozen=True)
class Backtest:
    """What a backtest found, and the window it looked at."""

    as_of: datetime
    until: datetime
    figures: tuple[Figure, ...]


def parse_days(text: str) -> int:
    """Return the days of a period such as `28d` or `4w`.

    Raises:
        InputError: the text is no period.

    >>> parse_days("28d"), parse_days("4w")
    (28, 28)
    """
    found = PERIOD.fullmatch(text.strip())
    if not found or int(found[1]) == 0:
        raise InputError(f'--last "{text}" is not a period. Use for example 28d or 4w.')
    return int(found[1]) * (7 if found[2] == "w" else 1)


def run_backtest(
    project: Project, days: int, threads: int, listener: Listener
) -> Backtest:
    """Hold out the last days of events, build all models without them, and score.

    The figures are also appended to table eval_summary of the main warehouse.

    Raises:
        InputError: there are no events, or none before the held-out window.
        ModelError: a model failed.
        TestsFailed: a test failed, e.g. that nothing later than as_of was seen.
    """
    build = project.profile.build_path
    require_file(build)
    scratch = build.with_name("backtest.duckdb")
    for leftover in scratch.parent.glob(f"{scratch.name}*"):
        leftover.unlink()
    with open_warehouse(scratch, project.profile.settings) as warehouse:
        warehouse.rows(f"attach {literal(str(build))} as {ORIGIN} (read_only)")
        first, last = _event_range(project, warehouse)
        as_of = last - timedelta(days=days)
        if first >= as_of:
            raise InputError(
                f"backtest: the window to hold out starts at {as_of}, and no event is "
                f"older: the first is at {first}. Use a shorter --last."
            )
        dated = project.with_vars({"as_of": str(as_of), "holdout_days": days})
        _evaluate(_compile(dated), warehouse, threads, listener)
        figures = _figures(warehouse)
    _append(project, scratch)
    return Backtest(as_of, last, figures)


def _compile(project: Project) -> Plan:
    """Compile so that raw tables are read from the attached main warehouse."""
    return compile_project(project, lambda *parts: quoted(ORIGIN, *parts))


def _event_range(project: Project, warehouse: Warehouse) -> tuple[datetime, datetime]:
    """Return the times of the first and last event that is not in the future."""
    plan = _compile(project)
    names = plan.graph.select(["+stg_events"])
    require_inputs(plan, warehouse, names, ORIGIN)
    for result in run_models(plan, warehouse, names, 1):
        if result.error:
            raise result.error
    now = plan.renderer.run_started_at.replace(tzinfo=None)
    ((first, last),) = warehouse.rows(
        "select min(event_at), max(event_at) from main.stg_events where event_at <= ?",
        [now],
    )
    if first is None:
        raise InputError("backtest: there is no event with a readable time.")
    return first, last


def _evaluate(
    plan: Plan, warehouse: Warehouse, threads: int, listener: Listener
) -> None:
    names = plan.graph.select([f"+{SUMMARY}"])
    tally = Tally(listener)
    tally.take(run_models(plan, warehouse, names, threads))
    tally.raise_if_models_failed()
    tally.check(plan, names, warehouse, threads)
    tally.raise_if_checks_failed(" The figures were not kept.")


def _figures(warehouse: Warehouse) -> tuple[Figure, ...]:
    rows = warehouse.rows(
        "select list_name, allow_repeat, metric, k, metric_value, interval_low, "
        f"interval_high, user_count from main.{SUMMARY} order by all"
    )
    return tuple(Figure(*row) for row in rows)


def _append(project: Project, scratch: Path) -> None:
    """Add the figures to the main warehouse, which keeps those of earlier runs."""
    target = f"main.{SUMMARY}"
    with open_warehouse(project.profile.build_path, project.profile.settings) as main:
        main.rows(f"attach {literal(str(scratch))} as scratch (read_only)")
        main.rows(
            f"create table if not exists {target} as from scratch.{target} limit 0"
        )
        main.rows(f"insert into {target} by name from scratch.{target}")
