"""Models built and tests run, counted and told of."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Protocol

from recsql.compilation.compiler import Plan
from recsql.engine.checks import (
    Check,
    CheckResult,
    ChecksFinished,
    plan_checks,
    run_checks,
)
from recsql.engine.contents import Contents
from recsql.engine.scheduling import ModelResult
from recsql.errors import ModelError, TestsFailed
from recsql.operation.events import Begun, Event, Listener
from recsql.operation.findings import Unchanged

Run = Callable[[Sequence[Check]], Generator[Event, None, None]]


class Passed(Protocol):
    """What is known of tests, as an engine's contents know it."""

    def passed(self, checks: Iterable[Check]) -> set[Check]:
        """Return those checks that passed on the very rows there are now."""

    def note_passed(self, checks: Iterable[Check]) -> None:
        """Write down which checks passed."""


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

    def build(self, models: int, events: Generator[ModelResult, None, None]) -> None:
        """Report models as they are built, and how many they are.

        Raises:
            ModelError: one failed.
        """
        self.listener(Begun(models))
        self.take(events)
        if self.failed_models:
            skipped = f", {self.skipped} skipped" if self.skipped else ""
            raise ModelError(f"{_count(self.failed_models, 'model')} failed{skipped}.")
        if same := [result for result in self.results if result.is_same]:
            again = sum(result.status == "done" for result in same)
            self.listener(Unchanged(len(same), len(self.results), again))

    def check(
        self, plan: Plan, names: Sequence[str], contents: Contents, threads: int
    ) -> None:
        """Run the data tests of the named models and report them.

        A test that passed on the rows there are now has passed.
        """
        warehouse, run_id = contents.warehouse, plan.renderer.invocation_id
        checks = plan_checks(plan, names, warehouse.kinds)
        self.ask(
            *(checks, contents),
            lambda asked: run_checks(asked, warehouse, threads, run_id),
        )

    def ask(self, checks: Sequence[Check], contents: Passed, run: Run) -> None:
        """Run those tests that are not known to pass, and report all."""
        started = time.perf_counter()
        known = contents.passed(checks)
        asked = [check for check in checks if check not in known]
        before = len(self.answers)  # of unit tests
        self.take(run(asked))
        answers = zip(asked, self.answers[before:], strict=True)
        passed = {check for check, answer in answers if answer.status == "passed"}
        contents.note_passed(known | passed)
        self.finish(started, len(known))

    def finish(self, started: float, known: int = 0) -> None:
        """Report how many tests ran, and how many are known to pass."""
        self.listener(
            ChecksFinished(
                self.checks["passed"] + known,
                self.checks["failed"],
                self.checks["warned"],
                time.perf_counter() - started,
            )
        )

    def raise_if_checks_failed(self, consequence: str = "") -> None:
        """Stop with exit code 1 where a test failed."""
        if failed := self.checks["failed"]:
            raise TestsFailed(f"{_count(failed, 'test')} failed.{consequence}")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
