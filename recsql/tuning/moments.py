"""Where `recsql tune` measures: past moments, each with a scratch warehouse of its own.

A warehouse stays from trial to trial, and only models that a setting changes are built
again: what ALS learns from does not change with its number of factors.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import numpy as np

from recsql import __version__
from recsql.compilation.render import literal
from recsql.config.project import Project
from recsql.engine.warehouse import Warehouse
from recsql.errors import InputError
from recsql.evaluation.backtest import Folds
from recsql.evaluation.past import (
    build_as_of,
    event_range,
    open_scratch,
    plan_as_of,
    remove_scratch,
    scratch_warehouse,
)
from recsql.operation.events import Listener
from recsql.tuning.space import Settings, as_vars
from recsql.tuning.targets import Target, narrowed

FIGURES, OF_ALL_LISTS = "eval_user_figures", "eval_catalogue_metrics"
SEGMENTS = "eval_segments"
RESAMPLES, SEED = 1000, 42


@dataclass(frozen=True)
class Moment:
    """One fold: models are built as of then, and scored by what followed."""

    number: int
    as_of: datetime

    @property
    def file(self) -> str:
        """Return the name of its scratch warehouse."""
        return f"tuning-{self.number}.duckdb"


@dataclass(frozen=True)
class Score:
    """The figure on one fold, over how many users, and the time that took."""

    fold: int
    value: float
    users: int
    seconds: float


@dataclass(frozen=True)
class Check:
    """The winner against the project as it is, on the fold that no search has seen.

    The interval is of the mean difference user by user; None for figures of all lists.
    """

    as_of: datetime
    before: float
    after: float
    low: float | None
    high: float | None
    users: int


@dataclass
class Bench:
    """The folds, and what is built for each; `project` is narrowed to the target."""

    project: Project
    target: Target
    folds: Folds
    threads: int
    listener: Listener
    moments: tuple[Moment, ...] = ()
    _built: dict[int, dict[str, str]] = field(default_factory=dict)

    @property
    def searched(self) -> tuple[Moment, ...]:
        """Return the folds that a search sees: all but the last."""
        return self.moments[:-1]

    def open(self) -> None:
        """Find the moments.

        Raises:
            InputError: the events do not go back far enough.
        """
        with scratch_warehouse(self.project, "tuning-0.duckdb") as warehouse:
            first, last = event_range(self.project, warehouse)
        count, days = self.folds.count + 1, self.folds.days + self.folds.gap
        self.moments = tuple(
            Moment(
                number,
                last - timedelta(days=self.folds.every * (count - number) + days),
            )
            for number in range(1, count + 1)
        )
        if first >= self.moments[0].as_of:
            raise InputError(
                f"tune: the first fold starts at {self.moments[0].as_of}, and no event "
                f"is older: the first is at {first}. Use less --folds, or a shorter "
                "--last and --every."
            )

    def close(self) -> None:
        """Remove the scratch warehouses."""
        for number in (0, *(moment.number for moment in self.moments)):
            remove_scratch(self.project, f"tuning-{number}.duckdb")

    def regions(self, users: int, most: int) -> list[str]:
        """Return the home regions with so many users, the largest first."""
        with open_scratch(self.project, self.searched[-1].file) as warehouse:
            rows = warehouse.rows(
                "select home_region from main.int_users where home_region is not null "
                "group by home_region having count(*) >= ? "
                "order by count(*) desc, home_region limit ?",
                [users, most],
            )
        return [region for (region,) in rows]

    def in_region(self, region: str) -> Bench:
        """Return a bench of the same warehouses that sees one region's users."""
        target = self.target.in_region(region)
        return replace(self, project=narrowed(self.project, target), target=target)

    def study(self) -> str:
        """Return what trials that can be compared have in common, as a short hash.

        It covers the target, the folds, the SQL of all models that are needed (and so
        the other vars) and the version of recsql.
        """
        parts = [__version__, repr(self.target)]
        for moment in self.moments:
            _, prints = plan_as_of(self._dated({}, moment), self._wanted())
            parts += [moment.as_of.isoformat(), *sorted(prints.values())]
        return sha256("\n".join(parts).encode()).hexdigest()[:12]

    def changes_nothing(self, settings: Settings) -> bool:
        """Say whether no model that the target needs would be another."""
        moment = self.moments[0]
        before, after = (
            plan_as_of(self._dated(given, moment), self._wanted())[1]
            for given in ({}, settings)
        )
        return before == after

    def score(self, settings: Settings, moment: Moment) -> Score:
        """Build what the settings change as of a moment, and return the figure.

        Raises:
            ModelError: a model failed.
            InputError: the list is empty.
        """
        started = time.perf_counter()
        with open_scratch(self.project, moment.file) as warehouse:
            value, users = self._figure(warehouse, settings, moment)
        return Score(moment.number, value, users, time.perf_counter() - started)

    def ask(
        self, settings: Settings, moment: Moment, sql: str, values: list[Any]
    ) -> dict[str, Any]:
        """Build what the settings need as of a moment; return a query's columns."""
        with open_scratch(self.project, moment.file) as warehouse:
            self._figure(warehouse, settings, moment)
            columns = warehouse.connection.execute(sql, values).fetchnumpy()
        return {name: np.ma.getdata(column) for name, column in columns.items()}

    def check(self, settings: Settings) -> Check:
        """Compare the settings with the project as it is on the last fold."""
        moment = self.moments[-1]
        with open_scratch(self.project, moment.file) as warehouse:
            before, users = self._figure(warehouse, {}, moment)
            if self.target.is_per_user:
                warehouse.rows(
                    f"create or replace table main.figures_before as {self._figures()}"
                )
            after, _ = self._figure(warehouse, settings, moment)
            check = Check(moment.as_of, before, after, None, None, users)
            return self._with_interval(warehouse, check)

    def _with_interval(self, warehouse: Warehouse, check: Check) -> Check:
        if not self.target.is_per_user:
            return check
        ((low, high, users),) = warehouse.rows(
            f"""
            with pairs as (
                select after.figure - before.figure as difference,
                    row_number() over (order by user_id) as user_number
                from main.figures_before as before
                inner join ({self._figures()}) as after using (user_id)
            )
            select bounds[1].low, bounds[1].high, users
            from (
                select count(*) as users, bootstrap_means(
                    list(0), list(cast(user_number as integer)), list(difference),
                    {{'resamples': {RESAMPLES}, 'seed': {SEED}}}
                ) as bounds
                from pairs
            )
            """
        )
        return replace(check, low=low, high=high, users=users)

    def _figure(
        self, warehouse: Warehouse, settings: Settings, moment: Moment
    ) -> tuple[float, int]:
        """Build the target's list, and return its figure and the number of users."""
        built = self._built.setdefault(moment.number, {})
        dated = self._dated(settings, moment)
        plan = build_as_of(
            dated, warehouse, self._wanted(), self.threads, self.listener, built
        )
        figure = plan.renderer.render_text(
            "{{ ratio(stable_sum('figure'), 'count(*)') }}, count(*)",
            self.project.root,
        )
        ((value, users),) = warehouse.rows(f"select {figure} from ({self._figures()})")
        if value is None:
            raise InputError(
                f"tune: nobody has a figure of {self.target.label} as of "
                f"{moment.as_of}. Use a longer --last or another --metric."
            )
        return value, users

    def _figures(self) -> str:
        """Return the query for the figures that the target's value is the mean of."""
        target = self.target
        where = (
            f"where list_name = {literal(target.list_name)} and k = {target.k} "
            f"and allow_repeat = {literal(target.allow_repeat)}"
        )
        if not target.is_per_user:
            return f"select {target.metric} as figure from main.{OF_ALL_LISTS} {where}"
        kind, name = (literal(part) for part in target.segment)
        return (
            f"select user_id, figure from main.{FIGURES} {where} and user_id in ("
            f"select user_id from main.{SEGMENTS} "
            f"where segment_kind = {kind} and segment = {name})"
        )

    def _wanted(self) -> Sequence[str]:
        wanted = (FIGURES, SEGMENTS) if self.target.is_per_user else (OF_ALL_LISTS,)
        return [f"+{name}" for name in wanted]

    def _dated(self, settings: Settings, moment: Moment) -> Project:
        given = {
            "as_of": str(moment.as_of),
            "eval_split": "time",
            "holdout_days": self.folds.days,
            "eval_gap_days": self.folds.gap,
        }
        return self.project.with_vars({**as_vars(self.project, settings), **given})
