"""What a person sees: progress lines, tables, errors; rich on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import cached_property
from shutil import get_terminal_size
from typing import Any

from recsql.engine.checks import CheckResult, ChecksFinished
from recsql.engine.scheduling import ModelResult
from recsql.errors import visible
from recsql.operation.events import Begun, Event, Fold, Unbuilt
from recsql.operation.findings import (
    GiantBaskets,
    Monitored,
    Noted,
    Quarantine,
    Unchanged,
)
from recsql.operation.journals import Taken
from recsql.publishing.publish import Published
from recsql.terminal.progress import Progress
from recsql.terminal.tables import table_lines

STYLES = {
    "done": "green",
    "failed": "bold red",
    "skipped": "yellow",
    "warned": "yellow",
}


SLOW_SECONDS = 5.0  # a model that took longer is told of, whatever else is not


class Console:
    """Prints to standard output, problems to standard error.

    On a terminal one live line says how far the work is, and only slow and failed
    models are listed; all are where output goes elsewhere, or `verbose` asks for it.
    """

    def __init__(self, *, verbose: bool = False) -> None:
        self.is_terminal = sys.stdout.isatty()
        self.is_brief = self.is_terminal and not verbose

    @cached_property
    def _rich(self) -> Any:
        from rich.console import Console as RichConsole

        return RichConsole(highlight=False)

    @cached_property
    def _progress(self) -> Progress:
        return Progress(self._rich)

    def event(self, event: Event) -> None:
        """Print one line for whatever the pipeline reports."""
        if isinstance(event, Begun | Fold):
            self._begun(event)
        elif isinstance(event, ModelResult):
            self._model(event)
        elif isinstance(event, CheckResult):
            self._check(event)
        elif isinstance(event, Unchanged):
            again = f", {event.again} of them built again" if event.again else ""
            self.line(f"unchanged {event.models} of {event.of} models{again}")
        elif isinstance(event, Quarantine):
            self._quarantine(event)
        elif isinstance(event, GiantBaskets):
            self._giants(event)
        elif isinstance(event, Monitored):
            self._monitored(event)
        elif isinstance(event, Noted):
            self.line(f"noted    {event.text}; see {event.table}", "yellow")
        elif isinstance(event, Unbuilt):
            names = ", ".join(event.models)
            self.line(f"not built, so no data test was run: {names}", "yellow")
        elif isinstance(event, ChecksFinished):
            self._finished(event)
        elif isinstance(event, Taken):
            self.line(event.in_words)
        else:
            self.published(event)

    def problem_event(self, event: Event) -> None:
        """Print an event only where it is a failure or a warning."""
        if isinstance(event, ModelResult | CheckResult) and event.status not in (
            "done",
            "unchanged",
            "passed",
        ):
            self.event(event)

    def published(self, published: Published) -> None:
        """Say where the published file is and what it holds."""
        rows = sum(published.tables.values())
        self.line(
            f"published {len(published.tables)} tables, {rows:,} rows, to "
            f"{published.path} in {published.seconds:.1f} s (version "
            f"{published.version})"
        )

    def note(self, text: str) -> None:
        """Print a sentence beside the progress."""
        self.line(text)

    def session(self) -> AbstractContextManager[None]:
        """Print nothing more before and after the work: a person sees it begin."""
        return nullcontext()

    def line(self, text: str = "", style: str = "") -> None:
        """Print one line; the style is used on a terminal only."""
        text = "\n".join(map(visible, text.split("\n")))
        if self.is_terminal:
            self._rich.print(text, style=style or None, markup=False, soft_wrap=True)
        else:
            print(text, flush=True)

    def problem(self, text: str) -> None:
        """Print one line to standard error."""
        print(visible(text), file=sys.stderr, flush=True)

    def table(
        self, headers: Sequence[str], rows: Sequence[Sequence[Any]], title: str = ""
    ) -> None:
        """Print rows with aligned columns; numbers to the right."""
        if title:
            self.line(title, "bold")
        width = get_terminal_size().columns if self.is_terminal else None
        for number, text in enumerate(table_lines(headers, rows, width)):
            self.line(text, "" if number else "bold")

    def next(self, *commands: str) -> None:
        """Say to a person at a terminal what to do now."""
        if self.is_terminal:
            self.line(f"next: {'   or: '.join(commands)}", "dim")

    def _begun(self, event: Begun | Fold) -> None:
        if not self.is_brief:
            return
        if isinstance(event, Begun):
            self._progress.begin(event.models)
        else:
            self._progress.part = f"fold {event.number}/{event.of}"

    def _model(self, result: ModelResult) -> None:
        if self.is_brief:
            self._progress.advance()
            if result.status == "done" and result.seconds < SLOW_SECONDS:
                return
        if result.status == "unchanged":
            return
        rows = f"{result.rows:>12,} rows" if result.rows else " " * 17
        seconds = f"{result.seconds:8.2f} s" if result.status != "skipped" else ""
        note = f"  {result.note}" if result.note else ""
        text = f"{result.status:8} {result.name:28}{rows}{seconds}{note}"
        self.line(text.rstrip(), STYLES[result.status])
        if result.error:
            self.problem(f"Error: {result.error}")

    def _check(self, result: CheckResult) -> None:
        if result.status != "passed":
            self.line(f"{result.status:8} {result.name}", STYLES[result.status])
            self.problem(f"{result.status.capitalize()}: {result.problem}")

    def _quarantine(self, found: Quarantine) -> None:
        total = sum(found.reasons.values())
        counts = ", ".join(f"{n:,} {reason}" for reason, n in found.reasons.items())
        seen = f": {counts}; see int_rejected_events" if total else ""
        self.line(f"rejected {total:,} of {found.read:,} events{seen}")

    def _giants(self, giants: GiantBaskets) -> None:
        baskets = "1 basket" if giants.baskets == 1 else f"{giants.baskets:,} baskets"
        self.line(
            f"left out of pairs: {baskets} of more than {giants.cap:,} items "
            f"({giants.lines:,} lines, up to {giants.largest:,} items); "
            "see var max_basket_items"
        )

    def _monitored(self, seen: Monitored) -> None:
        figures = {n: f for n, f in seen.drift.items() if not n.endswith(".kl")}
        if figures:
            shown = ", ".join(
                f"{name} {figure:.3f}" for name, figure in figures.items()
            )
            self.line(f"drift    {shown}")

    def _finished(self, checks: ChecksFinished) -> None:
        counts = [f"{checks.passed} passed"]
        counts += [f"{checks.failed} failed"] if checks.failed else []
        counts += [f"{checks.warned} warned"] if checks.warned else []
        self.line(f"tests    {', '.join(counts):45}{checks.seconds:8.2f} s")
