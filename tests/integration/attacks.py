"""Three hundred ways to be interrupted, and what must be true after each.

`make faults`: a command of a small project gets a signal at a random moment, or at a
chosen function, by a hook that stands here and not in the product. After each try: the
published file opens, is of one run and what its checksums say; hooks and history agree
with what readers have. At the end a refresh equals a full one.
"""

from __future__ import annotations

import os
import pkgutil
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from pathlib import Path

import duckdb

from recsql.publishing.versions import Versions
from tests.integration import faults

SIGNALS = (
    signal.SIGKILL,
    signal.SIGTERM,
    signal.SIGINT,
    signal.SIGALRM,
    signal.SIGHUP,
)
COMMANDS = ("load", "refresh", "publish", "rollback", "forget", "report")
POINTS: dict[str, tuple[str, ...]] = {
    "load": ("recsql.engine.suppression:drop",),
    "refresh": (
        "recsql.operation.history:Record.begin",
        "recsql.operation.history:Record.measure",
        "recsql.publishing.publish:deliver",
        "recsql.publishing.versions:Versions.seal",
        "recsql.publishing.versions:Versions.finish",
        "recsql.publishing.versions:Versions.show",
        "recsql.publishing.versions:Versions.prune",
        "recsql.operation.history:Record.published",
        "recsql.operation.operate:run_hook",
    ),
    "publish": (
        "recsql.publishing.publish:_write",
        "recsql.publishing.versions:Versions.show",
    ),
    "rollback": (
        "recsql.publishing.publish:verify",
        "recsql.publishing.versions:Versions.show",
    ),
    "forget": (
        "recsql.operation.forget:_intend",
        "recsql.operation.forget:_delete",
        "recsql.publishing.versions:Versions.show",
        "recsql.publishing.versions:Versions.prune",
        "recsql.operation.forget:remove_written",
        "recsql.operation.forget:rewrite",
    ),
    "report": ("recsql.report.page:write_beside",),
}
HOOKS = {"on_publish": "sh -c 'echo published >> told'"}
HOOKS["on_failure"] = "sh -c 'echo failed >> told'"
PAGE = "page.html"
LISTS = (
    "select user_id, surface, item_id, item_rank, score from rec_for_user order by all"
)


@dataclass
class Table:
    """How many tries of which attack there were, and how many all was well after."""

    tries: Counter[tuple[str, str]] = field(default_factory=Counter)
    survived: Counter[tuple[str, str]] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        """Yield the table for people."""
        yield f"{'command':10}{'signal':10}{'tries':>6}{'survived':>10}"
        for key in sorted(self.tries):
            command, name = key
            yield f"{command:10}{name:10}{self.tries[key]:6}{self.survived[key]:10}"
        total = sum(self.tries.values()), sum(self.survived.values())
        yield f"{'all':20}{total[0]:6}{total[1]:10}"


def work(folder: Path, command: str, user: str, number: int, point: str) -> None:
    """Run a command in a process of its own, which strikes itself at a point."""
    import sys

    from recsql.__main__ import main

    if point:
        _strike_at(point, number)
    sys.stdout = sys.stderr = (folder / "out.txt").open("w")
    given = str({**faults.VARS, **HOOKS, "publish_also": []})
    options = ["--project", str(folder), "--vars", given]
    arguments = {
        "load": ["load", "events", str(folder / "events.csv")],
        "refresh": ["refresh", "--timeout", "5m"],
        "full": ["refresh", "--full-refresh"],
        "forget": ["forget", user, "--yes"],
        "report": ["report", "--users", "3", "--items", "5", "--output"],
    }.get(command, [command])
    arguments += [str(folder / PAGE)] * (command == "report")
    sys.argv = ["recsql", *arguments, *options]
    main()


def _strike_at(point: str, number: int) -> None:
    """Let this process get a signal once a function has done its work."""
    module, _, path = point.partition(":")
    owner_name, _, name = path.rpartition(".")
    where = f"{module}:{owner_name}" if owner_name else module
    owner = pkgutil.resolve_name(where)
    before = getattr(owner, name)

    def hit(*given: object, **more: object) -> object:
        setattr(owner, name, before)
        done = before(*given, **more)
        os.kill(os.getpid(), number)
        return done

    setattr(owner, name, hit)


