"""What the commands of `pipeline` do where the target is Spark."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from recsql.compilation.compiler import Plan
from recsql.config.project import Project
from recsql.engine.checks import plan_checks
from recsql.engine.scheduling import ModelResult, schedule
from recsql.engine.unit_tests import run_unit_tests
from recsql.engine.values import VALUES
from recsql.errors import InputError, WarehouseError
from recsql.operation.events import Listener, Unbuilt
from recsql.operation.findings import findings
from recsql.operation.tally import Tally
from recsql.publishing.publish import Published
from recsql.spark import publishing
from recsql.spark.building import SparkBuilder
from recsql.spark.inputs import compile_for_spark, require_inputs
from recsql.spark.lock import catalog_lock
from recsql.spark.session import open_session
from recsql.spark.tables import Tables
from recsql.spark.testing import run_checks


class Selection(Protocol):
    """Which models a command is about."""

    @property
    def select(self) -> Sequence[str]:
        """Return what was asked for by name, tag ...; nothing: all."""

    def names(self, plan: Plan) -> tuple[str, ...]:
        """Return the selected nodes in build order."""


def run(
    project: Project, selection: Selection, threads: int, listener: Listener
) -> None:
    """Build the selected models.

    Raises:
        ModelError: a model failed.
    """
    with _at_work(project) as (plan, tables):
        _build(plan, tables, selection.names(plan), threads, Tally(listener))


def test(
    project: Project, selection: Selection, threads: int, listener: Listener
) -> None:
    """Run unit tests, on DuckDB, and data tests of the selected models, on Spark.

    Raises:
        TestsFailed: a test failed.
        InputError: data tests of all models were asked for, and some are not built.
    """
    tally = Tally(listener)
    names = selection.names(compile_for_spark(project))
    tally.take(run_unit_tests(project, names))
    with _opened(project) as (plan, tables):
        built = [name for name in names if name in tables.kinds]
        _check(plan, tables, built, tally)
    tally.raise_if_checks_failed()
    missing = tuple(name for name in names if name not in built)
    if missing and selection.select:
        listener(Unbuilt(missing))
    elif missing:
        raise InputError(
            f"test: {len(missing)} models are not built, such as {missing[0]}. "
            "Run: recsql build"
        )


def build(
    project: Project, selection: Selection, threads: int, listener: Listener
) -> list[ModelResult]:
    """Build the selected models and run their data tests; return the model results.

    Raises:
        ModelError: a model failed.
        TestsFailed: a test failed.
    """
    with _at_work(project) as (plan, tables):
        return _tested(plan, tables, selection.names(plan), threads, listener)


def publish_tables(project: Project, listener: Listener) -> Published:
    """Publish what is built."""
    with _at_work(project) as (plan, tables):
        published = publishing.publish(plan, tables, plan.renderer.invocation_id)
        listener(published)
    return published


def refresh(
    project: Project, threads: int, listener: Listener, select: Sequence[str] = ()
) -> list[ModelResult]:
    """Build everything, test it, publish; a failed test publishes nothing.

    Raises:
        ModelError: a model failed.
        TestsFailed: a test failed.
    """
    with _at_work(project) as (plan, tables):
        chosen = (*plan.graph.select(select), VALUES)
        names = plan.graph.with_ancestors(chosen)
        results = _tested(plan, tables, names, threads, listener)
        listener(publishing.publish(plan, tables, plan.renderer.invocation_id))
    return results


def rollback(project: Project, number: int | None = None) -> int:
    """Show readers an older version again; see `publishing.rollback`."""
    with _at_work(project) as (_, tables):
        return publishing.rollback(tables, number)


def kept_versions(project: Project) -> list[publishing.Row]:
    """Return the versions that are kept; see `publishing.kept_versions`."""
    with _opened(project) as (_, tables):
        return publishing.kept_versions(tables)


@contextmanager
def readers_tables(project: Project, table: str) -> Iterator[Tables]:
    """Open what readers see, or the build where they have no such table."""
    with _opened(project) as (_, tables):
        public = project.profile.cluster.schema if project.profile.cluster else ""
        tables.create_schema(public)
        published = tables.reading(public)
        is_built = table not in published.kinds and table in tables.kinds
        yield tables if is_built else published


def load(project: Project, name: str, data: Any) -> None:
    """Write an Arrow table to the raw schema, in the place of one of that name."""
    with _opened(project) as (_, tables):
        schema = str(project.vars["raw_schema"])
        tables.create_schema(schema)
        tables.write_arrow(schema, name, data)


def _tested(
    plan: Plan,
    tables: Tables,
    names: tuple[str, ...],
    threads: int,
    listener: Listener,
) -> list[ModelResult]:
    tally = Tally(listener)
    _build(plan, tables, names, threads, tally)
    for found in findings(tables, names):
        listener(found)
    _check(plan, tables, names, tally)
    tally.raise_if_checks_failed(" Nothing was published.")
    return tally.results


def _build(
    plan: Plan, tables: Tables, names: tuple[str, ...], threads: int, tally: Tally
) -> None:
    require_inputs(plan, tables, names)
    events = schedule(plan, SparkBuilder(plan, tables), names, threads)
    tally.build(len(names), events)


def _check(plan: Plan, tables: Tables, names: Sequence[str], tally: Tally) -> None:
    started = time.perf_counter()
    checks = plan_checks(plan, names, tables.kinds)
    tally.take(run_checks(checks, tables, plan.renderer.invocation_id))
    tally.finish(started)


@contextmanager
def _opened(project: Project) -> Iterator[tuple[Plan, Tables]]:
    """Compile the project, then open a session; what is wrong here needs none."""
    plan = compile_for_spark(project)
    try:
        with open_session(project.profile) as session:
            yield plan, Tables.of(session, project.profile)
    except ConnectionError:
        raise WarehouseError(
            "Spark: its process ended or cannot be reached any more. What is published "
            "is unchanged, unless it was being switched: recsql versions"
        ) from None


@contextmanager
def _at_work(project: Project) -> Iterator[tuple[Plan, Tables]]:
    """Open as `_opened` does, and be the only one who writes."""
    with _opened(project) as (plan, tables), catalog_lock(tables):
        yield plan, tables
