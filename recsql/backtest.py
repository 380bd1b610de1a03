"""Backtests: the same models as of a past moment, in a scratch warehouse."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from recsql.errors import InputError
from recsql.past import build_as_of, event_range, scratch_warehouse
from recsql.pipeline import Listener
from recsql.project import Project
from recsql.render import literal
from recsql.warehouse import Warehouse, open_warehouse

SCRATCH = "backtest.duckdb"
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
    with scratch_warehouse(project, SCRATCH) as warehouse:
        first, last = event_range(project, warehouse)
        as_of = last - timedelta(days=days)
        if first >= as_of:
            raise InputError(
                f"backtest: the window to hold out starts at {as_of}, and no event is "
                f"older: the first is at {first}. Use a shorter --last."
            )
        dated = project.with_vars({"as_of": str(as_of), "holdout_days": days})
        build_as_of(dated, warehouse, [f"+{SUMMARY}"], threads, listener)
        figures = _figures(warehouse)
    _append(project)
    return Backtest(as_of, last, figures)


def _figures(warehouse: Warehouse) -> tuple[Figure, ...]:
    rows = warehouse.rows(
        "select list_name, allow_repeat, metric, k, metric_value, interval_low, "
        f"interval_high, user_count from main.{SUMMARY} where segment_kind = 'all' "
        "order by all"
    )
    return tuple(Figure(*row) for row in rows)


def _append(project: Project) -> None:
    """Add the figures to the main warehouse, which keeps those of earlier runs."""
    target = f"main.{SUMMARY}"
    build = project.profile.build_path
    with open_warehouse(build, project.profile.settings) as main:
        scratch = literal(str(build.with_name(SCRATCH)))
        main.rows(f"attach {scratch} as scratch (read_only)")
        kept = f"from {target} union all by name " if SUMMARY in main.kinds else ""
        main.rows(f"create or replace table {target} as {kept}from scratch.{target}")
