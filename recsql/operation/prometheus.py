"""Figures of a refresh as a text file for Prometheus's node_exporter."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from recsql.config.files import write_beside
from recsql.config.project import Project
from recsql.engine.checks import ChecksFinished
from recsql.engine.scheduling import ModelResult
from recsql.errors import WarehouseError, reason
from recsql.operation.findings import Monitored, Quarantine
from recsql.operation.outcome import Outcome

SUCCEEDED = "recsql_refresh_last_success_timestamp_seconds"


def write_metrics(project: Project, outcome: Outcome) -> None:
    """Replace the file in var `metrics_file` in one step.

    Raises:
        WarehouseError: it cannot be written.
    """
    path = project.root / str(project.vars["metrics_file"])
    try:
        lines = [*_lines(outcome), *_last_success(path, outcome)]
        write_beside(path, "\n".join(lines) + "\n")
    except OSError as error:
        raise WarehouseError(
            f"metrics_file: {path}: {reason(error.strerror)}."
        ) from None


def _lines(outcome: Outcome) -> Iterator[str]:
    yield from _gauge("recsql_refresh_exit_code", "0: done", outcome.exit_code)
    yield from _gauge("recsql_refresh_duration_seconds", "How long", outcome.seconds)
    yield from _gauge("recsql_refresh_timestamp_seconds", "Its end", time.time())
    seconds = {result.name: result.seconds for result in outcome.of(ModelResult)}
    yield from _gauges("recsql_model_seconds", "Time to build it", "model", seconds)
    for found in outcome.of(Quarantine):
        yield from _gauge("recsql_events_read", "Lines of events", found.read)
        name, text = "recsql_events_rejected", "Of these not used"
        yield from _gauges(name, text, "reason", found.reasons)
    for seen in outcome.of(Monitored):
        text = "Distance from the refresh before"
        yield from _gauges("recsql_drift", text, "measure", seen.drift)
        ages = {name: hours * 3600 for name, hours in seen.age_hours.items()}
        text = "Age of the newest when it began"
        yield from _gauges("recsql_newest_age_seconds", text, "table", ages)
    for checks in outcome.of(ChecksFinished):
        counts = {"failed": checks.failed, "warned": checks.warned}
        counts["passed"] = checks.passed
        yield from _gauges("recsql_tests", "Data tests", "status", counts)
    if done := outcome.published:
        yield from _gauge("recsql_published_version", "Its number", done.version)
        yield from _gauges("recsql_table_rows", "Rows", "table", done.tables)


def _last_success(path: Path, outcome: Outcome) -> list[str]:
    """Return the time of the last refresh that was done: now, or as the file has it."""
    if outcome.failed is None:
        return list(_gauge(SUCCEEDED, "The last that was done", time.time()))
    old = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return [line for line in old if SUCCEEDED in line]


def _gauge(name: str, text: str, number: float) -> Iterator[str]:
    yield f"# HELP {name} {text}."
    yield f"# TYPE {name} gauge"
    yield f"{name} {number}"


def _gauges(
    name: str, text: str, label: str, numbers: Mapping[str, float]
) -> Iterator[str]:
    if numbers:
        yield f"# HELP {name} {text}."
        yield f"# TYPE {name} gauge"
    for key, number in sorted(numbers.items()):
        safe = key.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        yield f'{name}{{{label}="{safe}"}} {number}'
