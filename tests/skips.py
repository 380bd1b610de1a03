"""What the end of a run tells: the versions it used, and each skip with its reason.

Under CI a skip that is not in `allowed_skips.txt` fails the run, so that a test which
lost what it needs (a server, a browser, reference data) cannot go unnoticed.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest

ALLOWED = Path(__file__).with_name("allowed_skips.txt")
PACKAGES = (
    *("duckdb", "implicit", "numpy", "scipy", "pyarrow", "sqlglot"),
    *("dbt-core", "dbt-duckdb", "pyspark", "lightgbm"),
)


def allowed() -> list[re.Pattern[str]]:
    """Return one pattern per line of the list that is not a comment."""
    lines = ALLOWED.read_text().splitlines()
    return [re.compile(line) for line in lines if line and not line.startswith("#")]


def found(reporter: pytest.TerminalReporter) -> Counter[str]:
    """Return `file: reason` of every skip, with how many there were."""
    counted: Counter[str] = Counter()
    for report in reporter.stats.get("skipped", []):
        file, _, _ = report.nodeid.partition("::")
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else ""
        counted[f"{file}: {reason.removeprefix('Skipped: ')}"] += 1
    return counted


def not_allowed(skips: Counter[str]) -> list[str]:
    """Return the skips that no pattern of the list matches as a whole."""
    return [skip for skip in skips if not any(p.fullmatch(skip) for p in allowed())]


def versions() -> str:
    """Return the versions of what decides numbers, in one line."""
    named = []
    for package in PACKAGES:
        try:
            named.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            named.append(f"{package} -")
    return ", ".join(named)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a run under CI that skipped what is not on the list."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    in_worker = hasattr(session.config, "workerinput")
    if reporter and not in_worker and os.environ.get("CI") and session.exitstatus == 0:
        session.exitstatus = int(bool(not_allowed(found(reporter))))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the versions and the skips."""
    terminalreporter.write_line(f"versions: {versions()}")
    skips = found(terminalreporter)
    for skip, count in sorted(skips.items()):
        terminalreporter.write_line(f"skipped {count}: {skip}")
    for skip in not_allowed(skips):
        terminalreporter.write_line(f"NOT an allowed skip (under CI it fails): {skip}")
