"""A process beside a refresh that tells of its end where it cannot do so itself.

A refresh that is killed (kill -9, no memory left, an abort in a numerical library) runs
no hook and writes no last line. This process waits for it to end and does, if need be.
"""

from __future__ import annotations

import faulthandler
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from recsql.config.project import Project
from recsql.engine import stops
from recsql.errors import RecsqlError, WarehouseError
from recsql.publishing.versions import Versions

HOOK, TOLD = "hook", "told"
WATCHED = ("on_failure", "on_publish", "metrics_file")
KILLED = "refresh: its process ended before the work was done: "


@contextmanager
def watched(
    project: Project, vars_text: str | None, log_format: str
) -> Iterator[Callable[[], None]]:
    """Have another process tell of a refresh that ends like nothing else in the block.

    What it yields is to be called before a hook runs here: no hook is run twice.
    """
    if log_format == "text" and not any(project.vars[name] for name in WATCHED):
        yield lambda: None
        return
    facts = {
        "root": str(project.root),
        "vars": vars_text,
        "target": project.profile.target,
        "log_format": log_format,
        "version": Versions(project.profile.folder).current,
        "began": time.time(),
    }
    with subprocess.Popen(
        [sys.executable, "-m", "recsql.cli.watch"],
        stdin=subprocess.PIPE,
        start_new_session=True,  # ctrl-C and a closed terminal are not meant for it
    ) as watcher:
        assert watcher.stdin is not None
        watcher.stdin.write(json.dumps(facts).encode() + b"\n")
        watcher.stdin.flush()
        pipe = watcher.stdin.fileno()
        faulthandler.enable(pipe)
        stops.on_leaving(lambda error: write(pipe, error))
        try:
            yield lambda: _say(pipe, HOOK)
        finally:
            faulthandler.disable()
            _say(pipe, TOLD)
            with suppress(OSError):
                watcher.stdin.close()


def _say(pipe: int, word: str) -> None:
    with suppress(OSError):  # nobody is left to hear it
        os.write(pipe, f"{word}\n".encode())


def write(pipe: int, error: RecsqlError) -> None:
    """Say why the process is left in a moment."""
    line = {"error": error.kept, "exit_code": error.exit_code}
    os.write(pipe, f"{json.dumps(line)}\n".encode())


def main() -> None:
    """Wait for the end of standard input, and tell where nobody else has."""
    for number in stops.SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    facts = json.loads(sys.stdin.readline())
    lines = sys.stdin.read().splitlines()
    if lines[-1:] != [TOLD]:
        _tell(facts, _cause(lines), has_hook=HOOK not in lines)


def _cause(lines: Sequence[str]) -> RecsqlError:
    """Return why it ended: what it said itself, or what faulthandler did."""
    for line in lines:
        if line.startswith("{"):
            said = json.loads(line)
            error = WarehouseError(said["error"])
            error.exit_code = said["exit_code"]
            return error
    fatal = next((line for line in lines if line.startswith("Fatal")), "killed")
    return WarehouseError(KILLED + fatal.removeprefix("Fatal Python error: ") + ".")


def _tell(facts: dict[str, Any], error: RecsqlError, *, has_hook: bool) -> None:
    """Run the hook, unless it was begun, write the figures, and print the last line."""
    from recsql.cli.options import open_project
    from recsql.operation.operate import tell
    from recsql.operation.outcome import Outcome
    from recsql.terminal.logs import JsonLog

    project = open_project(Path(facts["root"]), facts["vars"], target=facts["target"])
    if not has_hook:
        project = project.with_vars({"on_failure": None, "on_publish": None})
    seconds = time.time() - facts["began"]
    outcome = Outcome([], seconds, error)
    if (published := _published(project, facts["version"], seconds)) is not None:
        outcome = Outcome([published], seconds)
    problems = tell(project, outcome)
    if facts["log_format"] == "json":
        fields: dict[str, Any] = {"exit_code": outcome.exit_code}
        if outcome.error or problems:
            fields["error"] = (outcome.error or problems[0]).kept
        level = "error" if "error" in fields else "info"
        JsonLog().line("finished", level, seconds=round(seconds, 3), **fields)


def _published(project: Project, before: int | None, seconds: float) -> Any:
    """Return what readers have since the refresh began, None if that is as before."""
    from recsql.publishing.manifest import read_manifest
    from recsql.publishing.publish import Published

    versions = Versions(project.profile.folder)
    now = versions.current
    if now is None or now == before:
        return None
    tables = read_manifest(versions, now)["tables"]
    return Published(project.profile.published_path, now, tables, seconds)


if __name__ == "__main__":
    main()