def attack(folder: Path, tries: int, seed: int, users: list[str]) -> Table:
    """Attack a refreshed shop so many times, and check it after each."""
    chance, table = random.Random(seed), Table()
    usual = {
        command: _time(folder, command) for command in ("load", "refresh", "report")
    }
    for number in range(tries):
        command = COMMANDS[number % len(COMMANDS)]
        turn = number + number // len(COMMANDS)  # each signal meets each command
        sign = SIGNALS[turn % len(SIGNALS)]
        if sign == signal.SIGALRM and command != "refresh":
            command = "refresh"  # only a refresh has a time limit
        point = chance.choice(POINTS[command]) if chance.random() < 0.6 else ""
        user = users[number % len(users)]
        moment = chance.random() * usual.get(command, usual["load"])
        key = (command, sign.name)
        table.tries[key] += 1
        what = f"{number}: {command} {sign.name} at {point or f'{moment:.2f} s'}"
        try:
            _one(folder, (command, user, int(sign), point), moment)
            table.survived[key] += 1
        except Exception as problem:
            table.problems.append(f"{what}: {type(problem).__name__}: {problem}")
    return table


def _one(folder: Path, what: tuple[str, str, int, str], moment: float) -> None:
    command, user, number, point = what
    if command == "rollback" and len(Versions(folder / "warehouse").numbers) < 2:
        _run(folder, "publish", user).join()
    before = faults.require_whole(folder)
    (folder / "told").unlink(missing_ok=True)
    is_left = (folder / "warehouse/forget.json").exists()
    process = _run(folder, command, user, number, point)
    if not point:
        time.sleep(moment)
        if process.is_alive() and process.pid:
            os.kill(process.pid, number)
    process.join(300)
    assert process.exitcode is not None, "it does not end"
    after = faults.require_whole(folder)
    if (folder / PAGE).exists():
        assert (folder / PAGE).read_text().rstrip().endswith("</html>"), "half a report"
    code = process.exitcode
    _require_agreement(folder, command, code, (before, after), is_left)


def _require_agreement(
    folder: Path, command: str, code: int, versions: tuple[int, int], is_left: bool
) -> None:
    """Check that hooks, exit code and history say what readers have."""
    before, after = versions
    if command == "refresh":
        told = folder / "told"
        for _ in range(100):  # the process beside a refresh that was killed tells
            if told.exists() or code == 3:
                break
            time.sleep(0.1)
        said = told.read_text().split() if told.exists() else []
        assert len(said) <= 1, said
        expected = {"published" if after > before else "failed"}
        if is_left:  # what `forget` had left is published before the refresh begins
            expected = {"published", "failed"}
        assert set(said) <= expected, (said, expected, code)
        assert said, "no hook ran"
        if code == 0:
            assert after > before, "done, but not published"
    ((run_id,),) = _read(folder, "select any_value(run_id) from rec_for_user")
    build = folder / "warehouse/build.duckdb"
    with duckdb.connect(str(build), read_only=True) as file:
        wrong = file.execute(
            "select 1 from raw.refreshes where run_id = ? and outcome = 'failed'",
            [run_id],
        ).fetchall()
    assert not wrong, "readers have a run that history calls failed"


def _run(
    folder: Path, command: str, user: str, number: int = 0, point: str = ""
) -> BaseProcess:
    process = faults.START.Process(
        target=work, args=(folder, command, user, number, point)
    )
    process.start()
    return process


def _time(folder: Path, command: str) -> float:
    started = time.monotonic()
    process = _run(folder, command, "nobody")
    process.join()
    assert process.exitcode == 0, (folder / "out.txt").read_text()
    return time.monotonic() - started


def require_equal_to_full(folder: Path) -> None:
    """Compare what a refresh makes of what is left with what a full one does."""
    rows = []
    for command in ("refresh", "full"):
        process = _run(folder, command, "nobody")
        process.join()
        assert process.exitcode == 0, (folder / "out.txt").read_text()
        faults.require_whole(folder)
        rows.append(_read(folder, LISTS))
    assert rows[0] == rows[1], "a refresh after the attacks is not as a full one"


def _read(folder: Path, query: str) -> list[tuple[object, ...]]:
    path = folder / "warehouse/recsql.duckdb"
    with duckdb.connect(str(path), read_only=True) as file:
        return file.execute(query).fetchall()
