"""What the commands do: run, test, build, publish, refresh, backtest.

Each function works on a loaded project and tells a listener what happens as it does.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from recsql.compilation.compiler import Plan
from recsql.config.expressions import expressions
from recsql.config.project import Project
from recsql.engine.binding import require_binding
from recsql.engine.contents import Contents
from recsql.engine.incremental import forget_builds
from recsql.engine.inputs import INPUTS, require_inputs
from recsql.engine.runner import run_models
from recsql.engine.scheduling import ModelResult
from recsql.engine.suppression import suppressing
from recsql.engine.unit_tests import run_unit_tests
from recsql.engine.values import VALUES
from recsql.engine.warehouse import Warehouse, open_warehouse
from recsql.errors import InputError
from recsql.operation import clusters
from recsql.operation.events import Listener, Unbuilt
from recsql.operation.findings import findings
from recsql.operation.history import compile_with_history, create_history, recorded
from recsql.operation.journals import Taken, take_in
from recsql.operation.tally import Tally
from recsql.publishing.manifest import built_by
from recsql.publishing.publish import Published, publish


@dataclass(frozen=True)
class Selection:
    """Which models a command is about; empty means all.

    `full_refresh`: the incremental ones among them are built anew.
    """

    select: Sequence[str] = ()
    exclude: Sequence[str] = ()
    full_refresh: bool = False

    def names(self, plan: Plan) -> tuple[str, ...]:
        """Return the selected nodes in build order."""
        return plan.graph.select(self.select, self.exclude)


def run(
    project: Project, selection: Selection, threads: int, listener: Listener
) -> None:
    """Build the selected models.

    Raises:
        ModelError: a model failed.
    """
    if project.profile.cluster is not None:
        return clusters.run(project, selection, threads, listener)
    tally = Tally(listener)
    with _opened(project) as (plan, warehouse):
        names = selection.names(plan)
        _begin(plan, warehouse, names, selection.full_refresh)
        contents = Contents(plan, warehouse, forced=names)
        models = run_models(plan, warehouse, names, threads, contents)
        tally.build(len(names), models)


def test(
    project: Project, selection: Selection, threads: int, listener: Listener
) -> None:
    """Run unit tests and, of what is built, data tests of the selected models.

    Raises:
        TestsFailed: a test failed.
        InputError: data tests of all models were asked for, and some are not built.
    """
    if project.profile.cluster is not None:
        return clusters.test(project, selection, threads, listener)
    names = selection.names(compile_with_history(project))
    tally = Tally(listener)
    tally.take(run_unit_tests(project, names))
    if not selection.select or project.profile.build_path.exists():
        with _opened(project) as (plan, warehouse):
            built = [name for name in names if name in warehouse.kinds]
            contents = Contents(plan, warehouse, forced=built)
            tally.check(plan, built, contents, threads)
    else:
        built = []
        tally.finish(time.perf_counter())
    tally.raise_if_checks_failed()
    missing = [name for name in names if name not in built]
    if missing and selection.select:
        listener(Unbuilt(tuple(missing)))
    elif missing:
        raise InputError(
            f"test: {_some(missing)} not built, so no data test was run of it. "
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
    if project.profile.cluster is not None:
        return clusters.build(project, selection, threads, listener)
    with _opened(project) as (plan, warehouse):
        names = selection.names(plan)
        _begin(plan, warehouse, names, selection.full_refresh)
        contents = Contents(plan, warehouse, forced=names)
        return _build(plan, contents, names, threads, listener)


def publish_tables(project: Project, listener: Listener) -> Published:
    """Publish what is built."""
    if project.profile.cluster is not None:
        return clusters.publish_tables(project, listener)
    with _opened(project) as (plan, warehouse):
        run_id = built_by(plan, warehouse)
        Contents(plan, warehouse)  # looks at tables that others may have changed
        with recorded(plan, warehouse, "publish", run_id) as record:
            record.measure()
            published = publish(plan, warehouse, run_id)
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
    """Build everything, test it, publish; a failed test publishes nothing.

    Args:
        project: what to refresh.
        threads: how many models are built at once.
        listener: is told what happens.
        select: only these tables are built, with all they need; the others are
            published as they are.
        full_refresh: incremental models are built anew, not added to.

    Raises:
        ModelError: a model failed.
        TestsFailed: a test failed.
    """
    if project.profile.cluster is not None:
        return clusters.refresh(
            *(project, threads, listener, select), full_refresh=full_refresh
        )
    with _opened(project) as (plan, warehouse):
        if (taken := take_in(project, warehouse)) != Taken():
            listener(taken)
        run_id = plan.renderer.invocation_id
        with recorded(plan, warehouse, "refresh", run_id) as record:
            told = record.listening(listener)
            chosen = (*plan.graph.select(select), VALUES)  # whatever is asked for
            names = plan.graph.with_ancestors(chosen)
            _begin(plan, warehouse, names, full_refresh)
            forced = names if full_refresh else ()
            contents = Contents(plan, warehouse, forced)
            results = _build(plan, contents, names, threads, told)
            record.measure()
            published = publish(plan, warehouse, run_id)
            listener(published)
            record.published(published.version)
    return results


def _build(
    plan: Plan,
    contents: Contents,
    names: tuple[str, ...],
    threads: int,
    listener: Listener,
) -> list[ModelResult]:
    warehouse = contents.warehouse
    tally = Tally(listener)
    models = run_models(plan, warehouse, names, threads, contents)
    tally.build(len(names), models)
    for found in findings(warehouse, names):
        listener(found)
    tally.check(plan, names, contents, threads)
    tally.raise_if_checks_failed(" Nothing was published.")
    return tally.results


def _begin(
    plan: Plan, warehouse: Warehouse, names: tuple[str, ...], full_refresh: bool
) -> None:
    """Check what the models need, and let the incremental ones be built anew."""
    require_inputs(plan, warehouse, names)
    if any(each.var not in INPUTS for each in expressions(plan.project.vars)):
        require_binding(plan, warehouse)
    if full_refresh:
        forget_builds(plan, warehouse, names)


@contextmanager
def _opened(project: Project) -> Iterator[tuple[Plan, Warehouse]]:
    """Compile the project and open its warehouse; who is forgotten is left out."""
    plan = compile_with_history(project)
    profile = project.profile
    path, settings = profile.build_path, profile.settings
    is_loaded = project.vars["events"].get("model") is None
    with open_warehouse(path, settings, must_exist=is_loaded) as warehouse:
        create_history(project, warehouse)
        if (without := suppressing(project, warehouse)) is not project:
            plan = compile_with_history(without)
        yield plan, warehouse


def _some(names: Sequence[str]) -> str:
    """Return some names as the subject of a sentence."""
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"{', '.join(names[:3])}{more} {'is' if len(names) == 1 else 'are'}"
