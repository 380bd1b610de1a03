"""A refresh that can be left alone: lock, time limit, hooks, figures for monitoring."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import sleep

from recsql.config.project import Project
from recsql.engine import stops
from recsql.errors import InUse, RecsqlError
from recsql.operation import pipeline
from recsql.operation.events import Event, Listener
from recsql.operation.forget import finish
from recsql.operation.hooks import run_hook
from recsql.operation.lock import publishing_lock
from recsql.operation.outcome import Outcome
from recsql.operation.prometheus import write_metrics

RETRY_SECONDS = 5


@dataclass(frozen=True)
class Terms:
    """How a refresh is run.

    Attributes:
        threads: how many models are built at once.
        timeout: a limit in seconds.
        waiting: who is told when it waits for another refresh; None: it does not wait.
        select: the only tables to build, with all they need; none: all.
        telling: called before hooks run.
    """

    threads: int
    timeout: float | None = None
    waiting: Callable[[str], None] | None = None
    select: Sequence[str] = ()
    full_refresh: bool = False
    telling: Callable[[], None] = lambda: None


def refresh_alone(project: Project, terms: Terms, listener: Listener) -> None:
    """Refresh as `pipeline.refresh` does, alone, in time, and tell whoever asked.

    Raises:
        InUse: another process is at work; neither hooks nor figures tell of this one.
        TimedOut: it took too long; what is published is unchanged.
        RecsqlError: it failed; or it is published, and something failed after that.
    """
    with stops.listening():
        outcome = _measured(project, terms, listener)
        terms.telling()
        problems = tell(project, outcome)
    if outcome.failed:
        raise outcome.failed
    for problem in problems:
        problem.args = (f"{problem.args[0]} Version {outcome.version} is published.",)
        raise problem


def tell(project: Project, outcome: Outcome) -> list[RecsqlError]:
    """Run the hook and write the figures; return what went wrong since the publish."""
    hook = "on_failure" if outcome.failed else "on_publish"
    tellers: dict[str, Callable[[], None]] = {
        hook: lambda: run_hook(hook, project, outcome.facts(project)),
        "metrics_file": lambda: write_metrics(project, outcome),
    }
    problems = [] if outcome.error is None else [outcome.error]
    for name, tell_it in tellers.items():
        try:
            if project.vars[name]:
                tell_it()
        except (Exception, KeyboardInterrupt) as problem:
            problems.append(stops.as_error(problem))
    return problems


def _measured(project: Project, terms: Terms, listener: Listener) -> Outcome:
    """Refresh; that nobody can be told of it (a full disk) does not stop the work."""
    started = time.monotonic()
    events: list[Event] = []
    error: RecsqlError | None = None
    unheard: RecsqlError | None = None

    def take(event: Event) -> None:
        nonlocal unheard
        events.append(event)
        try:
            if unheard is None:
                listener(event)
        except OSError as problem:
            unheard = stops.as_error(problem)

    try:
        with stops.time_limit(terms.timeout):
            _refresh(project, terms, take)
            stops.hold()
    except InUse:
        raise
    except (Exception, KeyboardInterrupt) as failure:
        error = stops.as_error(failure)
        stops.leave()
    return Outcome(events, time.monotonic() - started, error or unheard)


def _refresh(project: Project, terms: Terms, listener: Listener) -> None:
    """Wait, if asked to, for other refreshes and for whoever else writes the build."""
    with publishing_lock(project.profile.folder, terms.waiting):
        while True:
            try:
                if project.profile.cluster is None:
                    finish(project, terms.threads, lambda event: None)
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
