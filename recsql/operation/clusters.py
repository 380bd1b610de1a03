"""What the commands of `pipeline` do where the target is Spark."""

from __future__ import annotations

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
from recsql.operation.cluster_history import create_history, recorded
from recsql.operation.events import Listener, Unbuilt
from recsql.operation.findings import findings
from recsql.operation.tally import Tally
from recsql.publishing.publish import Published
from recsql.spark import publishing
from recsql.spark.building import SparkBuilder
from recsql.spark.contents import Contents
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
        names = selection.names(plan)
        _build(Contents(plan, tables, names), names, threads, Tally(listener))


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
        _check(Contents(plan, tables, built), built, tally)
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
        names = selection.names(plan)
        return _tested(Contents(plan, tables, names), names, threads, listener)


def publish_tables(project: Project, listener: Listener) -> Published:
    """Publish what is built."""
    with (
        _at_work(project) as (plan, tables),
        recorded(plan, tables, "publish") as record,
    ):
        record.measure()
        published = publishing.publish(plan, tables, record.run_id)
        listener(published)
        record.published(published.version)
    return published


def refresh(
    project: Project,
    threads: int,
    listener: Listener,
    select: Sequence[str] = (),
    *,
    full_refresh: bool = False,
) -> list[ModelResult]:
    """Build what can have changed, test it, publish; a failed test publishes nothing.

    Raises:
        ModelError: a model failed.
        TestsFailed: a test failed.
    """
    with _at_work(project) as (plan, tables):
        chosen = (*plan.graph.select(select), VALUES)
        names = plan.graph.with_ancestors(chosen)
        with recorded(plan, tables, "refresh") as record:
            contents = Contents(plan, tables, names if full_refresh else ())
            results = _tested(contents, names, threads, record.listening(listener))
            record.measure()
            published = publishing.publish(plan, tables, record.run_id)
            listener(published)
            record.published(published.version)
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
    contents: Contents, names: tuple[str, ...], threads: int, listener: Listener
) -> list[ModelResult]:
    tally = Tally(listener)
    _build(contents, names, threads, tally)
    for found in findings(contents.tables, names):
        listener(found)
    _check(contents, names, tally)
    tally.raise_if_checks_failed(" Nothing was published.")
    return tally.results


def _build(
    contents: Contents, names: tuple[str, ...], threads: int, tally: Tally
) -> None:
    plan, tables = contents.plan, contents.tables
    require_inputs(plan, tables, names)
    events = schedule(plan, SparkBuilder(plan, tables, contents), names, threads)
    tally.build(len(names), events)


def _check(contents: Contents, names: Sequence[str], tally: Tally) -> None:
    plan, tables = contents.plan, contents.tables
    checks = plan_checks(plan, names, tables.kinds)
    run_id = plan.renderer.invocation_id
    tally.ask(checks, contents, lambda asked: run_checks(asked, tables, run_id))


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
        create_history(plan, tables)
        yield plan, tables
