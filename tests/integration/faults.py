"""Refreshes that are killed, and what must be true of a published file after each."""

from __future__ import annotations

import multiprocessing
import random
import time
from collections.abc import Iterator
from multiprocessing.process import BaseProcess
from pathlib import Path

import duckdb

from recsql.publishing.manifest import verify
from recsql.publishing.versions import Versions

VARS = {
    "candidate_sources": ["history", "popular"],
    "publish_also": ["parquet"],
    "surfaces": [
        {
            "name": "home",
            "allow_repeat": "all",
            "length": 5,
            "personal": ["history"],
            "fallback": ["popular"],
        }
    ],
}
# processes start from one that has all modules loaded, but has never opened a file
START = multiprocessing.get_context("forkserver")
START.set_forkserver_preload(
    ["recsql.operation.operate", "recsql.seam.udfs", "sqlglot"]
)


def refresh(folder: Path) -> None:
    """Refresh a small project in a process of its own."""
    from recsql.config.project import load_project
    from recsql.operation.operate import Terms, refresh_alone

    refresh_alone(load_project(folder, VARS), Terms(threads=2), lambda event: None)


def start(folder: Path) -> BaseProcess:
    """Begin a refresh that can be killed."""
    process = START.Process(target=refresh, args=(folder,))
    process.start()
    return process


def kill_at_random(folder: Path, times: int, seed: int) -> Iterator[str]:
    """Kill as many refreshes by signal 9, and yield the moment once each is dead.

    Every other one is killed while it publishes, which is a small part of the time.
    """
    chance = random.Random(seed)
    started = time.monotonic()
    finish(folder)
    usual = time.monotonic() - started
    for number in range(times):
        process = start(folder)
        is_publishing = number % 2 == 1
        if is_publishing:
            wait_for_draft(folder, process)
        moment = chance.random() * usual * (0.15 if is_publishing else 1)
        time.sleep(moment)
        process.kill()
        process.join()
        yield f"kill {number}, {moment:.3f} s into it, {is_publishing=}"


def wait_for_draft(folder: Path, process: BaseProcess) -> None:
    """Wait until a refresh has begun to publish, or is done."""
    while process.is_alive() and not list(folder.glob("warehouse/versions/*.new")):
        time.sleep(0.002)


def finish(folder: Path) -> None:
    """Refresh to the end."""
    process = start(folder)
    process.join()
    assert process.exitcode == 0, "a refresh after a kill fails"


def require_whole(folder: Path) -> int:
    """Open the published file as a reader would and check it; return its version."""
    versions = Versions(folder / "warehouse")
    with duckdb.connect(
        str(folder / "warehouse/recsql.duckdb"), read_only=True
    ) as file:
        tables = {row[0] for row in file.execute("show tables").fetchall()}
        manifest = file.execute(
            "select table_name, row_count, version, run_id from manifest"
        ).fetchall()
        for name, rows, *_ in manifest:
            assert file.execute(f"select count(*) from {name}").fetchall() == [(rows,)]
        assert tables == {"catalog", "manifest", *(row[0] for row in manifest)}
        lists = file.execute(
            "select count(*), max(item_rank), count(distinct run_id) "
            "from rec_for_user group by user_id, surface"
        ).fetchall()
        runs = file.execute("select distinct run_id from rec_for_user").fetchall()
    assert lists
    assert all(count == last and run == 1 for count, last, run in lists)
    built = {name: run_id for name, _, _, run_id in manifest if run_id}
    assert runs == [(built["rec_for_user"],)]  # others may be older, as nothing changed
    number = int(manifest[0][2])
    assert number == versions.current
    verify(versions, number)
    return number
