"""What fails at night: killed, full, damaged, twice at once, the clock set back."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from recsql.publishing.versions import Versions
from tests.integration import faults
from tests.integration.conftest import QUICK, Publish, Recsql, write_events
from tests.integration.test_bad_input import finished, one_line, published, start
from tests.tries import tries

KILLS = int(os.environ.get("RECSQL_KILLS", tries(16)))  # `make faults` has 100


@pytest.mark.slow
def test_kill_9_at_random_moments(shop: Path) -> None:
    last = 1
    for number, moment in enumerate(faults.kill_at_random(shop, KILLS, seed=KILLS)):
        seen = faults.require_whole(shop)
        assert seen >= last, moment
        last = seen
        if number % 2:  # the others are killed again before a refresh gets through
            faults.finish(shop)
            last = faults.require_whole(shop)
            assert last > seen, moment
    folder = shop / "warehouse"
    faults.finish(shop)
    assert len(list((folder / "versions").iterdir())) == 3
    here = {path.name for path in folder.iterdir()} - {"spill"}
    files = {
        "build.duckdb",
        "build.seal",
        "current",
        "recsql.duckdb",
        "refresh.lock",
        "versions",
    }
    assert here == files


def test_a_reader_keeps_its_version_through_ten_publishes(
    shop: Path, publish: Publish
) -> None:
    code = "import duckdb, sys; c = duckdb.connect(sys.argv[1], read_only=True);"
    code += (
        "print(c.execute('select max(version) from manifest').fetchone(), flush=True);"
    )
    code += "sys.stdin.readline();"
    code += "print(c.execute('select max(version) from manifest').fetchone());"
    code += "print(len(c.execute('from rec_complements').fetchall()))"
    reader = subprocess.Popen(
        [sys.executable, "-c", code, str(shop / "warehouse/recsql.duckdb")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert reader.stdout is not None
    assert reader.stdout.readline() == "(1,)\n"
    for number in range(2, 12):
        done = publish(shop)
        assert done.version == number
    out, _ = reader.communicate("\n")
    assert out.split() == ["(1,)", str(done.tables["rec_complements"])]
    assert Versions(shop / "warehouse").numbers == [9, 10, 11]


def test_two_refreshes_at_once(shop: Path) -> None:
    first = start("refresh", "--project", shop)
    lock = shop / "warehouse/refresh.lock"
    while not (lock.exists() and lock.read_text()):
        time.sleep(0.01)
    first.send_signal(signal.SIGSTOP)
    second = finished(start("refresh", "--project", shop))
    assert (second.code, second.out) == (3, "")
    assert f"process {first.pid} on " in second.err
    first.send_signal(signal.SIGCONT)
    assert finished(first).code == 0
    assert Versions(shop / "warehouse").current == 2


def test_a_disk_full_while_building(shop: Path) -> None:
    before = published(shop)
    done = finished(start("refresh", "--project", shop, limit=300_000))
    assert done.code == 1
    assert "Traceback" not in done.err
    assert "File too large" in done.err
    assert published(shop) == before
    assert Versions(shop / "warehouse").numbers == [1]


def test_a_refresh_that_could_not_publish_is_no_obstacle(
    shop: Path, recsql: Recsql
) -> None:
    versions = shop / "warehouse/versions"
    versions.rename(shop / "elsewhere")
    versions.write_text("in the way")
    options = ("refresh", "--project", shop, "--vars", f"{{{QUICK}}}")
    one_line(recsql(*options), 1, "publish", "What is published is unchanged")
    versions.unlink()
    (shop / "elsewhere").rename(versions)
    assert recsql(*options).code == 0
    assert Versions(shop / "warehouse").current == 2


def test_a_truncated_build_file(shop: Path, recsql: Recsql, tmp_path: Path) -> None:
    before, path = published(shop), shop / "warehouse/build.duckdb"
    for size in (path.stat().st_size // 1000, 0):
        os.truncate(path, size)
        done = recsql("refresh", "--project", shop)
        one_line(done, 1, "The file is damaged.", "load the raw tables again")
        assert published(shop) == before
    path.rename(tmp_path / "damaged")
    events = tmp_path / "events.csv"
    write_events(events)
    assert recsql("load", "events", events, "--project", shop).code == 0
    assert recsql("refresh", "--project", shop, "--vars", f"{{{QUICK}}}").code == 0
    assert Versions(shop / "warehouse").current == 2


class Earlier(datetime):
    """A clock that went back to the year 2001."""

    @classmethod
    def now(cls, tz: object = None) -> datetime:
        return datetime(2001, 1, 1, tzinfo=UTC)


def test_versions_do_not_follow_the_clock(
    shop: Path, publish: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recsql.publishing.manifest.datetime", Earlier)
    for _ in range(3):
        publish(shop)
    versions = Versions(shop / "warehouse")
    assert (versions.numbers, versions.current) == ([2, 3, 4], 4)
    with duckdb.connect(str(shop / "warehouse/recsql.duckdb"), read_only=True) as file:
        assert file.execute(
            "select year(max(published_at)) from manifest"
        ).fetchall() == [(2001,)]


def test_a_refresh_in_the_past_publishes_nothing(
    shop: Path, recsql: Recsql, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recsql.compilation.render.datetime", Earlier)
    before = published(shop)
    done = recsql("refresh", "--project", shop)
    assert done.code == 1
    assert "future_time" in done.err
    assert published(shop) == before


def test_too_little_memory_is_said(shop: Path, recsql: Recsql) -> None:
    done = recsql("refresh", "--project", shop, "--memory-limit", "5MB")
    assert done.code == 1
    assert "Out of Memory" in done.err
    assert "Allow more by --memory-limit" in done.err
    assert Versions(shop / "warehouse").numbers == [1]
