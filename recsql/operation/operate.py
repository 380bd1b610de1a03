"""A refresh that can be left alone: lock, time limit, hooks, figures for monitoring."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from time import sleep
from typing import Any

from recsql.config.project import Project
from recsql.errors import Interrupted, InUse, RecsqlError, TimedOut
from recsql.operation import pipeline
from recsql.operation.hooks import run_hook
from recsql.operation.lock import publishing_lock
from recsql.operation.outcome import Outcome
from recsql.operation.pipeline import Event, Listener
from recsql.operation.prometheus import write_metrics

GRACE_SECONDS = 30
RETRY_SECONDS = 5


@dataclass(frozen=True)
class Terms:
    """How a refresh is run.

    Attributes:
        threads: how many models are built at once.
        timeout: a limit in seconds.
        waiting: who is told when it waits for another refresh; None: it does not wait.
        select: the only tables to build, with all they need; none: all.
    """

    threads: int
    timeout: float | None = None
    waiting: Callable[[str], None] | None = None
    select: Sequence[str] = ()
    full_refresh: bool = False


def refresh_alone(project: Project, terms: Terms, listener: Listener) -> None:
    """Refresh as `pipeline.refresh` does, alone, in time, and tell whoever asked.

    Raises:
        InUse: another process is at work; neither hooks nor figures tell of this one.
        TimedOut: it took too long; what is published is unchanged.
        RecsqlError: it failed, or it is published and then a hook failed.
    """
    outcome = _measured(project, terms, listener)
    problems = _tell(project, outcome)
    if outcome.error:
        raise outcome.error
    for problem in problems:
        raise type(problem)(f"{problem} Version {outcome.version} is published.")


def _measured(project: Project, terms: Terms, listener: Listener) -> Outcome:
    started = time.monotonic()
    events: list[Event] = []

    def take(event: Event) -> None:
        events.append(event)
        listener(event)

    error: RecsqlError | None = None
    try:
        with time_limit(terms.timeout):
            _refresh(project, terms, take)
    except InUse:
        raise
    except RecsqlError as failure:
        error = failure
    return Outcome(events, time.monotonic() - started, error)


def _refresh(project: Project, terms: Terms, listener: Listener) -> None:
    """Wait, if asked to, for other refreshes and for whoever else writes the build."""
    with publishing_lock(project.profile.folder, terms.waiting):
        while True:
            try:
                pipeline.refresh(
                    *(project, terms.threads, listener, terms.select),
                    full_refresh=terms.full_refresh,
                )
                return
            except InUse as error:
                if terms.waiting is None:
                    raise
                terms.waiting(str(error))
                sleep(RETRY_SECONDS)


def _tell(project: Project, outcome: Outcome) -> list[RecsqlError]:
    """Run the hook and write the figures; return what went wrong in either."""
    hook = "on_failure" if outcome.error else "on_publish"
    tellers: dict[str, Callable[[], None]] = {
        hook: lambda: run_hook(hook, project, outcome.facts(project)),
        "metrics_file": lambda: write_metrics(project, outcome),
    }
    problems = []
    for name, tell in tellers.items():
        try:
            if project.vars[name]:
                tell()
        except RecsqlError as problem:
            problems.append(problem)
    return problems


@contextmanager
def time_limit(seconds: float | None) -> Iterator[None]:
    """Stop the block after so many seconds; None: never.

    A query is interrupted at once, a numeric kernel when it returns. What has not ended
    GRACE_SECONDS later is left as by kill -9, which the next refresh copes with.

    Raises:
        TimedOut: the time was up.
    """
    if seconds is None:
        yield
        return
    late = f"refresh: not done after {seconds:g} s (--timeout). Nothing was published."
    rings = 0

    def ring(number: int, frame: Any) -> None:
        nonlocal rings
        rings += 1
        if rings > 1:
            print(f"Error: {late}", file=sys.stderr, flush=True)
            os._exit(TimedOut.exit_code)
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds, GRACE_SECONDS)
    try:
        yield
    except (KeyboardInterrupt, Interrupted) as stop:
        if rings:
            raise TimedOut(late) from None
        raise stop from None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
