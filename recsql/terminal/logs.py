"""Progress as JSON, one object a line, for machines that collect logs."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any

from recsql import __version__
from recsql.engine.checks import CheckResult, ChecksFinished
from recsql.engine.scheduling import ModelResult
from recsql.errors import RecsqlError, visible
from recsql.operation.events import Event
from recsql.operation.findings import (
    GiantBaskets,
    Monitored,
    Noted,
    Quarantine,
    Unchanged,
)
from recsql.operation.journals import Taken
from recsql.publishing.publish import Published
from recsql.redaction import without_values

NAMES: dict[type, str] = {
    ModelResult: "model",
    CheckResult: "check",
    ChecksFinished: "checks",
    Unchanged: "unchanged",
    Taken: "taken_in",
    Quarantine: "quarantine",
    GiantBaskets: "giant_baskets",
    Monitored: "monitored",
    Noted: "noted",
    Published: "published",
}
LEVELS = {"failed": "error", "skipped": "warning", "warned": "warning"}


class JsonLog:
    """Writes what the pipeline reports to standard output."""

    def event(self, event: Event) -> None:
        """Write one event; of the single tests only those that did not pass."""
        if type(event) not in NAMES or getattr(event, "status", "") == "passed":
            return
        status = getattr(event, "status", "done")
        fields = {name: field for name, field in vars(event).items() if name != "row"}
        self.line(NAMES[type(event)], LEVELS.get(status, "info"), **fields)

    def note(self, text: str) -> None:
        """Write a sentence for a person."""
        self.line("note", message=text)

    @contextmanager
    def session(self) -> Iterator[None]:
        """Write a first line, and a last one that says how it ended."""
        started = time.monotonic()
        with suppress(OSError):  # a full disk behind standard output stops no work
            self.line("started", version=__version__, pid=os.getpid())
        ended: dict[str, Any] = {"exit_code": 0}
        try:
            yield
        except BaseException as error:
            code = 130 if isinstance(error, KeyboardInterrupt) else 1
            code = error.exit_code if isinstance(error, RecsqlError) else code
            said = error.kept if isinstance(error, RecsqlError) else str(error)
            ended = {"exit_code": code, "error": said or type(error).__name__}
            raise
        finally:
            level = "error" if "error" in ended else "info"
            seconds = round(time.monotonic() - started, 3)
            with suppress(OSError):
                self.line("finished", level, seconds=seconds, **ended)

    def line(self, name: str, level: str = "info", /, **fields: Any) -> None:
        """Write one line: time, level, what it is about, and its fields."""
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        content = {"at": now, "level": level, "event": name}
        content |= {name: _kept(field) for name, field in fields.items()}
        text = json.dumps(content, default=str, ensure_ascii=False)
        sys.stdout.write(visible(text) + "\n")
        sys.stdout.flush()


def _kept(field: Any) -> Any:
    """Return a field as logs may keep it: without values of rows."""
    if isinstance(field, RecsqlError):
        return field.kept
    return without_values(field) if isinstance(field, str) else field
