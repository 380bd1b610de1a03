"""What the commands do: run, test, build, publish, refresh, backtest.

Each function works on a loaded project and tells a listener what happens as it does.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field

from recsql.compilation.compiler import Plan
from recsql.config.expressions import expressions
from recsql.config.project import Project
from recsql.engine.binding import require_binding
from recsql.engine.checks import CheckResult, ChecksFinished, plan_checks, run_checks
from recsql.engine.contents import Contents
from recsql.engine.incremental import forget_builds
from recsql.engine.inputs import INPUTS, require_inputs
from recsql.engine.runner import ModelResult, run_models
from recsql.engine.suppression import suppressing
from recsql.engine.unit_tests import run_unit_tests
from recsql.engine.values import VALUES
from recsql.engine.warehouse import Warehouse, open_warehouse
from recsql.errors import InputError, ModelError, TestsFailed
from recsql.operation.findings import Found, Unchanged, findings
from recsql.operation.history import compile_with_history, create_history, recorded
from recsql.operation.journals import Taken, take_in
from recsql.publishing.manifest import built_by
from recsql.publishing.publish import Published, publish

Event = ModelResult | Found | CheckResult | ChecksFinished | Published | Taken
Listener = Callable[[Event], None]


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


@dataclass
class Tally:
    """Counts what failed while passing every event on."""

    listener: Listener
    failed_models: int = 0
    skipped: int = 0
    checks: Counter[str] = field(default_factory=Counter)
    results: list[ModelResult] = field(default_factory=list)
    answers: list[CheckResult] = field(default_factory=list)

    def take(self, events: Generator[Event, None, None]) -> None:
        """Count and forward each event; whatever goes wrong, queries are stopped."""
        with closing(events):
            for event in events:
                self.listener(event)
                if isinstance(event, ModelResult):
                    self.results.append(event)
                    self.failed_models += event.status == "failed"
                    self.skipped += event.status == "skipped"
                elif isinstance(event, CheckResult):
                    self.answers.append(event)
                    self.checks[event.status] += 1

    def check(
        self, plan: Plan, names: Sequence[str], contents: Contents, threads: int
    ) -> None:
        """Run the data tests of the named models and report them.

        A test that passed on the rows there are now has passed.
        """
        started = time.perf_counter()
        warehouse = contents.warehouse
        checks = plan_checks(plan, names, warehouse.kinds)
        known = contents.passed(checks)
        asked = [check for check in checks if check not in known]
        run_id = plan.renderer.invocation_id
        before = len(self.answers)  # of unit tests
        self.take(run_checks(asked, warehouse, threads, run_id))
        answers = zip(asked, self.answers[before:], strict=True)
        passed = {check for check, answer in answers if answer.status == "passed"}
        contents.note_passed(known | passed)
        self.listener(
            ChecksFinished(
                self.checks["passed"] + len(known),
                self.checks["failed"],
                self.checks["warned"],
                time.perf_counter() - started,
            )
        )

    def raise_if_models_failed(self) -> None:
        """Stop with exit code 1 where a model failed."""
        if self.failed_models:
            skipped = f", {self.skipped} skipped" if self.skipped else ""
            raise ModelError(f"{_count(self.failed_models, 'model')} failed{skipped}.")

    def raise_if_checks_failed(self, consequence: str = "") -> None:
        """Stop with exit code 1 where a test failed."""
        if failed := self.checks["failed"]:
            raise TestsFailed(f"{_count(failed, 'test')} failed.{consequence}")


def run(
    project: Project, selection: Selection, threads: int, listener: Listener
) -> None:
    """Build the selected models.

    Raises:
        ModelError: a model failed.
    """
    tally = Tally(listener)
    with _opened(project) as (plan, warehouse):
        names = selection.names(plan)
        _begin(plan, warehouse, names, selection.full_refresh)
        contents = Contents(plan, warehouse, forced=names)
        tally.take(run_models(plan, warehouse, names, threads, contents))
    tally.raise_if_models_failed()


def test(
    project: Project, selection: Selection, threads: int, listener: Listener
) -> None:
    """Run unit tests and data tests of the selected models.

    Raises:
        TestsFailed: a test failed.
    """
    names = selection.names(compile_with_history(project))
    tally = Tally(listener)
    tally.take(run_unit_tests(project, names))
    with _opened(project) as (plan, warehouse):
        for name in names:
            if name not in warehouse.kinds:
                raise InputError(f"test: {name} has not been built. Run: recsql build")
        contents = Contents(plan, warehouse, forced=names)
        tally.check(plan, names, contents, threads)
    tally.raise_if_checks_failed()


def build(
    project: Project, selection: Selection, threads: int, listener: Listener
) -> list[ModelResult]:
    """Build the selected models and run their data tests; return the model results.

    Raises:
        ModelError: a model failed.
        TestsFailed: a test failed.
    """
    with _opened(project) as (plan, warehouse):
        names = selection.names(plan)
        _begin(plan, warehouse, names, selection.full_refresh)
        contents = Contents(plan, warehouse, forced=names)
        return _build(plan, contents, names, threads, listener)


def publish_tables(project: Project, listener: Listener) -> Published:
    """Publish what is built."""
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
    tally.take(run_models(plan, warehouse, names, threads, contents))
    tally.raise_if_models_failed()
    if same := [result for result in tally.results if result.is_same]:
        again = sum(result.status == "done" for result in same)
        listener(Unchanged(len(same), len(tally.results), again))
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


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
