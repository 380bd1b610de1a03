"""Full disks, read-only folders, stopped processes, many readers, tables by dbt."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest

from recsql.publishing.versions import Versions
from tests.integration import faults
from tests.integration.conftest import QUICK, Publish, Recsql
from tests.integration.test_bad_input import finished, start
from tests.integration.test_disk_full import ROOM, Disk, disk
from tests.tries import NIGHTLY

pytestmark = pytest.mark.slow
__all__ = ["disk"]
SIZES = [0, 4_000, 30_000, 100_000, 400_000, 900_000, 2_500_000, 5_000_000, 8_000_000]
SIZES += [12_500_000]
if not NIGHTLY:
    SIZES = SIZES[::3]
VARS = ("--vars", f"{{{QUICK}}}")


def commands(shop: Path) -> dict[str, tuple[str | Path, ...]]:
    page = shop / "warehouse/page.html"
    return {
        "load": ("load", "events", shop / "events.csv"),
        "publish": ("publish", *VARS),
        "rollback": ("rollback", "--to", "1"),
        "report": ("report", "--output", page),
        "compile": ("compile", "--out", shop / "warehouse/compiled", *VARS),
        "forget": ("forget", "user 3", "--yes", *VARS),
    }


@pytest.mark.parametrize("name", ["load", "publish", "rollback", "report", "compile"])
def test_every_command_on_ten_full_disks(
    shop: Path, disk: Disk, recsql: Recsql, publish: Publish, name: str
) -> None:
    publish(shop)
    write(shop / "events.csv")
    folder = shutil.copytree(shop / "warehouse", disk.folder / "w", symlinks=True)
    shutil.rmtree(shop / "warehouse")
    (shop / "warehouse").symlink_to(folder)
    codes = []
    for free in SIZES:
        before = faults.require_whole(shop)
        disk.leave(free)
        done = recsql(*commands(shop)[name], "--project", shop)
        disk.leave(ROOM)
        codes.append(done.code)
        assert done.code in (0, 1, 2), (free, done)
        if done.code:
            assert faults.require_whole(shop) == before, free
            assert "No space left on device" in done.err, (free, done.err)
            assert "Traceback" not in done.err
            assert not list(folder.rglob("*.new")), free
    assert recsql(*commands(shop)[name], "--project", shop).code in (0, 2)
    assert set(codes) - {0}, "no disk was small enough"


def write(path: Path) -> None:
    from tests.integration.conftest import write_events

    write_events(path)


@pytest.mark.parametrize("name", ["load", "publish", "rollback", "report", "compile"])
def test_read_only_folders(
    shop: Path, recsql: Recsql, publish: Publish, tmp_path: Path, name: str
) -> None:
    """As a mount that may not be written: the user of tests may be root."""
    publish(shop)
    write(shop / "events.csv")
    mount = tmp_path / "mount"
    mount.mkdir()
    bind = ["mount", "--bind", str(shop), str(mount)]
    made = subprocess.run(bind, capture_output=True, text=True)
    if made.returncode:
        pytest.skip(f"nothing can be mounted here: {made.stderr.strip()}")
    try:
        subprocess.run(["mount", "-o", "remount,ro,bind", str(mount)], check=True)
        before = faults.require_whole(mount)
        done = recsql(*commands(mount)[name], "--project", mount)
        assert done.code in (1, 2), done
        assert len(done.err.strip().splitlines()) == 1, done.err
        assert "ead-only file system" in done.err
        assert faults.require_whole(mount) == before
        assert recsql("show", "rec_popular", "--project", mount).code == 0
    finally:
        subprocess.run(["umount", "--lazy", str(mount)], check=True)


def test_a_refresh_that_was_stopped_for_longer_than_its_limit(
    shop: Path, recsql: Recsql
) -> None:
    before = faults.require_whole(shop)
    process = start("refresh", "--timeout", "3s", "--project", shop)
    lock = shop / "warehouse/refresh.lock"
    while not (lock.exists() and lock.read_text()):
        time.sleep(0.01)
    process.send_signal(signal.SIGSTOP)
    time.sleep(4)
    process.send_signal(signal.SIGCONT)
    done = finished(process)
    assert (done.code, done.err.count("\n")) == (4, 1)
    assert "not done after 3 s (--timeout). Nothing was published." in done.err
    assert faults.require_whole(shop) == before
    assert recsql("publish", "--project", shop).code in (0, 2)


READER = """
import sys, time, duckdb
from pathlib import Path
path, stop = sys.argv[1], Path(sys.argv[2])
reads, seen = 0, set()
while not stop.exists():
    with duckdb.connect(path, read_only=True) as file:
        (version, versions), = file.execute(
            "select max(version), count(distinct version) from manifest").fetchall()
        (rows, runs), = file.execute(
            "select count(*), count(distinct run_id) from rec_for_user").fetchall()
        said, = file.execute("select row_count from manifest "
            "where table_name = 'rec_for_user'").fetchone()
    assert versions == 1 and runs == 1 and rows == said > 0, (versions, runs, rows)
    reads += 1
    seen.add(version)
    time.sleep(0.03)
print(reads, len(seen))
"""


def test_two_hundred_reads_during_ten_publishes(
    shop: Path, publish: Publish, tmp_path: Path
) -> None:
    path, stop = shop / "warehouse/recsql.duckdb", tmp_path / "stop"
    readers = [
        subprocess.Popen(
            [sys.executable, "-c", READER, str(path), str(stop)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(8)
    ]
    time.sleep(1)
    for _ in range(10):
        publish(shop)
        time.sleep(0.3)
    time.sleep(1)
    stop.touch()
    reads = 0
    for reader in readers:
        out, err = reader.communicate(timeout=120)
        assert reader.returncode == 0, err
        reads += int(out.split()[0])
        assert int(out.split()[1]) >= 2, "it saw versions come"
    assert reads >= 200
    assert Versions(shop / "warehouse").current == 11


def test_publish_takes_tables_that_dbt_replaced(shop: Path, recsql: Recsql) -> None:
    """Tables without a note of recsql's are of the run that the lists name."""
    build = shop / "warehouse/build.duckdb"
    with duckdb.connect(str(build)) as file:  # what dbt does: it replaces the tables
        for (name,) in file.execute(
            "select table_name from duckdb_tables() where schema_name = 'main'"
        ).fetchall():
            file.execute(f"create table main.{name}__dbt as from main.{name}")
            file.execute(f"drop table main.{name}")
            file.execute(f"alter table main.{name}__dbt rename to {name}")
        file.execute("drop schema recsql cascade")
        lists = file.execute("select any_value(run_id) from rec_for_user").fetchall()
    done = recsql("publish", "--project", shop)
    assert (done.code, done.err) == (0, "")
    assert faults.require_whole(shop) == 2
    with duckdb.connect(str(shop / "warehouse/recsql.duckdb"), read_only=True) as file:
        runs = file.execute(
            "select distinct run_id from manifest where table_name like 'rec_%'"
        ).fetchall()
    assert runs == lists
